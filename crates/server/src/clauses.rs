//! The clauses of docs/PROTOCOL.md that a server's errors name. `args` knows which clauses each
//! scenario has; nothing here knows a scenario.

/// The clauses for the errors that carry none of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clauses {
    /// When the server ends, and how.
    pub(crate) end: &'static str,
    /// What becomes of a client that doesn't do its part.
    pub(crate) client: &'static str,
}
