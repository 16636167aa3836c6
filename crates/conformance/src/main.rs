//! The `framecheck` command.

mod cli;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use engine::platform::namespace_program;

fn main() -> ExitCode {
    // This program is also the one that makes networks for others, and has no thread yet.
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(status) = namespace_program(&arguments) {
        return status;
    }
    cli::main(cli::Args::parse())
}
