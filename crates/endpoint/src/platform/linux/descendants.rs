//! Ends a program and all its descendants.
//!
//! No system call kills descendants that must not be put into a group. So this stops each process. A
//! stopped process can start no more, so this then reads its children (proc_pid_task(5)), until it finds
//! no new process. Then it kills all of them, the youngest first: a parent that learns of a child's end
//! is already stopped.
//!
//! The system may reuse a process id as soon as the parent has waited for the process. So signals go
//! through descriptors (pidfd_open(2)), which keep their process. A process counts as a child if the
//! process with the parent's id was still the same after this looked at the child.
//!
//! This does not find a process whose parent ended earlier: init is its parent from then on. This finds
//! but can't kill a process that now belongs to another user.

use std::collections::HashSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, getpid, kill_process, pidfd_open, pidfd_send_signal,
};

/// How long to look for processes and wait until they have stopped. Most stop within a millisecond. A
/// process that waits for a disk, or for a child before its exec, can't be stopped meanwhile.
const LOOK_TIMEOUT: Duration = Duration::from_millis(200);

/// One descriptor each.
const PROCESSES_MAX: usize = 500;

/// Kills a child of this process that has not been waited for, and its descendants, as far as it finds
/// them within a fifth of a second, and 500 of them at most. Without `/proc`, it kills only the child.
pub fn kill_with_descendants(child: Pid) {
    match Process::open(child) {
        Some(process) if is_proc_ours() => Family::of(process).kill(),
        // The child keeps its process id until it is waited for.
        _ => drop(kill_process(child, Signal::KILL)),
    }
}

/// Whether the process ids in `/proc` are those of this process's own namespace.
fn is_proc_ours() -> bool {
    fs::read_link("/proc/self").is_ok_and(|own| own.as_os_str() == &*getpid().to_string())
}

#[derive(Debug)]
struct Process {
    pid: Pid,
    descriptor: OwnedFd,
}

impl Process {
    fn open(pid: Pid) -> Option<Self> {
        let descriptor = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        Some(Self { pid, descriptor })
    }

    /// Sends a signal. Returns whether the process still has its id, which means that nothing has waited
    /// for it.
    fn signal(&self, signal: Signal) -> bool {
        pidfd_send_signal(&self.descriptor, signal) != Err(Errno::SRCH)
    }

    /// Whether each of its threads is stopped or has ended.
    fn is_at_rest(&self) -> bool {
        let threads = self.threads();
        let mut states = threads.iter().map(|thread| state_and_parent(thread));
        // A thread that ends meanwhile has no file.
        states.all(|state| state.is_none_or(|(state, _)| matches!(state, 'T' | 't' | 'Z' | 'X')))
    }

    /// Its children that are not among these.
    fn children(&self, known: &HashSet<Pid>) -> Vec<Self> {
        let listed = |thread: &String| fs::read_to_string(format!("{thread}/children")).ok();
        let lists: Vec<String> = self.threads().iter().filter_map(listed).collect();
        let pids = lists.iter().flat_map(|list| list.split_whitespace());
        let new = pids.filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
        let opened = new.filter(|pid| !known.contains(pid)).filter_map(Self::open);
        // Checked after opening: so the child is the opened process, or has ended.
        opened.filter(|child| child.parent() == Some(self.pid)).collect()
    }

    fn parent(&self) -> Option<Pid> {
        state_and_parent(&format!("/proc/{}", self.pid)).and_then(|(_, parent)| parent)
    }

    fn threads(&self) -> Vec<String> {
        let entries = fs::read_dir(format!("/proc/{}/task", self.pid));
        let path = |entry: fs::DirEntry| entry.path().to_str().map(str::to_owned);
        entries.into_iter().flatten().flatten().filter_map(path).collect()
    }
}

/// From proc_pid_stat(5), whose second field is a name of any characters between parentheses.
fn state_and_parent(directory: &str) -> Option<(char, Option<Pid>)> {
    let stat = fs::read_to_string(format!("{directory}/stat")).ok()?;
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next().and_then(|parent| Pid::from_raw(parent.parse().ok()?))))
}

/// A process and its descendants, each after its parent.
#[derive(Debug)]
struct Family {
    members: Vec<Process>,
    known: HashSet<Pid>,
}

impl Family {
    /// All of them, stopped.
    fn of(eldest: Process) -> Self {
        let known = HashSet::from([eldest.pid]);
        let mut family = Self { members: vec![eldest], known };
        let until = Instant::now() + LOOK_TIMEOUT;
        while !family.is_complete() {
            if Instant::now() > until || family.members.len() >= PROCESSES_MAX {
                break;
            }
            thread::yield_now();
        }
        family
    }

    /// Stops all processes and looks for their children and further descendants. Returns whether the list
    /// is complete: it found no new process, and no listed one can have started another since.
    fn is_complete(&mut self) -> bool {
        let mut is_complete = true;
        let mut next = 0;
        while let Some(member) = self.members.get(next) {
            next += 1;
            if !member.signal(Signal::STOP) {
                continue;
            }
            is_complete &= member.is_at_rest();
            let mut children = member.children(&self.known);
            // Opened by its process id.
            if !member.signal(Signal::STOP) {
                continue;
            }
            children.truncate(PROCESSES_MAX.saturating_sub(self.members.len()));
            is_complete &= children.is_empty();
            self.known.extend(children.iter().map(|child| child.pid));
            self.members.append(&mut children);
        }
        is_complete
    }

    fn kill(self) {
        for member in self.members.iter().rev() {
            member.signal(Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};
    use std::process::Command;

    use super::*;

    /// All started processes hold the returned pipe, which ends with the last of them. The script prints
    /// a line once all of them run.
    fn started(script: &str) -> (std::process::Child, io::PipeReader) {
        let (mut held, holding) = io::pipe().unwrap();
        let child = Command::new("sh").args(["-c", script]).stdout(holding).spawn().unwrap();
        let mut line = [0; 6];
        held.read_exact(&mut line).unwrap();
        assert_eq!(&line, b"ready\n");
        (child, held)
    }

    #[test]
    fn nobody_is_left_of_a_deep_or_a_wide_family_or_of_one_that_grows() {
        for script in [
            "echo ready; while :; do :; done",
            "sh -c 'sh -c \"echo ready; sleep 1000; :\"; :'; :",
            "sleep 1000 & sleep 1000 | sleep 1000 & setsid sleep 1000 & echo ready; wait",
            "for i in 1 2 3 4 5 6; do while :; do (:); done & done; echo ready; wait",
            "for i in 1 2 3; do setsid sh -c 'while :; do sleep 1000 & sleep 0.001; done' & done; \
             echo ready; wait",
        ] {
            let (mut child, mut held) = started(script);
            kill_with_descendants(Pid::from_child(&child));
            let (tell, told) = std::sync::mpsc::channel();
            thread::spawn(move || tell.send(held.read_to_end(&mut Vec::new())));
            let ended = told.recv_timeout(Duration::from_secs(30));
            assert!(ended.is_ok(), "somebody lives on: {script}");
            assert!(!child.wait().unwrap().success());
        }
    }

    #[test]
    fn a_child_that_has_ended_and_was_not_waited_for_is_no_matter() {
        let (mut child, mut held) = started("echo ready");
        held.read_to_end(&mut Vec::new()).unwrap();
        kill_with_descendants(Pid::from_child(&child));
        child.wait().unwrap();
    }
}
