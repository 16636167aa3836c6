//! The limit of how long a file can become (`ulimit -f`).

use std::io;

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// Let a write that goes beyond the limit of a file's length fail with EFBIG, as CPython does. Otherwise SIGXFSZ
/// kills the process without a word. The signal is caught, not ignored: a program that is executed from here on
/// finds it as every program does.
///
/// # Errors
/// As sigaction(2) fails.
///
/// # Panics
/// Outside a runtime whose I/O is enabled.
pub fn too_long_is_an_error() -> io::Result<()> {
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}
