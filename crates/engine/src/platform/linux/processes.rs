//! The processor time of running processes, and the members of a group, from /proc.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::unistd::{Pid as AnyPid, getpgid};
use rustix::process::Pid;

/// /proc counts in hundredths of a second, on every kernel.
const TICK: Duration = Duration::from_millis(10);

/// The flag of a process that is in the kernel's exit (`PF_EXITING`).
const EXITING: u64 = 4;
/// SIGKILL among the pending signals. The kernel adds it whenever a signal ends the process.
const KILL_WAITS: u64 = 1 << 8;

/// How long to watch whether a running process ends.
const DECIDED_BY: Duration = Duration::from_millis(20);

/// The processor time that a process and its threads have used; zero if there is no such process.
pub(crate) fn processor_time(pid: Pid) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid()));
    // The program's name, in parentheses, may contain anything. utime and stime are the 12th and 13th number
    // after it.
    let ticks = stat.ok().and_then(|stat| {
        let (_, numbers) = stat.rsplit_once(')')?;
        let mut numbers = numbers.split_whitespace().skip(11);
        let (user, system): (u32, u32) =
            (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        Some(user + system)
    });
    TICK * ticks.unwrap_or(0)
}

/// Whether each thread of a process waits for an event: none runs, is ready to run, or has ended. False if
/// there is no such process.
pub(crate) fn is_asleep(pid: Pid) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_pid())) else {
        return false;
    };
    threads.into_iter().all(|thread| {
        let stat = thread.and_then(|thread| std::fs::read_to_string(thread.path().join("stat")));
        stat.is_ok_and(|stat| {
            stat.rsplit_once(')').is_some_and(|(_, state)| state.starts_with(" S"))
        })
    })
}

/// This process's peak memory, in bytes. The kernel counts in KiB.
pub(crate) fn own_peak_bytes() -> u64 {
    let kibibytes = getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| usage.max_rss());
    u64::try_from(kibibytes).unwrap_or(0) << 10
}

/// The processes of a group that outlive its leader, by process id.
pub(crate) fn left_in_group(leader: Pid) -> BTreeMap<i32, String> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let leader = AnyPid::from_raw(leader.as_raw_pid());
    let members = pids.map(AnyPid::from_raw).filter(|pid| {
        // getpgid opens no file, so most processes are skipped quickly. A kernel thread has group 0, which
        // rustix has no type for.
        *pid != leader && getpgid(Some(*pid)) == Ok(leader)
    });
    members.filter_map(|pid| Some((pid.as_raw(), living_name(pid.as_raw())?))).collect()
}

/// The name of a process, unless it has ended or is about to end. A signal that ends it counts, so that a
/// process that is ended together with its leader does not count as left behind.
pub(super) fn living_name(pid: i32) -> Option<String> {
    let decided_by = Instant::now() + DECIDED_BY;
    loop {
        let (name, is_running) = living(pid)?;
        // A process that has taken its signal, and is not yet in its exit, is running.
        if !is_running || Instant::now() >= decided_by {
            return Some(name);
        }
        std::thread::yield_now();
    }
}

/// The name of a process, and whether it is running now; `None` if it is ending.
fn living(pid: i32) -> Option<(String, bool)> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let bits = |index: usize| fields.get(index)?.parse::<u64>().ok();
    // Fields 3, 9 and 31 of proc(5): the state, the flags, and the pending signals of the process.
    let state = *fields.first()?;
    let is_gone = matches!(state, "Z" | "X");
    let is_ending = bits(6)? & EXITING != 0 || bits(28)? & KILL_WAITS != 0;
    (!is_gone && !is_ending).then(|| (name.to_owned(), state == "R"))
}
