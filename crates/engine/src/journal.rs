//! `journal.jsonl`: what a run has found so far, a line a case, written as it comes. From it a run that
//! was broken off goes on, and shards are merged, by telling the reports the same events again.
//!
//! ```json
//! {"run":{"journal":1,"start":{"framecheck":"0.1.0","seed":0,…}}}
//! {"case":{"at":1.5,"result":{"id":"…","verdict":"pass",…},"evidence":null}}
//! {"end":{"seconds":70.3,"unmatched":[]}}
//! ```
//!
//! Of a case that has more than one line, the last counts. Without the last line of all, `end`, cases
//! are missing. A line is handed to the kernel whole, so a killed run leaves at most one torn line, the
//! last, which is dropped; what the machine itself loses with its power is not provided for.

mod read;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use model::event::{CaseResult, Event, Evidence, Sink, Start};
pub use read::{Recorded, differences};
use serde::Serialize;

/// Its name in the directory of a run.
pub const NAME: &str = "journal.jsonl";
/// Version of its form.
const FORM: u32 = 1;

/// A journal can't be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It can't be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A line, and not the last, is none of a journal's.
    #[error("line {line} of {} is none of a run's journal: {why}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which, counted from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// It was written by another version, or in another form.
    #[error("{} was written by framecheck {found}, this is framecheck {}", path.display(), env!("CARGO_PKG_VERSION"))]
    Version {
        /// The file.
        path: PathBuf,
        /// Which version wrote it.
        found: String,
    },
    /// It is the journal of another run.
    #[error("{} is the journal of another run: {}", path.display(), how.join("; "))]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// What is different.
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
    /// Bytes of whole lines.
    len: u64,
    /// How long earlier parts of the run took.
    before: Duration,
    begun: Instant,
    is_new: bool,
}

impl Journal {
    /// A new one in this directory, in the place of any that is there.
    ///
    /// # Errors
    /// It can't be made.
    pub fn create(directory: &Path) -> io::Result<Self> {
        let path = directory.join(NAME);
        File::create(&path)?;
        Self::open(&path, 0, Duration::ZERO, true)
    }

    /// The one that was read, to be gone on with: what is torn at its end is cut off.
    ///
    /// # Errors
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

    /// Append a line, or nothing of it.
    fn append(&mut self, line: &Line<'_>) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let written = self.file.write_all(&text);
        match written {
            Ok(()) => self.len += text.len() as u64,
            // Half a line would spoil those that may still come.
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
            // It may be gone on with.
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

    /// The names here belong to no scenario of this program.
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
        /// A merged report has each case's time as its shard has it, to the last digit.
        #[test]
        fn a_number_comes_back_from_the_journal_as_it_was(seconds in 0.0..1000.0_f64) {
            let line = serde_json::to_string(&seconds).unwrap();
            prop_assert_eq!(serde_json::from_str::<f64>(&line).unwrap(), seconds);
        }
    }
}
