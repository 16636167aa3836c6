//! How much of a part is kept at most.

/// The most bytes that a [`Parser`](crate::Parser) keeps of a part. Bytes, constants and pads are
/// not kept, and have no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of JSON, also up to a delimiter.
    pub json_max_bytes: u64,
    /// Of text with a size, of structs and of digits.
    pub text_max_bytes: u64,
    /// Of text up to a delimiter, without it.
    pub line_max_bytes: u64,
    /// Of a number up to a delimiter, without it.
    pub number_max_bytes: u64,
}

impl Default for Limits {
    /// 16 MiB of JSON and of text, 1 MiB up to a delimiter, 64 bytes of a number.
    fn default() -> Self {
        Self {
            json_max_bytes: 16 << 20,
            text_max_bytes: 16 << 20,
            line_max_bytes: 1 << 20,
            number_max_bytes: 64,
        }
    }
}
