//! Accepts clients, and goes on after the system had no room for one more. Nothing here admits a client
//! or serves it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use endpoint::{Listener, Peer, Stream};
use tokio::sync::futures::Notified;

use super::ledger::Ledger;
use super::line_limit::LineLimit;

/// The longest pause after accept(2) found no descriptor or no memory.
const PAUSE: Duration = Duration::from_millis(50);

/// A listener's clients, one after the other.
pub(crate) struct Acceptor {
    listener: Listener,
    /// The connections whose ends make room. A server of one client at a time has none while it accepts.
    ledger: Option<Arc<Ledger>>,
    /// What the log says in front of an error.
    failure: String,
    lines: LineLimit,
}

impl Acceptor {
    /// For a server that has one client at a time.
    pub(crate) fn of_one(listener: Listener, failure: String) -> Self {
        Self { listener, ledger: None, failure, lines: LineLimit::default() }
    }

    /// For a server that has these connections meanwhile.
    pub(super) fn of_many(listener: Listener, ledger: Arc<Ledger>, failure: String) -> Self {
        Self { listener, ledger: Some(ledger), failure, lines: LineLimit::default() }
    }

    /// Waits for the next client, however long that takes. Given up while it waits, it has lost none.
    pub(crate) async fn next(&mut self) -> (Stream, Peer) {
        loop {
            // From before the try: a connection that ends just as that fails is not missed.
            let departure = self.ledger.as_deref().map(Ledger::next_departure);
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_one_clients(&error) => {}
                Err(error) => {
                    match self.lines.pass() {
                        None => {}
                        Some(0) => tracing::warn!("{}: {error}", self.failure),
                        Some(more) => tracing::warn!(
                            "{}: {error} ({more} more failures since the last line)",
                            self.failure
                        ),
                    }
                    wait_for_room(departure).await;
                }
            }
        }
    }
}

/// Waits until accept(2) is worth another try: until a connection has ended and given its descriptor
/// back, or for a moment.
///
/// The moment is needed, as no event tells of the other room: a command's pipes, a scraper's connection,
/// and the descriptors and the memory that other programs give back.
async fn wait_for_room(departure: Option<Notified<'_>>) {
    match departure {
        // Whichever comes first.
        Some(departure) => drop(tokio::time::timeout(PAUSE, departure).await),
        None => tokio::time::sleep(PAUSE).await,
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
