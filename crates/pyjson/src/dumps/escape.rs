//! Strings: CPython's `ascii_escape_unicode` and `escape_unicode`.

use crate::swar;

/// Bytes that are copied together once a string has shown to be plain for a while.
const LONG: usize = 64;

/// Writes a string in quotes with everything but printable ASCII escaped.
pub(super) fn ascii(string: &[u8], out: &mut Vec<u8>) {
    write(string, out, non_plain_ascii, is_non_plain_ascii);
}

/// Writes a string in quotes with quotes, backslashes and control characters escaped.
pub(super) fn unicode(string: &[u8], out: &mut Vec<u8>) {
    write(string, out, quoting, is_quoting);
}

/// Writes a string in quotes, with what is special in it escaped.
#[inline]
fn write(
    string: &[u8],
    out: &mut Vec<u8>,
    special_in_word: impl Fn(u64) -> u64,
    is_special: impl Fn(u8) -> bool,
) {
    out.reserve(string.len() + 2);
    out.push(b'"');
    let (mut rest, mut plain) = (string, 0);
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        out.extend_from_slice(word);
        let found = special_in_word(u64::from_le_bytes(*word));
        if found == 0 {
            rest = behind;
            plain += 8;
            if plain >= LONG {
                let length = swar::prefix(rest, &special_in_word, &is_special);
                let (copied, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                out.extend_from_slice(copied);
                rest = escape(behind, out);
                plain = 0;
            }
        } else {
            let before = (found.trailing_zeros() / 8) as usize;
            out.truncate(out.len() - (8 - before));
            rest = escape(rest.get(before..).unwrap_or_default(), out);
            plain = 0;
        }
    }
    while let [first, behind @ ..] = rest {
        if is_special(*first) {
            rest = escape(rest, out);
        } else {
            out.push(*first);
            rest = behind;
        }
    }
    out.push(b'"');
}

/// Escapes what `string` begins with, if anything; gives what follows.
#[inline]
fn escape<'a>(string: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    match string {
        [] => &[],
        [first @ ..0x80, behind @ ..] => {
            short_escape(*first, out);
            behind
        }
        _ => non_ascii(string, out),
    }
}

/// The high bit of the first byte of a word that [`unicode`] escapes.
fn quoting(word: u64) -> u64 {
    swar::below(word, 0x20) | swar::equal(word, b'"') | swar::equal(word, b'\\')
}

/// The high bit of the first byte of a word that [`ascii`] escapes.
fn non_plain_ascii(word: u64) -> u64 {
    quoting(word) | swar::equal(word, 0x7f) | word & swar::HIGHS
}

// These two are written without `||`, so that the compiler looks at many bytes at once.

#[inline]
fn is_quoting(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

#[inline]
fn is_non_plain_ascii(byte: u8) -> bool {
    !(0x20..=0x7e).contains(&byte) | (byte == b'"') | (byte == b'\\')
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

/// Escapes the code points that `string` begins with and that are not ASCII; gives what follows.
fn non_ascii<'a>(mut string: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    loop {
        string = match string {
            [a @ 0xe0..0xf0, b, c, rest @ ..] => {
                out.extend_from_slice(&escaped(three_bytes([*a, *b, *c])));
                three_byte_blocks(rest, out)
            }
            [a @ 0xc0..0xe0, b, rest @ ..] => {
                out.extend_from_slice(&escaped(u16::from(a & 0x1f) << 6 | low(*b)));
                rest
            }
            [a @ 0xf0..=0xff, b, c, d, rest @ ..] => {
                // Less 0x10000, the upper ten bits are the high surrogate's.
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

/// [`non_ascii`] for as long as eight code points of three bytes follow one another, as they do
/// in Chinese, Japanese and Korean.
fn three_byte_blocks<'a>(mut string: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    while let Some((block, rest)) = string.split_first_chunk::<24>() {
        let (points, _) = block.as_chunks::<3>();
        if points.iter().fold(0, |found, [lead, ..]| found | lead & 0xf0 ^ 0xe0) != 0 {
            break;
        }
        let mut text = [[0; 8]; 6];
        let (fours, _) = points.as_chunks::<4>();
        let (threes, _) = text.as_chunks_mut::<3>();
        for (points, text) in fours.iter().zip(threes) {
            // Four times six bytes are three words.
            let [a, b, c, d] = points.map(|point| escaped_word(three_bytes(point)));
            *text = [a | b << 48, b >> 16 | c << 32, c >> 32 | d << 16].map(u64::to_le_bytes);
        }
        out.extend_from_slice(text.as_flattened());
        string = rest;
    }
    string
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
    #[test]
    fn every_unit_is_written_in_lower_case() {
        for unit in 0..=u16::MAX {
            assert_eq!(super::escaped(unit), *format!("\\u{unit:04x}").as_bytes());
        }
    }
}
