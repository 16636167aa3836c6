//! Groups failures that likely have one cause: the same scenario, peers, check and value. Inputs, networks and
//! transports may differ.

use std::collections::{BTreeMap, BTreeSet};

use model::case::Network;
use model::event::{CaseResult, Start};
use model::{Check, Verdict};

/// The prefix of the names of inputs in which the harness sends malformed data.
pub(super) const HOSTILE: &str = "hostile-";

/// The failures of a run, by cause.
#[derive(Debug, Default)]
pub(super) struct Causes {
    all: Vec<Cause>,
    /// The index of each cause.
    by_key: BTreeMap<Key, usize>,
    /// The peers that manifests describe.
    guests: BTreeSet<String>,
}

/// What the cases of a cause have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    scenario: String,
    /// Those of the two programs that manifests describe.
    guests: Vec<String>,
    verdict: Verdict,
    clause: String,
    /// The check that found the failure first.
    check: Option<Check>,
    /// The wrong value, if the bytes have a meaning.
    part: Option<String>,
}

/// Cases that failed in the same way.
#[derive(Debug)]
pub(super) struct Cause {
    /// The case that is easiest to investigate, with its evidence.
    pub(super) first: CaseResult,
    /// The number of cases.
    pub(super) count: usize,
    /// The ids of the other cases, up to a limit.
    pub(super) others: Vec<String>,
}

/// How many ids are kept for each cause.
const OTHERS_KEPT: usize = 8;

impl Causes {
    /// No failures yet, in a run with this start.
    pub(super) fn new(start: &Start) -> Self {
        let guests = start.peers.iter().filter(|peer| peer.manifest.is_some());
        Self { guests: guests.map(|peer| peer.name.clone()).collect(), ..Self::default() }
    }

    /// Adds a case; ignores one that is not a failure.
    pub(super) fn add(&mut self, case: &CaseResult) {
        if !case.verdict.is_wrong() {
            return;
        }
        let next = self.all.len();
        let at = *self.by_key.entry(self.key(case)).or_insert(next);
        let Some(cause) = self.all.get_mut(at) else {
            self.all.push(Cause { first: case.clone(), count: 1, others: Vec::new() });
            return;
        };
        cause.count += 1;
        let mut other = case.id.to_string();
        if rank(case) < rank(&cause.first) {
            other = cause.first.id.to_string();
            cause.first = case.clone();
        }
        if cause.others.len() < OTHERS_KEPT {
            cause.others.push(other);
        }
    }

    fn key(&self, case: &CaseResult) -> Key {
        let peers = [&case.id.pairing.server, &case.id.pairing.client];
        let mut guests: Vec<String> =
            peers.into_iter().filter(|name| self.guests.contains(*name)).cloned().collect();
        guests.sort();
        guests.dedup();
        let difference = case.differences.first();
        Key {
            scenario: case.scenario.clone(),
            guests,
            verdict: case.verdict,
            clause: case.clause.clone(),
            check: difference.and_then(|it| it.check),
            part: difference.and_then(|it| it.part.clone()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The number of all cases.
    pub(super) fn case_count(&self) -> usize {
        self.all.iter().map(|cause| cause.count).sum()
    }

    /// The causes in the order in which they were found.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Cause> {
        self.all.iter()
    }
}

/// How hard a case is to investigate; lower is easier. An ordinary exchange comes first, then one over an
/// undisturbed network, then a short input, then complete evidence.
fn rank(case: &CaseResult) -> (bool, bool, bool, usize) {
    let evidence = case.evidence.as_ref();
    let is_cut = evidence.is_none_or(|it| it.left_out.is_some());
    let input = evidence.and_then(|it| it.input.as_ref());
    let len = input.and_then(|it| serde_json::to_vec(it).ok()).map_or(usize::MAX, |it| it.len());
    (case.input.starts_with(HOSTILE), case.network != Network::AS_IS, is_cut, len)
}

#[cfg(test)]
mod tests {
    use model::Difference;

    use super::*;
    use crate::tests::{case, evidence};

    fn failing(id: &str, clause: &str, check: Check) -> CaseResult {
        let mut failing = case(id, Verdict::Fail);
        failing.clause = clause.to_owned();
        let difference = Difference::told(clause, "parts");
        failing.differences = vec![Difference { check: Some(check), ..difference }];
        failing
    }

    fn told(causes: &Causes) -> Vec<(String, usize)> {
        causes.iter().map(|it| (it.first.id.input.to_string(), it.count)).collect()
    }

    #[test]
    fn failures_of_one_symptom_are_one_cause_whatever_the_input_and_the_network() {
        let mut causes = Causes::default();
        for (network, input) in [("asis", 1), ("bytewise", 1), ("random", 1), ("asis", 2)] {
            let id = format!("tcp-upper/a->b/tcp4/{network}/0000000{input}");
            causes.add(&failing(&id, "TU-1", Check::ToServer));
        }
        causes.add(&failing("tcp-upper/a->b/tcp4/asis/00000003", "TU-2", Check::ToClient));
        causes.add(&case("tcp-upper/a->b/tcp4/asis/00000004", Verdict::Pass));
        causes.add(&case("tcp-upper/a->b/tcp4/asis/00000005", Verdict::HarnessError));
        let right = [("00000001", 4), ("00000003", 1), ("00000005", 1)];
        assert_eq!(told(&causes), right.map(|(input, count)| (input.to_owned(), count)));
        assert_eq!(causes.case_count(), 6);
        assert_eq!(causes.iter().next().unwrap().others.len(), 3);
    }

    #[test]
    fn the_smallest_input_over_an_undisturbed_network_comes_first() {
        let mut causes = Causes::default();
        let mut add = |id: &str, input: &str, len: usize| {
            let mut failing = failing(id, "TU-1", Check::ToServer);
            failing.input = input.to_owned();
            failing.evidence = Some(Box::new(evidence(&"x".repeat(len))));
            causes.add(&failing);
        };
        add("tcp-upper/a->b/tcp4/cut@3/00000001", "tiny", 1);
        add("tcp-upper/a->b/tcp4/asis/00000002", "hostile-size", 1);
        add("tcp-upper/a->b/tcp4/asis/00000003", "long", 900);
        add("tcp-upper/a->b/tcp4/asis/00000004", "short", 9);
        add("tcp-upper/a->b/tcp4/asis/00000005", "long", 800);
        assert_eq!(told(&causes), [("00000004".to_owned(), 5)]);
        assert_eq!(causes.iter().next().unwrap().others.len(), 4);
    }

    #[test]
    fn two_peers_of_manifests_are_two_causes() {
        let guests = ["acme", "other"].map(str::to_owned).into();
        let mut causes = Causes { guests, ..Causes::default() };
        for pairing in ["acme->python", "acme->rust", "other->python"] {
            let id = format!("tcp-upper/{pairing}/tcp4/asis/00000001");
            causes.add(&failing(&id, "TU-1", Check::ToClient));
        }
        assert_eq!(causes.iter().map(|it| it.count).collect::<Vec<_>>(), [2, 1]);
    }
}
