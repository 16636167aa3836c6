//! What a run tells. Reports see these and nothing else.

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

/// Generated inputs a scenario, unless told otherwise.
pub const USUAL_CASES: u32 = 48;

/// Takes every event of a run, in order.
pub trait Sink {
    /// Take one event.
    ///
    /// # Errors
    /// What it writes to fails.
    fn take(&mut self, event: &Event) -> io::Result<()>;
}

/// One thing that happened in a run.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run begins.
    Started(Box<Start>),
    /// A case is over.
    Finished(Box<CaseResult>),
    /// The run is over.
    Ended(End),
}

/// See [`Event::Started`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Version of framecheck.
    pub framecheck: String,
    /// The seed of the generated inputs.
    pub seed: u64,
    /// Generated inputs for each scenario.
    pub generated: u32,
    /// What was selected.
    pub selection: Chosen,
    /// Which part of the run this is, if it isn't all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// How many cases there are in this part.
    pub cases: usize,
    /// The peers, the reference first.
    pub peers: Vec<PeerInfo>,
    /// The files of the scenarios that are described by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<ProtocolInfo>,
    /// The pairings that occur in the whole run, in order.
    pub pairings: Vec<String>,
    /// The built-in programs that are not installed, so that nothing is played with them: what is
    /// missing, and how it is had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The programs that framecheck does not start, and what of them is therefore not judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_judged: Vec<String>,
}

impl Start {
    /// The options that made this a part of the default matrix, or more than that, as one types them;
    /// nothing if it is just that.
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

/// The options that chose the cases and say how they are judged, as they were given.
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
    /// Globs of case ids that were left out.
    pub skip: Vec<String>,
    /// Globs of inputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input: Vec<String>,
    /// Globs of inputs that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip_input: Vec<String>,
    /// Whether only the few cases that catch most were chosen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quick: bool,
    /// The file with the ids of the only cases that were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// SHA-256 of the list of expected failures, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// A protocol's file, for reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtocolInfo {
    /// The scenario that it describes.
    pub scenario: String,
    /// Where it is.
    pub file: PathBuf,
    /// The same as it was typed, in the run that plays it.
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
    /// What it is written in.
    pub language: String,
    /// Its version, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// SHA-256 of the manifest that describes it, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_sha256: Option<String>,
    /// The manifest that describes it, unless it is built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<PathBuf>,
    /// The same as it was typed, in the run that plays it.
    #[serde(skip)]
    pub as_typed: Option<PathBuf>,
}

/// See [`Event::Finished`].
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
    /// How it came out.
    pub verdict: Verdict,
    /// The clause that is broken, or that an erratum goes against; else the scenario's first.
    pub clause: String,
    /// How long it took.
    pub seconds: f64,
    /// The errata that showed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errata: Vec<String>,
    /// Why it is not a pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// All there is to know of a case that went wrong.
    #[serde(skip)]
    pub evidence: Option<Box<Evidence>>,
}

/// What a failure is explained with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Evidence {
    /// What was put in; `None` where it is long and [`left_out`](Self::left_out). The case's id stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// What is right.
    pub expected: Expected,
    /// What was seen.
    pub observed: Observation,
    /// The smallest input that goes wrong in the same way, if one was looked for and found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smallest: Option<Box<Smallest>>,
    /// What of all this is not here, if it is not whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<Box<LeftOut>>,
}

/// What a failure's evidence lacks, since it would be long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The first failure of the same symptom, whose evidence has more; `None` if this is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<CaseId>,
    /// The input, all of it: the case's id stands for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub input: bool,
    /// Events on the wire behind those that are here.
    pub wire_events: usize,
    /// The byte sequences of which only a part is here: the beginning, or of what a program printed the end.
    pub cut: Vec<Cut>,
}

/// A byte sequence of which evidence has a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Where it is in the evidence, such as `observed.client.stderr`.
    pub place: String,
    /// How long it is, all of it.
    pub bytes: usize,
    /// The SHA-256 of all of it, in hexadecimal.
    pub sha256: String,
}

/// Says that something is missing, and where there is more.
impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.like {
            Some(like) => {
                write!(f, "not all of its bytes are kept; {like} failed alike, and has more")
            }
            None => f.write_str("not all of its bytes are kept: there are too many"),
        }
    }
}

/// What failures of one cause have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symptom {
    /// The scenario.
    pub scenario: String,
    /// The pairing.
    pub pairing: String,
    /// How it came out.
    pub verdict: Verdict,
    /// The clause that is broken.
    pub clause: String,
    /// The check that found it first.
    pub check: Option<Check>,
}

impl CaseResult {
    /// What this has in common with other failures of its cause.
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

/// The end of a failing input's shrinking.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Smallest {
    /// The input.
    pub input: Input,
    /// The network.
    pub network: Network,
    /// What is different with it.
    pub differences: Vec<Difference>,
    /// How many inputs were tried.
    pub tried: u32,
}

/// See [`Event::Ended`].
#[derive(Debug, Clone, Serialize)]
pub struct End {
    /// Cases by verdict, every verdict there is.
    pub counts: BTreeMap<&'static str, usize>,
    /// How long the run took.
    #[serde(serialize_with = "as_seconds")]
    pub took: Duration,
    /// Expected failures that are none of this run's: a failure, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<String>,
    /// Cases that were not played, for what they needed was gone: a failure, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_played: Vec<NotPlayed>,
    /// Whether it was interrupted: then cases are missing.
    pub interrupted: bool,
}

/// See [`End::not_played`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotPlayed {
    /// What was gone, and since when.
    pub why: String,
    /// How many cases were not played for that; none, where it went with the last.
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
    /// How many cases came out like this.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.counts.get(verdict.name()).copied().unwrap_or_default()
    }

    /// Whether no case has failed, all were played, and every expected failure was seen.
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
