//! Failures that are likely one: the same input, the same check.

use std::collections::{BTreeMap, BTreeSet};

use model::event::CaseResult;
use model::{Check, Verdict};

/// What of a run went wrong, by cause.
#[derive(Debug, Default)]
pub(super) struct Causes {
    all: Vec<Cause>,
    /// Where in it a cause is.
    by_key: BTreeMap<Key, usize>,
    /// What was broken already, whatever the input.
    kinds: BTreeSet<Kind>,
    kept: usize,
}

/// Scenario, verdict, clause, and the check that found it first.
type Kind = (String, Verdict, String, Option<Check>);
/// The same, and the input.
type Key = (Kind, String);

/// Cases that went wrong alike.
#[derive(Debug)]
pub(super) struct Cause {
    /// The first of them that was told, with its evidence if it is one of those shown in full.
    pub(super) first: CaseResult,
    /// Whether nothing of its kind came before it: no other input broke the same.
    pub(super) is_first_of_kind: bool,
    /// How many there are.
    pub(super) count: usize,
    /// Ids of those after the first, as many as are kept.
    pub(super) others: Vec<String>,
}

/// Of so many causes, and of so many of a new kind, the evidence is kept: it may be large.
const EVIDENCE_KEPT: usize = 3;
/// So many ids are kept of each.
const OTHERS_KEPT: usize = 8;

impl Causes {
    /// Take a case; one that is as it should be is no cause.
    pub(super) fn add(&mut self, case: &CaseResult) {
        if !case.verdict.is_wrong() {
            return;
        }
        let check = case.differences.first().and_then(|difference| difference.check);
        // Generated inputs all have the same name: each is told by its id.
        let input = format!("{} {}", case.input, case.id.input);
        let kind = (case.scenario.clone(), case.verdict, case.clause.clone(), check);
        let key = (kind.clone(), input);
        let next = self.all.len();
        let at = *self.by_key.entry(key).or_insert(next);
        if let Some(cause) = self.all.get_mut(at) {
            cause.count += 1;
            if cause.others.len() < OTHERS_KEPT {
                cause.others.push(case.id.to_string());
            }
            return;
        }
        let kinds = self.kinds.len();
        let is_first_of_kind = self.kinds.insert(kind);
        let mut first = case.clone();
        if self.kept < EVIDENCE_KEPT || is_first_of_kind && kinds < EVIDENCE_KEPT {
            self.kept += 1;
        } else {
            first.evidence = None;
        }
        self.all.push(Cause { first, is_first_of_kind, count: 1, others: Vec::new() });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many cases there are.
    pub(super) fn case_count(&self) -> usize {
        self.all.iter().map(|cause| cause.count).sum()
    }

    /// One of each kind first, as they came; then the others.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Cause> {
        let of_kind = |is_first: bool| {
            self.all.iter().filter(move |cause| cause.is_first_of_kind == is_first)
        };
        of_kind(true).chain(of_kind(false))
    }
}

#[cfg(test)]
mod tests {
    use model::Difference;

    use super::*;
    use crate::tests::case;

    #[test]
    fn failures_of_one_input_by_one_check_are_one_cause_and_new_kinds_come_first() {
        let mut causes = Causes::default();
        let failing = |id: &str, clause: &str, check| {
            let mut failing = case(id, Verdict::Fail);
            failing.clause = clause.to_owned();
            let what = "parts".to_owned();
            failing.differences = vec![Difference {
                check,
                clause: clause.to_owned(),
                what,
                part: None,
                parting: None,
            }];
            failing
        };
        for (network, input) in [("asis", 1), ("bytewise", 1), ("random", 1), ("asis", 2)] {
            let id = format!("tcp-upper/a->b/tcp4/{network}/0000000{input}");
            causes.add(&failing(&id, "TU-1", Some(Check::ToServer)));
        }
        causes.add(&failing("tcp-upper/a->b/tcp4/asis/00000003", "TU-2", Some(Check::ToClient)));
        causes.add(&case("tcp-upper/a->b/tcp4/asis/00000004", Verdict::Pass));
        causes.add(&case("tcp-upper/a->b/tcp4/asis/00000005", Verdict::HarnessError));
        let told: Vec<_> =
            causes.iter().map(|it| (it.first.id.input.to_string(), it.count)).collect();
        let told: Vec<_> = told.iter().map(|(input, count)| (&**input, *count)).collect();
        assert_eq!(told, [("00000001", 3), ("00000003", 1), ("00000005", 1), ("00000002", 1)]);
        assert_eq!(causes.case_count(), 6);
        let first = causes.iter().next().unwrap();
        assert_eq!(first.others.len(), 2);
    }
}
