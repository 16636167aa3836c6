//! The recorder's notes, and waiting for something to be noted.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use model::Endpoint;
use model::observation::{Direction, Role, WireEvent, WireItem, WireLog};
use tokio::sync::Notify;

use crate::machine::is_short;

/// What a peer says in one direction of one case is kept up to so much, over all connections. One that
/// says more is stopped.
const FLOOD_BYTES: usize = 64 << 20;
/// So much may happen in a case, and no more.
const FLOOD_EVENTS: usize = 1 << 16;

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
    notes: Mutex<Notes>,
    seen_by_server: Mutex<Vec<Endpoint>>,
    changed: Notify,
}

/// What was noted, and how much that is.
#[derive(Debug, Default)]
struct Notes {
    log: WireLog,
    bytes_to_server: usize,
    bytes_to_client: usize,
    /// Who has said more than is kept; nothing is noted any more.
    flooded: Option<Role>,
    /// What the machine has refused to the recorder.
    refused: Option<String>,
}

impl Notes {
    fn note(&mut self, event: WireEvent) {
        let (sender, said) = match event.direction {
            Direction::ToServer => (Role::Client, &mut self.bytes_to_server),
            Direction::ToClient => (Role::Server, &mut self.bytes_to_client),
        };
        if let WireItem::Segment(bytes) = &event.what {
            *said += bytes.0.len();
        }
        if self.flooded.is_none() && (*said > FLOOD_BYTES || self.log.events.len() == FLOOD_EVENTS)
        {
            self.flooded = Some(sender);
        }
        if self.flooded.is_none() {
            self.log.events.push(event);
        }
    }
}

impl Recording {
    /// An empty recording; times count from now.
    #[must_use]
    pub fn start() -> Self {
        let shared = Shared {
            started: Instant::now(),
            notes: Mutex::default(),
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

    /// Note what happened on the connection of this number, unless more has happened than is kept: see
    /// [`flooded`](Self::flooded).
    pub(super) fn note(&self, connection: u32, direction: Direction, what: WireItem) {
        let at = self.shared.started.elapsed();
        self.notes().note(WireEvent { at, connection, direction, what });
        self.shared.changed.notify_waiters();
    }

    /// Take note of a call that failed, if the machine is short of what it takes: then the case says nothing
    /// about a peer. `what` was tried.
    pub(crate) fn refused(&self, what: &str, error: &io::Error) {
        if is_short(error) {
            self.notes().refused.get_or_insert_with(|| format!("{what}: {error}"));
            self.shared.changed.notify_waiters();
        }
    }

    /// What the machine has refused first, if it has.
    pub(crate) fn refusal(&self) -> Option<String> {
        self.notes().refused.clone()
    }

    /// Wait until the machine refuses something.
    pub(super) async fn until_refused(&self) {
        self.until(|notes| notes.refused.is_some()).await;
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
        self.notes().log.clone()
    }

    /// All that was noted, for the last one who asks: a log may hold many mebibytes, and a copy
    /// would hold them twice.
    #[must_use]
    pub fn take(&self) -> WireLog {
        std::mem::take(&mut self.notes().log)
    }

    /// How many events were noted so far.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.notes().log.events.len()
    }

    /// Whether the server was reached so far.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.notes().log.is_open()
    }

    /// How many connections were noted so far.
    #[must_use]
    pub fn connection_count(&self) -> u32 {
        self.notes().log.connection_count()
    }

    /// Whether `seen` is true of the log so far.
    #[must_use]
    pub fn shows(&self, seen: impl Fn(&WireLog) -> bool) -> bool {
        seen(&self.notes().log)
    }

    /// Wait until `seen` is true of the log.
    pub async fn wait_until(&self, seen: impl Fn(&WireLog) -> bool) {
        self.until(|notes| seen(&notes.log)).await;
    }

    /// Wait until somebody has said more than is kept, and tell who.
    pub(super) async fn flooded(&self) -> Role {
        loop {
            self.until(|notes| notes.flooded.is_some()).await;
            if let Some(role) = self.notes().flooded {
                return role;
            }
        }
    }

    async fn until(&self, seen: impl Fn(&Notes) -> bool) {
        loop {
            // Registered before looking, so that no note falls between look and wait.
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if seen(&self.notes()) {
                return;
            }
            changed.await;
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.shared.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use model::blob::Blob;

    use super::*;

    #[tokio::test]
    async fn what_is_said_over_all_connections_is_kept_up_to_a_limit_and_who_says_more_is_told() {
        let recording = Recording::start();
        let segment = Blob(vec![b'x'; 1 << 20]);
        for connection in 0..65 {
            let what = WireItem::Segment(segment.clone());
            recording.note(connection, Direction::ToClient, what);
        }
        assert_eq!(recording.flooded().await, Role::Server);
        recording.note(0, Direction::ToServer, WireItem::Fin);
        let log = recording.snapshot();
        assert_eq!(log.byte_count(Direction::ToClient), FLOOD_BYTES);
        assert_eq!(log.events.len(), 64);
    }

    #[tokio::test]
    async fn only_a_shortage_of_the_machine_counts_as_refused() {
        use rustix::io::Errno;
        let recording = Recording::start();
        recording.refused("cannot connect", &Errno::CONNREFUSED.into());
        assert_eq!(recording.refusal(), None);
        recording.refused("cannot accept", &Errno::MFILE.into());
        recording.refused("cannot connect", &Errno::NOMEM.into());
        recording.until_refused().await;
        assert!(recording.refusal().is_some_and(|it| it.starts_with("cannot accept: Too many")));
    }

    #[tokio::test]
    async fn so_much_may_happen_and_no_more() {
        let recording = Recording::start();
        for _ in 0..FLOOD_EVENTS {
            recording.note(0, Direction::ToServer, WireItem::Segment(Blob(vec![b'x'])));
        }
        assert_eq!(recording.notes().flooded, None);
        recording.note(0, Direction::ToServer, WireItem::Fin);
        assert_eq!(recording.flooded().await, Role::Client);
        assert_eq!(recording.event_count(), FLOOD_EVENTS);
    }
}
