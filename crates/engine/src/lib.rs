//! Plays two programs against each other over a recorded network, and judges the observations.
//!
//! [`plan`] selects cases from a [`model::Catalogue`], [`stage`] plays them with [`drive`], and [`judge`]
//! compares. [`runner`] does this for many cases in parallel, and reports the results as [`model::event`]s. The
//! engine knows no scenario by name; it asks the scenario for anything specific.

#[cfg(not(unix))]
compile_error!(
    "framecheck is for Unix systems: it uses their sockets, signals, terminals and process groups"
);

pub mod baseline;
mod budget;
pub mod check_peer;
pub mod claim;
pub mod drive;
pub mod expected_failures;
mod fork_guard;
pub mod journal;
pub mod judge;
pub mod machine;
pub mod merge;
pub mod network;
mod order;
pub mod peer;
pub mod plan;
pub mod platform;
pub mod runner;
pub mod script;
pub mod shrink;
pub mod stage;
#[cfg(test)]
mod toys;
