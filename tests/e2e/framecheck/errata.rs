//! `errata`: each known defect of the reference, happening.

use framecheck_tests::Sandbox;

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

/// A reference that has been mended is not the tutorial's any more.
#[test]
fn a_defect_that_no_longer_happens_is_a_failure() {
    let sandbox = Sandbox::new();
    let reference = sandbox.path().join("python-ref");
    copy(&framecheck_tests::repository().join("python-ref"), &reference);
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

fn copy(from: &std::path::Path, to: &std::path::Path) {
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
