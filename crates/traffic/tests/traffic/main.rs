//! Captures in, events out, as a user of the crate sees them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and its helpers with it"
)]

mod captures;
mod connections;
mod datagrams;
mod files;
mod links;
mod properties;
mod streams;
mod support;
