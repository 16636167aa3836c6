//! UDP datagrams: the server sees each client at an address of its own, as it would without the proxy.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use engine::network::{Disturbance, Lanes, Parcel};
use model::observation::Direction;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use traffic::Transport;

use super::shared::Shared;
use super::witness::{Ends, Watched};

/// The longest possible datagram.
const DATAGRAM_MAX_BYTES: usize = 64 << 10;
/// How many clients are remembered. Beyond it, the client that was silent longest is forgotten.
const CLIENTS_MAX: usize = 4096;
/// How many answers may wait to be forwarded.
const ANSWERS_MAX: usize = 64;

thread_local! {
    /// The buffer for the next answer to any client of this thread. A client that waits for an answer holds no
    /// buffer.
    static PIECE: RefCell<Box<[u8]>> = RefCell::new(vec![0; DATAGRAM_MAX_BYTES].into());
}

/// Binds the socket that clients send to.
pub(super) async fn bind(at: SocketAddr) -> io::Result<UdpSocket> {
    UdpSocket::bind(at).await
}

/// The client's number, and the datagram that the server sent to it.
type Answer = (usize, Vec<u8>);

/// Forwards datagrams both ways until `interrupt` is ready.
pub(super) async fn pass(
    socket: UdpSocket,
    to: SocketAddr,
    shared: &Arc<Shared>,
    disturbance: &Disturbance,
    interrupt: impl Future<Output = ()>,
) -> io::Result<()> {
    let (answers, answered) = mpsc::channel(ANSWERS_MAX);
    let passing = Passing {
        listening: socket.local_addr()?,
        socket,
        to,
        shared,
        numbers: HashMap::new(),
        clients: HashMap::new(),
        came: 0,
        next: 0,
        answers,
        hearing: JoinSet::new(),
    };
    tokio::select! {
        () = interrupt => {}
        () = passing.pass_all(answered, Lanes::new(disturbance)) => {}
    }
    Ok(())
}

/// A client that has sent a datagram.
struct Client {
    address: SocketAddr,
    server_side: Arc<UdpSocket>,
    watched: Watched,
    hearing: AbortHandle,
    /// When it last sent: the number of that datagram.
    heard: u64,
}

/// A running proxy.
struct Passing<'a> {
    socket: UdpSocket,
    listening: SocketAddr,
    to: SocketAddr,
    shared: &'a Arc<Shared>,
    numbers: HashMap<SocketAddr, usize>,
    clients: HashMap<usize, Client>,
    /// How many datagrams have arrived.
    came: u64,
    /// The number of the next client.
    next: usize,
    answers: mpsc::Sender<Answer>,
    hearing: JoinSet<()>,
}

impl Passing<'_> {
    async fn pass_all(mut self, mut answered: mpsc::Receiver<Answer>, mut lanes: Lanes<'_>) {
        let mut piece = vec![0; DATAGRAM_MAX_BYTES];
        loop {
            tokio::select! {
                received = self.socket.recv_from(&mut piece) => {
                    // The error belongs to an earlier datagram that was refused. That datagram is lost.
                    let Ok((length, from)) = received else { continue };
                    let bytes = piece.get(..length).unwrap_or_default();
                    match self.number(from).await {
                        Ok(client) => self.pass(client, Direction::ToServer, bytes, &mut lanes).await,
                        // Without a socket for its client, the datagram is lost, which UDP permits.
                        Err(error) => self.shared.not_served(self.next as u64, from, &error),
                    }
                }
                Some((client, bytes)) = answered.recv() => {
                    self.pass(client, Direction::ToClient, &bytes, &mut lanes).await;
                }
                late = lanes.next_due() => self.deliver(late).await,
                Some(_) = self.hearing.join_next() => {}
            }
        }
    }

    /// Handles a datagram.
    async fn pass(
        &mut self,
        client: usize,
        direction: Direction,
        bytes: &[u8],
        lanes: &mut Lanes<'_>,
    ) {
        self.came += 1;
        if !lanes.disturb() {
            // Forward first, then judge.
            let _ = self.send(client, direction, bytes).await;
            return self.look(client, direction, bytes, false);
        }
        let mut is_fault = false;
        let now = lanes.came(client, direction, bytes, || is_fault = true);
        self.look(client, direction, bytes, is_fault);
        for parcel in now {
            self.deliver(parcel).await;
        }
    }

    fn look(&mut self, client: usize, direction: Direction, bytes: &[u8], is_fault: bool) {
        if let Some(client) = self.clients.get_mut(&client) {
            client.heard = self.came;
            client.watched.said_datagram(direction, bytes, is_fault);
        }
    }

    async fn deliver(&mut self, parcel: Parcel) {
        let Parcel { client, direction, bytes, .. } = parcel;
        let is_sent = self.send(client, direction, &bytes).await.is_ok();
        if let Some(client) = self.clients.get_mut(&client).filter(|_| is_sent) {
            client.watched.gave_datagram(direction, &bytes);
        }
    }

    async fn send(&self, client: usize, direction: Direction, bytes: &[u8]) -> io::Result<usize> {
        let Some(client) = self.clients.get(&client) else { return Ok(0) };
        match direction {
            Direction::ToServer => client.server_side.send(bytes).await,
            Direction::ToClient => self.socket.send_to(bytes, client.address).await,
        }
    }

    /// The number of the client at this address. Adds the client if it is new.
    async fn number(&mut self, address: SocketAddr) -> io::Result<usize> {
        if let Some(number) = self.numbers.get(&address) {
            return Ok(*number);
        }
        if self.clients.len() >= CLIENTS_MAX {
            self.forget_one();
        }
        let any = if self.to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let server_side = UdpSocket::bind(any).await?;
        server_side.connect(self.to).await?;
        let (number, own) = (self.next, server_side.local_addr()?);
        let ends = Ends { client: address, listening: self.listening, own, server: self.to };
        let server_side = Arc::new(server_side);
        let hearing = self.hearing.spawn(hear(number, server_side.clone(), self.answers.clone()));
        let watched = Watched::new(self.shared, number as u64, Transport::Udp, ends);
        let client = Client { address, server_side, watched, hearing, heard: self.came };
        self.clients.insert(number, client);
        self.numbers.insert(address, number);
        self.next += 1;
        Ok(number)
    }

    /// Forgets the client that was silent longest.
    fn forget_one(&mut self) {
        let silent = self.clients.iter().min_by_key(|(_, client)| client.heard);
        let Some(number) = silent.map(|(number, _)| *number) else { return };
        if let Some(client) = self.clients.remove(&number) {
            client.hearing.abort();
            self.numbers.remove(&client.address);
        }
    }
}

/// Receives what the server sends to a client.
async fn hear(number: usize, socket: Arc<UdpSocket>, answers: mpsc::Sender<Answer>) {
    loop {
        if socket.readable().await.is_err() {
            return;
        }
        let received = PIECE.with_borrow_mut(|piece| {
            let length = socket.try_recv(piece)?;
            io::Result::Ok(piece.get(..length).unwrap_or_default().to_vec())
        });
        // The error belongs to a datagram that the server refused because it is not up; or there was nothing to
        // receive.
        let Ok(bytes) = received else { continue };
        if answers.send((number, bytes)).await.is_err() {
            return;
        }
    }
}
