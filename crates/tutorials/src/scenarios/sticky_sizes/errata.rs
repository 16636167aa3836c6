//! The errata of the tutorial's two servers that show how messages merge.

use model::Erratum;

use crate::shared::rude_clients::{beside_a_silent_one, dies_of_a_reset, silent_client};

pub(crate) const ERRATA: &[Erratum] = &[
    dies_of_a_reset("sticky-sizes-dies-of-a-reset", "sticky-sizes", "SS-6"),
    silent_client("sticky-sizes-silent-client", "sticky-sizes", || beside_a_silent_one(b"second")),
];
