//! What the machine lacks says nothing about a peer: it is missing, or it ends the command with status 3.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use framecheck_tests::{Sandbox, program, search_path};
use serde_json::Value;

use super::report;

/// A small run of one scenario, started by a shell that has executed `before`.
fn run_after(sandbox: &Sandbox, before: &str, arguments: &[&str]) -> Output {
    let mut run = Command::new("sh");
    run.args(["-c", &format!("{before} exec \"$@\""), "sh"]).arg(program("framecheck"));
    run.args(["run", "--scenario", "tcp-hello", "--cases", "1", "--out", "out"]).args(arguments);
    run.env("PATH", search_path()).current_dir(sandbox.path()).process_group(0).output().unwrap()
}

/// What it said beside how far it has come, which a slow machine shows.
fn stderr(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines =
        said.lines().filter(|line| line.starts_with("framecheck: ") || !line.contains(" cases, "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// It ended with status 3 and said one line, with each of these words.
fn says_one_sentence(output: &Output, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
}

/// Every case that was played came out right.
fn all_is_right(sandbox: &Sandbox, output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = report(&sandbox.path().join("out"));
    assert!(report["counts"]["pass"].as_u64() > Some(0), "{}", report["counts"]);
    report
}

fn directory_in(parent: &Path, name: &str) -> String {
    let directory = parent.join(name);
    std::fs::create_dir_all(&directory).unwrap();
    directory.to_str().unwrap().to_owned()
}

#[test]
fn a_long_directory_for_temporary_files_leaves_room_for_the_paths_of_sockets() {
    let sandbox = Sandbox::new();
    for name in ["x".repeat(80), format!("a b\nc {}", "y".repeat(150))] {
        let temporary = directory_in(sandbox.path(), &name);
        let output = sandbox
            .framecheck()
            .env("TMPDIR", temporary)
            .args(["run", "--scenario", "tcp-hello", "--scenario", "file-transfer"])
            .args(["--transport", "unix", "--transport", "tcp4", "--network", "asis"])
            .args(["--cases", "0", "--quick", "--out", "out"])
            .output()
            .unwrap();
        all_is_right(&sandbox, &output);
    }
}

#[test]
fn a_relative_directory_for_temporary_files_is_the_one_of_this_process() {
    let sandbox = Sandbox::new();
    directory_in(sandbox.path(), "own");
    all_is_right(&sandbox, &run_after(&sandbox, "TMPDIR=own;  export TMPDIR;", &["--quick"]));
}

#[test]
fn without_a_directory_for_temporary_files_the_run_says_so() {
    let sandbox = Sandbox::new();
    let output = run_after(&sandbox, "TMPDIR=/missing; export TMPDIR;", &[]);
    says_one_sentence(&output, &["\"/missing\"", "set TMPDIR"]);
}

#[test]
fn few_open_files_mean_few_jobs_and_no_verdict() {
    let sandbox = Sandbox::new();
    let output = run_after(&sandbox, "ulimit -n 200;", &["--jobs", "48", "--quick"]);
    all_is_right(&sandbox, &output);
    let said = stderr(&output);
    assert_eq!(said.matches("may open 200 files here").count(), 1, "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn the_soft_limit_of_open_files_is_raised() {
    let sandbox = Sandbox::new();
    let output = run_after(&sandbox, "ulimit -Sn 40;", &["--jobs", "4", "--quick"]);
    all_is_right(&sandbox, &output);
    assert_eq!(stderr(&output), "");
}

#[test]
fn too_few_open_files_for_one_job_end_the_run_before_it_begins() {
    let sandbox = Sandbox::new();
    for limit in ["12", "30", "60"] {
        let output = run_after(&sandbox, &format!("ulimit -n {limit};"), &[]);
        says_one_sentence(&output, &[&format!("may open {limit} files"), "ulimit -n 80"]);
    }
}
