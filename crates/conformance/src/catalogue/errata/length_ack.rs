//! What is wrong with the program that announces a length and waits for an ok.

use super::{Demo, Erratum, Sign, ended_with};
use crate::catalogue::length_ack::{announced, raw_message};
use crate::catalogue::{Check, Input};
use crate::observation::{Direction, Role, Stop};

pub(in crate::catalogue) const ERRATA: &[Erratum] = &[
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
];

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
