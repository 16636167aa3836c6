//! What starting any peer needs, through the launcher or as a plain process: its environment, start errors, and
//! the meaning of its exit.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus};

use model::observation::Exit;
use rustix::process::Pid;

use crate::platform::orphans;

/// Why a peer could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program can't be run.
    #[error("cannot start {program}: {error}")]
    Program {
        /// The program.
        program: String,
        /// The error.
        error: io::Error,
    },
    /// The system provides no pipe, terminal or process descriptor.
    #[error("cannot set up a peer's pipes: {0}")]
    Pipes(io::Error),
    /// The launcher has ended.
    #[error("the launcher of Python programs: {0}")]
    Launcher(String),
    /// The machine refused something to the harness that plays a program.
    #[error("the harness in the place of a program: {0}")]
    Script(String),
    /// A warm program needs an interpreter, and there is none.
    #[error("cannot start {0}: it needs a Python interpreter, and none was found")]
    NoPython(String),
}

/// Sets the environment of every peer: this process's environment without the variables that change a Python
/// program's behaviour, with a fixed locale, and without colours in a traceback at a terminal.
pub(super) fn prepare_environment(command: &mut std::process::Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C.UTF-8").env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
    command.env_remove("FORCE_COLOR");
}

/// A command for `python`, prepared like every peer's: with the same environment, and a process group of its
/// own, so that only this process handles Ctrl-C.
#[must_use]
pub fn interpreter(python: &OsStr) -> std::process::Command {
    let mut command = std::process::Command::new(python);
    command.process_group(0);
    prepare_environment(&mut command);
    command
}

/// Records that the caller started this child and will wait for it, so that it is not ended as a leftover.
pub fn started(child: &Child) {
    orphans::started(Pid::from_child(child));
}

/// The meaning of a wait status.
pub(super) fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Status(code),
        (None, signal) => Exit::Signal(signal.unwrap_or_default()),
    }
}
