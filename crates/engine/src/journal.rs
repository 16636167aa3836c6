//! `journal.jsonl`: the results of a run so far, one line per case, written as they arrive. An interrupted run
//! continues from it, and shards are merged from it: the reports get the same events again.
//!
//! ```json
//! {"run":{"journal":1,"start":{"framecheck":"0.1.0","seed":0,…}}}
//! {"case":{"at":1.5,"result":{"id":"…","verdict":"pass",…},"evidence":null}}
//! {"end":{"seconds":70.3,"unmatched":[]}}
//! ```
//!
//! If a case has several lines, the last one counts. If the final line, `end`, is missing, cases are missing.
//! Each line is written in one call. So a killed run leaves at most one torn line, the last, which is dropped.
//! A power failure may lose more.

mod read;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use model::event::{CaseResult, Event, Evidence, Sink, Start};
pub use read::{Recorded, differences};
use serde::Serialize;

/// The file's name in the directory of a run.
pub const NAME: &str = "journal.jsonl";
/// The version of its form.
const FORM: u32 = 1;

/// Why a journal can't be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It can't be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
    /// A line, not the last, is not valid.
    #[error("line {line} of {} does not belong to a run's journal: {why}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Another version wrote it, or it has another form.
    #[error("{} was written by framecheck {found}, this is framecheck {}", path.display(), env!("CARGO_PKG_VERSION"))]
    Version {
        /// The file.
        path: PathBuf,
        /// The version that wrote it.
        found: String,
    },
    /// It belongs to another run.
    #[error("{} is the journal of another run: {}", path.display(), how.join("; "))]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// The differences.
        how: Vec<String>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Line<'a> {
    Run { journal: u32, start: &'a Start },
    Case { at: f64, result: &'a CaseResult, evidence: Option<&'a Evidence> },
    End { seconds: f64, unmatched: &'a [String] },
}

/// Writes a journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
    /// The length of all whole lines, in bytes.
    len: u64,
    /// How long earlier parts of the run took.
    before: Duration,
    begun: Instant,
    is_new: bool,
}

impl Journal {
    /// Starts a new journal in this directory, and replaces an existing one.
    ///
    /// # Errors
    ///
    /// It can't be made.
    pub fn create(directory: &Path) -> io::Result<Self> {
        let path = directory.join(NAME);
        File::create(&path)?;
        Self::open(&path, 0, Duration::ZERO, true)
    }

    /// Continues the journal that was read. Cuts off a torn line at its end.
    ///
    /// # Errors
    ///
    /// It can't be written.
    pub fn reopen(recorded: &Recorded) -> io::Result<Self> {
        let journal = Self::open(recorded.path(), recorded.whole_bytes(), recorded.took(), false)?;
        journal.file.set_len(journal.len)?;
        Ok(journal)
    }

    fn open(path: &Path, len: u64, before: Duration, is_new: bool) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Self { file, len, before, begun: Instant::now(), is_new })
    }

    /// Appends a whole line, or nothing.
    fn append(&mut self, line: &Line<'_>) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let written = self.file.write_all(&text);
        match written {
            Ok(()) => self.len += text.len() as u64,
            // A partial line would make later lines invalid.
            Err(_) => self.file.set_len(self.len)?,
        }
        written
    }
}

impl Sink for Journal {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(start) if self.is_new => {
                self.append(&Line::Run { journal: FORM, start })
            }
            Event::Started(_) => Ok(()),
            Event::Finished(result) => {
                let at = (self.before + self.begun.elapsed()).as_secs_f64();
                self.append(&Line::Case { at, result, evidence: result.evidence.as_deref() })
            }
            // The run may continue later.
            Event::Ended(end) if end.interrupted => Ok(()),
            Event::Ended(end) => {
                let seconds = end.took.as_secs_f64();
                self.append(&Line::End { seconds, unmatched: &end.unmatched })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use model::event::Chosen;
    use model::{Difference, Verdict};
    use proptest::prelude::*;

    use super::*;

    /// No scenario of this program has these names.
    #[test]
    fn a_journal_is_read_without_the_scenarios_that_it_names() {
        let id: model::case::CaseId = "sing/choir->acme/tcp4/asis/9f2c41d0".parse().unwrap();
        let result = CaseResult {
            scenario: id.scenario.clone(),
            pairing: id.pairing.to_string(),
            transport: id.transport,
            network: id.network.clone(),
            input: "generated".to_owned(),
            verdict: Verdict::Fail,
            clause: "SI-1".to_owned(),
            seconds: 0.25,
            errata: vec!["sing-out-of-tune".to_owned()],
            differences: vec![Difference::told("SI-1", "out of tune")],
            evidence: None,
            id,
        };
        let start = Start {
            framecheck: env!("CARGO_PKG_VERSION").to_owned(),
            seed: 0,
            generated: 0,
            selection: Chosen::default(),
            shard: None,
            cases: 1,
            peers: Vec::new(),
            protocols: Vec::new(),
            pairings: Vec::new(),
            missing: Vec::new(),
            not_judged: Vec::new(),
        };
        let directory = tempfile::tempdir().unwrap();
        let path: &Path = directory.path();
        let mut journal = Journal::create(path).unwrap();
        journal.take(&Event::Started(Box::new(start))).unwrap();
        journal.take(&Event::Finished(Box::new(result.clone()))).unwrap();
        let recorded = Recorded::read(path).unwrap().unwrap();
        let mut read = Vec::new();
        recorded.replay(|result| read.push(result)).unwrap();
        let [read] = &read[..] else { panic!("{read:?}") };
        assert_eq!((&read.clause, &read.errata), (&result.clause, &result.errata));
        assert_eq!(read.differences, result.differences);
    }

    proptest! {
        /// A merged report has each case's time exactly as its shard has it.
        #[test]
        fn a_number_comes_back_from_the_journal_as_it_was(seconds in 0.0..1000.0_f64) {
            let line = serde_json::to_string(&seconds).unwrap();
            prop_assert_eq!(serde_json::from_str::<f64>(&line).unwrap(), seconds);
        }
    }
}
