//! The errata of the tutorial's programs of `greeting`.

use model::Erratum;

use crate::shared::answers::cut_answer;
use crate::shared::one_turn::errata::{AS_IT_IS, resets, takes_the_end, waits_for_ever};
use crate::shared::rude_clients::{beside_a_silent_one, dies_of_a_reset, silent_client};

pub(crate) const ERRATA: &[Erratum] = &[
    resets("greeting-resets", "greeting", "GR-2"),
    waits_for_ever("greeting-message-of-no-bytes", "greeting", "GR-1"),
    takes_the_end("greeting-end-for-an-answer", "greeting", "GR-5"),
    dies_of_a_reset("greeting-dies-of-a-reset", "greeting", "GR-6"),
    silent_client("greeting-silent-client", "greeting", || beside_a_silent_one(b"second")),
    cut_answer("greeting-cut-answer", "greeting", "GR-4", AS_IT_IS, "split@5"),
];
