//! Fuzzes the parser of frames that a table describes, with any bytes in any cuts. The input is
//!
//! ```text
//! +--------+------+---------------------------+
//! | layout | turn | cuts and stream: `cuts`   |
//! +--------+------+---------------------------+
//!  1 byte   1      the rest
//! ```
//!
//! The first byte modulo the number of layouts chooses one, and the other side speaks once before
//! the byte at the offset `turn`.

use layout::{
    Counts, Digest, DigestKind, Direction, Encoding, Event, Format, Frame, FrameRead, Item, Kind,
    Layout, Limits, Parser, Part, ReadError, Reading, Size, Value, Values, read_within,
};

use crate::cuts::cut;
use crate::memory::{A_BYTE_OF_JSON, bounded};

/// The most memory for one byte of a stream. A frame of one byte causes several events. They are
/// kept in a list that has just grown, and once for each candidate frame.
const A_BYTE_OF_A_FRAME: usize = 4096;

/// Small limits, so that short inputs exceed them.
const LIMITS: Limits =
    Limits { json_max_bytes: 1024, text_max_bytes: 256, line_max_bytes: 64, number_max_bytes: 8 };

/// Checks: all cuts give the same events; memory is allocated for bytes that have come, not for
/// announced ones; every byte of a frame has a path; a frame that is read and written is unchanged;
/// a frame that is written anew reads as the same.
pub fn layout_parser(data: &[u8]) {
    let [choice, turn, rest @ ..] = data else { return };
    let Some((pieces, stream)) = cut(rest) else { return };
    let layouts = layouts();
    let choice = usize::from(*choice) % layouts.len();
    let layout = layouts.get(choice).expect("one of them");
    let turn = usize::from(*turn);
    let whole = bounded(stream.len(), A_BYTE_OF_JSON + A_BYTE_OF_A_FRAME, || {
        parsed(layout, &[stream], turn)
    });
    let shown = format!("{whole:?}");
    assert_eq!(format!("{:?}", parsed(layout, &pieces, turn)), shown, "cuts make a difference");
    let turns = if turn <= stream.len() { vec![turn] } else { Vec::new() };
    let reading = read_within(layout, Direction::ToServer, stream, &turns, true, LIMITS);
    assert_eq!(reading.trouble, whole.1.err());
    if let Some(error) = &reading.trouble {
        assert!(error.at <= stream.len(), "{error}");
    }
    check(layout, &reading, stream);
}

/// Everything that a parser reports of a stream in pieces.
fn parsed(layout: &Layout, pieces: &[&[u8]], turn: usize) -> (Vec<Event>, Result<(), ReadError>) {
    let mut parser = Parser::with_limits(layout, Direction::ToServer, LIMITS);
    let mut events = Vec::new();
    let mut at = 0_usize;
    let mut has_turned = false;
    let mut push = |piece: &[u8], events: &mut Vec<Event>| {
        let split = turn.checked_sub(at).filter(|split| !has_turned && *split <= piece.len());
        at += piece.len();
        let (before, behind) = piece.split_at(split.unwrap_or(0));
        parser.push(before, events)?;
        if split.is_some() {
            has_turned = true;
            parser.turn(events)?;
        }
        parser.push(behind, events)
    };
    let pushed = pieces.iter().try_for_each(|piece| push(piece, &mut events));
    let ended = pushed.and_then(|()| parser.finish(&mut events));
    if let Err(error) = &ended {
        assert_eq!(parser.push(b"x", &mut events).as_ref(), Err(error), "an error stays");
        assert_eq!(parser.finish(&mut events).as_ref(), Err(error));
    }
    (events, ended)
}

fn check(layout: &Layout, reading: &Reading, stream: &[u8]) {
    let mut end = 0;
    for read in &reading.frames {
        assert_eq!(read.at, end, "frames lie one behind the other");
        for part in &read.parts {
            assert_eq!(part.range.start, end, "and so do their parts");
            end = part.range.end;
        }
        let is_empty = read.is_whole && read.end() == read.at;
        assert_eq!(read.path_at(layout, stream, read.at).is_none(), is_empty, "bytes have paths");
        for leaf in read.leaves(layout, stream) {
            assert!(leaf.range.start >= read.at && leaf.range.end <= end, "{}", leaf.path);
        }
        let is_right = !reading.mistakes.iter().any(|mistake| mistake.at >= read.at);
        if read.is_whole && is_right {
            write(layout, read, stream);
        }
    }
}

fn write(layout: &Layout, read: &FrameRead, stream: &[u8]) {
    let frame = read.table(layout).expect("its frame");
    let mut values = Values::of(frame, read, stream).expect("a whole frame");
    let written = values.write().expect("what was read can be written");
    assert_eq!(Some(&*written), stream.get(read.at..read.end()), "written as it was");
    for part in &read.parts {
        let name = &frame.parts.get(part.part).expect("its part").name;
        match &part.value {
            Value::Text(text) => values.set(name, Value::Text(text.clone())),
            Value::Json(pyjson::Value::Dict(_)) => {
                values.set(&format!("{name}.new"), Value::Text("\u{e9}".to_owned()))
            }
            _ => Ok(()),
        }
        .expect("the same text, or a key more");
    }
    // A longer value may not fit its size.
    let Ok(anew) = values.write() else { return };
    let alone = Layout {
        frames: vec![frame.clone()],
        to_server: vec![Item { frame: 0, repeats: false }],
        to_client: Vec::new(),
    };
    let limits = Limits { json_max_bytes: 1 << 16, ..LIMITS };
    let again = read_within(&alone, Direction::ToServer, &anew, &[], true, limits);
    assert_eq!(again.trouble, None, "what is written anew can be read");
    let parts = again.frames.first().map(|frame| frame.parts.len());
    assert_eq!(parts, Some(frame.parts.len()), "and is as much");
}

fn path(text: &str) -> Vec<String> {
    text.split('.').map(str::to_owned).collect()
}

fn of(text: &str) -> Size {
    Size::Of(path(text))
}

fn structure(name: &str, format: &str, fields: &[&str]) -> Part {
    let format = Format::parse(format).expect("a format");
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Part::new(name, Kind::Struct { format, fields })
}

fn summed(mut part: Part, at: &str, of: &str, kind: DigestKind) -> Part {
    part.digests.push(Digest { at: path(at), of: of.to_owned(), kind });
    part
}

fn in_characters(mut part: Part) -> Part {
    part.counts = Counts::Characters;
    part
}

/// Frames that may repeat; a frame whose name ends in a full stop occurs once.
fn layout(frames: Vec<(&str, Vec<Part>)>) -> Layout {
    let repeats = |name: &str| !name.ends_with('.');
    let items = frames.iter().enumerate();
    let to_server = items.map(|(frame, (name, _))| Item { frame, repeats: repeats(name) });
    Layout {
        to_server: to_server.collect(),
        to_client: Vec::new(),
        frames: frames
            .into_iter()
            .map(|(name, parts)| Frame { name: name.to_owned(), parts })
            .collect(),
    }
}

fn layouts() -> [Layout; 6] {
    let line = |name: &str| {
        Part::new(name, Kind::TextUntil { delimiter: b"\r\n".to_vec(), encoding: Encoding::Utf8 })
    };
    let text = |name: &str, size, encoding| Part::new(name, Kind::Text { size, encoding });
    let constant = |bytes: &[u8]| Part::new("magic", Kind::Const(bytes.to_vec()));
    let dict = Part::new("dict", Kind::Json(of("length")));
    let body = Part::new("body", Kind::Bytes(of("dict.file_size")));
    let head = Part::new("head", Kind::JsonUntil(b"\n".to_vec()));
    let digits = Part::new("digits", Kind::Digits { width: 4 });
    let counted = in_characters(Part::new("count", Kind::NumberUntil(b",".to_vec())));
    let item = |name: &str| vec![constant(name.as_bytes()), line("line")];
    [
        layout(vec![("frame", vec![structure("length", "<i", &[]), dict, body])]),
        layout(vec![(
            "frame",
            vec![
                structure("sizes", "!HH", &["dict", "body"]),
                summed(
                    Part::new("dict", Kind::Json(of("dict"))),
                    "dict.md5",
                    "body",
                    DigestKind::Md5,
                ),
                Part::new("body", Kind::Bytes(of("body"))),
                summed(structure("crc", "<i", &[]), "crc", "dict", DigestKind::Crc32),
            ],
        )]),
        layout(vec![(
            "frame",
            vec![
                counted,
                text("gbk", of("count"), Encoding::Gbk),
                in_characters(digits),
                Part::new("json", Kind::Json(of("digits"))),
                Part::new("info", Kind::Json(of("json.info.size"))),
                Part::new("pad", Kind::Pad(40)),
            ],
        )]),
        layout(vec![
            ("hello.", vec![line("line")]),
            ("talk", vec![structure("kind", "?", &[]), text("said", Size::Turn, Encoding::Utf8)]),
            ("rest.", vec![Part::new("all", Kind::Bytes(Size::Rest))]),
        ]),
        layout(vec![
            ("a", item("a")),
            ("b", item("ab")),
            ("c", vec![head, Part::new("body", Kind::Bytes(of("head.size")))]),
            ("d", vec![structure("values", "2shd", &["x", "y", "z"])]),
            ("end.", vec![constant(b"ab!"), line("line")]),
        ]),
        layout(vec![("json.", vec![Part::new("all", Kind::Json(Size::Rest))])]),
    ]
}
