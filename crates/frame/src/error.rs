//! The errors of a frame: what is wrong, where, and which side is at fault.
//!
//! "Not enough bytes yet" is not an error: the decoder waits. An end of the stream inside a frame
//! is one ([`FrameError::UnexpectedEnd`]). Offsets count bytes from the first byte of the frame.
//! Each error breaks a clause of docs/PROTOCOL.md ([`FrameError::clause`]).

use std::fmt;

use pyjson::LoadsError;

/// A part of a frame, in the order of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The four bytes of `struct.pack('i', n)`.
    Header,
    /// The JSON text.
    Dict,
    /// The bytes that the dict's size key announces.
    Body,
}

impl Part {
    /// The clause of docs/PROTOCOL.md about this part's length: `FR-1`, `FR-3` or `FR-5`. A
    /// stream that ends or breaks off in the part, or before a header that is due, breaks this
    /// clause.
    ///
    /// ```
    /// assert_eq!(frame::Part::Body.clause(), "FR-5");
    /// ```
    #[must_use]
    pub const fn clause(self) -> &'static str {
        match self {
            Self::Header => "FR-1",
            Self::Dict => "FR-3",
            Self::Body => "FR-5",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Dict => "dict",
            Self::Body => "body",
        })
    }
}

/// The peer broke the framing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// The header announces a negative length.
    #[error("negative dict length {found} in the header at byte 0")]
    NegativeLength {
        /// The announced length.
        found: i32,
    },
    /// The header announces a longer dict than [`Limits::dict_max_bytes`](crate::Limits).
    #[error("dict length {found} in the header at byte 0 is over the limit of {limit} bytes")]
    DictTooLong {
        /// The announced length.
        found: u32,
        /// The limit in force.
        limit: u32,
    },
    /// The dict's bytes are not JSON that `json.loads` accepts.
    #[error("dict at byte 4 is not JSON: {error}")]
    NotJson {
        /// The error of `json.loads`.
        error: LoadsError,
    },
    /// The JSON text is not an object.
    #[error("expected a dict at byte 4, found {found}")]
    NotADict {
        /// The found type, by its Python name.
        found: &'static str,
    },
    /// The dict does not give the body's length.
    #[error("dict at byte 4 has no key {key:?}")]
    NoSize {
        /// The missing size key.
        key: String,
    },
    /// The size has another type than `int`.
    #[error("expected an int as {key:?} of the dict at byte 4, found {found}")]
    SizeNotAnInt {
        /// The size key.
        key: String,
        /// The found type, by its Python name.
        found: &'static str,
    },
    /// The size is negative.
    #[error("{key:?} of the dict at byte 4 is negative: {found}")]
    NegativeSize {
        /// The size key.
        key: String,
        /// The announced size, in decimal.
        found: String,
    },
    /// The size is over [`Limits::body_max_bytes`](crate::Limits).
    #[error("{key:?} of the dict at byte 4 is {found}, over the limit of {limit} bytes")]
    BodyTooLong {
        /// The size key.
        key: String,
        /// The announced size, in decimal: it may have any number of digits.
        found: String,
        /// The limit in force.
        limit: u64,
    },
    /// The stream ended inside a frame.
    #[error("stream ended at byte {offset}: expected {expected} bytes of {part}, found {found}")]
    UnexpectedEnd {
        /// The incomplete part.
        part: Part,
        /// Offset in the frame where the stream ended.
        offset: u64,
        /// How many bytes the part should have.
        expected: u64,
        /// How many of them came.
        found: u64,
    },
}

impl FrameError {
    /// The clause of docs/PROTOCOL.md that the peer broke.
    ///
    /// | clause | errors |
    /// |---|---|
    /// | `FR-1` | the stream ended in the header |
    /// | `FR-2` | a dict of less than no bytes, or of more than the limit, was announced |
    /// | `FR-3` | the stream ended in the dict, or that is not JSON |
    /// | `FR-4` | the JSON is no dict, or gives no size that is one |
    /// | `FR-5` | the stream ended in the body |
    ///
    /// ```
    /// assert_eq!(frame::FrameError::NegativeLength { found: -1 }.clause(), "FR-2");
    /// ```
    #[must_use]
    pub const fn clause(&self) -> &'static str {
        match self {
            Self::NegativeLength { .. } | Self::DictTooLong { .. } => "FR-2",
            Self::NotJson { .. } => "FR-3",
            Self::NotADict { .. }
            | Self::NoSize { .. }
            | Self::SizeNotAnInt { .. }
            | Self::NegativeSize { .. }
            | Self::BodyTooLong { .. } => "FR-4",
            Self::UnexpectedEnd { part, .. } => part.clause(),
        }
    }

    /// The part of the frame with the error.
    #[must_use]
    pub const fn part(&self) -> Part {
        match self {
            Self::NegativeLength { .. } | Self::DictTooLong { .. } => Part::Header,
            Self::NotJson { .. }
            | Self::NotADict { .. }
            | Self::NoSize { .. }
            | Self::SizeNotAnInt { .. }
            | Self::NegativeSize { .. }
            | Self::BodyTooLong { .. } => Part::Dict,
            Self::UnexpectedEnd { part, .. } => *part,
        }
    }
}

/// The caller asked for a frame that can't be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The dict's text is longer than the limit, or than the header can express.
    #[error("dict of {found} bytes is over the limit of {limit} bytes")]
    DictTooLong {
        /// Length of the dict's text in bytes.
        found: usize,
        /// The limit in force: [`Limits::dict_max_bytes`](crate::Limits), at most 2³¹−1.
        limit: u32,
    },
}
