//! The errata of the tutorial's guarded chat.

use model::Erratum;

use crate::shared::talk::errata::{long_answer, long_message, takes_the_end_for_an_answer};
use crate::shared::talk::guarded::shows_an_empty_answer;

pub(crate) const ERRATA: &[Erratum] = &[
    takes_the_end_for_an_answer(
        "chat-guarded-takes-the-end-for-an-answer",
        "chat-guarded",
        "CG-5",
        shows_an_empty_answer,
    ),
    long_message("chat-guarded-long-message", "chat-guarded", "CG-1"),
    long_answer("chat-guarded-long-answer", "chat-guarded", "CG-2"),
];
