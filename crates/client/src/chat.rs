//! `chat`, `chat-guarded` and `chat-relisten`: turn by turn, sends a typed line to the server and
//! prints its answer.
//!
//! Source: `python-ref/chat/client.py` and `python-ref/chat-guarded/client.py`. Unlike them, this
//! client notices that the server has gone. It never waits for an answer to an empty message, and
//! never sends a line that the server would take for two messages.

use anyhow::{Context, ensure};
use endpoint::{Stream, Terminal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::args::Chat;

/// The longest message that one recv(1024) returns.
const MESSAGE_MAX_BYTES: usize = 1024;

/// The prompt, and what stands before an answer.
pub(crate) struct Words {
    prompt: &'static str,
    before_answer: &'static str,
}

pub(crate) const PLAIN: Words =
    Words { prompt: "请输入你需要发送的消息>>>:", before_answer: "" };
pub(crate) const GUARDED: Words = Words {
    prompt: "请输入你想要发送的信息>>>:",
    before_answer: "收到服务端消息>>>:",
};

pub(crate) async fn talk(options: Chat, words: Words) -> anyhow::Result<()> {
    let address = &options.connect;
    let mut stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    let mut terminal = Terminal::new();
    let mut buffer = [0; MESSAGE_MAX_BYTES];
    while let Some(line) = terminal.input(words.prompt).await? {
        let line = line.strip();
        let message = line.encode_utf8()?.as_bytes();
        if message.is_empty() {
            continue;
        }
        let len = message.len();
        ensure!(len <= MESSAGE_MAX_BYTES, "the line is {len} bytes, over {MESSAGE_MAX_BYTES}");
        stream.write_all(message).await.context("cannot send")?;
        let read = stream.read(&mut buffer).await.context("cannot receive")?;
        ensure!(read > 0, "the server closed before it answered");
        let answer = pytext::decode_utf8(buffer.split_at(read).0);
        let answer = answer.context("the answer is not UTF-8")?;
        terminal.print(&format!("{}{answer}", words.before_answer))?;
    }
    Ok(stream.shutdown().await?)
}
