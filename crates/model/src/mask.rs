//! Values that differ between runs, and are compared by form and not by value.
//!
//! A scenario defines the masked ranges of a stream or a screen. Two byte strings agree if they are equal after
//! the n-th masked range of one is replaced by the n-th of the other.

use std::ops::Range;

use serde::Deserialize;

use crate::observation::{Direction, Role};

/// What masks apply to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The data of one direction: a whole stream, or one datagram.
    Stream(Direction),
    /// The standard output of the program in this role.
    Screen(Role),
}

/// How a file of a program's directory is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    /// By its content.
    Content,
    /// It must exist, with any content.
    Present,
    /// Not at all.
    Ignored,
}

/// How JSON text is compared, if a scenario knows where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JsonBy {
    /// By its bytes.
    #[default]
    Bytes,
    /// By the value that Python's `json.loads` gives. Spaces, the order of keys and escapes are free; sizes and
    /// checksums depend on the text.
    Value,
}

/// Which JSON text a peer can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JsonProfile {
    /// All that CPython's `json.loads` reads.
    #[default]
    Cpython,
    /// JSON as RFC 8259 defines it: no `NaN`, no infinities, no encoding but UTF-8, no byte order mark, no lone
    /// surrogates.
    Rfc8259,
}

/// `right`, with its masked ranges replaced by those of `seen`. The remaining differences from `seen` count.
///
/// Both lists of ranges are sorted and do not overlap. From the first unmasked difference on, `right` stays
/// unchanged.
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

/// An offset without the lengths of the masked ranges before it, so that offsets of different runs can be
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
        // If a value is missing, the others stay unchanged.
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
