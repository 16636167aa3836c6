//! Strings: CPython's `scanstring_unicode`.

use super::error::Message;
use super::parser::{Fault, Parser};
use super::text::Text;
use crate::PyString;

/// Each byte 0x01.
const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
/// The highest bit of each byte.
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// How many bytes from the front are none of `"`, `\` and the control characters.
fn plain_prefix(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    let mut plain = 0;
    for word in words {
        let found = special_bytes(u64::from_le_bytes(*word));
        if found != 0 {
            return plain + (found.trailing_zeros() / 8) as usize;
        }
        plain += 8;
    }
    let rest = bytes.get(plain..).unwrap_or_default();
    plain + rest.iter().position(|b| is_special(*b)).unwrap_or(rest.len())
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The high bit of the first special byte of a little-endian word; bits above it may be wrong.
fn special_bytes(word: u64) -> u64 {
    let below =
        |word: u64, limit: u8| word.wrapping_sub(ONES.wrapping_mul(u64::from(limit))) & !word;
    let quote = below(word ^ ONES.wrapping_mul(u64::from(b'"')), 1);
    let backslash = below(word ^ ONES.wrapping_mul(u64::from(b'\\')), 1);
    (below(word, 0x20) | quote | backslash) & HIGHS
}

impl<T: Text> Parser<'_, T> {
    /// A string whose opening quote is at [`Parser::at`].
    pub(super) fn string(&mut self) -> Result<PyString, Fault> {
        let begin = self.at;
        let start = begin + 1;
        let end = self.plain_end(start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(self.text.string(start, end));
        }
        self.string_with_escapes(begin, start, end)
    }

    /// Where plain text that begins at `start` ends.
    fn plain_end(&self, start: usize) -> usize {
        start + plain_prefix(self.bytes.get(start..).unwrap_or_default())
    }

    /// The rest of a string whose plain part from `start` ends at `end`, but not with a quote.
    #[cold]
    fn string_with_escapes(
        &mut self,
        begin: usize,
        mut start: usize,
        mut end: usize,
    ) -> Result<PyString, Fault> {
        // What an earlier, refused string left behind.
        self.scratch = crate::pystr::Builder::new();
        let unterminated = Fault::At(Message::UnterminatedString, begin);
        loop {
            match self.bytes.get(end) {
                None => return Err(unterminated),
                Some(b'"') => {
                    self.text.append(start, end, &mut self.scratch);
                    self.at = end + 1;
                    return Ok(self.scratch.take());
                }
                Some(b'\\') => {
                    self.text.append(start, end, &mut self.scratch);
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

    /// The escape whose backslash is at `at`; gives the place behind it.
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
            b'u' => return self.unicode_escape(at),
            _ => return Err(Fault::At(Message::InvalidEscape, at)),
        };
        self.scratch.push_char(character);
        Ok(at + 2)
    }

    /// A `\uXXXX` whose backslash is at `at`, together with a low surrogate's after it.
    fn unicode_escape(&mut self, at: usize) -> Result<usize, Fault> {
        let unit = self.unicode_unit(at)?;
        let after = at + 6;
        if let Some(character) = char::from_u32(u32::from(unit)) {
            self.scratch.push_char(character);
            return Ok(after);
        }
        let second = self.bytes.get(after..after + 2) == Some(b"\\u");
        if (0xd800..0xdc00).contains(&unit) && second {
            let low = self.unicode_unit(after)?;
            if let Some(Ok(character)) = char::decode_utf16([unit, low]).next() {
                self.scratch.push_char(character);
                return Ok(after + 6);
            }
        }
        self.scratch.push_surrogate(unit);
        Ok(after)
    }

    /// The number of a `\uXXXX` whose backslash is at `at`. A byte must follow it, as in CPython.
    fn unicode_unit(&self, at: usize) -> Result<u16, Fault> {
        let invalid = Fault::At(Message::InvalidUnicodeEscape, at + 1);
        let Some([a, b, c, d, _, ..]) = self.bytes.get(at + 2..) else { return Err(invalid) };
        let mut unit = 0;
        for digit in [a, b, c, d] {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                b'A'..=b'F' => digit - b'A' + 10,
                _ => return Err(invalid),
            };
            unit = unit << 4 | u16::from(value);
        }
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
