//! From bytes, in whatever cuts they come, to the frames of a direction.

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

/// What a [`Parser`] has made of the bytes so far.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A frame begins.
    Frame {
        /// Index in [`Layout::frames`].
        frame: usize,
        /// Offset in the stream.
        at: usize,
    },
    /// A part of it is whole.
    Part(PartRead),
    /// A checksum is another than that of its part. Comes when the frame is whole.
    Mistake(Mistake),
    /// The frame is whole.
    End {
        /// Index in [`Layout::frames`].
        frame: usize,
        /// Offset in the stream behind it.
        at: usize,
    },
}

/// Reads the frames of one direction of a connection; it does no I/O and knows no time.
///
/// Feed it with [`push`](Self::push), tell it with [`turn`](Self::turn) that the other side speaks,
/// and at the end of the stream ask [`finish`](Self::finish). The events are the same whatever the
/// cuts. A frame begins with its first byte. What is kept is limited by [`Limits`], and only of
/// bytes that have come.
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
/// Where several frames may stand, all are read side by side. One that fails is out, one that is
/// left alone is it, and otherwise the one that is whole first, in the layout's order. Its events
/// come once that is known.
///
/// After an error the stream has no meaning any more, and every further call answers that error.
#[derive(Debug, Clone)]
pub struct Parser<'l> {
    plans: Vec<Arc<Plan<'l>>>,
    items: &'l [Item],
    limits: Limits,
    /// The first item that the next frame may be of.
    position: usize,
    /// Offset in the stream of the next byte.
    at: usize,
    /// The frames that the one under way may be; none between two.
    candidates: Vec<Candidate<'l>>,
    /// What was used for the last frame: memory for the next, if that is of the same item.
    spare: Vec<Candidate<'l>>,
    error: Option<ReadError>,
}

/// A frame that the one under way may be.
#[derive(Debug, Clone)]
struct Candidate<'l> {
    item: usize,
    machine: Machine<'l>,
    /// What it would say, while it isn't alone.
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

    /// Takes the next bytes of the stream and adds what they make to `events`.
    ///
    /// # Errors
    /// The bytes are not the layout's frames. What came before is in `events`.
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

    /// The other side begins to speak: a part of the size [`Size::Turn`](crate::Size::Turn) ends.
    ///
    /// # Errors
    /// What has come of that part is not what it is to be.
    pub fn turn(&mut self, events: &mut Vec<Event>) -> Result<(), ReadError> {
        self.check()?;
        let ended = self.end(Machine::turn, events);
        self.keep(ended)
    }

    /// The stream has ended: parts that go on until then end.
    ///
    /// # Errors
    /// It ended inside a frame, or before a frame that must stand; or the error that was met before.
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

    /// Whether it stands between two frames: nothing has come of the next one.
    #[must_use]
    pub fn is_between_frames(&self) -> bool {
        self.candidates.is_empty()
    }

    /// The index of the frame under way, that of the part under way, and where that part begins. Of
    /// several frames that may stand there, the first.
    #[must_use]
    pub fn under_way(&self) -> Option<(usize, usize, usize)> {
        let candidate = self.candidates.first()?;
        let (part, at) = candidate.machine.under_way();
        Some((self.items.get(candidate.item)?.frame, part, at))
    }

    /// Adds what is known of a frame that is not decided yet: the first of those it may be.
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

    /// Begins every frame that may stand here.
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

    /// Begins the only frame that may stand here with what was used for the last. Whether that was one of
    /// the same item.
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

    /// Gives the same bytes to every frame that this one may be.
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

    /// Lets every candidate go a step, and decides between them as if each byte had come alone. If
    /// a frame is whole, the answer is how many bytes it took.
    fn advance(
        &mut self,
        events: &mut Vec<Event>,
        step: impl Fn(&mut Machine<'l>, &mut Vec<Event>) -> (usize, Status),
    ) -> Result<Option<usize>, ReadError> {
        if let [alone] = self.candidates.as_mut_slice() {
            // Nothing to decide: it stays where it is, and what it says comes at once.
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

    /// A frame of this item is whole.
    fn pass(&mut self, item: usize) {
        let repeats = self.items.get(item).is_some_and(|item| item.repeats);
        self.position = item + usize::from(!repeats);
    }

    /// A frame of no bytes may not stand where any number of frames may.
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

    /// A frame of which nothing has come, at the end of the stream: is nothing all of it?
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
