//! A traced program records the lines that it executes, in whichever way it ends.

// Only the launcher can trace.
#![cfg(all(target_os = "linux", not(feature = "portable")))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use common::{Programs, finished, pythons, spawner};
use engine::peer::Process;
use rustix::process::Signal;
use serde_json::Value;

/// The lines in a file of the trace, by the program's file.
type Lines = BTreeMap<String, BTreeSet<u64>>;

/// The contents of one file of the trace. All entries are of this program, which runs in its directory `cwd`.
fn lines(path: &Path, program: &Programs) -> Lines {
    let mut lines = Lines::new();
    let base = program.directory().canonicalize().unwrap();
    for line in fs::read_to_string(path).unwrap().lines() {
        let note: Value = serde_json::from_str(line).unwrap();
        let file = Path::new(note["file"].as_str().unwrap()).strip_prefix(&base).unwrap();
        assert_eq!(note["cwd"], base.join("cwd").to_str().unwrap(), "{line}");
        let numbers = note["lines"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap());
        lines.entry(file.to_string_lossy().into_owned()).or_default().extend(numbers);
    }
    lines
}

/// The contents of each file of the trace in a directory: the program's first, then its children's.
fn traces(directory: &Path, program: &Programs) -> Vec<Lines> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.collect();
    paths.sort_by_key(|path| (path.extension() != Some(OsStr::new("jsonl")), path.clone()));
    paths.iter().map(|path| lines(path, program)).collect()
}

/// Traces a program under each interpreter until it ends; `meanwhile` may act on it.
async fn traced(files: &[(&str, &str)], meanwhile: impl AsyncFn(&Process)) -> Vec<Vec<Lines>> {
    let mut all = Vec::new();
    for python in pythons() {
        let program = Programs::with(files);
        let directory = tempfile::tempdir().unwrap();
        let tracing = spawner(&python, false).with_trace(directory.path().to_owned());
        let process = program.start(&tracing, true);
        meanwhile(&process).await;
        finished(process).await;
        all.push(traces(directory.path(), &program));
    }
    all
}

/// The lines of a program with one file and no children.
fn only(traces: &[Lines]) -> BTreeSet<u64> {
    assert_eq!(traces.len(), 1, "{traces:?}");
    assert_eq!(traces[0].keys().collect::<Vec<_>>(), ["main.py"], "{traces:?}");
    traces[0]["main.py"].clone()
}

async fn nothing(_: &Process) {}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_lines_that_are_executed_are_in_the_trace() {
    let text = "import sys\n\
                def never():\n\
                \x20   return 1\n\
                def f(x):\n\
                \x20   if x:\n\
                \x20       return 2\n\
                \x20   return 3\n\
                f(True)\n";
    for found in traced(&[("main.py", text)], nothing).await {
        assert_eq!(only(&found), [1, 2, 4, 5, 6, 8].into());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_traced_to_any_of_its_ends() {
    for (end, last) in [
        ("import os\nos._exit(3)\nx = 1\n", 2),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\nx = 1\n", 2),
        ("import sys\nsys.exit('no')\nx = 1\n", 2),
        ("x = 1\nx.nothing\nx = 1\n", 2),
        ("import atexit\ndef last():\n    x = 1\natexit.register(last)\n", 4),
    ] {
        for found in traced(&[("main.py", end)], nothing).await {
            assert_eq!(only(&found), (1..=last).collect(), "{end}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_a_signal_ends_is_traced() {
    let text = "import socket\n\
                s = socket.create_server(('127.0.0.1', 0))\n\
                print('listens')\n\
                s.accept()\n\
                s.close()\n";
    for signal in [Signal::TERM, Signal::KILL] {
        let end = async |process: &Process| {
            process.stdout().wait_until(|seen| seen.ends_with(b"\n")).await;
            while !process.is_still() {
                tokio::task::yield_now().await;
            }
            process.signal(signal);
        };
        for found in traced(&[("main.py", text)], end).await {
            assert_eq!(only(&found), [1, 2, 3, 4].into());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_threads_are_traced() {
    let text = "import threading, _thread\n\
                def one():\n\
                \x20   x = 1\n\
                def two(done):\n\
                \x20   done.release()\n\
                def three():\n\
                \x20   x = 3\n\
                t = threading.Thread(target=one); t.start(); t.join()\n\
                done = _thread.allocate_lock(); done.acquire()\n\
                _thread.start_new_thread(two, (done,)); done.acquire()\n";
    for found in traced(&[("main.py", text)], nothing).await {
        assert_eq!(only(&found), [1, 2, 3, 4, 5, 6, 8, 9, 10].into());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forked_child_writes_a_file_of_its_own() {
    let text = "import os\n\
                pid = os.fork()\n\
                if pid == 0:\n\
                \x20   x = 1\n\
                \x20   os._exit(0)\n\
                os.waitpid(pid, 0)\n";
    for found in traced(&[("main.py", text)], nothing).await {
        let own: Vec<_> = found.iter().map(|it| it["main.py"].clone()).collect();
        assert_eq!(own, [[1, 2, 3, 6].into(), [3, 4, 5].into()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_modules_beside_the_program_are_in_the_trace() {
    let files = [
        ("main.py", "import helper\nimport parts.one\nimport json\njson.dumps({})\nhelper.f()\n"),
        ("helper.py", "def f():\n    return 1\ndef g():\n    return 2\n"),
        ("parts/__init__.py", ""),
        ("parts/one.py", "x = 1\n"),
        ("unused.py", "x = 1\n"),
        ("site-packages/other.py", "x = 1\n"),
    ];
    let beside = "import sys\nsys.path.append(sys.path[0] + '/site-packages')\nimport other\n";
    for found in traced(&files, nothing).await {
        let [of] = &found[..] else { panic!("{found:?}") };
        let names: Vec<_> = of.keys().filter(|it| !it.ends_with("__init__.py")).collect();
        assert_eq!(names, ["helper.py", "main.py", "parts/one.py"]);
        assert_eq!(of["helper.py"], [1, 2, 3].into());
    }
    let installed = [("main.py", beside), files[5]];
    for found in traced(&installed, nothing).await {
        assert_eq!(only(&found), [1, 2, 3].into());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_becomes_a_new_interpreter_has_no_trace() {
    let files = [("main.py", "import json\n"), ("json.py", "x = 1\n")];
    for found in traced(&files, nothing).await {
        assert!(found.is_empty(), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_recurses_too_deep_may_have_executed_all_of_its_lines() {
    let text = "def f(): f()\n\
                try: f()\n\
                except RecursionError: pass\n\
                def g():\n\
                \x20   return 1\n\
                g()\n";
    for found in traced(&[("main.py", text)], nothing).await {
        assert!(only(&found).is_superset(&(1..=6).collect()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_traced_program_shows_the_same() {
    let text = "import os, sys, threading\n\
                print(os.dup(0), sys.argv[1:])\n\
                print([input(), input()], 'launch_trace' in sys.modules)\n\
                t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()\n\
                raise ValueError('the end')\n";
    let program = Programs::with(&[("main.py", text)]);
    for python in pythons() {
        let directory = tempfile::tempdir().unwrap();
        let plain = program.run(&spawner(&python, false)).await;
        let tracing = spawner(&python, false).with_trace(directory.path().to_owned());
        let traced = program.run(&tracing).await;
        assert_eq!(traced, plain, "{}", python.display());
        assert_eq!(only(&traces(directory.path(), &program)), (1..=5).collect());
    }
}
