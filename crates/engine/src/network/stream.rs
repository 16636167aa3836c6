//! The recorder between clients and a server that speak streams.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::Endpoint;
use model::case::{Kind, Way};
use model::observation::{Direction, Role, Stop, WireItem};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::disturbed::{DisturbedLink, Heard, Watches};
use super::passing::{Broken, CHUNK_BYTES};
use super::socket::{Buffers, Connection, Incoming, Listener, Outgoing};
use super::{Disturbance, Patience, Recording, Sides};
use crate::platform::{Place, ReadWatch};

/// A client with more connections at once than this is stopped.
const CONNECTIONS_MAX: usize = 128;
/// The first and the longest wait between two attempts to reach a server that isn't up yet.
const RETRY_FIRST: Duration = Duration::from_micros(200);
const RETRY_LONGEST: Duration = Duration::from_millis(5);
/// The most that a slow network reads at once, in bytes, and the pause before each read: about 8 MB per second.
const SLOW_CHUNK_BYTES: usize = 16 << 10;
const SLOW_PAUSE: Duration = Duration::from_millis(1);

/// Listens for the client; knows the future address of the server.
#[derive(Debug)]
pub struct StreamRecorder {
    listener: Listener,
    client_place: Place,
    server: Endpoint,
    server_place: Place,
    directory: PathBuf,
}

impl StreamRecorder {
    pub(super) fn bind(sides: &Sides) -> io::Result<Self> {
        Ok(Self {
            listener: Listener::bind(&sides.listening(), &sides.client_place)?,
            client_place: sides.client_place.clone(),
            server: sides.server.clone(),
            server_place: sides.server_place.clone(),
            directory: sides.directory.clone(),
        })
    }

    pub(super) fn client_endpoint(&self) -> io::Result<Endpoint> {
        self.listener.endpoint()
    }

    /// Watches whether the server has read. No kernel knows this of another machine.
    fn server_watch(&self) -> ReadWatch {
        if !self.server_place.is_apart() && is_elsewhere(&self.server) {
            ReadWatch::blind()
        } else {
            self.server_place.read_watch()
        }
    }

    /// Relays every connection both ways, each until both sides have ended it. When `patience` says that both
    /// programs have ended, relays only what is under way. Disturbs a connection that comes before the
    /// disturbance is over.
    ///
    /// # Errors
    ///
    /// [`Stop::Flood`] if the client connects without end.
    pub(super) async fn pass(
        self,
        recording: Recording,
        patience: watch::Receiver<Patience>,
        disturbance: Disturbance,
    ) -> Result<(), Stop> {
        let is_slow = disturbance.network.kind == Kind::Slow;
        if is_slow && disturbance.network.way.concerns(Direction::ToServer) {
            self.listener.narrow();
        }
        let (mut running, mut until) = (JoinSet::new(), patience.clone());
        let mut count = 0;
        let disturbed = (disturbance.disturbs(false) && !is_slow).then(|| Watches {
            of_client: Arc::new(self.client_place.read_watch()),
            of_server: Arc::new(self.server_watch()),
        });
        let mut start = |client: Connection, running: &mut JoinSet<()>| {
            let link = Link {
                number: count,
                server: self.server.clone(),
                place: self.server_place.clone(),
                own_path: self.directory.join(format!("client-{count}")),
                recording: recording.clone(),
                disturbed: disturbed
                    .clone()
                    .filter(|_| !disturbance.is_over())
                    .map(|watches| (disturbance.clone(), watches)),
                slow: (is_slow && !disturbance.is_over()).then_some(disturbance.network.way),
            };
            count += 1;
            running.spawn(link.pass(client, patience.clone()));
        };
        let mut accepting = true;
        while accepting || !running.is_empty() {
            tokio::select! {
                accepted = self.listener.accept(), if accepting => match accepted {
                    Ok(_) if running.len() == CONNECTIONS_MAX => {
                        return Err(Stop::Flood(Role::Client));
                    }
                    Ok(client) => start(client, &mut running),
                    Err(error) => recording.refused("cannot accept a connection", &error),
                },
                Some(ended) = running.join_next() => {
                    // After a panic, the recording is incomplete.
                    if let Err(error) = ended && error.is_panic() {
                        std::panic::resume_unwind(error.into_panic());
                    }
                }
                _ = until.wait_for(|now| *now >= Patience::BothHaveEnded), if accepting => {
                    // A client may have come and gone before it was accepted.
                    while let Some(client) = self.listener.accept_waiting() {
                        start(client, &mut running);
                    }
                    accepting = false;
                }
                () = patience_is_over(&patience) => return Ok(()),
            }
        }
        Ok(())
    }
}

async fn patience_is_over(patience: &watch::Receiver<Patience>) {
    let _ = patience.clone().wait_for(|now| *now == Patience::None).await;
}

/// One client's connection, and its counterpart to the server.
struct Link {
    number: u32,
    server: Endpoint,
    place: Place,
    own_path: PathBuf,
    recording: Recording,
    /// The disturbance, unless it is relayed unchanged.
    disturbed: Option<(Disturbance, Watches)>,
    /// The direction that is read slowly.
    slow: Option<Way>,
}

impl Link {
    async fn pass(self, client: Connection, patience: watch::Receiver<Patience>) {
        client.send_at_once();
        self.note(Direction::ToServer, WireItem::Connect);
        let Some(server) = self.connect_when_up(&patience).await else {
            return self.hear_out(client).await;
        };
        if let Ok(own) = server.own_endpoint() {
            self.recording.seen_by_server(own);
        }
        self.note(Direction::ToServer, WireItem::Open);
        // Reset or ended: in both cases it is over.
        let _ = match &self.disturbed {
            Some((disturbance, watches)) => {
                let (number, merged_max_bytes) = (self.number, usize::MAX);
                let link =
                    DisturbedLink { number, heard: &self, disturbance, watches, merged_max_bytes };
                // In a box, as it is larger and rarer than an undisturbed link.
                Box::pin(link.pass(client, server)).await
            }
            None => self.pass_as_is(client, server).await,
        };
    }

    /// Relays everything at once and unchanged.
    async fn pass_as_is(&self, client: Connection, server: Connection) -> Result<(), Broken> {
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let up = self.pump(from_client, to_server, Direction::ToServer);
        let down = self.pump(from_server, to_client, Direction::ToClient);
        // If one direction is reset, both connections are dropped here, the reset one with a linger of zero.
        tokio::try_join!(up, down).map(drop)
    }

    /// No server will accept this client. It sees its connection end, and what it still sends is recorded.
    async fn hear_out(&self, client: Connection) {
        let (mut from_client, mut to_client) = client.into_split();
        let _ = to_client.shutdown().await;
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            match from_client.read(&mut buffer).await {
                Ok(0) => {
                    self.note(Direction::ToServer, WireItem::Fin);
                    return;
                }
                Ok(read) => {
                    let bytes = buffer.split_at(read).0;
                    self.note(Direction::ToServer, WireItem::Segment(bytes.into()));
                }
                Err(_) => {
                    self.note(Direction::ToServer, WireItem::Reset);
                    return;
                }
            }
        }
    }

    /// Tries until the server accepts. Retries only while no server listens yet.
    async fn connect_when_up(&self, patience: &watch::Receiver<Patience>) -> Option<Connection> {
        let mut wait = RETRY_FIRST;
        loop {
            // Checked before trying: a server that accepts and then ends was there.
            let has_ended = *patience.borrow() != Patience::Full;
            let buffers =
                if self.is_slow(Direction::ToClient) { Buffers::Narrow } else { Buffers::Usual };
            let opened =
                Connection::open_with(&self.server, &self.place, Some(&self.own_path), buffers);
            match opened.await {
                Ok(connection) => return Some(connection),
                Err(error) if !has_ended && is_not_up(&error) => {
                    let _ = std::fs::remove_file(&self.own_path);
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(RETRY_LONGEST);
                }
                Err(error) => {
                    self.recording.refused("cannot connect to the server", &error);
                    return None;
                }
            }
        }
    }

    /// Forwards bytes in one direction until their sender ends. If the receiver has gone, the sender is still
    /// read and recorded. If a sender resets the connection, the receiver gets a reset too.
    async fn pump(
        &self,
        mut from: Incoming,
        mut to: Outgoing,
        direction: Direction,
    ) -> Result<(), Broken> {
        let is_slow = self.is_slow(direction);
        let mut buffer = vec![0; if is_slow { SLOW_CHUNK_BYTES } else { CHUNK_BYTES }];
        let mut receiver_is_there = true;
        loop {
            if is_slow {
                tokio::time::sleep(SLOW_PAUSE).await;
            }
            let read = match from.read(&mut buffer).await {
                Ok(0) => {
                    self.note(direction, WireItem::Fin);
                    let _ = to.shutdown().await;
                    return Ok(());
                }
                Ok(read) => read,
                Err(_) => {
                    self.note(direction, WireItem::Reset);
                    to.break_off();
                    return Err(Broken::Reset);
                }
            };
            let bytes = buffer.split_at(read).0;
            self.note(direction, WireItem::Segment(bytes.into()));
            if receiver_is_there {
                receiver_is_there = to.write_all(bytes).await.is_ok();
            }
        }
    }

    fn note(&self, direction: Direction, what: WireItem) {
        self.recording.note(self.number, direction, what);
    }

    fn is_slow(&self, direction: Direction) -> bool {
        self.slow.is_some_and(|way| way.concerns(direction))
    }
}

/// Whether a server may be on another machine, whose kernel can't be asked.
fn is_elsewhere(server: &Endpoint) -> bool {
    match server {
        Endpoint::Inet(address) => !address.ip().to_canonical().is_loopback(),
        Endpoint::Path(_) => false,
    }
}

impl Heard for Link {
    fn note(&self, direction: Direction, what: WireItem) {
        Self::note(self, direction, what);
    }
}

/// Whether an unreachable server may still come up: its port is closed, its socket file is missing, or no
/// process listens on it.
fn is_not_up(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use model::case::Transport;

    use super::*;
    use crate::network::Recorder;

    #[tokio::test]
    async fn a_client_that_connects_without_end_is_stopped() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let at = Endpoint::Inet(server.local_addr().unwrap());
        let sides = Sides::here(Transport::Tcp4, at, directory.path().to_owned());
        let recorder = Recorder::bind(&sides).unwrap();
        let Endpoint::Inet(to) = recorder.client_endpoint().unwrap() else { unreachable!() };
        let (_patience, patient) = watch::channel(Patience::Full);
        let disturbance = Disturbance::new("asis".parse().unwrap(), 3);
        let passing = recorder.pass(Recording::start(), patient, disturbance);
        let connecting = async {
            let mut connections = Vec::new();
            while let Ok(connection) = tokio::net::TcpStream::connect(to).await {
                connections.push(connection);
            }
            std::future::pending().await
        };
        let passed = tokio::select! {
            passed = tokio::time::timeout(Duration::from_secs(60), passing) => passed.unwrap(),
            never = connecting => never,
        };
        assert_eq!(passed, Err(Stop::Flood(Role::Client)));
    }
}
