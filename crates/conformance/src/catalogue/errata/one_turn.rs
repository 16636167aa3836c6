//! What is wrong with the tutorials' programs that say one thing to each other: the same in all of
//! them, and in one of them more.

use super::answers::{cut_answer, cut_character};
use super::rude_clients::{beside_a_silent_one, dies_of_a_reset, silent_client};
use super::{Demo, Erratum, Sign, contains, ended_with, reset_by_server};
use crate::catalogue::{Check, Expected, Input, Wire};
use crate::observation::{Observation, Role, Stop};

/// The vector in which both programs say what the tutorial has them say.
const AS_IT_IS: &str = "as-the-tutorial-has-it";

pub(in crate::catalogue) const TCP_HELLO: &[Erratum] = &[
    resets("tcp-hello-resets", "tcp-hello", "TH-2"),
    waits_for_ever("tcp-hello-message-of-no-bytes", "tcp-hello", "TH-1"),
    takes_the_end("tcp-hello-end-for-an-answer", "tcp-hello", "TH-5"),
    dies_of_a_reset("tcp-hello-dies-of-a-reset", "tcp-hello", "TH-6"),
    silent_client("tcp-hello-silent-client", "tcp-hello", || beside_a_silent_one(b"second")),
    cut_answer("tcp-hello-cut-answer", "tcp-hello", "TH-4", AS_IT_IS, "split@1"),
];

pub(in crate::catalogue) const GREETING: &[Erratum] = &[
    resets("greeting-resets", "greeting", "GR-2"),
    waits_for_ever("greeting-message-of-no-bytes", "greeting", "GR-1"),
    takes_the_end("greeting-end-for-an-answer", "greeting", "GR-5"),
    dies_of_a_reset("greeting-dies-of-a-reset", "greeting", "GR-6"),
    silent_client("greeting-silent-client", "greeting", || beside_a_silent_one(b"second")),
    cut_answer("greeting-cut-answer", "greeting", "GR-4", AS_IT_IS, "split@5"),
];

pub(in crate::catalogue) const FIRST_MESSAGE: &[Erratum] = &[
    resets("first-message-resets", "first-message", "FM-2"),
    Erratum {
        id: "first-message-dies-of-a-message",
        scenario: "first-message",
        role: Role::Server,
        trigger: "a message of which one recv(1024) is not UTF-8, be it cut inside a character",
        happens: "the decoding raises and nothing catches it: the server ends with status 1",
        right: "gives no answer, closes the connection and goes on",
        clause: "FM-6",
        triggered: Some(|_, right| {
            let Wire::Stream(message) = &right.to_server else { return false };
            let received = message.0.get(..1024).unwrap_or(&message.0);
            std::str::from_utf8(received).is_err()
        }),
        waives: &[Check::ServerExit],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| ended_with(&seen.server.stderr.0, &["UnicodeDecodeError"]),
    },
    waits_for_ever("first-message-message-of-no-bytes", "first-message", "FM-1"),
    takes_the_end("first-message-end-for-an-answer", "first-message", "FM-5"),
    dies_of_a_reset("first-message-dies-of-a-reset", "first-message", "FM-6"),
    silent_client("first-message-silent-client", "first-message", || {
        beside_a_silent_one(b"second")
    }),
    cut_answer("first-message-cut-answer", "first-message", "FM-4", AS_IT_IS, "split@3"),
    cut_character("first-message-cut-character", "first-message", "FM-5", AS_IT_IS, "split@4"),
];

/// The server leaves with unread input. What then gets through is the kernel's to say.
const fn resets(id: &'static str, scenario: &'static str, clause: &'static str) -> Erratum {
    Erratum {
        id,
        scenario,
        role: Role::Server,
        trigger: "a client that sends more than 1024 bytes",
        happens: "one recv(1024) is all that is read; the connection is closed over the rest, which \
                  resets it, and the reset may overtake the answer",
        right: "closes so that its answer arrives, whatever it left unread",
        clause,
        triggered: Some(|_, right| bytes_to_server(right) > 1024),
        waives: &[Check::ToClient, Check::ClientStdout, Check::ClientExit],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| reset_by_server(seen),
    }
}

const fn waits_for_ever(id: &'static str, scenario: &'static str, clause: &'static str) -> Erratum {
    Erratum {
        id,
        scenario,
        role: Role::Client,
        trigger: "a message of no bytes",
        happens: "send(b'') sends nothing, and recv waits for an answer to it: both sides wait for \
                  ever",
        right: "says that it sends no more, which the server answers",
        clause,
        triggered: Some(|input, _| !input.raw && says_nothing(input)),
        waives: &[
            Check::ToClient,
            Check::ClientStdout,
            Check::ClientExit,
            Check::ServerStdout,
            Check::ServerCloses,
        ],
        tidy: None,
        sign: Some(Sign::QuietOnceOpen),
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| seen.stopped == Some(Stop::Quiet),
    }
}

const fn takes_the_end(id: &'static str, scenario: &'static str, clause: &'static str) -> Erratum {
    Erratum {
        id,
        scenario,
        role: Role::Client,
        trigger: "a server that closes without an answer",
        happens: "the end of the stream, which recv gives as b'', is shown as the answer, and the \
                  client ends with status 0, unless the server resets the connection",
        right: "ends with an error",
        clause,
        triggered: Some(|input, right| !input.raw && is_unanswered(right)),
        waives: &[Check::ClientStdout, Check::ClientExit],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| shows_no_bytes(seen) || reset_by_server(seen),
    }
}

fn says_nothing(input: &Input) -> bool {
    input.messages.first().is_some_and(String::is_empty)
}

fn is_unanswered(right: &Expected) -> bool {
    matches!(&right.to_client, Wire::Stream(bytes) if bytes.0.is_empty())
}

fn bytes_to_server(right: &Expected) -> usize {
    match &right.to_server {
        Wire::Stream(bytes) => bytes.0.len(),
        Wire::Datagrams(_) => 0,
    }
}

fn shows_no_bytes(seen: &Observation) -> bool {
    let shown = &seen.client.stdout.0;
    shown == b"b''\n" || contains(shown, "消息:\n".as_bytes())
}
