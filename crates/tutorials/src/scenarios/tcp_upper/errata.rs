//! The errata of the tutorial's upper-case echo over TCP.

use model::observation::{Observation, Role, Stop};
use model::{Check, Demo, Erratum, Input, Sign, Step, contains};

use crate::shared::rude_clients::{beside_a_silent_one, silent_client};

/// The prompt with which the client asks for a line.
const PROMPT: &str = "请输入你要发送给服务端的数据:";

pub(crate) const ERRATA: &[Erratum] = &[
    Erratum {
        id: "tcp-upper-answers-the-end",
        scenario: "tcp-upper",
        role: Role::Server,
        trigger: "any client that closes its connection",
        happens: "recv returns b'' at the end of the stream; the server answers it with an empty \
                  send, which never fails: the loop runs at full speed, prints b'' each time, and \
                  the server serves no other client",
        right: "takes an empty recv as the end of the stream, closes, and accepts the next client",
        clause: "TU-7",
        triggered: Some(|input, _| input.raw),
        waives: &[Check::ServerCloses, Check::ServerStdout],
        tidy: None,
        sign: Some(Sign::Repeated("接收客户端的数据: b''\n", 3)),
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| contains(&seen.server.stdout.0, "接收客户端的数据: b''\n".as_bytes()),
    },
    Erratum {
        id: "tcp-upper-answers-the-end-of-any-client",
        scenario: "tcp-upper",
        role: Role::Server,
        trigger: "the same as for tcp-upper-answers-the-end, but after the exchange that the \
                  harness judges",
        happens: "as there",
        right: "as there",
        clause: "TU-7",
        triggered: None,
        waives: &[Check::ServerCloses],
        tidy: Some(cut_answers_to_the_end),
        sign: None,
        spins: false,
        demo: Demo::steps(|| {
            let line = Step::Send(b"a".to_vec());
            vec![Step::Connect, line, Step::Read(1), Step::Finish, Step::Hold]
        }),
        shown: |_, seen| contains(&seen.server.stdout.0, "接收客户端的数据: b''\n".as_bytes()),
    },
    Erratum {
        id: "tcp-upper-empty-line",
        scenario: "tcp-upper",
        role: Role::Client,
        trigger: "an empty line",
        happens: "send(b'') sends nothing, and recv waits for an answer: both sides wait for ever",
        right: "sends nothing, waits for no answer and asks for the next line",
        clause: "TU-1",
        triggered: Some(|input, _| !input.raw && input.lines.iter().any(|line| line.0.is_empty())),
        waives: &[Check::ClientStdout, Check::ClientExit, Check::ServerCloses],
        tidy: None,
        sign: Some(Sign::QuietAfter(PROMPT)),
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| seen.stopped == Some(Stop::Quiet),
    },
    Erratum {
        id: "tcp-upper-one-recv",
        scenario: "tcp-upper",
        role: Role::Client,
        trigger: "a line of more than 1024 bytes",
        happens: "the client takes one recv(1024) for the whole answer; the rest merges with the \
                  next answer",
        right: "reads as many bytes as it sent",
        clause: "TU-3",
        triggered: Some(|input, _| {
            !input.raw && input.lines.iter().any(|line| line.0.len() > 1024)
        }),
        waives: &[Check::ClientStdout, Check::ToClient, Check::ServerStdout, Check::ServerCloses],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |right, seen| seen.client.stdout != right.client.stdout,
    },
    silent_client("tcp-upper-silent-client", "tcp-upper", || beside_a_silent_one(b"hi")),
    Erratum {
        id: "tcp-upper-cut-answer",
        trigger: "an answer that arrives in two parts",
        happens: "the client takes one recv(1024) for the whole answer: it shows the first part, \
                  and takes the rest for the answer to the next line, or the rest merges with that \
                  answer",
        right: "reads as many bytes as it sent",
        clause: "TU-3",
        demo: Demo::Vector("ascii", "split@2"),
        shown: |_, seen| shows(seen, "b'HE'"),
        ..CLIENT
    },
    Erratum {
        id: "tcp-upper-end-for-an-answer",
        trigger: "a server that closes the connection instead of answering",
        happens: "recv returns b'', which the client shows as an answer; it asks its user for the \
                  next line, and sends it to a closed connection",
        right: "takes an empty recv as the end of the stream, and ends with an error",
        clause: "TU-3",
        demo: Demo::Vector("ascii", "halfclose@0"),
        shown: |_, seen| shows(seen, "b''"),
        ..CLIENT
    },
    Erratum {
        id: "tcp-upper-takes-what-sticks",
        trigger: "a segment with more bytes than the client sent",
        happens: "the client shows everything that one recv(1024) returns as the answer, also the \
                  bytes after it",
        right: "reads as many bytes as it sent, and ignores the bytes after them",
        clause: "TU-3",
        demo: Demo::Script {
            input: || Input::typed(["hello"]),
            steps: || {
                let answer = Step::Send(b"HELLO, and more".to_vec());
                vec![Step::Connect, Step::Read(5), answer, Step::ReadEnd]
            },
            network: "asis",
        },
        shown: |_, seen| shows(seen, "b'HELLO, and more'"),
        ..CLIENT
    },
];

/// An entry about the client.
const CLIENT: Erratum =
    Erratum { scenario: "tcp-upper", role: Role::Client, ..Erratum::DEMONSTRATED };

/// Whether the client has shown this as an answer and asked for the next line.
fn shows(seen: &Observation, answer: &str) -> bool {
    let shown = format!("服务端发来的消息: {answer}\n{PROMPT}");
    contains(&seen.client.stdout.0, shown.as_bytes())
}

/// Cuts the output at the first line for the end of the stream, and removes a last line that was
/// incomplete when the server was ended. Every earlier line was complete when the client got its
/// answer.
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
