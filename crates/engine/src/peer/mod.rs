//! Peers: what implements the two roles of a scenario, and how it is started.
//!
//! Every peer is a table of commands, as a manifest gives it. The command puts the tables of the built-in
//! peers together; their programs have no other way into the harness than a guest's.

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

/// From now on, become the parent of whatever a stranger's program leaves behind, where the system
/// can do that.
///
/// # Errors
/// It could, and doesn't.
pub fn adopt_orphans() -> std::io::Result<()> {
    crate::platform::orphans::adopt()
}

/// From now on, have a helper process end all programs of this process if it is killed, where the system can do
/// that. `program` hands its arguments to [`helper_program`](crate::platform::helper_program) first of all.
///
/// # Errors
/// The helper can't be started.
pub fn guard(program: &std::path::Path) -> std::io::Result<()> {
    crate::platform::guardian::start(program)
}

/// Have the helper of [`guard`] remove this directory, too, if this process is killed.
pub fn remove_if_killed(directory: &std::path::Path) {
    crate::platform::guardian::remove_if_killed(directory);
}

/// End the helper of [`guard`]: this process is about to end, and has cleared up.
pub fn dismiss_guard() {
    crate::platform::guardian::dismiss();
}
