//! Bytes of the operating system as Python sees them: `os.fsdecode` and `os.fsencode` with UTF-8
//! and the error handler `surrogateescape` (PEP 383).

use std::fmt;

use super::{Builder, PyString};

/// A string that no bytes decode to: it holds a surrogate outside U+DC80..=U+DCFF.
///
/// Displays as the text of CPython's `UnicodeEncodeError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurrogateEscapeError {
    /// The surrogate at `start`.
    surrogate: u32,
    start: usize,
    end: usize,
}

impl SurrogateEscapeError {
    /// The first code point that cannot be encoded, counted in code points from 0.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// The end of the run of surrogates that begins at [`start`](Self::start).
    #[must_use]
    pub fn end(&self) -> usize {
        self.end
    }
}

impl fmt::Display for SurrogateEscapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { surrogate, start, end } = self;
        let last = end.saturating_sub(1);
        if *start == last {
            write!(
                f,
                "'utf-8' codec can't encode character '\\u{surrogate:04x}' in position {start}: \
                 surrogates not allowed"
            )
        } else {
            write!(
                f,
                "'utf-8' codec can't encode characters in position {start}-{last}: \
                 surrogates not allowed"
            )
        }
    }
}

impl std::error::Error for SurrogateEscapeError {}

impl PyString {
    /// `bytes.decode("utf-8", "surrogateescape")`: each byte that is not UTF-8 becomes one of
    /// U+DC80..=U+DCFF.
    #[must_use]
    pub fn from_surrogateescape(bytes: &[u8]) -> Self {
        if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
            return Self::from(text);
        }
        let mut builder = Builder::new();
        for chunk in bytes.utf8_chunks() {
            builder.push_str(chunk.valid());
            for byte in chunk.invalid() {
                builder.push_surrogate(0xdc00 | u16::from(*byte));
            }
        }
        builder.finish()
    }

    /// `s.encode("utf-8", "surrogateescape")`: the opposite of
    /// [`from_surrogateescape`](Self::from_surrogateescape).
    ///
    /// # Errors
    /// [`SurrogateEscapeError`] for the first surrogate that is not U+DC80..=U+DCFF.
    pub fn to_surrogateescape(&self) -> Result<Vec<u8>, SurrogateEscapeError> {
        if let Some(text) = self.as_str() {
            return Ok(text.as_bytes().to_vec());
        }
        let mut bytes = Vec::with_capacity(self.as_generalized_utf8().len());
        for (position, code_point) in self.code_points().enumerate() {
            match (char::from_u32(code_point), code_point) {
                (Some(character), _) => {
                    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                (None, 0xdc80..=0xdcff) => bytes.push(code_point.to_le_bytes()[0]),
                (None, surrogate) => {
                    let run = self.code_points().skip(position);
                    let run = run.take_while(|c| (0xd800..0xe000).contains(c)).count();
                    let (start, end) = (position, position.saturating_add(run));
                    return Err(SurrogateEscapeError { surrogate, start, end });
                }
            }
        }
        Ok(bytes)
    }
}

#[cfg(unix)]
mod unix {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    use super::{PyString, SurrogateEscapeError};

    /// `os.fsdecode`.
    impl From<&OsStr> for PyString {
        fn from(name: &OsStr) -> Self {
            Self::from_surrogateescape(name.as_bytes())
        }
    }

    /// `os.fsdecode`.
    impl From<OsString> for PyString {
        fn from(name: OsString) -> Self {
            Self::from(name.as_os_str())
        }
    }

    /// `os.fsencode`.
    impl TryFrom<&PyString> for OsString {
        type Error = SurrogateEscapeError;

        fn try_from(string: &PyString) -> Result<Self, SurrogateEscapeError> {
            string.to_surrogateescape().map(Self::from_vec)
        }
    }

    /// `os.fsencode`.
    impl TryFrom<PyString> for OsString {
        type Error = SurrogateEscapeError;

        fn try_from(string: PyString) -> Result<Self, SurrogateEscapeError> {
            Self::try_from(&string)
        }
    }
}
