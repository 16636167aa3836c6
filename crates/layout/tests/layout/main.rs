//! Tests the crate as its users use it, and against CPython (`python3`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test panics when something is wrong"
)]

mod build;
mod candidates;
mod cpython;
mod equality;
mod errors;
mod formats;
mod generated;
mod leaves;
mod problems;
mod reading;
mod writing;
