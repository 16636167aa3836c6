//! `str.encode('utf-8', 'surrogateescape')`, which standard output uses, and its error.

use std::fmt;

use pyjson::PyString;

/// `text.encode('utf-8', 'surrogateescape')`: the bytes that standard output writes for the
/// text.
///
/// U+DC80 to U+DCFF are the bytes 0x80 to 0xff, alone and together; no other surrogate has
/// bytes.
///
/// ```
/// let name = pytext::PyString::from_code_points([0xe9, 0xdce9]).unwrap();
/// assert_eq!(pytext::encode_surrogateescape(&name).unwrap(), b"\xc3\xa9\xe9");
/// ```
///
/// # Errors
///
/// [`UnicodeEncodeError`], with CPython's text, for the first other surrogate and all surrogates
/// directly after it.
pub fn encode_surrogateescape(text: &PyString) -> Result<Vec<u8>, UnicodeEncodeError> {
    text.to_surrogateescape().map_err(|error| UnicodeEncodeError {
        start: error.start(),
        end: error.end(),
        code_point: text.code_points().nth(error.start()).unwrap_or_default(),
    })
}

/// CPython's `UnicodeEncodeError`: the first lone surrogates of a `str`.
///
/// `Display` is exactly `str(error)`: it shows a single surrogate, and only the place of
/// several.
///
/// ```
/// let error = pytext::Line::from(b"caf\xe9".to_vec()).encode_utf8().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "'utf-8' codec can't encode character '\\udce9' in position 3: surrogates not allowed"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnicodeEncodeError {
    /// Index in code points of the first surrogate: Python's `start`.
    pub start: usize,
    /// Index in code points after the last surrogate of that run: Python's `end`.
    pub end: usize,
    /// The surrogate at `start`.
    pub code_point: u32,
}

impl fmt::Display for UnicodeEncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, end, code_point } = self;
        f.write_str("'utf-8' codec can't encode ")?;
        let last = end.saturating_sub(1);
        if last == *start {
            write!(f, "character '\\u{code_point:04x}' in position {start}")?;
        } else {
            write!(f, "characters in position {start}-{last}")?;
        }
        f.write_str(": surrogates not allowed")
    }
}

impl std::error::Error for UnicodeEncodeError {}
