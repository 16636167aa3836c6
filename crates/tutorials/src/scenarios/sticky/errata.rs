//! The errata of the tutorial's two servers that show how messages merge.

use model::Erratum;

use crate::shared::rude_clients::{beside_a_silent_one, dies_of_a_reset, silent_client};

pub(crate) const ERRATA: &[Erratum] = &[
    dies_of_a_reset("sticky-dies-of-a-reset", "sticky", "ST-6"),
    silent_client("sticky-silent-client", "sticky", || beside_a_silent_one(b"second, in three")),
];
