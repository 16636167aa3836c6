//! `summary.md`: the page that a CI job shows, in GitHub's Markdown.
//!
//! Counts, a small matrix of pairings and scenarios, the first failures with their replay commands, and errata.
//! It is never longer than [`BYTES_MAX`]: GitHub shows nothing of a summary over 1 MiB.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use model::event::{CaseResult, End, Event, Sink, Start};
use model::{Difference, Verdict, visible};

use super::causes::Causes;
use super::replaced::replace;
use super::replays::Replays;
use crate::hex;

/// The maximum length of the page, in bytes.
pub const BYTES_MAX: usize = 256 << 10;
/// How many causes are shown with their bytes.
const IN_FULL: usize = 5;
/// How many more are listed.
const LISTED_MAX: usize = 50;
const ROWS_BEFORE: usize = 1;
const ROWS_MAX: usize = 4;
/// The maximum length of a line whose text comes from a peer.
const LINE_MAX_CHARS: usize = 400;

/// Writes a `summary.md` when the run has ended.
#[derive(Debug)]
pub struct Summary {
    path: PathBuf,
    start: Option<Start>,
    cells: BTreeMap<String, BTreeMap<String, BTreeMap<Verdict, usize>>>,
    causes: Causes,
    /// The errata that showed, and in how many cases.
    errata: BTreeSet<String>,
    erratum_cases: usize,
}

impl Summary {
    /// A page to this file.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            start: None,
            cells: BTreeMap::new(),
            causes: Causes::default(),
            errata: BTreeSet::new(),
            erratum_cases: 0,
        }
    }

    fn add(&mut self, case: &CaseResult) {
        let row = self.cells.entry(case.scenario.clone()).or_default();
        let cell = row.entry(case.pairing.clone()).or_default();
        *cell.entry(case.verdict).or_default() += 1;
        if case.verdict == Verdict::Erratum {
            self.errata.extend(case.errata.iter().cloned());
            self.erratum_cases += 1;
        }
        self.causes.add(case);
    }

    fn page(&self, start: &Start, end: &End) -> String {
        let mut page = String::new();
        let is_whole = end.not_played.is_empty() && !end.interrupted;
        let is_green = self.causes.is_empty() && end.unmatched.is_empty() && is_whole;
        let unplayed = end.count(Verdict::HarnessError);
        let failed: usize = Verdict::ALL
            .iter()
            .filter(|verdict| verdict.is_wrong() && **verdict != Verdict::HarnessError)
            .map(|verdict| end.count(*verdict))
            .sum();
        let is_unknown = unplayed > 0 && failed == 0 && end.unmatched.is_empty() && is_whole;
        let (mark, word) = match is_green {
            true => ("✅", "conforms"),
            false if is_unknown => ("❌", "could not play every case"),
            false => ("❌", "does not conform"),
        };
        let word = if end.interrupted { "was interrupted" } else { word };
        let _ = writeln!(page, "## {mark} framecheck {}: {word}\n", start.framecheck);
        let counts = end.counts.iter().filter(|(_, count)| **count > 0);
        let counts: Vec<_> = counts.map(|(name, count)| format!("**{count}** {name}")).collect();
        let peers: Vec<_> = start
            .peers
            .iter()
            .map(|peer| format!("{} ({})", inline(&peer.name), inline(&peer.language)))
            .collect();
        let _ = writeln!(
            page,
            "{} in {:.1} s, seed {}{}, peers {}.\n",
            counts.join(", "),
            end.took.as_secs_f64(),
            start.seed,
            start.limits().map(|limits| format!(", {}", code(&limits))).unwrap_or_default(),
            peers.join(", ")
        );
        for missing in &start.missing {
            let _ = writeln!(page, "⚠️ **missing**: {}\n", inline(missing));
        }
        for program in &start.not_judged {
            let _ = writeln!(page, "**not judged**: {}\n", inline(program));
        }
        for gone in &end.not_played {
            let _ = writeln!(page, "❌ **not played**: {}\n", inline(&gone.to_string()));
        }
        self.matrix(&mut page, start);
        self.failures(&mut page, start);
        for pattern in end.unmatched.iter().take(LISTED_MAX) {
            let _ = writeln!(page, "- no case matches the expected failure {}", code(pattern));
        }
        if !self.errata.is_empty() {
            let (kinds, cases) = (self.errata.len(), self.erratum_cases);
            let known = if kinds == 1 { "known erratum" } else { "known errata" };
            let cases = if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") };
            let _ = writeln!(
                page,
                "\n{kinds} {known} of the reference showed, in {cases}; `framecheck errata` reproduces \
                 each."
            );
        }
        bounded(page)
    }

    /// A matrix with one row per scenario and one column per pairing.
    fn matrix(&self, page: &mut String, start: &Start) {
        if self.cells.is_empty() {
            return;
        }
        let columns: Vec<_> = start.pairings.iter().map(|pairing| code(pairing)).collect();
        let _ = writeln!(page, "| scenario | {} |", columns.join(" | "));
        let _ = writeln!(page, "|---{}|", "|---".repeat(start.pairings.len()));
        for (scenario, row) in &self.cells {
            let cells = start
                .pairings
                .iter()
                .map(|pairing| row.get(pairing).map_or_else(String::new, cell));
            let _ = writeln!(
                page,
                "| {} | {} |",
                inline(scenario),
                cells.collect::<Vec<_>>().join(" | ")
            );
        }
        page.push('\n');
    }

    fn failures(&self, page: &mut String, start: &Start) {
        let replays = Replays::new(start);
        let mut causes = self.causes.iter();
        for cause in causes.by_ref().take(IN_FULL) {
            let case = &cause.first;
            let _ = writeln!(page, "### {} {}\n", case.verdict.name(), code(&case.id.to_string()));
            let _ = writeln!(page, "Input {}{}.\n", code(&case.input), others(cause.count));
            fenced(page, &differences(&case.differences));
            if let Some(said) = self.causes.only_where_cut(cause) {
                let _ = writeln!(page, "{said}.\n");
            }
            fenced(page, &replays.command(&case.id));
        }
        let rest: Vec<_> = causes.collect();
        if rest.is_empty() {
            return;
        }
        let _ = writeln!(page, "<details><summary>{} more</summary>\n", rest.len());
        for cause in rest.iter().take(LISTED_MAX) {
            let case = &cause.first;
            let id = code(&case.id.to_string());
            let _ = writeln!(
                page,
                "- {} {} {id} {}{}",
                case.verdict.name(),
                inline(&case.clause),
                code(&case.input),
                others(cause.count)
            );
        }
        if rest.len() > LISTED_MAX {
            let _ = writeln!(page, "- and {} more; report.json has all", rest.len() - LISTED_MAX);
        }
        let _ = writeln!(page, "\n</details>\n");
    }
}

impl Sink for Summary {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(start) => {
                self.start = Some((**start).clone());
                self.causes = Causes::new(start);
            }
            Event::Finished(case) => self.add(case),
            Event::Ended(end) => {
                let Some(start) = &self.start else { return Ok(()) };
                let page = self.page(start, end);
                replace(&self.path, |out| out.write_all(page.as_bytes()))?;
            }
        }
        Ok(())
    }
}

fn others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(", and {} more like it", count - 1),
    }
}

/// The text of a cell: `✅ 52`, or the words of the verdicts that are not simply good.
fn cell(counts: &BTreeMap<Verdict, usize>) -> String {
    let part = |(verdict, count): (&Verdict, &usize)| match verdict {
        Verdict::Pass => format!("{count} pass"),
        verdict if verdict.is_failure() => format!("❌ **{count} {}**", verdict.name()),
        Verdict::HarnessError => format!("⚠️ **{count} {}**", verdict.name()),
        verdict => format!("{count} {}", verdict.name()),
    };
    counts.iter().map(part).collect::<Vec<_>>().join("<br>")
}

fn differences(all: &[Difference]) -> String {
    let mut told = String::new();
    for difference in all {
        told += &short(&difference.to_string());
        told.push('\n');
        if let Some(parting) = &difference.parting {
            told += &hex::diff(&parting.expected.0, &parting.found.0, ROWS_BEFORE, ROWS_MAX);
        }
    }
    told
}

/// The first line, shortened if it is long.
fn short(text: &str) -> String {
    let all = visible::line(text);
    let line: String = all.chars().take(LINE_MAX_CHARS).collect();
    if line.len() < all.len() { line + "..." } else { line }
}

/// Escapes text from a peer, so that it is not Markdown or HTML and fits into a table cell.
fn inline(text: &str) -> String {
    let mut made = String::new();
    for char in short(text).chars() {
        match char {
            '<' => made.push_str("&lt;"),
            '>' => made.push_str("&gt;"),
            '&' => made.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => made.extend(['\\', char]),
            _ => made.push(char),
        }
    }
    made
}

/// The same as code. In a table, even code must escape bars.
fn code(text: &str) -> String {
    let text = short(text).replace('`', "'").replace('|', "\\|");
    format!("`{text}`")
}

/// A code block that the text can't end.
fn fenced(page: &mut String, text: &str) {
    let text = text.replace("```", "'''");
    let _ = writeln!(page, "```text\n{}\n```\n", text.trim_end());
}

/// The page comes near the limit only if names are very long. Then the end is left out.
fn bounded(mut page: String) -> String {
    const LEFT_OUT: &str = "\n```\n\n(the rest is left out; report.json has all)\n";
    if page.len() > BYTES_MAX {
        let mut end = BYTES_MAX - LEFT_OUT.len();
        while !page.is_char_boundary(end) {
            end -= 1;
        }
        page.truncate(end);
        page.push_str(LEFT_OUT);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_anothers_is_markup() {
        assert_eq!(inline("<img>|*a*\n[x](y)"), "&lt;img&gt;\\|\\*a\\*\\\\n\\[x\\](y)");
        assert_eq!(code("a`b|c"), "`a'b\\|c`");
        let mut page = String::new();
        fenced(&mut page, "```\n# title");
        assert_eq!(page, "```text\n'''\n# title\n```\n\n");
    }

    #[test]
    fn no_page_is_too_long() {
        let page = bounded("粘".repeat(BYTES_MAX));
        assert!(page.len() <= BYTES_MAX);
        assert!(page.ends_with("report.json has all)\n"), "{}", &page[page.len() - 60..]);
    }
}
