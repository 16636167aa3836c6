//! The errata of the tutorial's client. It assumes that the network loses nothing.

use model::Erratum;

use crate::shared::answers::waits_for_what_is_lost;

pub(crate) const ERRATA: &[Erratum] = &[waits_for_what_is_lost(
    "udp-hello-waits-for-what-is-lost",
    "udp-hello",
    "as-the-tutorial-has-it",
)];
