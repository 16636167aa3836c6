//! `framecheck run --list` and `--only`: selects the cases of a run by id.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use engine::plan::{Group, ids};
use model::case::CaseId;
use serde_json::json;

use super::out::stdout;
use super::{Format, Usage};

/// The ids in `file`, one per line. Empty lines are ignored.
///
/// # Errors
///
/// The file can't be read. Or a line is not the id of a case in `groups`, which is a usage error.
pub(super) fn only(file: &Path, groups: &[Group]) -> anyhow::Result<HashSet<CaseId>> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let known: HashSet<CaseId> = ids(groups).collect();
    let mut wanted = HashSet::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{} line {}", file.display(), at + 1);
        let id: CaseId =
            line.trim().parse().map_err(|error| Usage(format!("{}: {error}", place())))?;
        if !known.contains(&id) {
            return Err(Usage(format!("{}: {id} is not a case of this run", place())).into());
        }
        wanted.insert(id);
    }
    if wanted.is_empty() {
        return Err(Usage(format!("{} contains no case id", file.display())).into());
    }
    Ok(wanted)
}

/// Prints the id and the input's name of each case of a plan; as JSON, one object per line.
///
/// # Errors
/// Standard output can't be written to.
pub(super) fn print_cases(format: Format, groups: &[Group]) -> anyhow::Result<()> {
    let mut out = stdout();
    for group in groups {
        let input = group.input_name();
        for id in group.plays.iter().map(|playing| group.case_id(playing)) {
            match format {
                Format::Human => writeln!(out, "{id}  ({input})")?,
                Format::Json => writeln!(out, "{}", json!({"id": id, "input": input}))?,
            }
        }
    }
    Ok(())
}
