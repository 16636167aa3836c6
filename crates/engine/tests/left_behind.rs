//! What a stranger's program leaves behind is ended and named, both for forked and for fresh programs.
//!
//! This is a separate binary: it becomes the parent of everything that is left behind in it.

#![cfg(all(target_os = "linux", not(feature = "portable")))]
#![allow(clippy::unwrap_used, reason = "a test panics when something is wrong")]

mod common;

use std::time::Duration;

use common::{Programs, python, spawner};
use engine::peer::{Spawner, adopt_orphans};

/// The time limit for a program to disappear.
const GONE_BY: Duration = Duration::from_secs(20);

/// It leaves a child in its group, one in a session of its own, and a daemon that never calls exec.
const LEAVES: &str = "\
import os, subprocess, time
subprocess.Popen(['sleep', '61'])
subprocess.Popen(['sleep', '62'], start_new_session=True)
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open('/proc/self/comm', 'w').write('daemon')
        os.write(write, b'.')
        for number in range(3):
            os.close(number)
        time.sleep(63)
    os._exit(0)
os.read(read, 1)
print(len(os.environ['FRAMECHECK_PEER']))
";

/// The program and its children end by a signal to their group.
const ENDS_TOGETHER: &str = "\
import os, signal, subprocess
for _ in range(8):
    subprocess.Popen(['sleep', '60'])
os.killpg(0, signal.SIGTERM)
";

async fn left_behind(spawner: &Spawner, text: &str, warm: bool) -> Vec<String> {
    let program = Programs::with(&[("main.py", text)]);
    let process = program.start(spawner, warm);
    tokio::time::timeout(GONE_BY, process.cleaned()).await.unwrap();
    let mut names = process.left_behind();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_leaves_behind_is_ended_and_named() {
    adopt_orphans().unwrap();
    // `fresh` first: when a spawner is dropped, it ends what is left by then.
    let (fresh, forking) = (spawner(&python(), true), spawner(&python(), false));
    for (spawner, warm) in [(&forking, true), (&fresh, true), (&fresh, false)] {
        let names = left_behind(spawner, LEAVES, warm).await;
        assert_eq!(names, ["daemon", "sleep", "sleep"]);
        assert!(left_behind(spawner, "print('nothing')\n", warm).await.is_empty());
        // Processes that ended by themselves are not named, nor those that end with the program.
        let ends = "import subprocess\nsubprocess.Popen(['true']).wait()\n";
        assert!(left_behind(spawner, ends, warm).await.is_empty());
        for _ in 0..10 {
            assert!(left_behind(spawner, ENDS_TOGETHER, warm).await.is_empty());
        }
    }
}
