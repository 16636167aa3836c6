//! Ctrl-C and SIGTERM: a command that plays cases stops, kills what it started, and cleans up.

use std::{fmt, io};

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// The command was interrupted before its end.
#[derive(Debug)]
pub(super) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Makes a write beyond the file size limit fail with EFBIG; by default, SIGXFSZ would kill this process
/// without a message. The signal is caught, not ignored, because started programs would inherit an ignored
/// signal.
pub(super) fn too_long_is_an_error() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _entered = runtime.enter();
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}

/// A future that is ready when Ctrl-C or SIGTERM arrives.
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
