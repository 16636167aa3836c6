//! The two kinds of text that are parsed: UTF-8, and UTF-8 with surrogates in it.
//!
//! Both are bytes to the parser. They differ in how a part of them becomes a string.

use crate::PyString;

/// A text to parse. Ranges are byte offsets where code points begin.
pub(super) trait Text: Copy {
    fn bytes(&self) -> &[u8];
    /// Writes a part in the place of an empty string.
    fn write(&self, start: usize, end: usize, slot: &mut PyString);
    /// A part that is certainly ASCII.
    fn ascii(&self, start: usize, end: usize) -> &str;
}

impl Text for &str {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }

    #[inline]
    fn write(&self, start: usize, end: usize, slot: &mut PyString) {
        slot.write(self, start, end);
    }

    #[inline]
    fn ascii(&self, start: usize, end: usize) -> &str {
        self.get(start..end).unwrap_or_default()
    }
}

/// Generalised UTF-8.
#[derive(Clone, Copy)]
pub(super) struct Generalized<'a>(pub(super) &'a [u8]);

impl Generalized<'_> {
    fn part(&self, start: usize, end: usize) -> &[u8] {
        self.0.get(start..end).unwrap_or_default()
    }
}

impl Text for Generalized<'_> {
    fn bytes(&self) -> &[u8] {
        self.0
    }

    fn write(&self, start: usize, end: usize, slot: &mut PyString) {
        *slot = PyString::from_generalized(self.part(start, end));
    }

    fn ascii(&self, start: usize, end: usize) -> &str {
        std::str::from_utf8(self.part(start, end)).unwrap_or_default()
    }
}
