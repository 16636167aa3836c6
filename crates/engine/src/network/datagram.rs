//! The recorder between a client and a server that use datagrams.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::Endpoint;
use model::observation::{Direction, WireItem};
use rustix::net::SocketAddrAny;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::lanes::{Lanes, Parcel};
use super::socket::any;
use super::{DatagramSocket, Disturbance, Patience, Recording, Sides};
use crate::platform::Place;

/// The longest possible datagram.
const DATAGRAM_MAX_BYTES: usize = 64 << 10;
const LOOK_FIRST: Duration = Duration::from_micros(200);
const LOOK_LONGEST: Duration = Duration::from_millis(5);

/// Listens for clients; knows the future address of the server.
#[derive(Debug)]
pub struct DatagramRecorder {
    client_side: DatagramSocket,
    /// The recorder's address for the first client, as the server sees it.
    first: DatagramSocket,
    server: Endpoint,
    server_address: SocketAddrAny,
    server_place: Place,
    directory: PathBuf,
    is_awaited: bool,
}

/// A client that has sent a datagram. The server sees each client at an address of its own, as it would without
/// the recorder.
struct Client {
    address: Option<SocketAddrAny>,
    /// Whether it came after the disturbance was over. Several clients may use the same port one after another.
    is_late: bool,
    server_side: Arc<DatagramSocket>,
}

/// The client's number, and the datagram that the server sent to it.
type Answer = (usize, Vec<u8>);

impl DatagramRecorder {
    pub(super) fn bind(sides: &Sides) -> io::Result<Self> {
        let (directory, server_place) = (sides.directory.clone(), sides.server_place.clone());
        Ok(Self {
            client_side: DatagramSocket::bind(&sides.listening(), &sides.client_place)?,
            first: server_side(&sides.server, &server_place, &directory, 0)?,
            server: sides.server.clone(),
            server_address: any(&sides.server)?,
            server_place,
            directory,
            is_awaited: !sides.is_up,
        })
    }

    pub(super) fn client_endpoint(&self) -> io::Result<Endpoint> {
        self.client_side.endpoint()
    }

    /// Relays datagrams both ways until `patience` has ended.
    pub(super) async fn pass(
        self,
        recording: Recording,
        mut patience: watch::Receiver<Patience>,
        disturbance: Disturbance,
    ) {
        let (answers, answered) = mpsc::channel(1);
        let passing = Passing {
            client_side: self.client_side,
            server: self.server,
            server_address: self.server_address,
            server_place: self.server_place,
            directory: self.directory,
            recording: &recording,
            first: Some(self.first),
            clients: Vec::new(),
            is_awaited: self.is_awaited,
            is_up: false,
            is_over: false,
            answers,
            listening: JoinSet::new(),
        };
        tokio::select! {
            () = passing.pass_all(answered, &disturbance) => {}
            _ = patience.wait_for(|patience| *patience == Patience::None) => {}
        }
    }
}

/// A socket towards the server for the client with this number.
fn server_side(
    server: &Endpoint,
    place: &Place,
    directory: &Path,
    number: usize,
) -> io::Result<DatagramSocket> {
    let own = match server {
        Endpoint::Path(_) => Endpoint::Path(directory.join(format!("client-{number}"))),
        Endpoint::Inet(address) => Endpoint::Inet(SocketAddr::new(address.ip(), 0)),
    };
    DatagramSocket::bind(&own, place)
}

/// A running recorder.
struct Passing<'a> {
    client_side: DatagramSocket,
    server: Endpoint,
    server_address: SocketAddrAny,
    server_place: Place,
    directory: PathBuf,
    recording: &'a Recording,
    /// The socket towards the server for the first client.
    first: Option<DatagramSocket>,
    clients: Vec<Client>,
    /// Whether the server may still come up.
    is_awaited: bool,
    /// Whether the server is up.
    is_up: bool,
    /// Whether everything sent before the end of the disturbance was received.
    is_over: bool,
    answers: mpsc::Sender<Answer>,
    /// Receives what the server sends to each client; ends when this is dropped.
    listening: JoinSet<()>,
}

impl Passing<'_> {
    async fn pass_all(mut self, mut answered: mpsc::Receiver<Answer>, disturbance: &Disturbance) {
        let mut lanes = Lanes::new(disturbance);
        let mut up = vec![0; DATAGRAM_MAX_BYTES];
        loop {
            // A refused datagram causes an error in the next call. The peer that refused it has ended, and its
            // own exit shows that.
            tokio::select! {
                Ok((len, from)) = self.client_side.recv_from(&mut up) => {
                    self.take_up(from, up.split_at(len).0, &mut lanes).await;
                }
                Some((client, bytes)) = answered.recv() => {
                    self.note(client, Direction::ToClient, WireItem::Segment(bytes[..].into()));
                    self.pass_on(client, Direction::ToClient, &bytes, &mut lanes).await;
                }
                late = lanes.next_due() => self.deliver(&late).await,
                () = disturbance.ended(), if !self.is_over => {
                    // What has already arrived came from an earlier client.
                    loop {
                        match self.client_side.try_recv_from(&mut up) {
                            Ok((len, from)) => {
                                self.take_up(from, up.split_at(len).0, &mut lanes).await;
                            }
                            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                            Err(_) => {}
                        }
                    }
                    self.is_over = true;
                    disturbance.notice();
                }
            }
        }
    }

    /// Handles a datagram from a client.
    async fn take_up(&mut self, from: Option<SocketAddrAny>, bytes: &[u8], lanes: &mut Lanes<'_>) {
        // Without a socket for it, the datagram is lost, as UDP permits.
        let client = match self.client(from) {
            Ok(client) => client,
            Err(error) => return self.recording.refused("cannot make a socket", &error),
        };
        self.note(client, Direction::ToServer, WireItem::Segment(bytes.into()));
        if !self.is_up {
            self.wait_until_up().await;
            self.note(client, Direction::ToServer, WireItem::Open);
            self.is_up = true;
        }
        self.pass_on(client, Direction::ToServer, bytes, lanes).await;
    }

    async fn pass_on(
        &self,
        client: usize,
        direction: Direction,
        bytes: &[u8],
        lanes: &mut Lanes<'_>,
    ) {
        // This depends on the sender, not on the time: an earlier client's datagrams and their answers are
        // disturbed and recorded as delivered, even if they arrive late.
        let is_late = self.clients.get(client).is_some_and(|client| client.is_late);
        if is_late || !lanes.disturb() {
            let _ = self.send(client, direction, bytes).await;
            return;
        }
        let fault = || self.note(client, direction, WireItem::Fault);
        for now in lanes.came(client, direction, bytes, fault) {
            self.deliver(&now).await;
        }
    }

    /// The number of the client at this address. Adds the client if it is new.
    fn client(&mut self, address: Option<SocketAddrAny>) -> io::Result<usize> {
        let is_late = self.is_over;
        let is_it = |known: &Client| known.address == address && known.is_late == is_late;
        if let Some(number) = self.clients.iter().position(is_it) {
            return Ok(number);
        }
        let number = self.clients.len();
        let server_side = match self.first.take() {
            Some(first) => first,
            None => server_side(&self.server, &self.server_place, &self.directory, number)?,
        };
        self.recording.seen_by_server(server_side.endpoint()?);
        let server_side = Arc::new(server_side);
        let (socket, answers) = (server_side.clone(), self.answers.clone());
        let server = self.server_address.clone();
        self.listening.spawn(async move {
            let mut down = vec![0; DATAGRAM_MAX_BYTES];
            loop {
                let Ok((len, from)) = socket.recv_from(&mut down).await else { continue };
                let is_servers = from.as_ref() == Some(&server);
                if is_servers
                    && answers.send((number, down.split_at(len).0.to_vec())).await.is_err()
                {
                    return;
                }
            }
        });
        self.clients.push(Client { address, is_late, server_side });
        Ok(number)
    }

    fn note(&self, client: usize, direction: Direction, what: WireItem) {
        let number = u32::try_from(client).unwrap_or(u32::MAX);
        self.recording.note(number, direction, what);
    }

    async fn send(&self, client: usize, direction: Direction, bytes: &[u8]) -> io::Result<()> {
        let Some(Client { address, server_side, .. }) = self.clients.get(client) else {
            return Ok(());
        };
        match (direction, address) {
            (Direction::ToServer, _) => server_side.send_to(bytes, &self.server_address).await,
            (Direction::ToClient, Some(client)) => self.client_side.send_to(bytes, client).await,
            (Direction::ToClient, None) => Ok(()),
        }
    }

    async fn deliver(&self, parcel: &Parcel) {
        let Parcel { client, direction, bytes, .. } = parcel;
        if self.send(*client, *direction, bytes).await.is_ok() {
            self.note(*client, *direction, WireItem::Delivered(bytes[..].into()));
        }
    }

    /// A datagram to a server that isn't up yet would be lost, and a test datagram would be one too many. So
    /// this checks whether the server's port or path is bound.
    async fn wait_until_up(&self) {
        let mut wait = LOOK_FIRST;
        while self.is_awaited && !self.is_up() {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LOOK_LONGEST);
        }
    }

    fn is_up(&self) -> bool {
        match &self.server {
            Endpoint::Inet(address) => {
                self.server_place.udp_is_bound(address.port()).unwrap_or(true)
            }
            Endpoint::Path(_) => DatagramSocket::is_bound(&self.server).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::sync::atomic::{AtomicBool, Ordering};

    use model::case::Transport;
    use model::observation::{Role, Stop, WireLog};

    use super::*;
    use crate::network::Recorder;

    /// When the datagrams are sent.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum When {
        /// While the network disturbs.
        During,
        /// Before the disturbance is over; the recorder receives them afterwards.
        JustBefore,
        /// When the recorder has noticed that it is over.
        After,
    }

    /// What the server receives when a client sends these datagrams.
    async fn received(
        network: &str,
        when: When,
        sent: &[&str],
        expected: usize,
    ) -> (Vec<String>, WireLog) {
        let disturbance = Disturbance::new(network.parse().unwrap(), 3);
        let server = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let at = Endpoint::Inet(server.local_addr().unwrap());
        let sides = Sides::here(Transport::Udp4, at, directory.path().to_owned());
        let recorder = Recorder::bind(&sides).unwrap();
        let Endpoint::Inet(to) = recorder.client_endpoint().unwrap() else { unreachable!() };
        let recording = Recording::start();
        let (patience, patient) = watch::channel(Patience::Full);
        let passing = recorder.pass(recording.clone(), patient, disturbance.clone());
        let passing = tokio::spawn(passing);
        if when == When::After {
            disturbance.end();
            disturbance.noticed().await;
        }
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        for datagram in sent {
            client.send_to(datagram.as_bytes(), to).unwrap();
        }
        if when == When::JustBefore {
            disturbance.end();
        }
        let mut pieces = Vec::new();
        let mut buffer = [0; 100];
        for _ in 0..expected {
            let receive = server.recv_from(&mut buffer);
            let (len, _) =
                tokio::time::timeout(Duration::from_secs(60), receive).await.unwrap().unwrap();
            pieces.push(String::from_utf8(buffer[..len].to_vec()).unwrap());
        }
        recording.wait_until(|log| log.segments(Direction::ToServer).count() == sent.len()).await;
        patience.send_replace(Patience::None);
        passing.await.unwrap().unwrap();
        (pieces, recording.snapshot())
    }

    #[tokio::test]
    async fn each_fault_is_seen_by_the_receiver() {
        for (network, expected) in [
            ("drop-up@1", &["aa", "cc"][..]),
            ("dup-up@1", &["aa", "bb", "bb", "cc"]),
            ("reorder-up@1", &["aa", "cc", "bb"]),
            ("reorder-up@2", &["aa", "bb", "cc"]),
            ("truncate-up@1", &["a", "b", "c"]),
            ("truncate-up@0", &["", "", ""]),
            ("delayed", &["aa", "bb", "cc"]),
        ] {
            for when in [When::During, When::JustBefore] {
                let sent = ["aa", "bb", "cc"];
                let (pieces, log) = received(network, when, &sent, expected.len()).await;
                assert_eq!(pieces, expected, "{network} {when:?}");
                assert_eq!(log.has_fault(), network != "delayed", "{network} {when:?}");
                let delivered = log.delivered(0, Direction::ToServer);
                let delivered: Vec<_> = delivered.map(String::from_utf8_lossy).collect();
                assert_eq!(delivered, expected, "{network} {when:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_over_or_fits_no_datagram_disturbs_none() {
        for (network, when) in [("drop-up@0", When::After), ("cut-up@0", When::During)] {
            let (pieces, log) = received(network, when, &["a", "b"], 2).await;
            assert_eq!(pieces, ["a", "b"]);
            assert_eq!(log.delivered(0, Direction::ToServer).count(), 0);
            assert!(!log.has_fault());
        }
    }

    #[tokio::test]
    async fn a_client_that_sends_without_end_is_stopped() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let directory = tempfile::tempdir().unwrap();
        let at = Endpoint::Inet(server.local_addr().unwrap());
        let sides = Sides::here(Transport::Udp4, at, directory.path().to_owned());
        let recorder = Recorder::bind(&sides).unwrap();
        let Endpoint::Inet(to) = recorder.client_endpoint().unwrap() else { unreachable!() };
        let is_over = Arc::new(AtomicBool::new(false));
        let seen = is_over.clone();
        let sending = tokio::task::spawn_blocking(move || {
            let client = UdpSocket::bind("127.0.0.1:0").unwrap();
            while !seen.load(Ordering::Relaxed) {
                client.send_to(&[b'x'; 60_000], to).unwrap();
            }
        });
        let (_patience, patient) = watch::channel(Patience::Full);
        let disturbance = Disturbance::new("asis".parse().unwrap(), 3);
        let passing = recorder.pass(Recording::start(), patient, disturbance);
        let passed = tokio::time::timeout(Duration::from_secs(60), passing).await.unwrap();
        is_over.store(true, Ordering::Relaxed);
        sending.await.unwrap();
        assert_eq!(passed, Err(Stop::Flood(Role::Client)));
    }
}
