//! Shortens long texts and byte sequences for the page. What is left out is counted.

use model::blob::{Blob, to_hex};
use serde::Serialize;

/// How many of the first bytes of a program's output are kept,
const HEAD_MAX_BYTES: usize = 8 << 10;
/// and how many of the last, which often say why it failed.
const TAIL_MAX_BYTES: usize = 4 << 10;

/// Bytes that are probably text.
#[derive(Debug, Serialize)]
pub(super) struct Text {
    len: usize,
    head: Blob,
    #[serde(skip_serializing_if = "Option::is_none")]
    tail: Option<Blob>,
}

impl Text {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let len = bytes.len();
        if len <= HEAD_MAX_BYTES + TAIL_MAX_BYTES {
            return Self { len, head: bytes.into(), tail: None };
        }
        let (head, rest) = bytes.split_at(HEAD_MAX_BYTES);
        let (_, tail) = rest.split_at(rest.len() - TAIL_MAX_BYTES);
        Self { len, head: head.into(), tail: Some(tail.into()) }
    }
}

/// Streams up to this length are shown in full.
const WHOLE_MAX_BYTES: usize = 4 << 10;
/// Of longer streams, the beginning, the bytes around the first difference, and the end are shown.
const BEGIN_BYTES: usize = 1 << 10;
const BEFORE_BYTES: usize = 256;
const AFTER_BYTES: usize = 1 << 10;
const END_BYTES: usize = 64;
const ROW_BYTES: usize = 16;

/// Bytes in hexadecimal, each piece with its offset.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Bytes {
    pub(super) len: usize,
    pub(super) pieces: Vec<(usize, String)>,
}

impl Bytes {
    /// The kept parts of `bytes`. `beside` is the length of the sequence that it is compared with, and
    /// `parting` the first difference: both sequences get the same windows.
    pub(super) fn of(bytes: &[u8], beside: usize, parting: Option<usize>) -> Self {
        let len = bytes.len();
        let pieces = windows(len.max(beside), parting);
        let piece = |(from, to): (usize, usize)| {
            let (from, to) = (from.min(len), to.min(len));
            bytes.get(from..to).filter(|piece| !piece.is_empty()).map(|it| (from, to_hex(it)))
        };
        Self { len, pieces: pieces.into_iter().filter_map(piece).collect() }
    }
}

/// The kept ranges of `len` bytes, in whole rows.
fn windows(len: usize, parting: Option<usize>) -> Vec<(usize, usize)> {
    if len <= WHOLE_MAX_BYTES {
        return vec![(0, len)];
    }
    let around = parting.map(|at| (at.saturating_sub(BEFORE_BYTES), at + AFTER_BYTES));
    let wanted = [Some((0, BEGIN_BYTES)), around, Some((len - END_BYTES, len))];
    let mut kept: Vec<(usize, usize)> = Vec::new();
    for (from, to) in wanted.into_iter().flatten() {
        let from = from / ROW_BYTES * ROW_BYTES;
        let to = to.next_multiple_of(ROW_BYTES).min(len);
        match kept.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => kept.push((from, to)),
        }
    }
    kept
}

/// The text, or its first `max_chars` characters and how many more there are.
pub(super) fn shortened(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text.to_owned(),
        Some((end, _)) => {
            let (head, rest) = text.split_at(end);
            format!("{head}… ({} more characters)", rest.chars().count())
        }
    }
}

/// The offset of the first difference, or of the end of the shorter one.
pub(super) fn parting(one: &[u8], other: &[u8]) -> Option<usize> {
    if one == other {
        return None;
    }
    Some(one.iter().zip(other).take_while(|(one, other)| one == other).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_stream_the_byte_at_which_it_parts_is_kept_and_both_ends() {
        for (len, at) in [(5000, 0), (5000, 1100), (100_000, 50_000), (100_000, 99_999)] {
            let kept = windows(len, Some(at));
            let is_kept = |byte| kept.iter().any(|(from, to)| (*from..*to).contains(&byte));
            assert!(is_kept(0) && is_kept(at) && is_kept(len - 1), "{len} {at}: {kept:?}");
            assert!(kept.windows(2).all(|pair| pair[0].1 < pair[1].0), "{kept:?}");
            assert!(kept.iter().map(|(from, to)| to - from).sum::<usize>() < WHOLE_MAX_BYTES);
        }
    }

    #[test]
    fn two_streams_of_different_length_keep_the_same_windows() {
        let (long, short) = (vec![7; 100_000], vec![7; 60_000]);
        let at = parting(&long, &short);
        assert_eq!(at, Some(60_000));
        let offsets = |bytes: &Bytes| bytes.pieces.iter().map(|it| it.0).collect::<Vec<_>>();
        let (long, short) = (Bytes::of(&long, 60_000, at), Bytes::of(&short, 100_000, at));
        assert_eq!(offsets(&short), [0, 59_744]);
        assert_eq!(offsets(&long), [0, 59_744, 99_936]);
    }

    #[test]
    fn what_a_program_says_last_is_kept() {
        let long = [vec![b'a'; 100_000], b"the end".to_vec()].concat();
        let text = Text::of(&long);
        assert_eq!((text.len, text.head.0.len()), (100_007, HEAD_MAX_BYTES));
        assert!(text.tail.unwrap().0.ends_with(b"the end"));
        assert_eq!(shortened("äöü", 2), "äö… (1 more characters)");
        assert_eq!(shortened("äöü", 3), "äöü");
    }
}
