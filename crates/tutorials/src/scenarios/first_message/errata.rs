//! The errata of the tutorial's programs of `first-message`.

use model::observation::Role;
use model::{Check, Demo, Erratum, Wire};

use crate::shared::answers::{cut_answer, cut_character};
use crate::shared::one_turn::errata::{AS_IT_IS, resets, takes_the_end, waits_for_ever};
use crate::shared::rude_clients::{beside_a_silent_one, dies_of_a_reset, silent_client};
use crate::shared::seen::ended_with;

pub(crate) const ERRATA: &[Erratum] = &[
    resets("first-message-resets", "first-message", "FM-2"),
    Erratum {
        id: "first-message-dies-of-a-message",
        scenario: "first-message",
        role: Role::Server,
        trigger: "a message whose first recv(1024) is not UTF-8, also when it is cut inside a \
                  character",
        happens: "the decoding raises and no code catches it: the server ends with status 1",
        right: "sends no answer, closes the connection and goes on",
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
