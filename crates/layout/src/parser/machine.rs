//! Parses one frame, from its first byte to its last.

use std::sync::Arc;

use super::extent::{Extent, counted, keeps};
use super::sums::Sums;
use super::{Event, Limits};
use crate::error::{ReadError, Trouble};
use crate::spans::offset_in;
use crate::table::{Inner, Place};
use crate::text::decimal;
use crate::value::{SizeError, scalars, size_of_value};
use crate::{Counts, Encoding, Frame, Kind, PartRead, Size, Value};

/// The buffer of a part is reused for the next part, if it is no larger than this.
const SPARE_MAX_BYTES: usize = 1 << 10;

/// Facts about a frame's table, looked up once.
#[derive(Debug)]
pub(super) struct Plan<'l> {
    frame: &'l Frame,
    index: usize,
    /// The place of each part's size.
    sizes: Vec<Option<Place>>,
    /// The checksums, before any byte.
    sums: Sums<'l>,
}

impl<'l> Plan<'l> {
    pub(super) fn new(index: usize, frame: &'l Frame) -> Self {
        let sizes = (0..frame.parts.len()).map(|part| frame.size_place(part)).collect();
        Self { frame, index, sizes, sums: Sums::new(frame) }
    }

    pub(super) fn name(&self) -> &'l str {
        &self.frame.name
    }
}

/// Reads one frame. It decides at the same byte for all cuts.
#[derive(Debug, Clone)]
pub(super) struct Machine<'l> {
    plan: Arc<Plan<'l>>,
    frame: &'l Frame,
    limits: Limits,
    /// Offset in the stream of the frame.
    start: usize,
    /// Offset in the stream of the next byte.
    at: usize,
    /// The current part; the number of parts once all are complete.
    part: usize,
    part_at: usize,
    extent: Extent<'l>,
    kept: Vec<u8>,
    /// Each part's size, and the unit that it counts.
    sizes: Vec<Option<(Option<u64>, Counts)>>,
    /// Whether the current part's size is an absent key.
    is_absent: bool,
    sums: Sums<'l>,
}

/// The state of a frame.
pub(super) enum Status {
    More,
    Whole,
    Failed(ReadError),
}

type Step = Result<(), ReadError>;

impl<'l> Machine<'l> {
    pub(super) fn new(plan: &Arc<Plan<'l>>, start: usize, limits: Limits) -> Self {
        let frame = plan.frame;
        Self {
            plan: Arc::clone(plan),
            frame,
            limits,
            start,
            at: start,
            part: 0,
            part_at: start,
            extent: Extent::Bytes { total: 0, came: 0 },
            kept: Vec::new(),
            sizes: vec![None; frame.parts.len()],
            is_absent: false,
            sums: plan.sums.clone(),
        }
    }

    /// Begins another frame of the same kind.
    pub(super) fn restart(&mut self, start: usize) {
        (self.start, self.at, self.part, self.part_at) = (start, start, 0, start);
        self.sizes.fill(None);
        self.sums.clone_from(&self.plan.sums);
    }

    /// Begins the first part. A frame without bytes is then already complete.
    pub(super) fn begin(&mut self, events: &mut Vec<Event>) -> Status {
        events.push(Event::Frame { frame: self.plan.index, at: self.start });
        let begun = self.begin_part().and_then(|()| self.end_parts(false, events));
        self.status(begun)
    }

    /// Takes bytes of the frame from `input`. Returns how many, and the frame's state after
    /// them.
    pub(super) fn feed(&mut self, input: &[u8], events: &mut Vec<Event>) -> (usize, Status) {
        let mut used = 0;
        while self.part < self.frame.parts.len() && used < input.len() {
            let rest = input.get(used..).unwrap_or_default();
            let (count, step) = self.feed_part(rest, events);
            used += count;
            if let Err(error) = step {
                return (used, Status::Failed(error));
            }
        }
        (used, self.status(Ok(())))
    }

    /// The other side speaks.
    pub(super) fn turn(&mut self, events: &mut Vec<Event>) -> Status {
        let ended = match self.extent {
            Extent::Open { ends_with_turn: true, .. } if self.is_inside() => {
                self.end_part(events).and_then(|()| self.end_parts(false, events))
            }
            _ => Ok(()),
        };
        self.status(ended)
    }

    /// The stream has ended.
    pub(super) fn finish(&mut self, events: &mut Vec<Event>) -> Status {
        let ended = self.end_parts(true, events).and_then(|()| {
            if self.is_inside() {
                let came = self.at.saturating_sub(self.part_at) as u64;
                Err(self.error(self.at, self.extent.unexpected_end(came)))
            } else {
                Ok(())
            }
        });
        self.status(ended)
    }

    pub(super) const fn start(&self) -> usize {
        self.start
    }

    /// The current part, and where it begins.
    pub(super) const fn under_way(&self) -> (usize, usize) {
        (self.part, self.part_at)
    }

    const fn is_inside(&self) -> bool {
        self.part < self.frame.parts.len()
    }

    fn status(&self, step: Step) -> Status {
        match step {
            Err(error) => Status::Failed(error),
            Ok(()) if self.is_inside() => Status::More,
            Ok(()) => Status::Whole,
        }
    }

    fn kind(&self) -> Option<&'l Kind> {
        self.frame.parts.get(self.part).map(|part| &part.kind)
    }

    fn error(&self, at: usize, trouble: Trouble) -> ReadError {
        let part = self.frame.parts.get(self.part).map(|part| part.name.as_str().into());
        ReadError { at, frame: Some(self.frame.name.as_str().into()), part, trouble }
    }

    fn keeps(&self) -> u64 {
        let holds_checksum = self.sums.stands_in(self.part);
        self.kind().map_or(0, |kind| keeps(kind, &self.limits, holds_checksum))
    }

    fn feed_part(&mut self, input: &[u8], events: &mut Vec<Event>) -> (usize, Step) {
        let keeps = self.keeps();
        let before = self.at - self.part_at;
        let taken = self.extent.take(input, &mut self.kept, keeps);
        let bytes = input.get(..taken.count).unwrap_or_default();
        if let Some(Kind::Const(expected)) = self.kind() {
            let pairs = expected.iter().skip(before).zip(bytes).enumerate();
            if let Some((index, (expected, found))) = { pairs }.find(|(_, (a, b))| a != b) {
                let trouble = Trouble::ConstDiffers { expected: *expected, found: *found };
                return (index + 1, Err(self.error(self.at + index, trouble)));
            }
        }
        self.at = self.at.saturating_add(taken.count);
        self.sums.update(bytes);
        let step = match taken.is_whole {
            Err(trouble) => Err(self.error(self.part_at, trouble)),
            Ok(false) => Ok(()),
            Ok(true) => self.end_part(events).and_then(|()| self.end_parts(false, events)),
        };
        (taken.count, step)
    }

    /// Ends the parts that have everything they need: no bytes, or at the stream's end the
    /// bytes that have come.
    fn end_parts(&mut self, is_end: bool, events: &mut Vec<Event>) -> Step {
        while self.is_inside() {
            let is_whole = match &self.extent {
                Extent::Bytes { total, came } => total == came,
                Extent::Characters { total, .. } => *total == 0,
                Extent::Until { .. } => false,
                Extent::Open { .. } => is_end,
            };
            if !is_whole {
                break;
            }
            self.end_part(events)?;
        }
        Ok(())
    }

    fn begin_part(&mut self) -> Step {
        self.part_at = self.at;
        // Keeps a little memory for the next part.
        if self.kept.capacity() > SPARE_MAX_BYTES {
            self.kept = Vec::new();
        }
        self.kept.clear();
        self.is_absent = false;
        let Some(kind) = self.kind() else { return Ok(()) };
        self.sums.begin(self.part);
        let bytes = |total: usize| Extent::Bytes { total: total as u64, came: 0 };
        let limit = self.keeps();
        self.extent = match kind {
            Kind::Struct { format, .. } => bytes(format.size()),
            Kind::Digits { width } => bytes(*width),
            Kind::Const(expected) => bytes(expected.len()),
            Kind::Pad(length) => bytes(length.saturating_sub(self.at - self.start)),
            Kind::NumberUntil(delimiter)
            | Kind::TextUntil { delimiter, .. }
            | Kind::JsonUntil(delimiter) => {
                if delimiter.is_empty() {
                    bytes(0)
                } else {
                    Extent::Until { delimiter, limit }
                }
            }
            Kind::Json(size) | Kind::Text { size, .. } | Kind::Bytes(size) => {
                self.extent_of(kind, size, limit)?
            }
        };
        let (Extent::Bytes { total, .. } | Extent::Characters { total, .. }) = self.extent else {
            return Ok(());
        };
        let is_kept = !matches!(kind, Kind::Bytes(_) | Kind::Const(_) | Kind::Pad(_));
        if is_kept && total > limit {
            return Err(self.error(self.at, Trouble::TooLong { limit, found: total }));
        }
        Ok(())
    }

    fn extent_of(&mut self, kind: &Kind, size: &Size, limit: u64) -> Result<Extent<'l>, ReadError> {
        // A part that the parser does not keep has no limit.
        let limit = if matches!(kind, Kind::Bytes(_)) { u64::MAX } else { limit };
        Ok(match size {
            Size::Fixed(total) => Extent::Bytes { total: *total, came: 0 },
            Size::Rest => Extent::Open { ends_with_turn: false, limit },
            Size::Turn => Extent::Open { ends_with_turn: true, limit },
            Size::Of(path) => {
                let Some((size, counts)) = self.sizes.get(self.part).copied().flatten() else {
                    let trouble = Trouble::BadSize {
                        path: path.join("."),
                        of: self.part_name(self.part),
                        found: "no such value".to_owned(),
                    };
                    return Err(self.error(self.at, trouble));
                };
                self.is_absent = size.is_none();
                let total = size.unwrap_or(0);
                match counts {
                    Counts::Characters => {
                        let characters = counted(kind).characters();
                        Extent::Characters { total, characters, limit, came: 0 }
                    }
                    Counts::Bytes => Extent::Bytes { total, came: 0 },
                }
            }
        })
    }

    fn part_name(&self, part: usize) -> String {
        self.frame.parts.get(part).map(|part| part.name.clone()).unwrap_or_default()
    }

    /// Completes the current part: stores its value, its value as a size, and begins the next
    /// part.
    fn end_part(&mut self, events: &mut Vec<Event>) -> Step {
        let value = self.value().map_err(|trouble| self.error(self.part_at, trouble))?;
        let learned = self.learn_sizes(&value);
        let kind = self.kind();
        self.sums.end(self.part, self.part_at, kind, &value, &self.kept);
        let range = self.part_at..self.at;
        // The part is complete, even if its value as a size is wrong.
        events.push(Event::Part(PartRead { part: self.part, range, value }));
        learned?;
        self.part += 1;
        if !self.is_inside() {
            events.extend(self.sums.mistakes(self.frame).into_iter().map(Event::Mistake));
            events.push(Event::End { frame: self.plan.index, at: self.at });
        }
        self.begin_part()
    }

    fn value(&self) -> Result<Value, Trouble> {
        let Some(part) = self.frame.parts.get(self.part) else { return Ok(Value::Bytes) };
        let kept = self.kept.as_slice();
        let before = |delimiter: &[u8]| {
            kept.get(..kept.len().saturating_sub(delimiter.len())).unwrap_or_default()
        };
        match &part.kind {
            Kind::Struct { format, .. } => {
                Ok(scalars(part, format.unpack(kept).unwrap_or_default()))
            }
            Kind::Digits { .. } => number(trim_nuls(kept)),
            Kind::NumberUntil(delimiter) => number(before(delimiter)),
            Kind::TextUntil { delimiter, encoding } => text(*encoding, before(delimiter)),
            Kind::Text { encoding, .. } => text(*encoding, kept),
            Kind::Json(_) if self.is_absent => Ok(Value::Bytes),
            Kind::Json(_) => json(kept),
            Kind::JsonUntil(delimiter) => json(before(delimiter)),
            Kind::Bytes(_) | Kind::Const(_) | Kind::Pad(_) => Ok(Value::Bytes),
        }
    }

    /// Stores the part's value as the size of later parts.
    fn learn_sizes(&mut self, value: &Value) -> Step {
        let Some(part) = self.frame.parts.get(self.part) else { return Ok(()) };
        for (later, place) in self.plan.sizes.iter().enumerate().skip(self.part + 1) {
            let Some(place) = place.as_ref().filter(|place| place.part == self.part) else {
                continue;
            };
            let size = size_of_value(value, &place.inner).map_err(|error| {
                let (inner, trouble) = match error {
                    SizeError::NotAnObject(keys, found) => {
                        let mut path = part.name.clone();
                        keys.iter().for_each(|key| path.extend([".", key]));
                        (Inner::Keys(keys), Trouble::NotAnObject { path, found })
                    }
                    SizeError::NotASize(found) => {
                        let path = self.frame.path_of(place);
                        let of = self.part_name(later);
                        (place.inner.clone(), Trouble::BadSize { path, of, found })
                    }
                };
                let offset = offset_in(&part.kind, &inner, &self.kept);
                self.error(self.part_at + offset, trouble)
            })?;
            if let Some(slot) = self.sizes.get_mut(later) {
                *slot = Some((size, part.counts));
            }
        }
        Ok(())
    }
}

fn number(bytes: &[u8]) -> Result<Value, Trouble> {
    let number = decimal(bytes).map(|int| Value::Scalar(crate::Scalar::Int(int)));
    number.ok_or_else(|| Trouble::BadNumber { found: bytes.iter().take(64).copied().collect() })
}

fn trim_nuls(mut bytes: &[u8]) -> &[u8] {
    while let [0, rest @ ..] | [rest @ .., 0] = bytes {
        bytes = rest;
    }
    bytes
}

fn text(encoding: Encoding, bytes: &[u8]) -> Result<Value, Trouble> {
    let text = encoding.decode(bytes);
    text.map(Value::Text).map_err(|why| Trouble::NotText { encoding: encoding.name(), why })
}

fn json(bytes: &[u8]) -> Result<Value, Trouble> {
    pyjson::loads_bytes(bytes).map(Value::Json).map_err(|error| Trouble::NotJson { error })
}
