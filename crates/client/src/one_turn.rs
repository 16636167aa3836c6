//! One message to a server and its answer, over a stream: what `tcp-hello`, `greeting`,
//! `first-message` and `line-upper` have in common.
//!
//! Unlike the reference's clients, these read to the end of an answer that comes in parts, and know
//! an answer from the end of the stream.

use anyhow::{Context, bail};
use endpoint::{Address, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// All that is shown of an answer.
pub(crate) const ANSWER_BYTES: usize = 1024;

/// Send the message; the answer's first 1024 bytes. A server closes after its answer.
pub(crate) async fn ask(address: &Address, message: &[u8]) -> anyhow::Result<Vec<u8>> {
    let answer = ask_for_any(address, message).await?;
    if answer.is_empty() {
        bail!("the server closed before it answered");
    }
    Ok(answer)
}

/// [`ask`] where an answer of no bytes is one.
pub(crate) async fn ask_for_any(address: &Address, message: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    stream.write_all(message).await.context("cannot send")?;
    if message.is_empty() {
        // Only so does the server come to know that this is all.
        stream.shutdown().await.context("cannot send")?;
    }
    let mut answer = Vec::new();
    let mut incoming = stream.take(ANSWER_BYTES as u64);
    incoming.read_to_end(&mut answer).await.context("cannot receive")?;
    Ok(answer)
}
