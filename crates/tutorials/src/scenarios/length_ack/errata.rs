//! What is wrong with the program that announces a length and waits for an ok.

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
        trigger: "a length that is no number to int(): nothing at all, letters, a length with the \
                  message behind it, bytes that are not UTF-8",
        happens: "the decoding, or int(), raises and nothing catches it",
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
        trigger: "a length that is not digits alone but that int() takes: with a sign, blanks or \
                  underscores, or in the digits of another script",
        happens: "it is answered with ok; a negative one makes an empty message",
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
        happens: "it is answered with ok, and the message is waited for, for ever",
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
        trigger: "a client that closes before its message is whole",
        happens: "recv returns b'' from then on, and the loop that waits for the rest goes round \
                  at full speed for ever",
        right: "takes an empty recv for the end, prints nothing and closes",
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
        trigger: "more bytes after the message than were announced",
        happens: "the last recv(1024) takes them too, and all of it is printed as the message",
        right: "prints as many bytes as were announced",
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
        trigger: "a client that breaks its connection off (a reset) inside its message",
        happens: "recv raises ConnectionResetError in the loop that waits for the rest, and nothing \
                  catches it: a traceback, and status 1",
        right: "gives this client up, and goes on or ends with status 0",
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
        happens: "it is thrown away unseen, and the message is sent all the same",
        right: "sends nothing more and ends with an error",
        clause: "LA-5",
        demo: Demo::steps(|| answered_by(Step::Send(b"no".to_vec()))),
        shown: |right, seen| sends_all_after(right, seen, b"no"),
        ..CLIENT
    },
    Erratum {
        id: "length-ack-end-for-ok",
        trigger: "a server that closes instead of answering",
        happens: "recv returns b'', which is taken for the ok: the message is sent to nobody, and \
                  the client ends with status 0",
        right: "ends with an error",
        clause: "LA-5",
        demo: Demo::steps(|| answered_by(Step::Finish)),
        shown: |right, seen| sends_all_after(right, seen, b""),
        ..CLIENT
    },
    Erratum {
        id: "length-ack-cut-ok",
        trigger: "an ok that arrives in two parts",
        happens: "the first part is taken for the ok: the message is sent before the k has come",
        right: "waits for both bytes before it sends",
        clause: "NW-1",
        demo: Demo::steps(|| answered_by(Step::Send(b"o".to_vec()))),
        shown: |right, seen| sends_all_after(right, seen, b"o"),
        ..CLIENT
    },
    Erratum {
        id: "length-ack-resets-the-message",
        trigger: "a server that sends more than 1024 bytes in the place of an ok",
        happens: "one recv(1024) is all that is read; the client closes over the rest, which resets \
                  the connection and may take the message along, and ends with status 0",
        right: "takes an answer that is not ok for an error",
        clause: "LA-5",
        demo: Demo::steps(|| answered_by(Step::Send(vec![b'.'; 1500]))),
        shown: |_, seen| ended_well(seen) && reset_by(seen, Direction::ToServer),
        ..CLIENT
    },
];

/// An entry about the client.
const CLIENT: Erratum =
    Erratum { scenario: "length-ack", role: Role::Client, ..Erratum::DEMONSTRATED };

/// Whether int() makes a number of what is sent for a length: digits of any script, blanks around
/// them, a sign before them, single underscores between them.
fn int_takes(input: &Input) -> bool {
    let text = input.lines.first().and_then(|length| std::str::from_utf8(&length.0).ok());
    let Some(text) = text.map(str::trim) else { return false };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.split('_').all(|part| !part.is_empty() && part.chars().all(char::is_numeric))
}

/// Whether it is plain digits, only too many.
fn is_huge(input: &Input) -> bool {
    let length = input.lines.first();
    length.is_some_and(|length| length.0.iter().all(u8::is_ascii_digit))
        && announced(input).is_none()
}

/// What the harness does as a server that answers the length like this, and nothing else.
fn answered_by(answer: Step) -> Vec<Step> {
    vec![Step::Connect, Step::ReadSome, answer, Step::ReadEnd]
}

/// The client has ended well and sent its message, though this is all that it got for an answer.
fn sends_all_after(right: &Expected, seen: &Observation, answer: &[u8]) -> bool {
    ended_well(seen) && arrived(right, seen, Direction::ToServer) && sent(seen) == answer
}
