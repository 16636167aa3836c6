//! The accept loop that every stream scenario shares: a task for each client, where the tutorials
//! serve one at a time.

use std::future::Future;
use std::io;
use std::time::Duration;

use anyhow::Context;
use endpoint::{Address, Listener, Peer, Stream, with_clause};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::args::Clauses;
use crate::screen::ScreenLost;

/// How long a client may take to close its side after all was sent to it.
const LINGER: Duration = Duration::from_secs(5);

/// Serve each client of `address` by `session`, for ever. A session's error ends that session and
/// is logged with the clause it goes by; nobody else notices.
///
/// # Errors
/// The address can't be listened on, or a session finds standard output gone.
pub(crate) async fn serve_each<S, F>(
    address: &Address,
    clauses: Clauses,
    session: S,
) -> anyhow::Result<()>
where
    S: Fn(Stream) -> F,
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    serve_each_from(address, clauses, |stream, _| session(stream)).await
}

/// [`serve_each`] of a session that is told where its client is, too.
///
/// # Errors
/// As there.
pub(crate) async fn serve_each_from<S, F>(
    address: &Address,
    clauses: Clauses,
    session: S,
) -> anyhow::Result<()>
where
    S: Fn(Stream, Peer) -> F,
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let listener = listen(address).await?;
    let (report, mut screen_lost) = mpsc::channel(1);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = next_client(&listener, clauses) => accepted,
            Some(error) = screen_lost.recv() => return Err(error),
        };
        let (served, report) = (session(stream, peer.clone()), report.clone());
        tokio::spawn(async move {
            match served.await {
                Ok(()) => {}
                Err(error) if error.is::<ScreenLost>() => drop(report.send(error).await),
                Err(error) => warn_of(&peer, &error, clauses),
            }
        });
    }
}

/// Log what went wrong with one client.
pub(crate) fn warn_of(peer: &Peer, error: &anyhow::Error, clauses: Clauses) {
    tracing::warn!("{} (client {peer})", with_clause(error.as_ref(), clauses.client));
}

/// Listen, and say where.
///
/// # Errors
/// The address can't be listened on.
pub(crate) async fn listen(address: &Address) -> anyhow::Result<Listener> {
    let listener =
        Listener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!("listening on {}", listener.local_name()?);
    Ok(listener)
}

/// The next client, however long that takes.
pub(crate) async fn next_client(listener: &Listener, clauses: Clauses) -> (Stream, Peer) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_one_clients(&error) => {}
            // Out of descriptors or memory: what is being served goes on, and frees some.
            Err(error) => {
                tracing::warn!("[{}] cannot accept: {error}", clauses.end);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Errors of accept(2) that belong to the one connection it was about to answer.
fn is_one_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Close a stream so that what was written arrives: say that no more will come, then read until
/// the client has closed too. Closing with unread input would reset the connection, and the reset
/// may overtake the output.
pub(crate) async fn close_gently(stream: &mut Stream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut sink = [0; 1024];
    let drained = async { while matches!(stream.read(&mut sink).await, Ok(1..)) {} };
    if tokio::time::timeout(LINGER, drained).await.is_err() {
        tracing::debug!("client did not close in time");
    }
    Ok(())
}
