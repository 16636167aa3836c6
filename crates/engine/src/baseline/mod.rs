//! What the reference did with an input, where this defines what is right.
//!
//! A baseline is data. [`crate::stage`] makes one by playing the reference, [`crate::judge`] compares peers
//! with it, and [`cache`] keeps it on disk. Nothing here starts a program.

pub mod cache;
mod turns;
mod unsteady;

use model::{Burst, Expected};
use serde::{Deserialize, Serialize};
pub use turns::Turns;
pub(crate) use turns::{Given, first_early, sender};
pub use unsteady::Unsteady;
pub(crate) use unsteady::{first_difference, screens_differ};

/// What the reference did with an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Both streams, both ends, the screens and the files.
    pub expected: Expected,
    /// How much each side had received when it sent something.
    pub turns: Turns,
    /// The order of the senders on the first connection.
    pub bursts: Vec<Burst>,
    /// What the server did with a follow-up client like the first. `None` if it ends after a client.
    pub next: Option<NextClient>,
    /// Where the screens of two plays differ. This matters only to a peer whose screen is compared.
    pub screens: Option<Unsteady>,
    /// The names of the processes that the reference left running when it had ended.
    pub left_behind: Vec<String>,
    /// For a hostile frame: why the reference's behaviour is not the standard. `None` if the reference handled
    /// the frame.
    pub falls: Option<String>,
    /// For a hostile frame: whether the reference writes to standard error.
    pub speaks: bool,
}

/// The exchange of the follow-up client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NextClient {
    /// What was seen of it. The server's files and screen are those of both clients.
    pub expected: Expected,
    /// Whether its exchange equalled the first client's. If not, the server keeps state, and the engine does
    /// not compare what it sends after a faulty exchange.
    pub is_as_first: bool,
}
