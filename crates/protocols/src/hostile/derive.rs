//! Derives malformed frames: each number, JSON text, size and checksum is made wrong in turn, and the stream ends
//! early.

use std::collections::{BTreeMap, BTreeSet};

use layout::{FrameRead, Inner, Kind, Leaf, LeafValue, Scalar, Value, Values};
use model::Said;
use model::blob::Blob;
use model::observation::Direction;
use pyjson::DumpsOptions;

use super::form::Put;
use super::{FrameValue, Given, Wrong};
use crate::framing::{Framing, Piece};

/// How much a size that is too large exceeds the right one.
const TOO_MUCH: i128 = 1000;
/// How many keys of a JSON object are removed, one at a time.
const KEYS_MAX: usize = 24;

/// The malformed frames of a stream. Each value is made wrong in the last frame that has it. The right stream ends
/// after that frame, so a client that accepts the frame ends well.
pub(super) fn stream(
    framing: &Framing,
    way: Direction,
    said: Said<'_>,
    given: &[Given],
) -> Vec<Wrong> {
    let pieces = framing.pieces(way, said);
    let Some(piece) = pieces.first().filter(|piece| piece.reading.trouble.is_none()) else {
        return Vec::new();
    };
    let mut wrongs = Wrongs::default();
    for frame in piece.reading.frames.iter().rev() {
        let end = frame.end();
        wrongs.of_frame(piece, frame, frame.at, given);
        wrongs.ends(piece, frame);
        if end == said.bytes.len() {
            let mut bytes = said.bytes.get(frame.at..).unwrap_or_default().to_vec();
            bytes.extend_from_slice(b"\x7f?");
            let what = "bytes stand behind the last frame".to_owned();
            wrongs.add("behind", frame.at, "end", what, bytes);
        }
    }
    wrongs.found
}

/// The same for datagrams, each of which is a frame.
pub(super) fn datagrams(
    framing: &Framing,
    way: Direction,
    datagrams: &[Blob],
    given: &[Given],
) -> Vec<Wrong> {
    let mut wrongs = Wrongs::default();
    for (number, datagram) in datagrams.iter().enumerate().rev() {
        let pieces = framing.pieces(way, Said::whole(&datagram.0));
        let Some(piece) = pieces.first().filter(|piece| piece.reading.trouble.is_none()) else {
            continue;
        };
        for frame in &piece.reading.frames {
            wrongs.of_frame(piece, frame, number, given);
        }
    }
    wrongs.found
}

/// The texts and whole numbers of a frame, without checksums.
pub(super) fn values(piece: &Piece<'_>, frame: &FrameRead) -> Vec<FrameValue> {
    let Some(table) = frame.table(piece.layout) else { return Vec::new() };
    let is_digest = |path: &str| {
        let path: Vec<&str> = path.split('.').collect();
        table.parts.iter().flat_map(|part| &part.digests).any(|digest| digest.at == path)
    };
    let value = |leaf: Leaf<'_>| {
        let is_text = match leaf.value {
            LeafValue::Json(pyjson::Value::Str(_)) | LeafValue::Text(_) => true,
            LeafValue::Json(pyjson::Value::Int(_)) | LeafValue::Scalar(Scalar::Int(_)) => false,
            _ => return None,
        };
        let (_, path) = leaf.path.split_once('.')?;
        let path = path.to_owned();
        (!is_digest(&path)).then(|| FrameValue { frame: table.name.clone(), path, is_text })
    };
    frame.leaves(piece.layout, piece.bytes).into_iter().filter_map(value).collect()
}

/// The malformed frames so far, and which changes they contain.
#[derive(Default)]
struct Wrongs {
    found: Vec<Wrong>,
    done: BTreeSet<String>,
    /// How many shapes of a frame get malformed frames.
    shapes: BTreeMap<String, usize>,
}

impl Wrongs {
    /// Adds a malformed frame; each `what` only once.
    fn add(&mut self, path: &str, at: usize, how: &str, what: String, bytes: Vec<u8>) {
        self.add_of((path, ""), at, how, what, bytes);
    }

    /// The same, once for each shape of the frame.
    fn add_of(
        &mut self,
        (path, shape): (&str, &str),
        at: usize,
        how: &str,
        what: String,
        bytes: Vec<u8>,
    ) {
        if self.done.insert(format!("{path} {how} {shape}")) {
            let count = self.shapes.entry(format!("{path} {how}")).or_insert(0);
            *count += 1;
            let number = if *count == 1 { String::new() } else { format!("-{count}") };
            let name = kebab(&format!("{path}-{how}{number}"));
            let is_same_value = how == "float";
            self.found.push(Wrong { name, what, at, bytes, is_same_value });
        }
    }

    fn of_frame(&mut self, piece: &Piece<'_>, frame: &FrameRead, at: usize, given: &[Given]) {
        let Some(table) = frame.table(piece.layout) else { return };
        let Some(values) = Values::of(table, frame, piece.bytes) else { return };
        let right = piece.bytes.get(frame.at..frame.end()).unwrap_or_default();
        let leaves = frame.leaves(piece.layout, piece.bytes);
        // Frames with other keys are other requests: each may need a key for something else.
        let keys: Vec<&str> = leaves.iter().map(|leaf| leaf.path.as_str()).collect();
        let keys = keys.join(" ");
        for leaf in &leaves {
            let path = leaf.path.clone();
            let inner = path.split_once('.').map_or("", |(_, inner)| inner);
            for (how, words, change) in changes(leaf, table) {
                let mut values = values.clone();
                let shape = match change {
                    Change::Unset => keys.as_str(),
                    _ if how == NOT_UTF8 => words.as_str(),
                    _ => "",
                };
                let shape = shape.to_owned();
                let changed = match change {
                    Change::Set(value) => values.set(inner, value),
                    Change::Raw(bytes) => {
                        let part = table.parts.get(leaf.place.part);
                        let delimiter = part.map(|part| part.kind.delimiter()).unwrap_or_default();
                        values.set_raw(inner, &[&bytes, delimiter].concat())
                    }
                    Change::Unset => values.unset(inner),
                };
                if changed.is_ok()
                    && let Ok(bytes) = values.write()
                    && bytes != right
                {
                    let what = format!("{path} {words}");
                    self.add_of((&path, &shape), at, how, what, bytes);
                }
            }
        }
        for (number, given) in given.iter().enumerate().filter(|(_, it)| it.frame == frame.frame) {
            let mut values = values.clone();
            let set = given.set.iter().all(|(path, put)| match put {
                Put::Value(value) => values.set(path, value.clone()).is_ok(),
                Put::Bytes(bytes) => {
                    let part = table.part(path).and_then(|index| table.parts.get(index));
                    let delimiter = part.map(|part| part.kind.delimiter()).unwrap_or_default();
                    values.set_raw(path, &[bytes, delimiter].concat()).is_ok()
                }
            });
            let unset = given.unset.iter().all(|path| values.unset(path).is_ok());
            if let (true, Ok(bytes)) = (set && unset, values.write()) {
                let how = format!("given-{}", number + 1);
                self.add(&table.name, at, &how, given.what.clone(), bytes);
            }
        }
    }

    /// Streams that end where a part begins, and inside it.
    fn ends(&mut self, piece: &Piece<'_>, frame: &FrameRead) {
        let Some(table) = frame.table(piece.layout) else { return };
        for read in &frame.parts {
            let Some(part) = table.parts.get(read.part) else { continue };
            let path = format!("{}.{}", table.name, part.name);
            let middle = read.range.start + read.range.len() / 2;
            let places = [
                (read.range.start, "ends-before", "is missing: the stream ends before it"),
                (middle, "ends-inside", "is not whole: the stream ends inside it"),
            ];
            for (end, how, words) in places {
                let is_inside = end > read.range.start || how == "ends-before";
                if is_inside && !read.range.is_empty() {
                    let bytes = piece.bytes.get(frame.at..end).unwrap_or_default().to_vec();
                    self.add(&path, frame.at, how, format!("{path} {words}"), bytes);
                }
            }
        }
    }
}

/// The name of a change: a byte that is not UTF-8.
const NOT_UTF8: &str = "not-utf-8";
/// How many strings of a JSON object get such a byte, one at a time.
const STRINGS_MAX: usize = 3;

/// How a value is made wrong.
enum Change {
    Set(Value),
    Raw(Vec<u8>),
    Unset,
}

/// A change: a word for its name, its description, and the change itself.
type Named = (&'static str, String, Change);

fn changes(leaf: &Leaf<'_>, table: &layout::Frame) -> Vec<Named> {
    let mut changes = match leaf.value {
        LeafValue::Scalar(Scalar::Int(number)) => of_number(*number, leaf, table),
        LeafValue::Json(value) => of_json(value, leaf),
        _ => Vec::new(),
    };
    let path: Vec<&str> = leaf.path.split('.').skip(1).collect();
    let mut digests = table.parts.iter().flat_map(|part| &part.digests);
    if digests.any(|digest| digest.at == path) {
        changes.extend(other_digest(leaf));
    }
    changes
}

fn set(number: i128) -> Change {
    Change::Set(Value::Scalar(Scalar::Int(number)))
}

/// Numbers near the right one, and far from it.
fn near(number: i128) -> [(&'static str, i128); 4] {
    [
        ("zero", 0),
        ("one-less", number.saturating_sub(1)),
        ("one-more", number.saturating_add(1)),
        ("too-much", number.saturating_add(TOO_MUCH)),
    ]
}

fn of_number(number: i128, leaf: &Leaf<'_>, table: &layout::Frame) -> Vec<Named> {
    let named =
        |(how, other): (&'static str, i128)| (how, format!("is {other}, not {number}"), set(other));
    let mut changes: Vec<Named> = near(number).into_iter().map(named).collect();
    changes.push(named(("negative", -1)));
    if let Some(Kind::Struct { format, .. }) = table.parts.get(leaf.place.part).map(|it| &it.kind) {
        let index = match leaf.place.inner {
            Inner::Field(index) => index,
            _ => 0,
        };
        if let Some(Some((_, greatest))) = format.bounds().get(index) {
            changes.push(named(("greatest", *greatest)));
        }
        if let Some(other) = swapped(format, index, number) {
            let words = format!("is {other}: {number} in the other byte order");
            changes.push(("other-order", words, set(other)));
        }
    }
    changes
}

/// A number whose bytes are read in reverse.
fn swapped(format: &layout::Format, index: usize, number: i128) -> Option<i128> {
    let mut values = vec![Scalar::Int(0); format.values()];
    *values.get_mut(index)? = Scalar::Int(number);
    let bytes = format.pack(&values).ok()?;
    let other = format.swapped().unpack(&bytes)?.into_iter().nth(index)?;
    match other {
        Scalar::Int(other) if other != number => Some(other),
        _ => None,
    }
}

fn of_json(value: &pyjson::Value, leaf: &Leaf<'_>) -> Vec<Named> {
    let mut changes: Vec<Named> = Vec::new();
    if leaf.place.inner == Inner::Whole {
        let words = |words: &str| words.to_owned();
        let list = Value::Json(pyjson::Value::List(Vec::new()));
        changes.push(("no-json", words("is no JSON"), Change::Raw(b"no json".to_vec())));
        changes.push(("no-object", words("is a list, not an object"), Change::Set(list)));
        let text = Value::Json(pyjson::Value::from("text"));
        changes.push(("text", words("is a string, not an object"), Change::Set(text)));
        changes.extend(not_utf8(value).map(|(key, bytes)| {
            (NOT_UTF8, format!("is not UTF-8, in the value of {key:?}"), Change::Raw(bytes))
        }));
    } else {
        let is_outer = matches!(&leaf.place.inner, Inner::Keys(keys) if keys.len() <= KEYS_MAX);
        if is_outer {
            changes.push(("missing", "is missing".to_owned(), Change::Unset));
        }
    }
    if let (pyjson::Value::Int(number), false) = (value, leaf.sizes.is_empty()) {
        changes.extend(of_size(number));
    }
    changes
}

/// The same object, with a byte that is not UTF-8 after one of its strings, and that string's key. Only a lenient
/// decoder accepts it.
fn not_utf8(value: &pyjson::Value) -> impl Iterator<Item = (String, Vec<u8>)> {
    /// A character that no program of this kind sends.
    const MARK: &str = "\u{e000}";
    let dict = match value {
        pyjson::Value::Dict(dict) => dict.clone(),
        _ => pyjson::Dict::new(),
    };
    let with_mark = |(key, value): (&pyjson::PyString, &pyjson::Value)| {
        let mut changed = dict.clone();
        changed.insert(key.clone(), format!("{}{MARK}", value.as_str()?).as_str());
        let options = DumpsOptions::new().ensure_ascii(false);
        let text = options.dumps(&pyjson::Value::Dict(changed)).ok()?;
        let (before, behind) = text.as_str()?.split_once(MARK)?;
        let bytes = [before.as_bytes(), b"\xff", behind.as_bytes()].concat();
        Some((key.as_str()?.to_owned(), bytes))
    };
    dict.iter().filter_map(with_mark).take(STRINGS_MAX).collect::<Vec<_>>().into_iter()
}

/// In JSON, a size of another type, or another size.
fn of_size(number: &pyjson::Int) -> Vec<Named> {
    let text = number.to_string();
    let Ok(number) = text.parse::<i128>() else { return Vec::new() };
    let set_json = |value: pyjson::Value| Change::Set(Value::Json(value));
    let mut changes: Vec<Named> = vec![
        ("string", format!("is a string, {text:?}"), Change::Set(Value::Text(text.clone()))),
        ("float", format!("is a float, {text}.0"), set_json(float(&text))),
        ("fraction", format!("is a float, {text}.5"), set_json(float(&format!("{text}.5")))),
        ("bool", "is a bool, true".to_owned(), set_json(pyjson::Value::Bool(true))),
        ("null", "is null".to_owned(), set_json(pyjson::Value::Null)),
    ];
    let others =
        near(number).into_iter().chain([("negative", -1), ("greatest", i128::from(i64::MAX))]);
    changes
        .extend(others.map(|(how, other)| (how, format!("is {other}, not {number}"), set(other))));
    changes
}

fn float(digits: &str) -> pyjson::Value {
    pyjson::Value::Float(digits.parse().unwrap_or_default())
}

/// Another checksum of the same form.
fn other_digest(leaf: &Leaf<'_>) -> Option<Named> {
    let words = "is not the right checksum".to_owned();
    let other = |text: &str| {
        let mut characters: Vec<char> = text.chars().collect();
        let last = characters.last_mut()?;
        *last = if *last == '0' { '1' } else { '0' };
        Some(characters.into_iter().collect::<String>())
    };
    let change = match leaf.value {
        LeafValue::Text(text) => Change::Set(Value::Text(other(text)?)),
        LeafValue::Json(pyjson::Value::Str(text)) => {
            Change::Set(Value::Text(other(text.as_str()?)?))
        }
        LeafValue::Scalar(Scalar::Int(number)) => set(number ^ 1),
        _ => return None,
    };
    Some(("other-digest", words, change))
}

/// Lower-case letters and digits, in words joined by hyphens.
fn kebab(text: &str) -> String {
    let mut name = String::new();
    for character in text.chars() {
        match character {
            'a'..='z' | '0'..='9' => name.push(character),
            'A'..='Z' => name.push(character.to_ascii_lowercase()),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    name.trim_end_matches('-').to_owned()
}
