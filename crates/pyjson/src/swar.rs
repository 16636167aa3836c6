//! Finds a byte eight at a time in a word, and in long texts by blocks.
//!
//! The blocks are plain loops that the compiler turns into vector instructions.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch};

/// Whether to do without the code that looks at several bytes at once, and without places made
/// ahead for values. `make bench-json` also builds the crate so, to show the effect of that code.
pub(crate) const PLAIN: bool = cfg!(pyjson_plain);

/// Each byte 0x01.
const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
/// The highest bit of each byte.
pub(crate) const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
/// How many bytes of a long text are looked at together.
const BLOCK: usize = 64;
/// From this many bytes on, a text counts as long.
const SHORT: usize = 64;

/// The high bit of each byte below `limit`, which is at most 0x80: right for the first such byte
/// of a little-endian word, while those above it may be wrong.
#[inline]
pub(crate) const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES.wrapping_mul(limit as u64)) & !word & HIGHS
}

/// The high bit of each byte equal to `byte`, right for the first of a little-endian word.
#[inline]
pub(crate) const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ ONES.wrapping_mul(byte as u64), 1)
}

/// The number of decimal digits at the start of `bytes`, and `value` followed by these digits. It
/// wraps around if there are too many.
#[inline]
pub(crate) fn digits(bytes: &[u8], mut value: u64) -> (usize, u64) {
    let mut count = 0;
    let mut rest = bytes;
    while !PLAIN && let Some((word, behind)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word) ^ ONES.wrapping_mul(0x30);
        // A digit is now 0 to 9, and adding 0x76 does not reach the highest bit.
        let others = (word.wrapping_add(ONES.wrapping_mul(0x76)) | word) & HIGHS;
        if others != 0 {
            let more = (others.trailing_zeros() / 8) as usize;
            if let Some(power) = POWERS.get(more)
                && more > 0
            {
                value = value.wrapping_mul(*power).wrapping_add(eight(word << (64 - 8 * more)));
            }
            return (count + more, value);
        }
        value = value.wrapping_mul(100_000_000).wrapping_add(eight(word));
        count += 8;
        rest = behind;
    }
    for byte in rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        count += 1;
    }
    (count, value)
}

/// The powers of ten up to the seventh.
const POWERS: [u64; 8] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

/// The number of eight digits, the first digit in the lowest byte.
#[inline]
const fn eight(digits: u64) -> u64 {
    // Each step makes half as many numbers with twice as many digits.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

/// How many bytes at the start are not special.
///
/// `in_word` returns the high bit of the first special byte of a little-endian word, and 0 without
/// one; `is_special` says the same for one byte.
#[inline]
pub(crate) fn prefix(
    bytes: &[u8],
    in_word: impl Fn(u64) -> u64,
    is_special: impl Fn(u8) -> bool,
) -> usize {
    if PLAIN {
        return bytes.iter().position(|byte| is_special(*byte)).unwrap_or(bytes.len());
    }
    let (words, _) = bytes.as_chunks::<8>();
    let mut plain = 0;
    for word in words {
        let found = in_word(u64::from_le_bytes(*word));
        if found != 0 {
            return plain + (found.trailing_zeros() / 8) as usize;
        }
        plain += 8;
        if plain == SHORT {
            plain += long_prefix(bytes.get(SHORT..).unwrap_or_default(), in_word, is_special);
            return plain;
        }
    }
    let rest = bytes.get(plain..).unwrap_or_default();
    plain + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

/// [`prefix`] for a text whose start is already known to be plain for a while, with the machine's
/// own vectors.
fn long_prefix(
    bytes: &[u8],
    in_word: impl Fn(u64) -> u64,
    is_special: impl Fn(u8) -> bool,
) -> usize {
    dispatch!(Level::new(), simd => simd.vectorize(
        #[inline(always)]
        || block_prefix(bytes, in_word, is_special),
    ))
}

/// [`prefix`] in blocks, with the caller's vectors.
#[inline(always)]
pub(crate) fn block_prefix(
    bytes: &[u8],
    in_word: impl Fn(u64) -> u64,
    is_special: impl Fn(u8) -> bool,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// [`digits`], one digit at a time.
    fn digits_one_by_one(bytes: &[u8], value: u64) -> (usize, u64) {
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold((0, value), |(count, value), digit| {
            (count + 1, value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')))
        })
    }

    #[test]
    fn digits_are_counted_up_to_any_other_byte_at_every_place() {
        for len in 0..=26 {
            for place in 0..=len {
                for byte in 0..=u8::MAX {
                    let mut bytes: Vec<u8> = (b'1'..=b'9').cycle().take(len).collect();
                    bytes.insert(place, byte);
                    assert_eq!(digits(&bytes, 0), digits_one_by_one(&bytes, 0), "{bytes:?}");
                    assert_eq!(digits(&bytes, 70), digits_one_by_one(&bytes, 70), "{bytes:?}");
                }
            }
        }
    }

    /// [`prefix`] up to the first zero.
    fn prefix_without_zero(bytes: &[u8]) -> usize {
        prefix(bytes, |word| equal(word, 0), |byte| byte == 0)
    }

    #[test]
    fn the_first_of_two_special_bytes_is_found_in_a_text_of_any_length() {
        for len in [0, 1, 7, 8, 9, 63, 64, 65, 71, 72, 127, 128, 129, 136, 200, 257] {
            let mut bytes = vec![b'a'; len];
            assert_eq!(prefix_without_zero(&bytes), len);
            for first in 0..len {
                for second in first..len {
                    (bytes[first], bytes[second]) = (0, 0);
                    assert_eq!(prefix_without_zero(&bytes), first, "{second} of {len}");
                    (bytes[first], bytes[second]) = (b'a', b'a');
                }
            }
        }
    }

    #[test]
    fn the_first_byte_below_a_limit_and_the_first_equal_one_are_found_in_a_word() {
        for place in 0..8 {
            for byte in 0..=u8::MAX {
                for rest in [0, 1, 0x1f, 0x20, 0x7f, 0x80, 0xff] {
                    let mut bytes = [0xff; 8];
                    bytes[place..].fill(rest);
                    bytes[place] = byte;
                    let word = u64::from_le_bytes(bytes);
                    let first = |is_found: fn(u8) -> bool| {
                        bytes.iter().position(|byte| is_found(*byte)).unwrap_or(8)
                    };
                    let found = |bits: u64| (bits.trailing_zeros() / 8) as usize;
                    assert_eq!(found(below(word, 0x20)), first(|byte| byte < 0x20), "{bytes:?}");
                    assert_eq!(found(below(word, 0x80)), first(|byte| byte < 0x80), "{bytes:?}");
                    assert_eq!(found(equal(word, b'"')), first(|byte| byte == b'"'), "{bytes:?}");
                    assert_eq!(found(equal(word, 0x7f)), first(|byte| byte == 0x7f), "{bytes:?}");
                }
            }
        }
    }
}
