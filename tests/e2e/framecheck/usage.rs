//! Exit statuses: 2 for wrong usage, 3 if the harness can't do its work; each with advice.

use framecheck_tests::Sandbox;

fn assert_refused(arguments: &[&str], status: i32, words: &[&str]) {
    let sandbox = Sandbox::new();
    let output = sandbox.framecheck().args(arguments).assert().code(status).get_output().clone();
    let stderr = String::from_utf8(output.stderr).unwrap();
    for word in words {
        assert!(stderr.contains(word), "no {word:?} in {stderr}");
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_pattern_that_matches_nothing_is_wrong_usage() {
    assert_refused(&["run", "--scenario", "ftp"], 2, &["--scenario", "ftp", "file-transfer"]);
    assert_refused(&["run", "--skip", "nothing/*"], 2, &["--skip", "nothing/*"]);
    assert_refused(&["run", "--pairing", "go->rust"], 2, &["go->rust", "python->rust"]);
    let excluding = ["run", "--scenario", "tcp-upper", "--transport", "udp4"];
    assert_refused(&excluding, 2, &["nothing is left"]);
}

#[test]
fn what_is_no_value_is_wrong_usage() {
    assert_refused(&["run", "--pairing", "python"], 2, &["SERVER->CLIENT"]);
    assert_refused(&["run", "--transport", "tcp5"], 2, &["tcp5"]);
    assert_refused(&["run", "--network", "wet"], 2, &["wet", "bytewise"]);
    let chat = ["run", "--scenario", "chat", "--network", "random"];
    assert_refused(&chat, 2, &["random", "that network, but no case"]);
    assert_refused(&["run", "--jobs", "0"], 2, &["jobs"]);
    for (command, what) in [("run", "--cases=0"), ("check-peer", "x.toml"), ("errata", "x")] {
        for seconds in ["0", "86401", "18446744073709551615", "soon"] {
            assert_refused(&[command, what, "--deadline", seconds], 2, &["--deadline", seconds]);
        }
    }
    assert_refused(&["run", "--scenario", "a[b"], 2, &["a[b", "not a glob"]);
    assert_refused(&["replay", "file-transfer"], 2, &["SCENARIO/SERVER->CLIENT"]);
    assert_refused(&["frobnicate"], 2, &["frobnicate"]);
}

#[test]
fn an_id_that_names_nothing_is_wrong_usage() {
    for (id, why) in [
        ("ftp/python->rust/tcp4/asis/00000000", "no scenario"),
        ("tcp-upper/python->go/tcp4/asis/00000000", "no peer"),
        ("tcp-upper/python->rust/udp4/asis/00000000", "no transport"),
        ("tcp-upper/python->harness/tcp4/asis/00000000", "not one that"),
        ("chat/python->rust/tcp4/random/00000000", "not defined what is right"),
    ] {
        assert_refused(&["replay", id], 2, &[id, why]);
        assert_refused(&["show", id], 2, &[id, why]);
    }
}

#[test]
fn what_names_no_vector_and_what_is_no_case_json_is_wrong_usage() {
    for (name, word) in [("nope", "nope"), ("", "not a case"), ("ftp/x", "ftp"), ("chat/no", "no")]
    {
        assert_refused(&["show", name], 2, &[word]);
    }
    let sandbox = Sandbox::new();
    for (content, why) in [("[]", "nothing at /result/id"), ("root:x:0:0", "not a case.json")] {
        let file = sandbox.write("case.json", content).to_string_lossy().into_owned();
        assert_refused(&["replay", &file], 2, &[&file, why]);
        assert_refused(&["keep", &file, "--name", "a-name"], 2, &[&file, why]);
    }
    assert_refused(&["keep", "no-such.json", "--name", "a-name"], 2, &["no-such.json"]);
}

#[test]
fn the_status_says_it_too_where_standard_error_takes_nothing() {
    for (arguments, status) in [
        (&["run", "--scenario", "nope*"][..], 2),
        (&["run", "--scenario", "tcp-hello", "--python", "/no/such/python3"], 3),
        (&["check-peer", "/no/such/manifest.toml"], 2),
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(framecheck_tests::program("framecheck"));
        let output = command.args(arguments).stderr(full).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
    }
}

#[test]
fn a_python_that_is_not_there_is_the_harness_failing() {
    let arguments = ["run", "--cases", "0", "--python", "/no/such/python3"];
    assert_refused(&arguments, 3, &["/no/such/python3", "--python"]);
}

#[test]
fn a_python_that_is_none_is_the_harness_failing() {
    assert_refused(&["run", "--cases", "0", "--python", "true"], 3, &["\"true\"", "--python"]);
}

#[test]
fn programs_that_were_not_built_are_the_harness_failing() {
    let arguments = ["run", "--programs", "/"];
    assert_refused(&arguments, 3, &["frame-server", "cargo build"]);
}

#[test]
fn references_that_are_not_there_are_the_harness_failing() {
    assert_refused(&["run", "--reference", "/"], 3, &["no reference programs"]);
}

#[test]
fn an_output_directory_that_cannot_be_made_is_the_harness_failing() {
    let arguments = ["run", "--cases", "0", "--out", "/dev/null/x"];
    assert_refused(&arguments, 3, &["/dev/null/x"]);
}
