//! What is wrong with the tutorial's guarded chat.

use model::observation::{Direction, Observation};
use model::{Erratum, Expected, contains};

use crate::shared::talk::errata::{
    long_answer, long_message, sent_too_long, takes_the_end_for_an_answer,
};

/// What the client shows of an empty answer.
const EMPTY_ANSWER: &str = "收到服务端消息>>>:\n";

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

/// A reference that sends what can't be sent does answer.
pub(crate) fn shows_an_empty_answer(right: &Expected, seen: &Observation) -> bool {
    contains(&seen.client.stdout.0, EMPTY_ANSWER.as_bytes())
        || sent_too_long(right, seen, Direction::ToClient)
}
