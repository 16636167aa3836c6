//! The waits of a case: for its client's end, for a known or visible hang, and for its server's end.

use std::convert::Infallible;
use std::time::Duration;

use model::case::Kind;
use model::observation::{AtRest, Direction, Role, Stop, WireItem, WireLog};
use model::{Leaving, Sign, contains, count};
use tokio::time::timeout;

use super::case::{Case, QUIET};
use super::party::Party;
use crate::network::Patience;
use crate::peer::Output;

/// If there is no traffic for this time and both programs sleep, the case is idle.
const IDLE: Duration = Duration::from_secs(5);
/// The same, if what was sent is already wrong.
const IDLE_ASTRAY: Duration = Duration::from_millis(600);
/// The interval of these checks, as the system sends no event.
const LOOK: Duration = Duration::from_millis(50);
/// A program that sleeps in this many consecutive looks is waiting.
const SLEEPING_LOOKS: u32 = 4;
/// The interval of looks at a server whose client has left.
const SETTLING: Duration = Duration::from_millis(10);

impl Case<'_> {
    /// Waits until the client has ended, or until it is clear that it won't. If there is no client, waits for
    /// the end of the one program.
    pub(super) async fn until_client_ends(&self) -> (Option<Stop>, Option<AtRest>) {
        let mut passing = self.passing.clone();
        tokio::select! {
            _ = self.client.wait() => (None, None),
            _ = self.server.wait(), if matches!(self.client, Party::Nobody) => (None, None),
            () = self.person_is_done(), if self.client.is_by_hand() => (None, None),
            () = self.known_hang() => (Some(Stop::Quiet), None),
            at_rest = self.rest(self.play.rests.unwrap_or_default()), if self.can_rest() => {
                (Some(Stop::Quiet), Some(at_rest))
            }
            stop = self.goes_wrong() => (Some(stop), None),
            Ok(result) = passing.wait_for(|result| matches!(result, Some(Err(_)))) => {
                (result.clone().and_then(Result::err), None)
            }
            never = self.tell_when_the_server_has_ended() => match never {},
        }
    }

    /// Waits until the person's client has ended all of its connections and no other follows. A connection that
    /// the network cut sends no more.
    async fn person_is_done(&self) {
        let breaks_off = matches!(self.play.disturbance.network.kind, Kind::Reset(_));
        let is_over = |log: &WireLog| {
            let ends = |number: u32| {
                log.events.iter().any(|event| {
                    event.connection == number
                        && event.direction == Direction::ToServer
                        && matches!(event.what, WireItem::Fin | WireItem::Reset)
                })
            };
            let count = log.connection_count();
            breaks_off && log.has_fault() || count > 0 && (0..count).all(ends)
        };
        loop {
            self.recording.wait_until(is_over).await;
            if !self.moves_within(QUIET).await && self.recording.shows(is_over) {
                return;
            }
        }
    }

    /// Tells the recorder when the server has ended. If the server was not reached by then, it never will be,
    /// and the client must see its connection end.
    pub(super) async fn tell_when_the_server_has_ended(&self) -> Infallible {
        self.server.wait().await;
        self.patience.send_replace(Patience::ServerHasEnded);
        std::future::pending().await
    }

    /// Waits until the server has ended, or sleeps and continues to sleep.
    pub(super) async fn until_server_ends_or_sleeps(&self) {
        let mut looks = 0;
        while looks < SLEEPING_LOOKS {
            if timeout(LOOK, self.server.wait()).await.is_ok() {
                return;
            }
            looks = if self.server.is_still() { looks + 1 } else { 0 };
        }
    }

    /// Waits for the sign of a known hang, and then until there is no more traffic.
    async fn known_hang(&self) {
        match self.play.sign {
            Some((role, Sign::QuietAfter(text))) => {
                let output = match role {
                    Role::Server => self.server.stdout(),
                    Role::Client => self.client.stdout(),
                };
                let Some(output) = output else { return std::future::pending().await };
                output.wait_until(|seen| contains(seen, text.as_bytes())).await;
            }
            Some((_, Sign::QuietAfterEnd)) => {
                self.recording.wait_until(WireLog::is_ended_by_client).await;
            }
            Some((_, Sign::QuietOnceOpen)) => self.recording.wait_until(WireLog::is_open).await,
            Some((_, Sign::Repeated(..))) | None => return std::future::pending().await,
        }
        while self.moves_within(QUIET).await {}
    }

    /// Whether there is any traffic within this time.
    async fn moves_within(&self, time: Duration) -> bool {
        self.goes_beyond(self.recording.event_count(), time).await
    }

    /// Whether the log has more than this many events, or gets more within this time.
    async fn goes_beyond(&self, events: usize, time: Duration) -> bool {
        let moved = self.recording.wait_until(|log| log.events.len() > events);
        timeout(time, moved).await.is_ok()
    }

    /// Whether an idle client may count as finished. For a client that a person starts, this can't be known.
    const fn can_rest(&self) -> bool {
        self.play.rests.is_some() && !self.client.is_by_hand()
    }

    /// Waits until there is no traffic and both programs sleep: after the network's fault, or, without a fault,
    /// after the server was reached. Then measures the processor time that the two use. [`spins`](Self::spins)
    /// finds a program that never sleeps.
    async fn rest(&self, looks_wanted: u32) -> AtRest {
        self.recording.wait_until(WireLog::is_open).await;
        let is_held = self.play.input.leaving == Leaving::Hold;
        if !self.play.disturbance.network.is_harmless() && !is_held {
            self.recording.wait_until(WireLog::has_fault).await;
        }
        loop {
            let before = self.processor_times();
            let events = self.recording.event_count();
            let mut looks = 0;
            while !self.goes_beyond(events, LOOK).await
                && self.server.is_still()
                && self.client.is_still()
            {
                looks += 1;
                if looks == looks_wanted {
                    let (server, client) = self.processor_times();
                    return AtRest {
                        at: self.recording.started().elapsed(),
                        server: server.saturating_sub(before.0),
                        client: client.saturating_sub(before.1),
                    };
                }
            }
        }
    }

    /// Waits until it is clear that the case won't end properly.
    async fn goes_wrong(&self) -> Stop {
        // A person takes time, and may stop a program midway.
        let is_unattended = !self.server.is_by_hand() && !self.client.is_by_hand();
        tokio::select! {
            role = self.spins() => Stop::Spins(role),
            () = self.server.babbles() => Stop::Babble(Role::Server),
            () = self.client.babbles() => Stop::Babble(Role::Client),
            () = self.idles(&self.client), if is_unattended => Stop::Idle,
        }
    }

    /// Waits until the server was reached, there is no traffic, and the server and this client sleep.
    pub(super) async fn idles(&self, client: &Party) {
        self.recording.wait_until(WireLog::is_open).await;
        let times = || (self.server.processor_time(), client.processor_time());
        loop {
            let before = times();
            let patience = if self.is_astray() { IDLE_ASTRAY } else { IDLE };
            let moved = self.moves_within(patience).await;
            let still = self.server.is_still() && client.is_still();
            if !moved && still && before == times() {
                return;
            }
        }
    }

    /// Whether what was sent so far is already wrong.
    fn is_astray(&self) -> bool {
        // A program that may wait is checked by `rest` instead.
        let astray = self.play.astray.filter(|_| self.play.rests.is_none());
        astray.is_some_and(|astray| self.recording.shows(astray))
    }

    /// Waits until one of the two has kept a processor busy without any traffic.
    async fn spins(&self) -> Role {
        let [server, client] = self.play.busy;
        if server.is_none() && client.is_none() {
            return std::future::pending().await;
        }
        self.recording.wait_until(WireLog::is_open).await;
        loop {
            let before = self.processor_times();
            // On a busy machine, using that much takes longer.
            while !self.moves_within(LOOK).await {
                let now = self.processor_times();
                let busy = |limit: Option<Duration>, now: Duration, before| {
                    limit.is_some_and(|limit| now.saturating_sub(before) >= limit)
                };
                if busy(server, now.0, before.0) {
                    return Role::Server;
                }
                if busy(client, now.1, before.1) {
                    return Role::Client;
                }
            }
        }
    }

    fn processor_times(&self) -> (Duration, Duration) {
        (self.server.processor_time(), self.client.processor_time())
    }

    /// Waits until the server sleeps without traffic in this many consecutive looks. A server that prints is
    /// not at rest, although it may sleep until there is room for more output.
    async fn settle(&self, looks_wanted: u32) {
        let done = || {
            let printed = self.server.stdout().map(Output::byte_count);
            (self.server.processor_time(), printed)
        };
        if !self.play.transport.is_datagram() {
            // A client may end before the recorder has reached the server for it.
            let _ = timeout(QUIET, self.recording.wait_until(WireLog::is_open)).await;
        }
        let mut looks = 0;
        while looks < looks_wanted {
            let events = self.recording.event_count();
            let before = done();
            let moved = self.goes_beyond(events, SETTLING).await;
            let is_still = self.server.is_still() && before == done();
            looks = if moved || !is_still { 0 } else { looks + 1 };
        }
    }

    /// After the client's end, waits until the server does what is expected. Returns the reason if the case
    /// stops instead.
    pub(super) async fn until_server_is_done(&self) -> Option<Stop> {
        let done = async {
            match self.play.sign {
                Some((Role::Server, Sign::Repeated(text, times))) => {
                    let often = |seen: &[u8]| count(seen, text.as_bytes()) >= times;
                    match self.server.stdout() {
                        Some(output) => output.wait_until(often).await,
                        None => std::future::pending().await,
                    }
                }
                // Without a client, neither the close nor the end can happen.
                _ if self.play.await_end || self.play.await_close => {
                    let connected = self.recording.wait_until(WireLog::is_connected);
                    if timeout(QUIET, connected).await.is_err() {
                        return;
                    }
                    // A parallel wait covers the server's own end.
                    if self.play.await_end {
                        std::future::pending().await
                    }
                    self.recording.wait_until(WireLog::is_closed_by_server).await;
                }
                _ if self.play.settles.is_some() => {
                    self.settle(self.play.settles.unwrap_or_default()).await;
                }
                _ => {}
            }
        };
        tokio::select! {
            () = done => None,
            _ = self.server.wait() => None,
            stop = self.goes_wrong() => Some(stop),
        }
    }
}
