//! What is noted of a right exchange, for the errata and the script.

/// Noted of what is right: bytes of the body of each answer.
pub(crate) const BODIES: &str = "bodies";
/// Noted of what is right: bytes that each command prints on standard output. The answer may have fewer.
pub(crate) const PRINTED: &str = "printed";
