//! What is wrong with the program that sends a packed length and the message.

use model::observation::Role;
use model::{Check, Demo, Erratum, Input, Step};

use crate::scenarios::length_prefix::message::{announced, whole_message};
use crate::shared::rude_clients::{
    beside_a_silent_one, died_of_a_reset, dies_of_a_reset, silent_client,
};
use crate::shared::seen::ended_with;

pub(crate) const ERRATA: &[Erratum] = &[
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
        happens: "one recv is taken for the message, whatever it returns, and what has come is printed",
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
    dies_of_a_reset("length-prefix-dies-of-a-reset", "length-prefix", "LP-6"),
    Erratum {
        id: "length-prefix-reset-in-the-message",
        trigger: "a client that breaks its connection off (a reset) behind its header",
        happens: "recv raises ConnectionResetError, which nothing catches: a traceback, and status 1",
        right: "gives this client up, and goes on or ends with status 0",
        clause: "LP-6",
        demo: Demo::Script { input: Input::default, steps: says_hello, network: "reset-up@4" },
        shown: |_, seen| seen.wire.has_fault() && died_of_a_reset(seen),
        ..SERVER
    },
    silent_client("length-prefix-silent-client", "length-prefix", || {
        beside_a_silent_one(&framed(b"second"))
    }),
    Erratum {
        id: "length-prefix-cut-header",
        trigger: "a network that cuts inside the four bytes of the header",
        happens: "one recv(4) is taken for the header, whatever it returns: struct.error, which \
                  ends the server with status 1, though every byte is on its way",
        right: "reads on until it has four bytes",
        clause: "NW-1",
        demo: Demo::Script { input: Input::default, steps: says_hello, network: "split-up@2" },
        shown: |_, seen| {
            seen.server.by_itself && ended_with(&seen.server.stderr.0, &["struct.error"])
        },
        ..SERVER
    },
    Erratum {
        id: "length-prefix-cut-message",
        trigger: "a network that cuts inside the message",
        happens: "one recv is taken for the message, whatever it returns: the first part is printed \
                  as if it were all, with status 0",
        right: "reads on until it has as many bytes as were announced",
        clause: "NW-1",
        demo: Demo::Script { input: Input::default, steps: says_hello, network: "split-up@6" },
        shown: |_, seen| seen.server.stdout.0 == b"b'he'\n",
        ..SERVER
    },
];

/// An entry about the server.
const SERVER: Erratum =
    Erratum { scenario: "length-prefix", role: Role::Server, ..Erratum::DEMONSTRATED };

/// What the tutorial's client does.
fn says_hello() -> Vec<Step> {
    vec![Step::Connect, Step::Send(framed(b"hello!")), Step::Hold]
}

/// A message of six bytes behind its length.
fn framed(message: &[u8; 6]) -> Vec<u8> {
    [&6_i32.to_ne_bytes()[..], message].concat()
}
