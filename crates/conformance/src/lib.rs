//! A conformance harness for the socket protocols of the Python tutorials.
//!
//! It runs a server and a client, each a program of anyone's, with a recorder between them, and
//! holds what it sees against what the reference does and what docs/PROTOCOL.md says. ARCHITECTURE.md
//! tells how the parts fit; in short: [`catalogue`] says what is tried and what is right, [`plan`]
//! chooses cases, [`stage`] plays them by [`drive`], [`judge`] compares, [`runner`] does that for
//! all of them at once, and [`report`] sees nothing but [`event`]s.

#[cfg(not(unix))]
compile_error!(
    "framecheck is for Unix systems: it uses their sockets, signals, terminals and process groups"
);

pub mod blob;
pub mod case;
pub mod catalogue;
pub mod changes;
pub mod check_peer;
pub mod docs;
pub mod drive;
pub mod event;
pub mod expected_failures;
mod fork_guard;
pub mod frame_map;
pub mod hex;
pub mod interpreters;
pub mod journal;
pub mod judge;
mod located;
pub mod merge;
pub mod network;
pub mod observation;
pub mod oracle;
pub mod peer;
pub mod plan;
pub mod platform;
pub mod reference;
pub mod report;
pub mod runner;
pub mod script;
pub mod shard;
pub mod shrink;
pub mod stage;
