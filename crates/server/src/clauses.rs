//! The clauses of docs/PROTOCOL.md that a server's errors name. `args` holds the clauses of
//! each scenario; this module knows no scenario.

/// The clauses for errors that have no clause of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clauses {
    /// The clause about when and how the server ends.
    pub(crate) end: &'static str,
    /// The clause about a client that does not follow the protocol.
    pub(crate) client: &'static str,
}
