//! The errata of the tutorial's remote command.

use model::observation::{Direction, Observation, Role, Stop};
use model::{Check, Demo, Ending, Erratum, Input, Sign, Step, Wire, contains};

use crate::scenarios::remote_command::notes::{BODIES, PRINTED};
use crate::shared::frames::{allocates, cut_dict, cut_header, ended_well, sent};
use crate::shared::rude_clients::{
    beside_a_silent_one, died_of_a_reset, keeps_the_second_waiting, silent_client,
};
use crate::shared::seen::{arrived, ended_with};

pub(crate) const ERRATA: &[Erratum] = &[
    Erratum {
        id: "remote-command-answer-turned-round",
        scenario: "remote-command",
        role: Role::Client,
        trigger: "an answer that comes in more than one recv(1024), so any answer of more than \
                  1024 bytes",
        happens: "the client puts each chunk before the earlier ones, and adds up the running \
                  totals instead of the chunks' lengths: it shows the output in the wrong order \
                  and cut short, and reads the rest as the header of the next answer",
        right: "shows all of the answer, in order",
        clause: "RC-6",
        triggered: Some(|input, right| {
            !input.raw && right.noted(BODIES).iter().any(|len| *len > 1024)
        }),
        // A client that leaves with unread input resets the connection while the server uses it.
        waives: &[
            Check::ClientStdout,
            Check::ClientExit,
            Check::ToClient,
            Check::ServerStdout,
            Check::ServerExit,
            Check::ServerCloses,
        ],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |right, seen| seen.client.stdout != right.client.stdout,
    },
    Erratum {
        id: "remote-command-full-pipe",
        scenario: "remote-command",
        role: Role::Server,
        trigger: "a command that writes more than a pipe holds (65,536 bytes) to standard output",
        happens: "the server first reads standard error to its end; the command waits until its \
                  output is read, and the server waits for the command: a deadlock",
        right: "reads both pipes at once and answers",
        clause: "RC-5",
        triggered: Some(|_, right| right.noted(PRINTED).iter().any(|len| *len > 65_536)),
        waives: &[
            Check::ToServer,
            Check::ToClient,
            Check::ClientStdout,
            Check::ClientExit,
            Check::ServerStdout,
            Check::ServerExit,
            Check::ServerCloses,
        ],
        tidy: None,
        sign: Some(Sign::QuietAfter("cmd: ")),
        spins: false,
        demo: Demo::Triggered,
        shown: |right, seen| {
            seen.stopped == Some(Stop::Quiet) && !arrived(right, seen, Direction::ToClient)
        },
    },
    Erratum {
        id: "remote-command-dies-of-a-command",
        scenario: "remote-command",
        role: Role::Server,
        trigger: "a command that is not UTF-8, or that has a NUL byte in it",
        happens: "the decoding, or Popen, raises and no code catches it: the bytes of one client \
                  end the service for all clients",
        right: "ends that client's connection and serves the others",
        clause: "RC-9",
        triggered: Some(|input, _| {
            let is_no_command =
                |line: &[u8]| std::str::from_utf8(line).is_err() || line.contains(&0);
            input.raw && input.lines.iter().any(|line| is_no_command(&line.0))
        }),
        waives: &[Check::ServerExit],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| ended_with(&seen.server.stderr.0, &["UnicodeDecodeError", "ValueError"]),
    },
    Erratum {
        id: "remote-command-long-command",
        scenario: "remote-command",
        role: Role::Client,
        trigger: "a command of more than 1024 bytes",
        happens: "the client sends it whole, and the server's recv(1024) takes it for two \
                  commands: it runs both, and the client takes the second answer for the answer to \
                  its next command, and so on",
        right: "sends nothing and ends with an error",
        clause: "RC-1",
        triggered: Some(|input, _| {
            !input.raw && input.lines.iter().any(|line| line.0.len() > 1024)
        }),
        waives: &[
            Check::ToServer,
            Check::ToClient,
            Check::ClientStdout,
            Check::ClientExit,
            Check::ServerStdout,
            Check::ServerExit,
            Check::ServerCloses,
        ],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |right, seen| {
            let sent = seen.wire.byte_count(Direction::ToServer);
            matches!(&right.to_server, Wire::Stream(bytes) if sent > bytes.0.len() + 1024)
        },
    },
    Erratum {
        id: "remote-command-dies-of-a-reset",
        scenario: "remote-command",
        role: Role::Server,
        trigger: "a client that resets its connection",
        happens: "recv raises ConnectionResetError and no code catches it: the end of one client \
                  ends the service for all clients",
        right: "takes the reset as the end of this client, and serves the next",
        clause: "RC-9",
        waives: &[Check::ServerExit, Check::ServerStdout, Check::ServerCloses],
        demo: Demo::Script {
            input: Input::default,
            steps: || {
                let command = Step::Send(b"printf abc".to_vec());
                vec![Step::Connect, command, Step::Read(23), Step::Reset, Step::Hold]
            },
            network: "asis",
        },
        shown: |_, seen| {
            ended_with(&seen.server.stderr.0, &["ConnectionResetError", "BrokenPipeError"])
        },
        ..Erratum::DEMONSTRATED
    },
    Erratum {
        id: "remote-command-dies-of-a-client-that-left",
        trigger: "a client that resets its connection while its command runs",
        happens: "the send of the answer raises ConnectionResetError or BrokenPipeError and no \
                  code catches it: the end of one client ends the service for all clients",
        right: "drops this client and serves the next",
        clause: "RC-9",
        waives: &[Check::ServerExit, Check::ServerStdout, Check::ServerCloses],
        demo: Demo::Script {
            input: Input::default,
            steps: || vec![Step::Connect, Step::Send(SLOW_COMMAND.to_vec()), Step::Hold],
            network: "reset-up@20",
        },
        shown: |_, seen| died_of_a_reset(seen) && contains(&seen.server.stderr.0, b"conn.send"),
        ..SERVER
    },
    silent_client("remote-command-silent-client", "remote-command", || {
        beside_a_silent_one(b"echo hi")
    }),
    Erratum {
        id: "remote-command-endless-command",
        trigger: "a command that does not end",
        happens: "the server waits for the end of the command's output without a time limit, even \
                  after its client has left, and serves no other client",
        right: "serves the others meanwhile",
        clause: "NW-4",
        demo: Demo::steps(|| {
            let [short, endless] =
                [&b"printf abc"[..], b"sleep 600"].map(|it| Step::Send(it.to_vec()));
            let first = [Step::Connect, short.clone(), Step::Read(23), endless, Step::Finish];
            first.into_iter().chain([Step::Connect, short, Step::Hold]).collect()
        }),
        shown: |_, seen| {
            let is_begun = contains(&seen.server.stdout.0, b"cmd: b'sleep 600'\n");
            is_begun
                && keeps_the_second_waiting(seen)
                && seen.wire.byte_count(Direction::ToClient) == 23
        },
        ..SERVER
    },
    cut_header(WRONG_CLIENT, "remote-command-cut-header", Demo::Vector("short-answer", "split@2")),
    cut_dict(WRONG_CLIENT, "remote-command-cut-dict", Demo::Vector("short-answer", "split@10")),
    Erratum {
        id: "remote-command-cut-body",
        trigger: "a network that cuts inside an answer of any length",
        happens: "the client puts each part before the earlier ones, and adds up the growing \
                  totals: it shows 'abc' cut in two as 'bca'",
        right: "shows all of the answer, in order",
        clause: "NW-1",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("short-answer", "split@21"),
        shown: |right, seen| {
            right.client.ending == Ending::Complete
                && ended_well(seen)
                && seen.client.stdout != right.client.stdout
        },
        ..CLIENT
    },
    Erratum {
        id: "remote-command-rest-for-a-header",
        trigger: "an answer that arrives in three parts or more, and another command after it",
        happens: "the count is then too high, so the client does not wait for the last parts: it \
                  reads them as the header of the next answer and dies",
        right: "counts each byte once, and reads the body to its end",
        clause: "FR-5",
        waives: WHOLE_CLIENT,
        demo: Demo::Script {
            input: || Input::typed(["echo abcd", "echo x"]),
            steps: || {
                let answer = |text: &str| {
                    let dict = format!("{{\"data_size\": {}}}", text.len());
                    let header = [16, 0, 0, 0];
                    Step::Send([&header[..], dict.as_bytes(), text.as_bytes()].concat())
                };
                let first = [Step::Connect, Step::ReadSome, answer("abcd\n")];
                first.into_iter().chain([Step::ReadSome, answer("x\n"), Step::ReadEnd]).collect()
            },
            network: "split@22+23",
        },
        shown: |_, seen| {
            contains(&seen.client.stdout.0, b">>: cab\n>>: ")
                && ended_with(
                    &seen.client.stderr.0,
                    &["struct.error", "json.decoder.JSONDecodeError"],
                )
        },
        ..CLIENT
    },
    Erratum {
        id: "remote-command-end-unnoticed",
        trigger: "a stream that ends before a byte of the body has come",
        happens: "from then on recv returns b'': the loop that waits for the rest runs at full \
                  speed for ever",
        right: "takes an empty recv as the end of the stream, and ends with an error",
        clause: "FR-5",
        waives: WHOLE_CLIENT,
        spins: true,
        demo: Demo::Vector("short-answer", "cut@20"),
        shown: |_, seen| seen.stopped == Some(Stop::Spins(Role::Client)),
        ..CLIENT
    },
    Erratum {
        id: "remote-command-infinite-size",
        trigger: "a data_size of Infinity, which json.loads takes",
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
        id: "remote-command-broken-off-answer",
        trigger: "a stream that ends inside the body",
        happens: "each empty recv adds the earlier bytes to the count once more, until the count \
                  is high enough: the client shows a partial answer as a complete one, and goes on",
        right: "takes an empty recv as the end of the stream, and ends with an error",
        clause: "FR-5",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("hostile-body-broken-off", "asis"),
        shown: |right, seen| {
            right.client.ending == Ending::Broken && ended_well(seen) && !is_odd(seen)
        },
        ..CLIENT
    },
    Erratum {
        id: "remote-command-negative-size",
        trigger: "a data_size below zero",
        happens: "no count is below it: the client shows an empty answer, and reads the body as \
                  the header of the next answer",
        right: "refuses it",
        clause: "FR-4",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("hostile-size-minus-one", "asis"),
        shown: |right, seen| {
            right.client.ending == Ending::Broken
                && ended_well(seen)
                && contains(&sent(seen), b"data_size\": -")
        },
        ..CLIENT
    },
    Erratum {
        id: "remote-command-loose-size",
        trigger: "a data_size that is a fraction, true or NaN",
        happens: "it can be compared with an int, so it works as a size: the client shows an \
                  answer and goes on",
        right: "refuses a size that is not an int",
        clause: "FR-4",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("hostile-size-fraction", "asis"),
        shown: |right, seen| {
            right.client.ending == Ending::Broken && ended_well(seen) && is_odd(seen)
        },
        ..CLIENT
    },
    Erratum {
        id: "remote-command-takes-what-sticks",
        trigger: "bytes after the body that come in the same recv(1024) as its end",
        happens: "the client shows all of them as part of the answer",
        right: "shows exactly as many bytes as the dict announces",
        clause: "FR-6",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("bytes-behind-the-body", "asis"),
        shown: |right, seen| {
            right.client.ending == Ending::Complete
                && seen.client.stdout.0.len() > right.client.stdout.0.len()
        },
        ..CLIENT
    },
    Erratum {
        id: "remote-command-dict-in-utf-16",
        trigger: "a dict in UTF-16 or UTF-32, or after a byte order mark",
        happens: "the client decodes it as UTF-8 before json.loads, which would detect the \
                  encoding from bytes: the client dies of a UnicodeDecodeError or a JSONDecodeError",
        right: "passes the bytes to json.loads, which detects the encoding",
        clause: "FR-3",
        waives: WHOLE_CLIENT,
        demo: Demo::Vector("dict-in-utf-16", "asis"),
        shown: |right, seen| {
            right.client.ending == Ending::Complete
                && ended_with(&seen.client.stderr.0, &["UnicodeDecodeError", "json.decoder"])
        },
        ..CLIENT
    },
    allocates(CLIENT, "remote-command-allocates-what-is-announced"),
];

/// All checks of a client that has read wrong bytes as a frame, and of what its server sees.
const WHOLE_CLIENT: &[Check] = &[
    Check::ToServer,
    Check::ToClient,
    Check::ClientStdout,
    Check::ClientExit,
    Check::ServerStdout,
    Check::ServerExit,
    Check::ServerCloses,
    Check::Turns,
];

/// A command of twenty bytes that still runs when the server has read it.
const SLOW_COMMAND: &[u8; 20] = b"sleep 0.1; printf ab";

/// An entry about the server.
const SERVER: Erratum =
    Erratum { scenario: "remote-command", role: Role::Server, ..Erratum::DEMONSTRATED };

/// An entry about the client.
const CLIENT: Erratum =
    Erratum { scenario: "remote-command", role: Role::Client, ..Erratum::DEMONSTRATED };

/// An entry about a client that is out of step with the frames.
const WRONG_CLIENT: Erratum = Erratum { waives: WHOLE_CLIENT, ..CLIENT };

/// The sent size can be compared with an int, but is not an int.
fn is_odd(seen: &Observation) -> bool {
    let sizes =
        [&b"_size\": 2.5"[..], b"_size\": 5.0", b"_size\": 5e0", b"_size\": true", b"_size\": NaN"];
    sizes.iter().any(|size| contains(&sent(seen), size))
}
