//! `bytes.decode('utf-8')`, strict.

use crate::decode::{Codec, DecodeReason, UnicodeDecodeError};

/// `bytes.decode('utf-8')`, which is `bytes.decode()`.
///
/// A byte order mark is a character like another. Rust and CPython accept the same bytes and
/// refuse the same ones, the longest beginning of a character that the next byte breaks off.
///
/// ```
/// assert_eq!(pytext::decode_utf8("\u{feff}gr\u{fc}n".as_bytes()), Ok("\u{feff}grün"));
/// assert!(pytext::decode_utf8(b"\xed\xa0\x80").is_err());
/// ```
///
/// # Errors
///
/// [`UnicodeDecodeError`], with CPython's text, for the first bytes that are not UTF-8.
pub fn decode_utf8(bytes: &[u8]) -> Result<&str, UnicodeDecodeError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let byte = bytes.get(start).copied().unwrap_or_default();
        let (end, reason) = match error.error_len() {
            None => (bytes.len(), DecodeReason::UnexpectedEndOfData),
            Some(len) => (start.saturating_add(len), refusal(byte)),
        };
        UnicodeDecodeError { codec: Codec::Utf8, start, end, byte, reason }
    })
}

/// Whether it was the byte itself or the one behind what it began.
const fn refusal(first: u8) -> DecodeReason {
    match first {
        0xc2..=0xf4 => DecodeReason::InvalidContinuationByte,
        _ => DecodeReason::InvalidStartByte,
    }
}
