//! What all connections share: the findings.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::visible;

use super::super::judge_frames::{
    About, Closed, Findings, Frames, HELD_MAX_BYTES, Judging, Mistake,
};
use super::lines::Lines;
use super::tape::Tape;
use super::told::line;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    frames: &'static Frames,
    pub(super) judging: Judging<'static>,
    pub(super) tape: Option<Tape>,
    /// The network, if it disturbs the traffic: then the receivers get other bytes than the senders sent.
    pub(super) network: Option<String>,
    lines: Lines,
    findings: Mutex<Findings>,
    not_served: Mutex<NotServed>,
    /// The approximate memory of unfinished frames, in bytes.
    held_bytes: AtomicUsize,
}

#[derive(Debug, Default)]
struct NotServed {
    count: u64,
    first: Option<String>,
}

/// The overall result.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) frames: &'static Frames,
    pub(super) findings: Findings,
    /// How many clients could not be connected to the server.
    pub(super) not_served: u64,
    /// The first such client, and why.
    pub(super) first_not_served: Option<String>,
    /// How many packets the capture has, or why it could not be written.
    pub(super) capture: Option<io::Result<u64>>,
}

impl Shared {
    pub(super) fn new(
        frames: &'static Frames,
        tape: Option<Tape>,
        lines: Lines,
        network: Option<String>,
    ) -> Self {
        Self {
            frames,
            judging: Judging::new(frames),
            tape,
            network,
            lines,
            findings: Mutex::default(),
            not_served: Mutex::default(),
            held_bytes: AtomicUsize::new(0),
        }
    }

    /// A connection begins.
    pub(super) fn open(&self, about: About) {
        self.findings().open(about.transport);
    }

    /// Adds a violation. Returns its index, if it is kept.
    pub(super) fn mistake(&self, mistake: Mistake) -> Option<usize> {
        self.lines.show(|| visible::line(&line(&mistake)));
        self.findings().add(mistake)
    }

    /// A direction of a connection ended.
    pub(super) fn close(&self, closed: Closed) {
        self.findings().close(closed);
    }

    /// The server could not be reached for a client.
    pub(super) fn not_served(&self, number: u64, client: SocketAddr, error: &io::Error) {
        let mut not_served = self.not_served.lock().unwrap_or_else(PoisonError::into_inner);
        not_served.count += 1;
        let first = || format!("connection {number}, client {client}: {error}");
        not_served.first.get_or_insert_with(first);
    }

    /// Updates the memory of a connection's unfinished frames from `before` to `now` bytes. Returns whether
    /// judging may continue.
    pub(super) fn hold(&self, before: usize, now: usize) -> bool {
        if now > before {
            let more = now - before;
            return self.held_bytes.fetch_add(more, Ordering::Relaxed) + more <= HELD_MAX_BYTES;
        }
        if now < before {
            self.held_bytes.fetch_sub(before - now, Ordering::Relaxed);
        }
        true
    }

    /// All connections have ended.
    pub(super) fn end(self) -> Found {
        self.lines.end();
        let not_served = self.not_served.into_inner().unwrap_or_else(PoisonError::into_inner);
        Found {
            frames: self.frames,
            findings: self.findings.into_inner().unwrap_or_else(PoisonError::into_inner),
            not_served: not_served.count,
            first_not_served: not_served.first,
            capture: self.tape.map(Tape::end),
        }
    }

    fn findings(&self) -> MutexGuard<'_, Findings> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
