//! `pytext` against CPython: every expected value here was computed by an interpreter.
//!
//! The interpreter under test is `python3`, or what `FRAMECHECK_PYTHON` names. The ones found on
//! `PATH` as `python3.6` to `python3.13` are asked as well, in fewer words; one that is absent is
//! named on stderr. `PROPTEST_CASES` sets the size of what is drawn at random.

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
