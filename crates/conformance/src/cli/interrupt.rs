//! Ctrl-C and SIGTERM: whoever is playing cases stops, kills what it started and clears up.

use std::{fmt, io};

use tokio::signal::unix::{SignalKind, signal};

/// The command was interrupted before it was over.
#[derive(Debug)]
pub(super) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Ready when Ctrl-C or SIGTERM comes.
pub(super) fn interrupt() -> io::Result<impl Future<Output = ()>> {
    let mut ctrl_c = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = ctrl_c.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
