//! `errata`: triggers each known defect of the reference.

use std::path::Path;

use framecheck_tests::{Sandbox, program, repository};

#[test]
fn every_defect_that_is_written_down_happens() {
    let seen = demonstrated(Sandbox::new().framecheck().args(["errata", "--format", "json"]), 0);
    let all = tutorials::tutorials().iter().flat_map(|scenario| scenario.errata());
    let ids: Vec<&str> = all.map(|erratum| erratum.id).collect();
    assert_eq!(seen.iter().map(|it| it["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert!(seen.iter().all(|it| it["happens"] == true), "{seen:#?}");
}

/// The port instead of the reference: its behaviour must not count as any defect.
#[test]
fn no_defect_is_seen_in_programs_that_are_right() {
    let sandbox = Sandbox::new();
    let reference = sandbox.path().join("python-ref");
    copy(&repository().join("python-ref"), &reference);
    for scenario in std::fs::read_dir(&reference).unwrap() {
        let scenario = scenario.unwrap();
        for side in ["server", "client"] {
            let file = scenario.path().join(side).with_extension("py");
            if file.exists() {
                std::fs::write(file, becomes(side, &scenario.file_name().to_string_lossy()))
                    .unwrap();
            }
        }
    }
    // Some of the waits are for bytes that never come.
    let arguments = ["errata", "--format", "json", "--deadline", "3", "--reference"];
    let seen = demonstrated(sandbox.framecheck().args(arguments).arg(&reference), 1);
    let is_usage = |it: &serde_json::Value| it["seen"].as_str().unwrap().contains("--help");
    assert!(!seen.iter().any(is_usage), "{seen:#?}");
    let happened: Vec<_> = seen.iter().filter(|it| it["happens"] == true).collect();
    assert!(happened.is_empty(), "{happened:#?}");
}

/// A reference program that becomes ours. A server of commands runs any. A datagram client does not wait for an
/// answer, because the usual wait would be too long here.
fn becomes(side: &str, scenario: &str) -> String {
    let program = program(&format!("frame-{side}"));
    let option = if side == "server" { "listen" } else { "connect" };
    let more = match (side, scenario) {
        ("client", "udp-upper" | "udp-hello" | "line-upper-udp") => "'--timeout=0'",
        ("server", "remote-command") => "'--allow-anything'",
        _ => "",
    };
    format!(
        "import os, sys\n\
         told = dict(option[2:].split('=', 1) for option in sys.argv[1:])\n\
         address = '--{option}=' + told.pop('host') + ':' + told.pop('port')\n\
         file = ['--', told.pop('file')] if 'file' in told else []\n\
         rest = ['--' + name + '=' + value for name, value in told.items()]\n\
         program = {program:?}\n\
         os.execv(program, [program, '{scenario}', address, *rest, *[{more}], *file])\n"
    )
}

/// What `framecheck errata` says about each, one line each, when it ends with this status.
fn demonstrated(command: &mut assert_cmd::Command, status: i32) -> Vec<serde_json::Value> {
    let output = command.assert().code(status).get_output().clone();
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

#[test]
fn a_defect_is_made_to_happen_and_what_is_seen_is_told() {
    let sandbox = Sandbox::new();
    let arguments = ["errata", "file-transfer-dot-dot", "remote-command-cut-*"];
    let output = sandbox.framecheck().args(arguments).assert().success().get_output().clone();
    let shown = String::from_utf8(output.stdout).unwrap();
    for part in [
        "happens  file-transfer-dot-dot  [FR-7]",
        "it left \"../escaped\" of 5 bytes",
        "happens  remote-command-cut-header  [NW-1]",
        "python->python over tcp4 split@2",
        "struct.error",
        "4 of 4 errata happen",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
}

#[test]
fn for_programs_each_is_a_line() {
    let sandbox = Sandbox::new();
    let arguments = ["errata", "file-transfer-end-unnoticed", "--format", "json"];
    let output = sandbox.framecheck().args(arguments).assert().success().get_output().clone();
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["id"], "file-transfer-end-unnoticed");
    assert_eq!(line["happens"], true);
    assert_eq!(
        line["seen"].as_str().unwrap().split(';').next(),
        Some("it keeps a processor busy while nothing moves")
    );
}

/// A corrected reference is no longer the tutorial's.
#[test]
fn a_defect_that_no_longer_happens_is_a_failure() {
    let sandbox = Sandbox::new();
    let reference = sandbox.path().join("python-ref");
    copy(&repository().join("python-ref"), &reference);
    let client = reference.join("file-transfer/client.py");
    let text = std::fs::read_to_string(&client).unwrap();
    assert!(text.contains("client.recv(4)"));
    std::fs::write(&client, text.replace("client.recv(4)", "client.recv(4, socket.MSG_WAITALL)"))
        .unwrap();
    let output = sandbox
        .framecheck()
        .args(["errata", "file-transfer-cut-header", "--reference"])
        .arg(&reference)
        .assert()
        .code(1)
        .get_output()
        .clone();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("DOES NOT HAPPEN  file-transfer-cut-header"), "{shown}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let copied = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &copied);
        } else {
            std::fs::copy(entry.path(), copied).unwrap();
        }
    }
}

#[test]
fn a_name_that_matches_nothing_is_wrong_usage() {
    let sandbox = Sandbox::new();
    sandbox.framecheck().args(["errata", "no-such-defect"]).assert().code(2);
}
