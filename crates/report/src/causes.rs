//! Groups failures that likely have one cause: the same scenario, peers, check and value. Inputs, networks and
//! transports may differ.

use std::collections::{BTreeMap, BTreeSet};

use model::case::{Kind, Network};
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
    /// The exchanges that pass over an undisturbed network.
    passes_as_is: BTreeSet<Exchange>,
}

/// What cases over different networks, with different counterparts, have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Exchange {
    scenario: String,
    guests: Vec<String>,
    /// The transport and the input, as in an id.
    what: String,
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
    /// The exchanges that fail over a network that only cuts or merges the stream, once per case.
    cut: Vec<Exchange>,
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
        if case.verdict == Verdict::Pass && case.network == Network::AS_IS {
            let exchange = self.exchange(case);
            self.passes_as_is.insert(exchange);
        }
        if !case.verdict.is_wrong() {
            return;
        }
        let next = self.all.len();
        let at = *self.by_key.entry(self.key(case)).or_insert(next);
        let cut: Vec<_> =
            moves_cuts_alone(&case.network).then(|| self.exchange(case)).into_iter().collect();
        let Some(cause) = self.all.get_mut(at) else {
            self.all.push(Cause { first: case.clone(), count: 1, others: Vec::new(), cut });
            return;
        };
        cause.cut.extend(cut);
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

    /// States how many cases of a cause pass over an undisturbed network, and fail only because the network cuts
    /// the stream at other places. Such a program takes what one `recv` returns for a whole message. `None` if
    /// there are none.
    pub(super) fn only_where_cut(&self, cause: &Cause) -> Option<String> {
        let is_one = |exchange: &&Exchange| self.passes_as_is.contains(*exchange);
        let which = match (cause.cut.iter().filter(is_one).count(), cause.count) {
            (0, _) => return None,
            (1, 1) => "This exchange passes over asis and fails".to_owned(),
            (1, all) => format!("1 of these {all} exchanges passes over asis and fails"),
            (count, all) => format!("{count} of these {all} exchanges pass over asis and fail"),
        };
        Some(format!("{which} where the network cuts the stream at other places (NW-1)"))
    }

    fn exchange(&self, case: &CaseResult) -> Exchange {
        Exchange {
            scenario: case.scenario.clone(),
            guests: self.guests_of(case),
            what: format!("{}/{}", case.id.transport, case.id.input),
        }
    }

    /// The programs of a case that manifests describe.
    fn guests_of(&self, case: &CaseResult) -> Vec<String> {
        let peers = [&case.id.pairing.server, &case.id.pairing.client];
        let mut guests: Vec<String> =
            peers.into_iter().filter(|name| self.guests.contains(*name)).cloned().collect();
        guests.sort();
        guests.dedup();
        guests
    }

    fn key(&self, case: &CaseResult) -> Key {
        let guests = self.guests_of(case);
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

    /// The number of cases that failed without any peer of a manifest, in a run that has one.
    pub(super) fn without_guests(&self) -> usize {
        let is_without = |key: &Key| key.guests.is_empty() && !self.guests.is_empty();
        let causes = self.by_key.iter().filter(|(key, _)| is_without(key));
        causes.filter_map(|(_, nth)| self.all.get(*nth)).map(|cause| cause.count).sum()
    }

    /// The causes in the order in which they were found.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Cause> {
        self.all.iter()
    }
}

/// Whether a network delivers everything at once and in order, but cuts or merges the stream.
fn moves_cuts_alone(network: &Network) -> bool {
    matches!(network.kind, Kind::Bytewise | Kind::Coalesced | Kind::Random | Kind::Split(_))
}

/// The longest input, in bytes of JSON, that is easy to investigate.
const EASY_MAX_BYTES: usize = 4 << 10;

/// How hard a case is to investigate; lower is easier. An ordinary exchange comes first, then an input that is
/// not very long, then one over an undisturbed network, then complete evidence, then the shortest input.
fn rank(case: &CaseResult) -> (bool, bool, bool, bool, usize) {
    let evidence = case.evidence.as_ref();
    let is_cut = evidence.is_none_or(|it| it.left_out.is_some());
    let input = evidence.and_then(|it| it.input.as_ref());
    let len = input.and_then(|it| serde_json::to_vec(it).ok()).map_or(usize::MAX, |it| it.len());
    let is_hostile = case.input.starts_with(HOSTILE);
    (is_hostile, len > EASY_MAX_BYTES, case.network != Network::AS_IS, is_cut, len)
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
    fn a_short_input_over_a_network_that_cuts_comes_before_a_very_long_one() {
        let mut causes = Causes::default();
        for (id, len) in
            [("asis/00000001", 9000), ("bytewise/00000002", 9), ("asis/00000003", 8000)]
        {
            let mut failing =
                failing(&format!("tcp-upper/a->b/tcp4/{id}"), "TU-1", Check::ToServer);
            failing.evidence = Some(Box::new(evidence(&"x".repeat(len))));
            causes.add(&failing);
        }
        assert_eq!(told(&causes), [("00000002".to_owned(), 3)]);
    }

    #[test]
    fn cases_that_fail_only_where_the_network_cuts_the_stream_are_counted() {
        let mut causes = Causes { guests: ["acme".to_owned()].into(), ..Causes::default() };
        let id = |peers: &str, rest: &str| format!("tcp-upper/{peers}/tcp4/{rest}");
        for (pairing, rest) in [
            ("acme->python", "bytewise/00000001"),
            ("acme->rust", "split@3/00000001"),
            ("acme->python", "bytewise/00000002"),
            ("acme->python", "cut@3/00000001"),
            ("acme->python", "slow/00000001"),
            ("acme->python", "asis/00000003"),
        ] {
            causes.add(&failing(&id(pairing, rest), "TU-1", Check::ToClient));
        }
        causes.add(&case(&id("acme->python", "asis/00000001"), Verdict::Pass));
        causes.add(&case(&id("other->python", "asis/00000002"), Verdict::Pass));
        let said = causes.only_where_cut(causes.iter().next().unwrap()).unwrap();
        assert!(said.starts_with("2 of these 6 exchanges pass over asis and fail where"), "{said}");
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
