//! Protocol files: every mistake in them, the inputs that they make, and what is written into them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test panics when something is wrong"
)]

mod common;
mod edit;
mod inputs;
mod masks;
mod mistakes;
