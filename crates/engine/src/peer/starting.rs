//! What starting any peer takes, by the launcher or as a process of its own: its environment, why it could
//! not be started, and how its end is read.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus};

use model::observation::Exit;
use rustix::process::Pid;

use crate::platform::orphans;

/// A peer could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program can't be run.
    #[error("cannot start {program}: {error}")]
    Program {
        /// The program.
        program: String,
        /// Why not.
        error: io::Error,
    },
    /// The system gives no pipe, no terminal, or no process descriptor.
    #[error("cannot set up a peer's pipes: {0}")]
    Pipes(io::Error),
    /// The launcher has gone.
    #[error("the launcher of Python programs: {0}")]
    Launcher(String),
    /// The machine has refused something to the harness in the place of a program.
    #[error("the harness in the place of a program: {0}")]
    Script(String),
    /// A warm program is to be started without an interpreter.
    #[error("cannot start {0}: it needs a Python interpreter, and none was found")]
    NoPython(String),
}

/// The environment of every peer: this process's, with what changes a Python program's behaviour
/// taken out, the locale fixed, and no colours in the traceback it shows at a terminal.
pub(super) fn prepare_environment(command: &mut std::process::Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C.UTF-8").env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
    command.env_remove("FORCE_COLOR");
}

/// A command of `python`, prepared as every peer's: the same environment, and a process group of its
/// own, so that Ctrl-C at the terminal is for this process to deal with.
#[must_use]
pub fn interpreter(python: &OsStr) -> std::process::Command {
    let mut command = std::process::Command::new(python);
    command.process_group(0);
    prepare_environment(&mut command);
    command
}

/// Say that the caller has started this child and will wait for it, so that it is not ended as a leftover.
pub fn started(child: &Child) {
    orphans::started(Pid::from_child(child));
}

/// What a wait status says.
pub(super) fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Status(code),
        (None, signal) => Exit::Signal(signal.unwrap_or_default()),
    }
}
