//! One datagram that may never come.

use std::time::Duration;

use anyhow::{Context, anyhow};
use endpoint::{Datagrams, Peer};

/// The next datagram, as much of it as the buffer holds, and who sent it. It is taken for the
/// answer, whoever that is: a server may well answer from another address than the one it was asked
/// at.
pub(crate) async fn receive<'a>(
    socket: &Datagrams,
    buffer: &'a mut [u8],
    timeout_seconds: u64,
) -> anyhow::Result<(&'a [u8], Peer)> {
    let wait = Duration::from_secs(timeout_seconds);
    let (len, from) = tokio::time::timeout(wait, socket.recv_from(buffer))
        .await
        .map_err(|_| anyhow!("no answer within {timeout_seconds} s"))?
        .context("cannot receive")?;
    Ok((buffer.split_at(len).0, from))
}
