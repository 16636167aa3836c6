//! What is wrong with the tutorials' clients that speak datagrams: they take the network for one that
//! loses nothing.

use super::Erratum;
use super::answers::waits_for_what_is_lost;

pub(in crate::catalogue) const UPPER: &[Erratum] =
    &[waits_for_what_is_lost("udp-upper-waits-for-what-is-lost", "udp-upper", "three-lines")];

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
