//! Logs refused clients, in a way that many of them do not flood the log.

use endpoint::Peer;

use super::line_limit::LineLimit;
use super::options::Refusal;
use crate::clauses::Clauses;

/// Logs the first refusal, and then at most one per second, with the number of refusals
/// in between.
pub(super) struct Refusals {
    clauses: Clauses,
    lines: LineLimit,
}

impl Refusals {
    pub(super) fn new(clauses: Clauses) -> Self {
        Self { clauses, lines: LineLimit::default() }
    }

    pub(super) fn log(&mut self, peer: &Peer, why: Refusal) {
        let clause = self.clauses.client;
        let limit = why.label();
        match self.lines.pass() {
            None => {}
            Some(0) => {
                tracing::warn!(client = %peer, limit, "[{clause}] refused: {limit} (client {peer})")
            }
            Some(more) => tracing::warn!(
                "[{clause}] refused: {limit} (client {peer}; and {more} clients since the last line)"
            ),
        }
    }
}
