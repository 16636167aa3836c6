//! What is wrong with the tutorial's file transfer: nearly all of it is the client's trust.

use model::observation::{Exit, Observation, Role, Stop};
use model::{Beside, Check, Demo, Ending, Erratum, Expected, Input, Step, contains};

use crate::shared::frames::{
    allocates, cut_dict, cut_header, ended_well, is_asked_to_end, leaves_another_file, sent,
};
use crate::shared::rude_clients::died_of_a_reset;
use crate::shared::seen::ended_with;

/// All that is judged of a client that has taken wrong bytes for a frame.
const WHOLE_CLIENT: &[Check] = &[Check::ClientStdout, Check::ClientExit, Check::ClientFiles];
/// And of what its server comes to when it leaves in the middle of that.
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

/// And of one that is out of step.
const LEAVING_CLIENT: Erratum = Erratum { waives: WHOLE_CASE, ..CLIENT };

pub(crate) const ERRATA: &[Erratum] = &[
    Erratum {
        id: "file-transfer-dies-of-a-client-that-left",
        scenario: "file-transfer",
        role: Role::Server,
        trigger: "a client that breaks the connection off while the file is being sent",
        happens: "send raises ConnectionResetError, which nothing catches: a traceback, and nobody \
                  else is ever served",
        right: "gives this client up, and serves the next",
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
        trigger: "a stream that ends before the file is whole",
        happens: "recv returns b'' from then on, which adds nothing to what is counted: the loop \
                  goes round at full speed for ever, and half a file lies under its name",
        right: "takes an empty recv for the end, leaves no file and ends with an error",
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
        happens: "no count ever reaches it: at the end of the stream the loop goes round for ever",
        right: "refuses a size that is no int",
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
        trigger: "a connection that is broken off inside the body",
        happens: "what has come by then stays under the file's name, as if it were all",
        right: "shows a file under its name when it is whole",
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
        trigger: "a connection that is broken off before the body, or a size that can't be compared",
        happens: "the file is opened for writing before anything of it has come: what was there \
                  under its name is gone, and an empty file is left",
        right: "leaves what was there until the new file is whole",
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
        trigger: "a client that is ended by SIGTERM while it waits for the rest of a file",
        happens: "half a file, or an empty one, stays under its name",
        right: "clears up what is not whole",
        clause: "FR-8",
        waives: &[Check::ClientFiles],
        demo: Demo::Vector("hostile-body-then-silence", "asis"),
        shown: |right, seen| is_asked_to_end(seen) && leaves_another_file(right, seen, |_| true),
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-shows-before-it-looks",
        trigger: "a dict without a usable file_size, or JSON that is no dict",
        happens: "it is printed as that of a file before anything in it is looked at, and what is \
                  missing shows as an exception later on",
        right: "shows the dict of a frame it can take, and refuses any other",
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
        happens: "nothing is less than that: an empty file is written over whatever had its name, \
                  and the client ends with status 0",
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
        happens: "it can be compared with an int, so it is a size: 2.5 takes three bytes, true one, \
                  NaN none; the client ends with status 0",
        right: "refuses a size that is no int",
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
        trigger: "bytes behind the body that come in the same recv(1024) as its end",
        happens: "all of them are written: the file is longer than announced",
        right: "writes as many bytes as were announced",
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
        happens: "open takes it as it is: a server writes wherever the client's user may",
        right: "refuses a name that is not a plain file's in the working directory",
        clause: "FR-7",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("hostile-name-parent", "asis"),
        shown: |_, seen| seen.client.files.keys().any(|name| name.starts_with("../")),
        ..CLIENT
    },
    Erratum {
        id: "file-transfer-absolute-name",
        trigger: "a file_name that is an absolute path, be it a device's",
        happens: "open takes it as it is, and the body goes there",
        right: "refuses a name that is not a plain file's in the working directory",
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
        trigger: "a file_name with a directory in it that is there, be it '.'",
        happens: "open takes it as it is, and the file is written into that directory: in a home \
                  directory, .ssh/authorized_keys",
        right: "refuses a name that is not a plain file's in the working directory",
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
        happens: "open takes it for an open descriptor's: with 1 the body goes to standard output, \
                  and no file is written",
        right: "refuses a name that is no str",
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
        trigger: "a symbolic link of the file's name in the working directory",
        happens: "open follows it: the file is written wherever it points to, out of the directory too",
        right: "puts the file in the place of the link",
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
        trigger: "a named pipe of the file's name in the working directory",
        happens: "open waits until somebody reads from the pipe, without a limit",
        right: "refuses a name that something else than a file or a link has already",
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

/// The client has ended well, though what it was served should have been refused.
fn takes_it_all_the_same(right: &Expected, seen: &Observation) -> bool {
    right.client.ending == Ending::Broken
        && seen.client.by_itself
        && seen.client.exit == Some(Exit::Status(0))
}

/// What the harness does to serve a file with this dict, and `hello` in it.
fn serving(dict: &str) -> Vec<Step> {
    let header = i32::try_from(dict.len()).unwrap_or_default().to_ne_bytes();
    let frame = [&header[..], dict.as_bytes(), b"hello"].concat();
    vec![Step::Connect, Step::Send(frame), Step::Finish, Step::ReadEnd]
}

/// Far more than is on its way when the client breaks off, in lines, as each is a send of its own.
fn big_file() -> Input {
    let line = [&[b'x'; 1023][..], b"\n"].concat();
    Input { file: Some(line.repeat(16 << 10).into()), ..Input::default() }
}
