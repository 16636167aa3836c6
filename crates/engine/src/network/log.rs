//! The recorder's log, and waiting for entries in it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use model::Endpoint;
use model::observation::{Direction, Role, WireEvent, WireItem, WireLog};
use tokio::sync::Notify;

use crate::machine::is_short;

/// The limit on what a peer sends in one direction of a case, over all connections. A peer that sends more is
/// stopped.
const FLOOD_BYTES: usize = 64 << 20;
/// The limit on the number of events in a case.
const FLOOD_EVENTS: usize = 1 << 16;

/// How long a recorder continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patience {
    /// Until both sides have ended.
    Full,
    /// The server's program has ended. What it accepted is relayed to its end; new connections will not be
    /// accepted.
    ServerHasEnded,
    /// Both programs have ended. What is under way is relayed to its end.
    BothHaveEnded,
    /// No longer.
    None,
}

/// A wire log that is being written. Tasks that write it and tasks that wait for it share it.
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

/// The log, and its size.
#[derive(Debug, Default)]
struct Notes {
    log: WireLog,
    bytes_to_server: usize,
    bytes_to_client: usize,
    /// The role that sent more than the limit. Nothing is recorded any more.
    flooded: Option<Role>,
    /// What the machine refused the recorder.
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
    /// An empty recording. Its times count from now.
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

    /// The time when it started.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.shared.started
    }

    /// Records an event of the connection with this number, unless the limit is reached: see
    /// [`flooded`](Self::flooded).
    pub(super) fn note(&self, connection: u32, direction: Direction, what: WireItem) {
        let at = self.shared.started.elapsed();
        self.notes().note(WireEvent { at, connection, direction, what });
        self.shared.changed.notify_waiters();
    }

    /// Records a failed call, if the machine lacks what the call needs. Then the case says nothing about a
    /// peer. `what` was tried.
    pub(crate) fn refused(&self, what: &str, error: &io::Error) {
        if is_short(error) {
            self.notes().refused.get_or_insert_with(|| format!("{what}: {error}"));
            self.shared.changed.notify_waiters();
        }
    }

    /// What the machine refused first, if anything.
    pub(crate) fn refusal(&self) -> Option<String> {
        self.notes().refused.clone()
    }

    /// Waits until the machine refuses something.
    pub(super) async fn until_refused(&self) {
        self.until(|notes| notes.refused.is_some()).await;
    }

    /// Records the address at which the server sees a client.
    pub(super) fn seen_by_server(&self, endpoint: Endpoint) {
        self.shared.seen_by_server.lock().unwrap_or_else(PoisonError::into_inner).push(endpoint);
    }

    /// The addresses at which the server saw its clients.
    #[must_use]
    pub fn clients_seen_by_server(&self) -> Vec<Endpoint> {
        self.shared.seen_by_server.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The log so far.
    #[cfg(test)]
    pub(super) fn snapshot(&self) -> WireLog {
        self.notes().log.clone()
    }

    /// Takes the log, for the last user of it. A log may hold many mebibytes, and a copy would double that.
    #[must_use]
    pub fn take(&self) -> WireLog {
        std::mem::take(&mut self.notes().log)
    }

    /// The number of events so far.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.notes().log.events.len()
    }

    /// Whether the server was reached.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.notes().log.is_open()
    }

    /// The number of connections so far.
    #[must_use]
    pub fn connection_count(&self) -> u32 {
        self.notes().log.connection_count()
    }

    /// Whether `seen` is true of the log so far.
    #[must_use]
    pub fn shows(&self, seen: impl Fn(&WireLog) -> bool) -> bool {
        seen(&self.notes().log)
    }

    /// Waits until `seen` is true of the log.
    pub async fn wait_until(&self, seen: impl Fn(&WireLog) -> bool) {
        self.until(|notes| seen(&notes.log)).await;
    }

    /// Waits until a role has sent more than the limit, and returns it.
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
            // Register before checking, so that no entry is missed in between.
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
