//! `sticky` and `sticky-sizes`: sends messages one after another, with nothing between them.
//!
//! Source: `python-ref/sticky/client.py` and `python-ref/sticky-sizes/client.py`.

use anyhow::Context;
use endpoint::{Address, Stream};
use tokio::io::AsyncWriteExt;

use crate::args::{Sticky, StickySizes};

pub(crate) async fn send_three(options: Sticky) -> anyhow::Result<()> {
    send(&options.connect, &[&options.first, &options.second, &options.third]).await
}

pub(crate) async fn send_sizes(options: StickySizes) -> anyhow::Result<()> {
    let messages = [&options.first, &options.second, &options.big, &options.last];
    send(&options.connect, &messages).await
}

/// Sends each message in its own write. A server may have read enough and closed by the end; that
/// is not an error.
async fn send(address: &Address, messages: &[&String]) -> anyhow::Result<()> {
    let mut stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    for message in messages {
        stream.write_all(message.as_bytes()).await.context("cannot send")?;
    }
    Ok(())
}
