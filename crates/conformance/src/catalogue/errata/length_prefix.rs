//! What is wrong with the program that sends a packed length and the message.

use super::{Demo, Erratum, ended_with};
use crate::catalogue::Check;
use crate::catalogue::length_prefix::{announced, whole_message};
use crate::observation::Role;

pub(in crate::catalogue) const ERRATA: &[Erratum] = &[
    Erratum {
        id: "length-prefix-dies-of-a-header",
        scenario: "length-prefix",
        role: Role::Server,
        trigger: "a header that breaks off, or that holds a negative length",
        happens: "unpack, or recv, raises and nothing catches it",
        right: "ends that client's connection and goes on",
        clause: "LP-6",
        triggered: Some(|input, _| {
            input.raw && announced(&input.raw_bytes()).is_none_or(|length| length < 0)
        }),
        waives: &[Check::ServerExit],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| ended_with(&seen.server.stderr.0, &["struct.error", "ValueError"]),
    },
    Erratum {
        id: "length-prefix-broken-off",
        scenario: "length-prefix",
        role: Role::Server,
        trigger: "a client that closes before its message is whole",
        happens: "one recv is taken for the message, whatever it returns, and what has come is \
                  printed; so it is, by chance, with a long message that comes in parts",
        right: "reads on until it has as many bytes as were announced, or prints nothing",
        clause: "LP-3",
        triggered: Some(|input, _| {
            let sent = input.raw_bytes();
            let announced_one = announced(&sent).is_some_and(|length| length >= 0);
            input.raw && announced_one && whole_message(&sent).is_none()
        }),
        waives: &[Check::ServerStdout],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| !seen.server.stdout.0.is_empty(),
    },
];
