//! Mutants and their sources. This module runs nothing.

use std::fmt;
use std::path::Path;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

/// A file of mutants: all of one role of one scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Theme {
    /// The folder of the example protocol, from the repository's root. `None` for a tutorial's
    /// scenario.
    pub(crate) protocol: Option<String>,
    pub(crate) scenario: String,
    pub(crate) role: Role,
    pub(crate) mutant: Vec<Mutant>,
}

impl Theme {
    /// The folder of a mutant's base, from the repository's root.
    pub(crate) fn place(&self, mutant: &Mutant) -> String {
        self.protocol.clone().unwrap_or_else(|| format!("tests/peers/{}", mutant.base))
    }
}

/// A role of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    Server,
    Client,
}

impl Role {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// A base with one bug.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Mutant {
    pub(crate) name: String,
    /// The name of a base: of an example peer, or `port` of an example protocol.
    pub(crate) base: String,
    /// The bug, in a sentence.
    pub(crate) what: String,
    /// The expected finding, besides any others.
    pub(crate) caught_by: Finding,
    /// Whether only a malformed frame shows the bug.
    #[serde(default)]
    pub(crate) only_frames: bool,
    find: String,
    put: String,
    /// The other changes of the same bug.
    #[serde(default)]
    also: Vec<Edit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    find: String,
    put: String,
}

/// The finding: a check, or the verdict of a case that had to be stopped, and the clause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Finding {
    pub(crate) clause: String,
    pub(crate) check: String,
}

impl TryFrom<String> for Finding {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (check, clause) =
            text.split_once(' ').ok_or_else(|| format!("{text:?} is no check and a clause"))?;
        Ok(Self { clause: clause.to_owned(), check: check.to_owned() })
    }
}

impl From<Finding> for String {
    fn from(finding: Finding) -> Self {
        finding.to_string()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.check, self.clause)
    }
}

impl Mutant {
    /// The base's source with the bug in it.
    pub(crate) fn of(&self, source: &str) -> anyhow::Result<String> {
        let mut mutated = source.to_owned();
        let also = self.also.iter().map(|edit| (&edit.find, &edit.put));
        for (find, put) in [(&self.find, &self.put)].into_iter().chain(also) {
            let count = source.matches(find.as_str()).count();
            ensure!(count == 1, "{}: {find:?} is {count} times in {}", self.name, self.base);
            ensure!(mutated.contains(find.as_str()), "{}: edits overlap at {find:?}", self.name);
            mutated = mutated.replacen(find.as_str(), put, 1);
        }
        ensure!(mutated != source, "{} changes nothing", self.name);
        Ok(mutated)
    }
}

/// All of `tests/mutants/*.toml`, by their file names.
pub(crate) fn read_all(repository: &Path) -> anyhow::Result<Vec<Theme>> {
    let directory = repository.join("tests/mutants");
    let entries = std::fs::read_dir(&directory);
    let entries = entries.with_context(|| format!("cannot read {}", directory.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path)?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    };
    paths.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::base;

    #[test]
    fn every_edit_is_to_be_made_at_exactly_one_place_of_its_base() {
        let themes = read_all(&crate::repository()).unwrap();
        let bases = base::all(&crate::repository(), &themes).unwrap();
        for theme in &themes {
            for mutant in &theme.mutant {
                let base = &bases[&theme.place(mutant)];
                assert_eq!(mutant.base, base.name, "{}: no such base", mutant.name);
                mutant.of(&base.text().unwrap()).unwrap();
            }
        }
    }

    #[test]
    fn no_two_mutants_have_a_name_in_common_and_each_says_in_a_sentence_what_is_wrong() {
        let mut names = BTreeSet::new();
        for mutant in read_all(&crate::repository()).unwrap().into_iter().flat_map(|it| it.mutant) {
            assert!(mutant.what.ends_with('.'), "{}: {}", mutant.name, mutant.what);
            assert!(names.insert(mutant.name.clone()), "{} is there twice", mutant.name);
        }
        assert!(names.len() >= 60, "only {}", names.len());
    }

    #[test]
    fn the_kill_matrix_has_a_row_for_every_mutant_and_no_other() {
        let document = crate::repository().join(crate::matrix::DOCUMENT);
        let document = std::fs::read_to_string(document).unwrap();
        let rows = document.lines().filter_map(|line| line.strip_prefix("| **"));
        let rows: BTreeSet<&str> = rows.filter_map(|row| Some(row.rsplit_once(" | ")?.0)).collect();
        let themes = read_all(&crate::repository()).unwrap();
        let mutants = themes.iter().flat_map(|theme| &theme.mutant);
        let expected: Vec<String> =
            mutants.map(|it| format!("{}** | {} | {}", it.name, it.base, it.what)).collect();
        let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
        assert_eq!(rows, expected, "docs/KILL-MATRIX.md is old: make mutants UPDATE_DOCS=1");
    }
}
