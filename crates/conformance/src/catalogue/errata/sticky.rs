//! What is wrong with the tutorial's two servers that show how messages stick together.

use super::Erratum;
use super::rude_clients::{beside_a_silent_one, dies_of_a_reset, silent_client};

pub(in crate::catalogue) const STICKY: &[Erratum] = &[
    dies_of_a_reset("sticky-dies-of-a-reset", "sticky", "ST-6"),
    silent_client("sticky-silent-client", "sticky", || beside_a_silent_one(b"second, in three")),
];

pub(in crate::catalogue) const SIZES: &[Erratum] = &[
    dies_of_a_reset("sticky-sizes-dies-of-a-reset", "sticky-sizes", "SS-6"),
    silent_client("sticky-sizes-silent-client", "sticky-sizes", || beside_a_silent_one(b"second")),
];
