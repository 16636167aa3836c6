//! Strings: CPython's `ascii_escape_unicode` and `escape_unicode`.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x32};

use crate::pystr::INLINE_BYTES;
use crate::swar::PLAIN;
use crate::{PyString, swar, vector};

/// A string of at least this many bytes is written with the machine's vector instructions.
const LONG: usize = 64;
/// How many bytes it then looks at together.
const BLOCK: usize = 32;
/// How many bytes stay in the processor's cache after it looked at them.
const NEAR: usize = 4096;

/// Writes a string in quotes. It escapes quotes, backslashes and control characters, and for
/// `ASCII` everything that is not printable ASCII.
#[inline]
pub(super) fn string<const ASCII: bool>(string: &PyString, out: &mut Vec<u8>) {
    write::<ASCII, 1>(string, b"\"", out);
}

/// [`string`] and the default separator between a key and its value.
#[inline]
pub(super) fn key<const ASCII: bool>(string: &PyString, out: &mut Vec<u8>) {
    write::<ASCII, 3>(string, b"\": ", out);
}

/// Writes a string whose closing quote is the first byte of `end`, and the rest of `end`.
#[inline(always)]
fn write<const ASCII: bool, const END: usize>(
    string: &PyString,
    end: &[u8; END],
    out: &mut Vec<u8>,
) {
    match string.as_inline() {
        Some((room, len)) if !PLAIN && is_plain::<ASCII>(room, len) => plain(room, len, end, out),
        _ => {
            escaped_string::<ASCII>(string.as_generalized_utf8(), out);
            out.extend_from_slice(end);
        }
    }
}

/// Whether no used byte of this buffer needs an escape.
#[inline(always)]
fn is_plain<const ASCII: bool>(room: &[u8; INLINE_BYTES], len: usize) -> bool {
    let (Some([first, second]), Some(third)) =
        (room.as_chunks::<8>().0.first_chunk::<2>(), room.last_chunk::<8>())
    else {
        return false;
    };
    let used = USED.get(len).copied().unwrap_or([swar::HIGHS; 3]);
    // Wrong bits are only above right ones, so they make no difference.
    [first, second, third].into_iter().zip(used).fold(0, |found, (word, used)| {
        found | special_in_word::<ASCII>(u64::from_le_bytes(*word)) & used
    }) == 0
}

/// The high bits of the used bytes, by their number, in the first and the second eight bytes of the
/// buffer and in the last ones.
const USED: [[u64; 3]; INLINE_BYTES + 1] = {
    let mut used = [[0; 3]; INLINE_BYTES + 1];
    let starts = [0, 8, INLINE_BYTES - 8];
    let (mut len, mut word) = (0, 0);
    while len <= INLINE_BYTES {
        #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
        {
            let bytes = len.saturating_sub(starts[word]);
            used[len][word] =
                if bytes >= 8 { swar::HIGHS } else { swar::HIGHS & ((1 << (8 * bytes)) - 1) };
        }
        word += 1;
        if word == 3 {
            (len, word) = (len + 1, 0);
        }
    }
    used
};

/// What is written of a short string before some of it is removed again: its opening quote, its
/// buffer and `end` fit into two vector registers.
const SHORT: usize = 32;

/// Writes an opening quote, the used part of this buffer and `end`. Writing more and removing it
/// again is faster than copying a counted number of bytes.
#[inline(always)]
fn plain<const END: usize>(
    room: &[u8; INLINE_BYTES],
    len: usize,
    end: &[u8; END],
    out: &mut Vec<u8>,
) {
    let start = out.len();
    out.extend_from_slice(&[b'"'; SHORT]);
    if let Some([_, text @ ..]) = out.get_mut(start..) {
        if let Some(text) = text.first_chunk_mut() {
            *text = *room;
        }
        if let Some(behind) = text.get_mut(len..).and_then(<[u8]>::first_chunk_mut) {
            *behind = *end;
        }
    }
    out.truncate(start + 1 + len + END);
}

/// Writes an opening quote and a string, with its special characters escaped.
fn escaped_string<const ASCII: bool>(string: &[u8], out: &mut Vec<u8>) {
    out.reserve(string.len().saturating_add(2));
    out.push(b'"');
    let mut rest =
        if string.len() < LONG || PLAIN { string } else { write_blocks::<ASCII>(string, out) };
    while !PLAIN && let Some((word, behind)) = rest.split_first_chunk::<8>() {
        out.extend_from_slice(word);
        let found = special_in_word::<ASCII>(u64::from_le_bytes(*word));
        if found == 0 {
            rest = behind;
        } else {
            let before = (found.trailing_zeros() / 8) as usize;
            out.truncate(out.len() - (8 - before));
            rest = escape(rest.get(before..).unwrap_or_default(), out);
        }
    }
    while let [first, behind @ ..] = rest {
        if is_special::<ASCII>(*first) {
            rest = escape(rest, out);
        } else {
            out.push(*first);
            rest = behind;
        }
    }
}

/// Writes a string without its last part, and returns that part.
#[inline(never)]
fn write_blocks<'a, const ASCII: bool>(string: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    dispatch!(Level::new(), simd => simd.vectorize(
        #[inline(always)]
        || blocks::<_, ASCII>(simd, string, out),
    ))
}

#[inline(always)]
fn blocks<'a, S: Simd, const ASCII: bool>(
    simd: S,
    mut string: &'a [u8],
    out: &mut Vec<u8>,
) -> &'a [u8] {
    while let Some((block, behind)) = string.split_first_chunk::<BLOCK>() {
        out.extend_from_slice(block);
        let found = special_in_block::<_, ASCII>(u8x32::load_array(simd, *block));
        if found == 0 {
            // Copies bytes while they are still in the cache.
            let near = behind.get(..NEAR).unwrap_or(behind);
            let plain = swar::block_prefix(near, special_in_word::<ASCII>, is_special::<ASCII>);
            let (copied, behind) = behind.split_at_checked(plain).unwrap_or((behind, &[]));
            out.extend_from_slice(copied);
            string = behind;
        } else {
            let before = found.trailing_zeros() as usize;
            out.truncate(out.len() - (BLOCK - before));
            string = match string.get(before..).unwrap_or_default() {
                special @ [0xe0..0xf0, ..] => non_ascii(three_byte_blocks(simd, special, out), out),
                [a @ 0xc0..0xe0, b, rest @ ..] => {
                    out.extend_from_slice(&escaped(two_bytes([*a, *b])));
                    rest
                }
                special => escape(special, out),
            };
        }
    }
    string
}

/// Writes the escapes of the code points at the start of `string` that come in blocks of three
/// bytes each, as in Chinese, Japanese and Korean text. Returns the rest.
#[inline(always)]
fn three_byte_blocks<'a, S: Simd>(simd: S, mut string: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    out.reserve(string.len().saturating_mul(2));
    while let Some((block, rest)) = string.split_first_chunk::<{ vector::POINTS }>() {
        let Some(escapes) = vector::escape(simd, block) else { break };
        out.extend_from_slice(escapes.as_flattened());
        string = rest;
    }
    string
}

/// Escapes the special characters at the start of `string`, if any. Returns the rest.
#[inline]
fn escape<'a>(string: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    match string {
        [first @ ..0x80, behind @ ..] => {
            short_escape(*first, out);
            behind
        }
        _ => non_ascii(string, out),
    }
}

/// The high bit of the first byte in a word that needs an escape.
#[inline(always)]
fn special_in_word<const ASCII: bool>(word: u64) -> u64 {
    let quoting = swar::below(word, 0x20) | swar::equal(word, b'"') | swar::equal(word, b'\\');
    if ASCII { quoting | swar::equal(word, 0x7f) | word & swar::HIGHS } else { quoting }
}

/// One bit for each byte of a block that needs an escape.
#[inline(always)]
fn special_in_block<S: Simd, const ASCII: bool>(block: u8x32<S>) -> u64 {
    let quoting = block.simd_lt(0x20) | block.simd_eq(b'"') | block.simd_eq(b'\\');
    if ASCII { quoting | block.simd_gt(0x7e) } else { quoting }.to_bitmask()
}

/// Whether a byte needs an escape: without `||`, so that the compiler looks at many at once.
#[inline(always)]
fn is_special<const ASCII: bool>(byte: u8) -> bool {
    let quoting = (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    if ASCII { quoting | (byte > 0x7e) } else { quoting }
}

/// Escapes an ASCII byte.
fn short_escape(byte: u8, out: &mut Vec<u8>) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => return out.extend_from_slice(&escaped(u16::from(byte))),
    };
    out.extend_from_slice(&[b'\\', letter]);
}

/// Escapes the non-ASCII code points at the start of `string`. Returns the rest.
fn non_ascii<'a>(mut string: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    loop {
        string = match string {
            [a @ 0xe0..0xf0, b, c, rest @ ..] => {
                out.extend_from_slice(&escaped(three_bytes([*a, *b, *c])));
                rest
            }
            [a @ 0xc0..0xe0, b, rest @ ..] => {
                out.extend_from_slice(&escaped(two_bytes([*a, *b])));
                rest
            }
            [a @ 0xf0..=0xff, b, c, d, rest @ ..] => {
                // After subtracting 0x10000, the upper ten bits are the high surrogate's.
                let high = u16::from(a & 0x07) << 8 | low(*b) << 2 | low(*c) >> 4;
                let pair = [
                    escaped(0xd800 | high.wrapping_sub(0x40)),
                    escaped(0xdc00 | (low(*c) & 0x0f) << 6 | low(*d)),
                ];
                out.extend_from_slice(pair.as_flattened());
                rest
            }
            rest => return rest,
        }
    }
}

/// The code point of two bytes.
const fn two_bytes([a, b]: [u8; 2]) -> u16 {
    ((a & 0x1f) as u16) << 6 | low(b)
}

/// The code point of three bytes.
const fn three_bytes([a, b, c]: [u8; 3]) -> u16 {
    (a as u16) << 12 | low(b) << 6 | low(c)
}

/// The six bits of a continuation byte.
const fn low(byte: u8) -> u16 {
    (byte & 0x3f) as u16
}

/// `\uXXXX`.
#[inline]
fn escaped(unit: u16) -> [u8; 6] {
    let [a, b, c, d, e, f, _, _] = escaped_word(unit).to_le_bytes();
    [a, b, c, d, e, f]
}

/// `\uXXXX` in the six lower bytes of a little-endian word.
#[inline]
fn escaped_word(unit: u16) -> u64 {
    let [high, low] = unit.to_be_bytes().map(hex);
    u64::from(u16::from_le_bytes(*b"\\u")) | u64::from(high) << 16 | u64::from(low) << 32
}

/// The two hexadecimal digits of a byte, as a little-endian word.
fn hex(byte: u8) -> u16 {
    HEX.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The two hexadecimal digits of each byte, as little-endian words.
const HEX: [u16; 256] = {
    let mut digits = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
        {
            let [high, low] = [b"0123456789abcdef"[byte >> 4], b"0123456789abcdef"[byte & 15]];
            digits[byte] = u16::from_le_bytes([high, low]);
        }
        byte += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beyond_the_length_makes_no_short_string_special() {
        for len in 0..=INLINE_BYTES {
            for beyond in [0, b'"', b'\\', 0x1f, 0x7f, 0xff] {
                let mut room = [beyond; INLINE_BYTES];
                room[..len].fill(b'a');
                assert!(is_plain::<true>(&room, len), "{beyond} beyond {len}");
                for place in 0..len {
                    room[place] = b'"';
                    assert!(!is_plain::<true>(&room, len), "{place} of {len}");
                    room[place] = b'a';
                }
            }
        }
    }

    #[test]
    fn every_unit_is_written_in_lower_case() {
        for unit in 0..=u16::MAX {
            assert_eq!(escaped(unit), *format!("\\u{unit:04x}").as_bytes());
        }
    }
}
