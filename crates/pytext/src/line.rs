//! A typed line: the `str` that `input()` returns.

use crate::PythonVersion;
use crate::encode::UnicodeEncodeError;

/// A `str` read with `errors='surrogateescape'`, kept as the bytes that were typed.
///
/// Each byte that is not part of a UTF-8 character stands for one lone surrogate, U+DC80 to
/// U+DCFF, as in PEP 383. A line has no other surrogates.
///
/// ```
/// use pytext::Line;
///
/// let line = Line::from(b" caf\xe9\n".to_vec()).strip();
/// assert_eq!(line.as_bytes(), b"caf\xe9");
/// assert_eq!(line.repr(), r"'caf\udce9'");
/// assert_eq!(Line::from("ring").encode_utf8(), Ok("ring"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Line {
    bytes: Vec<u8>,
}

impl Line {
    /// The typed bytes: `os.fsencode(line)`, and what `print(line)` shows.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The typed bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// `line == ""`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The code points of the `str`, surrogate escapes included. Their count is `len(line)`.
    ///
    /// ```
    /// let line = pytext::Line::from(b"\xc3\xa9\xff".to_vec());
    /// assert_eq!(line.code_points().collect::<Vec<_>>(), [0xe9, 0xdcff]);
    /// ```
    pub fn code_points(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        self.bytes.utf8_chunks().flat_map(|chunk| {
            let escapes = chunk.invalid().iter().map(|&byte| 0xdc00 + u32::from(byte));
            chunk.valid().chars().map(u32::from).chain(escapes)
        })
    }

    /// `line.encode('utf-8')`; the bytes are those of the returned text.
    ///
    /// # Errors
    ///
    /// [`UnicodeEncodeError`], with CPython's text, for the first run of surrogate escapes.
    pub fn encode_utf8(&self) -> Result<&str, UnicodeEncodeError> {
        std::str::from_utf8(&self.bytes).map_err(|_| self.first_escapes())
    }

    fn first_escapes(&self) -> UnicodeEncodeError {
        let is_surrogate = |code: &u32| (0xd800..=0xdfff).contains(code);
        let start = self.code_points().take_while(|code| !is_surrogate(code)).count();
        let run = self.code_points().skip(start);
        let end = start.saturating_add(run.clone().take_while(is_surrogate).count());
        UnicodeEncodeError { start, end, code_point: run.clone().next().unwrap_or_default() }
    }

    /// `line.strip()`. A surrogate escape is not whitespace.
    #[must_use]
    pub fn strip(&self) -> Self {
        if let Ok(text) = std::str::from_utf8(&self.bytes) {
            return Self::from(crate::str_strip(text));
        }
        let (mut first, mut last, mut at) = (None, 0, 0_usize);
        for chunk in self.bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                let end = at.saturating_add(c.len_utf8());
                if !crate::is_space(c) {
                    first = first.or(Some(at));
                    last = end;
                }
                at = end;
            }
            let end = at.saturating_add(chunk.invalid().len());
            if end > at {
                first = first.or(Some(at));
                last = end;
            }
            at = end;
        }
        let kept = self.bytes.get(first.unwrap_or(last)..last).unwrap_or_default();
        Self::from(kept.to_vec())
    }

    /// `repr(line)` as CPython 3.13 writes it.
    #[must_use]
    pub fn repr(&self) -> String {
        self.repr_as(PythonVersion::default())
    }

    /// `repr(line)` as one version writes it.
    #[must_use]
    pub fn repr_as(&self, version: PythonVersion) -> String {
        crate::repr_code_points_as(version, self.code_points())
    }
}

impl From<Vec<u8>> for Line {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec() }
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self { bytes: text.into_bytes() }
    }
}

impl PartialEq<str> for Line {
    fn eq(&self, other: &str) -> bool {
        self.bytes == other.as_bytes()
    }
}

impl PartialEq<&str> for Line {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}
