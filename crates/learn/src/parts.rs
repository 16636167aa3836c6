//! The possible next parts of a frame, given what follows it in all pieces.

use layout::{
    Counts, Digest, DigestKind, Frame, FrameRead, Inner, Kind, Part, Scalar, Size, Value, digest,
};

use crate::facts::{Facts, hex};
use crate::guess::Guess;
use crate::{heads, weigh};

/// The delimiters after a part with a known size.
const BEHIND: [&[u8]; 3] = [b"\r\n", b"\n", b"\0"];

/// The sizes to try for unexplained parts.
const OPAQUE: [usize; 6] = [4, 16, 32, 8, 20, 64];

/// Where a frame of a guess ends in each piece, and its values.
pub(crate) struct Firsts<'p> {
    pub(crate) frames: Vec<FrameRead>,
    /// The whole pieces.
    pub(crate) whole: Vec<&'p [u8]>,
    /// The bytes after it in each piece.
    pub(crate) behind: Vec<&'p [u8]>,
}

pub(crate) fn frame(parts: Vec<Part>) -> Frame {
    Frame { name: "frame".to_owned(), parts }
}

pub(crate) fn part(number: usize, kind: Kind) -> Part {
    Part::new(format!("p{number}"), kind)
}

pub(crate) fn ends_in_a_number(guess: &Guess) -> bool {
    let last = guess.frames.last().and_then(|frame| frame.parts.last());
    last.is_some_and(|part| weigh::is_number(&part.kind))
}

pub(crate) fn has_sized_part(frame: &Frame) -> bool {
    frame.parts.iter().any(|part| matches!(part.kind.size(), Some(Size::Of(_))))
}

/// The values that may be the size of the next part: numbers, and integers in JSON, that are not a size yet.
pub(crate) fn open_numbers(frame: &Frame, firsts: &[FrameRead]) -> Vec<Vec<String>> {
    let mut paths: Vec<Vec<String>> = Vec::new();
    for (nth, part) in frame.parts.iter().enumerate() {
        let mut of_part: Vec<Vec<String>> = Vec::new();
        for first in firsts {
            let Some(read) = first.parts.iter().find(|read| read.part == nth) else { continue };
            for path in integers(part, &read.value) {
                if !of_part.contains(&path) {
                    of_part.push(path);
                }
            }
        }
        paths.extend(of_part);
    }
    let is_used = |path: &Vec<String>| {
        let place = frame.resolve(path, frame.parts.len());
        (0..frame.parts.len()).any(|nth| frame.size_place(nth).is_some_and(|it| Some(it) == place))
    };
    paths.retain(|path| !is_used(path));
    paths
}

/// The paths of the integers in a value.
pub(crate) fn integers(part: &Part, value: &Value) -> Vec<Vec<String>> {
    match value {
        Value::Scalar(Scalar::Int(_)) => vec![vec![part.name.clone()]],
        Value::Fields(fields) => {
            let Kind::Struct { fields: names, .. } = &part.kind else { return Vec::new() };
            let pairs = names.iter().zip(fields);
            let ints = pairs.filter(|(_, field)| matches!(field, Scalar::Int(_)));
            ints.map(|(name, _)| vec![part.name.clone(), name.clone()]).collect()
        }
        Value::Json(json) => {
            let mut found = Vec::new();
            json_integers(json, &mut vec![part.name.clone()], &mut found);
            found
        }
        _ => Vec::new(),
    }
}

pub(crate) fn json_integers(
    json: &pyjson::Value,
    path: &mut Vec<String>,
    found: &mut Vec<Vec<String>>,
) {
    const DEPTH_MAX: usize = 4;
    match json {
        pyjson::Value::Int(_) if path.len() > 1 => found.push(path.clone()),
        pyjson::Value::Dict(dict) if path.len() < DEPTH_MAX => {
            for (key, value) in dict.iter() {
                let key = key.to_string_lossy().into_owned();
                // A dot in a key would look like the separator of keys.
                if !key.contains('.') && !key.is_empty() {
                    path.push(key);
                    json_integers(value, path, found);
                    path.pop();
                }
            }
        }
        _ => {}
    }
}

/// The size at a path of a frame. If the value is absent or not a size, it is 0.
pub(crate) fn size_of(frame: &FrameRead, table: &Frame, path: &[String]) -> u64 {
    let Some(place) = table.resolve(path, table.parts.len()) else { return 0 };
    let Some(read) = frame.parts.iter().find(|read| read.part == place.part) else { return 0 };
    let int = match (&read.value, &place.inner) {
        (Value::Scalar(Scalar::Int(int)), _) => Some(*int),
        (Value::Fields(fields), Inner::Field(nth)) => match fields.get(*nth) {
            Some(Scalar::Int(int)) => Some(*int),
            _ => None,
        },
        (Value::Json(json), Inner::Keys(keys)) => {
            let mut value = Some(json);
            for key in keys {
                value = match value {
                    Some(pyjson::Value::Dict(dict)) => dict.get(key),
                    _ => None,
                };
            }
            match value {
                Some(pyjson::Value::Int(int)) => int.as_u64().map(i128::from),
                _ => None,
            }
        }
        _ => None,
    };
    int.and_then(|int| u64::try_from(int).ok()).unwrap_or(0)
}

/// A part with this size, if there are enough bytes after the frame in all pieces.
pub(crate) fn sized(
    path: &[String],
    is_key: bool,
    sizes: &[u64],
    behind: &[&[u8]],
    number: usize,
) -> Option<Part> {
    if sizes.iter().all(|size| *size == 0) {
        return None;
    }
    let take = |(size, rest): (&u64, &&'_ [u8])| {
        let size = usize::try_from(*size).ok()?;
        rest.get(..size).map(<[u8]>::to_vec)
    };
    let spans: Vec<Vec<u8>> = sizes.iter().zip(behind).map(take).collect::<Option<_>>()?;
    let spans: Vec<&[u8]> = spans.iter().map(Vec::as_slice).collect();
    let size = Size::Of(path.to_vec());
    let full: Vec<&[u8]> = spans.iter().copied().filter(|span| !span.is_empty()).collect();
    let kind = if full.len() == spans.len() && full.iter().all(|span| heads::is_json(span)) {
        Kind::Json(size)
    } else if let Some(encoding) = heads::encoding(&full).filter(|_| !is_key) {
        Kind::Text { size, encoding }
    } else {
        Kind::Bytes(size)
    };
    Some(part(number, kind))
}

/// A part whose size counts characters: JSON or text with some characters of more than one byte.
pub(crate) fn counted(
    path: &[String],
    sizes: &[u64],
    behind: &[&[u8]],
    number: usize,
) -> Option<Part> {
    let take = |(size, rest): (&u64, &&'_ [u8])| {
        let text = match std::str::from_utf8(rest) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(rest.get(..error.valid_up_to())?).ok()?,
        };
        let count = usize::try_from(*size).ok()?;
        let end = text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
        let taken = text.get(..end)?;
        (taken.chars().count() == count).then(|| taken.to_owned())
    };
    let spans: Vec<String> = sizes.iter().zip(behind).map(take).collect::<Option<_>>()?;
    if spans.iter().all(|span| span.is_ascii()) {
        return None;
    }
    let size = Size::Of(path.to_vec());
    let is_json = spans.iter().all(|span| heads::is_json(span.as_bytes()));
    let kind = if is_json {
        Kind::Json(size)
    } else {
        Kind::Text { size, encoding: layout::Encoding::Utf8 }
    };
    Some(Part { counts: Counts::Characters, ..part(number, kind) })
}

/// Records that the number with the size of this part counts characters.
pub(crate) fn mark_characters(frame: &mut Frame, sized: Option<&Part>) {
    let Some(Size::Of(path)) = sized.and_then(|part| part.kind.size()) else { return };
    let Some(place) = frame.resolve(path, frame.parts.len()) else { return };
    if let Some(part) = frame.parts.get_mut(place.part) {
        part.counts = Counts::Characters;
    }
}

/// A part whose size is 0 in all of these. Other frames show its kind.
pub(crate) fn empty(path: &[String], sizes: &[u64], number: usize) -> Option<Part> {
    let is_empty = sizes.iter().all(|size| *size == 0);
    is_empty.then(|| part(number, Kind::Bytes(Size::Of(path.to_vec()))))
}

/// Unexplained bytes of a usual size: for example, a checksum of several parts.
pub(crate) fn opaque(behind: &[&[u8]], number: usize) -> Vec<Part> {
    let fits = |size: &usize| behind.iter().all(|rest| rest.len() >= *size);
    let bytes = |size: usize| Kind::Bytes(Size::Fixed(u64::try_from(size).unwrap_or(0)));
    OPAQUE.into_iter().filter(fits).map(|size| part(number, bytes(size))).collect()
}

/// A delimiter that follows the frame in all pieces.
pub(crate) fn constant(behind: &[&[u8]], number: usize) -> Option<Part> {
    let is_there = |delimiter: &&[u8]| behind.iter().all(|rest| rest.starts_with(delimiter));
    let found = BEHIND.into_iter().find(is_there)?;
    Some(part(number, Kind::Const(found.to_vec())))
}

/// More lines of the same frame.
pub(crate) fn lines(behind: &[&[u8]], delimiter: &[u8], number: usize) -> Vec<Part> {
    let fits = |kind: &Kind| kind.delimiter() == delimiter;
    let kinds = heads::numbers(behind, &Facts::default()).into_iter().chain(heads::until(behind));
    kinds.filter(fits).map(|kind| part(number, kind)).collect()
}

/// A checksum of an earlier part, with the fixed length of its kind.
pub(crate) fn digest_part(frame: &Frame, firsts: &Firsts<'_>, number: usize) -> Option<Part> {
    const KINDS: [(DigestKind, usize); 5] = [
        (DigestKind::Md5, 16),
        (DigestKind::Sha1, 20),
        (DigestKind::Sha256, 32),
        (DigestKind::Sha512, 64),
        (DigestKind::Crc32, 4),
    ];
    for (nth, of) in frame.parts.iter().enumerate() {
        for (kind, size) in KINDS {
            for is_hex in [false, true] {
                let is_there = |((first, whole), rest): ((&FrameRead, &&[u8]), &&[u8])| {
                    let read = first.parts.iter().find(|read| read.part == nth);
                    let Some(bytes) = read.and_then(|read| whole.get(read.range.clone())) else {
                        return false;
                    };
                    let sum = digest(kind, bytes);
                    let shown = if is_hex { hex(&sum).into_bytes() } else { sum };
                    rest.starts_with(&shown)
                };
                if firsts.frames.iter().zip(&firsts.whole).zip(&firsts.behind).all(is_there) {
                    let size = if is_hex { size * 2 } else { size };
                    let size = Size::Fixed(u64::try_from(size).ok()?);
                    let encoding = layout::Encoding::Ascii;
                    let whole =
                        if is_hex { Kind::Text { size, encoding } } else { Kind::Bytes(size) };
                    let made = part(number, whole);
                    let digest = Digest { at: vec![made.name.clone()], of: of.name.clone(), kind };
                    return Some(Part { digests: vec![digest], ..made });
                }
            }
        }
    }
    None
}
