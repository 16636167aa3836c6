//! The exceptions of `json.loads`.

use std::borrow::Cow;
use std::fmt;

use crate::{PythonVersion, RecursionError, UnicodeDecodeError};

/// Why CPython refuses a text. Displays as `str(exception)` does in Python.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadsError {
    /// `json.JSONDecodeError`: CPython does not accept the text as JSON.
    Json(JsonDecodeError),
    /// `UnicodeDecodeError`: the bytes are not text. This is checked first.
    Unicode(UnicodeDecodeError),
    /// `ValueError`: an `int` with more digits than CPython converts.
    IntDigits {
        /// The number of digits, without the sign.
        digits: usize,
        /// The allowed number of digits.
        limit: usize,
        /// The version whose wording is used.
        python: PythonVersion,
    },
    /// `RecursionError`: lists and dicts nest too deeply.
    Recursion(RecursionError),
}

impl LoadsError {
    /// The name of the exception's type: `type(exception).__name__`.
    #[must_use]
    pub const fn exception(&self) -> &'static str {
        match self {
            Self::Json(_) => "JSONDecodeError",
            Self::Unicode(_) => "UnicodeDecodeError",
            Self::IntDigits { .. } => "ValueError",
            Self::Recursion(_) => "RecursionError",
        }
    }

    /// `exception.msg` of a `JSONDecodeError`, which is its text without the place; the whole
    /// text of any other exception.
    #[must_use]
    pub fn message(&self) -> Cow<'static, str> {
        match self {
            Self::Json(error) => Cow::Borrowed(error.message().as_str()),
            other => Cow::Owned(other.to_string()),
        }
    }

    /// `exception.lineno` of a `JSONDecodeError`: the line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::Json(error) => Some(error.line()),
            _ => None,
        }
    }

    /// `exception.colno` of a `JSONDecodeError`: the column in code points, counted from 1.
    #[must_use]
    pub const fn column(&self) -> Option<usize> {
        match self {
            Self::Json(error) => Some(error.column()),
            _ => None,
        }
    }

    /// `exception.pos` of a `JSONDecodeError`: the offset in code points, counted from 0.
    #[must_use]
    pub const fn offset(&self) -> Option<usize> {
        match self {
            Self::Json(error) => Some(error.offset()),
            _ => None,
        }
    }
}

impl fmt::Display for LoadsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Unicode(error) => error.fmt(f),
            Self::IntDigits { digits, limit, python } => write!(
                f,
                "Exceeds the limit ({}) for integer string conversion: value has {digits} \
                 digits; use sys.set_int_max_str_digits() to increase the limit",
                python.digits_limit(*limit)
            ),
            Self::Recursion(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadsError {}

impl From<JsonDecodeError> for LoadsError {
    fn from(error: JsonDecodeError) -> Self {
        Self::Json(error)
    }
}

impl From<UnicodeDecodeError> for LoadsError {
    fn from(error: UnicodeDecodeError) -> Self {
        Self::Unicode(error)
    }
}

/// `json.JSONDecodeError`: a message and a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonDecodeError {
    message: Message,
    line: usize,
    column: usize,
    offset: usize,
}

impl JsonDecodeError {
    /// Finds line, column and offset of `at`, a byte's place in generalised UTF-8.
    pub(crate) fn locate(message: Message, text: &[u8], at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let (mut line, mut column, mut offset) = (1_usize, 1_usize, 0_usize);
        for byte in before.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)) {
            offset = offset.saturating_add(1);
            column = column.saturating_add(1);
            if *byte == b'\n' {
                line = line.saturating_add(1);
                column = 1;
            }
        }
        Self { message, line, column, offset }
    }

    /// `msg`: what is wrong.
    #[must_use]
    pub const fn message(&self) -> Message {
        self.message
    }

    /// `lineno`: the line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// `colno`: the column in code points, counted from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// `pos`: the offset in code points, counted from 0.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for JsonDecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, line, column, offset } = self;
        write!(f, "{message}: line {line} column {column} (char {offset})")
    }
}

impl std::error::Error for JsonDecodeError {}

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// `exception.msg` of a `JSONDecodeError`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Message {
            $($(#[$doc])* #[doc = concat!("\n\n`", $text, "`")] $name,)+
        }

        impl Message {
            /// CPython's words.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

messages! {
    /// No value begins here.
    ExpectingValue = "Expecting value",
    /// A `{` or, before 3.13 also, a comma in a dict has no key after it.
    ExpectingName = "Expecting property name enclosed in double quotes",
    /// A key has no colon after it.
    ExpectingColon = "Expecting ':' delimiter",
    /// A value has neither a comma nor the end of its list or dict after it.
    ExpectingComma = "Expecting ',' delimiter",
    /// More than white space follows the value.
    ExtraData = "Extra data",
    /// A string has no closing quote; the place is that of its opening one.
    UnterminatedString = "Unterminated string starting at",
    /// A string contains a control character, and `strict` is on.
    InvalidControlCharacter = "Invalid control character at",
    /// A backslash and the character after it make no escape.
    InvalidEscape = "Invalid \\escape",
    /// No four hexadecimal digits follow `\u`, or the text ends right after them.
    InvalidUnicodeEscape = "Invalid \\uXXXX escape",
    /// From 3.13: a comma before `}`. The place is that of the comma.
    TrailingCommaInObject = "Illegal trailing comma before end of object",
    /// From 3.13: a comma before `]`. The place is that of the comma.
    TrailingCommaInArray = "Illegal trailing comma before end of array",
    /// A `str` begins with U+FEFF.
    UnexpectedBom = "Unexpected UTF-8 BOM (decode using utf-8-sig)",
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
