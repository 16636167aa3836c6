//! What the reference was seen to do with an input, where that is what is right.
//!
//! A baseline is data: [`crate::stage`] makes one by playing the reference, [`crate::judge`] holds others
//! against it, and [`cache`] keeps it on a disk. Nothing here starts a program.

pub mod cache;
mod turns;
mod unsteady;

use model::{Burst, Expected};
use serde::{Deserialize, Serialize};
pub use turns::Turns;
pub(crate) use turns::{Given, first_early, sender};
pub use unsteady::Unsteady;
pub(crate) use unsteady::{first_difference, screens_differ};

/// What the reference was seen to do with an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Both streams, both ends, the screens and the files.
    pub expected: Expected,
    /// What each side had been sent when it sent something.
    pub turns: Turns,
    /// Who spoke after whom on the first connection.
    pub bursts: Vec<Burst>,
    /// What the server did with the same client once more. `None` where it ends after a client.
    pub next: Option<NextClient>,
    /// Where the screens of two plays differ. That matters only to a peer whose screen is compared.
    pub screens: Option<Unsteady>,
    /// What the reference left running when it had ended, by name.
    pub left_behind: Vec<String>,
    /// Of a hostile frame: why what the reference made of it is no rule. `None` where it came through well.
    pub falls: Option<String>,
    /// Of a hostile frame: whether the reference says something on standard error.
    pub speaks: bool,
}

/// The exchange of a client that comes after the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NextClient {
    /// What was seen of it. The server's files and screen are those of both clients.
    pub expected: Expected,
    /// Whether its exchange was the first client's over again. Where it was not, the server keeps a state,
    /// and the engine does not compare what it says after a broken exchange.
    pub is_as_first: bool,
}
