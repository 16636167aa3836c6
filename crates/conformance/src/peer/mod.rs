//! Peers: what implements the two roles of a scenario, and how it is started.
//!
//! Every peer is a table of commands, as a manifest gives it; `python` and `rust` have theirs
//! built in and have no other way into the harness than a stranger's program has.

mod command;
mod launcher;
mod manifest;
mod output;
mod process;
mod table;
mod terminal;
mod usage;
mod user;

pub use command::{Command, Places, Template};
use launcher::Launcher;
pub use manifest::{ManifestError, missing_program, own_places};
pub use output::Output;
pub(crate) use process::prepare_environment;
pub use process::{Process, Spawner, StartError};
pub use table::{Peer, PeerError, Peers};
pub use user::User;

/// From now on, become the parent of whatever a stranger's program leaves behind, where the system
/// can do that.
///
/// # Errors
/// It could, and doesn't.
pub fn adopt_orphans() -> std::io::Result<()> {
    crate::platform::orphans::adopt()
}

/// The peer that says what is right.
pub const REFERENCE: &str = "python";
/// A person, who starts a program by hand.
pub const HAND: &str = "hand";
/// The port of the reference that comes with the harness.
pub const RUST: &str = "rust";
/// The harness itself, as a client that sends what no typed line can say.
pub const HARNESS: &str = "harness";
