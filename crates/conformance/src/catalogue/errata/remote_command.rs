//! What is wrong with the tutorial's remote command.

use super::{Demo, Erratum, Sign, arrived, ended_with};
use crate::catalogue::{Check, Wire};
use crate::observation::{Direction, Role, Stop};

pub(in crate::catalogue) const ERRATA: &[Erratum] = &[
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
            !input.raw && right.body_bytes.iter().any(|len| *len > 1024)
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
        triggered: Some(|_, right| right.printed_bytes.iter().any(|len| *len > 65_536)),
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
];
