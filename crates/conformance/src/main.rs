//! The `framecheck` command.

mod cli;

use std::ffi::OsString;
use std::process::ExitCode;

use engine::platform::helper_program;

fn main() -> ExitCode {
    // This program also creates network namespaces, and cleans up after a harness that was killed. This must
    // happen before it starts a thread.
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(status) = helper_program(&arguments) {
        return status;
    }
    match cli::parsed() {
        Ok(args) => cli::main(args),
        Err(status) => status,
    }
}
