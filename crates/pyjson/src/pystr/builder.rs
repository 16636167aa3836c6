//! Puts a [`PyString`] together from pieces, as UTF-8 for as long as no surrogate turns up.

use super::{CodePointError, PyString, Repr};

/// A [`PyString`] in the making.
#[derive(Default)]
pub(crate) struct Builder {
    text: String,
    /// Everything so far, once a surrogate was seen; `text` is then empty.
    wide: Option<Vec<u8>>,
}

impl Builder {
    pub(crate) const fn new() -> Self {
        Self { text: String::new(), wide: None }
    }

    #[inline]
    pub(crate) fn push_str(&mut self, text: &str) {
        match &mut self.wide {
            None => self.text.push_str(text),
            Some(wide) => wide.extend_from_slice(text.as_bytes()),
        }
    }

    #[inline]
    pub(crate) fn push_char(&mut self, character: char) {
        match &mut self.wide {
            None => self.text.push(character),
            Some(_) => self.push_str(character.encode_utf8(&mut [0; 4])),
        }
    }

    /// Adds bytes known to be generalised UTF-8.
    pub(crate) fn push_generalized(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.push_str(text),
            Err(_) => self.wide().extend_from_slice(bytes),
        }
    }

    /// Adds one code point, which may be a surrogate.
    pub(crate) fn push_code_point(&mut self, code_point: u32) -> Result<(), CodePointError> {
        if let Some(character) = char::from_u32(code_point) {
            self.push_char(character);
            return Ok(());
        }
        match u16::try_from(code_point) {
            Ok(surrogate) => self.push_surrogate(surrogate),
            Err(_) => return Err(CodePointError(code_point)),
        }
        Ok(())
    }

    /// Adds a surrogate, 0xD800..=0xDFFF, in the three bytes of a code point of its size.
    pub(crate) fn push_surrogate(&mut self, surrogate: u16) {
        let [high, low] = surrogate.to_be_bytes();
        let middle = 0x80 | (high & 0x0f) << 2 | low >> 6;
        self.wide().extend_from_slice(&[0xed, middle, 0x80 | low & 0x3f]);
    }

    /// The string, leaving the builder empty and its room in use for the next one.
    pub(crate) fn take(&mut self) -> PyString {
        let string = match self.wide.take() {
            None => PyString::from(self.text.as_str()),
            Some(wide) => PyString(Repr::Wide(wide.into_boxed_slice())),
        };
        self.text.clear();
        string
    }

    /// The string.
    pub(crate) fn finish(self) -> PyString {
        match self.wide {
            None => PyString::from(self.text),
            Some(wide) => PyString(Repr::Wide(wide.into_boxed_slice())),
        }
    }

    fn wide(&mut self) -> &mut Vec<u8> {
        let text = &mut self.text;
        self.wide.get_or_insert_with(|| std::mem::take(text).into_bytes())
    }
}
