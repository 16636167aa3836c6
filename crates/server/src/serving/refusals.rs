//! The log of refused clients, which a flood of them must not flood.

use std::time::{Duration, Instant};

use endpoint::Peer;

use super::options::Refusal;
use crate::clauses::Clauses;

/// How often a line is written at most.
const INTERVAL: Duration = Duration::from_secs(1);

/// Writes of the first refusal, and then of one a second, how many there were.
pub(super) struct Refusals {
    clauses: Clauses,
    last: Option<Instant>,
    unsaid: u64,
}

impl Refusals {
    pub(super) const fn new(clauses: Clauses) -> Self {
        Self { clauses, last: None, unsaid: 0 }
    }

    pub(super) fn log(&mut self, peer: &Peer, why: Refusal) {
        if self.last.is_some_and(|last| last.elapsed() < INTERVAL) {
            self.unsaid += 1;
            return;
        }
        let clause = self.clauses.client;
        let limit = why.label();
        match self.unsaid {
            0 => {
                tracing::warn!(client = %peer, limit, "[{clause}] refused: {limit} (client {peer})")
            }
            more => tracing::warn!(
                "[{clause}] refused: {limit} (client {peer}; and {more} clients since the last line)"
            ),
        }
        self.last = Some(Instant::now());
        self.unsaid = 0;
    }
}
