//! What a relayed connection needs, with and without a disturbing network.

/// The most that is read at once, in bytes.
pub(super) const CHUNK_BYTES: usize = 64 << 10;

/// What ends a connection at once, in both directions.
pub(super) enum Broken {
    /// It was reset.
    Reset,
    /// It was closed.
    Closed,
}
