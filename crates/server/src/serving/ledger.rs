//! Knows the open connections, what they have moved, and which have exceeded a limit.
//!
//! A session only records its progress, in atomics; the cost per message is too small to measure. One
//! task looks through all connections a few times a second and cuts short those that exceed a limit. It
//! never reads from or writes to a connection.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use endpoint::Peer;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::task::AbortHandle;
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use super::counters::Counters;
use super::options::{Cut, Options, Refusal};

/// How long a client may take to close its side after the server has sent everything.
const LINGER: Duration = Duration::from_secs(5);

/// How long sessions may take to notice that they are cut short.
const BREAK_OFF: Duration = Duration::from_secs(2);

/// What a session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Waits {
    /// It does not wait for its client.
    Not,
    /// It waits for a message to begin. A server that ends need not wait for that.
    ForMessage,
    /// It waits for more of a message, or until the client reads its answer.
    Within,
    /// It waits for the client to close, after everything else.
    ForClose,
}

impl Waits {
    const ALL: [Self; 4] = [Self::Not, Self::ForMessage, Self::Within, Self::ForClose];
}

/// One connection, as the ledger knows it.
#[derive(Debug)]
pub(super) struct Entry {
    clock: Arc<Clock>,
    began: u64,
    /// When the last byte moved, by the clock.
    moved: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
    waits: AtomicU8,
    cut: OnceLock<Cut>,
    /// Cancels the session at its next wait.
    abort: OnceLock<AbortHandle>,
}

impl Entry {
    /// The session goes on: this many bytes moved, or it is about to try.
    pub(super) fn goes_on(&self, counter: &AtomicU64, bytes: usize) {
        if bytes > 0 {
            counter.fetch_add(bytes as u64, Ordering::Relaxed);
            self.moved.store(self.clock.now(), Ordering::Relaxed);
        }
        if self.waits.load(Ordering::Relaxed) != Waits::Not as u8 {
            self.waits.store(Waits::Not as u8, Ordering::Relaxed);
        }
    }

    /// The session is about to wait for its client. If the server ends and no exchange is in progress,
    /// waiting is useless, so the session is cut short.
    pub(super) fn waits(&self, waits: Waits) {
        // The reverse order of `Ledger::end`, which sets the flag and then looks at this: so one of the
        // two sees the other.
        if self.waits.swap(waits as u8, Ordering::SeqCst) == Waits::Not as u8 {
            // The time that the server itself took does not count as the client's idle time.
            self.moved.store(self.clock.now(), Ordering::Relaxed);
        }
        if waits == Waits::ForMessage && self.clock.server_ends.load(Ordering::SeqCst) {
            self.cut_short(Cut::Ending);
        }
    }

    /// Why this session was cut short, if it was.
    pub(super) fn cut(&self) -> Option<Cut> {
        self.cut.get().copied()
    }

    /// The task of this connection's session. The session may already have exceeded a limit.
    pub(super) fn is_served_by(&self, task: AbortHandle) {
        let _only_once = self.abort.set(task);
        // As in `cut_short`: each side sets its own flag and then looks at the other's. With this fence
        // in between, at least one of them sees the other's flag.
        fence(Ordering::SeqCst);
        if self.cut.get().is_some() {
            self.abort_task();
        }
    }

    fn cut_short(&self, why: Cut) {
        if self.cut.set(why).is_ok() {
            fence(Ordering::SeqCst);
            self.abort_task();
        }
    }

    fn abort_task(&self) {
        if let Some(task) = self.abort.get() {
            task.abort();
        }
    }

    pub(super) fn waiting(&self) -> Waits {
        let waits = self.waits.load(Ordering::SeqCst);
        Waits::ALL.into_iter().find(|one| *one as u8 == waits).unwrap_or(Waits::Not)
    }

    fn bytes(&self) -> u64 {
        self.received.load(Ordering::Relaxed) + self.sent.load(Ordering::Relaxed)
    }
}

/// The time of the last look, in milliseconds since the start, which is exact enough for limits; and
/// whether the server ends.
#[derive(Debug)]
struct Clock {
    start: Instant,
    now: AtomicU64,
    server_ends: AtomicBool,
}

impl Clock {
    fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    fn set(&self) -> u64 {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.now.store(now, Ordering::Relaxed);
        now
    }
}

/// The key by which connections count as one client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Client {
    Ip(IpAddr),
    User(u32),
}

impl Client {
    /// One client of IPv6 usually gets a whole network of 64 bits.
    pub(super) fn of(peer: &Peer, uid: Option<u32>) -> Self {
        let Peer::Inet(address) = peer else { return Self::User(uid.unwrap_or(u32::MAX)) };
        Self::Ip(match address.ip().to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// The rate of one connection, as the watching task measures it.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    bytes_before: u64,
    /// How long the server waited for the client.
    waited: Duration,
}

#[derive(Debug, Default)]
struct Table {
    next_id: u64,
    entries: HashMap<u64, (Arc<Entry>, Window)>,
    shares: HashMap<Client, usize>,
}

/// All connections.
#[derive(Debug)]
pub(super) struct Ledger {
    options: Options,
    clock: Arc<Clock>,
    table: Mutex<Table>,
    pub(super) counters: Counters,
    /// The number of connections, readable without the lock.
    open: AtomicUsize,
    /// Notified when the first connection comes, and whenever a connection has gone.
    turned: Notify,
}

impl Ledger {
    pub(super) fn new(options: Options, counters: Counters) -> Arc<Self> {
        let clock = Arc::new(Clock {
            start: Instant::now(),
            now: AtomicU64::new(0),
            server_ends: AtomicBool::new(false),
        });
        Arc::new(Self {
            options,
            clock,
            table: Mutex::default(),
            counters,
            open: AtomicUsize::new(0),
            turned: Notify::new(),
        })
    }

    /// Takes a place for one more connection, if this client may have one.
    pub(super) fn admit(self: &Arc<Self>, client: Client) -> Result<Seat, Refusal> {
        let within = |count: usize, limit: usize| limit == 0 || count < limit;
        let mut table = self.table();
        if !within(table.entries.len(), self.options.max_connections) {
            return Err(Refusal::Full);
        }
        let share = table.shares.entry(client).or_default();
        if !within(*share, self.options.max_per_client) {
            return Err(Refusal::Share);
        }
        *share += 1;
        let is_first = table.entries.is_empty();
        if is_first {
            self.clock.set();
        }
        let now = self.clock.now();
        let entry = Arc::new(Entry {
            clock: self.clock.clone(),
            began: now,
            moved: AtomicU64::new(now),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            waits: AtomicU8::new(Waits::Not as u8),
            cut: OnceLock::new(),
            abort: OnceLock::new(),
        });
        let id = table.next_id;
        table.next_id += 1;
        table.entries.insert(id, (entry.clone(), Window::default()));
        self.open.store(table.entries.len(), Ordering::Relaxed);
        self.counters.connections.inc();
        if is_first {
            // After the store, because the notified task reads it.
            self.turned.notify_waiters();
        }
        Ok(Seat { ledger: self.clone(), entry, client, id })
    }

    /// The number of connections, and the bytes that all have received and sent, closed and open ones. A
    /// connection that ends meanwhile counts once.
    pub(super) fn totals(&self) -> (usize, u64, u64) {
        let table = self.table();
        let sum = |ended: &Counter, bytes: fn(&Entry) -> &AtomicU64| {
            let of = |(entry, _): &(Arc<Entry>, Window)| bytes(entry).load(Ordering::Relaxed);
            ended.get() + table.entries.values().map(of).sum::<u64>()
        };
        let received = sum(&self.counters.received, |entry| &entry.received);
        (table.entries.len(), received, sum(&self.counters.sent, |entry| &entry.sent))
    }

    /// Looks for connections that exceed a limit, for ever.
    pub(super) async fn look_out(&self) {
        let Options { idle_timeout, total_timeout, rate_window, .. } = &self.options;
        let limits = [idle_timeout, total_timeout, rate_window].map(|limit| limit.limit());
        let longest = Duration::from_secs(1);
        let shortest = limits.into_iter().flatten().min().map_or(longest, |limit| limit / 4);
        let tick = shortest.clamp(Duration::from_millis(10), longest);
        loop {
            self.not_empty().await;
            let mut looks = looks_every(tick);
            let mut before = Instant::now();
            while self.open.load(Ordering::Relaxed) > 0 {
                looks.tick().await;
                let now = Instant::now();
                self.look(now - before);
                before = now;
            }
        }
    }

    /// Completes when a connection ends after this call. The connection has then returned its descriptor.
    pub(super) fn next_departure(&self) -> Notified<'_> {
        self.turned.notified()
    }

    /// Ends: cuts short the sessions that wait for a client's next message, now or later. Returns when
    /// all sessions have gone, or at the deadline.
    pub(super) async fn end(&self) {
        self.clock.server_ends.store(true, Ordering::SeqCst);
        self.cut_all(Cut::Ending, |entry| entry.waiting() == Waits::ForMessage);
        let deadline = self.options.drain_timeout.limit().unwrap_or_default();
        // The remaining sessions are broken off.
        drop(tokio::time::timeout(deadline, self.empty()).await);
    }

    /// Cuts short the remaining sessions. Returns when all have gone, which happens at each session's
    /// next wait, or after a time that none of them needs.
    pub(super) async fn break_off(&self) {
        self.cut_all(Cut::Unfinished, |_| true);
        drop(tokio::time::timeout(BREAK_OFF, self.empty()).await);
    }

    async fn not_empty(&self) {
        loop {
            let turned = self.turned.notified();
            if self.open.load(Ordering::Relaxed) > 0 {
                return;
            }
            turned.await;
        }
    }

    async fn empty(&self) {
        loop {
            let turned = self.turned.notified();
            if self.open.load(Ordering::Relaxed) == 0 {
                return;
            }
            turned.await;
        }
    }

    fn cut_all(&self, why: Cut, which: impl Fn(&Entry) -> bool) {
        for (entry, _) in self.table().entries.values().filter(|(entry, _)| which(entry)) {
            entry.cut_short(why);
        }
    }

    fn look(&self, elapsed: Duration) {
        let now = self.clock.set();
        for (entry, window) in self.table().entries.values_mut() {
            if let Some(why) = self.past(entry, window, now, elapsed) {
                entry.cut_short(why);
            }
        }
    }

    /// The limit that a connection exceeds.
    fn past(&self, entry: &Entry, window: &mut Window, now: u64, elapsed: Duration) -> Option<Cut> {
        let over = |since: u64, limit: Option<Duration>| {
            limit.filter(|limit| u128::from(now.saturating_sub(since)) >= limit.as_millis())
        };
        if let Some(limit) = over(entry.began, self.options.total_timeout.limit()) {
            return Some(Cut::Total(limit));
        }
        match entry.waiting() {
            Waits::Not => return None,
            Waits::ForClose => {
                return over(entry.moved.load(Ordering::Relaxed), Some(LINGER))
                    .map(|_| Cut::Lingers);
            }
            Waits::ForMessage => {
                *window = Window { bytes_before: entry.bytes(), waited: Duration::ZERO };
            }
            Waits::Within => {
                window.waited += elapsed;
                if let Some(limit) = self.options.rate_window.limit()
                    && window.waited >= limit
                {
                    let bytes = entry.bytes();
                    let moved = bytes - window.bytes_before;
                    let least = u128::from(self.options.min_rate) * window.waited.as_millis();
                    if u128::from(moved) * 1000 < least {
                        return Some(Cut::Slow(moved, limit));
                    }
                    *window = Window { bytes_before: bytes, waited: Duration::ZERO };
                }
            }
        }
        over(entry.moved.load(Ordering::Relaxed), self.options.idle_timeout.limit()).map(Cut::Idle)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No operation under this lock can panic halfway and leave the data inconsistent.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One tick for each look at the connections.
///
/// Exceeding a limit causes no event, because nothing happens on an idle connection. A timer for each
/// read would cause one, but it costs time for every message, and the rate needs a look while bytes move,
/// too.
fn looks_every(tick: Duration) -> Interval {
    let mut looks = interval_at(tokio::time::Instant::now() + tick, tick);
    // A look measures the time since the last look. So a late look covers the missed ones, and catching
    // up would only look twice at the same moment.
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}

/// A connection's place. Dropping it frees the place.
#[derive(Debug)]
pub(super) struct Seat {
    ledger: Arc<Ledger>,
    pub(super) entry: Arc<Entry>,
    client: Client,
    id: u64,
}

impl Seat {
    pub(super) fn counters(&self) -> &Counters {
        &self.ledger.counters
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut table = self.ledger.table();
        table.entries.remove(&self.id);
        if let Some(share) = table.shares.get_mut(&self.client) {
            *share -= 1;
            if *share == 0 {
                table.shares.remove(&self.client);
            }
        }
        self.ledger.open.store(table.entries.len(), Ordering::Relaxed);
        let counters = &self.ledger.counters;
        counters.received.inc_by(self.entry.received.load(Ordering::Relaxed));
        counters.sent.inc_by(self.entry.sent.load(Ordering::Relaxed));
        drop(table);
        self.ledger.turned.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// A command line with only a server's options.
    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        options: Options,
    }

    fn ledger() -> Arc<Ledger> {
        let CommandLine { options } = CommandLine::try_parse_from(["frame-server"]).unwrap();
        Ledger::new(options, Counters::default())
    }

    #[tokio::test]
    async fn a_departure_is_told_of_with_others_still_there_and_once() {
        let ledger = ledger();
        let seats = [(); 3].map(|()| ledger.admit(Client::User(0)).unwrap());
        let [first, second, _third] = seats;
        let departure = ledger.next_departure();
        drop(first);
        tokio::time::timeout(Duration::from_secs(30), departure).await.unwrap();
        let mut departure = std::pin::pin!(ledger.next_departure());
        assert!(!departure.as_mut().enable());
        drop(second);
        assert!(departure.as_mut().enable());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_session_that_is_cut_short_just_as_it_begins_is_dropped() {
        let ledger = ledger();
        for _ in 0..2000 {
            let seat = ledger.admit(Client::User(0)).unwrap();
            let entry = seat.entry.clone();
            let cutting = tokio::spawn(async move { entry.cut_short(Cut::Ending) });
            let session = tokio::spawn(std::future::pending::<()>());
            seat.entry.is_served_by(session.abort_handle());
            cutting.await.unwrap();
            let ended = tokio::time::timeout(Duration::from_secs(30), session).await;
            assert!(ended.unwrap().unwrap_err().is_cancelled());
        }
    }
}
