//! A running case: from the start of both sides to all observations.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use model::Truth;
use model::blob::Blob;
use model::observation::{
    AtRest, Control, Direction, Observation, PeerEnd, Role, SERVER_CLOSE, Stop, WireItem, WireLog,
};
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::party::{Party, as_one};
use super::room::Room;
use super::{DriveError, Next, Play, Side, UNREAD, failed};
use crate::network::{Patience, Recording};
use crate::peer::StartError;

/// How long a server may take to end after SIGTERM.
const ENDING: Duration = Duration::from_secs(5);
/// A known hang counts as reached after this time without traffic. A client that ended, and was not seen to
/// connect for this time, never connected.
pub(super) const QUIET: Duration = Duration::from_millis(400);
/// After both programs ended, no data are under way once there was no traffic for this time.
const LAST_BYTES: Duration = Duration::from_millis(200);
/// The limit of that wait. A process that a program left behind may hold its connection and send more.
const LAST_BYTES_MAX: Duration = Duration::from_secs(5);

/// A running case.
pub(super) struct Case<'a> {
    pub(super) play: &'a Play<'a>,
    pub(super) room: &'a Room,
    /// The address where the server should listen.
    pub(super) address: String,
    pub(super) recording: Recording,
    pub(super) server: Party,
    pub(super) client: Party,
    pub(super) patience: watch::Sender<Patience>,
    pub(super) passing: watch::Receiver<Option<Result<(), Stop>>>,
    /// The readiness sign that the server did not give in time. Then no client is started.
    pub(super) unready: Option<String>,
}

/// The results of the clients, before the control.
#[derive(Default)]
struct Clients {
    /// The clients that were followed by another.
    gone: Vec<PeerEnd>,
    stopped: Option<Stop>,
    at_rest: Option<AtRest>,
    /// The files of a client that waits.
    files_waiting: Option<BTreeMap<String, Blob>>,
    /// Whether the last client ended before the harness ended it.
    by_itself: bool,
}

impl Case<'_> {
    /// Waits for the case's end, ends what is left, and collects the observations. `start_client` starts the
    /// next client after the one before it has ended.
    pub(super) async fn finish(
        mut self,
        deadline: Instant,
        mut start_client: impl FnMut(Next<'_>) -> Result<Party, StartError>,
    ) -> Result<Observation, DriveError> {
        if let Some(awaited) = self.unready.take() {
            let stopped = Some(Stop::Deadline(awaited));
            let clients = Clients { stopped, ..Clients::default() };
            return self.take_down(clients, None).await;
        }
        let mut clients = self.see_clients(deadline, &mut start_client).await?;
        // A server that spins can't serve the next client.
        let can_go_on =
            matches!(clients.stopped, None | Some(Stop::Quiet | Stop::Spins(Role::Client)));
        let control = match &self.play.control {
            Some((input, side)) if can_go_on => {
                let next = Next::Control(input, side);
                Some(self.see_control(deadline, next, &mut start_client).await?)
            }
            _ => None,
        };
        if can_go_on && control.as_ref().is_some_and(|(first, ..)| self.is_unserved(*first)) {
            // A server for one client may be about to end. On a busy machine that takes a while.
            let _ = timeout_at(deadline, self.until_server_ends_or_sleeps()).await;
        }
        if can_go_on {
            let gone_wrong = match timeout_at(deadline, self.until_server_is_done()).await {
                Ok(gone_wrong) => gone_wrong,
                Err(_) => {
                    let end = "the server to end";
                    let what = if self.play.await_end { end } else { SERVER_CLOSE };
                    Some(Stop::Deadline(what.to_owned()))
                }
            };
            if !matches!(clients.stopped, Some(Stop::Spins(_))) {
                clients.stopped = gone_wrong.or(clients.stopped);
            }
        }
        self.take_down(clients, control).await
    }

    /// Waits until each client has ended, or until the case must stop earlier.
    async fn see_clients(
        &mut self,
        deadline: Instant,
        start_client: &mut impl FnMut(Next<'_>) -> Result<Party, StartError>,
    ) -> Result<Clients, DriveError> {
        // A script plays all of its clients itself.
        let later = self.play.input.later.iter();
        let mut later = later.filter(|_| matches!(self.play.client, Side::Peer(..)));
        let mut gone = Vec::new();
        let (stopped, at_rest) = loop {
            let seen = match timeout_at(deadline, self.until_client_ends()).await {
                Ok(seen) => seen,
                Err(_) => (Some(Stop::Deadline(self.client_awaited().to_owned())), None),
            };
            match later.next() {
                Some(lines) if seen.0.is_none() => {
                    let next = start_client(Next::Later(lines))?;
                    let ended = std::mem::replace(&mut self.client, next);
                    gone.push(ended.finish(true).await);
                }
                _ => break seen,
            }
        };
        let by_itself = self.client.has_ended();
        let mut files_waiting = None;
        if stopped == Some(Stop::Quiet) {
            if self.play.scenario.truth() == Truth::Model {
                files_waiting = Some(self.room.client_files().map_err(failed(UNREAD))?);
            }
            // SIGTERM ends a client that waits properly, so that it can clean up.
            self.client.signal(Signal::TERM);
            let _ = timeout(ENDING, self.client.wait()).await;
        }
        self.client.signal(Signal::KILL);
        Ok(Clients { gone, stopped, at_rest, files_waiting, by_itself })
    }

    /// Whether no data were sent to the clients of the connections from this number on.
    fn is_unserved(&self, first_connection: u32) -> bool {
        self.recording.shows(|log| {
            !log.events.iter().any(|event| {
                event.connection >= first_connection
                    && event.direction == Direction::ToClient
                    && matches!(event.what, WireItem::Segment(_))
            })
        })
    }

    /// What a client is waited for, in words.
    fn client_awaited(&self) -> &'static str {
        if self.client.is_by_hand() && !self.recording.shows(WireLog::is_connected) {
            "a person to start the client, which never connected"
        } else {
            "the client to end"
        }
    }

    /// The network injects no more faults. Plays the positive control: a client that follows undisturbed.
    async fn see_control(
        &mut self,
        deadline: Instant,
        next: Next<'_>,
        start_client: &mut impl FnMut(Next<'_>) -> Result<Party, StartError>,
    ) -> Result<(u32, bool, PeerEnd), DriveError> {
        self.client.wait().await;
        if !self.play.transport.is_datagram() {
            // Its connection must count among the earlier ones, even if the recorder has not accepted it yet.
            let _ = timeout(QUIET, self.recording.wait_until(WireLog::is_connected)).await;
        }
        self.play.disturbance.end();
        if self.play.transport.is_datagram() {
            // Even on a busy machine. But a recorder that waits for its server may wait for ever.
            let is_open = self.recording.is_open();
            let until = if is_open { deadline } else { Instant::now() + QUIET };
            let _ = timeout_at(until, self.play.disturbance.noticed()).await;
        }
        if self.play.settles.is_some() {
            // Reads the server's files from the first exchange before the next one changes them.
            let _ = timeout_at(deadline, self.until_server_is_done()).await;
        }
        let first_connection = self.recording.connection_count();
        let client = start_client(next)?;
        let ends = async {
            tokio::select! {
                _ = client.wait() => false,
                () = self.idles(&client) => true,
                never = self.tell_when_the_server_has_ended() => match never {},
            }
        };
        let overdue = timeout_at(deadline, ends).await.unwrap_or(true);
        client.signal(Signal::KILL);
        if let Some(lost) = client.lost() {
            return Err(lost.into());
        }
        Ok((first_connection, overdue, client.finish(!overdue).await))
    }

    /// Ends what is left, and collects the observations.
    async fn take_down(
        self,
        clients: Clients,
        control: Option<(u32, bool, PeerEnd)>,
    ) -> Result<Observation, DriveError> {
        let Clients { mut gone, mut stopped, at_rest, files_waiting, by_itself } = clients;
        let server_by_itself = self.server.has_ended();
        let mut listening_elsewhere =
            if self.recording.is_open() { Vec::new() } else { self.server.listening() };
        let is_asked_for = |at: &String| is_at(at.trim_end_matches(" (UDP)"), &self.address);
        if listening_elsewhere.iter().any(is_asked_for) {
            listening_elsewhere.clear();
        }
        let in_order = matches!(stopped, None | Some(Stop::Quiet | Stop::Spins(Role::Client)));
        self.server.signal(if in_order { Signal::TERM } else { Signal::KILL });
        if !self.server.is_others() && timeout(ENDING, self.server.wait()).await.is_err() {
            stopped = Some(Stop::Deadline("the server to end on SIGTERM".to_owned()));
            self.server.signal(Signal::KILL);
            self.server.wait().await;
        }
        // After both programs end, a stream ends by itself.
        let mut passing = self.passing.clone();
        if !self.play.transport.is_datagram() {
            self.patience.send_replace(Patience::BothHaveEnded);
            let until = Instant::now() + LAST_BYTES_MAX;
            let mut events = self.recording.event_count();
            while timeout(LAST_BYTES, passing.wait_for(Option::is_some)).await.is_err() {
                let before = std::mem::replace(&mut events, self.recording.event_count());
                if before == events || Instant::now() > until {
                    break;
                }
            }
        }
        self.patience.send_replace(Patience::None);
        match passing.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(Err(stop))) => stopped = Some(stop.clone()),
            Ok(_) => {}
            Err(_) => return Err(DriveError::RecorderPanicked),
        }

        if let Some(refusal) = self.recording.refusal() {
            return Err(DriveError::Machine(refusal));
        }
        if let Some(lost) = self.server.lost().or_else(|| self.client.lost()) {
            return Err(lost.into());
        }
        let took = self.recording.started().elapsed();
        let mut wire = self.recording.take();
        let control = control.map(|(first_connection, overdue, client)| {
            let (before, after) = std::mem::take(&mut wire).split(first_connection);
            wire = before;
            let server_files = BTreeMap::new();
            Box::new(Control { wire: after, client, overdue, server_files })
        });
        let server = self.server.finish(server_by_itself).await;
        gone.push(self.client.finish(by_itself).await);
        let client = PeerEnd { files_waiting, ..as_one(gone) };
        Ok(Observation {
            wire,
            server,
            client,
            listening_elsewhere,
            stopped,
            at_rest,
            control,
            took,
        })
    }
}

/// Whether a program that listens at one address can be reached at the other.
fn is_at(listening: &str, address: &str) -> bool {
    let parsed = |text: &str| text.parse::<SocketAddr>().ok();
    let is_every = parsed(listening)
        .zip(parsed(address))
        .is_some_and(|(every, one)| every.ip().is_unspecified() && every.port() == one.port());
    listening == address || is_every
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_at_every_address_is_at_the_one_that_was_asked_for() {
        assert!(is_at("127.0.0.1:9001", "127.0.0.1:9001"));
        assert!(is_at("0.0.0.0:9001", "127.0.0.1:9001"));
        assert!(is_at("[::]:9001", "[::1]:9001"));
        assert!(!is_at("0.0.0.0:9002", "127.0.0.1:9001"));
        assert!(!is_at("127.0.0.2:9001", "127.0.0.1:9001"));
        assert!(is_at("/tmp/a", "/tmp/a") && !is_at("/tmp/b", "/tmp/a"));
    }
}
