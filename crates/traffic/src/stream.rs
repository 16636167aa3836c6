//! One direction of a TCP connection: takes segments in any order, and returns the stream. No I/O.
//!
//! ```text
//!  0            next                first held         sent
//!  |  delivered  |       gap         |  held  | gap |held|
//!                       acked: what the receiver has, lost if it isn't here
//! ```
//!
//! If bytes arrive twice, the first version is delivered. A gap waits for its bytes. It counts as lost when the
//! receiver has acknowledged it and enough packets have followed, when the receiver has acknowledged the end,
//! or when too many bytes are held after it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::event::{Direction, End, Event, What};
use crate::options::Limits;

/// The largest window of TCP. Segments further away belong to another connection.
const WINDOW_MAX: i64 = 1 << 30;
/// The most memory that a held piece takes besides its bytes.
const PIECE_BYTES: usize = 192;

/// The packet of an event, and its time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) packet: u64,
    pub(crate) time: Option<Duration>,
}

/// Receives the events of a direction.
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

/// The contents of a segment for its direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    /// The sequence number of its first byte.
    pub(crate) sequence: u32,
    pub(crate) payload: &'a [u8],
    pub(crate) missing: usize,
    pub(crate) is_fin: bool,
    pub(crate) mark: Mark,
    /// The packet's number in its connection.
    pub(crate) nth: u64,
}

/// Bytes after a gap.
#[derive(Debug)]
struct Piece {
    payload_offset: usize,
    data: Vec<u8>,
    mark: Mark,
    nth: u64,
}

/// The beginning of a stream.
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
    /// The first and the last acknowledgement before its beginning was known.
    early: Option<(u32, u32)>,
    next: u64,
    held: BTreeMap<u64, Piece>,
    held_bytes: usize,
    /// The end of what is known to have been sent.
    sent: u64,
    /// The end of what the receiver has. The FIN counts as a byte.
    acked: u64,
    fin: Option<(u64, Mark)>,
    /// The connection's packet that revealed a gap with nothing held after it.
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

    /// Whether its sender's FIN was seen.
    pub(crate) fn has_fin(&self) -> bool {
        self.fin.is_some() || self.is_ended
    }

    /// Whether any of its bytes were seen.
    pub(crate) fn has_bytes(&self) -> bool {
        self.sent > 0
    }

    /// Whether it begins at this sequence number.
    pub(crate) fn begins_at(&self, sequence: u32) -> bool {
        self.begin.is_some_and(|begin| begin.first == sequence)
    }

    /// The memory that it uses after gaps, in bytes.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Sets its beginning to this sequence number.
    pub(crate) fn begin(&mut self, sequence: u32) {
        self.begin = Some(Begin { first: sequence, next: sequence });
        if let Some((_, last)) = self.early {
            self.acknowledge(last);
        }
    }

    /// Sets its beginning if the capture lacks its SYN: at the first acknowledgement, if that is near, or here.
    pub(crate) fn begin_unseen(&mut self, sequence: Option<u32>) {
        let first = self.early.map(|(first, _)| first);
        let near = first.filter(|first| {
            sequence.is_none_or(|here| (0..=WINDOW_MAX).contains(&apart(*first, here)))
        });
        if let Some(begin) = near.or(sequence) {
            self.begin(begin);
        }
    }

    /// The distance of a sequence number from the next expected one. `None` if it is too far.
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

    /// Handles a segment. Returns `false` if it can't belong to this stream.
    pub(crate) fn accept(&mut self, part: Part<'_>, sink: &mut Sink<'_>) -> bool {
        let Some(distance) = self.distance(part.sequence) else { return false };
        if self.is_ended {
            return true;
        }
        let length = i64::try_from(part.payload.len() + part.missing).unwrap_or_default();
        if let Some(end) = self.next.checked_add_signed(distance + length) {
            self.sent = self.sent.max(end);
            // One byte off: the FIN may have counted as a lost byte.
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

    /// Keeps the new part of a segment.
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

    /// Delivers what has no gap before it, and the end.
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

    /// The end of the bytes that the receiver has. One more than was seen is probably the FIN.
    fn acked_bytes(&self) -> u64 {
        let seen = self.sent.max(self.next);
        let acked = self.fin.map_or(self.acked, |(end, _)| self.acked.min(end));
        if acked == seen + 1 { seen } else { acked }
    }

    /// Gives up the gaps that have waited long enough, at packet `nth` of the connection.
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
            // After an acknowledged end, nothing is sent again, and few packets follow.
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

    /// Gives up the acknowledged gaps with data held after them.
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

    /// Gives up all gaps with data held after them.
    pub(crate) fn give_up(&mut self, mark: Mark, sink: &mut Sink<'_>) {
        while let Some((first, _)) = self.held.first_key_value() {
            self.lose(*first, mark, sink);
            self.deliver_held(sink);
        }
    }

    /// Ends the direction.
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

/// The distance from the first sequence number to the second. They wrap around.
fn apart(first: u32, second: u32) -> i64 {
    second.wrapping_sub(first).cast_signed().into()
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
