//! The client side of a case: a peer's program, the harness itself by script, or nobody.

use std::collections::BTreeMap;

use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::catalogue::Ending;
use crate::observation::{Exit, PeerEnd, Role};
use crate::peer::{Output, Process, StartError};

/// A client that has been started.
pub(super) enum Client {
    Process(Process),
    Script {
        task: JoinHandle<()>,
        ended: watch::Receiver<bool>,
    },
    /// The scenario is one program, and that is the server.
    Nobody,
}

impl Client {
    pub(super) fn has_ended(&self) -> bool {
        match self {
            Self::Process(process) => process.exit().is_some(),
            Self::Script { ended, .. } => *ended.borrow(),
            Self::Nobody => true,
        }
    }

    pub(super) async fn wait(&self) {
        match self {
            Self::Process(process) => {
                process.wait().await;
            }
            Self::Script { ended, .. } => {
                let _ = ended.clone().wait_for(|ended| *ended).await;
            }
            Self::Nobody => std::future::pending().await,
        }
    }

    /// The screen, if it has one.
    pub(super) fn stdout(&self) -> Option<&Output> {
        match self {
            Self::Process(process) => Some(process.stdout()),
            Self::Script { .. } | Self::Nobody => None,
        }
    }

    pub(super) fn lost(&self) -> Option<StartError> {
        match self {
            Self::Process(process) => process.lost(),
            Self::Script { .. } | Self::Nobody => None,
        }
    }

    pub(super) fn kill(&self) {
        match self {
            Self::Process(process) => process.signal(Signal::KILL),
            Self::Script { task, .. } => task.abort(),
            Self::Nobody => {}
        }
    }

    pub(super) async fn finish(self, by_itself: bool) -> PeerEnd {
        match self {
            Self::Process(process) => {
                let exit = process.wait().await;
                let (stdout, stderr) = process.finish().await;
                peer_end(exit, by_itself, stdout, stderr)
            }
            Self::Script { .. } | Self::Nobody => peer_end(None, by_itself, Vec::new(), Vec::new()),
        }
    }
}

pub(super) fn peer_end(
    exit: Option<Exit>,
    by_itself: bool,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
) -> PeerEnd {
    let (stdout, stderr) = (stdout.into(), stderr.into());
    PeerEnd { exit, by_itself, stdout, stderr, files: BTreeMap::new() }
}

/// Several clients that came one after another, as if they were one: their screens in turn, and the
/// worst of their ends.
pub(super) fn as_one(ends: Vec<PeerEnd>) -> PeerEnd {
    let severity = |end: &PeerEnd| match Ending::of(end, Role::Client) {
        Ending::Complete => 0,
        Ending::Broken => 1,
        Ending::Killed => 2,
    };
    let stdout: Vec<u8> = ends.iter().flat_map(|end| end.stdout.0.iter().copied()).collect();
    let mut by_severity: Vec<&PeerEnd> = ends.iter().collect();
    by_severity.sort_by_key(|end| severity(end));
    let stderr: Vec<u8> = by_severity.iter().flat_map(|end| end.stderr.0.iter().copied()).collect();
    let Some(worst) = by_severity.last() else { return PeerEnd::default() };
    peer_end(worst.exit, ends.iter().all(|end| end.by_itself), stdout, stderr)
}
