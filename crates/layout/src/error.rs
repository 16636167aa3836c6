//! Why bytes are not the frames of a layout.

use pyjson::LoadsError;

use crate::DigestKind;

/// Why a stream does not consist of a layout's frames, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}at byte {at}: {trouble}", place(.frame, .part))]
pub struct ReadError {
    /// Offset in the stream of the byte at fault: where the wrong value begins, the first byte
    /// that differs, or the end of the stream.
    pub at: usize,
    /// The frame's name; `None` between two frames.
    pub frame: Option<Box<str>>,
    /// The part's name.
    pub part: Option<Box<str>>,
    /// What is wrong.
    pub trouble: Trouble,
}

impl ReadError {
    /// The path of the part, such as `request.dict`; of the frame, if no part is at fault.
    #[must_use]
    pub fn path(&self) -> Option<String> {
        let frame = self.frame.as_deref()?;
        Some(match &self.part {
            Some(part) => format!("{frame}.{part}"),
            None => frame.to_owned(),
        })
    }
}

fn place(frame: &Option<Box<str>>, part: &Option<Box<str>>) -> String {
    match (frame, part) {
        (Some(frame), Some(part)) => format!("{frame}.{part} "),
        (Some(frame), None) => format!("{frame} "),
        _ => String::new(),
    }
}

/// What is wrong with the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The stream ended inside a part.
    #[error("expected {}, found the end of the stream after {found} of them", bytes(*.expected, *.counts_characters))]
    UnexpectedEnd {
        /// How many bytes or characters the part has; `None` up to a delimiter.
        expected: Option<u64>,
        /// How many of them came.
        found: u64,
        /// Whether both numbers count characters.
        counts_characters: bool,
    },
    /// The stream ended where a frame must come.
    #[error("expected this frame, found the end of the stream")]
    Missing,
    /// Bytes after the last frame.
    #[error("expected the end of the stream, found {found:#04x} behind the last frame")]
    BytesBehind {
        /// The first of them.
        found: u8,
    },
    /// A part is not JSON.
    #[error("expected JSON, found {error}")]
    NotJson {
        /// The error of CPython's `json.loads`.
        error: LoadsError,
    },
    /// Bytes that are invalid in the text's encoding.
    #[error("expected {encoding} text: {why}")]
    NotText {
        /// The encoding.
        encoding: &'static str,
        /// CPython's error.
        why: String,
    },
    /// Keys of a JSON value are sizes, but the value has no keys.
    #[error("expected an object for {path}, found {found}")]
    NotAnObject {
        /// The dotted path of the value, with the part's name.
        path: String,
        /// Its Python type.
        found: &'static str,
    },
    /// A value is the size of a part, but can't be a size.
    #[error("expected {path} to be the size of {of}, found {found}")]
    BadSize {
        /// The dotted path of the value.
        path: String,
        /// The part whose size it is.
        of: String,
        /// The number, or the Python type of a value that is not a number.
        found: String,
    },
    /// Not a decimal number.
    #[error("expected a decimal number, found {}", found.escape_ascii())]
    BadNumber {
        /// The bytes.
        found: Vec<u8>,
    },
    /// A byte of a constant part differs.
    #[error("expected {expected:#04x}, found {found:#04x}")]
    ConstDiffers {
        /// The expected byte.
        expected: u8,
        /// The found byte.
        found: u8,
    },
    /// A kept part is longer than the limit.
    #[error("expected at most {limit} bytes, found {found}")]
    TooLong {
        /// The limit in bytes.
        limit: u64,
        /// How many bytes were announced, or came.
        found: u64,
    },
    /// A frame without bytes, where any number of frames may come.
    #[error("expected a frame, found one of no bytes")]
    EmptyFrame,
}

fn bytes(expected: Option<u64>, counts_characters: bool) -> String {
    let unit = if counts_characters { "characters" } else { "bytes" };
    match expected {
        Some(expected) => format!("{expected} {unit}"),
        None => "a delimiter behind the bytes".to_owned(),
    }
}

/// A checksum that differs from its part's. The parser reads the frame all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{frame}.{path} at byte {at}: expected {expected}, the {kind} of {of}, found {found}")]
pub struct Mistake {
    /// Offset in the stream of the value that holds the checksum.
    pub at: usize,
    /// The frame's name.
    pub frame: String,
    /// The dotted path of the value that holds it.
    pub path: String,
    /// The name of the part that the checksum is of.
    pub of: String,
    /// How the checksum is computed.
    pub kind: DigestKind,
    /// The right checksum, in hexadecimal digits.
    pub expected: String,
    /// The found value: text unchanged, bytes in hexadecimal digits, a number in decimal digits;
    /// or the Python type.
    pub found: String,
}
