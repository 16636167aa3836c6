//! The matrix: one row for each scenario, transport and family of networks, and one column for each pairing or
//! other group of cases.

use std::collections::BTreeMap;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use console::measure_text_width;
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

    /// Adds a column at the right.
    pub(super) fn add_column(&mut self, column: &str) {
        self.columns.push(column.to_owned());
    }

    /// Counts a case.
    pub(super) fn add(&mut self, column: &str, case: &CaseResult) {
        let row = format!("{} {} {}", case.scenario, case.transport, case.network.family());
        if !self.rows.contains(&row) {
            self.rows.push(row.clone());
        }
        let cell = self.cells.entry((row, column.to_owned())).or_default();
        *cell.entry(case.verdict).or_default() += 1;
    }

    /// The matrix as text, without rows in which nothing was applicable. Verdicts appear as words, never as
    /// colour alone.
    ///
    /// With a `width`, no line is wider than that many terminal columns. The columns that fit are in the first
    /// table, the next ones in further tables; each has only the rows with a result there. If no table fits,
    /// each cell is a line.
    pub(super) fn render(&mut self, width: Option<usize>) -> String {
        self.rows.sort();
        let is_told = |row: &&String| {
            let of_row = self.cells.iter().filter(|((name, _), _)| name == *row);
            of_row.flat_map(|(_, counts)| counts.keys()).any(|it| *it != Verdict::NotApplicable)
        };
        let rows: Vec<&String> = self.rows.iter().filter(is_told).collect();
        let Some(width) = width else { return self.table(&rows, &self.columns) };
        match self.groups(&rows, width) {
            Some(groups) if groups.len() == 1 => self.table(&rows, &self.columns),
            Some(groups) => {
                let tables = groups.into_iter().filter_map(|columns| {
                    let has_cell = |row: &&&String| {
                        columns.iter().any(|column| self.cell(row, column).is_some())
                    };
                    let rows: Vec<&String> = rows.iter().filter(has_cell).copied().collect();
                    (!rows.is_empty()).then(|| self.table(&rows, columns))
                });
                tables.collect::<Vec<_>>().join("\n")
            }
            None => self.lines(&rows, width),
        }
    }

    fn cell(&self, row: &str, column: &str) -> Option<&BTreeMap<Verdict, usize>> {
        self.cells.get(&(row.to_owned(), column.to_owned()))
    }

    fn table(&self, rows: &[&String], columns: &[String]) -> String {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        table.set_header([""].into_iter().chain(columns.iter().map(String::as_str)));
        for row in rows {
            let cells = columns.iter().map(|column| {
                self.cell(row, column)
                    .map(|counts| cell_words(counts).join("\n"))
                    .unwrap_or_default()
            });
            table.add_row([(*row).clone()].into_iter().chain(cells));
        }
        table.to_string()
    }

    /// Groups the columns so that no table is wider than `width`; `None` if a single column is too wide.
    fn groups(&self, rows: &[&String], width: usize) -> Option<Vec<&[String]>> {
        /// The width of a border and the space on each side of it.
        const AROUND: usize = 3;
        let names = rows.iter().map(|row| measure_text_width(row)).max().unwrap_or(0);
        let empty = names + AROUND + 1;
        let wide = |column: &String| {
            let cells = rows.iter().filter_map(|row| self.cell(row, column));
            let words = cells.flat_map(cell_words).map(|word| measure_text_width(&word));
            words.chain([measure_text_width(column)]).max().unwrap_or(0) + AROUND
        };
        let (mut groups, mut from, mut used) = (Vec::new(), 0, empty);
        for (place, column) in self.columns.iter().enumerate() {
            let wide = wide(column);
            if empty + wide > width {
                return None;
            }
            if used + wide > width {
                groups.push(self.columns.get(from..place)?);
                (from, used) = (place, empty);
            }
            used += wide;
        }
        groups.push(self.columns.get(from..)?);
        Some(groups)
    }

    /// One line for each cell, below the name of its row.
    fn lines(&self, rows: &[&String], width: usize) -> String {
        let indent = if width < 20 { "" } else { "  " };
        let mut lines = Vec::new();
        for row in rows {
            lines.extend(wrapped(row, "", width));
            for column in &self.columns {
                if let Some(counts) = self.cell(row, column) {
                    let told = format!("{column}: {}", cell_words(counts).join(", "));
                    lines.extend(wrapped(&told, indent, width));
                }
            }
        }
        lines.join("\n")
    }
}

/// The counts as words: `52 pass`, and the same for each other verdict.
fn cell_words(counts: &BTreeMap<Verdict, usize>) -> Vec<String> {
    let told = |(verdict, count): (&Verdict, &usize)| {
        let name = verdict.name();
        if verdict.is_wrong() {
            format!("{count} {}", name.to_uppercase())
        } else {
            format!("{count} {name}")
        }
    };
    counts.iter().map(told).collect()
}

/// Wraps a text to this width. Cuts at spaces, and inside longer words.
fn wrapped(text: &str, indent: &str, width: usize) -> Vec<String> {
    let room = width.saturating_sub(indent.len()).max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let chars: Vec<char> = word.chars().collect();
        for (nth, piece) in chars.chunks(room).enumerate() {
            let piece: String = piece.iter().collect();
            let Some(line) = lines.last_mut() else { continue };
            let gap = usize::from(nth == 0 && !line.is_empty());
            if nth == 0 && measure_text_width(line) + gap + measure_text_width(&piece) <= room {
                line.push_str(if gap == 1 { " " } else { "" });
                line.push_str(&piece);
            } else {
                lines.push(piece);
            }
        }
    }
    lines
        .into_iter()
        .filter(|line| !line.is_empty())
        .map(|line| indent.to_owned() + &line)
        .collect()
}

/// The width of standard output, if known: from `COLUMNS`, otherwise from the terminal.
pub(super) fn output_width() -> Option<usize> {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    told.or_else(seen).filter(|columns| *columns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::case;

    /// Six peers, each with each other, and a verdict of several words.
    fn matrix() -> Matrix {
        let peers = ["python", "rust", "acme", "a-peer-with-a-long-name", "x", "harness"];
        let pairings: Vec<String> = peers
            .iter()
            .flat_map(|one| peers.iter().map(move |other| format!("{one}->{other}")))
            .collect();
        let mut matrix = Matrix::new(&pairings);
        for scenario in ["file-transfer", "udp-upper"] {
            for pairing in &pairings {
                for (network, verdict) in [
                    ("asis", Verdict::Pass),
                    ("asis", Verdict::HarnessError),
                    ("cut@3", Verdict::NotApplicable),
                ] {
                    let id = format!("{scenario}/{pairing}/tcp4/{network}/00000001");
                    matrix.add(pairing, &case(&id, verdict));
                }
            }
        }
        matrix
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_cell_is_lost() {
        for width in [1, 20, 40, 80, 100, 132, 200, 1000] {
            let shown = matrix().render(Some(width));
            let widest = shown.lines().map(measure_text_width).max().unwrap();
            assert!(widest <= width, "{widest} columns of {width}:\n{shown}");
            let letters: String =
                shown.chars().filter(|char| char.is_ascii_alphanumeric()).collect();
            assert_eq!(letters.matches("1pass").count(), 72, "{width}:\n{shown}");
            assert_eq!(letters.matches("1HARNESSERROR").count(), 72, "{width}:\n{shown}");
            // Nothing applies there.
            assert!(!letters.contains("faults"), "{shown}");
        }
        let shown = matrix().render(Some(80));
        assert!(shown.matches('┌').count() > 5, "{shown}");
        assert_eq!(matrix().render(None), matrix().render(Some(10_000)));
        assert!(matrix().render(Some(20)).starts_with("file-transfer tcp4\nasis\n"), "{shown}");
    }
}
