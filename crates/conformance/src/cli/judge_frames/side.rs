//! One direction of a TCP connection, checked against the frames as its bytes arrive. No I/O.

use layout::{Direction, Event, Inner, Kind, Layout, Parser, ReadError, Trouble};

use super::findings::{Why, Wrong, shortened};
use super::places::{Place, Places, Range};

/// What new bytes of a direction showed.
#[derive(Debug, Default)]
pub(in crate::cli) struct News {
    /// The indices of the frames that became whole.
    pub(in crate::cli) frames: Vec<usize>,
    pub(in crate::cli) wrong: Vec<Wrong>,
    /// The parser's events; kept for reuse.
    events: Vec<Event>,
}

/// The bytes of one packet.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Chunk<'a> {
    pub(in crate::cli) packet: u64,
    /// The offset in the stream.
    pub(in crate::cli) offset: u64,
    /// The offset in the packet's payload.
    pub(in crate::cli) payload_offset: usize,
    pub(in crate::cli) data: &'a [u8],
}

/// A direction of a connection.
#[derive(Debug)]
pub(in crate::cli) struct Side<'l> {
    pub(in crate::cli) direction: Direction,
    /// `None` once judging has stopped.
    reader: Option<Box<Reader<'l>>>,
    /// The number of whole frames.
    pub(in crate::cli) frames: u64,
    /// Why judging stopped, and at which packet.
    pub(in crate::cli) why: Option<(Why, u64)>,
    pub(in crate::cli) judged_bytes: u64,
    pub(in crate::cli) unjudged_bytes: u64,
}

#[derive(Debug)]
struct Reader<'l> {
    layout: &'l Layout,
    parser: Parser<'l>,
    places: Places,
    /// The offset of the current frame.
    frame_at: usize,
    /// The offsets of its whole parts.
    parts: Vec<usize>,
    /// Whether bytes arrived after the other side last sent some.
    is_speaking: bool,
    /// A mistake that appeared when the other side sent. It counts unless bytes were lost there.
    pending: Option<ReadError>,
}

impl<'l> Side<'l> {
    /// A direction whose beginning was seen. The parser has read nothing yet.
    pub(in crate::cli) fn new(
        layout: &'l Layout,
        direction: Direction,
        parser: Parser<'l>,
    ) -> Self {
        let reader = Reader {
            layout,
            parser,
            places: Places::default(),
            frame_at: 0,
            parts: Vec::new(),
            is_speaking: false,
            pending: None,
        };
        Self { reader: Some(Box::new(reader)), ..Self::skipped(direction, None) }
    }

    /// A direction that is not judged.
    pub(in crate::cli) const fn skipped(direction: Direction, why: Option<(Why, u64)>) -> Self {
        let (frames, judged_bytes, unjudged_bytes) = (0, 0, 0);
        Self { direction, reader: None, frames, why, judged_bytes, unjudged_bytes }
    }

    /// The next bytes.
    pub(in crate::cli) fn bytes(&mut self, chunk: Chunk<'_>, news: &mut News) {
        let length = chunk.data.len() as u64;
        self.confirm(chunk.packet, news);
        let Some(reader) = &mut self.reader else {
            self.unjudged_bytes += length;
            return;
        };
        let at = reader.parser.at();
        if chunk.offset != at as u64 {
            self.stop(Why::Lost, chunk.packet);
            self.unjudged_bytes += length;
            return;
        }
        reader.is_speaking = true;
        let Chunk { packet, payload_offset: byte, data, .. } = chunk;
        let range = Range { start: at, end: at.saturating_add(data.len()), packet, byte };
        reader.places.add(range, reader.passed());
        let pushed = reader.parser.push(data, &mut news.events);
        self.take(news, packet);
        match pushed {
            Ok(()) => {
                self.judged_bytes += length;
                if let Some(reader) = &mut self.reader {
                    reader.places.forget_before(reader.frame_at);
                }
            }
            Err(error) => {
                let judged = (error.at.saturating_sub(at) as u64).min(length);
                self.judged_bytes += judged;
                self.unjudged_bytes += length - judged;
                self.fail(error, packet, "", news);
            }
        }
    }

    /// The other side sends.
    pub(in crate::cli) fn turn(&mut self, packet: u64, news: &mut News) {
        let Some(reader) = &mut self.reader else { return };
        if !std::mem::take(&mut reader.is_speaking) || reader.pending.is_some() {
            return;
        }
        let turned = reader.parser.turn(&mut news.events);
        reader.pending = turned.err();
        self.take(news, packet);
    }

    /// The capture lost bytes here.
    pub(in crate::cli) fn lost(&mut self, packet: u64) {
        self.stop(Why::Lost, packet);
    }

    /// The sender ended the stream.
    pub(in crate::cli) fn finish(&mut self, packet: u64, how: &str, news: &mut News) {
        self.confirm(packet, news);
        let Some(reader) = &mut self.reader else { return };
        let finished = reader.parser.finish(&mut news.events);
        self.take(news, packet);
        if let Err(error) = finished {
            self.fail(error, packet, how, news);
        }
    }

    /// The sender reset the connection. Inside a frame, this is a mistake. Between two frames, it is not, even
    /// if more frames should follow.
    pub(in crate::cli) fn reset(&mut self, packet: u64, news: &mut News) {
        self.confirm(packet, news);
        if self.reader.as_ref().is_some_and(|reader| !reader.parser.is_between_frames()) {
            self.finish(packet, ", by a reset", news);
        }
    }

    /// Nothing more arrives, for a reason that is not the sender's fault.
    pub(in crate::cli) fn break_off(&mut self, why: Why, packet: u64, news: &mut News) {
        self.confirm(packet, news);
        if self.reader.as_ref().is_some_and(|reader| !reader.parser.is_between_frames()) {
            self.stop(why, packet);
        }
    }

    /// Stops judging.
    pub(in crate::cli) fn stop(&mut self, why: Why, packet: u64) {
        if let Some(reader) = self.reader.take() {
            let begun =
                (reader.parser.at().saturating_sub(reader.frame_at) as u64).min(self.judged_bytes);
            self.judged_bytes -= begun;
            self.unjudged_bytes += begun;
            self.why = Some((why, packet));
        }
    }

    /// The approximate memory that it uses, in bytes.
    pub(in crate::cli) fn held_bytes(&self) -> usize {
        self.reader.as_ref().map_or(0, |reader| reader.held_bytes(self.direction))
    }

    /// Confirms a mistake at the end of a turn: no bytes were lost there.
    fn confirm(&mut self, packet: u64, news: &mut News) {
        if let Some(error) = self.reader.as_mut().and_then(|reader| reader.pending.take()) {
            self.fail(error, packet, "", news);
        }
    }

    /// Handles the parser's events.
    fn take(&mut self, news: &mut News, packet: u64) {
        let Some(reader) = &mut self.reader else { return };
        for event in news.events.drain(..) {
            match event {
                Event::Frame { .. } => reader.parts.clear(),
                Event::Part(part) => reader.parts.push(part.range.start),
                Event::End { frame, at } => {
                    self.frames += 1;
                    reader.frame_at = at;
                    news.frames.push(frame);
                }
                Event::Mistake(mistake) => {
                    let place = reader.place(mistake.at, packet);
                    news.wrong.push(digest(&mistake, place, self.frames + 1));
                }
            }
        }
    }

    /// Records a mistake, and stops judging after it.
    fn end_with(&mut self, mut wrong: Wrong, packet: u64, news: &mut News) {
        wrong.is_last = true;
        news.wrong.push(wrong);
        self.reader = None;
        self.why = Some((Why::AfterMistake, packet));
    }

    fn fail(&mut self, error: ReadError, packet: u64, how: &str, news: &mut News) {
        let Some(reader) = &self.reader else { return };
        if let Some(wrong) = reader.too_long(&error, packet, self.frames + 1) {
            self.end_with(wrong, packet, news);
            return;
        }
        let is_end = matches!(error.trouble, Trouble::UnexpectedEnd { .. } | Trouble::Missing);
        let place = if is_end { reader.places.end(packet) } else { reader.place(error.at, packet) };
        let mut wrong = broken(reader.layout, &error, place, self.frames + 1);
        if is_end {
            wrong.found.push_str(how);
        }
        self.end_with(wrong, packet, news);
    }
}

impl Reader<'_> {
    /// A size value that makes a part longer than the limit. The mistake is in the value itself; its byte order
    /// is often wrong.
    fn too_long(&self, error: &ReadError, packet: u64, nth: u64) -> Option<Wrong> {
        let Trouble::TooLong { limit, found } = error.trouble else { return None };
        let frame = self.layout.frames.get(self.layout.frame(error.frame.as_deref()?)?)?;
        let part = error.part.as_deref()?;
        let size = frame.size_place(frame.part(part)?)?;
        let field = match (&frame.parts.get(size.part)?.kind, &size.inner) {
            (Kind::Struct { format, .. }, Inner::Field(index)) => {
                format.ranges().get(*index)?.start
            }
            _ => 0,
        };
        let offset = self.parts.get(size.part)? + field;
        Some(Wrong {
            place: self.place(offset, packet),
            offset,
            frame: nth,
            path: format!("{}.{}", frame.name, frame.path_of(&size)),
            expected: format!("the size of {part} to be at most {limit}"),
            found: found.to_string(),
            is_last: false,
        })
    }

    fn place(&self, offset: usize, packet: u64) -> Place {
        let unknown = Place { packet, byte: 0, is_exact: false };
        self.places.find(offset).unwrap_or(unknown)
    }

    /// Where the current part begins, if its bytes are not kept.
    fn passed(&self) -> Option<usize> {
        let (frame, part, at) = self.parser.under_way()?;
        let kind = &self.layout.frames.get(frame)?.parts.get(part)?.kind;
        matches!(kind, Kind::Bytes(_) | Kind::Const(_) | Kind::Pad(_)).then_some(at)
    }

    fn held_bytes(&self, direction: Direction) -> usize {
        let kept = match (self.parser.under_way(), self.passed()) {
            (Some((.., at)), None) => self.parser.at().saturating_sub(at),
            _ => 0,
        };
        kept * self.layout.items(direction).len() + self.places.held_bytes()
    }
}

/// The mistake for bytes that do not form a frame.
pub(in crate::cli) fn broken(
    layout: &Layout,
    error: &ReadError,
    place: Place,
    frame: u64,
) -> Wrong {
    let name = error.frame.as_deref().unwrap_or_default();
    let path = match (&error.trouble, &error.part) {
        (Trouble::BadSize { path, .. } | Trouble::NotAnObject { path, .. }, _) => {
            format!("{name}.{path}")
        }
        (_, Some(part)) => format!("{name}.{part}"),
        (_, None) => name.to_owned(),
    };
    let size = size_of(layout, error).map(|size| format!(" as long as {name}.{size} says"));
    let size = size.unwrap_or_default();
    let (expected, found) = match &error.trouble {
        Trouble::NotJson { error } => (format!("JSON{size}"), error.to_string()),
        Trouble::NotText { encoding, why } => (format!("{encoding} text{size}"), why.clone()),
        trouble => {
            let text = trouble.to_string();
            let (expected, found) = text.split_once(", found ").unwrap_or((&text, ""));
            let expected = expected.strip_prefix("expected ").unwrap_or(expected);
            (expected.to_owned(), found.to_owned())
        }
    };
    let (expected, found) = (shortened(expected), shortened(found));
    Wrong { place, offset: error.at, frame, path, expected, found, is_last: false }
}

/// The path of the value that gives the size of the faulty part.
fn size_of(layout: &Layout, error: &ReadError) -> Option<String> {
    let frame = layout.frames.get(layout.frame(error.frame.as_deref()?)?)?;
    let place = frame.size_place(frame.part(error.part.as_deref()?)?)?;
    Some(frame.path_of(&place))
}

/// The mistake for a checksum that does not match.
pub(in crate::cli) fn digest(mistake: &layout::Mistake, place: Place, frame: u64) -> Wrong {
    let layout::Mistake { at, frame: name, path, of, kind, expected, found } = mistake;
    let kind = format!("{kind:?}").to_lowercase();
    Wrong {
        place,
        offset: *at,
        frame,
        path: format!("{name}.{path}"),
        expected: format!("{expected}, the {kind} of {of}"),
        found: shortened(found.clone()),
        is_last: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was expected and what was found, without the frame and place.
    fn said(trouble: Trouble) -> (String, String) {
        let place = Place { packet: 1, byte: 0, is_exact: true };
        let error = ReadError { at: 0, frame: None, part: None, trouble };
        let wrong = broken(&Layout::default(), &error, place, 1);
        (wrong.expected, wrong.found)
    }

    #[test]
    fn every_mistake_says_what_was_expected_and_what_was_found() {
        let json = pyjson::loads_bytes(b"{").unwrap_err();
        for trouble in [
            Trouble::UnexpectedEnd { expected: Some(4), found: 1, counts_characters: false },
            Trouble::Missing,
            Trouble::BytesBehind { found: 7 },
            Trouble::NotJson { error: json },
            Trouble::NotText { encoding: "utf-8", why: "invalid start byte".to_owned() },
            Trouble::NotAnObject { path: "dict".to_owned(), found: "list" },
            Trouble::BadSize { path: "n".to_owned(), of: "b".to_owned(), found: "-1".to_owned() },
            Trouble::BadNumber { found: b"x, found y".to_vec() },
            Trouble::ConstDiffers { expected: 1, found: 2 },
            Trouble::TooLong { limit: 3, found: 4 },
            Trouble::EmptyFrame,
        ] {
            let (expected, found) = said(trouble);
            assert!(!expected.is_empty() && !found.is_empty(), "{expected:?}, {found:?}");
            assert!(!expected.starts_with("expected") && !expected.contains("found"), "{expected}");
        }
    }
}
