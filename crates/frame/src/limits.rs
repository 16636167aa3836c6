//! How much a peer may announce.

/// Caps on the lengths that a peer announces, looked at before anything is reserved.
///
/// The protocol itself has none but the header's 2³¹−1; a program that faces strangers needs some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest dict, in bytes of JSON text. 1 MiB unless told.
    pub dict_max_bytes: u32,
    /// Longest body, in bytes. 1 TiB unless told: a body is passed on as it comes, not held.
    pub body_max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { dict_max_bytes: 1 << 20, body_max_bytes: 1 << 40 }
    }
}
