//! The weight of a valid guess. A number is more likely a size if more of its values were right, and less
//! likely if its part could have more forms.

use std::collections::BTreeSet;

use layout::{Frame, FrameRead, Inner, Kind, Reading, Scalar, Size, Value};

use crate::facts::Facts;
use crate::guess::{Guess, Piece, Transport};
use crate::heads;

/// How many different sizes count.
const SIZES_MAX: usize = 5;

/// The weight of the evidence. Below 0, more speaks against the guess.
pub(crate) fn weight(guess: &Guess, pieces: &[&Piece], transport: Transport, facts: &Facts) -> f64 {
    let readings = guess.readings(pieces, transport);
    let mut weight = 0.0;
    for (nth, frame) in guess.frames.iter().enumerate() {
        for number in 0..frame.parts.len() {
            weight += of_part(guess, nth, number, pieces, &readings, facts) - 1.0;
        }
    }
    weight
}

/// The same guess, with parts of known size described as JSON or text if all of their bytes are. The first
/// frames may have had none.
pub(crate) fn refined(mut guess: Guess, pieces: &[&Piece], transport: Transport) -> Guess {
    let readings = guess.readings(pieces, transport);
    for (nth, frame) in guess.frames.iter_mut().enumerate() {
        let table = frame.clone();
        for (number, part) in frame.parts.iter_mut().enumerate() {
            let Kind::Bytes(Size::Of(path)) = &part.kind else { continue };
            let all: Vec<&[u8]> =
                parts_of(&readings, pieces, nth, number).map(|(_, it)| it).collect();
            let full: Vec<&[u8]> = all.iter().copied().filter(|bytes| !bytes.is_empty()).collect();
            if full.is_empty() || is_key(&table, path) {
                continue;
            }
            let size = Size::Of(path.clone());
            if full.len() == all.len() && full.iter().all(|bytes| heads::is_json(bytes)) {
                part.kind = Kind::Json(size);
            } else if let Some(encoding) = heads::encoding(&full) {
                part.kind = Kind::Text { size, encoding };
            }
        }
    }
    guess
}

/// Whether a part of this kind is one number or several.
pub(crate) const fn is_number(kind: &Kind) -> bool {
    matches!(kind, Kind::Struct { .. } | Kind::Digits { .. } | Kind::NumberUntil(_))
}

/// The whole parts with this number, in all frames of a kind, each with its bytes.
pub(crate) fn parts_of<'r, 'p: 'r>(
    readings: &'r [Reading],
    pieces: &'r [&'p Piece],
    frame: usize,
    part: usize,
) -> impl Iterator<Item = (&'r Value, &'p [u8])> {
    readings.iter().zip(pieces).flat_map(move |(reading, piece)| {
        let frames = reading.frames.iter().filter(move |it| it.frame == frame);
        let read = move |it: &'r FrameRead| it.parts.iter().find(|read| read.part == part);
        let piece: &'p Piece = piece;
        frames
            .filter_map(read)
            .filter_map(move |read| Some((&read.value, piece.bytes.get(read.range.clone())?)))
    })
}

fn of_part(
    guess: &Guess,
    frame: usize,
    number: usize,
    pieces: &[&Piece],
    readings: &[Reading],
    facts: &Facts,
) -> f64 {
    let Some(table) = guess.frames.get(frame) else { return 0.0 };
    let Some(part) = table.parts.get(number) else { return 0.0 };
    let seen = || parts_of(readings, pieces, frame, number);
    let is_json_known = || {
        let known = |bytes: &[u8]| {
            std::str::from_utf8(bytes).is_ok_and(|it| facts.json(it.trim()).is_some())
        };
        if seen().any(|(_, bytes)| known(bytes)) { 6.0 } else { 0.0 }
    };
    let full: BTreeSet<&[u8]> =
        seen().map(|(_, bytes)| bytes).filter(|it| !it.is_empty()).collect();
    // Something that occurred once may be chance.
    let often = match full.len() {
        0 => 0.0,
        1 => 0.25,
        2 => 0.7,
        _ => 1.0,
    };
    match &part.kind {
        kind if is_number(kind) => {
            let is_known = match kind {
                // A number that is not a size matches any bytes, so a program must have used each of them.
                Kind::Struct { format, .. } => {
                    let is_packed = |(_, bytes): (&Value, &[u8])| {
                        facts.packed(format.as_str(), bytes).is_some()
                    };
                    if sized_by(table, number) > 0 {
                        seen().any(is_packed)
                    } else {
                        seen().all(is_packed)
                    }
                }
                _ => false,
            };
            let values: BTreeSet<Vec<i128>> = seen().map(|(value, _)| ints(value)).collect();
            of_number(table, number, is_known, values.len())
        }
        Kind::Json(Size::Of(_) | Size::Fixed(_)) => 20.0 + is_json_known(),
        Kind::JsonUntil(_) => 14.0 + is_json_known(),
        Kind::Json(Size::Rest) => 8.0 + is_json_known(),
        Kind::Json(Size::Turn) => 5.0 + is_json_known(),
        _ if !part.digests.is_empty() => 20.0,
        Kind::Text { size: Size::Of(_) | Size::Fixed(_), .. } => 6.0 * often,
        Kind::Bytes(Size::Of(path)) if is_key(table, path) => 10.0 * often,
        Kind::Bytes(Size::Of(_)) => 4.0 * often,
        // Nothing explains this part. With enough of such bytes, anything would be a frame.
        Kind::Bytes(Size::Fixed(_)) => -30.0,
        Kind::TextUntil { .. } => 3.0,
        Kind::Text { .. } => 2.0,
        Kind::Bytes(_) => 1.5,
        _ if seen().count() > 1 => 1.0,
        _ => -6.0,
    }
}

/// Whether a path leads to a key of JSON.
pub(crate) fn is_key(frame: &Frame, path: &[String]) -> bool {
    let place = frame.resolve(path, frame.parts.len());
    place.is_some_and(|place| matches!(place.inner, Inner::Keys(_)))
}

/// The weight of a number that had this many different values.
fn of_number(frame: &Frame, number: usize, is_known: bool, values: usize) -> f64 {
    let is_first = number == 0;
    let sizes = sized_by(frame, number);
    let count = frame.parts.get(number).map_or(1, |part| match &part.kind {
        Kind::Struct { format, .. } => format.values(),
        _ => 1,
    });
    let unused = u32::try_from(count.saturating_sub(sizes)).unwrap_or(u32::MAX);
    match (sizes, is_known) {
        (0, true) => 2.0,
        (0, false) => -20.0,
        // In the middle of a frame, most bytes match some number.
        (_, false) if !is_first && values < 2 => -100.0,
        (_, is_known) => {
            let different = u32::try_from(values.min(SIZES_MAX)).unwrap_or(0);
            let known = if is_known { 12.0 } else { -4.0 * f64::from(unused) };
            6.0 + known + 3.0 * f64::from(different)
        }
    }
}

/// How many parts have their size in this part.
pub(crate) fn sized_by(frame: &Frame, number: usize) -> usize {
    let sizes = (0..frame.parts.len()).filter_map(|nth| frame.size_place(nth));
    sizes.filter(|place| place.part == number).count()
}

fn ints(value: &Value) -> Vec<i128> {
    let of = |scalar: &Scalar| match scalar {
        Scalar::Int(int) => Some(*int),
        _ => None,
    };
    match value {
        Value::Scalar(scalar) => of(scalar).into_iter().collect(),
        Value::Fields(fields) => fields.iter().filter_map(of).collect(),
        _ => Vec::new(),
    }
}
