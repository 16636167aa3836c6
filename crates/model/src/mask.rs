//! What differs from run to run, and is compared by its form and not by its value.
//!
//! A scenario says which ranges of a stream or of a screen are masked. Two byte strings agree where they
//! are equal once the n-th masked range of one stands in the place of the n-th of the other.

use std::ops::Range;

use serde::Deserialize;

use crate::observation::{Direction, Role};

/// Something of a case that masks are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What goes one way: a whole stream, or one datagram.
    Stream(Direction),
    /// The standard output of the program in this role.
    Screen(Role),
}

/// How a file of a program's directory is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    /// By its content.
    Content,
    /// It must be there, whatever is in it.
    Present,
    /// Not at all.
    Ignored,
}

/// What JSON text is held to, where a scenario knows where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JsonBy {
    /// To its bytes.
    #[default]
    Bytes,
    /// To the value that Python's `json.loads` gives. Spaces, the order of keys and escapes are free, and
    /// sizes and checksums follow from the text.
    Value,
}

/// `right`, with what was seen in its masked ranges: what differs from `seen` then is a difference.
///
/// Both lists of ranges rise and do not overlap. From the first place on at which the two differ outside of
/// what is masked, `right` stays as it is.
#[must_use]
pub fn with_values_of(
    right: &[u8],
    masked: &[Range<usize>],
    seen: &[u8],
    masked_in_seen: &[Range<usize>],
) -> Vec<u8> {
    let mut made = Vec::with_capacity(right.len());
    let (mut done, mut done_in_seen) = (0, 0);
    for (ours, theirs) in masked.iter().zip(masked_in_seen) {
        let before = right.get(done..ours.start).unwrap_or_default();
        if seen.get(done_in_seen..theirs.start) != Some(before) {
            break;
        }
        made.extend_from_slice(before);
        made.extend_from_slice(seen.get(theirs.clone()).unwrap_or_default());
        (done, done_in_seen) = (ours.end, theirs.end);
    }
    made.extend_from_slice(right.get(done..).unwrap_or_default());
    made
}

/// An offset as it is where every masked range has no length, so that offsets of different runs can be
/// compared.
#[must_use]
pub fn unmasked_offset(offset: usize, masked: &[Range<usize>]) -> usize {
    let before = masked.iter().map(|range| offset.min(range.end).saturating_sub(range.start));
    offset.saturating_sub(before.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_values_are_taken_over_and_the_rest_is_not() {
        let made = with_values_of(b"at 12: on", &[3..5, 9..9], b"at 7: on", &[3..4, 8..8]);
        assert_eq!(made, b"at 7: on");
        // A value that is missing leaves the others as they are.
        let made = with_values_of(b"a 1 b 2", &[2..3, 6..7], b"a - b 3", &[6..7, 7..7]);
        assert_eq!(made, b"a 1 b 2");
        assert_eq!(with_values_of(b"at 12, 3", &[3..5, 7..8], b"at", &[]), b"at 12, 3");
    }

    #[test]
    fn offsets_are_counted_without_what_is_masked() {
        let masked = [3..5, 8..10];
        let offsets = [0, 3, 4, 5, 8, 9, 12].map(|offset| unmasked_offset(offset, &masked));
        assert_eq!(offsets, [0, 3, 3, 3, 6, 6, 8]);
    }
}
