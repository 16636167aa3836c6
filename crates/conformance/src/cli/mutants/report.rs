//! What came of a trial, as data: `report.json` is this, as docs/mutants.schema.json says.

use std::collections::BTreeMap;

use serde::Serialize;

use super::suggest::Suggestion;
use super::variants::{Same, Variant};

/// What came of all programs.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The version of this form.
    pub(super) schema: u32,
    /// The version of framecheck.
    pub(super) framecheck: String,
    /// What the generated inputs are made from.
    pub(super) seed: u64,
    /// Generated inputs of each kind.
    pub(super) generated: u32,
    /// Variants that an input catches.
    pub(super) caught: usize,
    /// Variants that an input could catch.
    pub(super) of: usize,
    pub(super) programs: Vec<ProgramReport>,
    /// What else fails the trial: entries of the --accept file that are not as they say.
    pub(super) complaints: Vec<String>,
    /// Inputs that catch survivors, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suggestions: Option<Vec<Suggestion>>,
}

/// What came of the variants of a program.
#[derive(Debug, Serialize)]
pub(super) struct ProgramReport {
    pub(super) scenario: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    pub(super) role: &'static str,
    /// The program's path from the directory of the file.
    pub(super) program: String,
    pub(super) inputs: usize,
    pub(super) cases: usize,
    pub(super) seconds: f64,
    pub(super) variants: Vec<Row>,
    /// Variants that behave as the program does, each with the reason. They do not count.
    pub(super) same: Vec<Same>,
    /// The whole numbers that stand in the program.
    #[serde(skip)]
    pub(super) numbers: Vec<usize>,
    /// Whether it was seen which lines the inputs reach.
    pub(super) is_traced: bool,
    /// Inputs that could not be played, and why.
    pub(super) unplayed: BTreeMap<String, String>,
}

/// A variant.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// Scenario, role and its own name.
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

/// What came of a variant.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// A case caught it.
    Caught {
        /// The case, with the variant as the peer `mutant`.
        case: String,
        input: String,
        verdict: &'static str,
        /// The check that found the first difference, if one did.
        #[serde(skip_serializing_if = "Option::is_none")]
        check: Option<&'static str>,
        /// The clause that is broken, or the check.
        #[serde(skip_serializing_if = "String::is_empty")]
        clause: String,
        /// The first difference.
        by: String,
        /// Cases until then.
        cases: usize,
        /// The case's name for the file's `quick`, if `--quick` does not play it.
        #[serde(skip_serializing_if = "Option::is_none")]
        beyond_quick: Option<String>,
    },
    /// None did.
    Survives {
        cases: usize,
        /// What differs and is not compared.
        findings: Vec<String>,
        /// Why its owner accepts that.
        #[serde(skip_serializing_if = "Option::is_none")]
        accepted: Option<String>,
        /// Whether its owner says that no input can tell it from the program. Then it does not count.
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

    /// Whether its owner says that it behaves as the program does.
    pub(super) const fn is_same(&self) -> bool {
        matches!(self.outcome, Outcome::Survives { is_same: true, .. })
    }

    /// Whether it survives, nothing says why, and its owner has not accepted that.
    pub(super) fn is_unexplained(&self) -> bool {
        matches!(&self.outcome, Outcome::Survives { findings, accepted: None, .. } if findings.is_empty())
    }
}

impl ProgramReport {
    pub(super) fn caught(&self) -> usize {
        self.variants.iter().filter(|row| row.is_caught()).count()
    }

    /// The cases that catch variants which `--quick` misses, and how many each.
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

    /// Whether all is as it should be.
    pub(super) fn is_green(&self) -> bool {
        self.complaints.is_empty() && !self.rows().any(Row::is_unexplained)
    }
}
