//! One side of a case: a peer's program, a script of the harness, or none.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use model::Ending;
use model::observation::{Exit, PeerEnd, Role};
use regex::bytes::Regex;
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Hand;
use crate::machine::is_short;
use crate::peer::{Output, Process, StartError};

/// A side that has been started.
pub(super) enum Party {
    Process(Process),
    Script {
        task: JoinHandle<()>,
        ended: watch::Receiver<bool>,
        /// What the machine refused it.
        refused: Arc<OnceLock<String>>,
    },
    /// A server that runs already. Only its traffic is known.
    Running,
    /// A person's program. Only its traffic is known, and what the person says.
    Hand(Hand),
    /// The scenario is one program, which is the server.
    Nobody,
}

impl Party {
    /// The harness, playing this script.
    pub(super) fn script(playing: impl Future<Output = io::Result<()>> + Send + 'static) -> Self {
        let (done, ended) = watch::channel(false);
        let refused = Arc::<OnceLock<String>>::default();
        let refusal = refused.clone();
        let task = tokio::spawn(async move {
            if let Err(error) = playing.await
                && is_short(&error)
            {
                refusal.get_or_init(|| error.to_string());
            }
            done.send_replace(true);
        });
        Self::Script { task, ended, refused }
    }

    pub(super) const fn is_by_hand(&self) -> bool {
        matches!(self, Self::Hand(_))
    }

    /// Whether the harness can't end it.
    pub(super) const fn is_others(&self) -> bool {
        matches!(self, Self::Hand(_) | Self::Running)
    }

    /// Waits until its output or standard error matches, or until it ends. If it has no streams, does not wait.
    pub(super) async fn says(&self, regex: &Regex) {
        let Self::Process(process) = self else { return };
        tokio::select! {
            () = process.stdout().wait_until(|seen| regex.is_match(seen)) => {}
            () = process.stderr().wait_until(|seen| regex.is_match(seen)) => {}
            _ = process.wait() => {}
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        match self {
            Self::Process(process) => process.exit().is_some(),
            Self::Script { ended, .. } => *ended.borrow(),
            Self::Running => false,
            Self::Hand(hand) => hand.has_ended(),
            Self::Nobody => true,
        }
    }

    pub(super) async fn wait(&self) -> Option<Exit> {
        match self {
            Self::Process(process) => process.wait().await,
            Self::Script { ended, .. } => {
                let _ = ended.clone().wait_for(|ended| *ended).await;
                None
            }
            Self::Hand(hand) => {
                hand.ended().await;
                None
            }
            Self::Running | Self::Nobody => std::future::pending().await,
        }
    }

    /// Its standard output, if it has one.
    pub(super) fn stdout(&self) -> Option<&Output> {
        match self {
            Self::Process(process) => Some(process.stdout()),
            Self::Script { .. } | Self::Running | Self::Hand(_) | Self::Nobody => None,
        }
    }

    pub(super) fn lost(&self) -> Option<StartError> {
        match self {
            Self::Process(process) => process.lost(),
            Self::Script { refused, .. } => refused.get().cloned().map(StartError::Script),
            Self::Running | Self::Hand(_) | Self::Nobody => None,
        }
    }

    /// The processor time that it has used.
    pub(super) fn processor_time(&self) -> Duration {
        match self {
            Self::Process(process) => process.processor_time(),
            Self::Script { .. } | Self::Running | Self::Hand(_) | Self::Nobody => Duration::ZERO,
        }
    }

    /// Whether it waits for an event. For the harness, the traffic shows this.
    pub(super) fn is_still(&self) -> bool {
        match self {
            Self::Process(process) => process.is_still(),
            Self::Script { .. } | Self::Running | Self::Hand(_) | Self::Nobody => true,
        }
    }

    /// The addresses where it listens.
    pub(super) fn listening(&self) -> Vec<String> {
        match self {
            Self::Process(process) => process.listening(),
            Self::Script { .. } | Self::Running | Self::Hand(_) | Self::Nobody => Vec::new(),
        }
    }

    /// Waits until it has printed more than the limit.
    pub(super) async fn babbles(&self) {
        match self {
            Self::Process(process) => process.babbles().await,
            Self::Script { .. } | Self::Running | Self::Hand(_) | Self::Nobody => {
                std::future::pending().await
            }
        }
    }

    pub(super) fn signal(&self, signal: Signal) {
        match self {
            Self::Process(process) => process.signal(signal),
            Self::Script { task, .. } => task.abort(),
            Self::Running | Self::Hand(_) | Self::Nobody => {}
        }
    }

    pub(super) async fn finish(self, by_itself: bool) -> PeerEnd {
        match self {
            Self::Process(process) => {
                let exit = process.wait().await;
                let memory_bytes = process.excess_memory();
                process.cleaned().await;
                let left_behind = process.left_behind();
                let at_terminal = process.is_at_terminal();
                let (stdout, stderr) = process.finish().await;
                let end = PeerEnd { at_terminal, memory_bytes, left_behind, ..PeerEnd::default() };
                PeerEnd { exit, by_itself, stdout: stdout.into(), stderr: stderr.into(), ..end }
            }
            Self::Script { .. } | Self::Running | Self::Hand(_) | Self::Nobody => {
                PeerEnd { by_itself, ..PeerEnd::default() }
            }
        }
    }
}

/// Several consecutive clients combined into one: their outputs in order, and the worst of their ends.
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
    PeerEnd {
        exit: worst.exit,
        by_itself: ends.iter().all(|end| end.by_itself),
        at_terminal: worst.at_terminal,
        stdout: stdout.into(),
        stderr: stderr.into(),
        files: BTreeMap::new(),
        files_waiting: None,
        memory_bytes: ends.iter().filter_map(|end| end.memory_bytes).max(),
        left_behind: ends.iter().flat_map(|end| end.left_behind.clone()).collect(),
    }
}
