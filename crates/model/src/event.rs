//! The events of a run. Reports see only these.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::case::{CaseId, Network, Transport};
use crate::observation::Observation;
use crate::shard::Shard;
use crate::shell;
use crate::{Check, Difference, Expected, Input, Verdict};

/// The default number of generated inputs per scenario.
pub const USUAL_CASES: u32 = 48;

/// Receives every event of a run, in order.
pub trait Sink {
    /// Handles one event.
    ///
    /// # Errors
    ///
    /// Its output can't be written.
    fn take(&mut self, event: &Event) -> io::Result<()>;
}

/// An event of a run.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run begins.
    Started(Box<Start>),
    /// A case has ended.
    Finished(Box<CaseResult>),
    /// The run has ended.
    Ended(End),
}

/// The data of [`Event::Started`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Version of framecheck.
    pub framecheck: String,
    /// The seed of the generated inputs.
    pub seed: u64,
    /// Generated inputs for each scenario.
    pub generated: u32,
    /// The selection of cases.
    pub selection: Chosen,
    /// The part of the run, if it is not the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The number of cases in this part.
    pub cases: usize,
    /// The peers, the reference first.
    pub peers: Vec<PeerInfo>,
    /// The files that describe scenarios.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<ProtocolInfo>,
    /// The pairings of the whole run, in order.
    pub pairings: Vec<String>,
    /// The built-in programs that are not installed, and so not played: what is missing, and how to get it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The programs that framecheck does not start, and what it therefore does not judge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_judged: Vec<String>,
}

impl Start {
    /// The options that restrict or extend the default matrix, as a user types them; `None` for the default
    /// matrix.
    #[must_use]
    pub fn limits(&self) -> Option<String> {
        let Chosen {
            scenario,
            pairing,
            transport,
            network,
            skip,
            input,
            skip_input,
            quick,
            only,
            expected: _,
        } = &self.selection;
        let mut words: Vec<String> = quick.then(|| "--quick".to_owned()).into_iter().collect();
        for (option, values) in [
            ("--scenario", scenario),
            ("--pairing", pairing),
            ("--transport", transport),
            ("--network", network),
            ("--skip", skip),
            ("--input", input),
            ("--skip-input", skip_input),
        ] {
            words.extend(values.iter().flat_map(|value| [option.to_owned(), value.clone()]));
        }
        words.extend(only.iter().flat_map(|file| ["--only".to_owned(), file.clone()]));
        if self.generated != USUAL_CASES {
            words.extend(["--cases".to_owned(), self.generated.to_string()]);
        }
        if let Some(shard) = self.shard {
            words.extend(["--shard".to_owned(), shard.to_string()]);
        }
        let typed = shell::line(words);
        (!typed.is_empty()).then_some(typed)
    }
}

/// The options that select the cases and decide how they are judged, as the user gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Globs of scenario names.
    pub scenario: Vec<String>,
    /// Pairings.
    pub pairing: Vec<String>,
    /// Transports.
    pub transport: Vec<String>,
    /// Globs of networks.
    pub network: Vec<String>,
    /// Globs of case ids to skip.
    pub skip: Vec<String>,
    /// Globs of inputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input: Vec<String>,
    /// Globs of inputs to skip.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip_input: Vec<String>,
    /// Whether only the few cases that find most failures were selected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quick: bool,
    /// The file with the ids of the only selected cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// SHA-256 of the list of expected failures, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// A protocol file, for reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtocolInfo {
    /// The scenario that it describes.
    pub scenario: String,
    /// The path of the file.
    pub file: PathBuf,
    /// The path as the user typed it, in the run that plays it.
    #[serde(skip)]
    pub as_typed: Option<PathBuf>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// A peer, for reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerInfo {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Its version, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// SHA-256 of the manifest that describes it, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_sha256: Option<String>,
    /// The manifest that describes it, unless it is built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<PathBuf>,
    /// The path as the user typed it, in the run that plays it.
    #[serde(skip)]
    pub as_typed: Option<PathBuf>,
}

/// The data of [`Event::Finished`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaseResult {
    /// The case.
    pub id: CaseId,
    /// Its scenario.
    pub scenario: String,
    /// Its pairing.
    pub pairing: String,
    /// Its transport.
    pub transport: Transport,
    /// Its network.
    pub network: Network,
    /// The vector's name, or `generated`.
    pub input: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// The clause that is violated, or that an erratum violates; otherwise the scenario's first clause.
    pub clause: String,
    /// How long it took.
    pub seconds: f64,
    /// The errata that showed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errata: Vec<String>,
    /// The reasons, if it did not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// The evidence of a failed case.
    #[serde(skip)]
    pub evidence: Option<Box<Evidence>>,
}

/// The evidence of a failure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Evidence {
    /// The input. `None` if it is too long and is [left out](Self::left_out); the case's id stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// What is right.
    pub expected: Expected,
    /// What was seen.
    pub observed: Observation,
    /// The smallest input that fails in the same way, if a search found one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smallest: Option<Box<Smallest>>,
    /// What is missing here, if the evidence is incomplete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<Box<LeftOut>>,
}

/// What is missing in a failure's evidence because it is too long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The first failure with the same symptom, whose evidence has more. `None` if this is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<CaseId>,
    /// Whether the input is missing. The case's id stands for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub input: bool,
    /// The number of later wire events that are missing.
    pub wire_events: usize,
    /// The byte sequences of which only a part is kept: the beginning, or, for a program's output, the end.
    pub cut: Vec<Cut>,
}

/// A byte sequence that is kept only in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Its place in the evidence, such as `observed.client.stderr`.
    pub place: String,
    /// Its full length.
    pub bytes: usize,
    /// The SHA-256 of the full sequence, in hexadecimal.
    pub sha256: String,
}

/// Says that something is missing, and which case has more.
impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.like {
            Some(like) => {
                write!(
                    f,
                    "not all of its bytes are kept; {like} failed in the same way and has more"
                )
            }
            None => f.write_str("not all of its bytes are kept: there are too many"),
        }
    }
}

/// What failures with one cause have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symptom {
    /// The scenario.
    pub scenario: String,
    /// The pairing.
    pub pairing: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The violated clause.
    pub clause: String,
    /// The check that found the failure first.
    pub check: Option<Check>,
}

impl CaseResult {
    /// What this case has in common with other failures of the same cause.
    #[must_use]
    pub fn symptom(&self) -> Symptom {
        Symptom {
            scenario: self.scenario.clone(),
            pairing: self.pairing.clone(),
            verdict: self.verdict,
            clause: self.clause.clone(),
            check: self.differences.first().and_then(|difference| difference.check),
        }
    }
}

/// The result of minimising a failing input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Smallest {
    /// The input.
    pub input: Input,
    /// The network.
    pub network: Network,
    /// The differences that it causes.
    pub differences: Vec<Difference>,
    /// How many inputs were tried.
    pub tried: u32,
}

/// The data of [`Event::Ended`].
#[derive(Debug, Clone, Serialize)]
pub struct End {
    /// The number of cases for each verdict.
    pub counts: BTreeMap<&'static str, usize>,
    /// How long the run took.
    #[serde(serialize_with = "as_seconds")]
    pub took: Duration,
    /// Expected failures that match no case of this run. They fail the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<String>,
    /// Cases that were not played because what they needed was gone. They fail the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_played: Vec<NotPlayed>,
    /// Whether the run was interrupted, so that cases are missing.
    pub interrupted: bool,
}

/// An entry of [`End::not_played`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotPlayed {
    /// What was gone, and since when.
    pub why: String,
    /// How many cases were not played for this reason; 0 if it was gone after the last case.
    pub cases: usize,
}

impl std::fmt::Display for NotPlayed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.cases {
            0 => write!(f, "{}; all its cases were played", self.why),
            1 => write!(f, "{}; 1 case was not played", self.why),
            cases => write!(f, "{}; {cases} cases were not played", self.why),
        }
    }
}

impl End {
    /// The number of cases with this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.counts.get(verdict.name()).copied().unwrap_or_default()
    }

    /// Whether no case failed, all were played, and every expected failure happened.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.unmatched.is_empty()
            && self.not_played.is_empty()
            && !Verdict::ALL.into_iter().any(|it| it.is_failure() && self.count(it) > 0)
    }
}

fn as_seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
