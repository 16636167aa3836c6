//! The recorder's notes, and waiting for something to be noted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::Endpoint;
use crate::observation::{Direction, WireEvent, WireItem, WireLog};

/// How long a recorder is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patience {
    /// Until both sides have ended.
    Full,
    /// The server's program has ended: what it accepted is passed on to its end, but if nobody
    /// listens there, nobody will.
    ServerHasEnded,
    /// Both programs have ended: what is under way is passed on to its end.
    BothHaveEnded,
    /// Not any longer.
    None,
}

/// A wire log under way, shared by the tasks that write it and whoever waits for it.
#[derive(Debug, Clone)]
pub struct Recording {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    started: Instant,
    log: Mutex<WireLog>,
    seen_by_server: Mutex<Vec<Endpoint>>,
    changed: Notify,
}

impl Recording {
    /// An empty recording; times count from now.
    #[must_use]
    pub fn start() -> Self {
        let shared = Shared {
            started: Instant::now(),
            log: Mutex::default(),
            seen_by_server: Mutex::default(),
            changed: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// When it was started.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.shared.started
    }

    /// Note what happened on the connection of this number.
    pub(super) fn note(&self, connection: u32, direction: Direction, what: WireItem) {
        let at = self.shared.started.elapsed();
        self.log().events.push(WireEvent { at, connection, direction, what });
        self.shared.changed.notify_waiters();
    }

    /// Note where the server sees a client.
    pub(super) fn seen_by_server(&self, endpoint: Endpoint) {
        self.shared.seen_by_server.lock().unwrap_or_else(PoisonError::into_inner).push(endpoint);
    }

    /// Where the server has seen its clients.
    #[must_use]
    pub fn clients_seen_by_server(&self) -> Vec<Endpoint> {
        self.shared.seen_by_server.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was noted so far.
    #[cfg(test)]
    pub(super) fn snapshot(&self) -> WireLog {
        self.log().clone()
    }

    /// All that was noted, for the last one who asks: a log may hold many mebibytes, and a copy
    /// would hold them twice.
    #[must_use]
    pub fn take(&self) -> WireLog {
        std::mem::take(&mut *self.log())
    }

    /// How many events were noted so far.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.log().events.len()
    }

    /// Whether the server was reached so far.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.log().is_open()
    }

    /// How many connections were noted so far.
    #[must_use]
    pub fn connection_count(&self) -> u32 {
        self.log().connection_count()
    }

    /// Wait until `seen` is true of the log.
    pub async fn wait_until(&self, seen: impl Fn(&WireLog) -> bool) {
        loop {
            // Registered before looking, so that no note falls between look and wait.
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if seen(&self.log()) {
                return;
            }
            changed.await;
        }
    }

    fn log(&self) -> MutexGuard<'_, WireLog> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
