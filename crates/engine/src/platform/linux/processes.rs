//! What processes use of a processor while they run, from /proc.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use rustix::process::Pid;

/// The kernel counts for /proc in hundredths of a second, whatever it counts in itself.
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process and its threads have used so far; zero for one that isn't there.
pub(crate) fn processor_time(pid: Pid) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid()));
    // The program's name, in parentheses, may hold anything; utime and stime are the 12th and the
    // 13th of the numbers behind it.
    let ticks = stat.ok().and_then(|stat| {
        let (_, numbers) = stat.rsplit_once(')')?;
        let mut numbers = numbers.split_whitespace().skip(11);
        let (user, system): (u32, u32) =
            (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        Some(user + system)
    });
    TICK * ticks.unwrap_or(0)
}

/// Whether each thread of a process sleeps until something happens: none runs, or would if it were
/// given a processor, or has ended. One that isn't there doesn't sleep.
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

/// The most memory this process has held, in bytes; the kernel counts in KiB.
pub(crate) fn own_peak_bytes() -> u64 {
    let kibibytes = getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| usage.max_rss());
    u64::try_from(kibibytes).unwrap_or(0) << 10
}
