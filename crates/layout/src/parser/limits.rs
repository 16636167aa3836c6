//! Limits on how much of a part the parser keeps.

/// The most bytes that a [`Parser`](crate::Parser) keeps of a part. It does not keep bytes,
/// constants and pads, so they have no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For JSON, also up to a delimiter.
    pub json_max_bytes: u64,
    /// For text with a size, structs and digits.
    pub text_max_bytes: u64,
    /// For text up to a delimiter, without the delimiter.
    pub line_max_bytes: u64,
    /// For a number up to a delimiter, without the delimiter.
    pub number_max_bytes: u64,
}

impl Default for Limits {
    /// 16 MiB for JSON and for text, 1 MiB up to a delimiter, 64 bytes for a number.
    fn default() -> Self {
        Self {
            json_max_bytes: 16 << 20,
            text_max_bytes: 16 << 20,
            line_max_bytes: 1 << 20,
            number_max_bytes: 64,
        }
    }
}
