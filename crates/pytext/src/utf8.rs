//! `bytes.decode('utf-8')`, strict.

use crate::UnicodeDecodeError;

/// `bytes.decode('utf-8')`, which is `bytes.decode()`.
///
/// A byte order mark is an ordinary character. Rust and CPython accept the same bytes, and
/// report the same invalid bytes: the longest beginning of a character that the next byte
/// breaks off.
///
/// ```
/// assert_eq!(pytext::decode_utf8("\u{feff}gr\u{fc}n".as_bytes()), Ok("\u{feff}grün"));
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
///
/// # Errors
///
/// [`UnicodeDecodeError`], with CPython's text, for the first bytes that are not UTF-8.
pub fn decode_utf8(bytes: &[u8]) -> Result<&str, UnicodeDecodeError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let byte = bytes.get(start).copied().unwrap_or_default();
        let (end, reason) = match error.error_len() {
            None => (bytes.len(), "unexpected end of data"),
            Some(len) => (start.saturating_add(len), refusal(byte)),
        };
        UnicodeDecodeError::new("utf-8", byte, start, end, reason)
    })
}

/// Whether the byte itself was wrong, or the byte after the beginning of a character.
const fn refusal(first: u8) -> &'static str {
    match first {
        0xc2..=0xf4 => "invalid continuation byte",
        _ => "invalid start byte",
    }
}
