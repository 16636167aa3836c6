//! The loop of every datagram scenario: receive, show, answer.

use anyhow::Context;
use endpoint::{Address, Datagrams, Peer};

use crate::clauses::Clauses;
use crate::screen;
use crate::serving::{Access, cannot_listen, warn_of};

/// Receives datagrams at `address`, for ever. It keeps the first `MAX_BYTES` of each, as
/// recvfrom(2) cuts it. `turn` gets these bytes and the sender, and returns what to print and what
/// to answer. The server logs an answer that it can't send (the client may be gone), and goes on.
///
/// # Errors
/// The server can't listen on the address, or standard output is gone.
pub(crate) async fn serve_each<const MAX_BYTES: usize>(
    address: &Address,
    access: &Access,
    clauses: Clauses,
    turn: impl Fn(&[u8], &Peer) -> (String, Vec<u8>),
) -> anyhow::Result<()> {
    let bound = Datagrams::bind(address, access.reach()).await;
    let socket = bound.with_context(|| cannot_listen(address))?;
    tracing::info!("listening on {}", socket.local_name()?);
    let mut buffer = vec![0; MAX_BYTES];
    loop {
        // The kernel cuts off what does not fit, as it does for the reference.
        let (len, client) = socket.recv_from(&mut buffer).await?;
        let (shown, answer) = turn(buffer.split_at(len).0, &client);
        screen::print(&shown).await?;
        if let Err(error) = socket.offer(&answer, &client).await {
            warn_of(&client, &anyhow::Error::new(error).context("cannot answer"), clauses);
        }
    }
}
