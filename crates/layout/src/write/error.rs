//! Why a frame can't be written.

use crate::PackError;

/// Why a value can't be set, or a frame can't be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The frame has no such path, or the JSON has no dict or list there.
    #[error("no value has the path {path}")]
    NoSuchPath {
        /// The dotted path.
        path: String,
    },
    /// A value of another type than the part accepts.
    #[error("expected {expected} for {path}")]
    Type {
        /// The dotted path.
        path: String,
        /// The type that the part accepts.
        expected: &'static str,
    },
    /// A struct can't hold a value.
    #[error("{part}: {error}")]
    Pack {
        /// The part's name.
        part: String,
        /// The error of Python's `struct`.
        error: PackError,
    },
    /// A number has more digits than its part.
    #[error("{part}: expected at most {width} characters, found {number}")]
    DoesNotFit {
        /// The part's name.
        part: String,
        /// How many characters the part has.
        width: usize,
        /// The number.
        number: String,
    },
    /// An encoding lacks a character.
    #[error("{part}: expected text that {encoding} has")]
    NotEncodable {
        /// The part's name.
        part: String,
        /// Python's name of the encoding.
        encoding: &'static str,
    },
    /// Sizes and checksums depend on one another and never settle.
    #[error("{frame}: sizes and checksums depend on one another")]
    Circular {
        /// The frame's name.
        frame: String,
    },
}
