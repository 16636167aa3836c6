//! Peers: programs that implement the two roles of a scenario, and how they are started.
//!
//! Every peer is a table of commands, in the form of a manifest. The CLI assembles the tables of the built-in
//! peers; their programs use the same interface as a guest's.

mod command;
mod ending;
mod entry;
mod launcher;
mod manifest;
mod output;
mod process;
mod starting;
mod table;
mod target;
mod terminal;
mod usage;
mod user;

pub use command::{Command, OwnAddress, Places, Template};
use launcher::Launcher;
pub use manifest::{ManifestError, missing_program, own_places};
pub use output::Output;
pub use process::{Process, Spawner};
pub use starting::{StartError, interpreter, started};
pub use table::{Peer, PeerError, Peers};
pub use target::Target;
pub use user::{Prompt, User};

/// From now on, this process becomes the parent of what a stranger's program leaves behind, if the system
/// supports it.
///
/// # Errors
///
/// The system supports it, but the call failed.
pub fn adopt_orphans() -> std::io::Result<()> {
    crate::platform::orphans::adopt()
}

/// From now on, a helper process ends all programs of this process if this process is killed, if the system
/// supports it. `program` must pass its arguments to [`helper_program`](crate::platform::helper_program) before
/// anything else.
///
/// # Errors
///
/// The helper can't be started.
pub fn guard(program: &std::path::Path) -> std::io::Result<()> {
    crate::platform::guardian::start(program)
}

/// Makes the helper of [`guard`] also remove this directory if this process is killed.
pub fn remove_if_killed(directory: &std::path::Path) {
    crate::platform::guardian::remove_if_killed(directory);
}

/// Ends the helper of [`guard`]: this process is about to end, and has cleaned up.
pub fn dismiss_guard() {
    crate::platform::guardian::dismiss();
}
