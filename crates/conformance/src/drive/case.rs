//! A case under way: waiting for what ends it, and ending the rest.

use std::convert::Infallible;
use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::client::{Client, as_one, peer_end};
use super::{Connecting, DriveError, Play};
use crate::blob::Blob;
use crate::catalogue::{Sign, contains, count};
use crate::network::{Patience, Recording};
use crate::observation::{Observation, Role, Stop, WireLog};
use crate::peer::{Process, StartError};

/// How long a server may take to end when it is asked to.
const ENDING: Duration = Duration::from_secs(5);
/// A known hang has happened when nothing has moved for this long; and a client that has ended and
/// has not been seen to connect for this long never did.
const QUIET: Duration = Duration::from_millis(400);
/// How long bytes may be under way when both programs have ended.
const LAST_BYTES: Duration = Duration::from_millis(200);

/// A case under way.
pub(super) struct Case<'a> {
    pub(super) play: &'a Play<'a>,
    pub(super) recording: Recording,
    pub(super) server: Process,
    pub(super) client: Client,
    pub(super) patience: watch::Sender<Patience>,
    pub(super) passing: watch::Receiver<Option<Result<(), Stop>>>,
}

impl Case<'_> {
    /// Wait for the case's end, end what is left, and gather what was seen. `start_client` starts
    /// a client that comes after the one before it has ended, with what its user types.
    pub(super) async fn finish(
        mut self,
        deadline: Instant,
        mut start_client: impl FnMut(&[Blob]) -> Result<Client, StartError>,
    ) -> Result<Observation, DriveError> {
        // A script plays all of its clients itself.
        let later = self.play.input.later.iter();
        let mut later = later.filter(|_| matches!(self.play.client, Connecting::Peer(..)));
        let mut clients = Vec::new();
        let mut stopped = loop {
            let stopped = match timeout_at(deadline, self.until_client_ends()).await {
                Ok(stop) => stop,
                Err(_) => Some(Stop::Deadline("the client to end".to_owned())),
            };
            match later.next() {
                Some(lines) if stopped.is_none() => {
                    let next = start_client(lines)?;
                    let ended = std::mem::replace(&mut self.client, next);
                    clients.push(ended.finish(true).await);
                }
                _ => break stopped,
            }
        };
        let client_by_itself = self.client.has_ended();
        self.client.kill();
        if stopped.is_none() && timeout_at(deadline, self.until_server_is_done()).await.is_err() {
            let what = if self.play.await_end {
                "the server to end"
            } else {
                "the server to close the connection"
            };
            stopped = Some(Stop::Deadline(what.to_owned()));
        }

        let server_by_itself = self.server.exit().is_some();
        let in_order = matches!(stopped, None | Some(Stop::Quiet));
        self.server.signal(if in_order { Signal::TERM } else { Signal::KILL });
        let server_exit = match timeout(ENDING, self.server.wait()).await {
            Ok(exit) => exit,
            Err(_) => {
                stopped = Some(Stop::Deadline("the server to end on SIGTERM".to_owned()));
                self.server.signal(Signal::KILL);
                self.server.wait().await
            }
        };
        // With both programs gone, a stream comes to its end by itself.
        let mut passing = self.passing.clone();
        if !self.play.transport.is_datagram() {
            self.patience.send_replace(Patience::BothHaveEnded);
            let _ = timeout(LAST_BYTES, passing.wait_for(Option::is_some)).await;
        }
        self.patience.send_replace(Patience::None);
        if let Ok(Some(Err(stop))) = passing.wait_for(Option::is_some).await.as_deref() {
            stopped = Some(stop.clone());
        }

        if let Some(lost) = self.server.lost().or_else(|| self.client.lost()) {
            return Err(lost.into());
        }
        let took = self.recording.started().elapsed();
        let wire = self.recording.snapshot();
        let (stdout, stderr) = self.server.finish().await;
        let server = peer_end(server_exit, server_by_itself, stdout, stderr);
        clients.push(self.client.finish(client_by_itself).await);
        Ok(Observation { wire, server, client: as_one(clients), stopped, took })
    }

    /// Wait until the client has ended, or until it is clear that it won't. Where there is none,
    /// the one program's end is what is waited for.
    async fn until_client_ends(&self) -> Option<Stop> {
        let mut passing = self.passing.clone();
        tokio::select! {
            () = self.client.wait() => None,
            _ = self.server.wait(), if matches!(self.client, Client::Nobody) => None,
            () = self.known_hang() => Some(Stop::Quiet),
            Ok(result) = passing.wait_for(|result| matches!(result, Some(Err(_)))) => {
                result.clone().and_then(Result::err)
            }
            never = self.tell_when_the_server_has_ended() => match never {},
        }
    }

    /// Tell the recorder when the server has ended: if it can't be reached then, it never will, and
    /// the client is to see its connection end.
    async fn tell_when_the_server_has_ended(&self) -> Infallible {
        self.server.wait().await;
        self.patience.send_replace(Patience::ServerHasEnded);
        std::future::pending().await
    }

    /// Wait for the sign of a known hang, and then until nothing moves any more.
    async fn known_hang(&self) {
        match self.play.sign {
            Some((role, Sign::QuietAfter(text))) => {
                let output = match role {
                    Role::Server => Some(self.server.stdout()),
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
        loop {
            let events = self.recording.snapshot().events.len();
            let moved = self.recording.wait_until(|log| log.events.len() > events);
            if timeout(QUIET, moved).await.is_err() {
                return;
            }
        }
    }

    /// After the client: wait until the server has done what it is expected to do about that.
    async fn until_server_is_done(&self) {
        let done = async {
            match self.play.sign {
                Some((Role::Server, Sign::Repeated(text, times))) => {
                    let often = |seen: &[u8]| count(seen, text.as_bytes()) >= times;
                    self.server.stdout().wait_until(often).await;
                }
                // Its own end is waited for beside this, anyway; it can't come without a client.
                _ if self.play.await_end => {
                    let connected = self.recording.wait_until(WireLog::is_connected);
                    if timeout(QUIET, connected).await.is_ok() {
                        std::future::pending().await
                    }
                }
                _ if self.play.await_close => {
                    self.recording.wait_until(WireLog::is_closed_by_server).await;
                }
                _ => {}
            }
        };
        tokio::select! {
            () = done => {}
            _ = self.server.wait() => {}
        }
    }
}
