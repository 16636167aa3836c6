//! Progress on standard error: a bar on a terminal, and a line now and then elsewhere.

use std::io::{self, Write};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::pace::Pace;

/// A progress bar, or lines in its place.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    pace: Option<Pace>,
}

impl Progress {
    /// Progress that shows nothing.
    #[must_use]
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden(), pace: None }
    }

    /// Starts the progress of `count` units, such as `cases`.
    #[must_use]
    pub fn start(count: usize, unit: &'static str) -> Self {
        let template =
            format!("{{bar:30}} {{pos}}/{{len}} {unit}  {{per_sec}}  {{eta}} left  {{msg}}");
        let bar = ProgressBar::new(count as u64);
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        let is_attended = console::user_attended_stderr();
        let pace = (!is_attended).then(|| Pace::start(count, unit, Instant::now()));
        Self { bar, pace }
    }

    /// Shows this after the bar.
    pub fn set_message(&self, message: String) {
        self.bar.set_message(message);
    }

    /// Shows a line above the bar.
    pub fn println(&self, line: &str) {
        self.bar.println(line);
    }

    /// One more is finished. `note` is the news so far, for the lines.
    pub fn one_more(&mut self, note: &str) {
        let line = self.pace.as_mut().and_then(|pace| pace.one_more(note, Instant::now()));
        if let Some(line) = line {
            // A closed standard error must not end the run.
            let _ = writeln!(io::stderr(), "{line}");
        }
        self.bar.inc(1);
    }

    /// Removes the bar at the end.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
