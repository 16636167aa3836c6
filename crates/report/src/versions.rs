//! Several runs side by side, with one column for each version of CPython.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::Verdict;
use model::event::CaseResult;

use super::matrix::{Matrix, output_width};

/// The results under each version.
#[derive(Debug, Default)]
pub struct Versions {
    matrix: Matrix,
    names: Vec<String>,
    /// The verdicts, by the case's id and the name of its input.
    verdicts: BTreeMap<(String, String), Vec<Option<Verdict>>>,
}

impl Versions {
    /// Begins the column of a version.
    pub fn begin(&mut self, name: &str) {
        self.matrix.add_column(name);
        self.names.push(name.to_owned());
    }

    /// Counts a case in the last column.
    pub fn add(&mut self, case: &CaseResult) {
        let Some(name) = self.names.last() else { return };
        self.matrix.add(name, case);
        let verdicts = self.verdicts.entry((case.id.to_string(), case.input.clone())).or_default();
        verdicts.resize(self.names.len() - 1, None);
        verdicts.push(Some(case.verdict));
    }

    /// Writes the matrix, and the cases whose verdict differs between versions.
    ///
    /// # Errors
    ///
    /// Writing failed.
    pub fn write(&mut self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.matrix.render(output_width()))?;
        for ((id, input), verdicts) in &mut self.verdicts {
            verdicts.resize(self.names.len(), None);
            let first = verdicts.first().copied().flatten();
            if verdicts.iter().all(|verdict| *verdict == first) {
                continue;
            }
            let by_version = self.names.iter().zip(verdicts.iter()).map(|(name, verdict)| {
                format!("{name} {}", verdict.map_or("not played", Verdict::name))
            });
            writeln!(
                out,
                "differs: {id} ({input}): {}",
                by_version.collect::<Vec<_>>().join(", ")
            )?;
        }
        Ok(())
    }
}
