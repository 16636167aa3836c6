//! What is wrong with the tutorial's upper-case echo over TCP.

use super::{Demo, Erratum, Sign, contains};
use crate::catalogue::Check;
use crate::observation::{Role, Stop};

pub(in crate::catalogue) const ERRATA: &[Erratum] = &[
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
        spins: false,
        demo: Demo::Triggered,
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
        spins: false,
        demo: Demo::Triggered,
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
        spins: false,
        demo: Demo::Triggered,
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
        spins: false,
        demo: Demo::Triggered,
        shown: |right, seen| seen.client.stdout != right.client.stdout,
    },
];

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
