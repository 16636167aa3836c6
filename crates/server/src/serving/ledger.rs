//! Who is connected, what has moved, and who has gone past a limit.
//!
//! A session only notes what it does, in atomics: that costs a message nothing that can be measured.
//! One task looks through all connections a few times a second and cuts those short that went past
//! a limit. It never reads or writes a connection.

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

/// How long a client may take to close its side after all was sent to it.
const LINGER: Duration = Duration::from_secs(5);

/// How long sessions may take to notice that they are cut short.
const BREAK_OFF: Duration = Duration::from_secs(2);

/// What a session waits for, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Waits {
    /// For nothing of its client's.
    Not,
    /// For a message to begin. A server that ends need not wait for that.
    ForMessage,
    /// For more of a message, or for its answer to be taken.
    Within,
    /// For the client to close, after everything.
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
    /// When a byte moved last, by the clock.
    moved: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
    waits: AtomicU8,
    cut: OnceLock<Cut>,
    /// Drops the session, wherever it waits.
    abort: OnceLock<AbortHandle>,
}

impl Entry {
    /// The session goes on, because so many bytes moved, or to see whether some do.
    pub(super) fn goes_on(&self, counter: &AtomicU64, bytes: usize) {
        if bytes > 0 {
            counter.fetch_add(bytes as u64, Ordering::Relaxed);
            self.moved.store(self.clock.now(), Ordering::Relaxed);
        }
        if self.waits.load(Ordering::Relaxed) != Waits::Not as u8 {
            self.waits.store(Waits::Not as u8, Ordering::Relaxed);
        }
    }

    /// The session is about to wait for its client. If the server ends and nothing is under way
    /// that is in vain, and the session is cut short.
    pub(super) fn waits(&self, waits: Waits) {
        // Against the order of `Ledger::end`, which sets the flag and then looks at this: one of
        // the two sees the other.
        if self.waits.swap(waits as u8, Ordering::SeqCst) == Waits::Not as u8 {
            // What the server itself took its time for is no idleness of the client's.
            self.moved.store(self.clock.now(), Ordering::Relaxed);
        }
        if waits == Waits::ForMessage && self.clock.server_ends.load(Ordering::SeqCst) {
            self.cut_short(Cut::Ending);
        }
    }

    /// Why this was cut short, if it was.
    pub(super) fn cut(&self) -> Option<Cut> {
        self.cut.get().copied()
    }

    /// The task of this connection's session, which may have gone past a limit already.
    pub(super) fn is_served_by(&self, task: AbortHandle) {
        let _only_once = self.abort.set(task);
        // As in `cut_short`: each sets its own and then looks at the other's, and of two that have this
        // fence in between one sees what the other has set.
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

/// The time as of the last look, in milliseconds since the start, which is exact enough for limits;
/// and whether the server ends.
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

/// Whose connections are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Client {
    Ip(IpAddr),
    User(u32),
}

impl Client {
    /// A network of 64 bits is what one client of IPv6 is given.
    pub(super) fn of(peer: &Peer, uid: Option<u32>) -> Self {
        let Peer::Inet(address) = peer else { return Self::User(uid.unwrap_or(u32::MAX)) };
        Self::Ip(match address.ip().to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// The rate of one connection, as the look-out measures it.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    bytes_before: u64,
    /// How long the client was waited for.
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
    /// How many there are: read without the lock.
    open: AtomicUsize,
    /// Told when the first connection comes, and whenever one has gone.
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

    /// A seat for one more connection, if there is one for this client.
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
            // Behind the store: who is woken looks at it.
            self.turned.notify_waiters();
        }
        Ok(Seat { ledger: self.clone(), entry, client, id })
    }

    /// How many connections there are, and what all have received and sent, those that have ended
    /// and those that haven't. A connection that ends meanwhile is counted once.
    pub(super) fn totals(&self) -> (usize, u64, u64) {
        let table = self.table();
        let sum = |ended: &Counter, bytes: fn(&Entry) -> &AtomicU64| {
            let of = |(entry, _): &(Arc<Entry>, Window)| bytes(entry).load(Ordering::Relaxed);
            ended.get() + table.entries.values().map(of).sum::<u64>()
        };
        let received = sum(&self.counters.received, |entry| &entry.received);
        (table.entries.len(), received, sum(&self.counters.sent, |entry| &entry.sent))
    }

    /// Look for those who are past a limit, for ever.
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

    /// Ends when a connection ends after this call. The connection has given its descriptor back by then.
    pub(super) fn next_departure(&self) -> Notified<'_> {
        self.turned.notified()
    }

    /// End: who waits for a client to say something is cut short now, and whoever comes to that
    /// point later. Return when all have gone, or at the deadline.
    pub(super) async fn end(&self) {
        self.clock.server_ends.store(true, Ordering::SeqCst);
        self.cut_all(Cut::Ending, |entry| entry.waiting() == Waits::ForMessage);
        let deadline = self.options.drain_timeout.limit().unwrap_or_default();
        // Whoever is left is broken off.
        drop(tokio::time::timeout(deadline, self.empty()).await);
    }

    /// Cut short whoever is left, and return when all have gone: when each session has got as far as to
    /// where it waits for something, or after a time that none of them needs.
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

    /// The limit that a connection has gone past.
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
        // Nothing is left half done under this lock that a panic could come between.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tick for each look at the connections.
///
/// A limit passes without an event: nothing happens at a connection that stands still. A timer for each
/// read would make one, but costs every message, and the rate needs a look while bytes move, too.
fn looks_every(tick: Duration) -> Interval {
    let mut looks = interval_at(tokio::time::Instant::now() + tick, tick);
    // A look measures the time since the one before. So a late one covers those that were missed, and
    // catching up would only look twice at the same moment.
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}

/// A connection's place, given back when it is dropped.
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

    /// A command line of nothing but a server's options.
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
