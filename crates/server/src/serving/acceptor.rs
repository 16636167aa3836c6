//! Accepts clients, and recovers when the system had no room for another connection. This module neither
//! admits nor serves a client.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use endpoint::{Listener, Peer, Stream};
use tokio::sync::futures::Notified;

use super::ledger::Ledger;
use super::line_limit::LineLimit;

/// The longest pause after accept(2) found no descriptor or no memory.
const PAUSE: Duration = Duration::from_millis(50);

/// The clients of a listener, one after the other.
pub(crate) struct Acceptor {
    listener: Listener,
    /// The connections that free room when they end. A server of one client at a time has none while it
    /// accepts.
    ledger: Option<Arc<Ledger>>,
    /// The text before an error in the log.
    failure: String,
    lines: LineLimit,
}

impl Acceptor {
    /// For a server that has one client at a time.
    pub(crate) fn of_one(listener: Listener, failure: String) -> Self {
        Self { listener, ledger: None, failure, lines: LineLimit::default() }
    }

    /// For a server with these open connections.
    pub(super) fn of_many(listener: Listener, ledger: Arc<Ledger>, failure: String) -> Self {
        Self { listener, ledger: Some(ledger), failure, lines: LineLimit::default() }
    }

    /// Waits for the next client, without a time limit. A caller that cancels the wait loses no client.
    pub(crate) async fn next(&mut self) -> (Stream, Peer) {
        loop {
            // Taken before the attempt, so that it also sees a connection that ends while the attempt
            // fails.
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

/// Waits until another accept(2) makes sense: until a connection has ended and returned its descriptor,
/// or for a short pause.
///
/// The pause is needed because no event reports other freed room: a command's pipes, a scraper's
/// connection, and the descriptors and memory of other programs.
async fn wait_for_room(departure: Option<Notified<'_>>) {
    match departure {
        // Whichever comes first.
        Some(departure) => drop(tokio::time::timeout(PAUSE, departure).await),
        None => tokio::time::sleep(PAUSE).await,
    }
}

/// Errors of accept(2) that concern only the one connection that it was about to return.
fn is_one_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
