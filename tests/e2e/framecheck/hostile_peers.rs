//! Peers that are hostile to the harness itself. The harness always ends with a complete report, kills what it
//! started and nothing else, and leaves nothing behind.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use std::time::Instant;

use framecheck_tests::{DEADLINE, Sandbox, program, repository, search_path};
use rustix::process::{Pid, Signal, kill_process};

use super::manifests::{UPPER_SERVER, upper_server};
use super::{report, verdicts};
use crate::peers::in_time;

const LISTEN: &str = "import os, signal, socket, subprocess, sys, time\n\
                      server = socket.create_server((sys.argv[1], int(sys.argv[2])))\n";

/// Servers, each with the verdict on its case, and words of the reason. Without words, it is chance which of two
/// problems is noticed first.
fn hostile() -> Vec<(&'static str, String, &'static str, &'static str)> {
    let listening = |rest: &str| format!("{LISTEN}{rest}");
    let right = |before: &str| {
        let (first, rest) = UPPER_SERVER.split_once('\n').unwrap();
        format!("{first}, os, signal, subprocess, time\n{before}{rest}")
    };
    vec![
        ("exits-at-once", "raise SystemExit(7)\n".into(), "fail", ""),
        ("closes-at-once", listening("while True: server.accept()[0].close()\n"), "fail", ""),
        (
            "never-listens",
            "import time\ntime.sleep(99)\n".into(),
            "timeout",
            "waiting for the client to end",
        ),
        (
            "never-reads",
            listening("a = server.accept()\ntime.sleep(99)\n"),
            "timeout",
            "waiting for the client to end",
        ),
        (
            "floods-the-wire",
            listening("s = server.accept()[0]\nwhile True: s.send(b'x' * 65536)\n"),
            "fail",
            "",
        ),
        (
            "floods-the-screen",
            listening("s = server.accept()[0]\nwhile True: os.write(1, b'\\xff\\0' * 32768)\n"),
            "fail",
            "the server prints without end",
        ),
        ("prints-garbage", right("os.write(1, bytes(range(256)) * 99)\n"), "pass", ""),
        (
            "ignores-sigterm",
            right("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"),
            "timeout",
            "waiting for the server to end on SIGTERM",
        ),
        // It holds its client until then: the end of the client would cause a SIGTERM for the server.
        (
            "dies-of-a-signal",
            listening("a = server.accept()\nos.kill(os.getpid(), 11)\n"),
            "crash",
            "",
        ),
        (
            "leaves-a-child-with-the-socket",
            listening(
                "server.set_inheritable(True)\n\
                 subprocess.Popen(['sleep', '98765'], close_fds=False)\nserver.accept()\n",
            ),
            "fail",
            "",
        ),
        (
            "leaves-a-daemon",
            right("subprocess.Popen(['sleep', '98765'], start_new_session=True)\n"),
            "pass",
            "",
        ),
        (
            "leaves-a-daemon-without-environment",
            right("subprocess.Popen(['sleep', '98765'], start_new_session=True, env={})\n"),
            "pass",
            "",
        ),
        (
            "leaves-its-group",
            right("os.setpgid(0, 0) if os.getpgrp() != os.getpid() else 0\n"),
            "pass",
            "",
        ),
        (
            "fills-its-directory",
            right("open('junk', 'wb').write(b'x' * (1 << 20))\n"),
            "fail",
            "unexpected file",
        ),
    ]
}

/// `framecheck` in its own sandbox, which also holds its temporary directory. The deadline is in seconds.
fn framecheck(sandbox: &Sandbox, manifest: &str, deadline: &str) -> Command {
    let mut command = Command::new(program("framecheck"));
    command
        .args(["run", "--peer", manifest, "--scenario", "tcp-upper", "--cases", "1"])
        .args(["--network", "asis", "--transport", "tcp4", "--pairing"])
        .arg(format!("{}->python", manifest.trim_end_matches(".toml")))
        .args(["--deadline", deadline, "--out", "out", "--skip", "*[1-9a-f]"])
        .env("FRAMECHECK_REFERENCE", repository().join("python-ref"))
        .env("TMPDIR", sandbox.path().join("tmp"))
        .env("PATH", search_path())
        .current_dir(sandbox.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    std::fs::create_dir(sandbox.path().join("tmp")).unwrap();
    command
}

/// The processes that run in a sandbox, or were started from it.
fn processes_of(sandbox: &Sandbox) -> Vec<String> {
    let mut found = Vec::new();
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let works = std::fs::read_link(process.path().join("cwd"));
        if works.is_ok_and(|path| path.starts_with(sandbox.path())) {
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            found.push(OsStr::from_bytes(&line).to_string_lossy().replace('\0', " "));
        }
    }
    found
}

#[track_caller]
fn nothing_is_left(sandbox: &Sandbox, name: &str) {
    assert_eq!(processes_of(sandbox), Vec::<String>::new(), "{name}");
    let left = std::fs::read_dir(sandbox.path().join("tmp")).unwrap().count();
    assert_eq!(left, 0, "{name}");
}

#[test]
fn the_harness_ends_with_a_full_report_whatever_a_peer_does_and_leaves_nothing() {
    // Most of the time is waiting for deadlines.
    let hostile = hostile();
    std::thread::scope(|scope| {
        for part in hostile.chunks(4) {
            scope.spawn(move || leave_nothing(part));
        }
    });
}

fn leave_nothing(hostile: &[(&str, String, &str, &str)]) {
    for (name, server, verdict, words) in hostile {
        let sandbox = Sandbox::new();
        let manifest = upper_server(&sandbox, name, server);
        let began = Instant::now();
        // A peer that does everything right meets no deadline, so the deadline need not be short.
        let deadline = if *verdict == "pass" { "30" } else { "3" };
        let status = framecheck(&sandbox, &manifest, deadline).status().unwrap();
        assert!(began.elapsed() < DEADLINE * 2, "{name}: {:?}", began.elapsed());
        let report = report(&sandbox.path().join("out"));
        let verdicts = verdicts(&report);
        assert!(!verdicts.is_empty(), "{name}");
        assert!(verdicts.values().all(|it| it == verdict), "{name}: {verdicts:?}");
        assert_eq!(status.code(), Some(i32::from(*verdict != "pass")), "{name}");
        let case = &report["cases"][0];
        let what = case["differences"][0]["what"].as_str().unwrap_or_default();
        assert!(what.contains(words), "{name}: {what}");
        nothing_is_left(&sandbox, name);
    }
}

/// The manifest of a server that reports its start through a named pipe called `started`, and serves no client:
/// the run can't end before a signal.
fn waits_for_ever(sandbox: &Sandbox, name: &str, server: &str) -> String {
    let waits = "open(sys.argv[3], 'w').close()\ntime.sleep(99)\nwhile True:";
    let manifest = upper_server(sandbox, name, &server.replace("while True:", waits));
    let path = sandbox.path().join(&manifest);
    let started = sandbox.path().join("started");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("\"{port}\"", &format!("\"{{port}}\", \"{}\"", started.display()));
    std::fs::write(&path, text).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &started, 0o600.into()).unwrap();
    manifest
}

#[test]
fn an_interrupt_ends_a_hostile_peer_too() {
    for (name, signal) in [("ignores-sigterm", Signal::INT), ("leaves-a-daemon", Signal::TERM)] {
        let (_, server, ..) = hostile().into_iter().find(|(it, ..)| *it == name).unwrap();
        let sandbox = Sandbox::new();
        let manifest = waits_for_ever(&sandbox, name, &server);
        let started = sandbox.path().join("started");
        let mut child = framecheck(&sandbox, &manifest, "30").spawn().unwrap();
        in_time(move || File::open(started)).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{name}");
        nothing_is_left(&sandbox, name);
    }
}

#[test]
fn nothing_is_left_when_the_harness_itself_is_killed() {
    for name in ["ignores-sigterm", "leaves-a-daemon"] {
        let (_, server, ..) = hostile().into_iter().find(|(it, ..)| *it == name).unwrap();
        let sandbox = Sandbox::new();
        let manifest = waits_for_ever(&sandbox, name, &server);
        let started = sandbox.path().join("started");
        let mut child = framecheck(&sandbox, &manifest, "30").spawn().unwrap();
        in_time(move || File::open(started)).unwrap();
        assert!(processes_of(&sandbox).len() > 1, "{name}");
        kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
        child.wait().unwrap();
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until && !is_empty(&sandbox) {
            std::thread::yield_now();
        }
        nothing_is_left(&sandbox, name);
    }
}

/// Whether no process and no file of the harness is left.
fn is_empty(sandbox: &Sandbox) -> bool {
    let left = std::fs::read_dir(sandbox.path().join("tmp")).unwrap().count();
    left == 0 && processes_of(sandbox).is_empty()
}

#[test]
fn processes_of_others_are_left_alone() {
    let sandbox = Sandbox::new();
    let (_, server, ..) = hostile().into_iter().find(|(it, ..)| *it == "leaves-a-daemon").unwrap();
    let manifest = upper_server(&sandbox, "leaves-a-daemon", &server);
    let mut other = Command::new("sleep").arg("98765").spawn().unwrap();
    framecheck(&sandbox, &manifest, "3").status().unwrap();
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
    nothing_is_left(&sandbox, "leaves-a-daemon");
}
