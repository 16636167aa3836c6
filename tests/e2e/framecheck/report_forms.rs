//! `report.json`, `junit.xml`, `summary.md` and the terminal: each is compared with its specification, for
//! a run that passes and for one that fails.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use framecheck_tests::{Sandbox, repository};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus};
use serde_json::{Value, json};

use super::broken_peer::{BIG_ENDIAN_SERVER, programs};
use super::report;

/// The output of a run.
struct Told {
    report: Value,
    junit: String,
    summary: String,
    stdout: String,
}

impl Told {
    fn read(out: &Path, stdout: Vec<u8>) -> Self {
        let text = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
        let (junit, summary) = (text("junit.xml"), text("summary.md"));
        Self { report: report(out), junit, summary, stdout: String::from_utf8(stdout).unwrap() }
    }
}

/// A run that passes, errata included; the same for all tests.
fn good() -> &'static Told {
    static GOOD: OnceLock<Told> = OnceLock::new();
    GOOD.get_or_init(|| play_good(&Sandbox::new()))
}

fn play_good(sandbox: &Sandbox) -> Told {
    let assert = sandbox
        .framecheck()
        .args(["run", "--cases", "1", "--scenario", "file-transfer", "--transport", "tcp4"])
        .args(["--network", "asis", "--skip", "*[0-9a-c]", "--out", "good"])
        .assert()
        .success();
    Told::read(&sandbox.path().join("good"), assert.get_output().stdout.clone())
}

/// A run in which a server packs its header in the wrong byte order and prints characters that XML can't
/// contain. Some failures are expected, and one expected failure does not occur. The same for all tests.
fn bad() -> &'static Told {
    static BAD: OnceLock<Told> = OnceLock::new();
    BAD.get_or_init(|| play_bad(&Sandbox::new()))
}

fn play_bad(sandbox: &Sandbox) -> Told {
    let noisy = "import json, os, socket, struct, sys\n\
                 os.write(2, b'\\x1b[31m\\x00\\xff ]]> <&> done\\n')\n";
    let script = BIG_ENDIAN_SERVER.replace("import json, os, socket, struct, sys\n", noisy);
    let programs = programs(sandbox, "frame-server", &script);
    let expected = "[[expected]]\nid = 'file-transfer/rust->rust/*f'\nreason = 'byte order'\n\
                    symptom = '[FT-2]'\n\
                    [[expected]]\nid = 'no-such/*'\nreason = 'none'\nsymptom = '[FT-2]'\n";
    sandbox.write("expected.toml", expected);
    let assert = sandbox
        .framecheck()
        .args(["run", "--cases", "1", "--scenario", "file-transfer", "--transport", "tcp4"])
        .args(["--pairing", "rust->rust", "--pairing", "python->rust", "--network", "asis"])
        .args(["--network", "bytewise", "--network", "split@3", "--skip", "*[0-9a-b]"])
        .args(["--expected", "expected.toml", "--no-shrink", "--out", "bad", "--programs"])
        .arg(&programs)
        .assert()
        .code(1);
    Told::read(&sandbox.path().join("bad"), assert.get_output().stdout.clone())
}

pub(super) fn schema() -> jsonschema::Validator {
    let text = std::fs::read_to_string(repository().join("docs/report.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

pub(super) fn faults(schema: &jsonschema::Validator, report: &Value) -> Vec<String> {
    schema.iter_errors(report).map(|it| format!("{}: {it}", it.instance_path())).collect()
}

#[test]
fn report_json_is_as_its_schema_says_and_the_schema_says_it_all() {
    let schema = schema();
    let (good, bad) = (&good().report, &bad().report);
    for report in [good, bad] {
        assert_eq!(faults(&schema, report), [""; 0]);
        let cases = report["cases"].as_array().unwrap();
        for (verdict, count) in report["counts"].as_object().unwrap() {
            let found = cases.iter().filter(|case| case["verdict"] == **verdict).count();
            assert_eq!(count, found, "{verdict}");
        }
    }
    assert!(good["counts"]["erratum"].as_u64().unwrap() > 0, "{}", good["counts"]);
    for verdict in ["fail", "expected-fail", "pass"] {
        assert!(bad["counts"][verdict].as_u64().unwrap() > 0, "{}", bad["counts"]);
    }
    let failing = bad["cases"].as_array().unwrap().iter().position(|it| it["verdict"] == "fail");
    let failing = format!("/cases/{}", failing.unwrap());
    // A value that is removed or changed is found.
    for (pointer, value) in [
        ("/schema".to_owned(), json!(2)),
        ("/counts/pass".to_owned(), json!(-1)),
        ("/counts/unheard-of".to_owned(), json!(1)),
        ("/generated".to_owned(), json!(-1)),
        ("/selection/scenario".to_owned(), json!("tcp-*")),
        ("/selection/expected".to_owned(), json!("known.toml")),
        ("/selection/more".to_owned(), json!([])),
        ("/shard".to_owned(), json!("0/4")),
        ("/peers/0/version".to_owned(), json!(3)),
        ("/more".to_owned(), json!(1)),
        ("/peers".to_owned(), json!([])),
        ("/pairings/0".to_owned(), json!("python")),
        (format!("{failing}/verdict"), json!("pass")),
        (format!("{failing}/verdict"), json!("failed")),
        (format!("{failing}/clause"), json!("FT2")),
        (format!("{failing}/transport"), json!("tcp")),
        (format!("{failing}/seconds"), json!("1")),
        (format!("{failing}/id"), json!("file-transfer")),
        (format!("{failing}/differences"), json!([])),
        (format!("{failing}/differences/0/check"), json!("streams")),
        (format!("{failing}/differences/0/parting/expected"), json!({"hex": "0"})),
    ] {
        let mut changed = bad.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match changed.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
        assert_ne!(faults(&schema, &changed), [""; 0], "{pointer} = {value}");
    }
    for parent in ["", &failing, &format!("{failing}/differences/0"), "/counts", "/peers/0"] {
        let keys: Vec<String> =
            bad.pointer(parent).unwrap().as_object().unwrap().keys().cloned().collect();
        let optional = ["check", "part", "parting", "errata", "version"];
        for key in keys.iter().filter(|key| !optional.contains(&key.as_str())) {
            let mut changed = bad.clone();
            changed.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
            assert_ne!(faults(&schema, &changed), [""; 0], "{parent} without {key}");
        }
    }
}

/// Validates it against docs/junit.xsd, if a validator is installed.
pub(super) fn is_valid_junit(file: &Path) -> Result<(), String> {
    let mut asking = Command::new("xmllint");
    asking.args(["--noout", "--nonet", "--schema"]).arg(repository().join("docs/junit.xsd"));
    let Ok(output) = asking.arg(file).stdin(Stdio::null()).output() else {
        assert!(std::env::var_os("FRAMECHECK_NEEDS_XMLLINT").is_none(), "there is no xmllint");
        let _ =
            writeln!(std::io::stderr(), "SKIPPED: junit.xml against junit.xsd: no xmllint here");
        return Ok(());
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

fn property<'a>(case: &'a TestCase, name: &str) -> &'a str {
    let found = case.properties.iter().find(|property| property.name.as_str() == name);
    found.unwrap().value.as_str()
}

#[test]
fn junit_xml_is_valid_reads_back_and_has_every_case_with_its_verdict() {
    let sandbox = Sandbox::new();
    for (told, has_unmatched) in [(good(), false), (bad(), true)] {
        is_valid_junit(&sandbox.write("junit.xml", &told.junit)).unwrap();
        let junit = Report::deserialize_from_str(&told.junit).unwrap();
        let report = &told.report;
        let count = |verdicts: &[&str]| -> usize {
            let counts = verdicts.iter().map(|it| report["counts"][it].as_u64().unwrap());
            usize::try_from(counts.sum::<u64>()).unwrap()
        };
        let unmatched = usize::from(has_unmatched);
        assert_eq!(junit.failures, count(&["fail", "crash", "timeout"]) + unmatched);
        assert_eq!(junit.skipped, count(&["expected-fail", "not-applicable"]));
        assert_eq!(junit.errors, count(&["harness-error"]));
        assert_eq!(junit.tests, report["cases"].as_array().unwrap().len() + unmatched);

        let cases: Vec<&TestCase> =
            junit.test_suites.iter().flat_map(|suite| &suite.test_cases).collect();
        for case in report["cases"].as_array().unwrap() {
            let found = cases.iter().find(|it| case["id"] == *it.name.as_str()).unwrap();
            assert_eq!(case["verdict"], *property(found, "verdict"));
            if case["verdict"] == "pass" {
                // It keeps many clauses, and breaks none.
                assert!(
                    found.properties.iter().all(|it| it.name.as_str() != "clause"),
                    "{found:?}"
                );
            } else {
                assert_eq!(case["clause"], *property(found, "clause"));
            }
            let right = match (case["verdict"].as_str().unwrap(), &found.status) {
                ("pass" | "erratum", TestCaseStatus::Success { .. }) => true,
                ("expected-fail", TestCaseStatus::Skipped { ty, .. }) => {
                    ty.as_ref().unwrap().as_str() == "expected-fail"
                }
                ("fail", TestCaseStatus::NonSuccess { kind, message, description, .. }) => {
                    let description = description.as_ref().unwrap().as_str();
                    *kind == NonSuccessKind::Failure
                        && message.as_ref().unwrap().as_str().starts_with("[FT-2]")
                        && description.contains("+ 00000000  00 00 ")
                        && description.contains("replay: framecheck replay")
                        && found
                            .system_err
                            .as_ref()
                            .unwrap()
                            .as_str()
                            .contains("server:\n\\u{1b}[31m\\u{0}\u{fffd} ]]> <&> done")
                }
                _ => false,
            };
            assert!(right, "{case} is {found:?}");
        }
        let suites: Vec<&str> = junit.test_suites.iter().map(|suite| suite.name.as_str()).collect();
        assert_eq!(suites.contains(&"expected failures"), has_unmatched, "{suites:?}");
    }
}

#[test]
fn the_schema_of_junit_xml_refuses_what_is_no_report_of_ours() {
    let sandbox = Sandbox::new();
    let text = &good().junit;
    let is_refused = |text: &str| is_valid_junit(&sandbox.write("junit.xml", text)).is_err();
    if is_valid_junit(&sandbox.write("junit.xml", text)).is_ok() && !is_refused("<testsuites/>") {
        // The other side had already gone; the report says so.
        return;
    }
    for (find, put) in [
        (" tests=\"", " count=\""),
        ("<testcase ", "<case "),
        ("</properties>", "</properties><failure/>"),
        ("name=\"verdict\"", "name=\"outcome\""),
        ("<testsuites name=\"framecheck\"", "<testsuites name=\"other\""),
    ] {
        assert!(text.contains(find), "{find}");
        assert!(is_refused(&text.replacen(find, put, 1)), "{find} as {put}");
    }
}

#[test]
fn summary_md_has_counts_a_matrix_the_first_failures_and_errata() {
    let page = &good().summary;
    assert!(page.starts_with("## ✅ framecheck "), "{page}");
    assert!(page.contains("| scenario | `python->python` |"), "{page}");
    assert!(page.contains("known errata of the reference showed"), "{page}");
    assert!(!page.contains("###"), "{page}");

    let Told { summary: page, report, .. } = bad();
    assert!(page.len() <= report::SUMMARY_BYTES_MAX);
    assert!(page.starts_with("## ❌ framecheck "), "{page}");
    for verdict in ["fail", "expected-fail", "pass"] {
        let count = format!("**{}** {verdict}", report["counts"][verdict]);
        assert!(page.contains(&count), "{count} in {page}");
    }
    assert!(page.contains("- no case matches the expected failure `no-such/*`"), "{page}");
    let row = page.lines().find(|line| line.starts_with("| file-transfer |")).unwrap();
    assert!(row.contains("❌ **") && row.contains(" pass |"), "{row}");
    // A row has a cell for each column of the head and of the line below it.
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    for line in page.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(bars(line), bars("| scenario | a | b |"), "{line}");
    }
    let shown = page.lines().filter(|line| line.starts_with("### fail")).count();
    let replays = page.lines().filter(|line| line.starts_with("framecheck replay ")).count();
    assert!(shown > 0 && shown == replays, "{page}");
    assert!(page.contains(" more like it.\n"), "{page}");
    assert_eq!(page.lines().filter(|line| line.starts_with("```")).count() % 2, 0, "{page}");
}

#[test]
fn the_terminal_shows_each_cause_once_and_no_colour_to_a_pipe() {
    let Told { stdout, report, .. } = bad();
    assert!(!stdout.contains('\u{1b}'), "{stdout}");
    // One failure is shown for each symptom, with its bytes; the other inputs and networks are listed
    // under it.
    let full = |line: &&str| line.starts_with("FAIL file-transfer/");
    let shown: Vec<&str> = stdout.lines().filter(full).collect();
    assert!((1..=3).contains(&shown.len()), "{stdout}");
    let first = shown.first().unwrap();
    assert!(first.contains("/asis/"), "the network is not to blame: {first}");
    assert!(stdout.contains(" more like it:\n"), "{stdout}");
    assert!(stdout.lines().count() < 70, "{stdout}");
    let last = stdout.lines().last().unwrap();
    assert!(last.contains(" fail") && last.ends_with("index.html"), "{last}");
    assert!(stdout.contains("+ 00000000  00 00 "), "{stdout}");
    // Each failure is shown or counted.
    let listed = stdout.lines().filter(|line| line.starts_with("  fail  ")).count();
    let more: usize = stdout
        .lines()
        .filter_map(|line| {
            line.trim().strip_prefix("and ")?.split(' ').next()?.parse::<usize>().ok()
        })
        .sum();
    let failed = report["counts"]["fail"].as_u64().unwrap();
    assert_eq!((shown.len() + listed + more) as u64, failed, "{stdout}");
}

#[test]
fn colours_go_where_they_are_asked_for() {
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-server", "#!/bin/sh\nexit 1\n");
    let printed = |environment: &[(&str, &str)]| {
        let mut command = sandbox.framecheck();
        command.env_remove("NO_COLOR").env_remove("CLICOLOR").env_remove("CLICOLOR_FORCE");
        command
            .args(["run", "--cases", "0", "--scenario", "tcp-hello", "--transport", "tcp4"])
            .args(["--pairing", "rust->python", "--network", "asis", "--skip", "*[0-9a-d]"])
            .args(["--out", "out", "--programs"])
            .arg(&programs)
            .envs(environment.iter().copied());
        String::from_utf8(command.assert().code(1).get_output().stdout.clone()).unwrap()
    };
    assert!(!printed(&[]).contains('\u{1b}'));
    assert!(printed(&[("CLICOLOR_FORCE", "1")]).contains("\u{1b}[31m"));
    assert!(!printed(&[("NO_COLOR", "1")]).contains('\u{1b}'));
}
