//! For people: how far it is while it runs, then the matrix, the first failures in full and the
//! rest by id, those of one cause together.

use std::io::{self, Write};

use console::style;
use model::case::HARNESS;
use model::event::{CaseResult, End, Event, Evidence, Sink, Start};
use model::{Difference, Verdict};

use super::causes::{Cause, Causes};
use super::matrix::Matrix;
use super::progress::Progress;
use super::replays::Replays;
use crate::hex;

/// How the names of inputs begin in which the harness sends malformed data.
const HOSTILE: &str = "hostile-";
/// So many errata of a file's reference are shown.
const ERRATA_MAX: usize = 3;
/// So many failures are shown in full, and so many are told when they come.
const IN_FULL: usize = 3;
/// Of cases that went wrong alike, so many are named.
const ALIKE_MAX: usize = 3;
const ROWS_BEFORE: usize = 1;
const ROWS_MAX: usize = 6;

/// Writes to a terminal or a pipe. Colours are left out of a pipe and where `NO_COLOR` or `CLICOLOR=0`
/// says so; in the place of the moving bar, a pipe is given a line now and then.
#[derive(Debug)]
pub struct Human<W> {
    out: W,
    matrix: Matrix,
    progress: Progress,
    causes: Causes,
    replays: Replays,
    /// The scenarios that files describe.
    described: Vec<String>,
    /// In those, the cases in which the reference itself went wrong: some, and how many there are.
    errata: (Vec<CaseResult>, usize),
}

impl<W: Write> Human<W> {
    /// A report to `out`; progress goes to standard error.
    pub fn new(out: W) -> Self {
        Self {
            out,
            matrix: Matrix::default(),
            progress: Progress::hidden(),
            causes: Causes::default(),
            replays: Replays::default(),
            described: Vec::new(),
            errata: (Vec::new(), 0),
        }
    }

    fn started(&mut self, start: &Start) -> io::Result<()> {
        self.matrix = Matrix::new(&start.pairings);
        self.replays = Replays::new(start);
        self.described = start.protocols.iter().map(|it| it.scenario.clone()).collect();
        self.progress = Progress::start(start.cases, "cases");
        let peers: Vec<String> =
            start.peers.iter().map(|peer| format!("{} ({})", peer.name, peer.language)).collect();
        writeln!(
            self.out,
            "framecheck {}: {} cases, seed {}, peers {}{}",
            start.framecheck,
            start.cases,
            start.seed,
            peers.join(", "),
            start.limits().map(|limits| format!("; {limits}")).unwrap_or_default()
        )?;
        for missing in &start.missing {
            writeln!(self.out, "{} {missing}", style("missing:").yellow().bold())?;
        }
        for program in &start.not_judged {
            writeln!(self.out, "{} {program}", style("not judged:").yellow().bold())?;
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
                self.progress.println(&format!("{verdict} [{clause}] {id} ({input})"));
            }
        }
        let note = match now_failed {
            0 => String::new(),
            count => format!("{count} failed"),
        };
        self.progress.one_more(&note);
    }

    /// Where the reference of a file went wrong, and no port is blamed.
    fn write_errata(&mut self) -> io::Result<()> {
        let (some, count) = &self.errata;
        if *count > 0 {
            writeln!(self.out, "\nin {count} cases the reference itself went wrong:")?;
        }
        for case in some {
            writeln!(self.out, "  {}  ({})", case.id, case.input)?;
            if let Some(difference) = case.differences.first() {
                writeln!(self.out, "    {difference}")?;
            }
        }
        if *count > some.len() {
            writeln!(self.out, "  ...")?;
        }
        Ok(())
    }

    fn ended(&mut self, end: &End) -> io::Result<()> {
        self.progress.finish();
        writeln!(self.out, "{}", self.matrix.render())?;
        let (hostile, ordinary): (Vec<&Cause>, Vec<&Cause>) =
            self.causes.iter().partition(|cause| cause.first.input.starts_with(HOSTILE));
        // A peer that fails where all is well mostly fails by malformed data for the same reason.
        let is_told = |cause: &&Cause| ordinary.iter().any(|other| is_of_same_peer(other, cause));
        let (alike, hostile): (Vec<&Cause>, Vec<&Cause>) = hostile.into_iter().partition(is_told);
        let mut causes = ordinary.into_iter().chain(hostile);
        for cause in causes.by_ref().take(IN_FULL) {
            write_failure(&mut self.out, &cause.first, &self.replays)?;
            write_others(&mut self.out, cause)?;
        }
        let mut rest = causes.peekable();
        if rest.peek().is_some() {
            writeln!(self.out, "\nalso not as they should be:")?;
        }
        for cause in rest {
            let CaseResult { verdict, clause, id, input, .. } = &cause.first;
            writeln!(self.out, "  {}  {clause}  {id}  ({input})", verdict.name())?;
            write_others(&mut self.out, cause)?;
        }
        write_hostile(&mut self.out, &alike)?;
        self.write_errata()?;
        for id in &end.unmatched {
            writeln!(self.out, "\nFAIL: no case of this run is the expected failure {id:?}")?;
        }
        for gone in &end.not_played {
            writeln!(self.out, "\n{} {gone}", style("NOT PLAYED:").red().bold())?;
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
    if let Some(evidence) = &case.evidence {
        write_evidence(out, evidence)?;
    }
    writeln!(out, "  replay: {}", replays.command(&case.id))
}

/// What both programs said last, and the smallest input.
fn write_evidence(out: &mut impl Write, evidence: &Evidence) -> io::Result<()> {
    let seen = &evidence.observed;
    for (name, end) in [("server", &seen.server), ("client", &seen.client)] {
        let stderr = String::from_utf8_lossy(&end.stderr.0);
        // A runtime may say more behind the line that tells what is wrong.
        let mut lines = stderr.trim_end().lines().rev();
        let is_error =
            |line: &&str| line.contains("rror") && !line.starts_with(char::is_whitespace);
        if let Some(last) = lines.clone().find(is_error).or_else(|| lines.next()) {
            writeln!(out, "  {name}'s last word on stderr: {}", last.escape_debug())?;
        }
    }
    if let Some(smallest) = &evidence.smallest {
        let input = serde_json::to_string(&smallest.input)?;
        writeln!(out, "  smallest input that does it ({} tried): {input}", smallest.tried)?;
    }
    Ok(())
}

/// The cases that went wrong as the first of their cause did.
fn write_others(out: &mut impl Write, cause: &Cause) -> io::Result<()> {
    if cause.count == 1 {
        return Ok(());
    }
    let others = cause.count - 1;
    writeln!(out, "    and {others} more of the same input, by the same check:")?;
    for id in cause.others.iter().take(ALIKE_MAX) {
        writeln!(out, "      {id}")?;
    }
    if others > ALIKE_MAX {
        writeln!(out, "      ...")?;
    }
    Ok(())
}

/// Whether the peer that the harness plays against in `hostile` is one of the two programs of the other.
fn is_of_same_peer(other: &Cause, hostile: &Cause) -> bool {
    let [of_other, of_hostile] = [&other.first.id.pairing, &hostile.first.id.pairing];
    let is_in_both = |name: &String| name == &of_other.server || name == &of_other.client;
    let mut peers =
        [&of_hostile.server, &of_hostile.client].into_iter().filter(|it| *it != HARNESS);
    other.first.id.scenario == hostile.first.id.scenario && peers.any(is_in_both)
}

/// The failures by malformed data of peers that fail without it, too.
fn write_hostile(out: &mut impl Write, causes: &[&Cause]) -> io::Result<()> {
    let Some(first) = causes.first() else { return Ok(()) };
    let count: usize = causes.iter().map(|cause| cause.count).sum();
    writeln!(
        out,
        "\n{count} cases with malformed data fail, too, perhaps for the reasons above. To leave them out while you \
         mend those: --skip-input '{HOSTILE}*'"
    )?;
    writeln!(out, "  {}  ({})", first.first.id, first.first.input)?;
    if count > 1 {
        writeln!(out, "  ...")?;
    }
    Ok(())
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
