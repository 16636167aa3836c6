//! The survivors that their owner accepts: a file of entries with an id and a reason.
//!
//! ```toml
//! [[survivor]]
//! id = "upload/server/backlog-1"
//! reason = "no client of ours waits in the backlog"
//!
//! [[survivor]]
//! id = "upload/server/sort-keys-1"
//! reason = "the keys stand in this order"
//! same = true                             # no input can tell them: it does not count
//! ```

use std::path::Path;

use serde::Deserialize;

use super::super::Usage;
use super::report::{Outcome, ProgramReport};

/// The entries of a file.
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
    /// No input can tell it from the program, so it does not count.
    #[serde(default)]
    same: bool,
}

impl Accepted {
    /// The entries of this file.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
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
        }
        Ok(accepted)
    }

    /// Mark the survivors that are accepted. What is returned is wrong with the entries: such a variant is
    /// caught, or there is none.
    pub(super) fn mark(&self, programs: &mut [ProgramReport]) -> Vec<String> {
        let mut complaints = Vec::new();
        for Survivor { id, reason, same } in &self.survivor {
            let mut own = id.splitn(3, '/');
            let (scenario, role) = (own.next(), own.next());
            let is_tried = |program: &&mut ProgramReport| {
                Some(program.scenario.as_str()) == scenario && Some(program.role) == role
            };
            // An entry may be for a program that this trial leaves out.
            let Some(program) = programs.iter_mut().find(is_tried) else { continue };
            let row = program.variants.iter_mut().find(|row| row.id == *id);
            let complaint = match row.map(|row| &mut row.outcome) {
                Some(Outcome::Survives { accepted, is_same, .. }) => {
                    *accepted = Some(reason.clone());
                    *is_same = *same;
                    continue;
                }
                Some(Outcome::Caught { .. }) => "is accepted as a survivor, and is caught",
                Some(Outcome::NotReached) => "is accepted as a survivor, and is not reached",
                None => "is accepted as a survivor, and there is no such variant",
            };
            complaints.push(format!("{id} {complaint}"));
        }
        complaints
    }
}
