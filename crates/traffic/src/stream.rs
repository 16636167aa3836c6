//! One direction of a TCP connection: segments in any order in, the stream out. No I/O.
//!
//! ```text
//!  0            next                first held         sent
//!  |  delivered  |       gap         |  held  | gap |held|
//!                       acked: what the receiver has, lost if it isn't here
//! ```
//!
//! Of bytes that come twice the first are delivered. A gap waits for its bytes. It is lost when the
//! receiver has acknowledged it and enough packets have followed, when the receiver has acknowledged the
//! end, or when too much is held behind it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::event::{Direction, End, Event, What};
use crate::options::Limits;

/// The largest window of TCP. What is further away belongs to another connection.
const WINDOW_MAX: i64 = 1 << 30;
/// What holding a piece takes beside its bytes, at most.
const PIECE_BYTES: usize = 192;

/// The packet of an event, and its time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) packet: u64,
    pub(crate) time: Option<Duration>,
}

/// Where the events of a direction go.
pub(crate) struct Sink<'a> {
    pub(crate) events: &'a mut VecDeque<Event>,
    pub(crate) connection: u64,
    pub(crate) direction: Direction,
}

impl Sink<'_> {
    pub(crate) fn say(&mut self, mark: Mark, what: What) {
        let Mark { packet, time } = mark;
        let &mut Self { connection, direction, .. } = self;
        self.events.push_back(Event { connection, direction, packet, time, what });
    }
}

/// What a segment brings to its direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    /// The sequence number of its first byte.
    pub(crate) sequence: u32,
    pub(crate) payload: &'a [u8],
    pub(crate) missing: usize,
    pub(crate) is_fin: bool,
    pub(crate) mark: Mark,
    /// The packet's number on its connection.
    pub(crate) nth: u64,
}

/// Bytes behind a gap.
#[derive(Debug)]
struct Piece {
    payload_offset: usize,
    data: Vec<u8>,
    mark: Mark,
    nth: u64,
}

/// Where a stream begins.
#[derive(Debug, Clone, Copy)]
struct Begin {
    /// The sequence number of offset 0.
    first: u32,
    /// The sequence number of offset `next`.
    next: u32,
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(crate) struct Half {
    begin: Option<Begin>,
    /// The first and the last acknowledgement that came before it began.
    early: Option<(u32, u32)>,
    next: u64,
    held: BTreeMap<u64, Piece>,
    held_bytes: usize,
    /// The end of what was seen to be sent.
    sent: u64,
    /// The end of what the receiver has; the FIN counts as a byte.
    acked: u64,
    fin: Option<(u64, Mark)>,
    /// Which packet of the connection showed a gap that nothing is held behind.
    noticed: Option<u64>,
    is_ended: bool,
}

impl Half {
    pub(crate) fn is_begun(&self) -> bool {
        self.begin.is_some()
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Whether its sender is seen to have said its last.
    pub(crate) fn has_fin(&self) -> bool {
        self.fin.is_some() || self.is_ended
    }

    /// Whether bytes were seen of it.
    pub(crate) fn has_bytes(&self) -> bool {
        self.sent > 0
    }

    /// Whether it begins at this sequence number.
    pub(crate) fn begins_at(&self, sequence: u32) -> bool {
        self.begin.is_some_and(|begin| begin.first == sequence)
    }

    /// What it holds behind gaps, in bytes of memory.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// It begins at this sequence number.
    pub(crate) fn begin(&mut self, sequence: u32) {
        self.begin = Some(Begin { first: sequence, next: sequence });
        if let Some((_, last)) = self.early {
            self.acknowledge(last);
        }
    }

    /// Where it begins if its SYN is not in the capture: at the first acknowledgement, if that is
    /// near, or here.
    pub(crate) fn begin_unseen(&mut self, sequence: Option<u32>) {
        let first = self.early.map(|(first, _)| first);
        let near = first.filter(|first| {
            sequence.is_none_or(|here| (0..=WINDOW_MAX).contains(&apart(*first, here)))
        });
        if let Some(begin) = near.or(sequence) {
            self.begin(begin);
        }
    }

    /// How far a sequence number is from what comes next. `None` is too far.
    pub(crate) fn distance(&self, sequence: u32) -> Option<i64> {
        let distance = apart(self.begin?.next, sequence);
        (-WINDOW_MAX..=WINDOW_MAX).contains(&distance).then_some(distance)
    }

    /// The receiver has everything before this sequence number.
    pub(crate) fn acknowledge(&mut self, sequence: u32) {
        match self.distance(sequence) {
            Some(distance) => {
                let end = self.next.checked_add_signed(distance).unwrap_or_default();
                self.acked = self.acked.max(end);
            }
            None if self.begin.is_none() => {
                let (first, last) = self.early.unwrap_or((sequence, sequence));
                let is_later = apart(last, sequence) > 0;
                self.early = Some((first, if is_later { sequence } else { last }));
            }
            None => {}
        }
    }

    /// Take in what a segment brings. `false` is a segment that can't be of this stream.
    pub(crate) fn accept(&mut self, part: Part<'_>, sink: &mut Sink<'_>) -> bool {
        let Some(distance) = self.distance(part.sequence) else { return false };
        if self.is_ended {
            return true;
        }
        let length = i64::try_from(part.payload.len() + part.missing).unwrap_or_default();
        if let Some(end) = self.next.checked_add_signed(distance + length) {
            self.sent = self.sent.max(end);
            // One byte off: the FIN may have been taken for a lost byte.
            if part.is_fin && end + 1 >= self.next {
                self.fin.get_or_insert((end, part.mark));
            }
        }
        let known = usize::try_from(distance.min(0).unsigned_abs()).unwrap_or(usize::MAX);
        if let Some(data) = part.payload.get(known..).filter(|data| !data.is_empty()) {
            let start = self.next.saturating_add_signed(distance.max(0));
            if start == self.next && self.held.is_empty() {
                let data = data.to_vec();
                self.deliver(Piece::new(known, data, &part), sink);
            } else {
                self.hold(start, known, data, &part);
            }
        }
        self.deliver_held(sink);
        true
    }

    /// Keep what of a segment is not yet here.
    fn hold(&mut self, start: u64, payload_offset: usize, data: &[u8], part: &Part<'_>) {
        let (mut at, mut payload_offset, mut rest) = (start, payload_offset, data);
        while !rest.is_empty() {
            let before = self.held.range(..=at).next_back();
            let known_to = before.map_or(0, |(start, piece)| start + size(piece.data.len()));
            let after = self.held.range(at + 1..).next().map(|(start, _)| *start);
            let (until, is_new) = match after {
                _ if known_to > at => (known_to, false),
                Some(after) => (after, true),
                None => (u64::MAX, true),
            };
            let count = usize::try_from(until - at).unwrap_or(usize::MAX).min(rest.len());
            let (here, behind) = rest.split_at(count);
            if is_new {
                self.held_bytes += PIECE_BYTES + count;
                self.held.insert(at, Piece::new(payload_offset, here.to_vec(), part));
            }
            rest = behind;
            at += size(count);
            payload_offset += count;
        }
    }

    fn deliver(&mut self, piece: Piece, sink: &mut Sink<'_>) {
        let Piece { payload_offset, data, mark, .. } = piece;
        let offset = self.next;
        self.advance(size(data.len()));
        sink.say(mark, What::Bytes { offset, payload_offset, data });
    }

    /// Deliver what no gap is in front of, and the end.
    fn deliver_held(&mut self, sink: &mut Sink<'_>) {
        while let Some(entry) = self.held.first_entry().filter(|entry| *entry.key() == self.next) {
            let piece = entry.remove();
            self.held_bytes -= PIECE_BYTES + piece.data.len();
            self.deliver(piece, sink);
        }
        if let Some((_, mark)) = self.fin.filter(|(end, _)| *end <= self.next) {
            self.end(End::Fin, mark, sink);
        }
    }

    fn advance(&mut self, count: u64) {
        self.next += count;
        self.noticed = None;
        if let Some(begin) = &mut self.begin {
            let count = u32::try_from(count & u64::from(u32::MAX)).unwrap_or_default();
            begin.next = begin.next.wrapping_add(count);
        }
    }

    fn end(&mut self, why: End, mark: Mark, sink: &mut Sink<'_>) {
        if !self.is_ended {
            self.is_ended = true;
            self.held.clear();
            self.held_bytes = 0;
            sink.say(mark, What::End(why));
        }
    }

    /// The end of the bytes that the receiver has. One more than was seen is the FIN, probably.
    fn acked_bytes(&self) -> u64 {
        let seen = self.sent.max(self.next);
        let acked = self.fin.map_or(self.acked, |(end, _)| self.acked.min(end));
        if acked == seen + 1 { seen } else { acked }
    }

    /// Give up the gaps that have waited long enough, as of packet `nth` of the connection.
    pub(crate) fn settle(&mut self, nth: u64, limits: &Limits, mark: Mark, sink: &mut Sink<'_>) {
        while !self.is_ended {
            let acked = self.acked_bytes();
            let first = self.held.first_key_value().map(|(start, piece)| (*start, piece.nth));
            if first.is_none() && self.sent.max(acked) <= self.next {
                return;
            }
            let since = match first {
                Some((_, nth)) => nth,
                None => *self.noticed.get_or_insert(nth),
            };
            // Behind an acknowledged end nobody sends again, and few packets follow.
            let is_over = self.fin.is_some_and(|(end, _)| self.acked > end);
            let has_waited = nth.saturating_sub(since) >= limits.patience_packets;
            let is_due = acked > self.next && (is_over || has_waited);
            let until = match first {
                Some((first, _)) if self.held_bytes > limits.held_bytes => first,
                Some((first, _)) if is_due => acked.min(first),
                None if is_due => acked,
                _ => return,
            };
            self.lose(until, mark, sink);
            self.deliver_held(sink);
        }
    }

    fn lose(&mut self, until: u64, mark: Mark, sink: &mut Sink<'_>) {
        let behind = self.held.get(&until).map_or(mark, |piece| piece.mark);
        let (offset, count) = (self.next, until - self.next);
        self.advance(count);
        sink.say(behind, What::Lost { offset, count: Some(count) });
    }

    /// Give up the gaps that the receiver has acknowledged and something is held behind.
    pub(crate) fn give_up_acknowledged(&mut self, mark: Mark, sink: &mut Sink<'_>) {
        while let Some((first, _)) = self.held.first_key_value() {
            let until = self.acked_bytes().min(*first);
            if until <= self.next {
                return;
            }
            self.lose(until, mark, sink);
            self.deliver_held(sink);
        }
    }

    /// Give up all gaps that something is held behind.
    pub(crate) fn give_up(&mut self, mark: Mark, sink: &mut Sink<'_>) {
        while let Some((first, _)) = self.held.first_key_value() {
            self.lose(*first, mark, sink);
            self.deliver_held(sink);
        }
    }

    /// Nothing more comes.
    pub(crate) fn finish(&mut self, why: End, mark: Mark, sink: &mut Sink<'_>) {
        self.give_up(mark, sink);
        if self.is_ended {
            return;
        }
        let end = self.sent.max(self.acked_bytes());
        if end > self.next {
            self.lose(end, mark, sink);
            self.deliver_held(sink);
        }
        self.end(why, mark, sink);
    }
}

impl Piece {
    fn new(payload_offset: usize, data: Vec<u8>, part: &Part<'_>) -> Self {
        Self { payload_offset, data, mark: part.mark, nth: part.nth }
    }
}

/// How far the second sequence number is behind the first. They wrap around.
fn apart(first: u32, second: u32) -> i64 {
    second.wrapping_sub(first).cast_signed().into()
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
