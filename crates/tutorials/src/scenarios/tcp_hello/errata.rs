//! The errata of the tutorial's programs of `tcp-hello`.

use model::Erratum;

use crate::shared::answers::cut_answer;
use crate::shared::one_turn::errata::{AS_IT_IS, resets, takes_the_end, waits_for_ever};
use crate::shared::rude_clients::{beside_a_silent_one, dies_of_a_reset, silent_client};

pub(crate) const ERRATA: &[Erratum] = &[
    resets("tcp-hello-resets", "tcp-hello", "TH-2"),
    waits_for_ever("tcp-hello-message-of-no-bytes", "tcp-hello", "TH-1"),
    takes_the_end("tcp-hello-end-for-an-answer", "tcp-hello", "TH-5"),
    dies_of_a_reset("tcp-hello-dies-of-a-reset", "tcp-hello", "TH-6"),
    silent_client("tcp-hello-silent-client", "tcp-hello", || beside_a_silent_one(b"second")),
    cut_answer("tcp-hello-cut-answer", "tcp-hello", "TH-4", AS_IT_IS, "split@1"),
];
