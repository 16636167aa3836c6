//! Sends one message and reads one answer over a stream: the common part of `tcp-hello`,
//! `greeting`, `first-message` and `line-upper`.
//!
//! Unlike the reference's clients, these read to the end of an answer that comes in parts, and do
//! not take the end of the stream for an answer.

use anyhow::{Context, bail};
use endpoint::{Address, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The longest part of an answer that a client shows.
pub(crate) const ANSWER_BYTES: usize = 1024;

/// Sends the message, and returns the answer's first 1024 bytes. A server closes after its answer.
pub(crate) async fn ask(address: &Address, message: &[u8]) -> anyhow::Result<Vec<u8>> {
    let answer = ask_for_any(address, message).await?;
    if answer.is_empty() {
        bail!("the server closed before it answered");
    }
    Ok(answer)
}

/// Like [`ask`], but an answer may be empty.
pub(crate) async fn ask_for_any(address: &Address, message: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    stream.write_all(message).await.context("cannot send")?;
    if message.is_empty() {
        // Without the half-close the server would not know that the message has ended.
        stream.shutdown().await.context("cannot send")?;
    }
    let mut answer = Vec::new();
    let mut incoming = stream.take(ANSWER_BYTES as u64);
    incoming.read_to_end(&mut answer).await.context("cannot receive")?;
    Ok(answer)
}
