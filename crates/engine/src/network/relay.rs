//! Relays a connection between two independent programs while both keep it open, and shows it to a [`Witness`].
//!
//! It stores no stream. For each direction it holds at most one piece that the receiver has not taken yet, and
//! reads no more from the sender until then. So a slow receiver slows its sender, as it would without the
//! relay.
//!
//! It forwards each end as it comes: an end of one direction, and a reset. If a receiver has gone, its sender
//! gets a reset.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use model::observation::{Direction, WireItem};
use rustix::net::{RecvFlags, recv, send};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::Disturbance;
use super::disturbed::{DisturbedLink, Heard, Watches};
use super::socket::Connection;
use crate::platform::{NO_SIGNAL, ReadWatch};

/// The most that is read at once. It fits into one packet of a capture.
const PIECE_BYTES: usize = 60 << 10;
/// A disturbed connection merges at most this many bytes of a direction.
const MERGED_MAX_BYTES: usize = 1 << 20;
/// After this many ready pieces, a connection lets others run.
const PIECES_A_TURN: usize = 8;

thread_local! {
    /// The last piece read by any connection of this thread. An idle connection holds no buffer.
    static PIECE: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE_BYTES].into());
}

/// Observes the traffic of a connection.
pub trait Witness: Send {
    /// The sender sent this. It is on its way, or has arrived.
    fn said(&mut self, direction: Direction, bytes: &[u8]);
    /// No more is heard in this direction. If the connection is reset later, this is called once more.
    fn ended(&mut self, direction: Direction, end: End);
    /// The receiver got this. Called only if a network disturbs; otherwise the receiver gets what was sent.
    fn given(&mut self, _direction: Direction, _bytes: &[u8]) {}
    /// The receiver got an end. Called only if a network disturbs.
    fn given_end(&mut self, _direction: Direction, _is_reset: bool) {}
    /// The network's fault happens in this direction.
    fn fault(&mut self, _direction: Direction) {}
}

/// Why no more is heard in a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its sender has ended it.
    Fin,
    /// Its sender has reset the connection.
    Reset,
    /// Its receiver has reset the connection.
    ResetByReceiver,
    /// The network has ended the connection.
    Network,
}

/// How connections are relayed: unchanged, or over a network that disturbs each of them.
#[derive(Debug, Clone)]
pub struct Relay {
    disturbed: Option<(Disturbance, Arc<ReadWatch>)>,
}

impl Relay {
    /// A relay that applies `disturbance` to streams.
    #[must_use]
    pub fn new(disturbance: Disturbance) -> Self {
        let disturbed = disturbance.disturbs(false);
        Self { disturbed: disturbed.then(|| (disturbance, Arc::new(ReadWatch::open()))) }
    }

    /// Whether the traffic is disturbed.
    #[must_use]
    pub const fn disturbs(&self) -> bool {
        self.disturbed.is_some()
    }

    /// Relays both ways until both directions have ended or the connection is reset. `number` is the
    /// connection's number; a random network treats each connection differently.
    pub async fn pass(
        &self,
        number: u32,
        client: TcpStream,
        server: TcpStream,
        witness: &mut impl Witness,
    ) {
        // A piece is sent at once, even if others are unacknowledged.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        match &self.disturbed {
            None => Link::new(&client, &server).pass(witness).await,
            Some((disturbance, here)) => {
                let watches =
                    &Watches { of_client: watch(here, &client), of_server: watch(here, &server) };
                let notes = Notes::new(witness);
                let link = DisturbedLink {
                    number,
                    heard: &notes,
                    disturbance,
                    watches,
                    merged_max_bytes: MERGED_MAX_BYTES,
                };
                let link = link.pass(Connection::Tcp(client), Connection::Tcp(server));
                // In a box, as it is larger and rarer than an undisturbed link.
                let _ = Box::pin(link).await;
                notes.end();
            }
        }
    }
}

/// Watches whether the other end has read. No kernel knows this of another machine.
fn watch(here: &Arc<ReadWatch>, stream: &TcpStream) -> Arc<ReadWatch> {
    match stream.peer_addr() {
        Ok(peer) if peer.ip().to_canonical().is_loopback() => here.clone(),
        _ => Arc::new(ReadWatch::blind()),
    }
}

/// Resets this process's end of a connection.
pub fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

/// Lets this process have as many connections at once as the system allows.
pub fn raise_descriptor_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        // Some systems reject an unlimited maximum. Then the limit stays the same.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}

/// A connection and its counterpart, relayed unchanged.
struct Link<'a> {
    client: &'a TcpStream,
    server: &'a TcpStream,
    up: Lane,
    down: Lane,
}

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    /// What the receiver has not taken yet.
    left: Vec<u8>,
    /// How many of these bytes it has taken.
    taken: usize,
    is_over: bool,
}

/// Which side reset a connection, as seen in one direction.
enum Broken {
    BySender,
    ByReceiver,
}

impl<'a> Link<'a> {
    fn new(client: &'a TcpStream, server: &'a TcpStream) -> Self {
        Self { client, server, up: Lane::default(), down: Lane::default() }
    }

    async fn pass(mut self, witness: &mut impl Witness) {
        let (client, server) = (self.client, self.server);
        loop {
            let (up_is_over, down_is_over) = (self.up.is_over, self.down.is_over);
            if up_is_over && down_is_over {
                return;
            }
            let reset_by = tokio::select! {
                biased;
                passed = poll_fn(|context| self.poll(context, witness)) => match passed {
                    Ok(()) => continue,
                    Err((direction, Broken::BySender)) => direction,
                    Err((direction, Broken::ByReceiver)) => {
                        self.drain(opposite(direction), witness).await;
                        opposite(direction)
                    }
                },
                // A side that has ended its direction isn't read any more, so only this shows its reset.
                () = error_of(client), if up_is_over => Direction::ToServer,
                () = error_of(server), if down_is_over => Direction::ToClient,
            };
            witness.ended(reset_by, End::Reset);
            witness.ended(opposite(reset_by), End::ResetByReceiver);
            reset(client);
            reset(server);
            return;
        }
    }

    /// Forwards what the sender of a direction sent before it reset the connection. Without the proxy, the
    /// receiver would read it too.
    async fn drain(&mut self, direction: Direction, witness: &mut impl Witness) {
        let (client, server) = (self.client, self.server);
        let (lane, from, to) = match direction {
            Direction::ToServer => (&mut self.up, client, server),
            Direction::ToClient => (&mut self.down, server, client),
        };
        if lane.is_over {
            return;
        }
        let mut left = lane.left.split_off(lane.taken.min(lane.left.len()));
        loop {
            if write_all(to, &left).await.is_err() {
                return;
            }
            left.resize(PIECE_BYTES, 0);
            // The runtime may not know yet that there is data, so this asks the kernel.
            let Ok((count, _)) = recv(from, &mut left[..], RecvFlags::DONTWAIT) else { return };
            left.truncate(count);
            if left.is_empty() {
                return;
            }
            witness.said(direction, &left);
        }
    }

    /// Forwards what there is. Ready when a direction has ended.
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        witness: &mut impl Witness,
    ) -> Poll<Result<(), (Direction, Broken)>> {
        let mut ended = Poll::Pending;
        let (client, server) = (self.client, self.server);
        for (lane, from, to, direction) in [
            (&mut self.up, client, server, Direction::ToServer),
            (&mut self.down, server, client, Direction::ToClient),
        ] {
            if lane.is_over {
                continue;
            }
            match lane.poll(context, from, to, direction, witness) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => {
                    lane.is_over = true;
                    ended = Poll::Ready(Ok(()));
                }
                Poll::Ready(Err(broken)) => return Poll::Ready(Err((direction, broken))),
            }
        }
        ended
    }
}

impl Lane {
    /// Forwards what the sender sends. Ready when it has ended.
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        from: &TcpStream,
        to: &TcpStream,
        direction: Direction,
        witness: &mut impl Witness,
    ) -> Poll<Result<(), Broken>> {
        for _ in 0..PIECES_A_TURN {
            while let Some(left) = self.left.get(self.taken..).filter(|left| !left.is_empty()) {
                let wrote = ready!(poll_write(to, context, left));
                self.taken += wrote.map_err(|_| Broken::ByReceiver)?;
            }
            if self.taken > 0 {
                (self.left, self.taken) = (Vec::new(), 0);
            }
            let read = PIECE.with_borrow_mut(|piece| {
                let read = ready!(poll_read(from, context, piece)).map_err(|_| Broken::BySender)?;
                let bytes = piece.get(..read).unwrap_or_default();
                if bytes.is_empty() {
                    return Poll::Ready(Ok(0));
                }
                // Forward first, then observe.
                let wrote = match poll_write(to, context, bytes) {
                    Poll::Ready(wrote) => wrote,
                    Poll::Pending => Ok(0),
                };
                if let Some(left) = bytes.get(*wrote.as_ref().unwrap_or(&read)..) {
                    self.left.extend_from_slice(left);
                }
                witness.said(direction, bytes);
                wrote.map_err(|_| Broken::ByReceiver)?;
                Poll::Ready(Ok(read))
            });
            if ready!(read)? == 0 {
                witness.ended(direction, End::Fin);
                let _ = rustix::net::shutdown(to, rustix::net::Shutdown::Write);
                return Poll::Ready(Ok(()));
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Reads what is available. A piece that isn't full is all there is, which saves a second call.
fn poll_read(
    stream: &TcpStream,
    context: &mut Context<'_>,
    piece: &mut [u8],
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_read_ready(context))?;
        let mut read = None;
        let whole = piece.len();
        let done = stream.try_io(Interest::READABLE, || {
            let (count, _) = recv(stream, &mut *piece, RecvFlags::empty())?;
            read = Some(count);
            drained(count > 0 && count < whole)
        });
        match (read, done) {
            (Some(count), _) => return Poll::Ready(Ok(count)),
            (None, Err(error)) if is_transient(&error) => {}
            (None, done) => return Poll::Ready(done.map(|()| 0)),
        }
    }
}

/// Writes as much as there is room for.
fn poll_write(
    stream: &TcpStream,
    context: &mut Context<'_>,
    bytes: &[u8],
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_write_ready(context))?;
        let mut wrote = None;
        let done = stream.try_io(Interest::WRITABLE, || {
            let count = send(stream, bytes, NO_SIGNAL)?;
            wrote = Some(count);
            drained(count < bytes.len())
        });
        match (wrote, done) {
            (Some(count), _) => return Poll::Ready(Ok(count)),
            (None, Err(error)) if is_transient(&error) => {}
            (None, done) => return Poll::Ready(done.map(|()| 0)),
        }
    }
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let wrote = poll_fn(|context| poll_write(stream, context, bytes)).await?;
        bytes = bytes.get(wrote..).unwrap_or_default();
    }
    Ok(())
}

/// Tells the runtime if the next call would block.
fn drained(is_drained: bool) -> io::Result<()> {
    if is_drained { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Ready when the other end has reset the connection.
async fn error_of(stream: &TcpStream) {
    // If it can't be watched, this never returns.
    if stream.ready(Interest::ERROR).await.is_err() {
        std::future::pending::<()>().await;
    }
}

const fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::ToServer => Direction::ToClient,
        Direction::ToClient => Direction::ToServer,
    }
}

/// Passes the events of a disturbed connection to a witness.
struct Notes<'w, W> {
    told: Mutex<Told<'w, W>>,
}

struct Told<'w, W> {
    witness: &'w mut W,
    /// How each direction ended: to the server, and to the client.
    ends: [Option<End>; 2],
}

impl<W: Witness> Told<'_, W> {
    fn end(&mut self, direction: Direction, end: End) {
        let [up, down] = &mut self.ends;
        let own = if direction == Direction::ToServer { up } else { down };
        if own.is_none() {
            *own = Some(end);
            self.witness.ended(direction, end);
        }
    }
}

impl<'w, W: Witness> Notes<'w, W> {
    const fn new(witness: &'w mut W) -> Self {
        Self { told: Mutex::new(Told { witness, ends: [None; 2] }) }
    }

    /// The connection is over, even if its directions were not heard to their ends.
    fn end(self) {
        let mut told = self.told.into_inner().unwrap_or_else(PoisonError::into_inner);
        let is_reset = told.ends.contains(&Some(End::Reset));
        let end = if is_reset { End::ResetByReceiver } else { End::Network };
        told.end(Direction::ToServer, end);
        told.end(Direction::ToClient, end);
    }
}

impl<W: Witness> Heard for Notes<'_, W> {
    fn note(&self, direction: Direction, what: WireItem) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match what {
            WireItem::Connect | WireItem::Open => {}
            WireItem::Segment(bytes) => told.witness.said(direction, &bytes.0),
            WireItem::Delivered(bytes) => told.witness.given(direction, &bytes.0),
            WireItem::Fin => told.end(direction, End::Fin),
            WireItem::Reset => told.end(direction, End::Reset),
            WireItem::Fault => told.witness.fault(direction),
        }
    }

    fn gave_end(&self, direction: Direction, is_reset: bool) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.witness.given_end(direction, is_reset);
    }
}
