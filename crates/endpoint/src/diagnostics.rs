//! The log and the last error message of a program, on standard error. Standard output belongs to the
//! protocol's own output; this module never writes there.

use std::fmt;
use std::io;
use std::time::Duration;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::debug_fn;

use crate::log_queue::{Ending, queue};

pub use crate::log_queue::never_lost;

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Time, level and message on one line.
    Human,
    /// One JSON object per line, with the fields `timestamp`, `level` and `fields`. `fields` has the
    /// `message` and its subject: `client`, `clause`.
    Json,
}

/// Logs to standard error at `info`, or as the environment variable `FRAME_LOG` says (`debug`, `warn`,
/// `off`, or a filter of tracing-subscriber).
pub fn start_log(format: LogFormat) {
    start(format, io::stderr);
}

/// The same from a separate thread, for a program whose clients must not wait for a reader of its log.
/// The queue keeps some thousand unread lines; further lines are lost, except for [those that never
/// are](never_lost). The last line of the log is their number. Keep the returned value as long as the
/// program logs.
///
/// # Errors
/// The thread can't be started.
pub fn start_log_that_never_waits(format: LogFormat) -> io::Result<Log> {
    let (queue, ending) = queue(LOG_LINES, io::stderr())?;
    start(format, queue);
    Ok(Log(ending))
}

/// How many lines may wait for the log's reader.
const LOG_LINES: usize = 10_000;

/// How long a program that ends waits until its log is read.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// A log that a thread writes. Dropping this writes the waiting lines, if they are read soon.
#[derive(Debug)]
pub struct Log(Ending);

impl Drop for Log {
    fn drop(&mut self) {
        let lost = self.0.lost();
        if lost > 0 {
            never_lost(|| {
                tracing::warn!("{lost} lines of this log are lost: its reader was too slow");
            });
        }
        self.0.wait(END_TIMEOUT);
    }
}

fn start<W>(format: LogFormat, writer: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_from_env("FRAME_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_target(false)
        .with_ansi(false)
        // A macro that prints to standard error would panic if that has no reader any more.
        .log_internal_errors(false);
    match format {
        LogFormat::Json => log.json().with_current_span(false).with_span_list(false).init(),
        // The message contains everything that the fields contain.
        LogFormat::Human => log.fmt_fields(debug_fn(message_alone)).init(),
    }
}

fn message_alone(
    writer: &mut tracing_subscriber::fmt::format::Writer<'_>,
    field: &tracing::field::Field,
    value: &dyn fmt::Debug,
) -> fmt::Result {
    if field.name() == "message" { write!(writer, "{value:?}") } else { Ok(()) }
}

/// An operating system's error as Python's `str(OSError)` shows it: `[Errno 104] Connection reset by
/// peer`. An error without a number appears as Rust shows it.
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
