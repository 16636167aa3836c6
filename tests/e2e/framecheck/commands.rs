//! `list`, `show`, and `replay` of a right case.

use framecheck_tests::Sandbox;

pub(super) fn stdout_of(arguments: &[&str]) -> String {
    let sandbox = Sandbox::new();
    let output = sandbox.framecheck().args(arguments).assert().success().get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn list_names_every_scenario_pairing_clause_check_and_erratum() {
    let listed: serde_json::Value =
        serde_json::from_str(&stdout_of(&["list", "--format", "json"])).unwrap();
    let names: Vec<&str> = listed["scenarios"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scenario| scenario["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "tcp-connect",
            "tcp-upper",
            "udp-upper",
            "tcp-hello",
            "udp-hello",
            "length-ack",
            "length-prefix",
            "remote-command",
            "line-upper",
            "line-upper-serial",
            "line-upper-udp",
            "buffers",
            "greeting",
            "first-message",
            "chat",
            "chat-guarded",
            "chat-relisten",
            "sticky",
            "sticky-sizes",
            "struct-demo",
            "file-transfer",
            "socket-api",
        ]
    );
    assert_eq!(listed["pairings"].as_array().unwrap().len(), 8);
    assert!(listed["checks"].as_array().unwrap().len() >= 9);
    assert!(!listed["errata"].as_array().unwrap().is_empty());

    let human = stdout_of(&["list"]);
    for scenario in listed["scenarios"].as_array().unwrap() {
        for clause in scenario["clauses"].as_array().unwrap() {
            assert!(human.contains(clause["id"].as_str().unwrap()), "{clause}");
            assert!(!clause["checks"].as_array().unwrap().is_empty(), "unchecked: {clause}");
        }
    }
}

/// The id that `list` gives for a vector, with a pairing.
pub(super) fn id_of(scenario: &str, vector: &str, rest: &str) -> String {
    let listed: serde_json::Value =
        serde_json::from_str(&stdout_of(&["list", "--format", "json"])).unwrap();
    let scenarios = listed["scenarios"].as_array().unwrap();
    let scenario = scenarios.iter().find(|found| found["name"] == scenario).unwrap();
    let vectors = scenario["vectors"].as_array().unwrap();
    let vector = vectors.iter().find(|found| found["name"] == vector).unwrap();
    let (name, id) = (scenario["name"].as_str().unwrap(), vector["id"].as_str().unwrap());
    format!("{name}/{rest}/asis/{id}")
}

#[test]
fn show_gives_the_bytes_the_outcome_and_the_clauses() {
    let id = id_of("file-transfer", "one-byte", "python->rust/tcp4");
    let shown = stdout_of(&["show", &id]);
    assert!(shown.contains("46 00 00 00 7b 22 66 69"), "{shown}");
    assert!(shown.contains("client leaves \"xyyyhtl.txt\", 1 bytes"), "{shown}");
    assert!(shown.contains("FT-1 "), "{shown}");
}

#[test]
fn show_takes_a_vectors_name() {
    let by_id = stdout_of(&["show", &id_of("file-transfer", "one-byte", "python->python/tcp4")]);
    assert_eq!(stdout_of(&["show", "file-transfer/one-byte"]), by_id);
    for (name, says) in [
        ("file-transfer/two-byte", "file-transfer has no vector \"two-byte\"; it has empty-file, "),
        ("file-transport/one-byte", "no scenario is called \"file-transport\""),
        ("one-byte", "\"one-byte\" is not a case: expected SCENARIO/"),
    ] {
        let sandbox = Sandbox::new();
        let output = sandbox.framecheck().args(["show", name]).assert().failure();
        let stderr = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        assert!(stderr.contains(says), "{stderr}");
    }
}

/// What is right for a client depends on what the harness sends it, not on what a server of the
/// scenario would send.
#[test]
fn what_is_right_where_the_harness_serves_is_shown() {
    let name = "file-transfer/hostile-dict-with-a-bom";
    let shown = stdout_of(&["show", name]);
    assert!(shown.contains("3b 00 00 00 ef bb bf 7b"), "{shown}");
    assert!(shown.contains("client leaves \"a.txt\", 5 bytes"), "{shown}");
    let id = shown.lines().next().unwrap().replace("->python", "->rust");
    let replayed = stdout_of(&["replay", &id]);
    assert!(replayed.contains("server -> client: 68 bytes, as expected"), "{replayed}");
}

#[test]
fn replay_shows_the_wire_log_and_the_verdict() {
    let id = id_of("remote-command", "only-stdout", "rust->python/tcp4");
    let shown = stdout_of(&["replay", &id]);
    for part in ["client -> server  10 bytes", "echo hello", "end of stream", "verdict: pass"] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
}

#[test]
fn replay_of_an_erratum_names_it() {
    let id = id_of("remote-command", "2048-bytes", "rust->python/tcp4");
    let shown = stdout_of(&["replay", &id]);
    assert!(shown.contains("verdict: erratum"), "{shown}");
    assert!(shown.contains("remote-command-answer-turned-round"), "{shown}");
}

#[test]
fn a_generated_case_is_replayed_from_its_id_alone() {
    let shown = stdout_of(&["replay", "tcp-upper/python->rust/tcp4/asis/0badcafe"]);
    assert!(shown.contains("input: generated"), "{shown}");
    assert!(shown.contains("verdict: pass"), "{shown}");
}

#[test]
fn show_names_the_common_clauses_that_a_case_can_violate() {
    let framed = stdout_of(&["show", "file-transfer/hostile-size-minus-one"]);
    assert!(
        framed.contains("  FR-4   The JSON is an object.") && framed.contains("  NW-2 "),
        "{framed}"
    );
    let plain = stdout_of(&["show", "tcp-upper/ascii"]);
    assert!(plain.contains("  NW-2   A program") && !plain.contains("FR-"), "{plain}");
}
