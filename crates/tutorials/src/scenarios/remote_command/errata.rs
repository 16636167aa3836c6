//! What is wrong with the tutorial's remote command.

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
        trigger: "an answer that comes in more than one recv(1024), so any of more than 1024 bytes",
        happens: "each chunk is put before the ones read earlier, and the running totals are added \
                  up instead of the chunks: the output is shown in the wrong order and cut short, \
                  and what was not read is taken for the next answer's header",
        right: "shows all of the answer, in order",
        clause: "RC-6",
        triggered: Some(|input, right| {
            !input.raw && right.noted(BODIES).iter().any(|len| *len > 1024)
        }),
        // Leaving with unread input resets the connection, under the server's hands.
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
        happens: "standard error is read to its end first; the command waits for someone to read \
                  its output, the server for the command: neither ever goes on",
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
        happens: "the decoding, or Popen, raises and nothing catches it: one client's bytes end \
                  the service for everyone",
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
        happens: "it is sent whole, and the server's recv(1024) takes it for two: both are run, and \
                  the answer to the second is taken for that to the next command, and so on",
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
        trigger: "a client that breaks its connection off",
        happens: "recv raises ConnectionResetError, which nothing catches: one client's end is the \
                  end of the service for everyone",
        right: "takes it for the end of this client, and serves the next",
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
        trigger: "a client that breaks its connection off (a reset) while its command runs",
        happens: "the send of the answer raises ConnectionResetError or BrokenPipeError, which \
                  nothing catches: one client's end is the end of the service for everyone",
        right: "gives this client up, and serves the next",
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
        happens: "the end of its output is waited for without a limit, even when the client that \
                  sent it has left, and nobody else is served",
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
        trigger: "a network that cuts inside an answer, however short",
        happens: "each part is put before the ones read earlier, and the growing totals are added \
                  up: of 'abc' cut in two, 'bca' is shown",
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
        trigger: "an answer that arrives in three parts or more, and another command behind it",
        happens: "what is counted is too much by then, so the last parts are not waited for: they \
                  are read as the header of the next answer, which they are not, and the client dies",
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
        happens: "recv returns b'' from then on: the loop that waits for the rest goes round at \
                  full speed for ever",
        right: "takes an empty recv for the end, and ends with an error",
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
        happens: "no count ever reaches it: at the end of the stream the loop goes round until the \
                  sum of what it counts is no number any more, which is never",
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
        id: "remote-command-broken-off-answer",
        trigger: "a stream that ends inside the body",
        happens: "each empty recv adds what was read before once more to what is counted, until \
                  that is enough: half an answer is shown as a whole one, and the client goes on",
        right: "takes an empty recv for the end, and ends with an error",
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
        happens: "nothing is less than that: an empty answer is shown, and the body is taken for the \
                  next answer's header",
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
        happens: "it can be compared with an int, so it is a size: an answer is shown, and the \
                  client goes on",
        right: "refuses a size that is no int",
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
        trigger: "bytes behind the body that come in the same recv(1024) as its end",
        happens: "all of them are shown as part of the answer",
        right: "shows as many bytes as were announced",
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
        happens: "it is decoded as UTF-8 before json.loads sees it, which as bytes would have told \
                  what they are: the client dies of a UnicodeDecodeError or a JSONDecodeError",
        right: "leaves it to json.loads to find out",
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

/// All that is judged of a client that has taken wrong bytes for a frame, and of what its server
/// sees of it.
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

/// A command of twenty bytes that is still at it when they have been read.
const SLOW_COMMAND: &[u8; 20] = b"sleep 0.1; printf ab";

/// An entry about the server.
const SERVER: Erratum =
    Erratum { scenario: "remote-command", role: Role::Server, ..Erratum::DEMONSTRATED };

/// An entry about the client.
const CLIENT: Erratum =
    Erratum { scenario: "remote-command", role: Role::Client, ..Erratum::DEMONSTRATED };

/// And of one that is out of step.
const WRONG_CLIENT: Erratum = Erratum { waives: WHOLE_CLIENT, ..CLIENT };

/// The size that was sent is one that can be compared with an int, and is none.
fn is_odd(seen: &Observation) -> bool {
    let sizes =
        [&b"_size\": 2.5"[..], b"_size\": 5.0", b"_size\": 5e0", b"_size\": true", b"_size\": NaN"];
    sizes.iter().any(|size| contains(&sent(seen), size))
}
