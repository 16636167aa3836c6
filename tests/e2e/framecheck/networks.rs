//! Networks that cut and faults: at every place of a frame, what the report says of a peer that
//! fails there, and how the failure is minimised.

use std::collections::BTreeSet;

use framecheck_tests::Sandbox;

use super::broken_peer::programs;
use super::{report, verdicts};

/// A client like the tutorial's: one recv is the header, and one the dict.
const ONE_RECV_CLIENT: &str = r#"#!/usr/bin/env python3
import json, socket, struct, sys
host, port = sys.argv[2].split('=', 1)[1].rsplit(':', 1)
sk = socket.create_connection((host, int(port)))
about = json.loads(sk.recv(struct.unpack('i', sk.recv(4))[0]))
print(about)
left = about['file_size']
with open(about['file_name'], 'wb') as file:
    while left:
        part = sk.recv(left)
        if not part:
            sys.exit('[FR-5] the end, too early')
        file.write(part)
        left -= len(part)
"#;

#[test]
fn every_split_of_a_head_is_played_in_every_pairing_of_both_framed_scenarios() {
    let sandbox = Sandbox::new();
    let arguments = ["run", "--cases", "0", "--network", "split@*", "--out", "out"];
    sandbox.framecheck().args(arguments).assert().success();
    let played: BTreeSet<String> =
        verdicts(&report(&sandbox.path().join("out"))).into_keys().collect();
    for (scenario, head_bytes) in [
        ("file-transfer", 4 + r#"{"file_name": "a", "file_desc": "d", "file_size": 5}"#.len()),
        ("remote-command", 4 + r#"{"data_size": 3}"#.len()),
    ] {
        for pairing in ["python->python", "rust->python", "python->rust", "rust->rust"] {
            for at in 1..=head_bytes + 1 {
                let begins = format!("{scenario}/{pairing}/tcp4/split@{at}/");
                assert!(played.iter().any(|id| id.starts_with(&begins)), "no {begins}");
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_cases_and_verdicts_over_every_network() {
    let run = || {
        let sandbox = Sandbox::new();
        let arguments = ["run", "--cases", "2", "--scenario", "remote-command", "--seed", "5"];
        let arguments = arguments.into_iter().chain(["--skip", "*/asis/*", "--out", "out"]);
        sandbox.framecheck().args(arguments).assert().success();
        verdicts(&report(&sandbox.path().join("out")))
    };
    let (one, other) = (run(), run());
    let differ: Vec<_> =
        one.iter().filter(|(id, verdict)| other.get(*id) != Some(verdict)).collect();
    assert!(differ.is_empty() && one.len() == other.len(), "{differ:?}");
}

#[test]
fn a_client_that_trusts_one_recv_fails_with_the_fewest_cuts_and_is_kept_for_good() {
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-client", ONE_RECV_CLIENT);
    let run = |arguments: &[&str], code| {
        let mut command = sandbox.framecheck();
        command.args(arguments).arg("--programs").arg(&programs);
        let output = command.assert().code(code).get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = run(
        &[
            "run",
            "--cases",
            "0",
            "--scenario",
            "file-transfer",
            "--pairing",
            "python->rust",
            "--network",
            "bytewise-down",
            "--skip",
            "*/tcp4/*/[0-9]*",
            "--out",
            "out",
        ],
        1,
    );
    assert!(shown.contains("FAIL file-transfer/python->rust/tcp4/bytewise-down/"), "{shown}");

    // Only the first few failures of a run are minimised.
    let failures = std::fs::read_dir(sandbox.path().join("out/failures")).unwrap();
    let cases = failures.map(|folder| folder.unwrap().path().join("case.json"));
    let with_smallest = |case: std::path::PathBuf| {
        let text = std::fs::read_to_string(&case).unwrap();
        let about: serde_json::Value = serde_json::from_str(&text).unwrap();
        let smallest = about["evidence"]["smallest"]["network"].as_str()?;
        Some((case, smallest.to_owned()))
    };
    let (case, smallest) = cases.filter_map(with_smallest).next().unwrap();
    let place: usize = smallest.strip_prefix("split@").unwrap().parse().unwrap();
    assert!((1..80).contains(&place), "{smallest}");

    let case = case.to_str().unwrap();
    let replayed = run(&["replay", case], 1);
    assert!(replayed.contains("server -> client  1 bytes delivered"), "{replayed}");
    let replayed = run(&["replay", case, "--smallest"], 1);
    assert!(replayed.contains(&format!("server -> client  {place} bytes delivered")), "{replayed}");

    let kept = sandbox.write("regressions.json", "[]");
    let keep = |name| {
        let mut command = sandbox.framecheck();
        command.args(["keep", case, "--name", name, "--file"]).arg(&kept);
        command.assert()
    };
    keep("one-recv-is-not-a-header").success();
    keep("Not Kebab").failure();
    keep("short-frame").failure();
    let all: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&kept).unwrap()).unwrap();
    assert_eq!(all[0]["name"], "one-recv-is-not-a-header");
    assert_eq!(all[0]["scenario"], "file-transfer");
    assert_eq!(all[0]["network"], smallest);
}

/// Without the control, a server that drops every connection would pass each fault.
#[test]
fn a_server_that_closes_on_everybody_fails_though_every_client_is_harmed() {
    let script = r#"#!/usr/bin/env python3
import socket, sys
host, port = sys.argv[2].split('=', 1)[1].rsplit(':', 1)
server = socket.create_server((host, int(port)))
while True:
    server.accept()[0].close()
"#;
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-server", script);
    let output = sandbox
        .framecheck()
        .args(["run", "--cases", "0", "--scenario", "file-transfer", "--pairing", "rust->rust"])
        .args(["--network", "cut@0", "--out", "out", "--programs"])
        .arg(&programs)
        .assert()
        .code(1)
        .get_output()
        .clone();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("the next client, which was not disturbed"), "{shown}");
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    assert!(verdicts.values().all(|verdict| verdict == "fail"), "{verdicts:?}");
}

#[test]
fn a_replay_that_is_neither_an_id_nor_a_case_json_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.framecheck().args(["replay", "no/such/file.json"]).assert().code(2);
    sandbox.write("not-json", "{");
    sandbox.framecheck().args(["replay", "not-json"]).assert().code(2);
    sandbox.write("no-case.json", "{}");
    let output = sandbox.framecheck().args(["replay", "no-case.json"]).assert().code(2);
    let said = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    assert!(said.contains("nothing at /result/id"), "{said}");
    let id = "file-transfer/python->rust/tcp4/asis/0badcafe";
    sandbox.framecheck().args(["replay", id, "--smallest"]).assert().code(2);
}
