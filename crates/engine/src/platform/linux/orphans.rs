//! Ends what a stranger's program leaves behind: daemons, and children in groups of their own (Linux). They
//! become children of this process, and a mark in their environment identifies them. They end with their case;
//! those without a mark end with the run.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use procfs::process::{Process, all_processes};
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid,
};

use super::processes::living_name;
use crate::fork_guard;

/// The variable that marks a peer and everything that it starts.
pub(crate) const MARK: &str = "FRAMECHECK_PEER";

static ADOPTING: AtomicBool = AtomicBool::new(false);
/// Children that this process started, until they were waited for.
static STARTED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// From now on, this process becomes the parent of orphaned descendants.
///
/// # Errors
///
/// The kernel does not support it.
pub(crate) fn adopt() -> io::Result<()> {
    set_child_subreaper(Some(getpid()))?;
    ADOPTING.store(true, Ordering::Relaxed);
    Ok(())
}

/// A unique value for [`MARK`]. All values of one harness have the same length.
pub(crate) fn new_mark() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}{:016x}", prefix(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The prefix of this process's marks only. The process number is not enough: a process of another PID
/// namespace, or a later one, may have the same.
pub(super) fn prefix() -> String {
    static BEGAN: OnceLock<u128> = OnceLock::new();
    let began = BEGAN.get_or_init(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
    });
    format!("{}.{began:x}.", getpid().as_raw_pid())
}

/// Marks a command and everything that it will start.
pub(crate) fn mark(command: &mut std::process::Command, mark: &str) {
    command.env(MARK, mark);
}

/// Records that this process started a child. Call it before any search for orphans can see the child.
pub(crate) fn started(pid: Pid) {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner).insert(pid.as_raw_pid());
}

/// Records that a child has been waited for. Its number may then be reused.
pub(crate) fn waited_for(pid: Pid) {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid.as_raw_pid());
}

/// Ends what the peer with this mark left behind, or with `None` what any peer did. Also reaps those that have
/// ended by themselves. Returns the names of those that would have continued to run.
pub(crate) fn end(mark: Option<&str>) -> BTreeMap<i32, String> {
    let mut all = BTreeMap::new();
    if !ADOPTING.load(Ordering::Relaxed) {
        return all;
    }
    // A process that ends leaves its own children behind.
    while fork_guard::alone(|| end_once(mark, &mut all)) > 0 {}
    all
}

/// Ends them once. Returns how many there were.
fn end_once(mark: Option<&str>, named: &mut BTreeMap<i32, String>) -> usize {
    let mut ended = 0;
    let started = STARTED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let is_ours = |process: &Process| {
        process.stat().is_ok_and(|stat| stat.ppid == getpid().as_raw_pid())
            && !started.contains(&process.pid())
    };
    for process in all_processes().into_iter().flatten().flatten().filter(is_ours) {
        let Some(pid) = Pid::from_raw(process.pid()) else { continue };
        let is_wanted = mark.is_none_or(|mark| {
            process.environ().is_ok_and(|environment| {
                environment.get(OsStr::new(MARK)).is_some_and(|value| value == mark)
            })
        });
        let name = if is_wanted { living_name(process.pid()) } else { None };
        if is_wanted && kill_process(pid, Signal::KILL).is_ok() {
            ended += usize::from(waitpid(Some(pid), WaitOptions::empty()).is_ok());
            named.extend(name.map(|name| (process.pid(), name)));
        } else {
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }
    ended
}
