//! What a stranger's program leaves behind when it ends: daemons, and children in groups of their
//! own. They become this process's children, are known by a mark in their environment, and end
//! with their case; what has lost its mark ends with the run (Linux).

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

/// The variable that marks a peer and all that it starts.
pub(crate) const MARK: &str = "FRAMECHECK_PEER";

static ADOPTING: AtomicBool = AtomicBool::new(false);
/// Children that were started here, and are waited for where that was done.
static STARTED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// From now on, become the parent of whatever its own parent leaves behind.
///
/// # Errors
/// The kernel can't.
pub(crate) fn adopt() -> io::Result<()> {
    set_child_subreaper(Some(getpid()))?;
    ADOPTING.store(true, Ordering::Relaxed);
    Ok(())
}

/// A value for [`MARK`] that no other peer has. All that one harness gives are as long.
pub(crate) fn new_mark() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}{:016x}", prefix(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// How each mark of this process begins, and of no other: a process of another PID namespace may have the same number,
/// and so may one that comes later.
pub(super) fn prefix() -> String {
    static BEGAN: OnceLock<u128> = OnceLock::new();
    let began = BEGAN.get_or_init(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
    });
    format!("{}.{began:x}.", getpid().as_raw_pid())
}

/// Mark a command and all that it will start.
pub(crate) fn mark(command: &mut std::process::Command, mark: &str) {
    command.env(MARK, mark);
}

/// This child was started here. To be called before anyone else can look for orphans.
pub(crate) fn started(pid: Pid) {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner).insert(pid.as_raw_pid());
}

/// This child has been waited for; its number may now be anyone's.
pub(crate) fn waited_for(pid: Pid) {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid.as_raw_pid());
}

/// End what was left behind by the peer with this mark, or by anyone; and give back the numbers of
/// those that have ended by themselves. What comes back are the names of those that would have lived
/// on.
pub(crate) fn end(mark: Option<&str>) -> BTreeMap<i32, String> {
    let mut all = BTreeMap::new();
    if !ADOPTING.load(Ordering::Relaxed) {
        return all;
    }
    // One that ends leaves its own children behind.
    while fork_guard::alone(|| end_once(mark, &mut all)) > 0 {}
    all
}

/// How many there were.
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
