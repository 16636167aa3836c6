//! What a run tells. Reports see these and nothing else.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::case::{CaseId, Network, Transport};
use crate::catalogue::{Expected, Input};
use crate::judge::{Difference, Verdict};
use crate::observation::Observation;

/// One thing that happened in a run.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run begins.
    Started(Start),
    /// A case is over.
    Finished(Box<CaseResult>),
    /// The run is over.
    Ended(End),
}

/// See [`Event::Started`].
#[derive(Debug, Clone, Serialize)]
pub struct Start {
    /// Version of framecheck.
    pub framecheck: &'static str,
    /// The seed of the generated inputs.
    pub seed: u64,
    /// How many cases there are.
    pub cases: usize,
    /// The peers, the reference first.
    pub peers: Vec<PeerInfo>,
    /// The pairings that occur, in order.
    pub pairings: Vec<String>,
    /// The built-in programs that are not installed, so that nothing is played with them: what is
    /// missing, and how it is had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// A peer, for reports.
#[derive(Debug, Clone, Serialize)]
pub struct PeerInfo {
    /// Its name.
    pub name: String,
    /// What it is written in.
    pub language: String,
    /// The manifest that describes it, unless it is built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<PathBuf>,
}

/// See [`Event::Finished`].
#[derive(Debug, Clone, Serialize)]
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errata: Vec<&'static str>,
    /// Why it is not a pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// All there is to know of a case that went wrong.
    #[serde(skip)]
    pub evidence: Option<Box<Evidence>>,
}

/// What a failure is explained with.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    /// What was put in.
    pub input: Input,
    /// What is right.
    pub expected: Expected,
    /// What was seen.
    pub observed: Observation,
    /// The smallest input that goes wrong in the same way, if one was looked for and found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smallest: Option<Box<Smallest>>,
}

/// The end of a failing input's shrinking.
#[derive(Debug, Clone, Serialize)]
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
    /// Whether it was interrupted: then cases are missing.
    pub interrupted: bool,
}

impl serde::Serialize for Transport {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

fn as_seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
