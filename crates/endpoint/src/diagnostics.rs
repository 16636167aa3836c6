//! How the programs speak to their user: the log and the last word on standard error. Standard
//! output belongs to the protocol's own screen and gets nothing from here.

use std::io;

use tracing_subscriber::EnvFilter;

/// Log to standard error at `info`, or as the environment variable `FRAME_LOG` says
/// (`debug`, `warn`, `off`, or a filter as tracing-subscriber reads it).
pub fn start_log() {
    let filter = EnvFilter::try_from_env("FRAME_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_target(false)
        .with_ansi(false)
        // Said on standard error too, by a macro that panics where nobody reads that any more.
        .log_internal_errors(false)
        .init();
}

/// An operating system's error as Python's `str(OSError)` shows it: `[Errno 104] Connection reset
/// by peer`. An error without a number is shown as Rust shows it.
///
/// ```
/// let error = std::io::Error::from_raw_os_error(32);
/// assert_eq!(endpoint::python_os_error(&error), "[Errno 32] Broken pipe");
/// ```
#[must_use]
pub fn python_os_error(error: &io::Error) -> String {
    let shown = error.to_string();
    match error.raw_os_error() {
        Some(number) => {
            let text = shown.strip_suffix(&format!(" (os error {number})")).unwrap_or(&shown);
            format!("[Errno {number}] {text}")
        }
        None => shown,
    }
}
