//! `run --list` and `run --only`: the cases of a run by their ids.

use framecheck_tests::Sandbox;
use serde_json::Value;

use super::manifests::says;
use super::{report, verdicts};

const SMALL: [&str; 9] =
    ["run", "--scenario", "tcp-hello", "--cases", "1", "--network", "asis", "--out", "out"];

#[test]
fn list_prints_the_cases_that_a_run_plays_and_plays_none() {
    let sandbox = Sandbox::new();
    let (listed, _) = says(&sandbox, &[&SMALL[..], &["--list"]].concat(), 0);
    let (lines, _) = says(&sandbox, &[&SMALL[..], &["--list", "--format", "json"]].concat(), 0);
    assert!(!sandbox.path().join("out").exists());
    says(&sandbox, &SMALL, 0);
    let report = report(&sandbox.path().join("out"));
    let mut ids: Vec<&str> = listed.lines().map(|it| it.split_once("  (").unwrap().0).collect();
    ids.sort_unstable();
    assert_eq!(ids, verdicts(&report).keys().collect::<Vec<_>>());
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let is_it = |case: &&Value| case["id"] == line["id"] && case["input"] == line["input"];
        assert_eq!(report["cases"].as_array().unwrap().iter().filter(is_it).count(), 1, "{line}");
    }
    assert_eq!(lines.lines().count(), ids.len());
}

#[test]
fn only_plays_the_cases_whose_ids_are_in_the_file() {
    let sandbox = Sandbox::new();
    let (listed, _) = says(&sandbox, &[&SMALL[..], &["--list"]].concat(), 0);
    let ids: Vec<&str> = listed.lines().map(|it| it.split_once("  (").unwrap().0).collect();
    assert!(ids.len() > 2, "{listed}");
    let wanted = &ids[1..3];
    sandbox.write("only", format!("{}\n\n{}\n", wanted[0], wanted[1]));
    let (told, _) = says(&sandbox, &[&SMALL[..], &["--only", "only"]].concat(), 0);
    assert!(told.contains(": 2 cases,") && told.contains("--only only"), "{told}");
    let report = report(&sandbox.path().join("out"));
    assert!(verdicts(&report).keys().all(|id| wanted.contains(&id.as_str())), "{report}");
    assert_eq!((verdicts(&report).len(), &report["selection"]["only"]), (2, &"only".into()));
}

#[test]
fn only_names_the_line_of_an_id_that_is_no_case_of_the_run() {
    let sandbox = Sandbox::new();
    let unknown = "tcp-hello/python->rust/tcp4/split@1/9f2c41d0";
    for (text, complaint) in [
        (format!("\n{unknown}\n"), format!("only line 2: {unknown} is not a case of this run")),
        ("here".to_owned(), "only line 1: ".to_owned()),
        ("\n".to_owned(), "only contains no case id".to_owned()),
    ] {
        sandbox.write("only", &text);
        let (_, told) = says(&sandbox, &[&SMALL[..], &["--only", "only"]].concat(), 2);
        assert!(told.contains(&complaint), "{told}");
    }
}
