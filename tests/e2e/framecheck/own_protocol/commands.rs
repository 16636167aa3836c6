//! The commands that take a protocol file.

use std::process::Command;
use std::sync::OnceLock;

use framecheck_tests::{Sandbox, program, search_path};
use model::case::InputId;

use serde_json::Value;

use super::{case, home, port, report, run, says, verdicts};

/// A failing run of a generated input, in its directory; the same for all tests that only read it.
fn failed() -> &'static Sandbox {
    static FAILED: OnceLock<Sandbox> = OnceLock::new();
    FAILED.get_or_init(|| {
        let sandbox = home();
        let generated = "[vary]\nbody = { kind = \"ascii\", max = 300 }\n[[input]]\nname = \"any\"\n\
                         typed = [\"f\"]\nclient-files = { \"f\" = \"Z{body}\" }\nnetworks = \"none\"\n";
        sandbox.write("up.toml", super::FILE.to_owned() + generated);
        let peer = port(&sandbox, "acme", Some("letter"), Some(""));
        let options = ["run", "up.toml", "--peer", &peer, "--pairing", "acme->ours", "--cases", "2"];
        says(&sandbox, &[&options[..], &["--out", "out"]].concat(), 1);
        sandbox
    })
}

/// The id of a failing case of that run, and its folder.
fn failure() -> (String, std::path::PathBuf) {
    let verdicts = verdicts(&report(&failed().path().join("out")));
    let (id, _) = verdicts.iter().find(|(_, verdict)| *verdict == "fail").unwrap();
    (id.clone(), failed().path().join("out/failures").join(id.replace('/', "_")))
}

#[test]
fn list_and_show_know_the_file() {
    let sandbox = home();
    let (stdout, _) = says(&sandbox, &["list", "up.toml"], 0);
    for words in ["up  (tcp4)", "puts files", "two, empty", "ours->ours"] {
        assert!(stdout.contains(words), "{words:?} is not in:\n{stdout}");
    }
    assert!(!stdout.contains("file-transfer"), "{stdout}");
    let (stdout, _) = says(&sandbox, &["list", "up.toml", "--format", "json"], 0);
    assert!(stdout.contains("\"up\""), "{stdout}");
    for arguments in
        [["show", "up/ours->ours/tcp4/asis/two", "up.toml"], ["show", "up.toml", "up/two"]]
    {
        let (stdout, _) = says(&sandbox, &arguments, 0);
        assert!(stdout.contains("a.txt"), "{stdout}");
    }
    let (_, stderr) = says(&sandbox, &["show", "up/thre", "up.toml"], 2);
    assert!(stderr.contains("two") && stderr.contains("empty"), "{stderr}");
}

#[test]
fn a_case_is_replayed_and_captured_by_its_name() {
    let sandbox = home();
    let id = "up/ours->ours/tcp4/split@2/two";
    let (stdout, _) = says(&sandbox, &["replay", id, "up.toml"], 0);
    assert!(stdout.contains("input: two") && stdout.contains("verdict: pass"), "{stdout}");
    says(&sandbox, &["capture", id, "up.toml", "--out", "wire.pcapng"], 0);
    let capture = std::fs::read(sandbox.path().join("wire.pcapng")).unwrap();
    assert_eq!(capture[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
    let (_, stderr) = says(&sandbox, &["replay", "up/ours->ours/tcp4/asis/thre", "up.toml"], 2);
    assert!(stderr.contains("it has two, empty"), "{stderr}");
    let (_, stderr) = says(&sandbox, &["replay", id], 2);
    assert!(stderr.contains("no scenario is called \"up\""), "{stderr}");
}

#[test]
fn the_roles_of_a_peer_are_checked() {
    let sandbox = home();
    let right = port(&sandbox, "right", Some(""), Some(""));
    let (stdout, _) = says(&sandbox, &["check-peer", &right, "up.toml"], 0);
    assert!(stdout.contains("all 2 roles work"), "{stdout}");
    let wrong = port(&sandbox, "wrong", None, Some("status"));
    let (stdout, _) = says(&sandbox, &["check-peer", &wrong, "up.toml"], 1);
    assert!(stdout.contains("client-exit"), "{stdout}");
}

#[test]
fn a_failure_of_a_generated_input_is_replayed_by_what_it_names_and_is_small() {
    let (id, folder) = failure();
    let (stdout, _) = says(failed(), &["replay", &id, "up.toml", "--peer", "acme.toml"], 1);
    assert!(stdout.contains("they part at byte 6"), "{stdout}");
    // From another directory, as a script.
    let mut script = Command::new(folder.join("repro.sh"));
    let framecheck = program("framecheck");
    let places = [framecheck.parent().unwrap().to_owned()].into_iter();
    let path = std::env::join_paths(places.chain(std::env::split_paths(search_path()))).unwrap();
    let output = script.env("PATH", path).current_dir("/").output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{shown}{:?}", output.stderr);
    assert!(shown.contains("they part at byte 6"), "{shown}");
    let text = std::fs::read_to_string(folder.join("case.json")).unwrap();
    let case: serde_json::Value = serde_json::from_str(&text).unwrap();
    let smallest = &case["evidence"]["smallest"]["input"]["beside"]["f"]["file"];
    // Minimised as far as there was time, and it still fails.
    let length = smallest.as_str().unwrap_or_default().len();
    assert!((1..100).contains(&length), "{smallest}");
}

#[test]
fn a_failing_generated_input_is_kept_as_a_fixed_one() {
    let (_, folder) = failure();
    let sandbox = home();
    let file = std::fs::read_to_string(failed().path().join("up.toml")).unwrap();
    sandbox.write("up.toml", &file);
    let peer = port(&sandbox, "acme", Some("letter"), None);
    let case_json = folder.join("case.json").display().to_string();
    let keep = |name: &str, status| {
        says(&sandbox, &["keep", &case_json, "up.toml", "--name", name], status)
    };
    assert!(keep("a-z", 0).0.contains("kept as the input a-z in "));
    let kept = std::fs::read_to_string(sandbox.path().join("up.toml")).unwrap();
    assert!(kept.starts_with(file.trim_end()), "{kept}");
    let options = ["--peer", &peer, "--input", "a-z", "--network", "asis"];
    let (_, report) = run(&sandbox, &options, 1);
    assert_eq!(case(&report, "up/acme->ours/tcp4/asis/")["input"], "a-z");
    assert!(keep("a-z", 2).1.contains("already has the name \"a-z\""));
    assert!(keep("A-Z", 2).1.contains("expected a name such as"));
}

#[test]
fn inputs_and_pairings_are_chosen_and_what_matches_nothing_is_told() {
    let sandbox = home();
    let peer = port(&sandbox, "acme", Some(""), Some(""));
    let (_, report) = run(&sandbox, &["--peer", &peer, "--input", "e*", "--pairing", "acme->*"], 0);
    let verdicts = verdicts(&report);
    assert_eq!(verdicts.len(), 2, "{verdicts:?}");
    assert!(verdicts.keys().all(|id| id.starts_with("up/acme->")), "{verdicts:?}");
    let refused = |options: &[&str]| {
        says(&sandbox, &[&["run", "up.toml", "--out", "none"], options].concat(), 2).1
    };
    assert!(refused(&["--input", "thre"]).contains("--input \"thre\" matches nothing"));
    assert!(refused(&["--pairing", "acme->*"]).contains("matches nothing"));
    assert!(refused(&["--scenario", "uq"]).contains("--scenario \"uq\" matches nothing"));
}

#[test]
fn shards_are_joined_and_a_run_goes_on_without_its_file() {
    let sandbox = home();
    let peer = port(&sandbox, "acme", Some("spaces"), Some(""));
    let expected = "[[expected]]\nid = \"up/acme->*/tcp4/asis/*\"\nreason = \"known\"\n\
                    symptom = \"to-client\"\n";
    sandbox.write("up.toml", super::FILE.to_owned() + expected);
    let usual = ["run", "up.toml", "--peer", &peer, "--cases", "0", "--no-shrink", "--out"];
    for (shard, out) in [("1/2", "one"), ("2/2", "two")] {
        says(&sandbox, &[&usual[..], &[out, "--shard", shard]].concat(), 0);
    }
    says(&sandbox, &[&usual[..], &["whole"]].concat(), 0);
    // Other commands read what a run has written without its file.
    std::fs::rename(sandbox.path().join("up.toml"), sandbox.path().join("gone.toml")).unwrap();
    says(&sandbox, &["merge", "one", "two", "--out", "joined"], 0);
    let of = |out: &str| verdicts(&report(&sandbox.path().join(out)));
    assert_eq!(of("joined"), of("whole"));
    assert_eq!(of("joined").len(), 8);
    says(&sandbox, &["diff", "whole/report.json", "joined/report.json"], 0);
    std::fs::rename(sandbox.path().join("gone.toml"), sandbox.path().join("up.toml")).unwrap();
    let (_, stderr) = says(&sandbox, &[&usual[..], &["whole", "--resume"]].concat(), 0);
    assert!(stderr.contains("8 of 8 cases are already played"), "{stderr}");
    // With another text of the file it is another run.
    sandbox.write("up.toml", super::FILE);
    let (_, stderr) = says(&sandbox, &[&usual[..], &["whole", "--resume"]].concat(), 2);
    assert!(stderr.contains("protocols: it has up of "), "{stderr}");
}

#[test]
fn what_fails_is_told_apart_from_what_was_broken_before() {
    let sandbox = home();
    let right = port(&sandbox, "acme", Some(""), None);
    let options = ["--peer", right.as_str(), "--input", "two"];
    run(&sandbox, &options, 0);
    std::fs::rename(sandbox.path().join("out/report.json"), sandbox.path().join("old.json"))
        .unwrap();
    port(&sandbox, "acme", Some("short"), None);
    run(&sandbox, &options, 1);
    let (stdout, _) = says(&sandbox, &["diff", "old.json", "out/report.json"], 1);
    assert!(stdout.contains("up/acme->ours/tcp4/asis/"), "{stdout}");
    let list =
        "[[expected]]\nid = \"up/acme->ours/*\"\nreason = \"r\"\nsymptom = \"server-files\"\n";
    sandbox.write("known.toml", list);
    run(&sandbox, &[&options[..], &["--expected", "known.toml"]].concat(), 0);
}

#[test]
fn forks_and_fresh_interpreters_come_to_the_same_verdicts() {
    let sandbox = home();
    let acme = port(&sandbox, "acme", Some("spaces"), Some("mute"));
    let options =
        ["--peer", acme.as_str(), "--network", "asis", "--network", "cut@7", "--no-cache"];
    let warm = verdicts(&run(&sandbox, &options, 1).1);
    let fresh = verdicts(&run(&sandbox, &[&options[..], &["--fresh"]].concat(), 1).1);
    assert_eq!(warm, fresh);
}

#[test]
fn cases_that_nothing_can_generate_are_told() {
    let sandbox = home();
    let options = ["--input", "two", "--network", "asis", "--no-cache"];
    let run = |cases: &str| {
        says(&sandbox, &[&["run", "up.toml", "--cases", cases][..], &options].concat(), 0).1
    };
    assert!(
        run("5")
            .contains("up.toml: no input uses a variable of [vary], so --cases 5 generates none")
    );
    assert!(!run("0").contains("[vary]"));
}

#[test]
fn a_run_ends_after_as_many_failures_as_are_asked_for_and_can_go_on() {
    let sandbox = home();
    let wrong = port(&sandbox, "wrong", Some("short"), None);
    let usual = ["--peer", &wrong, "--network", "asis", "--network", "cut@9", "--jobs", "1"];
    let options = |more: &[&'static str]| [&usual[..], more].concat();
    let (shown, whole) = run(&sandbox, &options(&["--input", "two", "--input", "empty"]), 1);
    let failures = |report: &Value| verdicts(report).values().filter(|it| *it == "fail").count();
    assert!(failures(&whole) > 1, "{shown}");
    std::fs::remove_dir_all(sandbox.path().join("out")).unwrap();
    let (shown, first) = run(&sandbox, &options(&["--fail-fast"]), 1);
    assert_eq!(failures(&first), 1, "{shown}");
    assert!(shown.contains("NOT PLAYED: 1 failed, and --fail-fast ends the run then"), "{shown}");
    let (shown, rest) = run(&sandbox, &options(&["--resume"]), 1);
    assert_eq!(verdicts(&rest), verdicts(&whole), "{shown}");
    assert!(says(&sandbox, &["run", "up.toml", "--fail-fast=0"], 2).1.contains("--fail-fast"));
}

#[test]
fn generated_inputs_go_by_one_name_whatever_they_are_drawn_for() {
    let sandbox = home();
    let generated = "[vary]\nbody = { kind = \"ascii\", max = 9 }\n[[input]]\nname = \"any\"\n\
                     typed = [\"f\"]\nclient-files = { \"f\" = \"{body}\" }\nnetworks = \"none\"\n";
    sandbox.write("up.toml", super::FILE.to_owned() + generated);
    let run = |option: &str| {
        let options = ["run", "up.toml", "--cases", "2", "--network", "asis", "--out", "out"];
        says(&sandbox, &[&options[..], &[option, "generated"]].concat(), 0);
        let report = report(&sandbox.path().join("out"));
        let inputs = report["cases"].as_array().unwrap().iter().map(|it| it["input"].to_string());
        inputs.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(run("--input"), ["\"any\""].map(str::to_owned).into());
    assert_eq!(run("--skip-input"), ["\"empty\"", "\"two\""].map(str::to_owned).into());
}

#[test]
fn the_quick_cases_are_few_and_catch_a_wrong_port() {
    let sandbox = home();
    let networks = super::FILE.replace("networks = \"none\"", "networks = \"some\"");
    sandbox.write("up.toml", &networks);
    let right = port(&sandbox, "right", Some(""), Some(""));
    let (_, whole) = run(&sandbox, &["--peer", &right], 0);
    let (shown, quick) = run(&sandbox, &["--peer", &right, "--quick"], 0);
    let [whole, quick] = [verdicts(&whole), verdicts(&quick)];
    assert!(shown.contains("; --quick"), "{shown}");
    assert!(quick.len() * 2 < whole.len(), "{} of {}", quick.len(), whole.len());
    assert!(quick.keys().all(|id| whole.contains_key(id)), "{quick:?}");
    for network in ["asis", "cut@", "reset@", "split@"] {
        for pairing in ["right->ours", "ours->right"] {
            let begins = format!("up/{pairing}/tcp4/{network}");
            assert!(quick.keys().any(|id| id.starts_with(&begins)), "{begins}: {quick:?}");
        }
    }
    for (server, client) in [(Some("short"), None), (None, Some("unlooped")), (None, Some("mute"))]
    {
        let wrong = port(&sandbox, "wrong", server, client);
        let (shown, _) = run(&sandbox, &["--peer", &wrong, "--quick"], 1);
        assert!(shown.contains("FAIL up/"), "{shown}");
    }
    // The file may name a case that the rule leaves out.
    let is_left =
        |id: &&String| id.starts_with("up/right->ours/tcp4/split@") && !quick.contains_key(*id);
    let left = whole.keys().find(is_left).unwrap();
    let [_, _, _, network, hash] = left.split('/').collect::<Vec<_>>()[..] else {
        panic!("{left}")
    };
    let input =
        ["empty", "two"].into_iter().find(|name| InputId::of_vector(name).to_string() == hash);
    sandbox
        .write("up.toml", format!("quick = [\"server/{network}/{}\"]\n{networks}", input.unwrap()));
    let (_, more) = run(&sandbox, &["--peer", &right, "--quick"], 0);
    let more = verdicts(&more);
    assert!(more.contains_key(left) && more.len() == quick.len() + 1, "{left}: {more:?}");
}
