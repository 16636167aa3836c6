//! The limit of a file's length (`ulimit -f`).

use std::io;

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// Makes a write beyond the limit of a file's length fail with EFBIG, as in CPython. Otherwise SIGXFSZ kills the
/// process without a message. The signal is caught, not ignored, so a program that this process executes gets
/// the default action.
///
/// # Errors
/// Those of sigaction(2).
///
/// # Panics
/// The caller is outside a runtime whose I/O is enabled.
pub fn too_long_is_an_error() -> io::Result<()> {
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}
