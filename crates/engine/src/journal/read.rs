//! Reads a journal: first which cases it has, then the events.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::Verdict;
use model::case::CaseId;
use model::event::{CaseResult, Evidence, PeerInfo, ProtocolInfo, Start};
use serde::Deserialize;

use super::{FORM, JournalError, NAME};

/// The part of a line that must be known for all lines at once.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Glance {
    Run { journal: u32, start: serde_json::Value },
    Case { at: f64, result: Outcome },
    End { seconds: f64, unmatched: Vec<String> },
}

#[derive(Deserialize)]
struct Outcome {
    id: CaseId,
    input: String,
    verdict: Verdict,
}

/// A case's line in full.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Case { result: Box<CaseResult>, evidence: Option<Box<Evidence>> },
}

/// The last line of a case.
#[derive(Debug, Clone)]
struct Place {
    offset: u64,
    verdict: Verdict,
    /// The name of its input.
    input: String,
}

/// The contents of a journal.
#[derive(Debug)]
pub struct Recorded {
    path: PathBuf,
    start: Start,
    /// The offset after the last whole line, in bytes.
    whole_bytes: u64,
    cases: HashMap<CaseId, Place>,
    seconds: f64,
    end: Option<Vec<String>>,
}

impl Recorded {
    /// Reads the journal of the run in this directory. `None` if there is none, or not even its first line.
    ///
    /// # Errors
    ///
    /// See [`JournalError`].
    pub fn read(directory: &Path) -> Result<Option<Self>, JournalError> {
        let path = directory.join(NAME);
        let failed = |error| JournalError::Io { path: path.clone(), error };
        let mut lines = match Lines::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let Some((_, head)) = lines.next_line().map_err(failed)? else { return Ok(None) };
        let start = read_head(&path, &head)?;
        let mut recorded = Self {
            path: path.clone(),
            start,
            whole_bytes: lines.offset,
            cases: HashMap::new(),
            seconds: 0.0,
            end: None,
        };
        // An invalid line is accepted if it is the last.
        let mut torn = None;
        while let Some((offset, line)) = lines.next_line().map_err(failed)? {
            if let Some(torn) = torn {
                return Err(torn);
            }
            match serde_json::from_slice(&line) {
                Ok(Glance::Run { .. }) => torn = Some(lines.bad(&path, "it begins another run")),
                Ok(glance) => {
                    recorded.take(offset, glance);
                    recorded.whole_bytes = lines.offset;
                }
                Err(error) => torn = Some(lines.bad(&path, &error.to_string())),
            }
        }
        Ok(Some(recorded))
    }

    fn take(&mut self, offset: u64, glance: Glance) {
        match glance {
            Glance::Run { .. } => {}
            Glance::Case { at, result: Outcome { id, input, verdict } } => {
                self.cases.insert(id, Place { offset, verdict, input });
                self.seconds = self.seconds.max(at);
                self.end = None;
            }
            Glance::End { seconds, unmatched } => {
                self.seconds = self.seconds.max(seconds);
                self.end = Some(unmatched);
            }
        }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run's start event.
    #[must_use]
    pub const fn start(&self) -> &Start {
        &self.start
    }

    /// The offset after the last whole line, in bytes.
    #[must_use]
    pub const fn whole_bytes(&self) -> u64 {
        self.whole_bytes
    }

    /// How long the run took until the last line.
    #[must_use]
    pub fn took(&self) -> Duration {
        Duration::try_from_secs_f64(self.seconds).unwrap_or_default()
    }

    /// The expected failures that match no case of the run, if the run was completed.
    #[must_use]
    pub fn unmatched(&self) -> Option<&[String]> {
        self.end.as_deref()
    }

    /// Every case that has a result.
    pub fn ids(&self) -> impl Iterator<Item = &CaseId> {
        self.cases.keys()
    }

    /// The same, each with the name of its input.
    pub fn named(&self) -> impl Iterator<Item = (&CaseId, &str)> {
        self.cases.iter().map(|(id, place)| (id, place.input.as_str()))
    }

    /// Whether a case has a result.
    #[must_use]
    pub fn has(&self, id: &CaseId) -> bool {
        self.cases.contains_key(id)
    }

    /// The number of cases, by verdict.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for place in self.cases.values() {
            *counts.entry(place.verdict.name()).or_default() += 1;
        }
        counts
    }

    /// Drops cases that could not be played: they have no result.
    pub fn forget_harness_errors(&mut self) {
        self.cases.retain(|_, place| place.verdict != Verdict::HarnessError);
    }

    /// Checks that it belongs to the run that `start` begins.
    ///
    /// # Errors
    ///
    /// [`JournalError::OtherRun`].
    pub fn is_of(&self, start: &Start) -> Result<(), JournalError> {
        let mut how = differences((&self.start, "it"), (start, "this run"));
        if self.start.shard != start.shard {
            let told = |start: &Start| match start.shard {
                Some(shard) => format!("shard {shard}"),
                None => "no shard".to_owned(),
            };
            how.push(format!("it is {}, this run is {}", told(&self.start), told(start)));
        }
        if how.is_empty() && self.start.cases != start.cases {
            how.push(format!("it has {} cases, this run has {}", self.start.cases, start.cases));
        }
        let path = self.path.clone();
        if how.is_empty() { Ok(()) } else { Err(JournalError::OtherRun { path, how }) }
    }

    /// Checks that it has only cases of the run. After two runs wrote there, it has others.
    ///
    /// # Errors
    ///
    /// [`JournalError::OtherRun`].
    pub fn has_only<'a>(
        &self,
        planned: impl Iterator<Item = &'a CaseId>,
    ) -> Result<(), JournalError> {
        let planned: HashSet<&CaseId> = planned.collect();
        let strangers = || self.cases.keys().filter(|id| !planned.contains(id));
        let Some(first) = strangers().min() else { return Ok(()) };
        let count = strangers().count();
        let how = vec![format!("it has {count} that this run does not have, such as {first}")];
        Err(JournalError::OtherRun { path: self.path.clone(), how })
    }

    /// Replays every case, in the order in which they were written.
    ///
    /// # Errors
    ///
    /// See [`JournalError`].
    pub fn replay(&self, mut listener: impl FnMut(Box<CaseResult>)) -> Result<(), JournalError> {
        let failed = |error| JournalError::Io { path: self.path.clone(), error };
        let mut places: Vec<u64> = self.cases.values().map(|place| place.offset).collect();
        places.sort_unstable();
        let mut lines = Lines::open(&self.path).map_err(failed)?;
        for place in places {
            lines.seek(place).map_err(failed)?;
            let Some((_, line)) = lines.next_line().map_err(failed)? else { break };
            let Line::Case { mut result, evidence } = serde_json::from_slice(&line)
                .map_err(|error| lines.bad(&self.path, &error.to_string()))?;
            result.evidence = evidence;
            listener(result);
        }
        Ok(())
    }
}

fn read_head(path: &Path, head: &[u8]) -> Result<Start, JournalError> {
    let bad = |why: String| JournalError::Line { path: path.to_owned(), line: 1, why };
    let (form, start) = match serde_json::from_slice(head) {
        Ok(Glance::Run { journal, start }) => (journal, start),
        Ok(_) => return Err(bad("expected the line that describes the run".to_owned())),
        Err(error) => return Err(bad(error.to_string())),
    };
    // If another version wrote it, the rest is not read.
    let found = start.get("framecheck").and_then(|it| it.as_str()).unwrap_or("?").to_owned();
    if form != FORM || found != env!("CARGO_PKG_VERSION") {
        return Err(JournalError::Version { path: path.to_owned(), found });
    }
    Start::deserialize(start).map_err(|error| bad(error.to_string()))
}

/// The differences between two runs, apart from the shard, in words; `by` names the two.
#[must_use]
pub fn differences(
    (one, one_is): (&Start, &str),
    (other, other_is): (&Start, &str),
) -> Vec<String> {
    fn told<T: std::fmt::Debug>(value: &T) -> String {
        format!("{value:?}")
    }
    let peers = |start: &Start| start.peers.iter().map(peer_told).collect::<Vec<_>>().join(", ");
    let protocols = |start: &Start| {
        let told = |it: &ProtocolInfo| format!("{} of {}", it.scenario, it.sha256);
        start.protocols.iter().map(told).collect::<Vec<_>>().join(", ")
    };
    let all = |start: &Start| {
        let chosen = &start.selection;
        [
            ("version", start.framecheck.clone()),
            ("seed", start.seed.to_string()),
            ("--cases", start.generated.to_string()),
            ("--scenario", told(&chosen.scenario)),
            ("--pairing", told(&chosen.pairing)),
            ("--transport", told(&chosen.transport)),
            ("--network", told(&chosen.network)),
            ("--skip", told(&chosen.skip)),
            ("--input", told(&chosen.input)),
            ("--skip-input", told(&chosen.skip_input)),
            ("--quick", chosen.quick.to_string()),
            ("--expected", chosen.expected.clone().unwrap_or_else(|| "none".to_owned())),
            ("peers", peers(start)),
            ("protocols", protocols(start)),
        ]
    };
    let both = all(one).into_iter().zip(all(other));
    let differing = both.filter(|((_, one), (_, other))| one != other);
    differing
        .map(|((what, one), (_, other))| {
            format!("{what}: {one_is} has {one}, {other_is} has {other}")
        })
        .collect()
}

/// A description of a peer for comparison. It does not include the manifest's path.
fn peer_told(peer: &PeerInfo) -> String {
    let PeerInfo { name, language, version, manifest_sha256, manifest: _, as_typed: _ } = peer;
    let version = version.as_deref().unwrap_or("of no known version");
    let manifest = match manifest_sha256 {
        Some(digest) => format!(", manifest {digest}"),
        None => String::new(),
    };
    format!("{name} ({language} {version}{manifest})")
}

/// Whole lines of a file, and their offsets.
struct Lines {
    file: BufReader<File>,
    offset: u64,
    number: usize,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufReader::new(File::open(path)?), offset: 0, number: 0 })
    }

    fn seek(&mut self, offset: u64) -> io::Result<()> {
        if offset != self.offset {
            self.file.seek(SeekFrom::Start(offset))?;
            self.offset = offset;
        }
        Ok(())
    }

    /// The next line and its place; `None` at the end, and at an incomplete line.
    fn next_line(&mut self) -> io::Result<Option<(u64, Vec<u8>)>> {
        let mut line = Vec::new();
        let read = self.file.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Ok(None);
        }
        let offset = self.offset;
        self.offset += read as u64;
        self.number += 1;
        Ok(Some((offset, line)))
    }

    fn bad(&self, path: &Path, why: &str) -> JournalError {
        JournalError::Line { path: path.to_owned(), line: self.number, why: why.to_owned() }
    }
}
