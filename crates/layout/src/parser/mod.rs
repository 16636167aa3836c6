//! Parses bytes, in any cuts, into the frames of a direction.

mod extent;
mod limits;
mod machine;
mod sums;

pub(crate) use extent::counted;
pub use limits::Limits;
pub(crate) use sums::shown;

use std::sync::Arc;

use machine::{Machine, Plan, Status};

use crate::error::{Mistake, ReadError, Trouble};
use crate::{Direction, Item, Layout, PartRead};

/// What a [`Parser`] has found in the bytes so far.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A frame begins.
    Frame {
        /// Index in [`Layout::frames`].
        frame: usize,
        /// Offset in the stream.
        at: usize,
    },
    /// A part of it is complete.
    Part(PartRead),
    /// A checksum differs from its part's. This event comes when the frame is complete.
    Mistake(Mistake),
    /// The frame is complete.
    End {
        /// Index in [`Layout::frames`].
        frame: usize,
        /// Offset in the stream after it.
        at: usize,
    },
}

/// Reads the frames of one direction of a connection. It does no I/O and uses no clock.
///
/// Feed it with [`push`](Self::push). Call [`turn`](Self::turn) when the other side speaks, and
/// [`finish`](Self::finish) at the end of the stream. The events are the same for all cuts. A frame
/// begins with its first byte. [`Limits`] bound what the parser keeps, and it keeps only bytes that have
/// come.
///
/// ```
/// use layout::{Direction, Encoding, Event, Frame, Item, Kind, Layout, Parser, Part, Value};
///
/// let line = Part::new("line", Kind::TextUntil { delimiter: b"\n".to_vec(), encoding: Encoding::Utf8 });
/// let layout = Layout {
///     frames: vec![Frame { name: "say".to_owned(), parts: vec![line] }],
///     to_server: vec![Item { frame: 0, repeats: true }],
///     to_client: Vec::new(),
/// };
/// let mut parser = Parser::new(&layout, Direction::ToServer);
/// let mut events = Vec::new();
/// parser.push(b"hel", &mut events)?;
/// assert_eq!(events, [Event::Frame { frame: 0, at: 0 }]);
/// parser.push(b"lo\n", &mut events)?;
/// let Event::Part(part) = &events[1] else { panic!("{events:?}") };
/// assert_eq!((part.range.clone(), &part.value), (0..6, &Value::Text("hello".to_owned())));
/// parser.finish(&mut events)?;
/// # Ok::<(), layout::ReadError>(())
/// ```
///
/// Where several frames may come, the parser reads all candidates side by side. A candidate that fails is
/// out. A candidate that is left alone is the frame. Otherwise the candidate that is complete first is
/// the frame, in the layout's order. Its events come once that is known.
///
/// After an error the rest of the stream has no meaning, and every further call returns that error.
#[derive(Debug, Clone)]
pub struct Parser<'l> {
    plans: Vec<Arc<Plan<'l>>>,
    items: &'l [Item],
    limits: Limits,
    /// The first item that the next frame may belong to.
    position: usize,
    /// Offset in the stream of the next byte.
    at: usize,
    /// The candidates for the current frame; none between two frames.
    candidates: Vec<Candidate<'l>>,
    /// The machine of the last frame: its memory serves the next frame of the same item.
    spare: Vec<Candidate<'l>>,
    error: Option<ReadError>,
}

/// A candidate for the current frame.
#[derive(Debug, Clone)]
struct Candidate<'l> {
    item: usize,
    machine: Machine<'l>,
    /// Its events, while it is not the only candidate.
    events: Vec<Event>,
}

impl<'l> Parser<'l> {
    /// A parser of one direction, with the default limits.
    #[must_use]
    pub fn new(layout: &'l Layout, direction: Direction) -> Self {
        Self::with_limits(layout, direction, Limits::default())
    }

    /// A parser of one direction.
    #[must_use]
    pub fn with_limits(layout: &'l Layout, direction: Direction, limits: Limits) -> Self {
        let items = layout.items(direction);
        let plan = |(index, frame)| Arc::new(Plan::new(index, frame));
        let plans = layout.frames.iter().enumerate().map(plan).collect();
        let (candidates, spare) = (Vec::new(), Vec::new());
        Self { plans, items, limits, position: 0, at: 0, candidates, spare, error: None }
    }

    /// Takes the next bytes of the stream and appends their events to `events`.
    ///
    /// # Errors
    /// The bytes are not the layout's frames. `events` has the events before the error.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), ReadError> {
        self.check()?;
        let mut left = bytes;
        while !left.is_empty() {
            let begun = if self.candidates.is_empty() { self.begin(left, events) } else { Ok(()) };
            let used = begun.and_then(|()| self.feed(left, events));
            left = left.get(self.keep(used)?..).unwrap_or_default();
        }
        Ok(())
    }

    /// The other side begins to speak, which ends a part of the size [`Size::Turn`](crate::Size::Turn).
    ///
    /// # Errors
    /// The bytes of that part so far are not what the part must be.
    pub fn turn(&mut self, events: &mut Vec<Event>) -> Result<(), ReadError> {
        self.check()?;
        let ended = self.end(Machine::turn, events);
        self.keep(ended)
    }

    /// The stream has ended, which ends parts that go on until then.
    ///
    /// # Errors
    /// It ended inside a frame, or before a frame that must come; or the earlier error.
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), ReadError> {
        self.check()?;
        let mut ended = self.end(Machine::finish, events);
        while ended.is_ok() {
            match self.items.get(self.position) {
                None => break,
                Some(item) if item.repeats => self.position += 1,
                Some(item) => ended = self.end_unbegun(*item, events),
            }
        }
        self.keep(ended)
    }

    /// Offset in the stream of the next byte.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Whether the parser is between two frames: no byte of the next one has come.
    #[must_use]
    pub fn is_between_frames(&self) -> bool {
        self.candidates.is_empty()
    }

    /// The index of the current frame, the index of the current part, and where that part begins. If
    /// several frames may come here, it is the first.
    #[must_use]
    pub fn under_way(&self) -> Option<(usize, usize, usize)> {
        let candidate = self.candidates.first()?;
        let (part, at) = candidate.machine.under_way();
        Some((self.items.get(candidate.item)?.frame, part, at))
    }

    /// Appends the events of an undecided frame: those of its first candidate.
    pub(crate) fn flush(&mut self, events: &mut Vec<Event>) {
        if let Some(first) = self.candidates.first_mut() {
            events.append(&mut first.events);
        }
    }

    fn check(&self) -> Result<(), ReadError> {
        self.error.clone().map_or(Ok(()), Err)
    }

    fn keep<T>(&mut self, result: Result<T, ReadError>) -> Result<T, ReadError> {
        if let Err(error) = &result {
            self.error = Some(error.clone());
            (self.candidates, self.spare) = (Vec::new(), Vec::new());
        }
        result
    }

    /// Begins every frame that may come here.
    fn begin(&mut self, left: &[u8], events: &mut Vec<Event>) -> Result<(), ReadError> {
        if !self.begin_again() {
            for (item, place) in (0..).zip(self.items).skip(self.position) {
                if let Some(plan) = self.plans.get(place.frame) {
                    let machine = Machine::new(plan, self.at, self.limits);
                    self.candidates.push(Candidate { item, machine, events: Vec::new() });
                }
                if !place.repeats {
                    break;
                }
            }
        }
        if self.candidates.is_empty() {
            let found = left.first().copied().unwrap_or_default();
            let trouble = Trouble::BytesBehind { found };
            return Err(ReadError { at: self.at, frame: None, part: None, trouble });
        }
        self.advance(events, |machine, events| (0, machine.begin(events))).map(|_| ())
    }

    /// Begins the only frame that may come here, in the last frame's machine. Returns whether that
    /// machine was one of the same item.
    fn begin_again(&mut self) -> bool {
        let next = self.items.get(self.position..).unwrap_or_default();
        let is_only = matches!(next, [_] | [Item { repeats: false, .. }, ..]);
        match self.spare.as_mut_slice() {
            [spare] if is_only && spare.item == self.position => {
                spare.machine.restart(self.at);
                std::mem::swap(&mut self.candidates, &mut self.spare);
                true
            }
            _ => false,
        }
    }

    /// Gives the same bytes to every candidate.
    fn feed(&mut self, left: &[u8], events: &mut Vec<Event>) -> Result<usize, ReadError> {
        if self.candidates.is_empty() {
            return Ok(0);
        }
        let used = self.advance(events, |machine, events| machine.feed(left, events))?;
        let used = used.unwrap_or(left.len());
        self.at = self.at.saturating_add(used);
        Ok(used)
    }

    fn end(
        &mut self,
        step: impl Fn(&mut Machine<'l>, &mut Vec<Event>) -> Status,
        events: &mut Vec<Event>,
    ) -> Result<(), ReadError> {
        if self.candidates.is_empty() {
            return Ok(());
        }
        self.advance(events, |machine, events| (0, step(machine, events))).map(|_| ())
    }

    /// Lets every candidate advance one step, and decides between them as if each byte had come alone. If
    /// a frame is complete, returns how many bytes it took.
    fn advance(
        &mut self,
        events: &mut Vec<Event>,
        step: impl Fn(&mut Machine<'l>, &mut Vec<Event>) -> (usize, Status),
    ) -> Result<Option<usize>, ReadError> {
        if let [alone] = self.candidates.as_mut_slice() {
            // There is nothing to decide: the candidate stays in place, and its events come at once.
            let (used, status) = step(&mut alone.machine, events);
            let (item, start) = (alone.item, alone.machine.start());
            return match self.refuse_empty(status, item, start, used) {
                Status::More => Ok(None),
                Status::Failed(error) => Err(error),
                Status::Whole => {
                    self.pass(item);
                    self.spare.clear();
                    std::mem::swap(&mut self.candidates, &mut self.spare);
                    Ok(Some(used))
                }
            };
        }
        let mut whole: Option<(usize, Candidate<'l>)> = None;
        let mut failed: Option<(usize, ReadError, Candidate<'l>)> = None;
        let mut going = Vec::new();
        for mut candidate in std::mem::take(&mut self.candidates) {
            let (used, status) = step(&mut candidate.machine, &mut candidate.events);
            match self.refuse_empty(status, candidate.item, candidate.machine.start(), used) {
                Status::More => going.push(candidate),
                Status::Whole if whole.as_ref().is_none_or(|(least, _)| used < *least) => {
                    whole = Some((used, candidate));
                }
                Status::Whole => {}
                Status::Failed(error) if failed.as_ref().is_none_or(|(most, ..)| used > *most) => {
                    failed = Some((used, error, candidate));
                }
                Status::Failed(_) => {}
            }
        }
        if let Some((used, mut candidate)) = whole {
            events.append(&mut candidate.events);
            self.pass(candidate.item);
            return Ok(Some(used));
        }
        self.candidates = going;
        match (self.candidates.as_mut_slice(), failed) {
            ([], Some((_, error, mut candidate))) => {
                events.append(&mut candidate.events);
                return Err(error);
            }
            ([alone], _) => events.append(&mut alone.events),
            _ => {}
        }
        Ok(None)
    }

    /// A frame of this item is complete.
    fn pass(&mut self, item: usize) {
        let repeats = self.items.get(item).is_some_and(|item| item.repeats);
        self.position = item + usize::from(!repeats);
    }

    /// A frame without bytes must not come where any number of frames may come.
    fn refuse_empty(&self, status: Status, item: usize, start: usize, used: usize) -> Status {
        let item = self.items.get(item);
        let is_empty = self.at.saturating_add(used) == start;
        match (status, item) {
            (Status::Whole, Some(item)) if item.repeats && is_empty => {
                let frame = self.plans.get(item.frame).map(|plan| plan.name().into());
                let trouble = Trouble::EmptyFrame;
                Status::Failed(ReadError { at: self.at, frame, part: None, trouble })
            }
            (status, _) => status,
        }
    }

    /// For a frame without a byte at the end of the stream: whether it may be empty.
    fn end_unbegun(&mut self, item: Item, events: &mut Vec<Event>) -> Result<(), ReadError> {
        let Some(plan) = self.plans.get(item.frame) else {
            self.position += 1;
            return Ok(());
        };
        let mut machine = Machine::new(plan, self.at, self.limits);
        let mut own = Vec::new();
        let begun = machine.begin(&mut own);
        let status = if matches!(begun, Status::More) { machine.finish(&mut own) } else { begun };
        match status {
            Status::Whole => {
                events.append(&mut own);
                self.position += 1;
                Ok(())
            }
            _ => Err(ReadError {
                at: self.at,
                frame: Some(plan.name().into()),
                part: None,
                trouble: Trouble::Missing,
            }),
        }
    }
}
