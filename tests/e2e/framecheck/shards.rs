//! `run --shard`, `merge`, `run --resume`: several machines, or one in several parts, find what one run
//! finds.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use framecheck_tests::{Sandbox, program, repository};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use super::broken_peer::{BIG_ENDIAN_SERVER, programs};
use super::manifests::says;
use super::report;

/// Cases of two scenarios, in every pairing and over every transport of theirs.
const SMALL: &[&str] =
    &["run", "--scenario", "tcp-{connect,upper}", "--cases", "1", "--network", "asis"];

fn run(sandbox: &Sandbox, options: &[&str], status: i32) -> String {
    let (stdout, stderr) = says(sandbox, &[SMALL, options].concat(), status);
    stdout + &stderr
}

fn merge(sandbox: &Sandbox, directories: &[&str], out: &str, status: i32) -> String {
    let (stdout, stderr) = says(sandbox, &[&["merge", "--out", out], directories].concat(), status);
    stdout + &stderr
}

/// A report without what may differ between runs: times, and which of several errata of the reference
/// showed in one case.
fn timeless(out: &Path) -> Value {
    let mut report = report(out);
    report["seconds"] = Value::Null;
    for case in report["cases"].as_array_mut().unwrap() {
        let kept = |key: &str| ["id", "input", "verdict", "clause"].contains(&key);
        case.as_object_mut().unwrap().retain(|key, _| kept(key));
    }
    report
}

/// What the whole small run leaves, uninterrupted and in one part: its report and the names of its
/// files. The same for all tests.
fn whole() -> &'static (Value, Vec<String>) {
    static WHOLE: OnceLock<(Value, Vec<String>)> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let sandbox = Sandbox::new();
        run(&sandbox, &["--out", "whole"], 0);
        let out = sandbox.path().join("whole");
        (timeless(&out), names(&out))
    })
}

/// The sorted names under a directory.
fn names(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn merged_shards_are_the_whole_run() {
    let sandbox = Sandbox::new();
    let at = |name: &str| sandbox.path().join(name);
    let (whole, names_of_whole) = whole();
    for of in [2, 4] {
        let mut directories = Vec::new();
        for number in 1..=of {
            let (shard, out) = (format!("{number}/{of}"), format!("{number}-of-{of}"));
            let said = run(&sandbox, &["--shard", &shard, "--out", &out], 0);
            assert!(said.contains(&format!("--shard {shard}")), "{said}");
            assert_eq!(report(&at(&out))["shard"], shard);
            for page in ["summary.md", "index.html", "junit.xml"] {
                let page = std::fs::read_to_string(at(&out).join(page)).unwrap();
                assert!(page.contains(&format!(" --shard {shard}")), "{page}");
            }
            directories.push(out);
        }
        // In any order.
        directories.reverse();
        let directories: Vec<&str> = directories.iter().map(String::as_str).collect();
        merge(&sandbox, &directories, "merged", 0);
        assert_eq!(timeless(&at("merged")), *whole, "{of} shards");
        assert_eq!(names(&at("merged")), *names_of_whole);
    }
    // They are the shards of one run, and of no other.
    run(&sandbox, &["--skip", "*[1-9a-f]", "--out", "whole"], 0);
    let refused = merge(&sandbox, &["1-of-2", "1-of-4", "whole", "none", "1-of-2"], "no", 2);
    for reason in [
        "1-of-4 is shard 1/4, and 1-of-2 is shard 1/2: another number of shards",
        "whole is not a shard",
        "none has no report",
        "shard 1/2 is there twice: 1-of-2 and 1-of-2",
        "1 shards are missing: 2/2",
        "1-of-2 and 1-of-4 both have ",
    ] {
        assert!(refused.contains(reason), "no {reason:?} in {refused}");
    }
    assert!(!at("no").exists());
    run(&sandbox, &["--shard", "2/2", "--seed", "7", "--skip", "*/unix/*", "--out", "other"], 0);
    let refused = merge(&sandbox, &["1-of-2", "other"], "no", 2);
    for reason in
        ["seed: 1-of-2 has 0, other has 7", "--skip: 1-of-2 has [], other has [\"*/unix/*\"]"]
    {
        assert!(refused.contains(reason), "no {reason:?} in {refused}");
    }
    let refused = merge(&sandbox, &["1-of-2", "2-of-2"], "1-of-2", 2);
    assert!(refused.contains("a shard that it would overwrite"), "{refused}");
}

/// Each failure keeps its folder, an expected failure is expected in whichever shard it falls, and the
/// exit status is that of the whole.
#[test]
fn failures_and_expected_failures_come_through_a_merge() {
    let sandbox = Sandbox::new();
    let at = |name: &str| sandbox.path().join(name);
    let broken = programs(&sandbox, "frame-server", BIG_ENDIAN_SERVER);
    let list = "[[expected]]\nid = 'file-transfer/rust->rust/*f'\nreason = 'order'\nsymptom = '[FT-2]'\n\
                [[expected]]\nid = 'no-such/*'\nreason = 'none'\nsymptom = '[FT-2]'\n";
    sandbox.write("expected.toml", list);
    let run = |out: &str, shard: &[&str]| {
        let mut command = sandbox.framecheck();
        command
            .args(["run", "--cases", "1", "--scenario", "file-transfer", "--transport", "tcp4"])
            .args(["--pairing", "rust->rust", "--network", "asis", "--skip", "*[0-9a-b]"])
            .args(["--expected", "expected.toml", "--no-shrink", "--out", out])
            .args(shard)
            .arg("--programs")
            .arg(&broken);
        command.assert().code(1);
    };
    run("whole", &[]);
    for number in 1..=3 {
        run(&format!("s{number}"), &["--shard", &format!("{number}/3")]);
        // Each shard knows that no case matches the second entry; only all shards together know it of
        // the first.
        let summary = std::fs::read_to_string(at(&format!("s{number}/summary.md"))).unwrap();
        assert!(summary.contains("no-such/*") && !summary.contains("failure `file"), "{summary}");
    }
    merge(&sandbox, &["s1", "s2", "s3"], "merged", 1);
    assert_eq!(timeless(&at("merged")), timeless(&at("whole")));
    let failures = names(&at("whole/failures"));
    assert!(failures.len() > 1, "{failures:?}");
    assert_eq!(names(&at("merged/failures")), failures);
    for failure in &failures {
        let of_shard = (1..=3).map(|number| at(&format!("s{number}/failures/{failure}")));
        let of_shard: Vec<_> = of_shard.filter(|folder| folder.exists()).collect();
        assert_eq!(of_shard.len(), 1, "{failure}");
        for file in names(&of_shard[0]) {
            let read = |folder: &Path| std::fs::read(folder.join(&file)).unwrap();
            let merged = read(&at("merged/failures").join(failure));
            assert!(merged == read(&of_shard[0]), "{failure}/{file}");
        }
    }
}

#[test]
fn a_run_that_was_killed_goes_on_where_it_was() {
    let sandbox = Sandbox::new();
    let at = |name: &str| sandbox.path().join(name);
    // A killed run leaves its files in the temporary directory.
    let temporary = Sandbox::new();
    let mut command = Command::new(program("framecheck"));
    command
        .args(SMALL)
        .args(["--out", "out", "--format", "json"])
        .current_dir(sandbox.path())
        .env("FRAMECHECK_REFERENCE", repository().join("python-ref"))
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    // So that the run can't end while this test waits for a processor.
    rustix::pipe::fcntl_setpipe_size(&stdout, 4096).unwrap();
    let mut lines = BufReader::new(stdout).lines();
    for _ in 0..40 {
        lines.next().unwrap().unwrap();
    }
    kill_process_group(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    assert!(!at("out/report.json").exists());
    let refused = merge(&sandbox, &["out"], "no", 2);
    assert!(refused.contains("out is not finished: "), "{refused}");

    // The last line is torn.
    let journal = at("out/journal.jsonl");
    let mut text = std::fs::read(&journal).unwrap();
    let whole_lines = text.iter().filter(|byte| **byte == b'\n').count();
    assert!(whole_lines >= 40, "{whole_lines}");
    text.truncate(text.len() - 5);
    std::fs::write(&journal, &text).unwrap();
    let kept = text.iter().filter(|byte| **byte == b'\n').count() - 1;

    for (options, what) in [
        (&["--seed", "1"][..], "seed: it has 0, this run has 1"),
        (&["--cases", "2"], "--cases: it has 1, this run has 2"),
        (&["--skip", "*/tcp6/*"], "--skip: it has []"),
        (&["--shard", "1/2"], "it is no shard, this run is shard 1/2"),
    ] {
        let refused = says(&sandbox, &resumed(options), 2).1;
        assert!(
            refused.contains("the journal of another run") && refused.contains(what),
            "{refused}"
        );
    }
    let said = run(&sandbox, &["--out", "out", "--resume"], 0);
    assert!(said.contains(&format!("{kept} of ")), "{kept} in {said}");
    assert_eq!(timeless(&at("out")), whole().0);
    // There is nothing left to play. Without --resume it starts again, with fewer cases here.
    let said = run(&sandbox, &["--out", "out", "--resume"], 0);
    let all = report(&at("out"))["cases"].as_array().unwrap().len();
    assert!(said.contains(&format!("{all} of {all} cases are already played")), "{said}");
    run(&sandbox, &["--skip", "*[1-9a-f]", "--out", "out"], 0);
    let few = report(&at("out"))["cases"].as_array().unwrap().len();
    assert!(0 < few && few < all, "{few} of {all}");
    let lines = std::fs::read_to_string(&journal).unwrap().lines().count();
    assert_eq!(lines, few + 2);
}

/// The small run, with these options instead of its own.
fn resumed<'a>(options: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec![
        "run",
        "--scenario",
        "tcp-{connect,upper}",
        "--network",
        "asis",
        "--out",
        "out",
        "--resume",
    ];
    if !options.contains(&"--cases") {
        all.extend(["--cases", "1"]);
    }
    all.extend(options);
    all
}

#[test]
fn a_shard_is_taken_from_the_environment_or_refused() {
    let sandbox = Sandbox::new();
    let run = |environment: &[(&str, &str)], options: &[&str], status: i32| {
        let mut command = sandbox.framecheck();
        command.args(["run", "--scenario", "tcp-hello", "--cases", "0", "--network", "asis"]);
        command.args(["--transport", "tcp4", "--pairing", "rust->rust", "--out", "out"]);
        command.args(options).envs(environment.iter().copied());
        let output = command.assert().code(status).get_output().clone();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    let k8s = [("JOB_COMPLETION_INDEX", "1"), ("JOB_COMPLETIONS", "4")];
    let said = run(&k8s, &["--shard", "auto"], 0);
    assert!(said.contains("--shard 2/4"), "{said}");
    let said = run(&[], &["--shard", "auto"], 2);
    assert!(said.contains("no shard in the environment"), "{said}");
    for shard in ["0/4", "5/4", "4", "all"] {
        let said = run(&[], &["--shard", shard], 2);
        assert!(said.contains("K/N with 1 <= K <= N"), "{said}");
    }
    // One of this many shards has nothing to do.
    let said = run(&[], &["--shard", "1/100000"], 0);
    assert!(said.contains("no case falls to shard 1/100000"), "{said}");
    assert_eq!(report(&sandbox.path().join("out"))["cases"], Value::Array(Vec::new()));
}

/// A full disk stops the run, and keeps the earlier findings.
#[test]
fn a_journal_that_cannot_be_written_stops_the_run() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path().join("out")).unwrap();
    std::os::unix::fs::symlink("/dev/full", sandbox.path().join("out/journal.jsonl")).unwrap();
    let said = run(&sandbox, &["--out", "out"], 3);
    assert!(said.contains("cannot write the journal"), "{said}");
}
