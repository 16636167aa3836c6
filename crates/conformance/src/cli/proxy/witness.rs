//! Records and judges the traffic of one connection, or between two UDP addresses.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engine::network::{End, Witness};
use layout::Direction;
use model::observation::Direction as Way;
use report::{LiveCapture, Talk};
use traffic::Transport;

use super::super::judge_frames::{About, Chunk, Connection, Ended, News, Why};
use super::shared::Shared;

thread_local! {
    /// A buffer that all connections of this thread reuse.
    static NEWS: RefCell<News> = RefCell::default();
}

/// The addresses of both connections: from the client, and to the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) client: SocketAddr,
    /// The address that the client connected to.
    pub(super) listening: SocketAddr,
    /// The proxy's address towards the server.
    pub(super) own: SocketAddr,
    pub(super) server: SocketAddr,
}

/// An observed connection. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Watched {
    shared: Arc<Shared>,
    judge: Connection<'static>,
    talks: Talks,
    /// How many bytes were sent to the server and to the client.
    said: [u64; 2],
    held_bytes: usize,
    /// The number of the sender's last recorded packet; 0 without a capture.
    packet: u64,
}

/// A connection in the capture.
#[derive(Debug)]
struct Talks {
    /// The traffic with the client.
    near: Talk,
    /// With a disturbing network: the traffic with the server.
    far: Option<Talk>,
}

impl Watched {
    pub(super) fn new(shared: &Arc<Shared>, number: u64, transport: Transport, ends: Ends) -> Self {
        let Ends { client, listening, own, server } = ends;
        let about = About { number, transport, client, server };
        shared.open(about);
        // Without a disturbance, both sides have the same bytes. The capture shows them once, as if there were
        // no proxy.
        let (near, far) = if shared.network.is_some() {
            (Talk::new(0, client, listening), Some(Talk::new(1, own, server)))
        } else {
            (Talk::new(0, client, server), None)
        };
        let mut talks = Talks { near, far };
        let mut packet = 0;
        if transport == Transport::Tcp {
            packet = talks.record(shared, Place::Near, Talk::open);
            if talks.far.is_some() {
                talks.record(shared, Place::Far, Talk::open);
            }
        }
        let judge = shared.judging.connection(about, true, packet);
        let shared = Arc::clone(shared);
        Self { shared, judge, talks, said: [0; 2], held_bytes: 0, packet }
    }

    /// A datagram was sent. The network may disturb it.
    pub(super) fn said_datagram(&mut self, direction: Way, bytes: &[u8], is_fault: bool) {
        let shared = Arc::clone(&self.shared);
        let fault = shared.network.as_deref().filter(|_| is_fault).map(fault);
        self.record_said(direction, |talk, capture, at| {
            talk.datagram(capture, at, direction, bytes, fault.as_deref())
        });
        let mut take = |mistake| shared.mistake(mistake);
        self.judge.datagram(way(direction), self.packet, bytes, 0, &mut take);
    }

    /// A datagram was forwarded over a disturbing network.
    pub(super) fn gave_datagram(&mut self, direction: Way, bytes: &[u8]) {
        self.record_given(direction, |talk, capture, at| {
            talk.datagram(capture, at, direction, bytes, None)
        });
    }

    /// Records what a sender sent.
    fn record_said(
        &mut self,
        direction: Way,
        make: impl FnOnce(&mut Talk, &mut LiveCapture<Vec<u8>>, Duration) -> io::Result<u64>,
    ) {
        let place = if direction == Way::ToServer { Place::Near } else { Place::Far };
        self.packet = self.talks.record(&self.shared, place, make);
    }

    /// Records what a receiver got.
    fn record_given(
        &mut self,
        direction: Way,
        make: impl FnOnce(&mut Talk, &mut LiveCapture<Vec<u8>>, Duration) -> io::Result<u64>,
    ) {
        let place = if direction == Way::ToServer { Place::Far } else { Place::Near };
        self.talks.record(&self.shared, place, make);
    }

    /// Updates the memory of unfinished frames. Stops judging this direction if all connections together use
    /// too much.
    fn weigh(&mut self, direction: Way) {
        let held_bytes = self.judge.held_bytes();
        if held_bytes == self.held_bytes {
            return;
        }
        let may_go_on = self.shared.hold(self.held_bytes, held_bytes);
        self.held_bytes = held_bytes;
        if !may_go_on {
            self.judge.stop(way(direction), Why::TooMuch, self.packet);
            self.weigh(direction);
        }
    }

    fn close(&mut self, direction: Way, how: Ended) {
        let shared = Arc::clone(&self.shared);
        let mut take = |mistake| shared.mistake(mistake);
        let closed = self.judge.end(way(direction), how, self.packet, &mut take);
        closed.into_iter().for_each(|closed| shared.close(closed));
    }
}

impl Witness for Watched {
    fn said(&mut self, direction: Way, bytes: &[u8]) {
        for piece in bytes.chunks(Talk::PIECE_MAX_BYTES) {
            self.record_said(direction, |talk, capture, at| {
                talk.bytes(capture, at, direction, piece)
            });
            let [up, down] = &mut self.said;
            let said = if direction == Way::ToServer { up } else { down };
            let chunk =
                Chunk { packet: self.packet, offset: *said, payload_offset: 0, data: piece };
            *said += piece.len() as u64;
            let shared = &self.shared;
            let mut take = |mistake| shared.mistake(mistake);
            NEWS.with_borrow_mut(|news| {
                self.judge.bytes(way(direction), chunk, news, &mut take);
            });
        }
        self.weigh(direction);
    }

    fn ended(&mut self, direction: Way, end: End) {
        let how = match end {
            End::Fin => Ended::Fin,
            End::Reset => Ended::Reset,
            End::ResetByReceiver => Ended::Off(Why::ResetByReceiver),
            End::Network => Ended::Off(Why::Network),
        };
        if matches!(end, End::Fin | End::Reset) {
            self.record_said(direction, |talk, capture, at| {
                talk.end(capture, at, direction, end == End::Reset)
            });
        }
        self.close(direction, how);
    }

    fn given(&mut self, direction: Way, bytes: &[u8]) {
        for piece in bytes.chunks(Talk::PIECE_MAX_BYTES) {
            self.record_given(direction, |talk, capture, at| {
                talk.bytes(capture, at, direction, piece)
            });
        }
    }

    fn given_end(&mut self, direction: Way, is_reset: bool) {
        self.record_given(direction, |talk, capture, at| {
            talk.end(capture, at, direction, is_reset)
        });
    }

    fn fault(&mut self, direction: Way) {
        let Some(fault) = self.shared.network.as_deref().map(fault) else { return };
        self.record_given(direction, |talk, capture, at| {
            talk.say(capture, at, direction, &fault)?;
            Ok(0)
        });
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Directions that ended before have reported how.
        self.close(Way::ToServer, Ended::Off(Why::ProxyEnds));
        self.close(Way::ToClient, Ended::Off(Why::ProxyEnds));
        self.shared.hold(self.held_bytes, 0);
    }
}

impl Talks {
    /// Adds packets to the capture, if there is one. Returns the number that `make` gives.
    fn record(
        &mut self,
        shared: &Shared,
        place: Place,
        make: impl FnOnce(&mut Talk, &mut LiveCapture<Vec<u8>>, Duration) -> io::Result<u64>,
    ) -> u64 {
        let Some(tape) = &shared.tape else { return 0 };
        let talk = match (place, &mut self.far) {
            (Place::Far, Some(far)) => far,
            _ => &mut self.near,
        };
        tape.record(|capture, at| make(talk, capture, at))
    }
}

/// A side of the proxy. Without a disturbance, both are the same.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// The client's.
    Near,
    /// The server's.
    Far,
}

fn fault(network: &str) -> String {
    format!("the network's fault: {network}")
}

const fn way(direction: Way) -> Direction {
    match direction {
        Way::ToServer => Direction::ToServer,
        Way::ToClient => Direction::ToClient,
    }
}
