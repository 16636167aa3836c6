//! The errata of the tutorial's file transfer. Nearly all come from a client that trusts what it
//! receives.

use model::observation::{Exit, Observation, Role, Stop};
use model::{Beside, Check, Demo, Ending, Erratum, Expected, Input, Step, contains};

use crate::shared::frames::{
    allocates, cut_dict, cut_header, ended_well, is_asked_to_end, leaves_another_file, sent,
};
use crate::shared::rude_clients::died_of_a_reset;
use crate::shared::seen::ended_with;

/// All checks of a client that has read wrong bytes as a frame.
const WHOLE_CLIENT: &[Check] = &[Check::ClientStdout, Check::ClientExit, Check::ClientFiles];
/// The same, with the checks of a server whose client leaves in the middle.
const WHOLE_CASE: &[Check] = &[
    Check::ToClient,
    Check::ClientStdout,
    Check::ClientExit,
    Check::ClientFiles,
    Check::ServerExit,
    Check::ServerCloses,
];

/// An entry about the client.
const CLIENT: Erratum =
    Erratum { scenario: "file-transfer", role: Role::Client, ..Erratum::DEMONSTRATED };

/// An entry about a client that is out of step with the frames.
const LEAVING_CLIENT: Erratum = Erratum { waives: WHOLE_CASE, ..CLIENT };

pub(crate) const ERRATA: &[Erratum] = &[
    Erratum {
        id: "file-transfer-dies-of-a-client-that-left",
        scenario: "file-transfer",
        role: Role::Server,
        trigger: "a client that resets the connection while the server sends the file",
        happens: "send raises ConnectionResetError and no code catches it: the server ends with a \
                  traceback and serves no further client",
        right: "drops this client and serves the next",
        clause: "FT-10",
        waives: &[Check::ServerExit],
        demo: Demo::Script {
            input: big_file,
            steps: || vec![Step::Connect, Step::ReadEnd, Step::Hold],
            network: "reset@65536",
        },
        shown: |_, seen| died_of_a_reset(seen),
        ..Erratum::DEMONSTRATED
    },
    cut_header(LEAVING_CLIENT, "file-transfer-cut-header", Demo::Vector("short-frame", "split@2")),
    cut_dict(LEAVING_CLIENT, "file-transfer-cut-dict", Demo::Vector("short-frame", "split@20")),
    Erratum {
        id: "file-transfer-end-unnoticed",
        trigger: "a stream that ends before the file is complete",
        happens: "from then on recv returns b'', which adds nothing to the count: the loop runs at \
                  full speed for ever, and a partial file lies under the file's name",
        right: "takes an empty recv as the end of the stream, leaves no file and ends with an error",
        clause: "FR-5",
        waives: WHOLE_CLIENT,
        spins: true,
        demo: Demo::Vector("short-frame", "cut@58"),
        shown: |_, seen| seen.stopped == Some(Stop::Spins(Role::Client)),
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-infinite-size",
        trigger: "a file_size of Infinity, which json.loads takes",
        happens: "no count ever reaches it: at the end of the stream the loop runs for ever",
        right: "refuses a size that is not an int",
        clause: "FR-4",
        waives: WHOLE_CLIENT,
        spins: true,
        demo: Demo::Vector("hostile-size-infinity", "asis"),
        shown: |_, seen| {
            seen.stopped == Some(Stop::Spins(Role::Client)) && contains(&sent(seen), b"Infinity")
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-partial-file",
        trigger: "a reset inside the body",
        happens: "the bytes received so far stay under the file's name, as if they were the whole \
                  file",
        right: "shows a file under its name only when it is complete",
        clause: "FR-8",
        waives: &[Check::ClientFiles],
        demo: Demo::Vector("hostile-short-body-over-a-file", "reset@63"),
        shown: |right, seen| {
            leaves_another_file(right, seen, |content| !content.is_empty())
                && ended_with(&seen.client.stderr.0, &["ConnectionResetError"])
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-empties-first",
        trigger: "a reset before the body, or a size that can't be compared",
        happens: "the client opens the file for writing before any byte of it has come: the \
                  earlier content is lost, and an empty file remains",
        right: "keeps the earlier file until the new one is complete",
        clause: "FR-8",
        waives: &[Check::ClientFiles],
        demo: Demo::Vector("hostile-short-body-over-a-file", "reset@60"),
        shown: |right, seen| {
            right.client.ending == Ending::Broken
                && leaves_another_file(right, seen, <[u8]>::is_empty)
                && ended_with(&seen.client.stderr.0, &["ConnectionResetError", "TypeError"])
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-asked-to-end",
        trigger: "a SIGTERM to the client while it waits for the rest of a file",
        happens: "a partial or an empty file stays under the file's name",
        right: "removes the incomplete file",
        clause: "FR-8",
        waives: &[Check::ClientFiles],
        demo: Demo::Vector("hostile-body-then-silence", "asis"),
        shown: |right, seen| is_asked_to_end(seen) && leaves_another_file(right, seen, |_| true),
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-shows-before-it-looks",
        trigger: "a dict without a usable file_size, or JSON that is not a dict",
        happens: "the client prints it as a file's dict before it checks anything, and what is \
                  missing raises an exception later",
        right: "prints the dict only of a frame that it accepts, and refuses any other",
        clause: "FR-4",
        waives: &[Check::ClientStdout],
        demo: Demo::Vector("hostile-no-dict-but-a-list", "asis"),
        shown: |right, seen| {
            right.client.stdout.0.is_empty()
                && !seen.client.stdout.0.is_empty()
                && ended_with(&seen.client.stderr.0, &["TypeError", "AttributeError"])
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-negative-size",
        trigger: "a file_size below zero",
        happens: "no count is below it: an empty file replaces an earlier file of that name, and \
                  the client ends with status 0",
        right: "refuses it",
        clause: "FR-4",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("hostile-size-minus-one", "asis"),
        shown: |right, seen| {
            takes_it_all_the_same(right, seen) && contains(&seen.client.stdout.0, b"_size': -")
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-loose-size",
        trigger: "a file_size that is a fraction, true or NaN",
        happens: "it can be compared with an int, so it works as a size: the client reads three \
                  bytes for 2.5, one for true, none for NaN, and ends with status 0",
        right: "refuses a size that is not an int",
        clause: "FR-4",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("hostile-size-true", "asis"),
        shown: |right, seen| {
            let shown = &seen.client.stdout.0;
            takes_it_all_the_same(right, seen)
                && [&b"_size': True"[..], b"_size': nan", b"_size': 2.5", b"_size': 5.0"]
                    .iter()
                    .any(|size| contains(shown, size))
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-takes-what-sticks",
        trigger: "bytes after the body that come in the same recv(1024) as its end",
        happens: "the client writes all of them: the file is longer than announced",
        right: "writes exactly as many bytes as the dict announces",
        clause: "FR-6",
        waives: &[Check::ClientFiles],
        demo: Demo::Vector("bytes-behind-the-body", "asis"),
        shown: |right, seen| {
            right.client.ending == Ending::Complete
                && right.client.files.iter().any(|(name, content)| {
                    let written = seen.client.files.get(name);
                    written.is_some_and(|written| {
                        written.0.len() > content.0.len() && written.0.starts_with(&content.0)
                    })
                })
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-dot-dot",
        trigger: "a file_name that leads out of the working directory by '..' or through a link",
        happens: "open uses it unchanged: a server can write wherever the client's user may write",
        right: "refuses a name that is not the name of a plain file in the working directory",
        clause: "FR-7",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("hostile-name-parent", "asis"),
        shown: |_, seen| seen.client.files.keys().any(|name| name.starts_with("../")),
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-absolute-name",
        trigger: "a file_name that is an absolute path, also one of a device",
        happens: "open uses it unchanged, and the body goes there",
        right: "refuses a name that is not the name of a plain file in the working directory",
        clause: "FR-7",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("hostile-name-device", "asis"),
        shown: |right, seen| {
            takes_it_all_the_same(right, seen) && contains(&seen.client.stdout.0, b"_name': '/")
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-subdirectory",
        trigger: "a file_name with an existing directory in it, also '.'",
        happens: "open uses it unchanged, and the client writes the file into that directory: in a \
                  home directory, it could be .ssh/authorized_keys",
        right: "refuses a name that is not the name of a plain file in the working directory",
        clause: "FR-7",
        waives: WHOLE_CLIENT,
        demo: Demo::Script {
            input: || Input::default().beside("sub", Beside::Directory),
            steps: || serving(r#"{"file_name": "sub/a.txt", "file_desc": "d", "file_size": 5}"#),
            network: "asis",
        },
        shown: |_, seen| {
            let begins = |name: &[u8]| contains(&seen.client.stdout.0, name);
            ended_well(seen) && (begins(b"'file_name': 'sub/") || begins(b"'file_name': './"))
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-number-for-a-name",
        trigger: "a file_name that is a number",
        happens: "open takes it as the number of an open descriptor: with 1 the body goes to \
                  standard output, and the client writes no file",
        right: "refuses a name that is not a str",
        clause: "FR-7",
        waives: &[Check::ClientStdout, Check::ClientExit],
        demo: Demo::steps(|| serving(r#"{"file_name": 1, "file_desc": "d", "file_size": 5}"#)),
        shown: |_, seen| {
            seen.client.stdout.0.ends_with(b"}\nhello") && seen.client.files.is_empty()
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-symlink",
        trigger: "a symbolic link of that name in the working directory",
        happens: "open follows it: the client writes the file where the link points, also outside \
                  the directory",
        right: "replaces the link with the file",
        clause: "FR-7",
        waives: &[Check::ClientFiles],
        demo: Demo::Vector("hostile-over-a-link-to-a-device", "asis"),
        shown: |right, seen| {
            let is_link = |content: &[u8]| content.starts_with(b"(a link to ");
            ended_well(seen) && leaves_another_file(right, seen, is_link)
        },
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-fifo",
        trigger: "a named pipe of that name in the working directory",
        happens: "open waits, without a time limit, until another program reads from the pipe",
        right: "refuses a name that already belongs to something other than a file or a link",
        clause: "FR-7",
        waives: &[Check::ClientExit],
        demo: Demo::Script {
            input: || Input::default().beside("a.txt", Beside::Fifo),
            steps: || serving(r#"{"file_name": "a.txt", "file_desc": "d", "file_size": 5}"#),
            network: "asis",
        },
        shown: |_, seen| is_asked_to_end(seen) && !seen.client.stdout.0.is_empty(),
        ..CLIENT
    },
    allocates(CLIENT, "file-transfer-allocates-what-is-announced"),
];

/// The client has ended with status 0, though it should have refused what the server sent.
fn takes_it_all_the_same(right: &Expected, seen: &Observation) -> bool {
    right.client.ending == Ending::Broken
        && seen.client.by_itself
        && seen.client.exit == Some(Exit::Status(0))
}

/// The steps with which the harness serves a file with this dict and the content `hello`.
fn serving(dict: &str) -> Vec<Step> {
    let header = i32::try_from(dict.len()).unwrap_or_default().to_ne_bytes();
    let frame = [&header[..], dict.as_bytes(), b"hello"].concat();
    vec![Step::Connect, Step::Send(frame), Step::Finish, Step::ReadEnd]
}

/// Far more bytes than are on their way when the client resets. They are lines, because the server
/// sends each line separately.
fn big_file() -> Input {
    let line = [&[b'x'; 1023][..], b"\n"].concat();
    Input { file: Some(line.repeat(16 << 10).into()), ..Input::default() }
}
