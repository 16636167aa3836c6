//! For people: a progress bar while it runs, then the matrix, the first failures in full and the
//! rest by id.

use std::io::{self, Write};

use console::style;
use indicatif::{ProgressBar, ProgressStyle};

use super::Sink;
use super::matrix::Matrix;
use super::replays::Replays;
use crate::event::{CaseResult, End, Event, Start};
use crate::hex;
use crate::judge::{Difference, Verdict};

/// So many failures are shown in full.
const IN_FULL: usize = 3;
const ROWS_BEFORE: usize = 1;
const ROWS_MAX: usize = 6;

/// Writes to a terminal or a pipe; colours and the moving bar are left out of a pipe, and where
/// `NO_COLOR` says so.
#[derive(Debug)]
pub struct Human<W> {
    out: W,
    matrix: Matrix,
    bar: ProgressBar,
    failures: Vec<CaseResult>,
    replays: Replays,
}

impl<W: Write> Human<W> {
    /// A report to `out`; progress goes to standard error.
    pub fn new(out: W) -> Self {
        Self {
            out,
            matrix: Matrix::default(),
            bar: ProgressBar::hidden(),
            failures: Vec::new(),
            replays: Replays::default(),
        }
    }

    fn started(&mut self, start: &Start) -> io::Result<()> {
        self.matrix = Matrix::new(&start.pairings);
        self.replays = Replays::new(start);
        let template = "{bar:30} {pos}/{len} cases  {per_sec}  {eta} left  {msg}";
        self.bar = ProgressBar::new(start.cases as u64);
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        let peers: Vec<String> =
            start.peers.iter().map(|peer| format!("{} ({})", peer.name, peer.language)).collect();
        writeln!(
            self.out,
            "framecheck {}: {} cases, seed {}, peers {}",
            start.framecheck,
            start.cases,
            start.seed,
            peers.join(", ")
        )
    }

    fn finished(&mut self, case: &CaseResult) {
        self.matrix.add(&case.pairing, case);
        if case.verdict.is_failure() || case.verdict == Verdict::HarnessError {
            let mut failure = case.clone();
            if self.failures.len() >= IN_FULL {
                failure.evidence = None;
            }
            self.failures.push(failure);
            self.bar.set_message(format!("{} failed", self.failures.len()));
        }
        self.bar.inc(1);
    }

    fn ended(&mut self, end: &End) -> io::Result<()> {
        self.bar.finish_and_clear();
        writeln!(self.out, "{}", self.matrix.render())?;
        for case in self.failures.iter().take(IN_FULL) {
            write_failure(&mut self.out, case, &self.replays)?;
        }
        if self.failures.len() > IN_FULL {
            writeln!(self.out, "\nalso not as they should be:")?;
            for case in self.failures.iter().skip(IN_FULL) {
                writeln!(self.out, "  {}  {}  {}", case.verdict.name(), case.clause, case.id)?;
            }
        }
        for id in &end.unmatched {
            writeln!(self.out, "\nFAIL: no case of this run is the expected failure {id:?}")?;
        }
        let happened = end.counts.iter().filter(|(_, count)| **count > 0);
        let counts: Vec<String> =
            happened.map(|(verdict, count)| format!("{count} {verdict}")).collect();
        let took = end.took.as_secs_f64();
        let how = if end.interrupted { ", interrupted" } else { "" };
        writeln!(self.out, "{} in {took:.1} s{how}", counts.join(", "))
    }
}

impl<W: Write> Sink for Human<W> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(start) => self.started(start)?,
            Event::Finished(case) => self.finished(case),
            Event::Ended(end) => self.ended(end)?,
        }
        self.out.flush()
    }
}

fn write_failure(out: &mut impl Write, case: &CaseResult, replays: &Replays) -> io::Result<()> {
    writeln!(out, "\n{} {}", style(case.verdict.name().to_uppercase()).red().bold(), case.id)?;
    writeln!(out, "  input: {}", case.input)?;
    write_differences(out, &case.differences)?;
    let Some(evidence) = &case.evidence else { return Ok(()) };
    for (name, end) in
        [("server", &evidence.observed.server), ("client", &evidence.observed.client)]
    {
        let stderr = String::from_utf8_lossy(&end.stderr.0);
        if let Some(last) = stderr.trim_end().lines().next_back() {
            writeln!(out, "  {name}'s last word on stderr: {}", last.escape_debug())?;
        }
    }
    if let Some(smallest) = &evidence.smallest {
        let input = serde_json::to_string(&smallest.input)?;
        writeln!(out, "  smallest input that does it ({} tried): {input}", smallest.tried)?;
    }
    writeln!(out, "  replay: {}", replays.command(&case.id))
}

/// Each difference with its clause, and the rows in which two byte sequences part.
pub(super) fn write_differences(
    out: &mut impl Write,
    differences: &[Difference],
) -> io::Result<()> {
    for difference in differences {
        writeln!(out, "  {difference}")?;
        if let Some(parting) = &difference.parting {
            let shown = hex::diff(&parting.expected.0, &parting.found.0, ROWS_BEFORE, ROWS_MAX);
            for line in shown.lines() {
                let coloured = match line.as_bytes().first() {
                    Some(b'-') => style(line).green(),
                    Some(b'+') => style(line).red(),
                    _ => style(line),
                };
                writeln!(out, "    {coloured}")?;
            }
        }
    }
    Ok(())
}
