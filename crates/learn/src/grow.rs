//! Guesses, part by part.

use layout::{
    Counts, Digest, DigestKind, Frame, FrameRead, Inner, Kind, Part, Scalar, Size, Value, digest,
};

use crate::Nearest;
use crate::facts::{Facts, hex};
use crate::guess::{Guess, Held, Piece, Transport};
use crate::{heads, names, text, weigh};

/// A frame of more parts is not guessed.
const PARTS_MAX: usize = 8;

/// So many guesses are read at most.
const GUESSES_MAX: usize = 4000;

/// Delimiters that stand behind a part whose size is known.
const BEHIND: [&[u8]; 3] = [b"\r\n", b"\n", b"\0"];

/// A guess that holds, and how much speaks for it.
#[derive(Debug, Clone)]
pub(crate) struct Weighed {
    pub(crate) guess: Guess,
    pub(crate) weight: f64,
}

pub(crate) struct Search<'a> {
    pieces: &'a [&'a Piece],
    transport: Transport,
    facts: &'a Facts,
    guesses: usize,
    pub(crate) found: Vec<Weighed>,
    pub(crate) nearest: Option<Nearest>,
    nearest_at: usize,
}

/// Where a frame of a guess ends in each piece, and what it holds.
struct Firsts<'p> {
    frames: Vec<FrameRead>,
    /// The whole pieces.
    whole: Vec<&'p [u8]>,
    /// What stands behind it in each piece.
    behind: Vec<&'p [u8]>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(pieces: &'a [&'a Piece], transport: Transport, facts: &'a Facts) -> Self {
        let (found, nearest) = (Vec::new(), None);
        Self { pieces, transport, facts, guesses: 0, found, nearest, nearest_at: 0 }
    }

    /// Look for all guesses that hold.
    pub(crate) fn run(&mut self) {
        let starts: Vec<&[u8]> = self.pieces.iter().map(|piece| piece.bytes.as_slice()).collect();
        for kind in heads::all(&starts, self.pieces, self.transport, self.facts) {
            self.consider(Guess { frames: vec![frame(vec![part(0, kind)])] });
        }
        if self.found.is_empty() && self.transport == Transport::Stream {
            self.run_behind_a_greeting(&starts);
        }
    }

    /// A server may say something once before it answers.
    fn run_behind_a_greeting(&mut self, starts: &[&[u8]]) {
        for kind in heads::until(starts) {
            let greeting = frame(vec![part(0, kind)]);
            let alone = Guess { frames: vec![greeting.clone()] };
            let Some(firsts) = self.firsts(&alone, false) else { continue };
            if firsts.behind.iter().all(|rest| rest.is_empty()) {
                continue;
            }
            let rests: Vec<&[u8]> =
                firsts.behind.iter().copied().filter(|it| !it.is_empty()).collect();
            for kind in heads::all(&rests, &[], self.transport, self.facts) {
                self.consider(Guess { frames: vec![greeting.clone(), frame(vec![part(0, kind)])] });
            }
        }
    }

    fn consider(&mut self, guess: Guess) {
        self.guesses += 1;
        let parts = guess.frames.last().map_or(0, |frame| frame.parts.len());
        if self.guesses > GUESSES_MAX || parts > PARTS_MAX {
            return;
        }
        if self.is_head_alone(&guess) {
            return self.grow(&guess);
        }
        match guess.holds(self.pieces, self.transport) {
            Held::Whole => {
                let goes_on = ends_in_a_number(&guess);
                let weight = weigh::weight(&guess, self.pieces, self.transport, self.facts);
                if weight > 0.0 {
                    self.found.push(Weighed { guess: guess.clone(), weight });
                }
                if goes_on {
                    self.grow(&guess);
                }
            }
            Held::Begins { at, why } => {
                self.note(&guess, at, &why);
                self.grow(&guess);
            }
            Held::Not { at, why } => self.note(&guess, at, &why),
        }
    }

    /// Whether its last frame is numbers and nothing else, which no program was seen to use so. That it fits is
    /// chance, and to read long streams so takes long.
    fn is_head_alone(&self, guess: &Guess) -> bool {
        let Some(last) = guess.frames.last() else { return false };
        let formats = self.facts.formats();
        let is_known = |kind: &Kind| match kind {
            Kind::Struct { format, .. } => formats.contains(&format.as_str()),
            _ => false,
        };
        last.parts.iter().all(|part| weigh::is_number(&part.kind) && !is_known(&part.kind))
    }

    /// Keep the guess that came farthest, of those that have JSON or a size.
    fn note(&mut self, guess: &Guess, at: usize, why: &str) {
        // In the middle of a frame, some number fits most bytes.
        let is_tail =
            |part: &Part| weigh::is_number(&part.kind) || matches!(part.kind, Kind::Const(_));
        let is_plain =
            |frame: &Frame| has_sized_part(frame) && !frame.parts.iter().skip(1).any(is_tail);
        if guess.frames.last().is_some_and(is_plain) && at > self.nearest_at {
            self.nearest_at = at;
            let named = names::named(guess.clone());
            let parts = named.frames.last().map(text::parts_line).unwrap_or_default();
            // The same again, by its names.
            let fails = match named.holds(self.pieces, self.transport) {
                Held::Begins { why, .. } | Held::Not { why, .. } => why,
                Held::Whole => why.to_owned(),
            };
            self.nearest = Some(Nearest { guess: parts, fails });
        }
    }

    /// Frames of the last kind in each piece: the first, and if `with_last` the last before what is none. What
    /// comes next must fit behind all of them.
    fn firsts(&self, guess: &Guess, with_last: bool) -> Option<Firsts<'a>> {
        let nth = guess.frames.len().checked_sub(1)?;
        let mut firsts = Firsts { frames: Vec::new(), whole: Vec::new(), behind: Vec::new() };
        for (piece, reading) in self.pieces.iter().zip(guess.readings(self.pieces, self.transport))
        {
            let is_whole = |frame: &&FrameRead| frame.frame == nth && frame.is_whole;
            let all: Vec<&FrameRead> = reading.frames.iter().filter(is_whole).collect();
            let last =
                all.last().filter(|_| with_last && all.len() > 1 && reading.trouble.is_some());
            for frame in all.first().into_iter().chain(last) {
                firsts.behind.push(piece.bytes.get(frame.end()..)?);
                firsts.whole.push(&piece.bytes);
                firsts.frames.push((*frame).clone());
            }
            if all.is_empty() {
                return None;
            }
        }
        Some(firsts)
    }

    fn grow(&mut self, guess: &Guess) {
        let Some(last) = guess.frames.last() else { return };
        let mut next = self.firsts(guess, false).map_or_else(Vec::new, |it| self.next(last, &it));
        // A frame that says the size of nothing ends anywhere, and the one before the trouble is none.
        if has_sized_part(last)
            && let Some(firsts) = self.firsts(guess, true)
        {
            for parts in self.next(last, &firsts) {
                if !next.contains(&parts) {
                    next.push(parts);
                }
            }
        }
        for parts in next {
            let mut grown = guess.clone();
            if let Some(frame) = grown.frames.last_mut() {
                if parts.first().is_some_and(|part| part.counts == Counts::Characters) {
                    mark_characters(frame, parts.first());
                }
                frame
                    .parts
                    .extend(parts.into_iter().map(|part| Part { counts: Counts::Bytes, ..part }));
            }
            self.consider(grown);
        }
    }

    /// What may come next, behind these frames.
    fn next(&self, last: &Frame, firsts: &Firsts<'_>) -> Vec<Vec<Part>> {
        let mut next: Vec<Vec<Part>> = Vec::new();
        let number = last.parts.len();
        for path in open_numbers(last, &firsts.frames) {
            let sizes: Vec<u64> = firsts.frames.iter().map(|it| size_of(it, last, &path)).collect();
            let is_key = weigh::is_key(last, &path);
            next.extend(
                sized(&path, is_key, &sizes, &firsts.behind, number).map(|part| vec![part]),
            );
            next.extend(counted(&path, &sizes, &firsts.behind, number).map(|part| vec![part]));
        }
        next.extend(digest_part(last, firsts, number).map(|part| vec![part]));
        if next.is_empty() && has_sized_part(last) {
            next.extend(constant(&firsts.behind, number).map(|part| vec![part]));
            next.extend(self.number_and_sized(&firsts.behind, number));
        }
        if let Some(Kind::TextUntil { delimiter, .. } | Kind::NumberUntil(delimiter)) =
            last.parts.last().map(|part| &part.kind)
        {
            next.extend(
                lines(&firsts.behind, delimiter, number).into_iter().map(|part| vec![part]),
            );
        }
        next
    }

    /// A number, and what it is the size of, at once.
    fn number_and_sized(&self, behind: &[&[u8]], number: usize) -> Vec<Vec<Part>> {
        let there: Vec<&[u8]> = behind.iter().copied().filter(|rest| !rest.is_empty()).collect();
        if there.len() < behind.len() {
            return Vec::new();
        }
        let mut pairs = Vec::new();
        for kind in heads::numbers(&there, self.facts) {
            let head = part(number, kind);
            let alone = Guess { frames: vec![frame(vec![head.clone()])] };
            let rests: Vec<Piece> = there
                .iter()
                .map(|rest| Piece { bytes: rest.to_vec(), turns: Vec::new() })
                .collect();
            let rests: Vec<&Piece> = rests.iter().collect();
            let readings = alone.first_frames(&rests);
            let Some(table) = alone.frames.first() else { continue };
            let first = |reading: layout::Reading| reading.frames.into_iter().next();
            let Some(frames) = readings.into_iter().map(first).collect::<Option<Vec<FrameRead>>>()
            else {
                continue;
            };
            for path in open_numbers(table, &frames) {
                let sizes: Vec<u64> = frames.iter().map(|it| size_of(it, table, &path)).collect();
                let behind: Option<Vec<&[u8]>> =
                    there.iter().zip(&frames).map(|(rest, it)| rest.get(it.end()..)).collect();
                let Some(behind) = behind else { continue };
                if let Some(sized) = sized(&path, false, &sizes, &behind, number + 1) {
                    pairs.push(vec![head.clone(), sized]);
                }
            }
        }
        pairs
    }
}

fn frame(parts: Vec<Part>) -> Frame {
    Frame { name: "frame".to_owned(), parts }
}

fn part(number: usize, kind: Kind) -> Part {
    Part::new(format!("p{number}"), kind)
}

fn ends_in_a_number(guess: &Guess) -> bool {
    let last = guess.frames.last().and_then(|frame| frame.parts.last());
    last.is_some_and(|part| weigh::is_number(&part.kind))
}

fn has_sized_part(frame: &Frame) -> bool {
    frame.parts.iter().any(|part| matches!(part.kind.size(), Some(Size::Of(_))))
}

/// The values that may be the size of what comes next: numbers, and integers in JSON, that are no size yet.
fn open_numbers(frame: &Frame, firsts: &[FrameRead]) -> Vec<Vec<String>> {
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
fn integers(part: &Part, value: &Value) -> Vec<Vec<String>> {
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

fn json_integers(json: &pyjson::Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    const DEPTH_MAX: usize = 4;
    match json {
        pyjson::Value::Int(_) if path.len() > 1 => found.push(path.clone()),
        pyjson::Value::Dict(dict) if path.len() < DEPTH_MAX => {
            for (key, value) in dict.iter() {
                let key = key.to_string_lossy().into_owned();
                // A dot in a key can't be told from one between keys.
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

/// What a frame says at a path: what is absent, or no size, says 0.
fn size_of(frame: &FrameRead, table: &Frame, path: &[String]) -> u64 {
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

/// A part of this size, if there is enough behind the frame in all pieces.
fn sized(
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

/// A part whose size counts characters: JSON or text in which some are more than a byte long.
fn counted(path: &[String], sizes: &[u64], behind: &[&[u8]], number: usize) -> Option<Part> {
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

/// Say of the number that is the size of this part that it counts characters.
fn mark_characters(frame: &mut Frame, sized: Option<&Part>) {
    let Some(Size::Of(path)) = sized.and_then(|part| part.kind.size()) else { return };
    let Some(place) = frame.resolve(path, frame.parts.len()) else { return };
    if let Some(part) = frame.parts.get_mut(place.part) {
        part.counts = Counts::Characters;
    }
}

/// A delimiter that stands behind the frame in all pieces.
fn constant(behind: &[&[u8]], number: usize) -> Option<Part> {
    let is_there = |delimiter: &&[u8]| behind.iter().all(|rest| rest.starts_with(delimiter));
    let found = BEHIND.into_iter().find(is_there)?;
    Some(part(number, Kind::Const(found.to_vec())))
}

/// More lines of the same frame.
fn lines(behind: &[&[u8]], delimiter: &[u8], number: usize) -> Vec<Part> {
    let fits = |kind: &Kind| kind.delimiter() == delimiter;
    let kinds = heads::numbers(behind, &Facts::default()).into_iter().chain(heads::until(behind));
    kinds.filter(fits).map(|kind| part(number, kind)).collect()
}

/// A checksum of an earlier part, of the length that it always has.
fn digest_part(frame: &Frame, firsts: &Firsts<'_>, number: usize) -> Option<Part> {
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
