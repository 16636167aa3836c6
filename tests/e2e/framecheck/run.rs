//! `framecheck run` where everything is right.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use framecheck_tests::{Sandbox, program, repository};
use rustix::process::{Pid, Signal, kill_process_group};

use super::{report, verdicts};

#[test]
fn a_small_run_passes_and_writes_what_it_promises() {
    let sandbox = Sandbox::new();
    let output = sandbox
        .framecheck()
        .args(["run", "--cases", "1", "--scenario", "tcp-hello", "--network", "asis"])
        .args(["--skip", "*harness*", "--skip", "*/tcp6/*", "--skip", "*/unix/*", "--out", "out"])
        .assert()
        .success()
        .get_output()
        .clone();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("tcp-hello tcp4 asis"), "{stdout}");
    assert!(stdout.contains("python->rust"), "{stdout}");

    let report = report(&sandbox.path().join("out"));
    assert_eq!(report["schema"], 1);
    assert_eq!(report["pairings"].as_array().unwrap().len(), 4);
    assert_eq!(report["peers"][0]["name"], "python");
    let verdicts = verdicts(&report);
    assert_eq!(report["counts"]["pass"], verdicts.values().filter(|it| *it == "pass").count());
    assert_eq!(report["counts"]["fail"], 0);
    let case = &report["cases"][0];
    for key in ["id", "scenario", "pairing", "transport", "network", "verdict", "clause", "seconds"]
    {
        assert!(!case[key].is_null(), "no {key} in {case}");
    }
    assert!(!sandbox.path().join("out/failures").exists());
}

#[test]
fn json_format_prints_an_event_a_line_and_nothing_else() {
    let sandbox = Sandbox::new();
    let arguments = ["run", "--cases", "0", "--scenario", "tcp-upper", "--format", "json"];
    let output = sandbox.framecheck().args(arguments).assert().success().get_output().clone();
    let events: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let count = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!((count("started"), count("ended")), (1, 1));
    assert_eq!(count("finished") as u64, events[0]["cases"].as_u64().unwrap());
}

#[test]
fn the_same_seed_gives_the_same_cases_and_another_seed_others() {
    let sandbox = Sandbox::new();
    let ids = |seed: &str, out: &str| {
        let arguments =
            ["run", "--cases", "5", "--scenario", "udp-upper", "--seed", seed, "--out", out];
        sandbox.framecheck().args(arguments).assert().success();
        verdicts(&report(&sandbox.path().join(out)))
    };
    let first = ids("7", "a");
    assert_eq!(first, ids("7", "b"));
    assert_ne!(first, ids("8", "c"));
}

#[test]
fn a_fresh_interpreter_for_each_program_changes_nothing() {
    let sandbox = Sandbox::new();
    // Its programs always speak IPv4, so they see no other transport.
    let verdicts = |fresh: &[&str], out: &str| {
        let arguments = [
            "run",
            "--cases",
            "2",
            "--pairing",
            "python->python",
            "--transport",
            "tcp4",
            "--transport",
            "udp4",
            "--skip",
            "*[0-7]",
            "--out",
            out,
        ];
        sandbox.framecheck().args(arguments).args(fresh).assert().success();
        verdicts(&report(&sandbox.path().join(out)))
    };
    assert_eq!(verdicts(&[], "warm"), verdicts(&["--fresh"], "fresh"));
}

#[test]
fn options_choose_cases_by_scenario_pairing_transport_and_id() {
    let sandbox = Sandbox::new();
    let arguments = [
        "run",
        "--cases",
        "3",
        "--scenario",
        "*-upper",
        "--transport",
        "udp4",
        "--pairing",
        "rust->rust",
        "--network",
        "asis",
        "--skip",
        "udp-upper/*/[0-7]???????",
        "--out",
        "out",
    ];
    sandbox.framecheck().args(arguments).assert().success();
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    assert!(!verdicts.is_empty());
    for id in verdicts.keys() {
        assert!(id.starts_with("udp-upper/rust->rust/udp4/asis/"), "{id}");
        let input = id.rsplit('/').next().unwrap();
        assert!(input.starts_with(['8', '9', 'a', 'b', 'c', 'd', 'e', 'f']), "{id}");
    }
}

#[test]
fn a_run_leaves_no_directory_behind() {
    let sandbox = Sandbox::new();
    let temporary = Sandbox::new();
    // Each kind of network in each pairing over each transport: those that cut or have faults at some
    // of their places, and asis with half of the inputs.
    sandbox
        .framecheck()
        .args(["run", "--cases", "0", "--scenario", "file-transfer"])
        .args(["--skip", "*@[1-57-8]*", "--skip", "*/asis/*[89a-f]"])
        .env("TMPDIR", temporary.path())
        .assert()
        .success();
    assert_eq!(temporary.names(), [""; 0]);
}

#[test]
fn a_run_that_is_interrupted_leaves_no_process_and_no_directory_behind() {
    let sandbox = Sandbox::new();
    let temporary = Sandbox::new();
    let mut command = Command::new(program("framecheck"));
    command
        .args(["run", "--format", "json"])
        .current_dir(sandbox.path())
        .env("TMPDIR", temporary.path())
        .env("FRAMECHECK_REFERENCE", repository().join("python-ref"))
        .stdout(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    // In the middle of it: some cases have finished.
    for _ in 0..5 {
        lines.next().unwrap().unwrap();
    }
    kill_process_group(Pid::from_child(&child), Signal::INT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130), "{status}");
    assert_eq!(temporary.names(), [""; 0]);
    let marker = temporary.path().to_string_lossy().into_owned();
    let left: Vec<String> = processes().filter(|line| line.contains(&marker)).collect();
    assert_eq!(left, [""; 0]);
}

/// Command line and working directory of every process.
fn processes() -> impl Iterator<Item = String> {
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let command = std::fs::read(entry.path().join("cmdline")).ok()?;
        let directory = std::fs::read_link(entry.path().join("cwd")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        Some(format!("{command}(in {})", directory.display()))
    })
}
