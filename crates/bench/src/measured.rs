//! `frame-bench measured -- PROGRAM ARGS`, a hidden command: runs a program and reports on standard
//! error which resources it used, from wait4(2).
//!
//! It is a separate process, because until its exec a child is a copy of its parent, and the kernel
//! counts that memory in the child's peak. This process is small, about 3 MB; a program that uses less
//! shows as 3 MB.

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::Context;
use wait4::Wait4;

const STARTED: &str = "frame-bench: started ";
const USED: &str = "frame-bench: used ";

/// The resources that a process used in its life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usage {
    /// Its processor time, in user mode and in the kernel.
    pub(crate) cpu_seconds: f64,
    /// The most memory that was resident at one time.
    pub(crate) peak_bytes: u64,
}

/// The lines that this command prints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Note {
    /// The program's process id.
    Started(i32),
    /// The program has ended.
    Used(Usage),
}

/// The command that runs `inner` and reports.
pub(crate) fn command(inner: &Command) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot find myself")?);
    command.arg("measured").arg("--").arg(inner.get_program()).args(inner.get_args());
    if let Some(directory) = inner.get_current_dir() {
        command.current_dir(directory);
    }
    Ok(command)
}

/// Reads a line of this command; `None` for a line of the program itself.
pub(crate) fn read(line: &str) -> Option<Note> {
    if let Some(pid) = line.strip_prefix(STARTED) {
        return pid.parse().ok().map(Note::Started);
    }
    let (cpu, peak) = line.strip_prefix(USED)?.split_once(' ')?;
    let (cpu_seconds, peak_bytes) = (cpu.parse().ok()?, peak.parse().ok()?);
    Some(Note::Used(Usage { cpu_seconds, peak_bytes }))
}

/// Runs the command.
pub(crate) fn run(command: &[OsString]) -> anyhow::Result<ExitCode> {
    let (program, args) = command.split_first().context("expected a program")?;
    let mut child = Command::new(program).args(args).spawn().context("cannot start it")?;
    eprintln!("{STARTED}{}", child.id());
    let ended = child.wait4().context("cannot wait for it")?;
    let cpu = (ended.rusage.utime + ended.rusage.stime).as_secs_f64();
    eprintln!("{USED}{cpu} {}", ended.rusage.maxrss);
    Ok(exit_code(ended.status))
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_lines_are_told_from_the_programs() {
        assert_eq!(read("frame-bench: started 77"), Some(Note::Started(77)));
        let usage = Usage { cpu_seconds: 0.25, peak_bytes: 4096 };
        assert_eq!(read("frame-bench: used 0.25 4096"), Some(Note::Used(usage)));
        assert_eq!(read("frame-bench: used much"), None);
        assert_eq!(read("listening on 127.0.0.1:1"), None);
    }
}
