//! Decodes bytes into text as `json.loads` does: `json.detect_encoding`, then
//! `bytes.decode(encoding, "surrogatepass")` with the codecs' errors.

use std::fmt;

use crate::PyString;
use crate::pystr::Builder;

/// `UnicodeDecodeError`: the first bytes that a codec refused. Displays as `str(exception)` does in
/// Python: it shows a single byte, and only the place of several bytes.
///
/// ```
/// let error = pyjson::UnicodeDecodeError::new("gbk", 0xff, 2, 3, "illegal multibyte sequence");
/// assert_eq!(
///     error.to_string(),
///     "'gbk' codec can't decode byte 0xff in position 2: illegal multibyte sequence",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnicodeDecodeError {
    encoding: &'static str,
    reason: &'static str,
    byte: u8,
    start: usize,
    end: usize,
}

impl UnicodeDecodeError {
    /// Python's `UnicodeDecodeError(encoding, object, start, end, reason)`, with the byte at `start`
    /// instead of the object.
    #[must_use]
    pub const fn new(
        encoding: &'static str,
        byte: u8,
        start: usize,
        end: usize,
        reason: &'static str,
    ) -> Self {
        Self { encoding, reason, byte, start, end }
    }

    /// `exception.encoding`, such as `utf-8` or `utf-16-le`.
    #[must_use]
    pub const fn encoding(&self) -> &'static str {
        self.encoding
    }

    /// `exception.reason`, such as `invalid start byte`.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// The byte at [`start`](Self::start).
    #[must_use]
    pub const fn byte(&self) -> u8 {
        self.byte
    }

    /// `exception.start`: the offset of the first byte at fault. Like CPython's, it does not
    /// count a UTF-8 byte order mark, but does count one of UTF-16 or UTF-32.
    #[must_use]
    pub const fn start(&self) -> usize {
        self.start
    }

    /// `exception.end`: the offset after the last byte at fault.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.end
    }
}

impl fmt::Display for UnicodeDecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { encoding, reason, byte, start, end } = self;
        write!(f, "'{encoding}' codec can't decode ")?;
        match end.saturating_sub(1) {
            last if last == *start => write!(f, "byte {byte:#04x} in position {start}")?,
            last => write!(f, "bytes in position {start}-{last}")?,
        }
        write!(f, ": {reason}")
    }
}

impl std::error::Error for UnicodeDecodeError {}

/// A decoded text.
pub(crate) enum Decoded<'a> {
    /// The bytes themselves, or all except a byte order mark.
    Utf8(&'a str),
    Other(PyString),
}

/// Decodes the bytes for `json.loads`.
pub(crate) fn decode_json(bytes: &[u8]) -> Result<Decoded<'_>, UnicodeDecodeError> {
    match Encoding::detect(bytes) {
        Encoding::Utf8 { mark } => utf8(bytes.get(mark..).unwrap_or_default()),
        Encoding::Utf16 { order, mark } => utf16(bytes, order, mark).map(Decoded::Other),
        Encoding::Utf32 { order, mark } => utf32(bytes, order, mark).map(Decoded::Other),
    }
}

/// An encoding, and the number of bytes of the byte order mark before the text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Encoding {
    Utf8 { mark: usize },
    Utf16 { order: Order, mark: usize },
    Utf32 { order: Order, mark: usize },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Little,
    Big,
}

impl Encoding {
    /// `json.detect_encoding`.
    const fn detect(bytes: &[u8]) -> Self {
        use Order::{Big, Little};
        match bytes {
            [0, 0, 0xfe, 0xff, ..] => Self::Utf32 { order: Big, mark: 4 },
            [0xff, 0xfe, 0, 0, ..] => Self::Utf32 { order: Little, mark: 4 },
            [0xfe, 0xff, ..] => Self::Utf16 { order: Big, mark: 2 },
            [0xff, 0xfe, ..] => Self::Utf16 { order: Little, mark: 2 },
            [0xef, 0xbb, 0xbf, ..] => Self::Utf8 { mark: 3 },
            [0, 0, _, _, ..] => Self::Utf32 { order: Big, mark: 0 },
            [0, _, _, _, ..] => Self::Utf16 { order: Big, mark: 0 },
            [_, 0, 0, 0, ..] => Self::Utf32 { order: Little, mark: 0 },
            [_, 0, _, _, ..] => Self::Utf16 { order: Little, mark: 0 },
            [0, _] => Self::Utf16 { order: Big, mark: 0 },
            [_, 0] => Self::Utf16 { order: Little, mark: 0 },
            _ => Self::Utf8 { mark: 0 },
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<Decoded<'_>, UnicodeDecodeError> {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => Ok(Decoded::Utf8(text)),
        Err(_) => utf8_with_surrogates(bytes).map(Decoded::Other),
    }
}

/// `codecs.utf_8_decode(bytes, "surrogatepass", True)`.
fn utf8_with_surrogates(bytes: &[u8]) -> Result<PyString, UnicodeDecodeError> {
    let mut builder = Builder::new();
    let mut start = 0;
    loop {
        let rest = bytes.get(start..).unwrap_or_default();
        let error = match std::str::from_utf8(rest) {
            Ok(text) => {
                builder.push_str(text);
                return Ok(builder.finish());
            }
            Err(error) => error,
        };
        let (valid, rest) = rest.split_at_checked(error.valid_up_to()).unwrap_or((rest, &[]));
        builder.push_generalized(valid);
        start += valid.len();
        if let [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf, ..] = rest {
            let low = u16::from(second & 0x3f) << 6 | u16::from(third & 0x3f);
            builder.push_surrogate(0xd000 | low);
            start += 3;
            continue;
        }
        let first = rest.first().copied().unwrap_or_default();
        let reason = match (error.error_len(), first) {
            (None, _) => "unexpected end of data",
            (Some(1), 0x80..=0xc1 | 0xf5..) => "invalid start byte",
            _ => "invalid continuation byte",
        };
        let end = error.error_len().map_or(bytes.len(), |len| start + len);
        return Err(UnicodeDecodeError::new("utf-8", first, start, end, reason));
    }
}

/// `codecs.utf_16_decode`, or the one for a byte order, with `surrogatepass`.
fn utf16(bytes: &[u8], order: Order, mark: usize) -> Result<PyString, UnicodeDecodeError> {
    let (units, odd) = bytes.get(mark..).unwrap_or_default().as_chunks::<2>();
    let units = units.iter().map(|unit| match order {
        Order::Little => u16::from_le_bytes(*unit),
        Order::Big => u16::from_be_bytes(*unit),
    });
    if let [first] = odd {
        let encoding = match order {
            Order::Little => "utf-16-le",
            Order::Big => "utf-16-be",
        };
        let (start, end) = (bytes.len() - 1, bytes.len());
        return Err(UnicodeDecodeError::new(encoding, *first, start, end, "truncated data"));
    }
    let mut builder = Builder::new();
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(character) => builder.push_char(character),
            Err(lone) => builder.push_surrogate(lone.unpaired_surrogate()),
        }
    }
    Ok(builder.finish())
}

/// `codecs.utf_32_decode`, or the one for a byte order, with `surrogatepass`.
fn utf32(bytes: &[u8], order: Order, mark: usize) -> Result<PyString, UnicodeDecodeError> {
    let (units, odd) = bytes.get(mark..).unwrap_or_default().as_chunks::<4>();
    let encoding = match order {
        Order::Little => "utf-32-le",
        Order::Big => "utf-32-be",
    };
    let mut builder = Builder::new();
    for (place, unit) in units.iter().enumerate() {
        let code_point = match order {
            Order::Little => u32::from_le_bytes(*unit),
            Order::Big => u32::from_be_bytes(*unit),
        };
        if builder.push_code_point(code_point).is_err() {
            let reason = "code point not in range(0x110000)";
            let start = mark + 4 * place;
            let [first, ..] = *unit;
            return Err(UnicodeDecodeError::new(encoding, first, start, start + 4, reason));
        }
    }
    if let [first, ..] = odd {
        let (start, end) = (bytes.len() - odd.len(), bytes.len());
        return Err(UnicodeDecodeError::new(encoding, *first, start, end, "truncated data"));
    }
    Ok(builder.finish())
}
