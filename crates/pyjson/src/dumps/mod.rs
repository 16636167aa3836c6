//! `json.dumps`: its entry point and keyword arguments.

mod escape;
mod float;
mod writer;

use std::fmt;

use crate::recursion::Dumping;
use crate::{Dict, PyString, PythonVersion, RecursionError, Value};

use writer::{Style, Writer};

/// `json.dumps(value)`.
///
/// ```
/// use pyjson::{Dict, Value, dumps};
///
/// let header = Dict::from([("content-type", Value::from("text/json")), ("length", 41.into())]);
/// assert_eq!(dumps(&header.into()), r#"{"content-type": "text/json", "length": 41}"#);
/// assert_eq!(dumps(&Value::from(vec![1e16.into(), "\u{1f600}".into()])), r#"[1e+16, "\ud83d\ude00"]"#);
/// ```
///
/// Unlike CPython's, it never fails: it has no limit on depth or on digits. [`DumpsOptions`] has
/// CPython's limits.
#[must_use]
pub fn dumps(value: &Value) -> String {
    ascii(|writer| writer.value(value))
}

/// Like [`dumps`], but appends bytes, which are ASCII, to `out`. It allocates only what `out` lacks.
///
/// ```
/// let mut out = b"header, then ".to_vec();
/// pyjson::dumps_into(&mut out, &pyjson::Value::from(vec![1.into(), 2.into()]));
/// assert_eq!(out, b"header, then [1, 2]");
/// ```
pub fn dumps_into(out: &mut Vec<u8>, value: &Value) {
    append(out, |writer| writer.value(value));
}

/// [`dumps_into`] for a dict that is not a [`Value`].
///
/// ```
/// let mut out = Vec::new();
/// pyjson::dumps_dict_into(&mut out, &pyjson::Dict::from([("size", pyjson::Value::from(2))]));
/// assert_eq!(out, b"{\"size\": 2}");
/// ```
pub fn dumps_dict_into(out: &mut Vec<u8>, dict: &Dict) {
    append(out, |writer| writer.dict(dict));
}

/// Appends in the default style, which is all ASCII and refuses nothing.
fn append(out: &mut Vec<u8>, write: impl FnOnce(&mut Writer<'_, true>) -> Result<(), DumpsError>) {
    let mut writer = Writer::onto(std::mem::take(out), &Style::DEFAULT);
    // The default style has no limits, so there is no error to lose.
    let _ = write(&mut writer);
    *out = writer.out;
}

/// The text of [`dumps`], which distinguishes all types.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&dumps(self))
    }
}

/// The text of [`dumps`].
impl fmt::Debug for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&ascii(|writer| writer.dict(self)))
    }
}

/// Writes in the default style.
fn ascii(write: impl FnOnce(&mut Writer<'_, true>) -> Result<(), DumpsError>) -> String {
    let mut out = Vec::with_capacity(writer::FIRST_CAPACITY);
    append(&mut out, write);
    String::from_utf8(out).unwrap_or_default()
}

/// `indent=` of `json.dumps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Indent {
    /// This many spaces per level. A negative number counts as 0, which gives only newlines.
    Spaces(i32),
    /// This text per level, without restrictions.
    Text(PyString),
}

/// The keyword arguments of `json.dumps`, and the version of CPython to imitate.
///
/// ```
/// use pyjson::{DumpsOptions, Indent, loads};
///
/// let value = loads(r#"{"b": [1, 2], "a": {}}"#)?;
/// let text = DumpsOptions::new().indent(Indent::Spaces(2)).sort_keys(true).dumps(&value)?;
/// assert_eq!(text, "{\n  \"a\": {},\n  \"b\": [\n    1,\n    2\n  ]\n}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpsOptions {
    python: PythonVersion,
    ensure_ascii: bool,
    allow_nan: bool,
    sort_keys: bool,
    indent: Option<Indent>,
    separators: Option<(PyString, PyString)>,
    max_depth: Option<usize>,
    int_max_str_digits: Option<Option<usize>>,
}

impl Default for DumpsOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl DumpsOptions {
    /// The behaviour of `json.dumps(value)` in CPython 3.13.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            python: PythonVersion::V3_13,
            ensure_ascii: true,
            allow_nan: true,
            sort_keys: false,
            indent: None,
            separators: None,
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

    /// `ensure_ascii=False` leaves non-ASCII characters, and U+007F, unchanged.
    #[must_use]
    pub const fn ensure_ascii(mut self, ensure_ascii: bool) -> Self {
        self.ensure_ascii = ensure_ascii;
        self
    }

    /// `allow_nan=False` refuses NaN and the infinities.
    #[must_use]
    pub const fn allow_nan(mut self, allow_nan: bool) -> Self {
        self.allow_nan = allow_nan;
        self
    }

    /// `sort_keys=True` sorts the keys by their code points.
    #[must_use]
    pub const fn sort_keys(mut self, sort_keys: bool) -> Self {
        self.sort_keys = sort_keys;
        self
    }

    /// `indent=`: each item on its own line.
    #[must_use]
    pub fn indent(mut self, indent: Indent) -> Self {
        self.indent = Some(indent);
        self
    }

    /// `separators=(item, key)`; by default `(", ", ": ")`, or `(",", ": ")` with `indent`.
    #[must_use]
    pub fn separators(mut self, item: impl Into<PyString>, key: impl Into<PyString>) -> Self {
        self.separators = Some((item.into(), key.into()));
        self
    }

    /// How many levels lists and dicts may nest, instead of CPython's limit. With this, only they
    /// count; CPython also counts the calls that it makes inside of them.
    ///
    /// The default limit is [`PythonVersion::max_depth`]. With `indent`, CPython before 3.13 uses its
    /// encoder written in Python, which has other limits: 994 to 996 levels, and fewer if the deepest
    /// value is a float, or a dict whose keys are sorted.
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

    /// `json.dumps(value)` with these options.
    ///
    /// # Errors
    /// [`DumpsError`], with CPython's message, where CPython raises one.
    pub fn dumps(&self, value: &Value) -> Result<PyString, DumpsError> {
        let mut out = Vec::with_capacity(writer::FIRST_CAPACITY);
        self.dumps_into(&mut out, value)?;
        Ok(PyString::from_generalized(&out))
    }

    /// Like [`DumpsOptions::dumps`], but appends UTF-8 to `out`. Surrogates in the value or in an
    /// option appear as in [`PyString::as_generalized_utf8`]; with `ensure_ascii` those of the value
    /// do not.
    ///
    /// # Errors
    /// [`DumpsError`], with CPython's message, where CPython raises one. `out` is then unchanged.
    ///
    /// ```
    /// use pyjson::{DumpsOptions, Value};
    ///
    /// let options = DumpsOptions::new().allow_nan(false).separators(",", ":");
    /// let mut out = b"> ".to_vec();
    /// options.dumps_into(&mut out, &Value::from(vec![1.into(), 2.into()]))?;
    /// assert!(options.dumps_into(&mut out, &Value::from(vec![f64::NAN.into()])).is_err());
    /// assert_eq!(out, b"> [1,2]");
    /// # Ok::<(), pyjson::DumpsError>(())
    /// ```
    pub fn dumps_into(&self, out: &mut Vec<u8>, value: &Value) -> Result<(), DumpsError> {
        let style = self.style();
        let before = out.len();
        let mut writer = Writer::<'_, false>::onto(std::mem::take(out), &style);
        let written = writer.value(value);
        *out = writer.out;
        if written.is_err() {
            out.truncate(before);
        }
        written
    }

    fn style(&self) -> Style<'_> {
        let indent = self.indent.as_ref().map(|indent| match indent {
            Indent::Spaces(count) => vec![b' '; usize::try_from(*count).unwrap_or(0)],
            Indent::Text(text) => text.as_generalized_utf8().to_vec(),
        });
        let (item, key) = match &self.separators {
            Some((item, key)) => (item.as_generalized_utf8(), key.as_generalized_utf8()),
            None if indent.is_some() => (&b","[..], &b": "[..]),
            None => (&b", "[..], &b": "[..]),
        };
        Style {
            python: self.python,
            ensure_ascii: self.ensure_ascii,
            allow_nan: self.allow_nan,
            sort_keys: self.sort_keys,
            indent,
            item,
            key,
            counts: match self.max_depth {
                Some(levels) => Dumping::lists_and_dicts(levels),
                None => Dumping::of(self.python, self.indent.is_some()),
            },
            digits: self
                .int_max_str_digits
                .unwrap_or(self.python.int_max_str_digits())
                .unwrap_or(usize::MAX),
        }
    }
}

/// The exception of `json.dumps`. Displays as `str(exception)` does in Python.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DumpsError {
    /// `ValueError`: a NaN or an infinity, and `allow_nan` is off.
    OutOfRangeFloat {
        /// The float.
        float: f64,
        /// Whether CPython's message contains the float: from 3.12, or with `indent`.
        named: bool,
    },
    /// `ValueError`: an `int` with more digits than CPython converts.
    IntDigits {
        /// The allowed number of digits.
        limit: usize,
        /// The version whose wording is used.
        python: PythonVersion,
    },
    /// `RecursionError`: lists and dicts nest too deeply.
    Recursion(RecursionError),
}

impl DumpsError {
    /// The name of the exception's type: `type(exception).__name__`.
    #[must_use]
    pub const fn exception(&self) -> &'static str {
        match self {
            Self::OutOfRangeFloat { .. } | Self::IntDigits { .. } => "ValueError",
            Self::Recursion(_) => "RecursionError",
        }
    }
}

impl fmt::Display for DumpsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRangeFloat { float, named } => {
                f.write_str("Out of range float values are not JSON compliant")?;
                match (named, float.is_nan(), float.is_sign_negative()) {
                    (false, ..) => Ok(()),
                    (true, true, _) => f.write_str(": nan"),
                    (true, false, true) => f.write_str(": -inf"),
                    (true, false, false) => f.write_str(": inf"),
                }
            }
            Self::IntDigits { limit, python } => write!(
                f,
                "Exceeds the limit ({}) for integer string conversion; use \
                 sys.set_int_max_str_digits() to increase the limit",
                python.digits_limit(*limit)
            ),
            Self::Recursion(error) => error.fmt(f),
        }
    }
}

impl From<RecursionError> for DumpsError {
    fn from(error: RecursionError) -> Self {
        Self::Recursion(error)
    }
}

impl std::error::Error for DumpsError {}
