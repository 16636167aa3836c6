//! Ends the programs of a killed harness, and removes its directories (Linux).
//!
//! A process can't clean up if it is killed by SIGKILL, or by the kernel because memory is short. So this
//! program is started a second time, as the guardian, with a pipe as its standard input. If the pipe ends
//! without the message that all is well, the harness was killed. The guardian then kills each process that has
//! the harness's mark in its environment ([`orphans::MARK`]), and removes the directories that it was sent.
//!
//! A child between fork and exec has no mark yet. It holds the pipe until its exec, so the pipe ends only when
//! every child has its mark.
//!
//! The pipe carries any number of paths of directories, each followed by a NUL. Then comes [`DISMISSED`], or
//! nothing if the harness was killed.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use procfs::process::all_processes;
use rustix::process::{Pid, Signal, kill_process};

use super::orphans;
use super::processes::living_name;
use crate::fork_guard;

/// The argument that makes this program the guardian.
const WORD: &str = "end-what-is-left";
/// The harness has cleaned up itself. No path is empty.
const DISMISSED: &[u8] = b"\0";
/// A process may start another one and end while the guardian looks. So the guardian must find none in this
/// many consecutive looks.
const QUIET_LOOKS: u32 = 2;
/// The time limit. A process that the kernel can't end by then remains.
const LOOKS_FOR: Duration = Duration::from_secs(10);

/// The guardian of this process, if there is one.
static GUARDIAN: Mutex<Option<(Child, ChildStdin)>> = Mutex::new(None);

/// Starts the guardian, if this process has none. `program` must pass its arguments to [`serve_guardian`]
/// before anything else.
///
/// # Errors
///
/// It can't be started.
pub(crate) fn start(program: &Path) -> io::Result<()> {
    let mut guardian = GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner);
    if guardian.is_some() {
        return Ok(());
    }
    // The program's file may have been replaced since this process began.
    let itself = Path::new("/proc/self/exe");
    let mut command = std::process::Command::new(if itself.exists() { itself } else { program });
    command.arg0(program);
    // In a group of its own, so that Ctrl-C at the terminal does not reach it.
    command.args([WORD, &orphans::prefix()]).env_remove(orphans::MARK).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    let mut child = fork_guard::alone(|| {
        let child = command.spawn()?;
        orphans::started(Pid::from_child(&child));
        io::Result::Ok(child)
    })?;
    *guardian = child.stdin.take().map(|pipe| (child, pipe));
    Ok(())
}

/// Makes the guardian remove this directory, if this process is killed.
pub(crate) fn remove_if_killed(directory: &Path) {
    let mut guardian = GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, pipe)) = guardian.as_mut() {
        let path = [directory.as_os_str().as_bytes(), b"\0"].concat();
        // If the guardian itself was killed, nothing can be done.
        let _ = pipe.write_all(&path);
    }
}

/// Records that this process has cleaned up, and waits for the guardian's end.
pub(crate) fn dismiss() {
    let guardian = GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some((mut child, mut pipe)) = guardian else { return };
    let _ = pipe.write_all(DISMISSED);
    drop(pipe);
    let pid = Pid::from_child(&child);
    fork_guard::alone(|| {
        let _ = child.wait();
        orphans::waited_for(pid);
    });
}

/// Acts as the guardian, if these arguments ask for it; otherwise returns `None`.
pub(crate) fn serve_guardian(arguments: &[OsString]) -> Option<ExitCode> {
    let [word, prefix] = arguments else { return None };
    let prefix = prefix.to_str().filter(|prefix| word == WORD && prefix.ends_with('.'))?;
    let mut told = Vec::new();
    let ended = io::stdin().read_to_end(&mut told);
    let directories = directories(&told);
    if let (Ok(_), Some(directories)) = (ended, directories) {
        end_all(prefix);
        for directory in directories {
            let _ = std::fs::remove_dir_all(directory);
        }
    }
    Some(ExitCode::SUCCESS)
}

/// The directories of a killed harness; `None` if it cleaned up itself.
fn directories(told: &[u8]) -> Option<Vec<PathBuf>> {
    let mut all = Vec::new();
    let mut rest = told;
    while let Some(at) = rest.iter().position(|byte| *byte == 0) {
        let (path, behind) = rest.split_at(at);
        if path.is_empty() {
            return None;
        }
        all.push(PathBuf::from(OsString::from_vec(path.to_vec())));
        rest = behind.get(1..).unwrap_or_default();
    }
    Some(all)
}

/// Kills every process whose mark begins with `prefix`, until there is none.
fn end_all(prefix: &str) {
    let began = Instant::now();
    let mut quiet = 0;
    while quiet < QUIET_LOOKS && began.elapsed() < LOOKS_FOR {
        quiet = if end_once(prefix) == 0 { quiet + 1 } else { 0 };
        // A killed process takes a moment to end.
        std::thread::yield_now();
    }
}

/// Kills them once. Returns how many there were.
fn end_once(prefix: &str) -> usize {
    let is_marked = |value: &OsString| value.as_bytes().starts_with(prefix.as_bytes());
    let mut ended = 0;
    for process in all_processes().into_iter().flatten().flatten() {
        let environment = process.environ().unwrap_or_default();
        if !environment.get(OsStr::new(orphans::MARK)).is_some_and(is_marked)
            || living_name(process.pid()).is_none()
        {
            continue;
        }
        let pid = Pid::from_raw(process.pid());
        ended += usize::from(pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok()));
    }
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harness_that_was_killed_leaves_its_paths_and_one_that_was_not_says_so() {
        assert_eq!(directories(b""), Some(vec![]));
        let two = Some(vec![PathBuf::from("/a b"), PathBuf::from("/c\nd")]);
        assert_eq!(directories(b"/a b\0/c\nd\0"), two);
        assert_eq!(directories(b"/a b\0/half"), Some(vec![PathBuf::from("/a b")]));
        assert_eq!(directories(b"/a b\0\0"), None);
        assert_eq!(directories(DISMISSED), None);
    }
}
