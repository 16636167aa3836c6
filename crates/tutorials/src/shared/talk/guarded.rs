//! The common parts of the two guarded chats: one server ends after a client, the other goes on.

use model::observation::{Direction, Observation};
use model::{Ending, Expected, contains};

use crate::shared::talk::Manner;
use crate::shared::talk::errata::sent_too_long;

/// The client's prompt.
pub(crate) const CLIENT_PROMPT: &str = "请输入你想要发送的信息>>>:";

/// The client's output for an empty answer.
const EMPTY_ANSWER: &str = "收到服务端消息>>>:\n";

/// The exchange of the chat that ends after one client.
pub(crate) const MANNER: Manner = Manner {
    client_prompt: CLIENT_PROMPT,
    before_answer: "收到服务端消息>>>:",
    before_message: "收到客户端消息>>",
    empty_answer: Some("太忙了 暂无消息"),
    ending_after_trouble: Ending::Complete,
    relistens: false,
    harness_breaks_off: true,
};

/// The reference does answer when it sends a line that it should not send.
pub(crate) fn shows_an_empty_answer(right: &Expected, seen: &Observation) -> bool {
    contains(&seen.client.stdout.0, EMPTY_ANSWER.as_bytes())
        || sent_too_long(right, seen, Direction::ToClient)
}
