//! The example peers of tests/peers pass wherever their language is installed.

use std::io::Write;
use std::process::{Command, Stdio};

use framecheck_tests::{Sandbox, repository};

use super::manifests::says;
use super::{report, verdicts};

/// Whether a program is installed. Without it, the test prints that past the test harness, which would
/// capture it.
pub(super) fn is_there(program: &str, peer: &str) -> bool {
    let mut asking = Command::new(program);
    asking.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    let is_there = asking.status().is_ok_and(|status| status.success());
    if !is_there {
        let _ = writeln!(std::io::stderr(), "SKIPPED: the example peer {peer}: no {program} here");
    }
    is_there
}

/// Each role plays once, and each scenario plays a few cases. All inputs would take minutes;
/// `framecheck run --peer` and `make mutants` play those.
fn is_green(sandbox: &Sandbox, manifest: &str, peer: &str, scenario: &str, networks: &[&str]) {
    says(sandbox, &["check-peer", manifest, "--once"], 0);
    // One input in eight, with the tutorial's own among them.
    let run = ["run", "--peer", manifest, "--scenario", scenario, "--cases", "0", "--out", "out"];
    let chosen = ["--skip", "*[0-8a-e]", "--transport", "tcp4"];
    let networks = networks.iter().flat_map(|network| ["--network", network]);
    let arguments: Vec<&str> = run.into_iter().chain(chosen).chain(networks).collect();
    says(sandbox, &arguments, 0);
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    let pairings =
        [format!("{peer}->python"), format!("python->{peer}"), format!("{peer}->{peer}")];
    for pairing in pairings {
        let is_played = |(id, verdict): (&String, &String)| {
            id.starts_with(&format!("{scenario}/{pairing}/")) && verdict == "pass"
        };
        assert!(verdicts.iter().any(is_played), "{pairing} of {scenario}");
    }
}

/// The manifest of a peer that runs directly from the checkout.
fn manifest(peer: &str) -> String {
    let path = repository().join(format!("tests/peers/{peer}/{peer}.toml"));
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_c_peer_is_green() {
    if !is_there("cc", "c") || !is_there("make", "c") {
        return;
    }
    // In its own directory, so that the checkout stays unchanged.
    let sandbox = Sandbox::new();
    for file in ["Makefile", "peer.c", "c.toml"] {
        let from = repository().join("tests/peers/c").join(file);
        std::fs::copy(from, sandbox.path().join(file)).unwrap();
    }
    let made = Command::new("make").arg("-s").current_dir(sandbox.path()).status().unwrap();
    assert!(made.success());
    is_green(&sandbox, "c.toml", "c", "file-transfer", &["asis", "split@3", "cut@2"]);
}

#[test]
fn the_javascript_peer_is_green() {
    if is_there("node", "node") {
        is_green(
            &Sandbox::new(),
            &manifest("node"),
            "node",
            "file-transfer",
            &["asis", "split@3", "cut@2"],
        );
    }
}

#[test]
fn the_perl_peer_is_green() {
    if is_there("perl", "perl") {
        is_green(&Sandbox::new(), &manifest("perl"), "perl", "line-upper", &["asis"]);
    }
}
