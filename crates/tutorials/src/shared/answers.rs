//! The errata of clients whose answer comes in parts, not at all, or twice. These clients call recv
//! once.

use model::observation::Role;
use model::{Demo, Erratum};

use crate::shared::frames::{breaks_off, ended_well, is_asked_to_end};

/// An entry about a client.
const CLIENT: Erratum = Erratum { role: Role::Client, ..Erratum::DEMONSTRATED };

/// The erratum of a client that takes the first part of an answer for the whole. The network cuts
/// the vector's answer.
pub(crate) const fn cut_answer(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
    vector: &'static str,
    network: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        trigger: "an answer that arrives in two parts",
        happens: "the client takes one recv(1024) for the whole answer: it shows the first part as \
                  if it were all, with status 0, and discards the rest",
        right: "reads to the end of the stream, or 1024 bytes",
        clause,
        demo: Demo::Vector(vector, network),
        shown: |right, seen| {
            ended_well(seen) && seen.client.stdout.0.len() < right.client.stdout.0.len()
        },
        ..CLIENT
    }
}

/// The erratum of a client that decodes the first part of an answer alone. The network cuts the
/// vector's answer inside a character.
pub(crate) const fn cut_character(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
    vector: &'static str,
    network: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        trigger: "an answer that arrives in two parts, cut inside a character",
        happens: "the client decodes the bytes of one recv(1024) alone, which raises: an answer \
                  that is valid UTF-8 ends the client with status 1",
        right: "reads the whole answer before it decodes it",
        clause,
        demo: Demo::Vector(vector, network),
        shown: |right, seen| breaks_off(right, seen, &["UnicodeDecodeError"]),
        ..CLIENT
    }
}

/// The erratum of a client that waits for ever for a lost answer. The vector needs an answer.
pub(crate) const fn waits_for_what_is_lost(
    id: &'static str,
    scenario: &'static str,
    vector: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        trigger: "a datagram that is lost, on the way to the server or back",
        happens: "recv has no time limit, and the client sends nothing again: it waits for ever",
        right: "waits a limited time, then sends again or ends with an error",
        clause: "NW-3",
        demo: Demo::Vector(vector, "drop@0"),
        shown: |_, seen| seen.wire.has_fault() && is_asked_to_end(seen),
        ..CLIENT
    }
}
