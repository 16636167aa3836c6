//! What the two guarded chats have in common: the one that ends after a client, and the one that goes on.

use model::observation::{Direction, Observation};
use model::{Ending, Expected, contains};

use crate::shared::talk::Manner;
use crate::shared::talk::errata::sent_too_long;

/// What the client asks its user with.
pub(crate) const CLIENT_PROMPT: &str = "请输入你想要发送的信息>>>:";

/// What the client shows of an empty answer.
const EMPTY_ANSWER: &str = "收到服务端消息>>>:\n";

/// How the chat that ends after a client goes.
pub(crate) const MANNER: Manner = Manner {
    client_prompt: CLIENT_PROMPT,
    before_answer: "收到服务端消息>>>:",
    before_message: "收到客户端消息>>",
    empty_answer: Some("太忙了 暂无消息"),
    ending_after_trouble: Ending::Complete,
    relistens: false,
    harness_breaks_off: true,
};

/// A reference that sends what can't be sent does answer.
pub(crate) fn shows_an_empty_answer(right: &Expected, seen: &Observation) -> bool {
    contains(&seen.client.stdout.0, EMPTY_ANSWER.as_bytes())
        || sent_too_long(right, seen, Direction::ToClient)
}
