//! What framecheck prints with `--format json`: a line of JSON for each case it lists, and for each event.
//!
//! Only the members that tests need are read. docs/reports.md describes them all.

use serde::Deserialize;

use crate::error::Error;

/// A line of `framecheck run --list`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Listed {
    pub(crate) id: String,
    /// The name of the case's input.
    pub(crate) input: String,
}

/// A line of `framecheck run`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Event {
    Finished(Finished),
    Ended(Ended),
    /// What this crate does not need.
    #[serde(other)]
    Other,
}

/// A case has its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Finished {
    pub(crate) id: String,
    verdict: String,
    /// What `framecheck run` prints of a failure.
    explanation: Option<String>,
    #[serde(default)]
    differences: Vec<Difference>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Difference {
    what: String,
}

/// The run is over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Ended {
    #[serde(default)]
    unmatched: Vec<String>,
    #[serde(default)]
    not_played: Vec<NotPlayed>,
    #[serde(default)]
    interrupted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct NotPlayed {
    why: String,
    cases: usize,
}

/// What a verdict is to a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// A known failure, or a case that the peer does not declare: why, in one line.
    Ignored(String),
    /// The explanation.
    Failed(String),
}

impl Finished {
    /// A verdict that this crate does not know is a failure.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.verdict.as_str() {
            "pass" | "erratum" => Outcome::Passed,
            "expected-fail" | "not-applicable" => Outcome::Ignored(self.reason()),
            _ => Outcome::Failed(self.explanation()),
        }
    }

    /// The verdict and what differs first, in one line.
    fn reason(&self) -> String {
        let what = self.differences.iter().find_map(|it| it.what.lines().next());
        what.map_or_else(|| self.verdict.clone(), |what| format!("{}: {what}", self.verdict))
    }

    fn explanation(&self) -> String {
        if let Some(text) = &self.explanation {
            return text.clone();
        }
        let differences: Vec<_> = self.differences.iter().map(|it| it.what.as_str()).collect();
        if differences.is_empty() { self.verdict.clone() } else { differences.join("\n") }
    }
}

impl Ended {
    /// What makes the run fail besides its cases.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let unmatched = self
            .unmatched
            .iter()
            .map(|it| format!("no case of this run is the expected failure {it:?}"));
        let not_played = self
            .not_played
            .iter()
            .map(|NotPlayed { why, cases }| format!("not played: {why} ({cases} cases)"));
        let interrupted = self.interrupted.then(|| "the run was interrupted".to_owned());
        unmatched.chain(not_played).chain(interrupted).collect()
    }
}

/// Reads one line.
pub(crate) fn read<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, Error> {
    serde_json::from_str(line).map_err(|source| Error::NoEvent { line: line.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(rest: &str) -> Finished {
        let line =
            format!(r#"{{"event":"finished","id":"a/b->c/tcp4/asis/01","seconds":0.1,{rest}}}"#);
        match read(&line).unwrap() {
            Event::Finished(finished) => finished,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_verdict_has_an_outcome_and_an_unknown_one_fails() {
        let explained = r#""explanation":"[UP-1] why","differences":[{"what":"x\ny"}]"#;
        for verdict in ["fail", "crash", "timeout", "harness-error", "some-new-verdict"] {
            let case = finished(&format!(r#""verdict":"{verdict}",{explained}"#));
            assert_eq!(case.outcome(), Outcome::Failed("[UP-1] why".to_owned()), "{verdict}");
        }
        for verdict in ["pass", "erratum"] {
            let case = finished(&format!(r#""verdict":"{verdict}""#));
            assert_eq!(case.outcome(), Outcome::Passed, "{verdict}");
        }
        let case = finished(&format!(r#""verdict":"expected-fail",{explained}"#));
        assert_eq!(case.outcome(), Outcome::Ignored("expected-fail: x".to_owned()));
        let case = finished(r#""verdict":"not-applicable","differences":[{"what":"no client"}]"#);
        assert_eq!(case.outcome(), Outcome::Ignored("not-applicable: no client".to_owned()));
        assert_eq!(finished(r#""verdict":"fail""#).outcome(), Outcome::Failed("fail".to_owned()));
    }

    #[test]
    fn the_end_complains_of_what_no_case_tells() {
        let ended = |line: &str| match read(line).unwrap() {
            Event::Ended(ended) => ended.complaints(),
            other => panic!("{other:?}"),
        };
        assert!(
            ended(r#"{"event":"ended","counts":{},"took":1.5,"interrupted":false}"#).is_empty()
        );
        let all = ended(
            r#"{"event":"ended","unmatched":["a/*"],"not_played":[{"why":"gone","cases":3}],"interrupted":true}"#,
        );
        let expected = [
            "no case of this run is the expected failure \"a/*\"",
            "not played: gone (3 cases)",
            "the run was interrupted",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn other_events_are_read_and_other_lines_are_errors() {
        assert_eq!(read::<Event>(r#"{"event":"started","seed":1}"#).unwrap(), Event::Other);
        let error = read::<Event>("peers python, rust").unwrap_err().to_string();
        assert!(error.starts_with("expected an event of framecheck, found \"peers"), "{error}");
    }
}
