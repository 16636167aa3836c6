//! Sends one datagram and waits for an answer that may be lost.

use std::time::Duration;

use anyhow::{Context, anyhow};
use endpoint::{Datagrams, Peer};

/// Sends a datagram. Returns the next datagram that comes, cut to the buffer's length, and its
/// sender. It takes that one as the answer, from any sender: a server may answer from another address
/// than the one that the client sent to.
pub(crate) async fn ask<'a>(
    (socket, server): (&Datagrams, &Peer),
    message: &[u8],
    buffer: &'a mut [u8],
    timeout_seconds: u64,
) -> anyhow::Result<(&'a [u8], Peer)> {
    let turn = async {
        socket.send_to(message, server).await.context("cannot send")?;
        socket.recv_from(buffer).await.context("cannot receive")
    };
    let wait = Duration::from_secs(timeout_seconds);
    let (len, from) = tokio::time::timeout(wait, turn)
        .await
        .map_err(|_| anyhow!("no answer within {timeout_seconds} s"))??;
    Ok((buffer.split_at(len).0, from))
}
