//! `--expected`: known failures, and a list that must not go stale.

use std::sync::OnceLock;

use framecheck_tests::Sandbox;

use super::manifests::{UPPER_SERVER, says, upper_server};
use super::{report, verdicts};

/// The cases of a third-party server over a network without faults, over one transport.
const RUN: &[&str] = &[
    "run",
    "--peer",
    "lower.toml",
    "--scenario",
    "tcp-upper",
    "--cases",
    "0",
    "--network",
    "asis",
    "--transport",
    "tcp4",
    "--pairing",
    "lower->python",
    "--no-shrink",
    "--out",
    "out",
];

/// Does not upper-case, so a case passes if its letters are already in upper case.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    upper_server(&sandbox, "lower", &UPPER_SERVER.replace(".upper()", ""));
    sandbox
}

fn run(sandbox: &Sandbox, list: &str, status: i32) -> String {
    sandbox.write("known.toml", list);
    let (stdout, stderr) = says(sandbox, &[RUN, &["--expected", "known.toml"]].concat(), status);
    stdout + &stderr
}

/// The ids of the cases that fail without a list, and of one that passes; the same for all tests.
fn failing() -> &'static (Vec<String>, String) {
    static FAILING: OnceLock<(Vec<String>, String)> = OnceLock::new();
    FAILING.get_or_init(|| {
        let sandbox = sandbox();
        says(&sandbox, RUN, 1);
        let verdicts = verdicts(&report(&sandbox.path().join("out")));
        let of = |wanted: &str| {
            let matching = verdicts.iter().filter(|(_, verdict)| *verdict == wanted);
            matching.map(|(id, _)| id.clone()).collect::<Vec<_>>()
        };
        (of("fail"), of("pass").swap_remove(0))
    })
}

fn entry(id: &str, symptom: &str) -> String {
    format!("[[expected]]\nid = '{id}'\nreason = 'to be mended in 1.3'\nsymptom = '{symptom}'\n")
}

#[test]
fn what_is_not_applicable_is_no_expected_failure_that_no_longer_holds() {
    let sandbox = sandbox();
    let (failing, _) = failing();
    let list = entry(&format!("{{tcp-hello/*,{}}}", failing.join(",")), "[TU-2] to-client");
    sandbox.write("known.toml", &list);
    let more = ["--scenario", "tcp-hello", "--expected", "known.toml"];
    says(&sandbox, &[RUN, &more].concat(), 0);
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    let count = |wanted: &str| verdicts.values().filter(|verdict| *verdict == wanted).count();
    assert_eq!(count("expected-fail"), failing.len());
    assert!(count("not-applicable") > 0, "{verdicts:?}");
}

#[test]
fn failures_that_are_listed_are_expected_and_told_apart() {
    let sandbox = sandbox();
    let (failing, _) = failing();
    let list: String = failing.iter().map(|id| entry(id, "[TU-2] to-client")).collect();
    let shown = run(&sandbox, &list, 0);
    assert!(shown.contains(&format!("{} expected-fail", failing.len())), "{shown}");
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    assert!(failing.iter().all(|id| verdicts[id] == "expected-fail"), "{verdicts:?}");
    assert!(!sandbox.path().join("out/failures").join(failing[0].replace('/', "_")).exists());
}

#[test]
fn an_entry_that_no_longer_holds_is_a_failure() {
    let sandbox = sandbox();
    let (failing, passing) = failing();
    let list: String = failing.iter().map(|id| entry(id, "[TU-2]")).collect();

    let stale = run(&sandbox, &(list.clone() + &entry(passing, "[TU-2]")), 1);
    assert!(
        stale.contains(
            "expected to fail with \"[TU-2]\" (to be mended in 1.3), but its verdict is pass"
        ),
        "{stale}"
    );
    let unmatched = run(&sandbox, &(list.clone() + &entry("tcp-upper/gone->*", "[TU-2]")), 1);
    assert!(
        unmatched
            .contains("no case of this run matches the expected failure \"tcp-upper/gone->*\""),
        "{unmatched}"
    );
    let changed = run(&sandbox, &list.replacen("[TU-2]", "[TU-3]", 1), 1);
    assert!(changed.contains("expected to fail with \"[TU-3]\""), "{changed}");
    assert!(changed.contains("fails in another way"), "{changed}");
    let unlisted = run(&sandbox, &entry(&failing[0], "[TU-2]"), 1);
    assert!(unlisted.contains("1 expected-fail") && unlisted.contains("FAIL"), "{unlisted}");
    // One pattern for all, one of which passes.
    let wide = run(&sandbox, &entry("tcp-upper/lower->*", "[TU-2]"), 1);
    assert!(wide.contains(&format!("{} expected-fail", failing.len())), "{wide}");
}

#[test]
fn the_list_is_rewritten_as_the_run_would_have_it_and_reasons_are_asked_for() {
    let sandbox = sandbox();
    let (failing, passing) = failing();
    let kept = entry(&failing[0], "[TU-2] to-client");
    let changed = entry(&failing[1], "[TU-3]");
    sandbox.write("known.toml", kept + &changed + &entry(passing, "[TU-2]"));
    let rewrite = ["--expected", "known.toml", "--rewrite-expected"];
    says(&sandbox, &[RUN, &rewrite].concat(), 1);
    let list = std::fs::read_to_string(sandbox.path().join("known.toml")).unwrap();
    assert_eq!(list.matches("[[expected]]").count(), failing.len(), "{list}");
    assert!(!list.contains(passing) && !list.contains("[TU-3]"), "{list}");
    assert_eq!(list.matches("to be mended in 1.3").count(), 2, "{list}");

    let refused = run(&sandbox, &list, 2);
    assert!(refused.contains("say why this failure is expected"), "{refused}");
    run(&sandbox, &list.replace("reason = \"\"", "reason = \"known\""), 0);
}

#[test]
fn each_mistake_in_a_list_is_shown_in_its_line() {
    let sandbox = sandbox();
    for (list, what) in [
        ("[[expected]]\nid = 'a'\nreason = 'b'\n", "missing field `symptom`"),
        ("[[expected]]\nid = 'a'\nreason = 'b'\nsymptom = ''\n", "say how it fails"),
        ("[[expected]]\nid = 'a[b'\nreason = 'b'\nsymptom = 'c'\n", "no pattern of case ids"),
        ("expect = 1\n", "unknown field `expect`"),
    ] {
        let refused = run(&sandbox, list, 2);
        assert!(refused.contains("known.toml:") && refused.contains(what), "{refused}");
    }
    let (_, stderr) = says(&sandbox, &[RUN, &["--expected", "none.toml"]].concat(), 2);
    assert!(stderr.contains("cannot read none.toml"), "{stderr}");
    let (_, stderr) = says(&sandbox, &[RUN, &["--rewrite-expected"]].concat(), 2);
    assert!(stderr.contains("--expected"), "{stderr}");
}
