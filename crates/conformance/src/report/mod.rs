//! Reports: each is a sink of events and sees nothing else.

mod failure;
mod html;
mod human;
mod json;
mod matrix;
mod replays;
mod versions;

pub use failure::FailureFolders;
pub use html::Html;
pub use human::Human;
pub use json::{JsonLines, ReportJson};
pub use replays::replay_command;
pub use versions::Versions;

use std::io;

use crate::event::Event;

/// Takes every event of a run, in order.
pub trait Sink {
    /// Take one event.
    ///
    /// # Errors
    /// What it writes to fails.
    fn take(&mut self, event: &Event) -> io::Result<()>;
}
