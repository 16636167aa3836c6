//! A missing feature of the machine is not a peer's fault: the report names it, or the command ends with
//! status 3.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use framecheck_tests::{Sandbox, program, search_path};
use serde_json::Value;

use super::own_protocol::fixed_address::has_namespaces;
use super::report;

/// A small run of one scenario, started by a shell that has executed `before`.
fn run_after(sandbox: &Sandbox, before: &str, arguments: &[&str]) -> Output {
    let mut run = Command::new("sh");
    run.args(["-c", &format!("{before} exec \"$@\""), "sh"]).arg(program("framecheck"));
    run.args(["run", "--scenario", "tcp-hello", "--cases", "1", "--out", "out"]).args(arguments);
    run.env("PATH", search_path()).current_dir(sandbox.path()).process_group(0).output().unwrap()
}

/// Its output without the progress lines, which a slow machine shows.
fn stderr(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines =
        said.lines().filter(|line| line.starts_with("framecheck: ") || !line.contains(" cases, "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// It ended with status 3 and one line, with each of these words.
fn says_one_sentence(output: &Output, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
}

/// Every played case passed.
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

/// Commands for a shell in a new network namespace, whose loopback interface is on or off.
fn apart(sandbox: &Sandbox, before: &str, arguments: &[&str]) -> Option<Output> {
    if !has_namespaces() {
        return None;
    }
    let mut run = Command::new("unshare");
    run.args(["-Urn", "sh", "-c", &format!("{before} exec \"$@\""), "sh"]);
    run.arg(program("framecheck")).args(["run", "--scenario", "tcp-hello"]);
    run.args(["--cases", "0", "--network", "asis", "--out", "out"]).args(arguments);
    Some(run.env("PATH", search_path()).current_dir(sandbox.path()).output().unwrap())
}

const WITHOUT_IPV6: &str =
    "ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 || exit 99;";

#[test]
fn without_ipv6_its_cases_are_missing_and_the_rest_is_played() {
    let sandbox = Sandbox::new();
    std::fs::write(
        sandbox.path().join("expected.toml"),
        "[[expected]]\nid = \"tcp-hello/*/tcp6/*\"\nreason = \"x\"\nsymptom = \"y\"\n",
    )
    .unwrap();
    let transports = ["--transport", "tcp4", "--transport", "tcp6", "--expected", "expected.toml"];
    let Some(output) = apart(&sandbox, WITHOUT_IPV6, &transports) else { return };
    let report = all_is_right(&sandbox, &output);
    let missing = report["missing"].as_array().unwrap();
    let about = |line: &&Value| line.as_str().is_some_and(|it| it.starts_with("tcp6, as nothing"));
    assert_eq!(missing.iter().filter(about).count(), 1, "{missing:?}");
    assert_eq!(report["counts"]["harness-error"], 0);
    let summary = std::fs::read_to_string(sandbox.path().join("out/summary.md")).unwrap();
    assert!(summary.contains(": conforms") && summary.contains("tcp6, as nothing"), "{summary}");
}

#[test]
fn without_ipv6_a_run_of_its_cases_alone_says_that_nothing_is_left() {
    let sandbox = Sandbox::new();
    let Some(output) = apart(&sandbox, WITHOUT_IPV6, &["--transport", "tcp6"]) else { return };
    says_one_sentence(&output, &["nothing is left to play", "tcp6", "::1"]);
}

#[test]
fn without_a_loopback_interface_nothing_is_played() {
    let sandbox = Sandbox::new();
    let Some(output) = apart(&sandbox, "", &[]) else { return };
    says_one_sentence(&output, &["127.0.0.1", "ip link set lo up"]);
    assert!(!sandbox.path().join("out/report.json").exists());
}

#[test]
fn a_short_limit_of_a_files_length_ends_the_run_before_it_begins() {
    let sandbox = Sandbox::new();
    for limit in ["1", "10", "1000"] {
        let output = run_after(&sandbox, &format!("ulimit -f {limit};"), &[]);
        says_one_sentence(&output, &["a file may have", "ulimit -f unlimited"]);
    }
}

#[test]
fn too_little_memory_to_map_ends_the_run_before_it_begins() {
    let sandbox = Sandbox::new();
    let output = run_after(&sandbox, "ulimit -v 600000;", &[]);
    says_one_sentence(&output, &["a process may map", "ulimit -v unlimited"]);
}

#[test]
fn an_interpreter_that_is_too_old_or_none_is_named_in_one_sentence() {
    let sandbox = Sandbox::new();
    for (name, script, part) in [
        ("old", "echo Python 3.6.9", "it is Python 3.6.9,"),
        ("older", "echo Python 2.7.18 >&2", "it is Python 2.7.18,"),
        ("other", "echo something else", "not a Python interpreter"),
        ("silent", "exit 1", "not a Python interpreter"),
    ] {
        let python = sandbox.path().join(name);
        std::fs::write(&python, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&python, PermissionsExt::from_mode(0o755)).unwrap();
        let output = run_after(&sandbox, "", &["--python", python.to_str().unwrap()]);
        says_one_sentence(&output, &[part, "Python 3.8 or later is needed", name]);
    }
}
