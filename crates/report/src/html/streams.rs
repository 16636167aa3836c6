//! Both directions, expected and seen: byte by byte, frame by frame, event by event.

use std::collections::BTreeMap;

use model::blob::to_hex;
use model::observation::{Direction, Observation, WireItem, WireLog};
use model::{Breaks, Expected, Frames, Key, Said, Wire};
use serde::Serialize;

use super::text::{Bytes, parting, shortened};

/// How many datagrams are shown each way.
const DATAGRAMS_MAX: usize = 64;
/// How many of the first events on the wire are shown,
const EVENTS_FIRST: usize = 300;
/// and how many of the last.
const EVENTS_LAST: usize = 60;
/// Longer keys and values of a dict are shortened.
const VALUE_MAX_CHARS: usize = 400;
const PREVIEW_BYTES: usize = 12;

/// One direction.
#[derive(Debug, Serialize)]
pub(super) struct Way {
    direction: &'static str,
    datagrams: bool,
    /// The numbers of expected and of seen datagrams.
    counts: (usize, usize),
    units: Vec<Unit>,
}

/// A stream, or a datagram: what is right and what was seen.
#[derive(Debug, Serialize)]
struct Unit {
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Side>,
    /// Missing if it equals what is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Side>,
    same: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    parting: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Side {
    #[serde(flatten)]
    bytes: Bytes,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<Frames>,
}

impl Way {
    /// This direction; `frames` are the frames of a stream, if it has any.
    pub(super) fn of(
        direction: Direction,
        expected: &Expected,
        seen: &Observation,
        frames: &dyn Fn(Said<'_>) -> Option<Frames>,
    ) -> Self {
        let breaks = [expected.breaks(direction).clone(), Breaks::of(&seen.wire, direction)];
        let right = expected.wire(direction);
        let found = right.like(seen, direction);
        let (right, found) = (units(right), units(&found));
        let counts = (right.len(), found.len());
        let shown = counts.0.max(counts.1).min(DATAGRAMS_MAX);
        let unit =
            |index| Unit::of(right.get(index).copied(), found.get(index).copied(), &breaks, frames);
        Self {
            direction: direction.name(),
            datagrams: matches!(expected.wire(direction), Wire::Datagrams(_)),
            counts,
            units: (0..shown).map(unit).collect(),
        }
    }
}

/// The same frames with long keys and values shortened.
fn with_short_keys(mut frames: Frames) -> Frames {
    for Key(key, value, _) in frames.frames.iter_mut().flat_map(|frame| &mut frame.keys) {
        *key = shortened(key, VALUE_MAX_CHARS);
        *value = shortened(value, VALUE_MAX_CHARS);
    }
    for part in frames.frames.iter_mut().flat_map(|frame| &mut frame.parts) {
        part.value = shortened(&part.value, VALUE_MAX_CHARS);
    }
    frames
}

fn units(wire: &Wire) -> Vec<&[u8]> {
    match wire {
        Wire::Stream(bytes) => vec![&bytes.0],
        Wire::Datagrams(datagrams) => datagrams.iter().map(|it| &it.0[..]).collect(),
    }
}

impl Unit {
    fn of(
        right: Option<&[u8]>,
        found: Option<&[u8]>,
        [in_right, in_found]: &[Breaks; 2],
        frames: &dyn Fn(Said<'_>) -> Option<Frames>,
    ) -> Self {
        let same = right == found;
        let at = match (right, found) {
            (Some(right), Some(found)) => parting(right, found),
            _ => Some(0),
        };
        let longest = right.map_or(0, <[u8]>::len).max(found.map_or(0, <[u8]>::len));
        let side = |bytes: &[u8], breaks| Side {
            bytes: Bytes::of(bytes, longest, at),
            frames: frames(Said { bytes, breaks }).map(with_short_keys),
        };
        let shown = found.filter(|_| !same);
        let expected = right.map(|bytes| side(bytes, in_right));
        Self { expected, found: shown.map(|bytes| side(bytes, in_found)), same, parting: at }
    }
}

/// The events on the wire, in the order of time.
#[derive(Debug, Serialize)]
pub(super) struct Events {
    events: Vec<Told>,
    /// How many events are left out, and the number of the event after them.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<(usize, usize)>,
}

/// Microseconds since the start, connection, direction, kind, offset and length of the bytes, and the first of
/// the bytes.
#[derive(Debug, Serialize)]
struct Told(u64, u32, &'static str, &'static str, usize, usize, String);

impl Events {
    pub(super) fn of(log: &WireLog) -> Self {
        let mut offsets: BTreeMap<(u32, Direction, bool), usize> = BTreeMap::new();
        let mut events = Vec::new();
        let left_out = log.events.len().saturating_sub(EVENTS_FIRST + EVENTS_LAST);
        for (number, event) in log.events.iter().enumerate() {
            let bytes = match &event.what {
                WireItem::Segment(bytes) | WireItem::Delivered(bytes) => &bytes.0[..],
                _ => &[],
            };
            let is_delivered = matches!(event.what, WireItem::Delivered(_));
            let offset =
                offsets.entry((event.connection, event.direction, is_delivered)).or_default();
            let at = *offset;
            *offset += bytes.len();
            if (EVENTS_FIRST..EVENTS_FIRST + left_out).contains(&number) {
                continue;
            }
            events.push(Told(
                u64::try_from(event.at.as_micros()).unwrap_or(u64::MAX),
                event.connection,
                event.direction.name(),
                name(&event.what),
                at,
                bytes.len(),
                to_hex(bytes.get(..PREVIEW_BYTES).unwrap_or(bytes)),
            ));
        }
        Self { events, left_out: (left_out > 0).then_some((left_out, EVENTS_FIRST)) }
    }
}

const fn name(what: &WireItem) -> &'static str {
    match what {
        WireItem::Connect => "connect",
        WireItem::Open => "open",
        WireItem::Segment(_) => "segment",
        WireItem::Fin => "fin",
        WireItem::Reset => "reset",
        WireItem::Delivered(_) => "delivered",
        WireItem::Fault => "fault",
    }
}
