//! Looking for a byte eight at a time in a word, and long texts in blocks.
//!
//! The blocks are plain loops that the compiler turns into vector instructions.

/// Each byte 0x01.
const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
/// The highest bit of each byte.
pub(crate) const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
/// Bytes that are looked at together in a long text.
const BLOCK: usize = 64;
/// Bytes after which a text is taken for a long one.
const SHORT: usize = 64;

/// The high bit of each byte below `limit`, which is at most 0x80: right for the first such byte
/// of a little-endian word, while those above it may be wrong.
#[inline]
pub(crate) const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES.wrapping_mul(limit as u64)) & !word & HIGHS
}

/// The high bit of each byte that is `byte`, right for the first of a little-endian word.
#[inline]
pub(crate) const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ ONES.wrapping_mul(byte as u64), 1)
}

/// How many bytes from the front are not special.
///
/// `in_word` gives the high bit of the first special byte of a little-endian word, and 0 when
/// there is none; `is_special` says the same of one byte.
#[inline]
pub(crate) fn prefix(
    bytes: &[u8],
    in_word: impl Fn(u64) -> u64,
    is_special: impl Fn(u8) -> bool,
) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    let mut plain = 0;
    for word in words {
        let found = in_word(u64::from_le_bytes(*word));
        if found != 0 {
            return plain + (found.trailing_zeros() / 8) as usize;
        }
        plain += 8;
        if plain == SHORT {
            plain += long_prefix(bytes.get(SHORT..).unwrap_or_default(), &in_word, &is_special);
            return plain;
        }
    }
    let rest = bytes.get(plain..).unwrap_or_default();
    plain + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

/// [`prefix`] of a text of which a good part is plain already.
fn long_prefix(
    bytes: &[u8],
    in_word: &impl Fn(u64) -> u64,
    is_special: &impl Fn(u8) -> bool,
) -> usize {
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let plain = |block: &&[u8; BLOCK]| {
        block.iter().fold(0, |found, byte| found | u8::from(is_special(*byte))) == 0
    };
    let mut prefix = BLOCK * blocks.iter().take_while(plain).count();
    let (words, _) = bytes.get(prefix..).unwrap_or_default().as_chunks::<8>();
    for word in words {
        let found = in_word(u64::from_le_bytes(*word));
        if found != 0 {
            return prefix + (found.trailing_zeros() / 8) as usize;
        }
        prefix += 8;
    }
    let rest = bytes.get(prefix..).unwrap_or_default();
    prefix + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}
