//! The order of results in a run that ends with its first failures.

use std::collections::HashSet;
use std::sync::Arc;

use model::case::{CaseId, Network};
use model::event::CaseResult;

use crate::plan::Group;

/// Puts the failures of undisturbed exchanges first. Their causes also make cases with malformed data fail,
/// where they are harder to see.
pub(crate) struct Order {
    /// Undisturbed exchanges of two programs that have no result yet.
    plain: HashSet<CaseId>,
    /// Failures with malformed data that wait for them.
    pub(crate) held: Vec<CaseResult>,
}

impl Order {
    pub(crate) fn new(holds: bool, groups: &[Arc<Group>]) -> Self {
        let mut plain = HashSet::new();
        for group in groups.iter().filter(|group| holds && group.input.hostile.is_none()) {
            let plays = group.plays.iter().filter(|play| play.network == Network::AS_IS);
            plain.extend(plays.map(|play| group.case_id(play)));
        }
        Self { plain, held: Vec::new() }
    }

    /// The results to report, now that this one is known.
    pub(crate) fn next(&mut self, result: CaseResult) -> Vec<CaseResult> {
        if !self.plain.is_empty() && !self.plain.remove(&result.id) && result.verdict.is_wrong() {
            self.held.push(result);
            return Vec::new();
        }
        let mut told = vec![result];
        if self.plain.is_empty() {
            told.append(&mut self.held);
        }
        told
    }
}
