//! The reports of a run. Each is a [`Sink`](model::event::Sink) of events and sees nothing else. A
//! [`model::Catalogue`] provides the texts behind names, such as the sentence of a clause. A name that it does
//! not have is shown unchanged.

mod capture;
mod causes;
pub mod changes;
mod failure;
pub mod hex;
mod html;
mod human;
mod json;
mod junit;
mod matrix;
mod pace;
mod progress;
mod replaced;
mod replays;
mod summary;
mod versions;

pub use capture::{Capture, FRAMED_PORT, LiveCapture, PLAIN_PORT, Side, Talk};
pub use failure::FailureFolders;
pub use html::Html;
pub use human::Human;
pub use json::{JsonLines, ReportJson};
pub use junit::{JUnit, text as xml_text};
pub use progress::Progress;
pub use replays::replay_command;
pub use summary::{BYTES_MAX as SUMMARY_BYTES_MAX, Summary};
pub use versions::Versions;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use model::event::{CaseResult, Evidence};
    use model::observation::{Observation, PeerEnd, WireLog};
    use model::{Expected, ExpectedEnd, Input, Verdict, Wire};

    /// The evidence of a failure with this typed input and no traffic.
    pub(super) fn evidence(typed: &str) -> Evidence {
        Evidence {
            input: Some(Input::typed([typed])),
            expected: Expected {
                to_server: Wire::stream(Vec::new()),
                to_client: Wire::stream(Vec::new()),
                server: ExpectedEnd::printing(Vec::new()),
                client: ExpectedEnd::printing(Vec::new()),
                notes: BTreeMap::new(),
                breaks: Default::default(),
            },
            observed: Observation {
                wire: WireLog::default(),
                server: PeerEnd::default(),
                client: PeerEnd::default(),
                listening_elsewhere: Vec::new(),
                stopped: None,
                at_rest: None,
                control: None,
                took: Duration::ZERO,
            },
            smallest: None,
            left_out: None,
        }
    }

    /// The result of the case with this id.
    pub(super) fn case(id: &str, verdict: Verdict) -> CaseResult {
        let id: model::case::CaseId = id.parse().unwrap();
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
