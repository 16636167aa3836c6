//! Ctrl-C and SIGTERM: whoever is playing cases stops, kills what it started and clears up.

use std::{fmt, io};

use rustix::process::Signal;
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

/// Let a write beyond the limit of a file's length fail with EFBIG, where SIGXFSZ would kill this process without a
/// word. The signal is caught, not ignored, so a program that is started finds it as every program does.
pub(super) fn too_long_is_an_error() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _entered = runtime.enter();
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}

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
