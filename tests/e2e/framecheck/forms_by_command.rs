//! `framecheck diff`, `completions` and `man`.

use framecheck_tests::Sandbox;
use serde_json::{Value, json};

/// A report.json of these cases: id, verdict, clause.
fn write(sandbox: &Sandbox, name: &str, seed: u32, cases: &[(&str, &str, &str)]) {
    let cases: Vec<Value> = cases
        .iter()
        .map(|(id, verdict, clause)| {
            let what = format!("what is wrong with {id}");
            let differences = json!([{"clause": clause, "what": what}]);
            let mut case = json!({"id": id, "verdict": verdict, "clause": clause});
            if *verdict != "pass" {
                case["differences"] = differences;
            }
            case
        })
        .collect();
    let report = json!({"schema": 1, "seed": seed, "interrupted": false, "cases": cases});
    sandbox.write(name, report.to_string());
}

/// What `diff` prints and its exit status.
fn diff(sandbox: &Sandbox, arguments: &[&str]) -> (String, String, i32) {
    let output = sandbox.framecheck().arg("diff").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn diff_tells_regressions_fixes_new_gone_and_changed_and_fails_for_the_first_alone() {
    let sandbox = Sandbox::new();
    let old = [
        ("a/breaks", "pass", "AA-1"),
        ("a/is-mended", "fail", "AA-2"),
        ("a/goes", "pass", "AA-1"),
        ("a/fails-otherwise", "fail", "AA-2"),
        ("a/stays", "pass", "AA-1"),
    ];
    let new = [
        ("a/breaks", "crash", "AA-3"),
        ("a/is-mended", "pass", "AA-1"),
        ("a/comes", "fail", "AA-4"),
        ("a/fails-otherwise", "fail", "AA-5"),
        ("a/stays", "pass", "AA-1"),
    ];
    write(&sandbox, "old.json", 0, &old);
    write(&sandbox, "new.json", 0, &new);
    let (stdout, stderr, status) = diff(&sandbox, &["old.json", "new.json"]);
    assert_eq!((status, &*stderr), (1, ""));
    let right = "\
regressions:
  a/breaks  pass -> crash [AA-3]
    [AA-3] what is wrong with a/breaks

fixes:
  a/is-mended  fail [AA-2] -> pass

changed:
  a/fails-otherwise  fail [AA-2] -> fail [AA-5]
    [AA-5] what is wrong with a/fails-otherwise

new:
  a/comes  fail [AA-4]
    [AA-4] what is wrong with a/comes

gone:
  a/goes  pass

1 regressions, 1 fixes, 1 changed, 1 new, 1 gone, 1 unchanged
";
    assert_eq!(stdout, right);

    let (stdout, _, status) = diff(&sandbox, &["old.json", "new.json", "--format", "json"]);
    assert_eq!(status, 1);
    let told: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(told["schema"], 1);
    assert_eq!(
        told["regressions"],
        json!([{"id": "a/breaks", "old": "pass", "new": "crash",
                "what": "[AA-3] what is wrong with a/breaks"}])
    );
    assert_eq!(told["gone"], json!([{"id": "a/goes", "old": "pass"}]));
    assert_eq!(told["unchanged"], 1);

    // New cases, removed cases and cases that fail differently are not regressions.
    write(&sandbox, "old.json", 1, &old[1..]);
    let (stdout, _, status) = diff(&sandbox, &["old.json", "new.json"]);
    assert_eq!(status, 0, "{stdout}");
    assert!(stdout.starts_with("note: seeds 1 and 0: "), "{stdout}");
    let (stdout, _, status) = diff(&sandbox, &["new.json", "new.json"]);
    assert_eq!(stdout, "0 regressions, 0 fixes, 0 changed, 0 new, 0 gone, 5 unchanged\n");
    assert_eq!(status, 0);
}

#[test]
fn diff_reads_what_run_writes_and_refuses_everything_else_as_wrong_usage() {
    let sandbox = Sandbox::new();
    let run = ["run", "--cases", "0", "--scenario", "tcp-hello", "--network", "asis", "--out", "a"];
    sandbox.framecheck().args(run).args(["--transport", "tcp4"]).assert().success();
    let (stdout, stderr, status) = diff(&sandbox, &["a/report.json", "a/report.json"]);
    assert_eq!((status, &*stderr), (0, ""), "{stdout}");
    assert!(!stdout.contains(" 0 unchanged"), "{stdout}");

    sandbox.write("later.json", r#"{"schema": 2, "runs": []}"#);
    sandbox.write("none.json", "no JSON at all");
    for (file, said) in [
        ("later.json", "later.json is a report of schema 2; this framecheck reads schema 1"),
        ("none.json", "none.json is not a report.json: expected"),
        ("missing.json", "cannot read missing.json: No such file"),
    ] {
        for files in [["a/report.json", file], [file, "a/report.json"]] {
            let (stdout, stderr, status) = diff(&sandbox, &files);
            assert_eq!((status, &*stdout), (2, ""), "{stderr}");
            assert!(stderr.contains(said), "{stderr}");
        }
    }
}

#[test]
fn the_manual_page_and_the_completions_have_every_command() {
    let sandbox = Sandbox::new();
    let printed = |arguments: &[&str]| {
        let output = sandbox.framecheck().args(arguments).assert().success();
        String::from_utf8(output.get_output().stdout.clone()).unwrap()
    };
    let help = printed(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 10, "{help}");
    let man = printed(&["man"]);
    assert!(man.contains(".TH framecheck 1"), "{man}");
    assert!(man.contains(".SH \"EXIT STATUS\""));
    for command in &commands {
        assert!(
            man.contains(&format!(".SH \"FRAMECHECK {}\"", command.to_uppercase())),
            "{command}"
        );
    }
    assert!(man.contains("\\-\\-network"), "{man}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for command in &commands {
            assert!(script.contains(command), "{command} in {shell}");
        }
        assert!(script.contains("no-shrink"), "{shell}");
    }
    sandbox.framecheck().args(["completions", "no-shell"]).assert().code(2);
}
