//! What passing a connection on takes, whether a network disturbs it or not.

/// The most that is read at once.
pub(super) const CHUNK_BYTES: usize = 64 << 10;

/// What ends a connection at once, in both directions.
pub(super) enum Broken {
    /// It was broken off.
    Reset,
    /// It was closed.
    Closed,
}
