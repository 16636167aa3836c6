//! The errata of the program that announces a length and waits for an ok.

use model::observation::{Direction, Observation, Role, Stop};
use model::{Check, Demo, Erratum, Expected, Input, Sign, Step};

use crate::scenarios::length_ack::message::{announced, raw_message};
use crate::shared::frames::{ended_well, sent};
use crate::shared::rude_clients::{
    beside_a_silent_one, died_of_a_reset, dies_of_a_reset, silent_client,
};
use crate::shared::seen::{arrived, ended_with, reset_by};

pub(crate) const ERRATA: &[Erratum] = &[
    Erratum {
        id: "length-ack-dies-of-a-length",
        scenario: "length-ack",
        role: Role::Server,
        trigger: "a length that int() refuses: no bytes at all, letters, a length followed by the \
                  message, bytes that are not UTF-8",
        happens: "the decoding, or int(), raises and no code catches it",
        right: "ends that client's connection and goes on",
        clause: "LA-6",
        triggered: Some(|input, _| input.raw && announced(input).is_none() && !int_takes(input)),
        waives: &[Check::ServerExit],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| ended_with(&seen.server.stderr.0, &["UnicodeDecodeError", "ValueError"]),
    },
    Erratum {
        id: "length-ack-loose-length",
        scenario: "length-ack",
        role: Role::Server,
        trigger: "a length that is not only ASCII digits but that int() accepts: with a sign, \
                  blanks or underscores, or in digits of another script",
        happens: "the server answers ok; a negative length gives an empty message",
        right: "sends no ok and closes",
        clause: "LA-2",
        triggered: Some(|input, _| {
            input.raw && announced(input).is_none() && int_takes(input) && !is_huge(input)
        }),
        waives: &[Check::ToClient, Check::ServerStdout],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| seen.wire.byte_count(Direction::ToClient) > 0,
    },
    Erratum {
        id: "length-ack-any-length",
        scenario: "length-ack",
        role: Role::Server,
        trigger: "a length over 2147483647",
        happens: "the server answers ok, and waits for the message for ever",
        right: "sends no ok and closes",
        clause: "LA-2",
        triggered: Some(|input, _| input.raw && int_takes(input) && is_huge(input)),
        waives: &[Check::ToClient, Check::ServerCloses],
        tidy: None,
        sign: Some(Sign::QuietAfterEnd),
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| {
            let answered = seen.wire.byte_count(Direction::ToClient) > 0;
            answered && seen.stopped == Some(Stop::Quiet)
        },
    },
    Erratum {
        id: "length-ack-end-unnoticed",
        scenario: "length-ack",
        role: Role::Server,
        trigger: "a client that closes before its message is complete",
        happens: "from then on recv returns b'', and the loop that waits for the rest runs at full \
                  speed for ever",
        right: "takes an empty recv as the end of the stream, prints nothing and closes",
        clause: "LA-7",
        triggered: Some(|input, _| {
            let length = announced(input);
            input.raw && length.is_some_and(|length| length > raw_message(input).len() as u64)
        }),
        waives: &[Check::ServerCloses],
        tidy: None,
        sign: Some(Sign::QuietAfterEnd),
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| seen.stopped == Some(Stop::Quiet),
    },
    Erratum {
        id: "length-ack-takes-what-sticks",
        scenario: "length-ack",
        role: Role::Server,
        trigger: "bytes after the announced message",
        happens: "the last recv(1024) returns them too, and the server prints everything as the \
                  message",
        right: "prints exactly as many bytes as the client announced",
        clause: "LA-3",
        triggered: Some(|input, _| {
            let length = announced(input);
            input.raw && length.is_some_and(|length| length < raw_message(input).len() as u64)
        }),
        waives: &[Check::ServerStdout],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |right, seen| seen.server.stdout.0.len() > right.server.stdout.0.len(),
    },
    dies_of_a_reset("length-ack-dies-of-a-reset", "length-ack", "LA-6"),
    Erratum {
        id: "length-ack-reset-in-the-message",
        scenario: "length-ack",
        role: Role::Server,
        trigger: "a client that resets its connection inside its message",
        happens: "in the loop that waits for the rest, recv raises ConnectionResetError and no \
                  code catches it: the server ends with a traceback and status 1",
        right: "drops this client, and goes on or ends with status 0",
        clause: "LA-6",
        demo: Demo::Script {
            input: Input::default,
            steps: || {
                let [length, message] = [b"9", &b"messages!"[..]].map(|it| Step::Send(it.to_vec()));
                vec![Step::Connect, length, Step::Read(2), message, Step::Hold]
            },
            network: "reset-up@4",
        },
        shown: |_, seen| {
            died_of_a_reset(seen) && seen.wire.byte_count(Direction::ToClient) == b"ok".len()
        },
        ..Erratum::DEMONSTRATED
    },
    silent_client("length-ack-silent-client", "length-ack", || beside_a_silent_one(b"6")),
    Erratum {
        id: "length-ack-any-answer",
        trigger: "an answer that is not ok",
        happens: "the client discards it unread, and sends the message all the same",
        right: "sends nothing more and ends with an error",
        clause: "LA-5",
        demo: Demo::steps(|| answered_by(Step::Send(b"no".to_vec()))),
        shown: |right, seen| sends_all_after(right, seen, b"no"),
        ..CLIENT
    },
    Erratum {
        id: "length-ack-end-for-ok",
        trigger: "a server that closes instead of answering",
        happens: "recv returns b'', which the client takes for the ok: it sends the message to a \
                  closed connection, and ends with status 0",
        right: "ends with an error",
        clause: "LA-5",
        demo: Demo::steps(|| answered_by(Step::Finish)),
        shown: |right, seen| sends_all_after(right, seen, b""),
        ..CLIENT
    },
    Erratum {
        id: "length-ack-cut-ok",
        trigger: "an ok that arrives in two parts",
        happens: "the client takes the first part for the ok: it sends the message before the k \
                  has come",
        right: "waits for both bytes before it sends",
        clause: "NW-1",
        demo: Demo::steps(|| answered_by(Step::Send(b"o".to_vec()))),
        shown: |right, seen| sends_all_after(right, seen, b"o"),
        ..CLIENT
    },
    Erratum {
        id: "length-ack-resets-the-message",
        trigger: "a server that sends more than 1024 bytes instead of an ok",
        happens: "the client calls recv(1024) once and closes with the rest unread, which resets \
                  the connection and may destroy the message; it ends with status 0",
        right: "treats an answer that is not ok as an error",
        clause: "LA-5",
        demo: Demo::steps(|| answered_by(Step::Send(vec![b'.'; 1500]))),
        shown: |_, seen| ended_well(seen) && reset_by(seen, Direction::ToServer),
        ..CLIENT
    },
];

/// An entry about the client.
const CLIENT: Erratum =
    Erratum { scenario: "length-ack", role: Role::Client, ..Erratum::DEMONSTRATED };

/// Whether int() accepts the length as sent: digits of any script, blanks around them, a sign
/// before them, single underscores between them.
fn int_takes(input: &Input) -> bool {
    let text = input.lines.first().and_then(|length| std::str::from_utf8(&length.0).ok());
    let Some(text) = text.map(str::trim) else { return false };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.split('_').all(|part| !part.is_empty() && part.chars().all(char::is_numeric))
}

/// Whether the length is ASCII digits, but too many.
fn is_huge(input: &Input) -> bool {
    let length = input.lines.first();
    length.is_some_and(|length| length.0.iter().all(u8::is_ascii_digit))
        && announced(input).is_none()
}

/// The steps of a server that answers the length like this, and sends nothing else.
fn answered_by(answer: Step) -> Vec<Step> {
    vec![Step::Connect, Step::ReadSome, answer, Step::ReadEnd]
}

/// The client has ended with status 0 and sent its message, though it got only this answer.
fn sends_all_after(right: &Expected, seen: &Observation, answer: &[u8]) -> bool {
    ended_well(seen) && arrived(right, seen, Direction::ToServer) && sent(seen) == answer
}
