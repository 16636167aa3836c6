//! One direction of a TCP connection, held against the frames as its bytes come. No I/O.

use layout::{Direction, Event, Inner, Kind, Layout, Parser, ReadError, Trouble};

use super::findings::{Why, Wrong, shortened};
use super::places::{Place, Places, Range};

/// What the bytes of a direction have brought.
#[derive(Debug, Default)]
pub(in crate::cli) struct News {
    /// The indices of the frames that are whole.
    pub(in crate::cli) frames: Vec<usize>,
    pub(in crate::cli) wrong: Vec<Wrong>,
    /// What the parser says; here to be used again.
    events: Vec<Event>,
}

/// Bytes of one packet.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Chunk<'a> {
    pub(in crate::cli) packet: u64,
    /// Offset in the stream.
    pub(in crate::cli) offset: u64,
    /// Offset in the packet's payload.
    pub(in crate::cli) payload_offset: usize,
    pub(in crate::cli) data: &'a [u8],
}

/// A direction of a connection.
#[derive(Debug)]
pub(in crate::cli) struct Side<'l> {
    pub(in crate::cli) direction: Direction,
    /// None once nothing more is judged.
    reader: Option<Box<Reader<'l>>>,
    /// How many frames are whole.
    pub(in crate::cli) frames: u64,
    /// Why nothing more is judged, and since which packet.
    pub(in crate::cli) why: Option<(Why, u64)>,
    pub(in crate::cli) judged_bytes: u64,
    pub(in crate::cli) unjudged_bytes: u64,
}

#[derive(Debug)]
struct Reader<'l> {
    layout: &'l Layout,
    parser: Parser<'l>,
    places: Places,
    /// Offset of the frame under way.
    frame_at: usize,
    /// Offsets of its whole parts.
    parts: Vec<usize>,
    /// Whether bytes have come since the other side spoke.
    is_speaking: bool,
    /// A mistake that was met when the other side spoke. It is one unless bytes were lost there.
    pending: Option<ReadError>,
}

impl<'l> Side<'l> {
    /// A direction whose beginning was seen; the parser has read nothing yet.
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

    /// A direction that is not read here.
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

    /// The other side speaks.
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

    /// The sender reset the connection. That is a mistake inside a frame; between two, frames that
    /// should still come are not missed.
    pub(in crate::cli) fn reset(&mut self, packet: u64, news: &mut News) {
        self.confirm(packet, news);
        if self.reader.as_ref().is_some_and(|reader| !reader.parser.is_between_frames()) {
            self.finish(packet, ", by a reset", news);
        }
    }

    /// Nothing more comes, and the sender can't help it.
    pub(in crate::cli) fn break_off(&mut self, why: Why, packet: u64, news: &mut News) {
        self.confirm(packet, news);
        if self.reader.as_ref().is_some_and(|reader| !reader.parser.is_between_frames()) {
            self.stop(why, packet);
        }
    }

    /// Judge nothing more.
    pub(in crate::cli) fn stop(&mut self, why: Why, packet: u64) {
        if let Some(reader) = self.reader.take() {
            let begun =
                (reader.parser.at().saturating_sub(reader.frame_at) as u64).min(self.judged_bytes);
            self.judged_bytes -= begun;
            self.unjudged_bytes += begun;
            self.why = Some((why, packet));
        }
    }

    /// About how many bytes of memory it takes.
    pub(in crate::cli) fn held_bytes(&self) -> usize {
        self.reader.as_ref().map_or(0, |reader| reader.held_bytes(self.direction))
    }

    /// A mistake at the end of a turn is one: no loss came there.
    fn confirm(&mut self, packet: u64, news: &mut News) {
        if let Some(error) = self.reader.as_mut().and_then(|reader| reader.pending.take()) {
            self.fail(error, packet, "", news);
        }
    }

    /// Take what the parser says.
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

    /// Nothing is judged behind this mistake.
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
    /// A value that says that a part is longer than any that is read: the value is at fault, often in
    /// its byte order.
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

    /// Where the part under way begins, if it is passed through.
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

/// Bytes that are no frame.
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

/// The path of the value that says how long the part at fault is.
fn size_of(layout: &Layout, error: &ReadError) -> Option<String> {
    let frame = layout.frames.get(layout.frame(error.frame.as_deref()?)?)?;
    let place = frame.size_place(frame.part(error.part.as_deref()?)?)?;
    Some(frame.path_of(&place))
}

/// A checksum that is another.
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

    /// What is said of a mistake, without its frame and place.
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
