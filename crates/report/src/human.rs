//! The report for people: progress during the run, then the matrix, the first failures in full and the rest by
//! id, grouped by cause.

use std::io::{self, Write};
use std::path::PathBuf;

use console::style;
use model::case::HARNESS;
use model::event::{CaseResult, End, Event, Evidence, Sink, Start};
use model::visible::line;
use model::{Difference, Verdict};

use super::causes::{Cause, Causes, HOSTILE};
use super::matrix::{Matrix, output_width};
use super::progress::Progress;
use super::replays::Replays;
use crate::hex;

/// How many errata of a file's reference are shown.
const ERRATA_MAX: usize = 3;
/// How many failures are shown in full, and how many are announced during the run.
const IN_FULL: usize = 3;
/// How many cases with the same cause are named.
const ALIKE_MAX: usize = 3;
/// How many more causes are listed.
const LISTED_MAX: usize = 20;
/// In the words of a difference: JSON that is wrong only as a text.
const OTHER_TEXT: &str = "the same value in another text: ";
const ROWS_BEFORE: usize = 1;
const ROWS_MAX: usize = 6;

/// Writes to a terminal or a pipe. In a pipe, or with `NO_COLOR` or `CLICOLOR=0`, there are no colours. A pipe
/// gets a line now and then in the place of the progress bar.
#[derive(Debug)]
pub struct Human<W> {
    out: W,
    matrix: Matrix,
    progress: Progress,
    causes: Causes,
    replays: Replays,
    /// The scenarios that protocol files describe.
    described: Vec<String>,
    /// The cases in which a file's reference itself failed: the first ones, and the number of all.
    errata: (Vec<CaseResult>, usize),
    /// The path of the HTML page of the run.
    page: Option<PathBuf>,
}

impl<W: Write> Human<W> {
    /// A report to `out`. Progress goes to standard error.
    pub fn new(out: W) -> Self {
        Self {
            out,
            matrix: Matrix::default(),
            progress: Progress::hidden(),
            causes: Causes::default(),
            replays: Replays::default(),
            described: Vec::new(),
            errata: (Vec::new(), 0),
            page: None,
        }
    }

    /// Names the HTML page of the run in the last line.
    #[must_use]
    pub fn with_page(self, page: PathBuf) -> Self {
        Self { page: Some(page), ..self }
    }

    fn started(&mut self, start: &Start) -> io::Result<()> {
        self.matrix = Matrix::new(&start.pairings);
        self.causes = Causes::new(start);
        self.replays = Replays::new(start);
        self.described = start.protocols.iter().map(|it| it.scenario.clone()).collect();
        self.progress = Progress::start(start.cases, "cases");
        let peers: Vec<String> = start
            .peers
            .iter()
            .map(|peer| line(&format!("{} ({})", peer.name, peer.language)))
            .collect();
        writeln!(
            self.out,
            "framecheck {}: {}, seed {}, peers {}{}",
            start.framecheck,
            counted(start.cases, "case"),
            start.seed,
            peers.join(", "),
            start.limits().map(|limits| format!("; {limits}")).unwrap_or_default()
        )?;
        for missing in &start.missing {
            writeln!(self.out, "{} {}", style("missing:").yellow().bold(), line(missing))?;
        }
        for program in &start.not_judged {
            writeln!(self.out, "{} {}", style("not judged:").yellow().bold(), line(program))?;
        }
        Ok(())
    }

    fn finished(&mut self, case: &CaseResult) {
        self.matrix.add(&case.pairing, case);
        if case.verdict == Verdict::Erratum && self.described.contains(&case.scenario) {
            let (some, count) = &mut self.errata;
            *count += 1;
            if some.len() < ERRATA_MAX {
                some.push(case.clone());
            }
        }
        let failed = self.causes.case_count();
        self.causes.add(case);
        let now_failed = self.causes.case_count();
        if now_failed > failed {
            let message = style(format!("{now_failed} failed")).red().to_string();
            self.progress.set_message(message);
            if now_failed <= IN_FULL {
                let verdict = style(case.verdict.name().to_uppercase()).red().bold();
                let CaseResult { clause, id, input, .. } = case;
                let input = line(input);
                self.progress.println(&format!("{verdict} [{clause}] {id} ({input})"));
            }
        }
        let note = match now_failed {
            0 => String::new(),
            count => format!("{count} failed"),
        };
        self.progress.one_more(&note);
    }

    /// Shows where the reference of a file failed. No port is blamed for this.
    fn write_errata(&mut self) -> io::Result<()> {
        let (some, count) = &self.errata;
        if *count > 0 {
            let cases = counted(*count, "case");
            writeln!(self.out, "\nin {cases} the reference itself failed:")?;
        }
        for case in some {
            writeln!(self.out, "  {}  ({})", case.id, line(&case.input))?;
            if let Some(difference) = case.differences.first() {
                writeln!(self.out, "    {}", line(&difference.to_string()))?;
            }
        }
        if *count > some.len() {
            writeln!(self.out, "  ...")?;
        }
        Ok(())
    }

    fn ended(&mut self, end: &End) -> io::Result<()> {
        self.progress.finish();
        writeln!(self.out, "{}", self.matrix.render(output_width()))?;
        let (hostile, ordinary): (Vec<&Cause>, Vec<&Cause>) =
            self.causes.iter().partition(|cause| cause.first.input.starts_with(HOSTILE));
        // A peer that fails ordinary cases usually fails with malformed data for the same reason.
        let is_told = |cause: &&Cause| ordinary.iter().any(|other| is_of_same_peer(other, cause));
        let (alike, hostile): (Vec<&Cause>, Vec<&Cause>) = hostile.into_iter().partition(is_told);
        let mut causes = ordinary.into_iter().chain(hostile);
        for cause in causes.by_ref().take(IN_FULL) {
            write_failure(&mut self.out, &cause.first, &self.replays)?;
            if let Some(said) = self.causes.only_where_cut(cause) {
                writeln!(self.out, "  {said}")?;
            }
            write_others(&mut self.out, cause)?;
        }
        let mut rest = causes.peekable();
        if rest.peek().is_some() {
            writeln!(self.out, "\nalso failed:")?;
        }
        for cause in rest.by_ref().take(LISTED_MAX) {
            let CaseResult { verdict, clause, id, input, .. } = &cause.first;
            let (verdict, input) = (verdict.name(), line(input));
            writeln!(self.out, "  {verdict}  {clause}  {id}  ({input})")?;
            if cause.count > 1 {
                writeln!(self.out, "    and {} more like it", cause.count - 1)?;
            }
        }
        let left: Vec<&Cause> = rest.collect();
        if !left.is_empty() {
            let cases: usize = left.iter().map(|cause| cause.count).sum();
            let kinds = counted(left.len(), "kind");
            writeln!(self.out, "  and {cases} more, of {kinds}; report.json has all")?;
        }
        write_hostile(&mut self.out, &alike)?;
        let without_guests = self.causes.without_guests();
        if without_guests > 0 && !self.described.is_empty() {
            let cases = counted(without_guests, "failure");
            writeln!(
                self.out,
                "\n{cases} of the reference's own two programs, without a peer. --rewrite-expected makes them \
                 known failures; --quick and --pairing leave them out."
            )?;
        }
        self.write_errata()?;
        for id in &end.unmatched {
            let id = line(id);
            writeln!(
                self.out,
                "\nFAIL: no case of this run matches the expected failure \"{id}\""
            )?;
        }
        for gone in &end.not_played {
            let gone = line(&gone.to_string());
            writeln!(self.out, "\n{} {gone}", style("NOT PLAYED:").red().bold())?;
        }
        let happened = end.counts.iter().filter(|(_, count)| **count > 0);
        let counts: Vec<String> =
            happened.map(|(verdict, count)| format!("{count} {verdict}")).collect();
        let took = end.took.as_secs_f64();
        let how = if end.interrupted { ", interrupted" } else { "" };
        write!(self.out, "{} in {took:.1} s{how}", counts.join(", "))?;
        match &self.page {
            Some(page) => writeln!(self.out, "; each case: {}", line(&page.display().to_string())),
            None => writeln!(self.out),
        }
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

/// Writes a failure in full: the id, the input, each difference, the last messages, and the replay command.
pub(super) fn write_failure(
    out: &mut impl Write,
    case: &CaseResult,
    replays: &Replays,
) -> io::Result<()> {
    writeln!(out, "\n{} {}", style(case.verdict.name().to_uppercase()).red().bold(), case.id)?;
    writeln!(out, "  input: {}", line(&case.input))?;
    write_differences(out, &case.differences)?;
    if case.differences.first().is_some_and(|it| it.what.contains(OTHER_TEXT)) {
        let means = "json = \"value\", in a manifest or in [compare] of a protocol file, allows it";
        writeln!(out, "  {means}")?;
    }
    if let Some(evidence) = &case.evidence {
        write_evidence(out, case, evidence)?;
    }
    writeln!(out, "  replay: {}", replays.command(&case.id))
}

/// Writes the last messages of both programs, and the minimised input.
fn write_evidence(out: &mut impl Write, case: &CaseResult, evidence: &Evidence) -> io::Result<()> {
    let seen = &evidence.observed;
    for (name, end) in [("server", &seen.server), ("client", &seen.client)] {
        let stderr = String::from_utf8_lossy(&end.stderr.0);
        // A runtime may print more lines after the error message.
        let mut lines = stderr.trim_end().lines().rev();
        let is_error =
            |said: &&str| said.contains("rror") && !said.starts_with(char::is_whitespace);
        if let Some(last) = lines.clone().find(is_error).or_else(|| lines.next()) {
            writeln!(out, "  {name}'s last line on stderr: {}", line(last))?;
        }
    }
    let Some(smallest) = &evidence.smallest else { return Ok(()) };
    if evidence.input.as_ref() != Some(&smallest.input) {
        let input = line(&serde_json::to_string(&smallest.input)?);
        writeln!(
            out,
            "  smallest input that fails in this way ({} tried): {input}",
            smallest.tried
        )?;
    }
    if case.network != smallest.network {
        writeln!(out, "  the network {} is enough", smallest.network)?;
    }
    if let Some(left_out) = &evidence.left_out {
        writeln!(out, "  {left_out}")?;
    }
    Ok(())
}

/// `1 case`, `2 cases`.
fn counted(count: usize, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Writes the other cases of the same cause.
fn write_others(out: &mut impl Write, cause: &Cause) -> io::Result<()> {
    if cause.count == 1 {
        return Ok(());
    }
    let others = cause.count - 1;
    writeln!(out, "    and {others} more like it:")?;
    for id in cause.others.iter().take(ALIKE_MAX) {
        writeln!(out, "      {id}")?;
    }
    if others > ALIKE_MAX {
        writeln!(out, "      ...")?;
    }
    Ok(())
}

/// Whether the peer that receives malformed data in `hostile` is one of the two programs of the other cause.
fn is_of_same_peer(other: &Cause, hostile: &Cause) -> bool {
    let [of_other, of_hostile] = [&other.first.id.pairing, &hostile.first.id.pairing];
    let is_in_both = |name: &String| name == &of_other.server || name == &of_other.client;
    let mut peers =
        [&of_hostile.server, &of_hostile.client].into_iter().filter(|it| *it != HARNESS);
    other.first.id.scenario == hostile.first.id.scenario && peers.any(is_in_both)
}

/// Writes the failures with malformed data of peers that also fail without it.
fn write_hostile(out: &mut impl Write, causes: &[&Cause]) -> io::Result<()> {
    let Some(first) = causes.first() else { return Ok(()) };
    let count: usize = causes.iter().map(|cause| cause.count).sum();
    writeln!(
        out,
        "\n{} with malformed data {} too, perhaps for the reasons above. To leave them out while you \
         fix those: --skip-input '{HOSTILE}*'",
        counted(count, "case"),
        if count == 1 { "fails" } else { "fail" }
    )?;
    writeln!(out, "  {}  ({})", first.first.id, line(&first.first.input))?;
    if count > 1 {
        writeln!(out, "  ...")?;
    }
    Ok(())
}

/// Writes each difference with its clause, and the rows in which two byte sequences differ.
pub(super) fn write_differences(
    out: &mut impl Write,
    differences: &[Difference],
) -> io::Result<()> {
    for difference in differences {
        writeln!(out, "  {}", line(&difference.to_string()))?;
        if let Some(parting) = &difference.parting {
            let shown = hex::diff(&parting.expected.0, &parting.found.0, ROWS_BEFORE, ROWS_MAX);
            for row in shown.lines() {
                let coloured = match row.as_bytes().first() {
                    Some(b'-') => style(row).green(),
                    Some(b'+') => style(row).red(),
                    _ => style(row),
                };
                writeln!(out, "    {coloured}")?;
            }
        }
    }
    Ok(())
}
