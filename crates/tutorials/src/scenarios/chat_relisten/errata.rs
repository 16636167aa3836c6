//! The errata of the tutorial's chat that serves one client after another.

use model::Erratum;

use crate::shared::talk::errata::{long_answer, long_message, takes_the_end_for_an_answer};
use crate::shared::talk::guarded::shows_an_empty_answer;

pub(crate) const ERRATA: &[Erratum] = &[
    takes_the_end_for_an_answer(
        "chat-relisten-takes-the-end-for-an-answer",
        "chat-relisten",
        "CR-5",
        shows_an_empty_answer,
    ),
    long_message("chat-relisten-long-message", "chat-relisten", "CR-1"),
    long_answer("chat-relisten-long-answer", "chat-relisten", "CR-2"),
];
