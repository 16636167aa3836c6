//! Reads a whole stream at once.

use crate::error::{Mistake, ReadError};
use crate::parser::{Event, Parser};
use crate::{Direction, FrameRead, Layout, Limits};

/// What a stream consists of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Its frames, in order. The last one may be incomplete.
    pub frames: Vec<FrameRead>,
    /// Why the bytes after them are not frames.
    pub trouble: Option<ReadError>,
    /// Checksums that differ from their parts'.
    pub mistakes: Vec<Mistake>,
}

/// Reads a direction's stream from its beginning, with the default limits.
///
/// `turns` are the offsets at which the other side spoke, in rising order. `is_ended` says whether
/// the stream ended where `stream` ends; otherwise an incomplete frame is not an error.
#[must_use]
pub fn read(
    layout: &Layout,
    direction: Direction,
    stream: &[u8],
    turns: &[usize],
    is_ended: bool,
) -> Reading {
    read_within(layout, direction, stream, turns, is_ended, Limits::default())
}

/// [`read`] with limits.
#[must_use]
pub fn read_within(
    layout: &Layout,
    direction: Direction,
    stream: &[u8],
    turns: &[usize],
    is_ended: bool,
    limits: Limits,
) -> Reading {
    let mut parser = Parser::with_limits(layout, direction, limits);
    let mut events = Vec::new();
    let trouble = read_all(&mut parser, stream, turns, is_ended, &mut events).err();
    if trouble.is_none() {
        parser.flush(&mut events);
    }
    let mut reading = Reading { trouble, ..Reading::default() };
    events.into_iter().for_each(|event| reading.add(event));
    reading
}

fn read_all(
    parser: &mut Parser<'_>,
    stream: &[u8],
    turns: &[usize],
    is_ended: bool,
    events: &mut Vec<Event>,
) -> Result<(), ReadError> {
    let mut done = 0;
    for turn in turns {
        if let Some(bytes) = stream.get(done..*turn) {
            parser.push(bytes, events)?;
            parser.turn(events)?;
            done = *turn;
        }
    }
    parser.push(stream.get(done..).unwrap_or_default(), events)?;
    if is_ended { parser.finish(events) } else { Ok(()) }
}

impl Reading {
    fn add(&mut self, event: Event) {
        match event {
            Event::Frame { frame, at } => {
                self.frames.push(FrameRead { frame, at, parts: Vec::new(), is_whole: false });
            }
            Event::Part(part) => {
                if let Some(last) = self.frames.last_mut() {
                    last.parts.push(part);
                }
            }
            Event::Mistake(mistake) => self.mistakes.push(mistake),
            Event::End { .. } => {
                if let Some(last) = self.frames.last_mut() {
                    last.is_whole = true;
                }
            }
        }
    }
}
