//! Known defects of the reference programs.
//!
//! An erratum is no excuse: where one is triggered, the clause says what is right and everyone
//! else is held to it, and the reference must really show the defect. One that no longer happens
//! is a failure. docs/ERRATA.md is written from this list.

use super::{Check, Expected, Input, Wire};
use crate::observation::{Direction, Observation, Role, Stop};

/// One defect of one reference program.
#[derive(Debug)]
pub struct Erratum {
    /// Its name: kebab-case, begins with the scenario.
    pub id: &'static str,
    /// The scenario.
    pub scenario: &'static str,
    /// The program.
    pub role: Role,
    /// What makes it show.
    pub trigger: &'static str,
    /// What happens then.
    pub happens: &'static str,
    /// What a right program does.
    pub right: &'static str,
    /// The clause that says so.
    pub clause: &'static str,
    /// Whether an input triggers it, given what is right for that input. `None` for a defect that
    /// every exchange of the scenario has; such a one is never judged, only kept out of the way.
    pub triggered: Option<fn(&Input, &Expected) -> bool>,
    /// The checks that the reference in this role is not held to when it is triggered: they show
    /// the defect, or what follows from it.
    pub waives: &'static [Check],
    /// Takes out of the program's standard output what the defect adds to it, and when is chance.
    pub tidy: Option<fn(&mut Vec<u8>)>,
    /// How the harness knows that it has happened, if the case wouldn't end by itself.
    pub sign: Option<Sign>,
    /// Whether it happened.
    pub shown: fn(&Expected, &Observation) -> bool,
}

/// What to wait for, in place of an end that won't come.
#[derive(Debug, Clone, Copy)]
pub enum Sign {
    /// The program's standard output holds this; then nothing moves any more.
    QuietAfter(&'static str),
    /// The program's standard output holds this so many times.
    Repeated(&'static str, usize),
}

/// Every erratum.
pub const ERRATA: &[Erratum] = &[
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
        shown: |right, seen| {
            let sent = seen.wire.byte_count(Direction::ToServer);
            matches!(&right.to_server, Wire::Stream(bytes) if sent > bytes.0.len() + 1024)
        },
    },
    Erratum {
        id: "tcp-upper-answers-the-end",
        scenario: "tcp-upper",
        role: Role::Server,
        trigger: "any client that closes its connection",
        happens: "recv returns b'' at the end of a stream, which is answered with an empty send \
                  that never fails: the loop goes round at full speed, printing b'', and no other \
                  client is ever served",
        right: "takes an empty recv for the end: closes, and accepts the next client",
        clause: "TU-7",
        triggered: Some(|input, _| input.raw),
        waives: &[Check::ServerCloses, Check::ServerStdout],
        tidy: None,
        sign: Some(Sign::Repeated("接收客户端的数据: b''\n", 3)),
        shown: |_, seen| contains(&seen.server.stdout.0, "接收客户端的数据: b''\n".as_bytes()),
    },
    Erratum {
        id: "tcp-upper-answers-the-end-of-any-client",
        scenario: "tcp-upper",
        role: Role::Server,
        trigger: "as tcp-upper-answers-the-end; here it only follows the exchange that is judged",
        happens: "as there",
        right: "as there",
        clause: "TU-7",
        triggered: None,
        waives: &[Check::ServerCloses],
        tidy: Some(cut_answers_to_the_end),
        sign: None,
        shown: |_, _| true,
    },
    Erratum {
        id: "tcp-upper-empty-line",
        scenario: "tcp-upper",
        role: Role::Client,
        trigger: "an empty line",
        happens: "send(b'') sends nothing, and recv waits for an answer to it: both sides wait for \
                  ever",
        right: "sends nothing, expects nothing and asks for the next line",
        clause: "TU-1",
        triggered: Some(|input, _| !input.raw && input.lines.iter().any(|line| line.0.is_empty())),
        waives: &[Check::ClientStdout, Check::ClientExit, Check::ServerCloses],
        tidy: None,
        sign: Some(Sign::QuietAfter("请输入你要发送给服务端的数据:")),
        shown: |_, seen| seen.stopped == Some(Stop::Quiet),
    },
    Erratum {
        id: "tcp-upper-one-recv",
        scenario: "tcp-upper",
        role: Role::Client,
        trigger: "a line of more than 1024 bytes",
        happens: "one recv(1024) is taken for the whole answer; the rest sticks to the next one",
        right: "reads as many bytes as it sent",
        clause: "TU-3",
        triggered: Some(|input, _| {
            !input.raw && input.lines.iter().any(|line| line.0.len() > 1024)
        }),
        waives: &[Check::ClientStdout, Check::ToClient, Check::ServerStdout, Check::ServerCloses],
        tidy: None,
        sign: None,
        shown: |right, seen| seen.client.stdout != right.client.stdout,
    },
];

/// Whether everything that is right has gone this way.
fn arrived(right: &Expected, seen: &Observation, direction: Direction) -> bool {
    match right.wire(direction) {
        Wire::Stream(bytes) => seen.wire.byte_count(direction) >= bytes.0.len(),
        Wire::Datagrams(datagrams) => seen.wire.segments(direction).count() >= datagrams.len(),
    }
}

/// Cut off the line that answers the end of the stream, the first time it is there, and a line
/// that was being written when the server was ended. Every line before was whole when the client
/// got its answer.
fn cut_answers_to_the_end(stdout: &mut Vec<u8>) {
    let mut kept = 0;
    for line in stdout.split_inclusive(|byte| *byte == b'\n') {
        if line == "接收客户端的数据: b''\n".as_bytes() || !line.ends_with(b"\n") {
            break;
        }
        kept += line.len();
    }
    stdout.truncate(kept);
}

/// Whether the last line of a traceback names one of these exceptions.
fn ended_with(stderr: &[u8], exceptions: &[&str]) -> bool {
    let last = stderr.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or(stderr);
    exceptions.iter().any(|exception| last.starts_with(exception.as_bytes()))
}

/// Whether `needle` occurs in `hay`.
#[must_use]
pub fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len().max(1)).any(|window| window == needle)
}
