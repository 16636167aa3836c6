//! Compares byte strings under masks. It never changes a mask and never proposes one.

use std::cmp::Reverse;
use std::ops::Range;

use regex::bytes::Regex;

/// The most bytes that one value of a [`Difference`] holds.
const VALUE_BYTES: usize = 60;

/// How many bytes before the difference a value of a [`Difference`] may begin.
const VALUE_LEAD_BYTES: usize = 30;

/// How many bytes a value shows if no word stands at the difference.
const RAW_BYTES: usize = 8;

/// Where two byte strings differ under the masks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The first differing byte's offset in the first string; its length if it ends there.
    pub offset: usize,
    /// The first differing byte's offset in the second string; its length if it ends there.
    pub other_offset: usize,
    /// The whole word at the difference in the first and in the second string, at most 60 bytes
    /// each. They may be cut inside a character, so show them lossily.
    pub values: [Vec<u8>; 2],
}

/// One byte string, with the ranges that the masks match in it.
#[derive(Debug)]
pub(super) struct Play<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) ranges: Vec<Range<usize>>,
}

impl<'a> Play<'a> {
    /// Finds the masks' matches in these bytes.
    pub(super) fn new(bytes: &'a [u8], masks: &[Regex]) -> Self {
        Self { bytes, ranges: ranges(bytes, masks) }
    }

    /// Where the match before the `count`-th ends; 0 without one.
    pub(super) fn end_of_match(&self, count: usize) -> Option<usize> {
        match count.checked_sub(1) {
            Some(last) => self.ranges.get(last).map(|range| range.end),
            None => Some(0),
        }
    }
}

/// Finds what the masks match, in order and without overlaps.
///
/// The match that starts first wins. Of several that start together the longest wins, so a later
/// mask can widen an earlier one. Empty matches are ignored.
#[must_use]
pub fn ranges(bytes: &[u8], masks: &[Regex]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut next: Vec<_> = masks.iter().map(|mask| next_match(mask, bytes, 0)).collect();
    while let Some(best) =
        next.iter().flatten().min_by_key(|range| (range.start, Reverse(range.end))).cloned()
    {
        for (slot, mask) in next.iter_mut().zip(masks) {
            if slot.as_ref().is_some_and(|range| range.start < best.end) {
                *slot = next_match(mask, bytes, best.end);
            }
        }
        found.push(best);
    }
    found
}

/// The first match that is not empty at or after `from`.
fn next_match(mask: &Regex, bytes: &[u8], mut from: usize) -> Option<Range<usize>> {
    while from <= bytes.len() {
        let found = mask.find_at(bytes, from)?;
        if !found.is_empty() {
            return Some(found.range());
        }
        from = found.end() + 1;
    }
    None
}

/// Says whether two byte strings are equal except for the masks' matches.
///
/// The k-th match in one string corresponds to the k-th match in the other. Matches without a
/// counterpart are compared unchanged.
#[must_use]
pub fn agree(one: &[u8], other: &[u8], masks: &[Regex]) -> bool {
    one == other || parting(&Play::new(one, masks), &Play::new(other, masks)).is_none()
}

/// Finds where two byte strings first differ under the masks; `None` if they agree.
#[must_use]
pub fn first_difference(one: &[u8], other: &[u8], masks: &[Regex]) -> Option<Difference> {
    let (offset, other_offset) = parting(&Play::new(one, masks), &Play::new(other, masks))?;
    let lead = common_lead(one, offset, other, other_offset);
    let values = [value(one, offset, lead), value(other, other_offset, lead)];
    Some(Difference { offset, other_offset, values })
}

/// The offsets where two plays differ, after the first play's matches are replaced by the
/// second's, pair by pair.
pub(super) fn parting(one: &Play<'_>, other: &Play<'_>) -> Option<(usize, usize)> {
    let (mut from, mut there) = (0, 0);
    for (mine, theirs) in one.ranges.iter().zip(&other.ranges) {
        let literal = slice(one.bytes, from, mine.start);
        if let Some(step) = mismatch(literal, slice_from(other.bytes, there)) {
            return Some((from + step, there + step));
        }
        there += literal.len();
        let substitute = slice(other.bytes, theirs.start, theirs.end);
        if let Some(step) = mismatch(substitute, slice_from(other.bytes, there)) {
            return Some((mine.start + step.min(mine.len()), there + step));
        }
        there += substitute.len();
        from = mine.end;
    }
    let (mine, theirs) = (slice_from(one.bytes, from), slice_from(other.bytes, there));
    let step = common_prefix(mine, theirs);
    (step < mine.len() || step < theirs.len()).then_some((from + step, there + step))
}

/// How far `text` equals `expected`, if it is not completely equal.
fn mismatch(expected: &[u8], text: &[u8]) -> Option<usize> {
    let step = common_prefix(expected, text);
    (step < expected.len()).then_some(step)
}

/// How many bytes two strings share from their start.
pub(super) fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// These bytes from `from` up to `to`; empty if the string is too short.
pub(super) fn slice(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    bytes.get(from..to.min(bytes.len())).unwrap_or_default()
}

/// These bytes from `from` on; empty if the string is too short.
pub(super) fn slice_from(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}

/// How many bytes before both offsets are equal and belong to one word.
fn common_lead(one: &[u8], offset: usize, other: &[u8], other_offset: usize) -> usize {
    let before = slice(one, 0, offset).iter().rev();
    let other_before = slice(other, 0, other_offset).iter().rev();
    let same = before.zip(other_before).take(VALUE_LEAD_BYTES);
    same.take_while(|(a, b)| a == b && in_value(**a)).count()
}

/// The word around an offset, for a message.
fn value(bytes: &[u8], offset: usize, lead: usize) -> Vec<u8> {
    let start = offset.saturating_sub(lead);
    let rest = slice(bytes, start, start + VALUE_BYTES);
    let word = rest.iter().take_while(|byte| in_value(**byte)).count();
    let length = if word == 0 { RAW_BYTES } else { word };
    slice(rest, 0, length).to_vec()
}

/// Says whether a byte belongs to a value rather than to what separates values.
const fn in_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(byte, b'_' | b'.' | b':' | b'+' | b'-' | b'/')
}
