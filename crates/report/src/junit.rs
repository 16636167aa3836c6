//! `junit.xml`: one test suite per scenario, one test case per case. docs/junit.xsd describes it.
//!
//! | verdict | JUnit |
//! |---|---|
//! | `pass` | a test case with nothing in it |
//! | `erratum` | the same, with a property `erratum` for each erratum that showed |
//! | `fail`, `crash`, `timeout` | `failure`; its type is the verdict |
//! | `expected-fail` | `skipped`; its message says how it fails |
//! | `not-applicable` | `skipped` |
//! | `harness-error` | `error` |
//!
//! An expected failure that matches no case of the run is a `failure` in the suite `expected failures`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use model::Verdict;
use model::event::{CaseResult, End, Event, Sink};
use model::observation::Role;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::replaced::replace;
use super::replays::Replays;
use crate::hex;

/// How much of two differing sequences is shown.
const ROWS_BEFORE: usize = 1;
const ROWS_MAX: usize = 16;
/// How many of the last bytes of a program's output are kept.
const OUTPUT_MAX_BYTES: usize = 4 << 10;

/// Writes a `junit.xml` when the run has ended.
#[derive(Debug)]
pub struct JUnit {
    path: PathBuf,
    replays: Replays,
    suites: BTreeMap<String, Vec<TestCase>>,
    seed: u64,
    limits: Option<String>,
    missing: Vec<String>,
    not_judged: Vec<String>,
}

impl JUnit {
    /// A report to this file.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        let (replays, suites) = (Replays::default(), BTreeMap::new());
        let (missing, not_judged) = (Vec::new(), Vec::new());
        Self { path, replays, suites, seed: 0, limits: None, missing, not_judged }
    }

    fn write(&mut self, end: &End) -> io::Result<()> {
        let mut report = Report::new("framecheck");
        report.set_time(end.took);
        for (name, mut cases) in std::mem::take(&mut self.suites) {
            cases.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
            let mut suite = TestSuite::new(text(&name));
            suite.set_time(cases.iter().filter_map(|case| case.time).sum());
            suite.add_property(("seed", &*self.seed.to_string()));
            if let Some(limits) = &self.limits {
                suite.add_property(("limits", &*text(limits)));
            }
            for missing in &self.missing {
                suite.add_property(("missing", &**missing));
            }
            for program in &self.not_judged {
                suite.add_property(("not-judged", &*text(program)));
            }
            if end.interrupted {
                suite.add_property(("interrupted", "true"));
            }
            suite.add_test_cases(cases);
            report.add_test_suite(suite);
        }
        if !end.unmatched.is_empty() {
            let mut suite = TestSuite::new("expected failures");
            for pattern in &end.unmatched {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_type("unmatched");
                status.set_message("no case of this run matches this expected failure");
                suite.add_test_case(TestCase::new(text(pattern), status));
            }
            report.add_test_suite(suite);
        }
        if !end.not_played.is_empty() {
            let mut suite = TestSuite::new("not played");
            for gone in &end.not_played {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_type("not-played");
                status.set_message(text(&gone.to_string()));
                suite.add_test_case(TestCase::new(text(&gone.why), status));
            }
            report.add_test_suite(suite);
        }
        replace(&self.path, |out| report.serialize(out).map_err(io::Error::other))
    }
}

impl Sink for JUnit {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(start) => {
                self.replays = Replays::new(start);
                self.seed = start.seed;
                self.limits = start.limits();
                self.missing.clone_from(&start.missing);
                self.not_judged.clone_from(&start.not_judged);
            }
            Event::Finished(case) => {
                let made = test_case(case, &self.replays);
                self.suites.entry(case.scenario.clone()).or_default().push(made);
            }
            Event::Ended(end) => self.write(end)?,
        }
        Ok(())
    }
}

fn test_case(case: &CaseResult, replays: &Replays) -> TestCase {
    let id = case.id.to_string();
    let mut made = TestCase::new(text(&id), status(case, replays));
    made.set_classname(text(&format!("{}.{}", case.scenario, case.pairing)));
    made.set_time(std::time::Duration::try_from_secs_f64(case.seconds).unwrap_or_default());
    made.add_property(("verdict", case.verdict.name()));
    // A case that passes violates no clause.
    if case.verdict != Verdict::Pass {
        made.add_property(("clause", &*case.clause));
    }
    made.add_property(("input", &*case.input));
    for erratum in &case.errata {
        made.add_property(("erratum", erratum.as_str()));
    }
    if let Some(evidence) = &case.evidence {
        let seen = &evidence.observed;
        let is_cut = |place: String| {
            let left_out = evidence.left_out.as_deref();
            left_out.is_some_and(|it| it.cut.iter().any(|cut| cut.place == place))
        };
        let streams = |name: &str, of: fn(&model::observation::PeerEnd) -> &[u8]| {
            let end =
                |role: Role| last_of(of(seen.end(role)), is_cut(format!("observed.{role}.{name}")));
            let (server, client) = (end(Role::Server), end(Role::Client));
            text(&format!("server:\n{server}\nclient:\n{client}"))
        };
        made.set_system_out(streams("stdout", |end| &end.stdout.0));
        made.set_system_err(streams("stderr", |end| &end.stderr.0));
    }
    made
}

fn status(case: &CaseResult, replays: &Replays) -> TestCaseStatus {
    let mut status = match case.verdict {
        Verdict::Pass | Verdict::Erratum => return TestCaseStatus::success(),
        Verdict::ExpectedFail | Verdict::NotApplicable => TestCaseStatus::skipped(),
        Verdict::Fail | Verdict::Crash | Verdict::Timeout => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Verdict::HarnessError => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    status.set_type(case.verdict.name());
    if let Some(first) = case.differences.first() {
        status.set_message(text(&first.to_string()));
    }
    if !matches!(status, TestCaseStatus::Skipped { .. }) {
        status.set_description(text(&description(case, replays)));
    }
    status
}

/// Each difference, with the rows in which two sequences differ, and the replay command.
fn description(case: &CaseResult, replays: &Replays) -> String {
    let mut told = String::new();
    for difference in &case.differences {
        let _ = writeln!(told, "{difference}");
        if let Some(parting) = &difference.parting {
            told += &hex::diff(&parting.expected.0, &parting.found.0, ROWS_BEFORE, ROWS_MAX);
        }
    }
    if let Some(left_out) = case.evidence.as_ref().and_then(|it| it.left_out.as_ref()) {
        let _ = writeln!(told, "{left_out}");
    }
    let _ = write!(told, "replay: {}", replays.command(&case.id));
    told
}

fn last_of(output: &[u8], is_cut: bool) -> String {
    let from = output.len().saturating_sub(OUTPUT_MAX_BYTES);
    let left_out = if from > 0 || is_cut { "(the end of it)\n" } else { "" };
    left_out.to_owned() + &String::from_utf8_lossy(output.get(from..).unwrap_or_default())
}

/// A character that XML 1.0 can't represent becomes its Rust escape, `\u{1b}`. So does a carriage return, which
/// XML would read as a newline. A tab becomes spaces, as the writer would drop it.
#[must_use]
pub fn text(raw: &str) -> XmlString {
    let is_allowed = |char: char| {
        matches!(char, '\n' | ' '..='\u{fffd}' | '\u{10000}'..)
            && !matches!(char, '\u{7f}'..='\u{9f}')
    };
    let mut made = String::with_capacity(raw.len());
    for char in raw.chars() {
        match char {
            '\t' => made.push_str("    "),
            '\r' => made.push_str("\\r"),
            char if is_allowed(char) => made.push(char),
            char => made.extend(char.escape_unicode()),
        }
    }
    XmlString::new(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_cannot_have_stay_visible() {
        for (raw, shown) in [
            ("\u{1b}[31mred\u{0}", "\\u{1b}[31mred\\u{0}"),
            ("\u{fffe}\u{ffff}\u{85}", "\\u{fffe}\\u{ffff}\\u{85}"),
            ("a\tb\r\n\u{fffd}粘包<&>\"'\u{1f600}", "a    b\\r\n\u{fffd}粘包<&>\"'\u{1f600}"),
        ] {
            assert_eq!(text(raw).as_str(), shown);
        }
    }
}
