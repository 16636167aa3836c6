//! Reports: each is a sink of events and sees nothing else.

mod capture;
mod causes;
mod failure;
mod html;
mod human;
mod json;
mod junit;
mod matrix;
mod pace;
mod replays;
mod summary;
mod versions;

pub use capture::{Capture, FRAMED_PORT, PLAIN_PORT};
pub use failure::FailureFolders;
pub use html::Html;
pub use human::Human;
pub use json::{JsonLines, ReportJson};
pub use junit::JUnit;
pub use replays::replay_command;
pub use summary::{BYTES_MAX as SUMMARY_BYTES_MAX, Summary};
pub use versions::Versions;

use std::io;

use crate::event::Event;

/// Takes every event of a run, in order.
pub trait Sink {
    /// Take one event.
    ///
    /// # Errors
    /// What it writes to fails.
    fn take(&mut self, event: &Event) -> io::Result<()>;
}

#[cfg(test)]
mod tests {
    use crate::event::CaseResult;
    use crate::judge::Verdict;

    /// The result of the case of this id.
    pub(super) fn case(id: &str, verdict: Verdict) -> CaseResult {
        let id: crate::case::CaseId = id.parse().unwrap();
        CaseResult {
            scenario: id.scenario.clone(),
            pairing: id.pairing.to_string(),
            transport: id.transport,
            network: id.network.clone(),
            input: "generated".to_owned(),
            verdict,
            clause: "XX-1".to_owned(),
            seconds: 0.25,
            errata: Vec::new(),
            differences: Vec::new(),
            evidence: None,
            id,
        }
    }
}
