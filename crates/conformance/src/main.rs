//! The `framecheck` command.

mod cli;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use engine::platform::helper_program;

fn main() -> ExitCode {
    // This program also makes networks for others, and clears up after a harness that was killed. It has no thread
    // yet.
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(status) = helper_program(&arguments) {
        return status;
    }
    cli::main(cli::Args::parse())
}
