//! What a case waits for: its client's end, a hang that is known or that shows, its server's end.

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

/// When nothing has moved for this long and both programs sleep, nothing ever will.
const IDLE: Duration = Duration::from_secs(5);
/// The same where what was sent is wrong already.
const IDLE_ASTRAY: Duration = Duration::from_millis(600);
/// How often that is looked at, and whether programs sleep, as nothing tells it.
const LOOK: Duration = Duration::from_millis(50);
/// A program that sleeps at so many looks in a row waits for something.
const SLEEPING_LOOKS: u32 = 4;
/// How often a server that its client has left is looked at.
const SETTLING: Duration = Duration::from_millis(10);

impl Case<'_> {
    /// Wait until the client has ended, or until it is clear that it won't. Where there is none,
    /// the one program's end is what is waited for.
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

    /// Wait until the client that a person has started has ended every connection that it had, and nothing
    /// follows. One that the network broke off says no more.
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

    /// Tell the recorder when the server has ended: if it can't be reached then, it never will, and
    /// the client is to see its connection end.
    pub(super) async fn tell_when_the_server_has_ended(&self) -> Infallible {
        self.server.wait().await;
        self.patience.send_replace(Patience::ServerHasEnded);
        std::future::pending().await
    }

    /// Wait until the server has ended, or until it sleeps and goes on doing so.
    pub(super) async fn until_server_ends_or_sleeps(&self) {
        let mut looks = 0;
        while looks < SLEEPING_LOOKS {
            if timeout(LOOK, self.server.wait()).await.is_ok() {
                return;
            }
            looks = if self.server.is_still() { looks + 1 } else { 0 };
        }
    }

    /// Wait for the sign of a known hang, and then until nothing moves any more.
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

    /// Whether anything moves on the wire within this time.
    async fn moves_within(&self, time: Duration) -> bool {
        self.goes_beyond(self.recording.event_count(), time).await
    }

    /// Whether more than so many events have been seen on the wire, or are within this time.
    async fn goes_beyond(&self, events: usize, time: Duration) -> bool {
        let moved = self.recording.wait_until(|log| log.events.len() > events);
        timeout(time, moved).await.is_ok()
    }

    /// Whether a client that does nothing any more has come to its end: of one that a person starts, that
    /// can't be told.
    const fn can_rest(&self) -> bool {
        self.play.rests.is_some() && !self.client.is_by_hand()
    }

    /// Wait until nothing moves any more and both programs sleep, after the network's fault, or
    /// without one after the server was reached; then see what the two used of a processor meanwhile.
    /// One that never sleeps is for [`spins`](Self::spins) to find.
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

    /// Wait until it is clear that it won't come to a good end.
    async fn goes_wrong(&self) -> Stop {
        // A person takes time, and may stop a program in mid-way.
        let is_unattended = !self.server.is_by_hand() && !self.client.is_by_hand();
        tokio::select! {
            role = self.spins() => Stop::Spins(role),
            () = self.server.babbles() => Stop::Babble(Role::Server),
            () = self.client.babbles() => Stop::Babble(Role::Client),
            () = self.idles(&self.client), if is_unattended => Stop::Idle,
        }
    }

    /// Wait until the server was reached, nothing moves any more, and it and this client sleep.
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

    /// Whether what was sent so far is wrong already.
    fn is_astray(&self) -> bool {
        // One that may wait is looked at for whether it rests.
        let astray = self.play.astray.filter(|_| self.play.rests.is_none());
        astray.is_some_and(|astray| self.recording.shows(astray))
    }

    /// Wait until one of the two has kept a processor busy while nothing moved.
    async fn spins(&self) -> Role {
        let [server, client] = self.play.busy;
        if server.is_none() && client.is_none() {
            return std::future::pending().await;
        }
        self.recording.wait_until(WireLog::is_open).await;
        loop {
            let before = self.processor_times();
            // However long it takes it on a busy machine to use that much.
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

    /// Wait until the server sleeps, and nothing moves, at so many looks in a row. One that prints does
    /// not rest, though it may sleep until there is room for more.
    async fn settle(&self, looks_wanted: u32) {
        let done = || {
            let printed = self.server.stdout().map(Output::byte_count);
            (self.server.processor_time(), printed)
        };
        if !self.play.transport.is_datagram() {
            // A client may have ended before the recorder has reached the server for it.
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

    /// After the client: wait until the server has done what it is expected to do about that.
    /// If it goes wrong instead, tell how.
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
                // Neither can come without a client.
                _ if self.play.await_end || self.play.await_close => {
                    let connected = self.recording.wait_until(WireLog::is_connected);
                    if timeout(QUIET, connected).await.is_err() {
                        return;
                    }
                    // Its own end is waited for beside this, anyway.
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
