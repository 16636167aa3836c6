//! Passes on what goes over a connection between two programs that run by themselves, for as long as both
//! keep it open, and lets a [`Witness`] see it.
//!
//! It keeps no stream. Of each direction it holds at most one piece, which its receiver has not taken yet; the
//! sender is read no further until then. So a slow receiver slows its sender, as it would without us.
//!
//! Ends are passed on as they come: an end of one direction, and a reset. A receiver that has gone ends its
//! sender by a reset, too.

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

/// The most that is read at once: it fits into one packet of a capture.
const PIECE_BYTES: usize = 60 << 10;
/// A disturbed connection merges so many bytes of a direction at most.
const MERGED_MAX_BYTES: usize = 1 << 20;
/// A connection that has so many pieces ready lets others have their turn.
const PIECES_A_TURN: usize = 8;

thread_local! {
    /// What was read last, by any connection of this thread: an idle connection holds no buffer.
    static PIECE: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE_BYTES].into());
}

/// Sees what passes over a connection.
pub trait Witness: Send {
    /// The sender has said this. It is on its way, or has arrived.
    fn said(&mut self, direction: Direction, bytes: &[u8]);
    /// Nothing more is heard this way. Where the connection is reset after that, this comes once more.
    fn ended(&mut self, direction: Direction, end: End);
    /// The receiver was given this, where a network disturbs. Otherwise it is given what is said.
    fn given(&mut self, _direction: Direction, _bytes: &[u8]) {}
    /// The receiver was given an end, where a network disturbs.
    fn given_end(&mut self, _direction: Direction, _is_reset: bool) {}
    /// The network's fault happens this way.
    fn fault(&mut self, _direction: Direction) {}
}

/// Why nothing more is heard of a direction.
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

/// How connections are passed on: as they come, or over a network that disturbs each of them.
#[derive(Debug, Clone)]
pub struct Relay {
    disturbed: Option<(Disturbance, Arc<ReadWatch>)>,
}

impl Relay {
    /// A relay that does to connections what `disturbance` does to streams.
    #[must_use]
    pub fn new(disturbance: Disturbance) -> Self {
        let disturbed = disturbance.disturbs(false);
        Self { disturbed: disturbed.then(|| (disturbance, Arc::new(ReadWatch::open()))) }
    }

    /// Whether something is to happen to what is passed on.
    #[must_use]
    pub const fn disturbs(&self) -> bool {
        self.disturbed.is_some()
    }

    /// Passes everything on, both ways, until both have ended or the connection is reset. `number` is the
    /// connection's: a network that leaves something to chance does another thing to each.
    pub async fn pass(
        &self,
        number: u32,
        client: TcpStream,
        server: TcpStream,
        witness: &mut impl Witness,
    ) {
        // A piece goes on at once, whatever is still unacknowledged.
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
                // In a box: it is larger than what passes as it comes, and rarer.
                let _ = Box::pin(link).await;
                notes.end();
            }
        }
    }
}

/// What tells whether the other end has read. No kernel tells it of one on another machine.
fn watch(here: &Arc<ReadWatch>, stream: &TcpStream) -> Arc<ReadWatch> {
    match stream.peer_addr() {
        Ok(peer) if peer.ip().to_canonical().is_loopback() => here.clone(),
        _ => Arc::new(ReadWatch::blind()),
    }
}

/// Resets a connection, as far as its end in this process goes.
pub fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

/// Lets this process have as many connections at once as the system allows.
pub fn raise_descriptor_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        // Some systems refuse to go to a maximum that is none. Then it stays as it is.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}

/// A connection and its other half, passed on as they come.
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
    /// So many of these it has.
    taken: usize,
    is_over: bool,
}

/// Who has broken a connection off, as seen in one direction of it.
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
                // One that has ended its direction isn't read any more: only this tells of its reset.
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

    /// Passes on what the sender of a direction had sent before it reset the connection. Without the proxy, the
    /// receiver would read that, too.
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
            // The runtime may not have heard yet that there is something: the kernel is asked.
            let Ok((count, _)) = recv(from, &mut left[..], RecvFlags::DONTWAIT) else { return };
            left.truncate(count);
            if left.is_empty() {
                return;
            }
            witness.said(direction, &left);
        }
    }

    /// Passes on what there is. Ready when a direction has ended.
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
    /// Passes on what its sender says. Ready when it has ended.
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
                // First on its way, then looked at.
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

/// Reads what is there. A piece that isn't full is all there is for now, so that nothing is asked twice.
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

/// Writes what there is room for.
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

/// Tells the runtime that a call would have to wait now, if it would.
fn drained(is_drained: bool) -> io::Result<()> {
    if is_drained { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Ready when the other end has broken the connection off.
async fn error_of(stream: &TcpStream) {
    // What can't be watched never ends by this.
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

/// Gives a witness what is heard of a disturbed connection.
struct Notes<'w, W> {
    told: Mutex<Told<'w, W>>,
}

struct Told<'w, W> {
    witness: &'w mut W,
    /// How each direction ended, to the server and to the client.
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

    /// The connection is over, whether both directions have been heard to their ends or not.
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
