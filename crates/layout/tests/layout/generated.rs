//! Properties of generated layouts and streams: any cuts, any bytes, and reading back.

use layout::{
    DigestKind, Direction, Encoding, Event, Frame, Kind, Layout, Limits, Parser, Part, ReadError,
    Reading, Size, Values, digest, read_within,
};
use proptest::prelude::*;

use crate::build::*;

/// Drawn choices, one after another; zeros after the last one.
struct Choices<'c>(std::slice::Iter<'c, u8>);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn below(&mut self, bound: u8) -> u8 {
        self.byte() % bound
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(12)).map(|_| self.byte()).collect()
    }
}

const WORDS: [&str; 6] = ["", "a", "hello", "你好", "é\"x\\", "{, : }"];
const DICTS: [&str; 6] = [
    "{}",
    "{\"a\":[1,2]}",
    "{\"a\": 1, \"名\": \"é\"}",
    "[1.5, NaN]",
    "7",
    " {\"a\" :\t1,\"a\":2 }",
];

/// Parts that belong together, by number, and how to write one frame of them.
const KINDS: u8 = 9;

/// The parts of a kind. `n` makes their names unique.
fn parts(kind: u8, n: usize, choices: &mut Choices<'_>) -> Vec<Part> {
    let name = |word: &str| format!("{word}{n}");
    let size = |choice: u8| match choice {
        0 => number(&name("n"), ">H"),
        1 => number(&name("n"), "<i"),
        2 => Part::new(name("n"), Kind::Digits { width: 5 }),
        _ => Part::new(name("n"), Kind::NumberUntil(b"\r\n".to_vec())),
    };
    let counted = |choice: u8| {
        let part = size(choice % 4);
        if choice / 4 == 0 { part } else { counting_characters(part) }
    };
    let sized = of(&name("n"));
    match kind {
        0 => vec![counted(choices.below(8)), json(&name("j"), sized)],
        1 => {
            let encodings = [Encoding::Utf8, Encoding::Gbk, Encoding::Latin1];
            let encoding = encodings[usize::from(choices.below(3))];
            vec![counted(choices.below(8)), text(&name("t"), sized, encoding)]
        }
        2 => vec![counted(choices.below(8)), bytes(&name("b"), sized)],
        3 => vec![Part::new(name("l"), text_until(b"\0\n".to_vec()))],
        4 => vec![Part::new(name("j"), Kind::JsonUntil(b"\n".to_vec()))],
        5 => vec![constant(&name("c"), b"\x00ok")],
        6 => {
            let formats = ["3sx?", "=hd", ">QB", "<2e", "4p"];
            vec![structure(&name("s"), formats[usize::from(choices.below(5))], &["one", "two"])]
        }
        7 => {
            let (at, of_body) = (format!("j{n}.sum"), name("b"));
            let dict = Part::new(name("j"), Kind::JsonUntil(b"\n".to_vec()));
            let dict = with_digest(dict, &at, &of_body, DigestKind::Sha256);
            vec![dict, bytes(&of_body, of(&format!("j{n}.info.size")))]
        }
        _ => vec![
            bytes(&name("b"), Size::Fixed(3)),
            with_digest(number(&name("s"), ">I"), &name("s"), &name("b"), DigestKind::Crc32),
        ],
    }
}

/// A size as its part holds it.
fn write_size(part: &Part, size: usize, choices: &mut Choices<'_>, out: &mut Vec<u8>) {
    match &part.kind {
        Kind::Struct { format, .. } if format.as_str() == ">H" => {
            out.extend((size as u16).to_be_bytes());
        }
        Kind::Struct { .. } => out.extend((size as u32).to_le_bytes()),
        Kind::Digits { .. } => out.extend(match choices.below(3) {
            0 => format!("{size:05}").into_bytes(),
            1 => format!("{size:5}").into_bytes(),
            _ => format!("{size:<5}").into_bytes(),
        }),
        _ => out.extend(format!("{size}\r\n").into_bytes()),
    }
}

/// A frame's bytes.
fn write(frame: &Frame, kinds: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let mut rest = frame.parts.iter();
    let Kind::Const(magic) = &rest.next().unwrap().kind else { unreachable!() };
    let mut out = magic.clone();
    for kind in kinds {
        let part = rest.next().unwrap();
        let word = WORDS[usize::from(choices.below(6))];
        let dict = DICTS[usize::from(choices.below(6))];
        let counts = |bytes: usize, characters: usize| {
            if part.counts == layout::Counts::Bytes { bytes } else { characters }
        };
        match kind {
            0 => {
                rest.next();
                write_size(part, counts(dict.len(), dict.chars().count()), choices, &mut out);
                out.extend(dict.bytes());
            }
            1 => {
                let Kind::Text { encoding, .. } = &rest.next().unwrap().kind else {
                    unreachable!()
                };
                let (bytes, characters) = match (encoding, word) {
                    (Encoding::Gbk, _) => (b"\xc4\xe3a\xba\xc3".to_vec(), 3),
                    (Encoding::Latin1, _) => (b"\xe9\x00\xff".to_vec(), 3),
                    (_, word) => (word.as_bytes().to_vec(), word.chars().count()),
                };
                write_size(part, counts(bytes.len(), characters), choices, &mut out);
                out.extend(bytes);
            }
            2 => {
                rest.next();
                let is_text = part.counts == layout::Counts::Characters;
                let body = if is_text { word.as_bytes().to_vec() } else { choices.bytes() };
                write_size(part, counts(body.len(), word.chars().count()), choices, &mut out);
                out.extend(body);
            }
            3 => out.extend([word.as_bytes(), b"\0\n"].concat()),
            4 => out.extend([dict.as_bytes(), b"\n"].concat()),
            5 => out.extend(b"\x00ok"),
            6 => {
                let Kind::Struct { format, .. } = &part.kind else { unreachable!() };
                out.extend((0..format.size()).map(|_| choices.byte()));
            }
            7 => {
                rest.next();
                let body = choices.bytes();
                let sum: String = digest(DigestKind::Sha256, &body)
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                let info = format!("{{\"size\":{}}}", body.len());
                out.extend(format!("{{\"info\":{info},\"sum\": \"{sum}\"}}\n").bytes());
                out.extend(body);
            }
            _ => {
                rest.next();
                let body = [choices.byte(), choices.byte(), choices.byte()];
                out.extend(body);
                out.extend(digest(DigestKind::Crc32, &body));
            }
        }
    }
    if frame.parts.iter().any(|part| matches!(part.kind, Kind::Pad(_))) {
        out.resize(out.len().max(40), choices.byte());
    }
    out
}

/// A layout, and a stream of its frames. Without `has_magic`, the first byte does not
/// distinguish the frames.
fn generate(choices: &[u8], has_magic: bool) -> (Layout, Vec<u8>) {
    let choices = &mut Choices(choices.iter());
    let mut frames = Vec::new();
    let mut kinds = Vec::new();
    for index in 0..=choices.below(3) {
        let name = ["f", "g", "h"][usize::from(index)];
        let own: Vec<u8> = (0..=choices.below(3)).map(|_| choices.below(KINDS)).collect();
        let magic = if has_magic { name.as_bytes() } else { b"" };
        let mut all = vec![constant("magic", magic)];
        for (n, kind) in own.iter().enumerate() {
            all.extend(parts(*kind, n, choices));
        }
        if choices.below(3) == 0 {
            all.push(Part::new("pad", Kind::Pad(40)));
        }
        frames.push(frame(&format!("{name}*"), all));
        kinds.push(own);
    }
    let layout = layout(frames);
    let mut stream = Vec::new();
    for (frame, kinds) in layout.frames.iter().zip(&kinds) {
        for _ in 0..choices.below(3) {
            stream.extend(write(frame, kinds, choices));
        }
    }
    (layout, stream)
}

/// Everything that a parser reports of a stream in pieces.
fn events(layout: &Layout, pieces: &[&[u8]], limits: Limits) -> (String, Result<(), ReadError>) {
    let mut parser = Parser::with_limits(layout, Direction::ToServer, limits);
    let mut events: Vec<Event> = Vec::new();
    let pushed = pieces.iter().try_for_each(|piece| parser.push(piece, &mut events));
    let ended = pushed.and_then(|()| parser.finish(&mut events));
    // As text, because a NaN is not equal to itself.
    (format!("{events:?}"), ended)
}

fn small() -> Limits {
    Limits { json_max_bytes: 100, text_max_bytes: 20, line_max_bytes: 9, number_max_bytes: 8 }
}

fn written(layout: &Layout, reading: &Reading, stream: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    for read in reading.frames.iter().filter(|read| read.is_whole) {
        let values = Values::of(read.table(layout).unwrap(), read, stream).unwrap();
        written.extend(values.write().unwrap());
    }
    written
}

/// Values that are set to their old values are written anew, and mean the same.
fn write_anew(layout: &Layout, reading: &Reading, stream: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    for read in &reading.frames {
        let frame = read.table(layout).unwrap();
        let mut values = Values::of(frame, read, stream).unwrap();
        for part in &read.parts {
            if let layout::Value::Json(_) | layout::Value::Text(_) = part.value {
                values.set(&frame.parts[part.part].name, part.value.clone()).unwrap();
            }
        }
        written.extend(values.write().unwrap());
    }
    written
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_of_a_layouts_frames_is_read_and_written_as_it_was(
        choices in prop::collection::vec(any::<u8>(), 0..200)
    ) {
        let (layout, stream) = generate(&choices, true);
        let reading = read(&layout, &stream);
        prop_assert_eq!(&reading.trouble, &None);
        prop_assert_eq!(&reading.mistakes, &[]);
        let end = reading.frames.last().map_or(0, layout::FrameRead::end);
        prop_assert_eq!(end, stream.len());
        prop_assert_eq!(written(&layout, &reading, &stream), &stream[..]);
        let anew = write_anew(&layout, &reading, &stream);
        let again = read(&layout, &anew);
        prop_assert_eq!((&again.trouble, again.mistakes.len()), (&None, 0));
        let values = |reading: &Reading| {
            let parts = reading.frames.iter().flat_map(|frame| &frame.parts);
            let shown = |part: &layout::PartRead| match &part.value {
                layout::Value::Scalar(_) => String::new(),
                value => format!("{value:?}"),
            };
            parts.map(shown).collect::<Vec<_>>()
        };
        prop_assert_eq!(values(&again), values(&reading));
    }

    #[test]
    fn every_cut_of_a_stream_or_of_a_broken_one_makes_no_difference(
        choices in prop::collection::vec(any::<u8>(), 0..120),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cut_off in prop::option::of(any::<prop::sample::Index>()),
        is_small in any::<bool>(),
        has_magic in any::<bool>(),
    ) {
        let (layout, mut stream) = generate(&choices, has_magic);
        for (index, byte) in &flips {
            if !stream.is_empty() {
                let index = index.index(stream.len());
                stream[index] = *byte;
            }
        }
        stream.truncate(cut_off.map_or(stream.len(), |end| end.index(stream.len() + 1)));
        let limits = if is_small { small() } else { Limits::default() };
        let whole = events(&layout, &[&stream], limits);
        for at in 0..=stream.len() {
            let (left, right) = stream.split_at(at);
            prop_assert_eq!(&events(&layout, &[left, right], limits), &whole, "cut at {}", at);
        }
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        prop_assert_eq!(&events(&layout, &single, limits), &whole);
        if let Err(error) = whole.1 {
            prop_assert!(error.at <= stream.len(), "{}", error);
        }
    }

    #[test]
    fn each_byte_of_a_stream_has_a_path_and_the_parts_lie_one_behind_the_other(
        choices in prop::collection::vec(any::<u8>(), 0..120)
    ) {
        let (layout, stream) = generate(&choices, true);
        let reading = read(&layout, &stream);
        let mut end = 0;
        for part in reading.frames.iter().flat_map(|frame| &frame.parts) {
            prop_assert_eq!(part.range.start, end);
            end = part.range.end;
        }
        for offset in 0..stream.len() {
            prop_assert!(reading.path_at(&layout, &stream, offset).is_some());
        }
        for frame in &reading.frames {
            for leaf in frame.leaves(&layout, &stream) {
                let layout::LeafValue::Json(value) = leaf.value else { continue };
                let text = stream[leaf.range.clone()].trim_ascii();
                let own = pyjson::loads_bytes(text).unwrap();
                prop_assert!(layout::same_value(&own, value), "{}", leaf.path);
            }
        }
    }

    #[test]
    fn turns_at_any_offset_make_no_difference_to_what_does_not_wait_for_them(
        choices in prop::collection::vec(any::<u8>(), 0..120),
        turns in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let (layout, stream) = generate(&choices, true);
        let mut turns: Vec<usize> =
            turns.iter().map(|turn| turn.index(stream.len() + 1)).collect();
        turns.sort_unstable();
        let plain = read_within(&layout, Direction::ToServer, &stream, &[], true, Limits::default());
        let turned = read_turns(&layout, &stream, &turns);
        prop_assert_eq!(format!("{turned:?}"), format!("{plain:?}"));
    }
}
