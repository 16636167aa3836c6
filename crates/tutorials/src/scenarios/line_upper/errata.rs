//! The errata of the tutorial's line in upper case. Its two clients over streams are the same
//! program.

use model::Erratum;

use crate::shared::answers::{cut_answer, cut_character};
use crate::shared::line_upper::errata::takes_the_end;

pub(crate) const ERRATA: &[Erratum] = &[
    cut_answer("line-upper-cut-answer", "line-upper", "LU-4", "as-the-tutorial-has-it", "split@2"),
    cut_character("line-upper-cut-character", "line-upper", "LU-5", "chinese", "split@1"),
    takes_the_end("line-upper-end-for-an-answer", "line-upper", "LU-5"),
];
