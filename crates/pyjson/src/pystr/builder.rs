//! Builds a [`PyString`] from pieces.

use super::{CodePointError, PyString};

/// An unfinished [`PyString`], as generalised UTF-8.
#[derive(Default)]
pub(crate) struct Builder(Vec<u8>);

/// The extra room beyond the requested bytes: for the escapes of a short string.
const SPARE: usize = 48;

impl Builder {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Makes room for this many bytes, and some more.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.0.reserve(bytes.saturating_add(SPARE));
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        self.push_generalized(text.as_bytes());
    }

    #[inline]
    pub(crate) fn push_char(&mut self, character: char) {
        self.0.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// Appends bytes that are certainly generalised UTF-8.
    #[inline]
    pub(crate) fn push_generalized(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Appends the first twelve bytes of each block, which are certainly generalised
    /// UTF-8.
    #[inline(always)]
    pub(crate) fn push_twelves(&mut self, blocks: &[[u8; 16]]) {
        for block in blocks {
            self.0.extend_from_slice(block);
            self.0.truncate(self.0.len() - 4);
        }
    }

    /// Appends one code point, which may be a surrogate.
    pub(crate) fn push_code_point(&mut self, code_point: u32) -> Result<(), CodePointError> {
        match (char::from_u32(code_point), u16::try_from(code_point)) {
            (Some(character), _) => self.push_char(character),
            (None, Ok(surrogate)) => self.push_surrogate(surrogate),
            (None, Err(_)) => return Err(CodePointError(code_point)),
        }
        Ok(())
    }

    /// Appends a surrogate, 0xD800..=0xDFFF, in the three bytes of a code point of its
    /// size.
    pub(crate) fn push_surrogate(&mut self, surrogate: u16) {
        self.push_generalized(&three_bytes(surrogate));
    }

    /// Returns the string. The builder is then empty, and its room serves the next
    /// string.
    pub(crate) fn take(&mut self) -> PyString {
        let string = PyString::from_generalized(&self.0);
        self.0.clear();
        string
    }

    /// The string.
    pub(crate) fn finish(mut self) -> PyString {
        self.take()
    }
}

/// A code point, 0x800 or more, in generalised UTF-8.
#[inline]
const fn three_bytes(code_point: u16) -> [u8; 3] {
    let [high, low] = code_point.to_be_bytes();
    [0xe0 | high >> 4, 0x80 | (high & 0x0f) << 2 | low >> 6, 0x80 | low & 0x3f]
}
