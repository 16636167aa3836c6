//! What is wrong with the tutorials' clients that speak datagrams: they take the network for one that
//! loses and doubles nothing.

use super::answers::waits_for_what_is_lost;
use super::{Demo, Erratum, contains};
use crate::observation::Role;

pub(in crate::catalogue) const UPPER: &[Erratum] = &[
    waits_for_what_is_lost("udp-upper-waits-for-what-is-lost", "udp-upper", "three-lines"),
    Erratum {
        id: "udp-upper-repeated-answer",
        scenario: "udp-upper",
        role: Role::Client,
        trigger: "a datagram that arrives twice: an answer, or a question, which is then answered \
                  twice",
        happens: "the second copy is taken for the answer to the next line, and every answer from \
                  then on for that to the line after its own",
        right: "throws away what came before it asked",
        clause: "NW-6",
        demo: Demo::Vector("three-lines", "dup@0"),
        shown: |_, seen| contains(&seen.client.stdout.0, b">>: b'ONE'\n>>: b'ONE'\n>>: b'TWO'\n"),
        ..Erratum::DEMONSTRATED
    },
];

pub(in crate::catalogue) const HELLO: &[Erratum] = &[waits_for_what_is_lost(
    "udp-hello-waits-for-what-is-lost",
    "udp-hello",
    "as-the-tutorial-has-it",
)];

pub(in crate::catalogue) const LINE_UPPER: &[Erratum] = &[waits_for_what_is_lost(
    "line-upper-udp-waits-for-what-is-lost",
    "line-upper-udp",
    "as-the-tutorial-has-it",
)];
