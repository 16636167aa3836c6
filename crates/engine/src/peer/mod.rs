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
