//! The errata of the tutorial's client. It assumes that the network loses nothing.

use model::Erratum;

use crate::shared::answers::waits_for_what_is_lost;

pub(crate) const ERRATA: &[Erratum] = &[waits_for_what_is_lost(
    "line-upper-udp-waits-for-what-is-lost",
    "line-upper-udp",
    "as-the-tutorial-has-it",
)];
