//! The list of expected failures: which cases fail, why, and how. An entry that no longer holds is a failure
//! itself.
//!
//! ```toml
//! [[expected]]
//! id = "file-transfer/acme->*"     # a glob of ids; every matching case must fail. A vector's
//!                                  # name may replace the last part of an id
//! reason = "acme writes its length in network byte order; to be mended in 1.3"
//! symptom = "[FT-2]"               # the beginning of the first line that says what is wrong; in a protocol file,
//!                                  # of any such line
//! ```

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};
use located::Mistake;
use model::case::CaseId;
use model::event::CaseResult;
use model::{Difference, Verdict};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::plan::names_of;

/// The first lines of a rewritten file.
const HEAD: &str = "# Failures that are expected, and why. `framecheck run --expected` fails if one of these does not\n\
                    # fail as described; with --rewrite-expected it rewrites this file.\n";

/// Why the list can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ExpectedError {
    /// The file can't be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
    /// It has mistakes; the text shows the place of each.
    #[error("{0}")]
    Mistakes(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    expected: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    id: Spanned<String>,
    reason: Spanned<String>,
    symptom: Spanned<String>,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// A glob of case ids.
    pub id: String,
    /// Why the failure is expected.
    pub reason: String,
    /// The beginning of the first line that says what is wrong.
    pub symptom: String,
}

/// The file that entries come from, and are written back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A separate list.
    List(PathBuf),
    /// The protocol file of the scenario with this name.
    Protocol(PathBuf, String),
}

impl Source {
    fn path(&self) -> &Path {
        match self {
            Self::List(path) | Self::Protocol(path, _) => path,
        }
    }
}

#[derive(Serialize)]
struct Lines {
    expected: Vec<Line>,
}

#[derive(Debug)]
struct Entry {
    line: Line,
    /// The index of its source.
    source: usize,
    matcher: GlobMatcher,
    /// Matching cases that failed, with how they failed.
    failed: Vec<(String, String)>,
    /// Whether every matching case failed as described.
    holds: bool,
    /// Whether it matches a case of the run that is not judged here.
    is_elsewhere: bool,
    /// Whether it may match a case that this run leaves out.
    may_be_left_out: bool,
}

/// A list of expected failures, and how the run's cases match it so far.
#[derive(Debug, Default)]
pub struct ExpectedFailures {
    sources: Vec<Source>,
    entries: Vec<Entry>,
    /// Failures without an entry.
    others: Vec<(String, String)>,
}

impl ExpectedFailures {
    /// Reads the list in a file.
    ///
    /// # Errors
    ///
    /// See [`ExpectedError`]; it reports all mistakes at once.
    pub fn read(path: &Path) -> Result<Self, ExpectedError> {
        let failed = |error| ExpectedError::Read { path: path.to_owned(), error };
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let mistaken = |mistakes: &[Mistake]| {
            ExpectedError::Mistakes(located::show(&text, &path.display().to_string(), mistakes))
        };
        let file: File =
            toml::from_str(&text).map_err(|error| mistaken(&[Mistake::of_toml(&error)]))?;
        let mut mistakes = Vec::new();
        let mut entries = Vec::new();
        for raw in file.expected {
            for (field, what) in [
                (&raw.reason, "say why this failure is expected"),
                (&raw.symptom, "say how it fails: the clause, as [FT-2], or more of the line"),
            ] {
                if field.get_ref().trim().is_empty() {
                    let place = field.span();
                    mistakes.push(Mistake { what: what.to_owned(), place, help: None });
                }
            }
            match Glob::new(raw.id.get_ref()) {
                Ok(glob) => entries.push(Entry::new(raw, glob.compile_matcher())),
                Err(error) => mistakes.push(Mistake {
                    what: format!("this is no pattern of case ids: {}", error.kind()),
                    place: raw.id.span(),
                    help: None,
                }),
            }
        }
        if mistakes.is_empty() {
            let sources = vec![Source::List(path.to_owned())];
            Ok(Self { sources, entries, others: Vec::new() })
        } else {
            Err(mistaken(&mistakes))
        }
    }

    /// Adds the entries that a protocol file has for its own scenario. An id that is not a valid glob matches
    /// nothing.
    pub fn add_protocol(&mut self, path: &Path, scenario: &str, lines: Vec<Line>) {
        let source = self.sources.len();
        self.sources.push(Source::Protocol(path.to_owned(), scenario.to_owned()));
        for line in lines {
            if let Ok(glob) = Glob::new(&line.id) {
                let matcher = glob.compile_matcher();
                self.entries.push(Entry { source, ..Entry::of(line, matcher) });
            }
        }
    }

    /// Compares a case with the list, and adjusts its verdict. A case that is not applicable counts neither as
    /// failed nor as fixed.
    pub fn judge(&mut self, case: &mut CaseResult) {
        if case.verdict == Verdict::NotApplicable {
            return;
        }
        let names = names_of(&case.id, &case.input);
        let id = case.id.to_string();
        let mut shown: Vec<String> = case.differences.iter().map(ToString::to_string).collect();
        if shown.is_empty() {
            shown.push(String::new());
        }
        let symptom = shown.first().cloned().unwrap_or_default();
        let fails = case.verdict.is_failure();
        let mut spoken_of = false;
        for entry in &mut self.entries {
            if !names.iter().any(|name| entry.matcher.is_match(name)) {
                continue;
            }
            if fails {
                entry.failed.push((id.clone(), symptom.clone()));
            }
            // The owner of a protocol file may name any failing check, as one failure often causes others.
            let lines = match self.sources.get(entry.source) {
                Some(Source::Protocol(..)) => &shown[..],
                _ => shown.get(..1).unwrap_or_default(),
            };
            let as_it_says =
                fails && lines.iter().any(|line| is_as_said(line, &entry.line.symptom));
            entry.holds &= as_it_says;
            if as_it_says && !spoken_of {
                case.verdict = Verdict::ExpectedFail;
                case.evidence = None;
            } else if !as_it_says {
                let Line { id, reason, symptom } = &entry.line;
                let path = self.sources.get(entry.source).map_or(Path::new(""), Source::path);
                let instead = if fails {
                    "it fails in another way".to_owned()
                } else {
                    format!("its verdict is {}", case.verdict.name())
                };
                let what = format!(
                    "expected to fail with {symptom:?} ({reason}), but {instead}; see {id:?} in {}",
                    path.display()
                );
                case.verdict = Verdict::Fail;
                case.differences.insert(0, Difference::told("", what));
            }
            spoken_of = true;
        }
        if fails && !spoken_of {
            self.others.push((id, symptom));
        }
    }

    /// Records a case that is not judged here: another shard plays it, or an earlier part of this run did.
    /// `input` is the name of its input.
    pub fn note_elsewhere(&mut self, id: &CaseId, input: &str) {
        let names = names_of(id, input);
        for entry in self.entries.iter_mut().filter(|entry| !entry.is_elsewhere) {
            entry.is_elsewhere = names.iter().any(|name| entry.matcher.is_match(name));
        }
    }

    /// Records what this run does not play. If the run `is_partial`, an entry of a protocol file may match a
    /// case that was left out. An entry may also name a pairing of a peer that does not play.
    pub fn note_left_out(&mut self, is_partial: bool, pairings: &[String]) {
        for entry in &mut self.entries {
            let is_of_file = matches!(self.sources.get(entry.source), Some(Source::Protocol(..)));
            entry.may_be_left_out =
                is_of_file && (is_partial || !names_pairing(&entry.line.id, pairings));
        }
    }

    /// The entries that matched no case.
    #[must_use]
    pub fn unmatched(&self) -> Vec<String> {
        let is_unmatched =
            |entry: &&Entry| entry.is_unmet() && !entry.is_elsewhere && !entry.may_be_left_out;
        let unmatched = self.entries.iter().filter(is_unmatched);
        unmatched.map(|entry| entry.line.id.clone()).collect()
    }

    /// Each list, rewritten for this run. Entries that hold stay; others are removed. A failure without an
    /// entry gets one, with the reason left empty. It goes to the separate list, if there is one, or to its
    /// scenario's protocol file.
    #[must_use]
    pub fn rewritten(&self) -> Vec<(Source, Vec<Line>)> {
        let mut others = self.others.clone();
        others.sort();
        let has_list = self.sources.iter().any(|source| matches!(source, Source::List(_)));
        let list = |(number, source): (usize, &Source)| {
            let mut lines = self.kept(number);
            let is_its = |id: &str| match source {
                Source::List(_) => true,
                Source::Protocol(_, name) => {
                    !has_list && id.split_once('/').is_some_and(|(scenario, _)| scenario == name)
                }
            };
            let new = others.iter().filter(|(id, _)| is_its(id));
            lines.extend(new.map(|(id, symptom)| Line::exactly(id, symptom, "")));
            (source.clone(), lines)
        };
        self.sources.iter().enumerate().map(list).collect()
    }

    /// The remaining entries of a source.
    fn kept(&self, source: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.source == source) {
            if entry.holds && !entry.failed.is_empty() || entry.is_unmet() && entry.may_be_left_out
            {
                lines.push(entry.line.clone());
                continue;
            }
            let reason = &entry.line.reason;
            let mut failed = entry.failed.clone();
            failed.sort();
            lines.extend(failed.iter().map(|(id, symptom)| Line::exactly(id, symptom, reason)));
        }
        lines
    }
}

/// Writes a separate list.
///
/// # Errors
///
/// The file can't be written.
pub fn write_list(path: &Path, lines: Vec<Line>) -> io::Result<()> {
    let mut text = HEAD.to_owned();
    let body = toml::to_string(&Lines { expected: lines }).map_err(io::Error::other)?;
    let _ = write!(text, "\n{body}");
    std::fs::write(path, text)
}

/// Whether a pattern of ids can match one of these pairings, as far as it names one.
fn names_pairing(id: &str, pairings: &[String]) -> bool {
    let Some(glob) = id.split('/').nth(1).and_then(|part| Glob::new(part).ok()) else {
        return true;
    };
    let matcher = glob.compile_matcher();
    id.contains("**") || pairings.iter().any(|pairing| matcher.is_match(pairing))
}

/// Whether a failure matches an entry's symptom: its line begins with it, with or without the bracket, or the
/// text after the clause does.
fn is_as_said(line: &str, symptom: &str) -> bool {
    let behind = line.split_once("] ").map_or("", |(_, behind)| behind);
    [line, line.trim_start_matches('['), behind].iter().any(|text| text.starts_with(symptom))
}

impl Entry {
    fn new(raw: RawEntry, matcher: GlobMatcher) -> Self {
        let line = Line {
            id: raw.id.into_inner(),
            reason: raw.reason.into_inner(),
            symptom: raw.symptom.into_inner(),
        };
        Self::of(line, matcher)
    }

    const fn of(line: Line, matcher: GlobMatcher) -> Self {
        let failed = Vec::new();
        Self {
            line,
            source: 0,
            matcher,
            failed,
            holds: true,
            is_elsewhere: false,
            may_be_left_out: false,
        }
    }

    /// Whether it has matched no case.
    const fn is_unmet(&self) -> bool {
        self.holds && self.failed.is_empty()
    }
}

impl Line {
    fn exactly(id: &str, symptom: &str, reason: &str) -> Self {
        Self { id: globset::escape(id), reason: reason.to_owned(), symptom: symptom.to_owned() }
    }
}
