//! What processes use of the machine: a processor while they run, memory when they have ended.

use std::io;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use rustix::process::Pid;
use wait4::Wait4;

use crate::observation::MEMORY_MAX_BYTES;

/// The kernel counts for /proc in hundredths of a second, whatever it counts in itself.
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process and its threads have used so far (Linux; zero for one that
/// isn't there).
pub(super) fn processor_time(pid: Pid) -> Duration {
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
/// given a processor, or has ended (Linux; one that isn't there doesn't sleep).
pub(super) fn is_asleep(pid: Pid) -> bool {
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

/// What the kernel's counts of a process's memory may be off by: each processor has counted pages
/// that it has not told yet.
const COUNTING_ERROR_BYTES: u64 = 8 << 20;

/// Give back an ended child's number, and say how much memory it, or a child of its own, held at
/// the most if that was over [`MEMORY_MAX_BYTES`].
///
/// Until its exec a child is counted with all that this process holds, so it isn't blamed for that
/// much either.
pub(super) fn reap(child: &mut Child) -> (io::Result<ExitStatus>, Option<u64>) {
    let ended = match child.wait4() {
        Ok(ended) => ended,
        Err(error) => return (Err(error), None),
    };
    let kibibytes = getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| usage.max_rss());
    let own = u64::try_from(kibibytes).unwrap_or(0) << 10;
    let excess = ended.rusage.maxrss;
    let blameless = MEMORY_MAX_BYTES.max(own + COUNTING_ERROR_BYTES);
    (Ok(ended.status), (excess > blameless).then_some(excess))
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use rustix::process::{WaitId, WaitIdOptions, waitid};

    use super::*;

    #[test]
    fn a_process_of_which_a_thread_runs_is_not_asleep_nor_is_one_that_is_not_there() {
        assert!(!is_asleep(rustix::process::getpid()));
        assert!(!is_asleep(Pid::from_raw(i32::MAX).unwrap()));
    }

    #[test]
    fn a_process_that_waits_for_its_input_falls_asleep_and_one_that_has_ended_does_not_sleep() {
        let cat = std::process::Command::new("cat").stdin(Stdio::piped()).spawn();
        let mut cat = cat.unwrap();
        let pid = Pid::from_child(&cat);
        while !is_asleep(pid) {}
        drop(cat.stdin.take());
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(pid), ended).unwrap();
        assert!(!is_asleep(pid));
        cat.wait().unwrap();
    }

    #[test]
    fn a_process_that_is_busy_uses_time_and_one_that_is_not_there_none() {
        let own = rustix::process::getpid();
        let before = processor_time(own);
        while processor_time(own) < before + TICK {
            std::hint::black_box(vec![0_u8; 4096]);
        }
        assert_eq!(processor_time(Pid::from_raw(i32::MAX).unwrap()), Duration::ZERO);
    }
}
