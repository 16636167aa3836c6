//! A Python `str`: any sequence of code points 0..=0x10FFFF, lone surrogates included.
//!
//! It is held as generalised UTF-8. There, a surrogate has three bytes like any other code point
//! of its size, and a high surrogate before a low one stays two code points, as in Python. So
//! byte order is code point order. Nothing here knows JSON.

mod builder;
mod fsencode;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

pub(crate) use builder::Builder;
pub use fsencode::SurrogateEscapeError;

/// The longest text, in bytes, that needs no allocation.
pub(crate) const INLINE_BYTES: usize = 22;
/// [`INLINE_BYTES`] in the type of a length.
const LONGEST_INLINE: u8 = 22;

/// A Python `str`.
///
/// Nearly every one is UTF-8, and [`as_str`](Self::as_str) returns it. The others hold lone
/// surrogates, which a Python program can create and `json` passes through:
///
/// ```
/// use pyjson::{PyString, loads};
///
/// let lone = loads(r#""\ud800""#)?.into_py_string().unwrap();
/// assert_eq!(lone.as_str(), None);
/// assert_eq!(lone.code_points().collect::<Vec<_>>(), [0xd800]);
/// assert_eq!(PyString::from("caf\u{e9}").as_str(), Some("café"));
/// # Ok::<(), pyjson::LoadsError>(())
/// ```
#[derive(Clone)]
pub struct PyString(Repr);

#[derive(Clone)]
enum Repr {
    /// UTF-8; the bytes beyond `len` have no meaning.
    Inline { len: u8, bytes: [u8; INLINE_BYTES] },
    /// UTF-8 longer than [`INLINE_BYTES`].
    Utf8(Box<str>),
    /// Generalised UTF-8 with at least one surrogate, of any length.
    Wide(Box<[u8]>),
}

/// A number above 0x10FFFF, which is not a code point (`chr()` raises `ValueError` for it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePointError(pub u32);

impl fmt::Display for CodePointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x} is not in range(0x110000)", self.0)
    }
}

impl std::error::Error for CodePointError {}

impl PyString {
    /// The empty string.
    #[must_use]
    pub const fn new() -> Self {
        Self(Repr::Inline { len: 0, bytes: [0; INLINE_BYTES] })
    }

    /// The text, or `None` if it holds surrogates.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Repr::Inline { .. } => std::str::from_utf8(self.as_generalized_utf8()).ok(),
            Repr::Utf8(text) => Some(text),
            Repr::Wide(_) => None,
        }
    }

    /// The text as a `String`.
    ///
    /// # Errors
    /// Returns the string itself if it holds surrogates.
    pub fn into_string(self) -> Result<String, Self> {
        match self.0 {
            Repr::Utf8(text) => Ok(text.into_string()),
            _ => self.as_str().map(str::to_owned).ok_or(self),
        }
    }

    /// The text, with U+FFFD instead of each surrogate.
    #[must_use]
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        match self.as_str() {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(
                self.code_points()
                    .map(|c| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect(),
            ),
        }
    }

    /// UTF-8, in which a surrogate is encoded in three bytes as if it were a character.
    ///
    /// These are the bytes of `s.encode("utf-8", "surrogatepass")`.
    #[must_use]
    pub fn as_generalized_utf8(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Repr::Utf8(text) => text.as_bytes(),
            Repr::Wide(bytes) => bytes,
        }
    }

    /// The buffer of a string without an allocation, and how much of it is used. The bytes beyond
    /// that have no meaning.
    #[inline(always)]
    pub(crate) const fn as_inline(&self) -> Option<(&[u8; INLINE_BYTES], usize)> {
        match &self.0 {
            Repr::Inline { len, bytes } => Some((bytes, *len as usize)),
            _ => None,
        }
    }

    /// Whether there are no code points.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_generalized_utf8().is_empty()
    }

    /// The code points, as `map(ord, s)` gives them.
    pub fn code_points(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        CodePoints(self.as_generalized_utf8().iter())
    }

    /// The string of these code points, with surrogates unchanged: a high one before a low one
    /// stays two.
    ///
    /// # Errors
    /// [`CodePointError`] for the first number above 0x10FFFF.
    pub fn from_code_points<I>(code_points: I) -> Result<Self, CodePointError>
    where
        I: IntoIterator<Item = u32>,
    {
        let mut builder = Builder::new();
        for code_point in code_points {
            builder.push_code_point(code_point)?;
        }
        Ok(builder.finish())
    }

    /// From bytes that are certainly generalised UTF-8, with or without surrogates.
    pub(crate) fn from_generalized(bytes: &[u8]) -> Self {
        match simdutf8::basic::from_utf8(bytes) {
            Ok(text) => Self::from(text),
            Err(_) => Self(Repr::Wide(bytes.into())),
        }
    }

    /// Sets an empty string to a part of a text, in place. A string that is made and then moved
    /// is moved before it has reached memory, which costs more than making it.
    #[inline]
    pub(crate) fn write(&mut self, text: &str, start: usize, end: usize) {
        let part = text.get(start..end).unwrap_or_default();
        if let (Repr::Inline { len, bytes }, Ok(length @ 0..=LONGEST_INLINE)) =
            (&mut self.0, u8::try_from(part.len()))
        {
            *len = length;
            // Copying as much as fits is faster than counting.
            if let Some(room) = text.as_bytes().get(start..start + INLINE_BYTES) {
                bytes.copy_from_slice(room);
            } else if let Some(bytes) = bytes.get_mut(..part.len()) {
                bytes.copy_from_slice(part.as_bytes());
            }
        } else {
            self.0 = Repr::Utf8(part.into());
        }
    }

    fn inline(bytes: &[u8]) -> Option<Self> {
        let mut array = [0; INLINE_BYTES];
        array.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self(Repr::Inline { len: u8::try_from(bytes.len()).ok()?, bytes: array }))
    }
}

impl From<&str> for PyString {
    #[inline]
    fn from(text: &str) -> Self {
        Self::inline(text.as_bytes()).unwrap_or_else(|| Self(Repr::Utf8(text.into())))
    }
}

impl From<String> for PyString {
    fn from(text: String) -> Self {
        Self::inline(text.as_bytes()).unwrap_or_else(|| Self(Repr::Utf8(text.into_boxed_str())))
    }
}

impl From<char> for PyString {
    fn from(character: char) -> Self {
        Self::from(&*character.encode_utf8(&mut [0; 4]))
    }
}

impl Default for PyString {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for PyString {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.as_generalized_utf8() == other.as_generalized_utf8()
    }
}

impl Eq for PyString {}

impl PartialEq<str> for PyString {
    fn eq(&self, other: &str) -> bool {
        self.as_generalized_utf8() == other.as_bytes()
    }
}

impl PartialEq<&str> for PyString {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl PartialOrd for PyString {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By code points, as Python compares.
impl Ord for PyString {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_generalized_utf8().cmp(other.as_generalized_utf8())
    }
}

impl Hash for PyString {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_generalized_utf8().hash(state);
    }
}

/// With U+FFFD instead of each surrogate.
impl fmt::Display for PyString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_string_lossy())
    }
}

/// A Rust string literal, which shows a surrogate as `\u{d800}`.
impl fmt::Debug for PyString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.as_str() {
            return fmt::Debug::fmt(text, f);
        }
        f.write_str("\"")?;
        for code_point in self.code_points() {
            match char::from_u32(code_point) {
                Some(character) => write!(f, "{}", character.escape_debug())?,
                None => write!(f, "\\u{{{code_point:x}}}")?,
            }
        }
        f.write_str("\"")
    }
}

/// The code points of bytes that are certainly generalised UTF-8.
#[derive(Clone)]
struct CodePoints<'a>(std::slice::Iter<'a, u8>);

impl CodePoints<'_> {
    /// The six bits of the next continuation byte.
    fn continuation(&mut self) -> u32 {
        self.0.next().map_or(0, |byte| u32::from(byte & 0x3f))
    }
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let lead = u32::from(*self.0.next()?);
        Some(match lead {
            0..0x80 => lead,
            0x80..0xe0 => (lead & 0x1f) << 6 | self.continuation(),
            0xe0..0xf0 => (lead & 0x0f) << 12 | self.continuation() << 6 | self.continuation(),
            _ => {
                let high = (lead & 0x07) << 18 | self.continuation() << 12;
                high | self.continuation() << 6 | self.continuation()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_around_the_inline_limit_come_back() {
        for len in 0..60 {
            let text: String = ('a'..='z').cycle().take(len).collect();
            let string = PyString::from(text.as_str());
            assert_eq!(string.as_str(), Some(text.as_str()));
            assert_eq!(string, PyString::from(text.clone()));
            let inline = (len <= INLINE_BYTES).then_some(len);
            assert_eq!(string.as_inline().map(|(_, len)| len), inline);
            assert_eq!(PyString::from(text.clone()).as_inline().map(|(_, len)| len), inline);
            assert_eq!(string.into_string(), Ok(text));
        }
    }

    #[test]
    fn a_part_of_a_text_is_written_as_it_would_be_made() {
        let text: String = ('a'..='z').cycle().take(70).collect();
        for start in 0..text.len() {
            for end in start..=text.len() {
                let mut string = PyString::new();
                string.write(&text, start, end);
                assert_eq!(string.as_str(), text.get(start..end));
                let short = end - start <= INLINE_BYTES;
                assert_eq!(string.as_inline().map(|(_, len)| len), short.then_some(end - start));
            }
        }
    }

    #[test]
    fn only_a_string_without_surrogates_becomes_text() {
        let strings = ["", "a", "é天😀", "a text that takes an allocation, é天😀"];
        for text in strings {
            let string = PyString::from(text);
            assert_eq!(
                (string.to_string_lossy(), string.is_empty()),
                (text.into(), text.is_empty())
            );
            assert_eq!(format!("{string} {string:?}"), format!("{text} {text:?}"));
            assert_eq!(string.into_string().as_deref(), Ok(text));
        }
        let lone = PyString::from_code_points([0x61, 0xd800, 0x22, 0x1_f600]).unwrap();
        assert_eq!(lone.to_string_lossy(), "a\u{fffd}\"\u{1f600}");
        assert_eq!(
            format!("{lone:>6} {lone:?}"),
            "  a\u{fffd}\"\u{1f600} \"a\\u{d800}\\\"\u{1f600}\""
        );
        assert_eq!(lone.clone().into_string(), Err(lone));
    }

    #[test]
    fn a_long_text_is_not_copied_to_become_a_string() {
        let string = PyString::from("a text that takes an allocation");
        let place = string.as_str().unwrap().as_ptr();
        let text = string.into_string().unwrap();
        assert_eq!(text.as_ptr(), place);
    }

    #[test]
    fn strings_are_equal_ordered_and_hashed_by_their_code_points() {
        use std::hash::DefaultHasher;

        let strings =
            ["", "a", "b", "a text that takes an allocation", "é", "\u{e000}", "\u{1f600}"];
        let hash = |string: &PyString| {
            let mut hasher = DefaultHasher::new();
            string.hash(&mut hasher);
            hasher.finish()
        };
        for (place, text) in strings.iter().enumerate() {
            for (other_place, other) in strings.iter().enumerate() {
                let (string, other_string) = (PyString::from(*text), PyString::from(*other));
                let same = place == other_place;
                assert_eq!((string == other_string, string == *other), (same, same));
                assert_eq!(string == **other, same);
                assert_eq!(hash(&string) == hash(&other_string), same);
                let order = text.chars().cmp(other.chars());
                assert_eq!(string.cmp(&other_string), order);
                assert_eq!(string.partial_cmp(&other_string), Some(order));
            }
        }
        assert_eq!((PyString::from('é'), PyString::default()), ("é".into(), "".into()));
    }

    #[test]
    fn surrogates_stay_apart_and_in_code_point_order() {
        let pair = PyString::from_code_points([0xd83d, 0xde00]).unwrap();
        assert_eq!(pair.as_str(), None);
        assert_eq!(pair.code_points().collect::<Vec<_>>(), [0xd83d, 0xde00]);
        assert_ne!(pair, PyString::from('\u{1f600}'));
        assert!(pair < PyString::from('\u{1f600}') && pair < PyString::from('\u{e000}'));
        assert!(pair > PyString::from('\u{d7ff}'));
        assert_eq!(format!("{pair:?} {pair}"), "\"\\u{d83d}\\u{de00}\" \u{fffd}\u{fffd}");
    }

    #[test]
    fn every_code_point_survives_and_the_first_past_the_last_is_refused() {
        let all: Vec<u32> = (0..=0x10_ffff).collect();
        let string = PyString::from_code_points(all.iter().copied()).unwrap();
        assert!(string.code_points().eq(all));
        let error = PyString::from_code_points([0x11_0000]).unwrap_err();
        assert_eq!(error.to_string(), "0x110000 is not in range(0x110000)");
    }

    #[test]
    fn a_string_takes_three_words() {
        assert_eq!(size_of::<PyString>(), 24);
    }
}
