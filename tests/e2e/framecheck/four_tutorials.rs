//! Four tutorials as protocol files (tests/own-protocols): the files are usable, and the example peers pass.

use std::process::Command;

use framecheck_tests::{Sandbox, repository};

use super::example_peers::is_there;
use super::manifests::says;
use super::{report, verdicts};

/// The protocol file of a tutorial.
fn file(tutorial: &str) -> String {
    repository().join(format!("tests/own-protocols/{tutorial}.toml")).to_str().unwrap().to_owned()
}

/// The manifest of an example peer, which declares the protocol by the tutorial's commands.
fn manifest(sandbox: &Sandbox, peer: &str, tutorial: &str) -> String {
    let directory = repository().join("tests/peers").join(peer);
    for entry in directory.read_dir().unwrap() {
        let from = entry.unwrap().path();
        std::fs::copy(&from, sandbox.path().join(from.file_name().unwrap())).unwrap();
    }
    if peer == "c" {
        let made = Command::new("make").arg("-s").current_dir(sandbox.path()).status().unwrap();
        assert!(made.success());
    }
    let manifest = format!("{peer}.toml");
    let text = std::fs::read_to_string(sandbox.path().join(&manifest)).unwrap();
    sandbox
        .write(&manifest, text.replace(&format!("\n{tutorial} ="), &format!("\nown-{tutorial} =")));
    manifest
}

/// A peer plays some inputs of a tutorial's protocol file, and none fails.
fn is_green(peer: &str, tutorial: &str, inputs: &[&str]) {
    let language = if peer == "c" { "cc" } else { peer };
    if !is_there(language, peer) || peer == "c" && !is_there("make", peer) {
        return;
    }
    let sandbox = Sandbox::new();
    let (manifest, file) = (manifest(&sandbox, peer, tutorial), file(tutorial));
    let mut arguments = vec!["run", &file, "--peer", &manifest, "--no-cache", "--cases", "0"];
    arguments.extend(["--network", "asis", "--pairing", "*->*", "--out", "out"]);
    arguments.extend(inputs.iter().flat_map(|input| ["--input", input]));
    says(&sandbox, &arguments, 0);
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    for pairing in [format!("python->{peer}"), format!("{peer}->python")] {
        let of_pairing = format!("own-{tutorial}/{pairing}/");
        let passed =
            |(id, verdict): (&String, &String)| id.starts_with(&of_pairing) && verdict == "pass";
        assert_eq!(verdicts.iter().filter(|it| passed(*it)).count(), inputs.len(), "{verdicts:?}");
    }
}

#[test]
fn the_files_of_three_tutorials_are_usable() {
    let sandbox = Sandbox::new();
    for tutorial in ["file-transfer", "remote-command", "udp-upper"] {
        let (stdout, _) = says(&sandbox, &["check-protocol", &file(tutorial)], 0);
        assert!(stdout.contains("usable") && !stdout.contains("FAIL"), "{stdout}");
    }
}

/// Its server never rests after a client, and noticing that takes time, so one input must do.
#[test]
fn the_file_of_tcp_upper_is_read_and_its_restless_server_is_known() {
    let sandbox = Sandbox::new();
    let file = file("tcp-upper");
    says(&sandbox, &["list", &file], 0);
    let run = ["run", &file, "--no-cache", "--cases", "0", "--input", "ascii", "--out", "out"];
    let (stdout, _) = says(&sandbox, &run, 1);
    assert!(stdout.contains("keeps a processor busy"), "{stdout}");
}

#[test]
fn the_c_peer_serves_files_by_a_protocol_file() {
    is_green("c", "file-transfer", &["short-file", "odd-name"]);
}

#[test]
fn the_javascript_peer_runs_commands_by_a_protocol_file() {
    is_green("node", "remote-command", &["failing", "no-gbk"]);
}

#[test]
fn the_perl_peer_answers_datagrams_by_a_protocol_file() {
    is_green("perl", "udp-upper", &["spaces", "1024-and-more-bytes"]);
}
