//! `json.loads`: its entry points and keyword arguments.

mod error;
mod float;
mod long_float;
mod number;
mod parser;
mod scan;
mod slots;
mod text;

use crate::decode::{self, Decoded};
use crate::recursion::Loading;
use crate::{PyString, PythonVersion, Value};

pub use error::{JsonDecodeError, LoadsError, Message};

/// `json.loads(text)` of a `str`, as CPython 3.13.
///
/// # Errors
/// [`LoadsError`], with CPython's message, when CPython refuses the text.
///
/// ```
/// let error = pyjson::loads("{\"a\": 1,\n}").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "Illegal trailing comma before end of object: line 1 column 8 (char 7)",
/// );
/// ```
pub fn loads(text: &str) -> Result<Value, LoadsError> {
    LoadsOptions::new().loads(text)
}

/// `json.loads(text)` of a `str` that may hold surrogates, as CPython 3.13.
///
/// # Errors
/// [`LoadsError`], with CPython's message, when CPython refuses the text.
pub fn loads_py(text: &PyString) -> Result<Value, LoadsError> {
    LoadsOptions::new().loads_py(text)
}

/// `json.loads(data)` of `bytes`, as CPython 3.13: UTF-8, UTF-16 or UTF-32, detected by
/// `json.detect_encoding` and decoded with `surrogatepass`.
///
/// # Errors
/// [`LoadsError`], with CPython's message, when CPython refuses the bytes.
///
/// ```
/// assert_eq!(pyjson::loads_bytes(b"\xff\xfe4\x002\x00")?, pyjson::Value::from(42_i64));
/// let error = pyjson::loads_bytes(b"\"\xff\"").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte",
/// );
/// # Ok::<(), pyjson::LoadsError>(())
/// ```
pub fn loads_bytes(bytes: &[u8]) -> Result<Value, LoadsError> {
    LoadsOptions::new().loads_bytes(bytes)
}

/// The keyword arguments of `json.loads`, and the version of CPython to imitate.
///
/// ```
/// use pyjson::{LoadsOptions, PythonVersion};
///
/// let old = LoadsOptions::new().python(PythonVersion::V3_8);
/// assert_eq!(
///     old.loads("[1,]").unwrap_err().to_string(),
///     "Expecting value: line 1 column 4 (char 3)",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadsOptions {
    python: PythonVersion,
    strict: bool,
    max_depth: Option<usize>,
    int_max_str_digits: Option<Option<usize>>,
}

impl Default for LoadsOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl LoadsOptions {
    /// The behaviour of `json.loads(text)` in CPython 3.13.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            python: PythonVersion::V3_13,
            strict: true,
            max_depth: None,
            int_max_str_digits: None,
        }
    }

    /// The version of CPython whose messages and limits apply.
    #[must_use]
    pub const fn python(mut self, version: PythonVersion) -> Self {
        self.python = version;
        self
    }

    /// `strict=False` allows unescaped control characters in a string.
    #[must_use]
    pub const fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// How many levels lists and dicts may nest, instead of [`PythonVersion::max_depth`]. With this,
    /// only they count; CPython also counts the calls that it makes inside of them. This crate
    /// itself has no limit on depth.
    #[must_use]
    pub const fn max_depth(mut self, levels: usize) -> Self {
        self.max_depth = Some(levels);
        self
    }

    /// `sys.set_int_max_str_digits(digits)`, where `None` is Python's 0: no limit.
    #[must_use]
    pub const fn int_max_str_digits(mut self, digits: Option<usize>) -> Self {
        self.int_max_str_digits = Some(digits);
        self
    }

    /// `json.loads(text)` of a `str`.
    ///
    /// # Errors
    /// [`LoadsError`], with CPython's message, when CPython refuses the text.
    pub fn loads(&self, text: &str) -> Result<Value, LoadsError> {
        if text.starts_with('\u{feff}') {
            return Err(JsonDecodeError::locate(Message::UnexpectedBom, text.as_bytes(), 0).into());
        }
        parser::parse(text, &self.limits())
    }

    /// `json.loads(text)` of a `str` that may hold surrogates.
    ///
    /// # Errors
    /// [`LoadsError`], with CPython's message, when CPython refuses the text.
    pub fn loads_py(&self, text: &PyString) -> Result<Value, LoadsError> {
        match text.as_str() {
            Some(text) => self.loads(text),
            None if text.as_generalized_utf8().starts_with("\u{feff}".as_bytes()) => {
                let bytes = text.as_generalized_utf8();
                Err(JsonDecodeError::locate(Message::UnexpectedBom, bytes, 0).into())
            }
            None => parser::parse(text::Generalized(text.as_generalized_utf8()), &self.limits()),
        }
    }

    /// `json.loads(data)` of `bytes`.
    ///
    /// # Errors
    /// [`LoadsError`], with CPython's message, when CPython refuses the bytes.
    pub fn loads_bytes(&self, bytes: &[u8]) -> Result<Value, LoadsError> {
        match decode::decode_json(bytes)? {
            Decoded::Utf8(text) => parser::parse(text, &self.limits()),
            Decoded::Other(text) => match text.as_str() {
                Some(text) => parser::parse(text, &self.limits()),
                None => {
                    parser::parse(text::Generalized(text.as_generalized_utf8()), &self.limits())
                }
            },
        }
    }

    fn limits(&self) -> parser::Limits {
        parser::Limits {
            python: self.python,
            strict: self.strict,
            max_depth: self.max_depth.unwrap_or(self.python.max_depth()),
            calls: match self.max_depth {
                Some(_) => Loading::UNCOUNTED,
                None => Loading::of(self.python),
            },
            digits: self
                .int_max_str_digits
                .unwrap_or(self.python.int_max_str_digits())
                .unwrap_or(usize::MAX),
        }
    }
}
