//! Why the harness could not play a case.

use std::io;

use model::observation::Role;

use crate::network::PortsError;
use crate::peer::StartError;
use crate::platform::NoNamespace;

/// The harness could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// No port is available.
    #[error(transparent)]
    Ports(#[from] PortsError),
    /// A peer can't be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No network namespace is available for a program with a fixed address.
    #[error(transparent)]
    NoNamespace(#[from] NoNamespace),
    /// The set-up command of a program failed.
    #[error("setup of the {role}: {program} {how}")]
    SetUp {
        /// The program's role.
        role: Role,
        /// The command.
        program: String,
        /// How it failed, and its output.
        how: String,
    },
    /// A directory or a socket failed.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        error: io::Error,
    },
    /// The machine lacks something that the case needs.
    #[error("{0}")]
    Machine(String),
    /// The recorder panicked.
    #[error("the recorder has panicked; standard error says where")]
    RecorderPanicked,
}

/// The message when a directory can't be read.
pub(super) const UNREAD: &str = "cannot read a peer's files";

pub(super) fn failed(what: &'static str) -> impl Fn(io::Error) -> DriveError {
    move |error| DriveError::Io { what, error }
}
