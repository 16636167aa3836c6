//! Tracks how far a part reaches, as its bytes come.

use super::Limits;
use crate::error::Trouble;
use crate::text::Characters;
use crate::{Encoding, Kind};

/// How far the current part reaches.
#[derive(Debug, Clone)]
pub(super) enum Extent<'l> {
    /// A number of bytes, some of which have come.
    Bytes { total: u64, came: u64 },
    /// A number of characters, in at most a number of bytes, some of which have come.
    Characters { total: u64, characters: Characters, limit: u64, came: u64 },
    /// Up to a delimiter, with the most bytes before it.
    Until { delimiter: &'l [u8], limit: u64 },
    /// To the end of the stream, or of a turn.
    Open { ends_with_turn: bool, limit: u64 },
}

/// The result of one call.
pub(super) struct Taken {
    /// How many bytes it took.
    pub(super) count: usize,
    /// Whether the part is complete, or what is wrong with it.
    pub(super) is_whole: Result<bool, Trouble>,
}

impl Extent<'_> {
    /// Takes the part's bytes from `input`. `kept` holds the part's bytes so far, and gets the
    /// new ones if the part `keeps` them.
    pub(super) fn take(&mut self, input: &[u8], kept: &mut Vec<u8>, keeps: u64) -> Taken {
        match self {
            Self::Bytes { total, came } => {
                let wanted = usize::try_from(*total - *came).unwrap_or(usize::MAX);
                let taken = input.get(..wanted.min(input.len())).unwrap_or_default();
                *came += taken.len() as u64;
                keep(kept, taken, keeps);
                Taken { count: taken.len(), is_whole: Ok(came == total) }
            }
            Self::Characters { total, characters, limit, came } => {
                let mut count = 0;
                while characters.whole() < *total {
                    let Some(byte) = input.get(count) else { break };
                    characters.push(*byte);
                    count += 1;
                    *came += 1;
                    if *came > *limit {
                        return too_long(count, *limit, *came);
                    }
                }
                keep(kept, input.get(..count).unwrap_or_default(), keeps);
                Taken { count, is_whole: Ok(characters.whole() >= *total) }
            }
            Self::Until { delimiter, limit } => {
                for (index, byte) in input.iter().enumerate() {
                    kept.push(*byte);
                    if kept.ends_with(delimiter) {
                        return Taken { count: index + 1, is_whole: Ok(true) };
                    }
                    if kept.len() as u64 >= limit.saturating_add(delimiter.len() as u64) {
                        return too_long(index + 1, *limit, kept.len() as u64);
                    }
                }
                Taken { count: input.len(), is_whole: Ok(false) }
            }
            Self::Open { limit, .. } => {
                let room = usize::try_from(limit.saturating_sub(kept.len() as u64));
                let is_over = room.is_ok_and(|room| input.len() > room);
                if is_over {
                    let count = room.unwrap_or(0) + 1;
                    return too_long(count, *limit, (kept.len() + count) as u64);
                }
                keep(kept, input, keeps);
                Taken { count: input.len(), is_whole: Ok(false) }
            }
        }
    }

    /// The stream's end inside the part, after this many bytes.
    pub(super) const fn unexpected_end(&self, came: u64) -> Trouble {
        let (expected, found, counts_characters) = match self {
            Self::Bytes { total, came } => (Some(*total), *came, false),
            Self::Characters { total, characters, .. } => (Some(*total), characters.whole(), true),
            Self::Until { .. } | Self::Open { .. } => (None, came, false),
        };
        Trouble::UnexpectedEnd { expected, found, counts_characters }
    }
}

fn keep(kept: &mut Vec<u8>, bytes: &[u8], keeps: u64) {
    let room = usize::try_from(keeps.saturating_sub(kept.len() as u64)).unwrap_or(usize::MAX);
    kept.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
}

fn too_long(count: usize, limit: u64, found: u64) -> Taken {
    Taken { count, is_whole: Err(Trouble::TooLong { limit, found }) }
}

/// How much to keep of a part of bytes that holds a checksum: more than the longest checksum
/// needs.
const CHECKSUM_MAX_BYTES: u64 = 129;

/// How many bytes to keep of a part; 0 for a part that the parser does not keep.
pub(super) const fn keeps(kind: &Kind, limits: &Limits, holds_checksum: bool) -> u64 {
    match kind {
        Kind::Json(_) | Kind::JsonUntil(_) => limits.json_max_bytes,
        Kind::Text { .. } | Kind::Struct { .. } | Kind::Digits { .. } => limits.text_max_bytes,
        Kind::TextUntil { .. } => limits.line_max_bytes,
        Kind::NumberUntil(_) => limits.number_max_bytes,
        Kind::Bytes(_) if holds_checksum => CHECKSUM_MAX_BYTES,
        Kind::Bytes(_) | Kind::Const(_) | Kind::Pad(_) => 0,
    }
}

/// The encoding whose characters a size counts.
pub(crate) const fn counted(kind: &Kind) -> Encoding {
    match kind {
        Kind::Text { encoding, .. } => *encoding,
        _ => Encoding::Utf8,
    }
}
