//! Properties of generated inputs: frames against CPython's own, and the Rust programs against the
//! Python ones over loopback, in both directions. `PROPTEST_CASES` sets how many inputs each
//! property gets.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod frames;
mod interop;
