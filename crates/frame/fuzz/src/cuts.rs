//! Chooses where a stream is cut. The input of a target that cuts is
//!
//! ```text
//! +---------+---------------+------------------------+
//! | n mod 8 | n cut lengths | the stream             |
//! +---------+---------------+------------------------+
//!  1 byte    n bytes          the rest
//! ```
//!
//! so a stream of vectors becomes a seed by one byte before it.

/// The pieces of a stream, and the stream.
pub(crate) fn cut(data: &[u8]) -> Option<(Vec<&[u8]>, &[u8])> {
    let (count, rest) = data.split_first()?;
    let (lengths, stream) = rest.split_at_checked(usize::from(count % 8))?;
    let mut left = stream;
    let mut pieces = Vec::new();
    // The lengths repeat, so a short list cuts a long stream everywhere.
    for length in lengths.iter().cycle().take(64) {
        let (piece, rest) = left.split_at(left.len().min(usize::from(*length)));
        pieces.push(piece);
        left = rest;
    }
    pieces.push(left);
    Some((pieces, stream))
}
