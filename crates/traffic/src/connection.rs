//! A connection: its two directions, and which side is the client. No I/O.

use std::collections::VecDeque;
use std::net::SocketAddr;

use crate::event::{Direction, End, Event, Transport, What};
use crate::options::{Limits, Server};
use crate::packet::{Ends, Segment};
use crate::stream::{Half, Mark, Part, Sink};

/// How far from the end of a connection a segment may be and still count as a late one.
const LATE_BYTES: i64 = 16 << 20;

/// A connection, or all datagrams between two ports.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
    /// Whether the options exclude it.
    pub(crate) is_left_out: bool,
    /// The number of its last packet.
    pub(crate) last_packet: u64,
    seen_from_start: bool,
    packets: u64,
    up: Half,
    down: Half,
}

impl Connection {
    /// A connection whose first packet was just seen.
    pub(crate) fn new(ends: Ends, is_client_first: bool, seen_from_start: bool) -> Self {
        let (client, server) =
            if is_client_first { (ends.from, ends.to) } else { (ends.to, ends.from) };
        Self {
            id: 0,
            client,
            server,
            is_left_out: false,
            last_packet: 0,
            seen_from_start,
            packets: 0,
            up: Half::default(),
            down: Half::default(),
        }
    }

    /// Reports that it was seen for the first time.
    pub(crate) fn say_open(
        &self,
        ends: Ends,
        transport: Transport,
        mark: Mark,
        events: &mut VecDeque<Event>,
    ) {
        let &Self { id, client, server, seen_from_start, .. } = self;
        let direction = self.direction(ends);
        let what = What::Open { transport, client, server, seen_from_start };
        Sink { events, connection: id, direction }.say(mark, what);
    }

    pub(crate) fn direction(&self, ends: Ends) -> Direction {
        if ends.from == self.client { Direction::ToServer } else { Direction::ToClient }
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.up.is_ended() && self.down.is_ended()
    }

    /// The memory that it uses after gaps, in bytes.
    pub(crate) fn held_bytes(&self) -> usize {
        self.up.held_bytes() + self.down.held_bytes()
    }

    /// The direction of the segment, and the opposite one.
    fn halves(&self, ends: Ends) -> (&Half, &Half) {
        match self.direction(ends) {
            Direction::ToServer => (&self.up, &self.down),
            Direction::ToClient => (&self.down, &self.up),
        }
    }

    /// Whether the segment belongs to a new connection between the same ports.
    pub(crate) fn is_replaced_by(&self, segment: &Segment<'_>) -> bool {
        let (own, other) = self.halves(segment.ends);
        if segment.is_syn {
            let has_end = own.has_fin() || other.has_fin();
            if own.begins_at(segment.sequence.wrapping_add(1)) {
                // The same number again is a copy, unless the connection was about to end.
                return has_end && segment.acknowledged.is_none();
            }
            // It may be the answer to the first SYN, or both sides open the connection.
            let is_answer = segment.acknowledged.is_some() || !other.has_bytes();
            return own.is_begun() || has_end || !self.seen_from_start || !is_answer;
        }
        let has_bytes = segment.payload.len() + segment.missing > 0 && !segment.is_reset;
        let is_late = own.distance(segment.sequence).is_some_and(|far| far.abs() <= LATE_BYTES);
        self.is_ended() && has_bytes && !is_late
    }

    /// Handles a segment. Returns `false` if it can't belong to this connection.
    pub(crate) fn accept(
        &mut self,
        segment: &Segment<'_>,
        limits: &Limits,
        mark: Mark,
        events: &mut VecDeque<Event>,
    ) -> bool {
        self.packets += 1;
        let (connection, nth, from_start) = (self.id, self.packets, self.seen_from_start);
        let direction = self.direction(segment.ends);
        let (own, other) = match direction {
            Direction::ToServer => (&mut self.up, &mut self.down),
            Direction::ToClient => (&mut self.down, &mut self.up),
        };
        let mut sink = Sink { events, connection, direction };
        if segment.is_syn && !own.is_begun() {
            own.begin(segment.sequence.wrapping_add(1));
        }
        if let Some(number) = segment.acknowledged {
            // The answer to a SYN shows where the other direction begins.
            if segment.is_syn && !other.is_begun() {
                other.begin(number);
            }
            other.acknowledge(number);
        }
        if segment.is_reset {
            let is_far = own.is_begun() && own.distance(segment.sequence).is_none();
            if !is_far {
                if own.is_begun() {
                    own.acknowledge(segment.sequence);
                }
                finish(own, from_start, End::Reset, mark, &mut sink);
                sink.direction = direction.opposite();
                finish(other, from_start, End::ResetByReceiver, mark, &mut sink);
            }
            return !is_far;
        }
        let mut is_fitting = true;
        if !segment.payload.is_empty() || segment.missing > 0 || segment.is_fin {
            let sequence = segment.sequence.wrapping_add(u32::from(segment.is_syn));
            if !own.is_begun() {
                own.begin_unseen(Some(sequence));
                say_unseen(from_start, mark, &mut sink);
            }
            let &Segment { payload, missing, is_fin, .. } = segment;
            let part = Part { sequence, payload, missing, is_fin, mark, nth };
            is_fitting = own.accept(part, &mut sink);
        }
        own.settle(nth, limits, mark, &mut sink);
        sink.direction = direction.opposite();
        other.settle(nth, limits, mark, &mut sink);
        is_fitting
    }

    /// Gives up gaps with data after them: all, or those that were acknowledged.
    pub(crate) fn give_up(&mut self, is_all: bool, mark: Mark, events: &mut VecDeque<Event>) {
        let mut sink = Sink { events, connection: self.id, direction: Direction::ToServer };
        for half in [&mut self.up, &mut self.down] {
            if is_all {
                half.give_up(mark, &mut sink);
            } else {
                half.give_up_acknowledged(mark, &mut sink);
            }
            sink.direction = Direction::ToClient;
        }
    }

    /// Ends the connection.
    pub(crate) fn finish(&mut self, why: End, mark: Mark, events: &mut VecDeque<Event>) {
        let mut sink = Sink { events, connection: self.id, direction: Direction::ToServer };
        finish(&mut self.up, self.seen_from_start, why, mark, &mut sink);
        sink.direction = Direction::ToClient;
        finish(&mut self.down, self.seen_from_start, why, mark, &mut sink);
    }
}

/// Ends a direction. It may be known from acknowledgements alone.
fn finish(half: &mut Half, from_start: bool, why: End, mark: Mark, sink: &mut Sink<'_>) {
    if !half.is_begun() {
        half.begin_unseen(None);
        if half.is_begun() {
            say_unseen(from_start, mark, sink);
        }
    }
    half.finish(why, mark, sink);
}

/// Reports that bytes may be missing at the beginning of a direction.
fn say_unseen(from_start: bool, mark: Mark, sink: &mut Sink<'_>) {
    if from_start {
        sink.say(mark, What::Lost { offset: 0, count: None });
    }
}

/// Whether the sender of a connection's first packet is its client.
pub(crate) fn is_client_first(ends: Ends, syn: Option<bool>, server: Option<Server>) -> bool {
    // A SYN decides; then the known server; then who sends first.
    syn.unwrap_or_else(|| {
        let is = |address| server.is_some_and(|server| server.is(address));
        !is(ends.from) || is(ends.to)
    })
}
