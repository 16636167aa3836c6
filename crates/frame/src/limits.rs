//! Limits on what a peer may announce.

/// Limits on the lengths that a peer announces, checked before any allocation.
///
/// The protocol itself has only the header's limit of 2³¹−1. A program with untrusted peers needs
/// lower ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest dict, in bytes of JSON text. The default is 1 MiB.
    pub dict_max_bytes: u32,
    /// Longest body, in bytes. The default is 1 TiB: a body is passed on as it comes, not held.
    pub body_max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { dict_max_bytes: 1 << 20, body_max_bytes: 1 << 40 }
    }
}
