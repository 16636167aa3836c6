//! The errata of the tutorial's client, which is the client of `line-upper`.

use model::Erratum;

use crate::shared::answers::{cut_answer, cut_character};
use crate::shared::line_upper::errata::takes_the_end;

pub(crate) const ERRATA: &[Erratum] = &[
    cut_answer(
        "line-upper-serial-cut-answer",
        "line-upper-serial",
        "LS-4",
        "as-the-tutorial-has-it",
        "split@2",
    ),
    cut_character(
        "line-upper-serial-cut-character",
        "line-upper-serial",
        "LS-5",
        "chinese",
        "split@1",
    ),
    takes_the_end("line-upper-serial-end-for-an-answer", "line-upper-serial", "LS-5"),
];
