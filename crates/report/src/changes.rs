//! Compares two runs case by case, by their `report.json`.
//!
//! It reads the published form (docs/report.schema.json), not the types that wrote it, because the other report
//! may be of another version. Only the verdicts are shared, as the form defines their names.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use model::Verdict;
use serde::{Deserialize, Serialize};

/// The version of `report.json` that this module reads.
const SCHEMA: u64 = 1;

/// A report that can't be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// The file can't be read.
    #[error("cannot read {}: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The error.
        error: std::io::Error,
    },
    /// It is not JSON, or not a report.
    #[error("{} is not a report.json: {error}", file.display())]
    NoReport {
        /// The file.
        file: PathBuf,
        /// The error.
        error: serde_json::Error,
    },
    /// It is a report of a version that this program doesn't know.
    #[error("{} is a report of schema {found}; this framecheck reads schema 1", file.display())]
    Schema {
        /// The file.
        file: PathBuf,
        /// The version in the file.
        found: String,
    },
    /// Two of its cases have the same id.
    #[error("{} is not a report.json: it has the case {id} twice", file.display())]
    Twice {
        /// The file.
        file: PathBuf,
        /// The id.
        id: String,
    },
}

/// The part of a report that a comparison needs.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed of its generated inputs.
    pub seed: u64,
    /// Whether the run was interrupted, so that cases are missing.
    pub interrupted: bool,
    cases: BTreeMap<String, Outcome>,
}

#[derive(Deserialize)]
struct ReportForm {
    seed: u64,
    #[serde(default)]
    interrupted: bool,
    cases: Vec<CaseForm>,
}

#[derive(Deserialize)]
struct CaseForm {
    id: String,
    #[serde(default)]
    input: String,
    verdict: Verdict,
    clause: String,
    #[serde(default)]
    differences: Vec<DifferenceForm>,
}

#[derive(Deserialize)]
struct DifferenceForm {
    clause: String,
    what: String,
}

/// The verdict of a case, and its first difference.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    /// The name of its input; empty if the report has none.
    input: String,
    verdict: Verdict,
    clause: String,
    what: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verdict.name())?;
        if !self.verdict.is_wrong() || self.clause.is_empty() {
            return Ok(());
        }
        write!(f, " [{}]", self.clause)
    }
}

impl Report {
    /// Reads a `report.json`.
    ///
    /// # Errors
    /// See [`DiffError`].
    pub fn read(file: &Path) -> Result<Self, DiffError> {
        let text = std::fs::read(file)
            .map_err(|error| DiffError::Unreadable { file: file.to_owned(), error })?;
        Self::parse(file, &text)
    }

    fn parse(file: &Path, text: &[u8]) -> Result<Self, DiffError> {
        let no_report = |error| DiffError::NoReport { file: file.to_owned(), error };
        let report: serde_json::Value = serde_json::from_slice(text).map_err(no_report)?;
        // With another version, the other fields are not read.
        match report.get("schema") {
            Some(schema) if schema.as_u64() != Some(SCHEMA) => {
                return Err(DiffError::Schema { file: file.to_owned(), found: schema.to_string() });
            }
            Some(_) => {}
            None => return Err(no_report(serde::de::Error::missing_field("schema"))),
        }
        let form = ReportForm::deserialize(report).map_err(no_report)?;
        let mut cases = BTreeMap::new();
        for case in form.cases {
            let first = case.differences.into_iter().next();
            let what = first.map(|it| match &it.clause[..] {
                "" => it.what,
                clause => format!("[{clause}] {}", it.what),
            });
            let outcome = Outcome {
                input: case.input,
                verdict: case.verdict,
                clause: case.clause,
                what: what.unwrap_or_default(),
            };
            if cases.insert(case.id.clone(), outcome).is_some() {
                return Err(DiffError::Twice { file: file.to_owned(), id: case.id });
            }
        }
        Ok(Self { seed: form.seed, interrupted: form.interrupted, cases })
    }
}

/// A case that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The case.
    pub id: String,
    /// The name of its input, if the report has one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub input: String,
    /// The old verdict, if the case was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<&'static str>,
    /// The new verdict, if the case is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<&'static str>,
    /// The old and new results, in words.
    #[serde(skip)]
    pub shown: String,
    /// The first difference in the new report.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub what: String,
}

/// All changes. Each kind is sorted by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Passed before, and fails now.
    pub regressions: Vec<Change>,
    /// Failed before, and passes now.
    pub fixes: Vec<Change>,
    /// Has another result that is neither better nor worse, or fails by another clause.
    pub changed: Vec<Change>,
    /// Is only in the new report, with any verdict.
    pub new: Vec<Change>,
    /// Is only in the old report.
    pub gone: Vec<Change>,
    /// The number of unchanged cases.
    pub unchanged: usize,
}

impl Changes {
    /// Compares two reports.
    #[must_use]
    pub fn between(old: &Report, new: &Report) -> Self {
        let mut changes = Self::default();
        for (id, before) in &old.cases {
            match new.cases.get(id) {
                None => changes.gone.push(change(id, Some(before), None)),
                Some(after) => changes.compare(id, before, after),
            }
        }
        for (id, after) in new.cases.iter().filter(|(id, _)| !old.cases.contains_key(*id)) {
            changes.new.push(change(id, None, Some(after)));
        }
        changes
    }

    fn compare(&mut self, id: &str, before: &Outcome, after: &Outcome) {
        let kind = match (before.verdict.is_wrong(), after.verdict.is_wrong()) {
            (false, true) => &mut self.regressions,
            (true, false) => &mut self.fixes,
            (true, true) if before != after => &mut self.changed,
            (false, false) if before.verdict != after.verdict => &mut self.changed,
            _ => {
                self.unchanged += 1;
                return;
            }
        };
        kind.push(change(id, Some(before), Some(after)));
    }
}

fn change(id: &str, before: Option<&Outcome>, after: Option<&Outcome>) -> Change {
    let shown = match (before, after) {
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (Some(one), None) | (None, Some(one)) => one.to_string(),
        (None, None) => String::new(),
    };
    let is_told = |outcome: &&Outcome| outcome.verdict != Verdict::Pass;
    Change {
        id: id.to_owned(),
        input: after.or(before).map(|outcome| outcome.input.clone()).unwrap_or_default(),
        old: before.map(|outcome| outcome.verdict.name()),
        new: after.map(|outcome| outcome.verdict.name()),
        shown,
        what: after.filter(is_told).map(|outcome| outcome.what.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(cases: &[(&str, &str, &str)]) -> Report {
        let cases: Vec<_> = cases
            .iter()
            .map(|(id, verdict, clause)| {
                let differences = [serde_json::json!({"clause": clause, "what": "parts"})];
                serde_json::json!({
                    "id": id, "input": "one-byte", "verdict": verdict, "clause": clause,
                    "differences": differences,
                })
            })
            .collect();
        let report = serde_json::json!({"schema": 1, "seed": 0, "cases": cases});
        Report::parse(Path::new("r.json"), report.to_string().as_bytes()).unwrap()
    }

    fn ids(changes: &[Change]) -> Vec<&str> {
        changes.iter().map(|change| change.id.as_str()).collect()
    }

    #[test]
    fn each_pair_of_verdicts_is_one_kind_of_change() {
        let verdicts = ["pass", "erratum", "expected-fail", "not-applicable"];
        let bad = ["fail", "crash", "timeout", "harness-error"];
        for (old, new, kind) in verdicts
            .iter()
            .flat_map(|old| bad.iter().map(move |new| (old, new, "regression")))
            .chain(bad.iter().flat_map(|old| verdicts.iter().map(move |new| (old, new, "fix"))))
        {
            let changes = Changes::between(&report(&[("a", old, "")]), &report(&[("a", new, "")]));
            let found = [(&changes.regressions, "regression"), (&changes.fixes, "fix")]
                .iter()
                .filter(|(list, _)| !list.is_empty())
                .map(|(_, name)| *name)
                .collect::<Vec<_>>();
            assert_eq!(found, [kind], "{old} to {new}");
            assert_eq!(changes.changed, []);
        }
    }

    #[test]
    fn new_gone_changed_and_unchanged_are_told_apart() {
        let old = report(&[
            ("gone", "pass", ""),
            ("same", "fail", "A-1"),
            ("otherwise", "fail", "A-1"),
            ("excused", "pass", ""),
        ]);
        let new = report(&[
            ("new", "fail", "A-1"),
            ("same", "fail", "A-1"),
            ("otherwise", "fail", "A-2"),
            ("excused", "not-applicable", ""),
        ]);
        let changes = Changes::between(&old, &new);
        assert_eq!(ids(&changes.gone), ["gone"]);
        assert_eq!(ids(&changes.new), ["new"]);
        assert_eq!(ids(&changes.changed), ["excused", "otherwise"]);
        assert_eq!(changes.changed[1].shown, "fail [A-1] -> fail [A-2]");
        assert_eq!(changes.changed[1].input, "one-byte");
        assert_eq!(changes.unchanged, 1);
        assert_eq!((changes.regressions, changes.fixes), (vec![], vec![]));
    }

    #[test]
    fn what_is_no_report_of_this_schema_is_refused_in_words() {
        for (text, said) in [
            (r#"{"schema": 2, "cases": 7}"#, "schema 2; this framecheck reads schema 1"),
            (r#"{"schema": "1"}"#, "schema \"1\""),
            ("{}", "missing field `schema`"),
            ("[", "EOF"),
            (r#"{"schema": 1, "seed": 0}"#, "missing field `cases`"),
            (
                r#"{"schema": 1, "seed": 0, "cases": [{"id": "a", "verdict": "good", "clause": ""}]}"#,
                "unknown variant `good`",
            ),
            (
                r#"{"schema": 1, "seed": 0, "cases": [{"id": "a", "verdict": "pass", "clause": ""},
                    {"id": "a", "verdict": "pass", "clause": ""}]}"#,
                "the case a twice",
            ),
        ] {
            let error =
                Report::parse(Path::new("r.json"), text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("r.json ") && error.contains(said), "{error}");
        }
    }
}
