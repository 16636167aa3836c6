//! Strings: CPython's `scanstring_unicode`.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch};

use super::error::Message;
use super::parser::{Fault, Parser};
use super::text::Text;
use crate::pystr::Builder;
use crate::swar::PLAIN;
use crate::{PyString, swar, vector};

/// How many bytes at the start are none of `"`, `\` and the control characters.
fn plain_prefix(bytes: &[u8]) -> usize {
    swar::prefix(bytes, special_bytes, is_special)
}

#[inline(always)]
fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// The high bit of the first special byte of a little-endian word; bits above it may be wrong.
#[inline(always)]
fn special_bytes(word: u64) -> u64 {
    swar::below(word, 0x20) | swar::equal(word, b'"') | swar::equal(word, b'\\')
}

impl<T: Text> Parser<'_, T> {
    /// Steps over a string whose opening quote is at [`Parser::at`], if it contains no escape,
    /// and returns the range between its quotes. Otherwise returns the place where its plain part
    /// ends.
    #[inline]
    pub(super) fn plain_string(&mut self) -> Result<(usize, usize), usize> {
        let start = self.at + 1;
        let end = self.plain_end(start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok((start, end));
        }
        Err(end)
    }

    /// Where plain text that begins at `start` ends.
    fn plain_end(&self, start: usize) -> usize {
        start + plain_prefix(self.bytes.get(start..).unwrap_or_default())
    }

    /// A string whose opening quote is at [`Parser::at`] and whose plain part ends at `end`, but
    /// not with a quote.
    pub(super) fn string_with_escapes(&mut self, mut end: usize) -> Result<PyString, Fault> {
        let begin = self.at;
        let mut start = begin + 1;
        self.scratch.reserve(end.saturating_sub(start));
        let unterminated = Fault::At(Message::UnterminatedString, begin);
        loop {
            match self.bytes.get(end) {
                None => return Err(unterminated),
                Some(b'"') => {
                    self.append(start, end);
                    self.at = end + 1;
                    return Ok(self.scratch.take());
                }
                Some(b'\\') => {
                    self.append(start, end);
                    let Some(escape) = self.bytes.get(end + 1) else { return Err(unterminated) };
                    start = self.escape(end, *escape)?;
                    end = start;
                }
                Some(_) if self.limits.strict => {
                    return Err(Fault::At(Message::InvalidControlCharacter, end));
                }
                Some(_) => end += 1,
            }
            end = self.plain_end(end);
        }
    }

    /// Appends a plain part of the text to the unfinished string.
    fn append(&mut self, start: usize, end: usize) {
        self.scratch.push_generalized(self.bytes.get(start..end).unwrap_or_default());
    }

    /// Reads the escape whose backslash is at `at`; returns the place after it.
    fn escape(&mut self, at: usize, escape: u8) -> Result<usize, Fault> {
        let character = match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escapes(at),
            _ => return Err(Fault::At(Message::InvalidEscape, at)),
        };
        self.scratch.push_char(character);
        Ok(at + 2)
    }

    /// Reads the `\uXXXX` whose backslash is at `at`, and those that follow it.
    fn unicode_escapes(&mut self, mut at: usize) -> Result<usize, Fault> {
        loop {
            let unit = unicode_unit(self.bytes, at)?;
            at += 6;
            if let Some(character) = char::from_u32(u32::from(unit)) {
                self.scratch.push_char(character);
                if unit >= 0x800 {
                    at = self.three_byte_escapes(at);
                }
            } else if (0xd800..0xdc00).contains(&unit) && self.has_unicode_escape(at) {
                let low = unicode_unit(self.bytes, at)?;
                match char::decode_utf16([unit, low]).next() {
                    Some(Ok(character)) => {
                        self.scratch.push_char(character);
                        at += 6;
                    }
                    _ => self.scratch.push_surrogate(unit),
                }
            } else {
                self.scratch.push_surrogate(unit);
            }
            if !self.has_unicode_escape(at) {
                return Ok(at);
            }
        }
    }

    /// Whether a `\u` is at `at`.
    fn has_unicode_escape(&self, at: usize) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(b"\\u"))
    }

    /// [`Parser::unicode_escapes`] as long as eight escapes of three bytes each follow one
    /// another, as in Chinese, Japanese and Korean. Returns the place after them.
    fn three_byte_escapes(&mut self, at: usize) -> usize {
        let escapes = self.bytes.get(at..).unwrap_or_default();
        if PLAIN || escapes.len() <= vector::ESCAPES || !escapes.starts_with(b"\\u") {
            return at;
        }
        at + dispatch!(Level::new(), simd => simd.vectorize(
            #[inline(always)]
            || three_byte_blocks(simd, escapes, &mut self.scratch),
        ))
    }
}

/// Reads the escapes at the start of `escapes` in blocks of eight that take three bytes each.
/// Returns their length.
#[inline(always)]
fn three_byte_blocks<S: Simd>(simd: S, escapes: &[u8], out: &mut Builder) -> usize {
    let mut rest = escapes;
    // A byte must follow the last of them too.
    while let Some((block, behind @ [_, ..])) = rest.split_first_chunk() {
        let Some(points) = vector::unescape(simd, block) else { break };
        out.push_twelves(&points);
        rest = behind;
    }
    escapes.len() - rest.len()
}

/// The number of a `\uXXXX` whose backslash is at `at`. A byte must follow it, as in CPython.
#[inline]
fn unicode_unit(bytes: &[u8], at: usize) -> Result<u16, Fault> {
    let Some([_, _, a, b, c, d, _, ..]) = bytes.get(at..) else {
        return Err(Fault::At(Message::InvalidUnicodeEscape, at + 1));
    };
    let [a, b, c, d] = [hex_digit(*a), hex_digit(*b), hex_digit(*c), hex_digit(*d)];
    if (a | b | c | d) > 0x0f {
        return Err(Fault::At(Message::InvalidUnicodeEscape, at + 1));
    }
    Ok((a << 12) + (b << 8) + (c << 4) + d)
}

/// The value of each byte as a hexadecimal digit; 0xff for other bytes.
const HEX_DIGITS: [u8; 256] = {
    let mut digits = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
        {
            digits[b"0123456789abcdef"[value as usize] as usize] = value;
            digits[b"0123456789ABCDEF"[value as usize] as usize] = value;
        }
        value += 1;
    }
    digits
};

fn hex_digit(byte: u8) -> u16 {
    HEX_DIGITS.get(usize::from(byte)).map_or(0xff, |digit| u16::from(*digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_three_bytes_are_read_eight_at_a_time_while_something_follows() {
        for (count, tail, blocks) in [
            (0, "\"", 0),
            (7, "\"", 0),
            (8, "", 0),
            (8, "\"", 1),
            (15, "\"", 1),
            (16, "", 1),
            (16, "\"", 2),
            (7, "\\u00e9\"", 0),
            (8, "\\ud83d\\ude00\"", 1),
        ] {
            let escapes = ["\\u5929".repeat(count), tail.to_owned()].concat();
            let mut out = Builder::new();
            let read = dispatch!(
                Level::new(),
                simd => three_byte_blocks(simd, escapes.as_bytes(), &mut out)
            );
            assert_eq!(read, blocks * vector::ESCAPES, "{escapes}");
            assert_eq!(out.finish(), *"天".repeat(8 * blocks));
        }
    }

    #[test]
    fn a_special_byte_is_found_at_every_place() {
        for len in 0..40 {
            for byte in 0..=u8::MAX {
                for fill in [b'a', 0x7f, 0x80, 0xff, b'#', b'!', b']', b'[', 0x20] {
                    for place in 0..=len {
                        let mut bytes = vec![fill; len];
                        bytes.insert(place, byte);
                        let expected = bytes.iter().position(|b| is_special(*b));
                        assert_eq!(plain_prefix(&bytes), expected.unwrap_or(bytes.len()));
                    }
                }
            }
        }
    }
}
