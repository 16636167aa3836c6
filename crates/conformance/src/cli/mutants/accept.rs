//! The accepted survivors: files of entries with an id, which may be a pattern, and a reason.
//!
//! ```toml
//! [[survivor]]
//! id = "upload/server/backlog-1"
//! reason = "no client of ours waits in the backlog"
//!
//! [[survivor]]
//! id = "upload/server/sort-keys-1"
//! reason = "the keys stand in this order"
//! same = true                             # no input can distinguish them, so it does not count
//! ```

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

use super::super::Usage;
use super::report::{Outcome, ProgramReport};

/// The entries of all files.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Accepted {
    #[serde(default)]
    survivor: Vec<Survivor>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Survivor {
    id: String,
    reason: String,
    /// No input can tell the mutant from the program, so it does not count.
    #[serde(default)]
    same: bool,
}

impl Accepted {
    /// Reads the entries of these files.
    pub(super) fn read(files: &[PathBuf]) -> anyhow::Result<Self> {
        let mut all = Self::default();
        for file in files {
            all.survivor.extend(Self::of(file)?.survivor);
        }
        Ok(all)
    }

    fn of(file: &Path) -> anyhow::Result<Self> {
        let shown = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| Usage(format!("cannot read {shown}: {error}")))?;
        let accepted: Self =
            toml::from_str(&text).map_err(|error| Usage(format!("{shown}: {error}")))?;
        for survivor in &accepted.survivor {
            if survivor.reason.trim().is_empty() {
                let what = format!("{shown}: {:?} needs a reason", survivor.id);
                return Err(Usage(what).into());
            }
            if let Err(error) = matcher(&survivor.id) {
                let what =
                    format!("{shown}: {:?} is not a pattern of ids: {}", survivor.id, error.kind());
                return Err(Usage(what).into());
            }
        }
        Ok(accepted)
    }

    /// Marks the accepted survivors. Returns the entries that match no survivor, although their program was
    /// tried. If only some mutants were tried, an entry may be for one of the others.
    pub(super) fn mark(&self, programs: &mut [ProgramReport], is_whole: bool) -> Vec<String> {
        let mut complaints = Vec::new();
        for Survivor { id, reason, same } in &self.survivor {
            let Ok(glob) = matcher(id) else { continue };
            let mut matched = Matched::default();
            for row in programs.iter_mut().flat_map(|program| &mut program.variants) {
                if !glob.is_match(&row.id) {
                    continue;
                }
                match &mut row.outcome {
                    Outcome::Survives { accepted, is_same, .. } => {
                        accepted.get_or_insert_with(|| reason.clone());
                        *is_same |= *same;
                        matched.survive = true;
                    }
                    Outcome::Caught { .. } => matched.caught = true,
                    Outcome::NotReached => matched.not_reached = true,
                }
            }
            // The entry may be for a program that is not tried here.
            let is_tried = (is_whole || !matched.is_nothing())
                && programs.iter().any(|program| is_for(id, program));
            if let (Some(what), true) = (matched.complaint(), is_tried) {
                complaints.push(format!("{id} {what}"));
            }
        }
        complaints
    }
}

/// The mutants that an entry matches.
#[derive(Default)]
struct Matched {
    survive: bool,
    caught: bool,
    not_reached: bool,
}

impl Matched {
    /// Whether no mutant has such an id.
    const fn is_nothing(&self) -> bool {
        !self.survive && !self.caught && !self.not_reached
    }

    /// The error for an entry that matches no survivor.
    const fn complaint(&self) -> Option<&'static str> {
        match self {
            Self { survive: true, .. } => None,
            Self { caught: true, .. } => Some("is accepted as a survivor, but is caught"),
            Self { not_reached: true, .. } => Some("is accepted as a survivor, but is not reached"),
            Self { .. } => Some("is accepted as a survivor, but no variant has this id"),
        }
    }
}

/// Whether the first two parts of an entry's id name this program. An entry with a pattern there may be for
/// another program.
fn is_for(id: &str, program: &ProgramReport) -> bool {
    let mut own = id.splitn(3, '/');
    own.next() == Some(program.scenario.as_str()) && own.next() == Some(program.role)
}

/// A matcher for an entry's id. A `*` does not match a `/`.
fn matcher(id: &str) -> Result<GlobMatcher, globset::Error> {
    Ok(GlobBuilder::new(id).literal_separator(true).build()?.compile_matcher())
}
