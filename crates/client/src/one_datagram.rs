//! One datagram that may never come.

use std::time::Duration;

use anyhow::{Context, anyhow};
use endpoint::{Datagrams, Peer};

/// Send a datagram; the next one that comes, as much of it as the buffer holds, and who sent it. That
/// is taken for the answer, whoever it is from: a server may well answer from another address than
/// the one it was asked at.
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
