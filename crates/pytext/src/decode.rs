//! The error of `bytes.decode`, shared by the codecs.

use std::fmt;

/// CPython's `UnicodeDecodeError`: the first bytes a strict codec refused.
///
/// `Display` is `str(error)` to the letter: one byte is named, several are only placed.
///
/// ```
/// let one = pytext::decode_utf8(b"ab\xff").unwrap_err();
/// assert_eq!(
///     one.to_string(),
///     "'utf-8' codec can't decode byte 0xff in position 2: invalid start byte"
/// );
/// let several = pytext::decode_utf8(b"\xf0\x9f\x90").unwrap_err();
/// assert_eq!(
///     several.to_string(),
///     "'utf-8' codec can't decode bytes in position 0-2: unexpected end of data"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnicodeDecodeError {
    /// The codec that refused.
    pub codec: Codec,
    /// Offset in bytes of the first refused byte: Python's `start`.
    pub start: usize,
    /// Offset in bytes behind the last refused byte: Python's `end`.
    pub end: usize,
    /// The byte at `start`.
    pub byte: u8,
    /// What was wrong with it.
    pub reason: DecodeReason,
}

/// A codec of `bytes.decode`, by the name its errors carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// `'utf-8'`
    Utf8,
    /// `'gbk'`
    Gbk,
}

/// Why bytes were refused. The first three are UTF-8's, the last two gbk's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeReason {
    /// A byte that begins no character.
    InvalidStartByte,
    /// A character whose next byte cannot belong to it.
    InvalidContinuationByte,
    /// The input ends inside a character.
    UnexpectedEndOfData,
    /// A byte that begins no character, or not with the byte behind it.
    IllegalMultibyteSequence,
    /// The input ends inside a character.
    IncompleteMultibyteSequence,
}

impl fmt::Display for UnicodeDecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { codec, start, end, byte, reason } = self;
        let last = end.saturating_sub(1);
        if last == *start {
            write!(f, "'{codec}' codec can't decode byte {byte:#04x} in position {start}: {reason}")
        } else {
            write!(f, "'{codec}' codec can't decode bytes in position {start}-{last}: {reason}")
        }
    }
}

impl std::error::Error for UnicodeDecodeError {}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "utf-8",
            Self::Gbk => "gbk",
        })
    }
}

impl fmt::Display for DecodeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidStartByte => "invalid start byte",
            Self::InvalidContinuationByte => "invalid continuation byte",
            Self::UnexpectedEndOfData => "unexpected end of data",
            Self::IllegalMultibyteSequence => "illegal multibyte sequence",
            Self::IncompleteMultibyteSequence => "incomplete multibyte sequence",
        })
    }
}
