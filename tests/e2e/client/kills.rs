//! `frame-client file-transfer`, killed at a random moment: either the old file or the new one is
//! there.

#![cfg(test)]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use framecheck_tests::{Sandbox, program};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::peers::Process;

const KILLS: u32 = 1000;
const FILE_BYTES: usize = 2 << 20;

/// Runs a client in the sandbox's directory `into`, kills it after this time, and returns whether
/// it was done by then.
fn run(sandbox: &Sandbox, address: &str, kill_after: Duration) -> bool {
    let mut command = Command::new(program("frame-client"));
    command.args(["file-transfer", "--connect", address]).current_dir(sandbox.path().join("into"));
    command.stdout(Stdio::null()).stderr(Stdio::null()).env_remove("FRAME_LOG");
    let mut child = command.spawn().unwrap();
    let pid = Pid::from_child(&child);
    let ended = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    let until = Instant::now() + kill_after;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).unwrap();
        // The end of another test's child interrupts this call, too.
        match poll(&mut [PollFd::new(&ended, PollFlags::IN)], Some(&timeout)) {
            Err(Errno::INTR) => {}
            done => {
                done.unwrap();
                break;
            }
        }
    }
    // The process has not been waited for yet, so its id still belongs to it.
    kill_process(pid, Signal::KILL).unwrap();
    child.wait().unwrap().success()
}

/// A number generator (xorshift64); a failure can show its seed.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn a_thousand_kills_leave_the_old_file_or_the_new_one() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("into")).unwrap();
    let (old, new) = (vec![b'o'; FILE_BYTES / 2], vec![b'n'; FILE_BYTES]);
    sandbox.write("source", &new);
    let options = ["--name=it", "--max-per-client=0", "--drain-timeout=0"];
    let arguments = [&["file-transfer", "source"], &options[..]].concat();
    let (_server, address) = Process::server(&sandbox, &arguments, Some(Stdio::null()));

    let start = Instant::now();
    assert!(run(&sandbox, &address, Duration::from_secs(30)));
    let mut longest = start.elapsed();
    let into = sandbox.path().join("into");
    let it = into.join("it");
    fs::write(&it, &old).unwrap();
    let (mut done, mut whole_but_killed) = (0, 0);
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for number in 0..KILLS {
        // Up to 1.2 times as long as a whole run.
        let moment = longest * u32::try_from(next(&mut state) % 1200).unwrap() / 1000;
        let start = Instant::now();
        let was_done = run(&sandbox, &address, moment);
        if was_done {
            // Adapts to the machine, which may have become slower or faster.
            longest = (longest * 3 + start.elapsed()) / 4;
        }
        let found = fs::read(&it).unwrap();
        assert!(found == old || found == new, "kill {number} at {moment:?}: {} bytes", found.len());
        assert!(!was_done || found == new, "kill {number} at {moment:?}: done and still old");
        done += u32::from(was_done);
        whole_but_killed += u32::from(!was_done && found == new);
        for entry in fs::read_dir(&into).unwrap() {
            let path = entry.unwrap().path();
            if path != it {
                // Between its two last calls the client has the whole file under another name,
                // because the system can't replace a file by one without a name.
                assert!(fs::read(&path).unwrap() == new, "kill {number}: {}", path.display());
                fs::remove_file(path).unwrap();
            }
        }
        if found == new {
            fs::write(&it, &old).unwrap();
        }
    }
    // Otherwise the moments were not spread over the whole run.
    assert!((KILLS / 20..KILLS * 19 / 20).contains(&done), "{done} of {KILLS} were done");
    eprintln!("{done} done, {whole_but_killed} killed behind the rename");
}
