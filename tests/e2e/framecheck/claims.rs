//! A directory of reports belongs to one command at a time.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use framecheck_tests::{Sandbox, program, python, repository, search_path};
use rustix::process::{Pid, Signal, kill_process_group};

use super::manifests::says;
use super::report;

const PLAYED: &[&str] = &["--scenario", "tcp-upper", "--cases", "3", "--pairing", "python->python"];

/// A run that has begun to write, and can't end, because its output is not read.
fn stuck_run(sandbox: &Sandbox, temporary: &Sandbox, options: &[&str]) -> (Child, impl Sized) {
    let mut command = Command::new(program("framecheck"));
    command.arg("run").args(PLAYED).args(["--format", "json"]).args(options);
    command.current_dir(sandbox.path()).env("TMPDIR", temporary.path()).env("PATH", search_path());
    command.env("FRAMECHECK_REFERENCE", repository().join("python-ref"));
    command.env("FRAMECHECK_PYTHON", python()).stdout(Stdio::piped()).process_group(0);
    let mut child = command.spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    rustix::pipe::fcntl_setpipe_size(&stdout, 4096).unwrap();
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    for _ in 0..5 {
        stdout.read_line(&mut line).unwrap();
    }
    (child, stdout)
}

#[test]
fn a_second_run_with_the_same_out_is_refused_at_once_and_spoils_nothing() {
    let sandbox = Sandbox::new();
    let (temporary, at) = (Sandbox::new(), |name: &str| sandbox.path().join(name));
    std::fs::create_dir_all(at("out/failures/of-the-first")).unwrap();
    let (mut first, stdout) =
        stuck_run(&sandbox, &temporary, &["--out", "out", "--shard", "1/1", "--skip", "*/tcp6/*"]);
    let journal = std::fs::read(at("out/journal.jsonl")).unwrap();
    let pid = first.id();
    let kept = at("out/failures/kept");
    std::fs::create_dir_all(&kept).unwrap();
    std::os::unix::fs::symlink("out", at("link")).unwrap();
    for (arguments, why) in [
        (&["run", "--out", "out"][..], "a run"),
        (&["run", "--out", "link", "--resume"], "a run that goes on"),
        (&["merge", "elsewhere", "--out", "out"], "a merge"),
    ] {
        let arguments =
            if arguments[0] == "run" { [arguments, PLAYED].concat() } else { arguments.to_vec() };
        if arguments[0] == "merge" {
            says(&sandbox, &[&["run", "--out", "elsewhere", "--shard", "1/1"], PLAYED].concat(), 0);
        }
        let (stdout, stderr) = says(&sandbox, &arguments, 3);
        assert_eq!(stdout, "", "{why}");
        let begin = format!("is in use by process {pid}, which began ");
        for part in [&begin, "framecheck run ", "--skip '*/tcp6/*'", "wait until it ends", "--out"]
        {
            assert!(stderr.contains(part), "{why}: no {part:?} in {stderr}");
        }
        assert_eq!(stderr.lines().count(), 1, "{why}: {stderr}");
    }
    // `merge` refuses a shard that is still being written, and says what to do.
    let (_, stderr) = says(&sandbox, &["merge", "out", "--out", "merged"], 2);
    assert!(stderr.contains(&format!("out is in use by process {pid}, ")), "{stderr}");
    assert!(!stderr.contains("--resume") && !at("merged").exists(), "{stderr}");
    let now = std::fs::read(at("out/journal.jsonl")).unwrap();
    assert!(kept.is_dir() && now.starts_with(&journal));

    // A lock ends with its process, and leaves nothing to clear away.
    kill_process_group(Pid::from_child(&first), Signal::KILL).unwrap();
    first.wait().unwrap();
    drop(stdout);
    let again = ["run", "--out", "out", "--resume", "--shard", "1/1", "--skip", "*/tcp6/*"];
    says(&sandbox, &[&again, PLAYED].concat(), 0);
    says(&sandbox, &[&["run", "--out", "out"], PLAYED].concat(), 0);
    assert!(!kept.exists() && !report(&at("out"))["cases"].as_array().unwrap().is_empty());
}

/// Before there was a lock, two runs may have written one journal.
#[test]
fn a_journal_with_the_cases_of_two_runs_is_told_as_that() {
    let sandbox = Sandbox::new();
    let at = |name: &str| sandbox.path().join(name);
    let run = |out: &str, input: &str| {
        let options = ["--out", out, "--shard", "1/1", "--input", input];
        says(&sandbox, &[&["run"], &options[..], PLAYED].concat(), 0);
        std::fs::read_to_string(at(out).join("journal.jsonl")).unwrap()
    };
    let [one, other] = ["ascii", "emoji"].map(|input| run("out", input));
    let strangers = one.lines().filter(|line| line.starts_with("{\"case\""));
    let mut lines: Vec<&str> = other.lines().collect();
    let end = lines.len() - 1;
    lines.splice(end..end, strangers);
    std::fs::write(at("out/journal.jsonl"), lines.join("\n") + "\n").unwrap();
    let (_, stderr) = says(&sandbox, &["merge", "out", "--out", "merged"], 2);
    assert!(stderr.contains("two runs have written there"), "{stderr}");
    let options = ["--out", "out", "--shard", "1/1", "--input", "emoji", "--resume"];
    let (_, stderr) = says(&sandbox, &[&["run"], &options[..], PLAYED].concat(), 2);
    assert!(stderr.contains("that this run does not have, such as tcp-upper/"), "{stderr}");
}
