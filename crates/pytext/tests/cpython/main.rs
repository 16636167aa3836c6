//! Compares `pytext` with CPython: an interpreter computed every expected value here.
//!
//! The interpreter under test is `python3`, or the one in `FRAMECHECK_PYTHON`. The tests also ask
//! those on `PATH` from `python3.6` to `python3.13`, with fewer questions, and name a missing one
//! on stderr. `PROPTEST_CASES` sets the number of random values.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and its helpers with it"
)]

mod bytes;
mod draw;
mod float;
mod gbk;
mod line;
mod locale;
mod print;
mod pty;
mod python;
mod stdin;
mod terminal;
mod text;
mod utf8;
mod value;
mod versions;
