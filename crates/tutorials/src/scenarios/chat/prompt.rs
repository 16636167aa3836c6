//! The client's prompt.

pub(crate) const CLIENT_PROMPT: &str = "请输入你需要发送的消息>>>:";
