//! The reports for programs: `report.json` at the end, or every event as a line during the run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use console::strip_ansi_codes;
use model::event::{CaseResult, Chosen, Event, NotPlayed, PeerInfo, ProtocolInfo, Sink, Start};
use model::shard::Shard;
use model::{Difference, Verdict};
use serde::Serialize;

use super::human::write_failure;
use super::replaced::replace;
use super::replays::Replays;

/// The version of `report.json`.
const SCHEMA: u32 = 1;
/// The report contains two differing sequences only if neither is longer than this. A failure's case.json has
/// all bytes.
const PARTING_MAX_BYTES: usize = 64 << 10;

/// Writes every event as a line of JSON. The event of a failed or expectedly failed case has an `explanation`:
/// the text that [`Human`](crate::Human) prints of a failure, with its replay command.
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
    replays: Replays,
}

impl<W: Write> JsonLines<W> {
    /// Lines to `out`.
    pub fn new(out: W) -> Self {
        Self { out, replays: Replays::default() }
    }

    fn explanation(&self, case: &CaseResult) -> io::Result<String> {
        let mut text = Vec::new();
        write_failure(&mut text, case, &self.replays)?;
        let text = String::from_utf8_lossy(&text);
        Ok(strip_ansi_codes(text.trim()).into_owned())
    }
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
}

impl<W: Write> Sink for JsonLines<W> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        if let Event::Started(start) = event {
            self.replays = Replays::new(start);
        }
        let explanation = match event {
            Event::Finished(case)
                if case.verdict.is_wrong() || case.verdict == Verdict::ExpectedFail =>
            {
                Some(self.explanation(case)?)
            }
            _ => None,
        };
        serde_json::to_writer(&mut self.out, &Line { event, explanation })?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// Writes `report.json` when the run has ended. The cases are sorted by id.
#[derive(Debug)]
pub struct ReportJson {
    path: PathBuf,
    start: Option<Start>,
    cases: Vec<CaseResult>,
}

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    framecheck: &'a str,
    seed: u64,
    generated: u32,
    selection: &'a Chosen,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<Shard>,
    seconds: f64,
    interrupted: bool,
    peers: &'a [PeerInfo],
    pairings: &'a [String],
    #[serde(skip_serializing_if = "<[ProtocolInfo]>::is_empty")]
    protocols: &'a [ProtocolInfo],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    missing: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    not_judged: &'a [String],
    #[serde(skip_serializing_if = "<[NotPlayed]>::is_empty")]
    not_played: &'a [NotPlayed],
    counts: &'a BTreeMap<&'static str, usize>,
    cases: &'a [CaseResult],
}

impl ReportJson {
    /// A report to this file.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path, start: None, cases: Vec::new() }
    }
}

/// A difference of a mebibyte in a thousand cases would make the report too large to load.
fn leave_out_long_partings(difference: &mut Difference) {
    difference.parting = difference
        .parting
        .take()
        .filter(|parting| parting.expected.0.len().max(parting.found.0.len()) <= PARTING_MAX_BYTES);
}

impl Sink for ReportJson {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(start) => self.start = Some((**start).clone()),
            Event::Finished(case) => {
                let evidence = None;
                let mut case = CaseResult { evidence, ..(**case).clone() };
                case.differences.iter_mut().for_each(leave_out_long_partings);
                self.cases.push(case);
            }
            Event::Ended(end) => {
                self.cases.sort_by(|one, other| one.id.cmp(&other.id));
                let Some(start) = &self.start else { return Ok(()) };
                let report = Report {
                    schema: SCHEMA,
                    framecheck: &start.framecheck,
                    seed: start.seed,
                    generated: start.generated,
                    selection: &start.selection,
                    shard: start.shard,
                    seconds: end.took.as_secs_f64(),
                    interrupted: end.interrupted,
                    peers: &start.peers,
                    pairings: &start.pairings,
                    protocols: &start.protocols,
                    missing: &start.missing,
                    not_judged: &start.not_judged,
                    not_played: &end.not_played,
                    counts: &end.counts,
                    cases: &self.cases,
                };
                replace(&self.path, |out| {
                    serde_json::to_writer_pretty(&mut *out, &report)?;
                    out.write_all(b"\n")
                })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::Parting;
    use model::event::End;

    use super::*;
    use crate::tests::case;

    /// The parsed lines of these events.
    fn lines(events: &[Event]) -> Vec<serde_json::Value> {
        let mut lines = JsonLines::new(Vec::new());
        events.iter().for_each(|event| lines.take(event).unwrap());
        let text = String::from_utf8(lines.out).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn the_event_of_a_case_that_went_wrong_explains_it_with_the_line_that_plays_it_again() {
        let id = "tcp-upper/python->acme/tcp4/asis/9f2c41d0";
        for (verdict, is_explained) in [
            (Verdict::Fail, true),
            (Verdict::Timeout, true),
            (Verdict::HarnessError, true),
            (Verdict::ExpectedFail, true),
            (Verdict::Pass, false),
            (Verdict::Erratum, false),
        ] {
            let mut case = case(id, verdict);
            let what = "says something else".to_owned();
            let clause = "UP-1".to_owned();
            case.differences =
                vec![Difference { check: None, clause, what, part: None, parting: None }];
            let told = lines(&[Event::Finished(Box::new(case))]);
            assert_eq!((&told[0]["event"], &told[0]["id"]), (&"finished".into(), &id.into()));
            let Some(text) = told[0].get("explanation").and_then(serde_json::Value::as_str) else {
                assert!(!is_explained, "{verdict:?}");
                continue;
            };
            assert!(is_explained, "{verdict:?}");
            assert!(text.contains("[UP-1] says something else\n"), "{text}");
            assert!(text.contains(&format!("replay: framecheck replay '{id}'")), "{text}");
            assert!(!text.contains('\u{1b}'), "{text}");
        }
        let ended = End {
            counts: BTreeMap::new(),
            took: Duration::ZERO,
            unmatched: Vec::new(),
            not_played: Vec::new(),
            interrupted: false,
        };
        assert_eq!(lines(&[Event::Ended(ended)])[0]["event"], "ended");
    }

    #[test]
    fn a_long_parting_is_left_out_and_what_is_said_of_it_stays() {
        for (len, is_kept) in [(PARTING_MAX_BYTES, true), (PARTING_MAX_BYTES + 1, false)] {
            let (expected, found) = (vec![0; len].into(), vec![1; 3].into());
            let parting = Some(Parting { offset: 0, expected, found });
            let what = "parts".to_owned();
            let mut difference =
                Difference { check: None, clause: "FT-2".to_owned(), what, part: None, parting };
            leave_out_long_partings(&mut difference);
            assert_eq!(difference.parting.is_some(), is_kept);
            assert_eq!(difference.to_string(), "[FT-2] parts");
        }
    }
}
