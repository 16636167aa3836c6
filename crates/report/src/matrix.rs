//! The matrix: a row for each scenario, transport and family of networks, a column for each pairing, or for
//! whatever else cases are told apart by.

use std::collections::BTreeMap;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use model::Verdict;
use model::event::CaseResult;

/// Counts of verdicts by cell.
#[derive(Debug, Default)]
pub(super) struct Matrix {
    columns: Vec<String>,
    rows: Vec<String>,
    cells: BTreeMap<(String, String), BTreeMap<Verdict, usize>>,
}

impl Matrix {
    /// An empty matrix with these columns.
    pub(super) fn new(pairings: &[String]) -> Self {
        Self { columns: pairings.to_vec(), ..Self::default() }
    }

    /// Add a column at the right.
    pub(super) fn add_column(&mut self, column: &str) {
        self.columns.push(column.to_owned());
    }

    /// Count a case.
    pub(super) fn add(&mut self, column: &str, case: &CaseResult) {
        let row = format!("{} {} {}", case.scenario, case.transport, case.network.family());
        if !self.rows.contains(&row) {
            self.rows.push(row.clone());
        }
        let cell = self.cells.entry((row, column.to_owned())).or_default();
        *cell.entry(case.verdict).or_default() += 1;
    }

    /// The matrix as text, without rows in which nothing was applicable. A verdict is told by its word, never by colour alone.
    pub(super) fn render(&mut self) -> String {
        self.rows.sort();
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        table.set_header([""].into_iter().chain(self.columns.iter().map(String::as_str)));
        let is_told = |row: &&String| {
            let of_row = self.cells.iter().filter(|((name, _), _)| name == *row);
            of_row.flat_map(|(_, counts)| counts.keys()).any(|it| *it != Verdict::NotApplicable)
        };
        for row in self.rows.iter().filter(is_told) {
            let cells = self.columns.iter().map(|column| {
                self.cells.get(&(row.clone(), column.clone())).map(cell_text).unwrap_or_default()
            });
            table.add_row([row.clone()].into_iter().chain(cells));
        }
        table.to_string()
    }
}

/// `52 pass`, and a line more for each other verdict.
fn cell_text(counts: &BTreeMap<Verdict, usize>) -> String {
    let line = |(verdict, count): (&Verdict, &usize)| {
        let name = verdict.name();
        if verdict.is_wrong() {
            format!("{count} {}", name.to_uppercase())
        } else {
            format!("{count} {name}")
        }
    };
    counts.iter().map(line).collect::<Vec<_>>().join("\n")
}
