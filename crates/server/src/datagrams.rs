//! The loop that every datagram scenario shares: receive, show, answer.

use anyhow::Context;
use endpoint::{Address, Datagrams, Peer};

use crate::clauses::Clauses;
use crate::screen;
use crate::serving::{Access, cannot_listen, warn_of};

/// Receive datagrams at `address`, for ever: of each the first `MAX_BYTES`, as recvfrom(2) cuts it.
/// `turn` makes of it, and of who sent it, what is printed and what is answered. An answer that
/// can't be sent, be it that the client takes none, is logged, and nobody else's matter.
///
/// # Errors
/// The address can't be listened on, or standard output is gone.
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
        // What does not fit is cut off by the kernel, as it is for the reference.
        let (len, client) = socket.recv_from(&mut buffer).await?;
        let (shown, answer) = turn(buffer.split_at(len).0, &client);
        screen::print(&shown).await?;
        if let Err(error) = socket.offer(&answer, &client).await {
            warn_of(&client, &anyhow::Error::new(error).context("cannot answer"), clauses);
        }
    }
}
