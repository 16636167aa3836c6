//! Why the harness could not play a case.

use std::io;

use model::observation::Role;

use crate::network::PortsError;
use crate::peer::StartError;
use crate::platform::NoNamespace;

/// The harness could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// No port.
    #[error(transparent)]
    Ports(#[from] PortsError),
    /// The peer can't be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No network for a program with a fixed address.
    #[error(transparent)]
    NoNamespace(#[from] NoNamespace),
    /// What is to run before a program has failed.
    #[error("setup of the {role}: {program} {how}")]
    SetUp {
        /// Whose.
        role: Role,
        /// What was run.
        program: String,
        /// What came of it, and what it said.
        how: String,
    },
    /// A directory or a socket.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        error: io::Error,
    },
    /// The machine is short of something that the case needs.
    #[error("{0}")]
    Machine(String),
    /// What lies between the two programs is ours, and has panicked.
    #[error("the recorder has panicked; standard error says where")]
    RecorderPanicked,
}

/// What was tried where a directory can't be read.
pub(super) const UNREAD: &str = "cannot read a peer's files";

pub(super) fn failed(what: &'static str) -> impl Fn(io::Error) -> DriveError {
    move |error| DriveError::Io { what, error }
}
