//! `first-message`: sends one message, and shows the answer as text.
//!
//! Source: `python-ref/first-message/client.py`.

use anyhow::Context;

use crate::args::FirstMessage;
use crate::one_turn::ask;
use endpoint::Terminal;

pub(crate) async fn talk(options: FirstMessage) -> anyhow::Result<()> {
    let answer = ask(&options.connect, options.message.as_bytes()).await?;
    let text = pytext::decode_utf8(&answer).context("the answer is not UTF-8")?;
    Ok(Terminal::new().print(&format!("收到来自服务端的消息:{text}"))?)
}
