//! The results of a trial, as data: the content of `report.json`, as described in docs/mutants.schema.json.

use std::collections::BTreeMap;

use serde::Serialize;

use super::suggest::Suggestion;
use super::variants::{Same, Variant};

/// The results of all programs.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The version of the report's form.
    pub(super) schema: u32,
    /// The version of framecheck.
    pub(super) framecheck: String,
    /// The seed of the generated inputs.
    pub(super) seed: u64,
    /// The number of generated inputs of each kind.
    pub(super) generated: u32,
    /// The number of mutants that an input catches.
    pub(super) caught: usize,
    /// The number of mutants that an input could catch.
    pub(super) of: usize,
    pub(super) programs: Vec<ProgramReport>,
    /// Other errors that fail the trial: entries of the --accept file that match no survivor.
    pub(super) complaints: Vec<String>,
    /// The inputs that catch survivors, if the user asked for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suggestions: Option<Vec<Suggestion>>,
}

/// The results of a program's mutants.
#[derive(Debug, Serialize)]
pub(super) struct ProgramReport {
    pub(super) scenario: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    pub(super) role: &'static str,
    /// The program's path, relative to the protocol file's directory.
    pub(super) program: String,
    pub(super) inputs: usize,
    pub(super) cases: usize,
    pub(super) seconds: f64,
    pub(super) variants: Vec<Row>,
    /// Mutants that behave like the program, each with the reason. They do not count.
    pub(super) same: Vec<Same>,
    /// The integers in the program's source.
    #[serde(skip)]
    pub(super) numbers: Vec<usize>,
    /// Whether the lines that the inputs reach are known.
    pub(super) is_traced: bool,
    /// The inputs that could not be played, with the reasons.
    pub(super) unplayed: BTreeMap<String, String>,
}

/// A mutant.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// Scenario, role and the mutant's name.
    pub(super) id: String,
    pub(super) rule: String,
    /// The file that it changes.
    pub(super) program: String,
    pub(super) line: u32,
    pub(super) what: String,
    pub(super) hint: String,
    pub(super) diff: String,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
    #[serde(skip)]
    pub(super) source: String,
}

/// The result of a mutant.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// A case caught it.
    Caught {
        /// The case id, with the mutant as the peer `mutant`.
        case: String,
        input: String,
        verdict: &'static str,
        /// The check that found the first difference, if a check did.
        #[serde(skip_serializing_if = "Option::is_none")]
        check: Option<&'static str>,
        /// The violated clause, or the check.
        #[serde(skip_serializing_if = "String::is_empty")]
        clause: String,
        /// The first difference.
        by: String,
        /// The number of cases until then.
        cases: usize,
        /// The case's name for the file's `quick`, if `--quick` does not play it.
        #[serde(skip_serializing_if = "Option::is_none")]
        beyond_quick: Option<String>,
    },
    /// No case caught it.
    Survives {
        cases: usize,
        /// What differs and is not compared.
        findings: Vec<String>,
        /// The reason in the --accept file, if it has an entry.
        #[serde(skip_serializing_if = "Option::is_none")]
        accepted: Option<String>,
        /// Whether the --accept file says that no input can tell the mutant from the program. Then it does not
        /// count.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_same: bool,
    },
    /// No input makes the program run the line.
    NotReached,
}

impl Row {
    pub(super) fn new(id: String, program: &str, variant: &Variant, outcome: Outcome) -> Self {
        Self {
            id,
            rule: variant.rule.clone(),
            program: program.to_owned(),
            line: variant.line,
            what: variant.what.clone(),
            hint: variant.hint.clone(),
            diff: variant.diff.clone(),
            outcome,
            source: variant.source.clone(),
        }
    }

    pub(super) const fn is_caught(&self) -> bool {
        matches!(self.outcome, Outcome::Caught { .. })
    }

    /// Whether an input could catch it.
    pub(super) const fn counts(&self) -> bool {
        !matches!(self.outcome, Outcome::NotReached) && !self.is_same()
    }

    /// Whether the --accept file says that it behaves like the program.
    pub(super) const fn is_same(&self) -> bool {
        matches!(self.outcome, Outcome::Survives { is_same: true, .. })
    }

    /// Whether it survives without an explanation or an --accept entry.
    pub(super) fn is_unexplained(&self) -> bool {
        matches!(&self.outcome, Outcome::Survives { findings, accepted: None, .. } if findings.is_empty())
    }
}

impl ProgramReport {
    pub(super) fn caught(&self) -> usize {
        self.variants.iter().filter(|row| row.is_caught()).count()
    }

    /// The cases that catch mutants which `--quick` misses, with the number of mutants.
    pub(super) fn beyond_quick(&self) -> BTreeMap<&str, usize> {
        let mut cases = BTreeMap::new();
        for row in &self.variants {
            if let Outcome::Caught { beyond_quick: Some(case), .. } = &row.outcome {
                *cases.entry(case.as_str()).or_default() += 1;
            }
        }
        cases
    }

    pub(super) fn of(&self) -> usize {
        self.variants.iter().filter(|row| row.counts()).count()
    }
}

impl Report {
    pub(super) fn new(
        seed: u64,
        generated: u32,
        programs: Vec<ProgramReport>,
        complaints: Vec<String>,
    ) -> Self {
        Self {
            schema: 1,
            framecheck: env!("CARGO_PKG_VERSION").to_owned(),
            seed,
            generated,
            caught: programs.iter().map(ProgramReport::caught).sum(),
            of: programs.iter().map(ProgramReport::of).sum(),
            programs,
            complaints,
            suggestions: None,
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.programs.iter().flat_map(|program| &program.variants)
    }

    /// Whether no mutant survives unexplained and nothing else is wrong.
    pub(super) fn is_green(&self) -> bool {
        self.complaints.is_empty() && !self.rows().any(Row::is_unexplained)
    }
}
