//! The accept loop of every stream scenario. It has a task for each client, where the tutorials serve one at a
//! time; limits, so that one client can't starve the others; an end that loses nothing; and counters.
//!
//! [`options`] has the options, [`acceptor`] waits for clients, [`ledger`] knows the connections and cuts short
//! those that exceed a limit, [`connection`] is what a session reads and writes, [`counters`] and [`metrics`]
//! report the numbers.

mod acceptor;
mod connection;
mod counters;
mod descriptors;
mod exposition;
mod ledger;
mod line_limit;
mod metrics;
mod options;
mod refusals;
mod signals;

use std::future::Future;

use anyhow::Context;
use endpoint::diagnostics::never_lost;
use endpoint::{Address, Listener, Peer, Reach, Stream, with_clause};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::clauses::Clauses;
use crate::screen::ScreenLost;
use counters::Counters;
use ledger::{Client, Ledger, Seat};
use options::Refusal;
use refusals::Refusals;

pub(crate) use acceptor::Acceptor;
pub(crate) use connection::Connection;
pub(crate) use options::{Access, LIMITS, Options};
pub(crate) use signals::Signals;

/// Serves each client of `address` by `session` until a signal, and then until running exchanges are done. A
/// session's error ends that session, and the log shows it with its clause; other sessions do not notice.
///
/// # Errors
/// The server can't listen on the address, or a session finds standard output gone.
pub(crate) async fn serve_each<S, F>(
    address: &Address,
    options: &Options,
    clauses: Clauses,
    session: S,
) -> anyhow::Result<()>
where
    S: Fn(Connection) -> F,
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    serve_each_from(address, options, clauses, |connection, _| session(connection)).await
}

/// Like [`serve_each`], but the session also gets its client's address.
///
/// # Errors
/// Those of [`serve_each`].
pub(crate) async fn serve_each_from<S, F>(
    address: &Address,
    options: &Options,
    clauses: Clauses,
    session: S,
) -> anyhow::Result<()>
where
    S: Fn(Connection, Peer) -> F,
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let mut signals = Signals::new()?;
    let reach = options.reach(address);
    let ledger = Ledger::new(options.clone(), Counters::default());
    let mut metrics_at = None;
    if let Some(address) = &options.metrics {
        let cannot = || format!("cannot listen on {address} for metrics");
        let reach = options.reach(address);
        let listener = Listener::bind(address, reach).await.with_context(cannot)?;
        metrics_at = Some((listener, reach));
    }
    let listener = listen(address, reach).await?;
    let mut scraping = JoinSet::new();
    if let Some((listener, reach)) = metrics_at {
        tracing::info!("metrics on {}", listener.local_name()?);
        let failure = "cannot accept for metrics".to_owned();
        let scrapers = Acceptor::of_many(listener, ledger.clone(), failure);
        scraping.spawn(metrics::serve(scrapers, reach, ledger.clone()));
    }
    if let Some(notice) = options.notice {
        tracing::warn!("{notice}");
    }
    options.make_room_for_connections();
    let looking_out = ledger.clone();
    tokio::spawn(async move { looking_out.look_out().await });

    let (report, mut screen_lost) = mpsc::channel(1);
    let mut refusals = Refusals::new(clauses);
    let mut clients = Acceptor::of_many(listener, ledger.clone(), cannot_accept(clauses));
    let mut ended = loop {
        let (stream, peer) = tokio::select! {
            accepted = clients.next() => accepted,
            Some(error) = screen_lost.recv() => break Err(error),
            () = signals.next() => break Ok(()),
        };
        let seat = match admit(&ledger, &stream, &peer, reach) {
            Ok(seat) => seat,
            Err(why) => {
                ledger.counters.count_refused(why);
                refusals.log(&peer, why);
                continue;
            }
        };
        let entry = seat.entry.clone();
        let served = session(Connection::new(stream, entry.clone()), peer.clone());
        let place = Place { seat, peer, clauses, is_done: false };
        let task = tokio::spawn(attend(served, place, report.clone()));
        entry.is_served_by(task.abort_handle());
    };
    drop(clients);
    if ended.is_ok() {
        tokio::select! {
            () = ledger.end() => {}
            () = signals.next() => tracing::warn!("[{}] second signal: not waiting", clauses.end),
            Some(error) = screen_lost.recv() => ended = Err(error),
        }
    }
    // The runtime may end before a task ends: then a command would go on.
    ledger.break_off().await;
    // The socket file goes with the listener.
    scraping.shutdown().await;
    ended?;
    never_lost(|| tracing::info!("{}", ledger.counters));
    Ok(())
}

/// Gives a client a place, unless the limits or the client's user forbid it.
fn admit(
    ledger: &std::sync::Arc<Ledger>,
    stream: &Stream,
    peer: &Peer,
    reach: Reach,
) -> Result<Seat, Refusal> {
    // The system knows nothing about a client that has already gone.
    let uid = stream.peer_uid().unwrap_or_default();
    if !may_enter(uid, reach) {
        return Err(Refusal::Stranger);
    }
    ledger.admit(Client::of(peer, uid))
}

/// Whether the server serves this user. If only the server's own user may connect, it serves that user and root,
/// who may do anything anyway.
fn may_enter(uid: Option<u32>, reach: Reach) -> bool {
    let own = rustix::process::geteuid().as_raw();
    reach != Reach::User || uid.is_none_or(|uid| uid == 0 || uid == own)
}

/// Runs a session to its end.
async fn attend(
    served: impl Future<Output = anyhow::Result<()>>,
    mut place: Place,
    report: mpsc::Sender<anyhow::Error>,
) {
    let ended = served.await;
    place.is_done = true;
    match ended {
        Ok(()) => {}
        Err(error) if error.is::<ScreenLost>() => drop(report.send(error).await),
        Err(error) => {
            place.seat.counters().failed.inc();
            warn_of(&place.peer, &error, place.clauses);
        }
    }
}

/// A client's place. If the session is dropped before it is done, dropping this logs the reason.
struct Place {
    seat: Seat,
    peer: Peer,
    clauses: Clauses,
    is_done: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        let (Some(why), false) = (self.seat.entry.cut(), self.is_done) else { return };
        self.seat.counters().count_cut(why);
        let (peer, clause) = (&self.peer, self.clauses.client);
        if why.is_in_order() {
            tracing::debug!("closed: {why} (client {peer})");
        } else {
            tracing::warn!(
                client = %peer,
                limit = why.label(),
                "[{clause}] closed: {why} (client {peer})"
            );
        }
    }
}

/// Logs an error of one client's session.
pub(crate) fn warn_of(peer: &Peer, error: &anyhow::Error, clauses: Clauses) {
    let what = with_clause(error.as_ref(), clauses.client);
    tracing::warn!(client = %peer, "{what} (client {peer})");
}

/// Listens, and logs the address.
///
/// # Errors
/// The server can't listen on the address, or more distant machines can reach it than the options allow.
pub(crate) async fn listen(address: &Address, reach: Reach) -> anyhow::Result<Listener> {
    let listener = Listener::bind(address, reach).await.with_context(|| cannot_listen(address))?;
    tracing::info!("listening on {}", listener.local_name()?);
    Ok(listener)
}

/// The text before the system's reason.
pub(crate) fn cannot_listen(address: &Address) -> String {
    format!("cannot listen on {address}")
}

/// The text before an error of accept(2).
pub(crate) fn cannot_accept(clauses: Clauses) -> String {
    format!("[{}] cannot accept", clauses.end)
}
