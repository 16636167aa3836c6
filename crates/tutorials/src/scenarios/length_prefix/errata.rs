//! The errata of the program that sends a packed length and the message.

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
        trigger: "a stream that ends inside the header, or a header that holds a negative length",
        happens: "unpack, or recv, raises and no code catches it",
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
        trigger: "a client that closes before its message is complete",
        happens: "the server takes one recv for the whole message, and prints what it returned",
        right: "reads on until it has as many bytes as the client announced, or prints nothing",
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
        trigger: "a client that resets its connection after its header",
        happens: "recv raises ConnectionResetError and no code catches it: the server ends with a \
                  traceback and status 1",
        right: "drops this client, and goes on or ends with status 0",
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
        happens: "the server takes one recv(4) for the whole header: struct.error ends it with \
                  status 1, though every byte is on its way",
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
        happens: "the server takes one recv for the whole message: it prints the first part as if \
                  it were all, and ends with status 0",
        right: "reads on until it has as many bytes as the client announced",
        clause: "NW-1",
        demo: Demo::Script { input: Input::default, steps: says_hello, network: "split-up@6" },
        shown: |_, seen| seen.server.stdout.0 == b"b'he'\n",
        ..SERVER
    },
];

/// An entry about the server.
const SERVER: Erratum =
    Erratum { scenario: "length-prefix", role: Role::Server, ..Erratum::DEMONSTRATED };

/// The steps of the tutorial's client.
fn says_hello() -> Vec<Step> {
    vec![Step::Connect, Step::Send(framed(b"hello!")), Step::Hold]
}

/// A message of six bytes, with its length before it.
fn framed(message: &[u8; 6]) -> Vec<u8> {
    [&6_i32.to_ne_bytes()[..], message].concat()
}
