//! What the client asks its user with.

pub(crate) const CLIENT_PROMPT: &str = "请输入你需要发送的消息>>>:";
