//! framecheck in `cargo test`.
//!
//! It starts the program `framecheck`, reads its events and makes tests of them. It plays and judges nothing itself, and
//! links no other crate of framecheck.
//!
//! All cases as one test, in the body of a `#[test]`:
//!
//! ```no_run
//! framecheck_test::check("upload.toml", "acme.toml");
//! ```
//!
//! Each case as a test, for `cargo test` and nextest, in the `main` of a test that has `harness = false` in Cargo.toml:
//!
//! ```no_run
//! framecheck_test::main("upload.toml", "acme.toml");
//! ```
//!
//! A relative path counts from the working directory, which cargo makes the directory of the package's Cargo.toml.
//!
//! The program is that of the environment variable `FRAMECHECK`, or else `framecheck` on the `PATH`. [`Run`] has more
//! options. docs/rust-tests.md describes which verdict becomes which outcome.

mod error;
mod events;
mod harness;
mod run;

use std::path::PathBuf;

pub use run::Run;

/// Plays all cases of a protocol file with a peer, and panics if one of them fails.
///
/// `protocol` is a protocol file, `peer` the manifest of the programs under test. It is short for
/// [`Run::new`]`(protocol, peer).`[`check`](Run::check)`()`.
///
/// # Panics
///
/// A case fails, an expected failure matches no case, or framecheck could not do its work. The message has framecheck's
/// own explanation of each failure, with the command that plays the case again.
#[track_caller]
pub fn check(protocol: impl Into<PathBuf>, peer: impl Into<PathBuf>) {
    Run::new(protocol, peer).check();
}

/// The `main` of a test with `harness = false`: each case of the run is a test.
///
/// It reads the options of `cargo test` from the command line, such as a filter and `--list`, and ends the process: with
/// exit status 0, or 101 if a test failed. It is short for [`Run::new`]`(protocol, peer).`[`main`](Run::main)`()`.
pub fn main(protocol: impl Into<PathBuf>, peer: impl Into<PathBuf>) -> ! {
    Run::new(protocol, peer).main()
}
