//! The protocol of `examples/upload` with a port that is right and one that is wrong, as a user's tests play it.
//!
//! It needs the built programs: `cargo build` first.

#![allow(clippy::unwrap_used, reason = "a test panics when something is wrong")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Four cases of each pairing: what a test is made of doesn't depend on the network.
const FEW: &str =
    "--cases 0 --network asis --input small-file --input one-byte --input empty-file --input no-*";
const MANIFEST: &str =
    "name = \"acme\"\n[client]\nupload = [\"python3\", \"client.py\", \"{host}\", \"{port}\"]\n";
const KNOWN: &str = "\n[[expected]]\nid = \"upload/python->acme/*\"\nreason = \"old\"\nsymptom = \"[UP-1] upload.length\"\n";

/// A directory with the protocol, its reference, and a port of its client.
struct Project(TempDir);

impl Project {
    fn green() -> Self {
        let project = Self(TempDir::new().unwrap());
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/upload");
        fs::create_dir(project.path("acme")).unwrap();
        for name in ["upload.toml", "server.py", "client.py"] {
            fs::copy(example.join(name), project.path(name)).unwrap();
        }
        fs::copy(example.join("client.py"), project.path("acme/client.py")).unwrap();
        fs::write(project.path("acme/acme.toml"), MANIFEST).unwrap();
        project
    }

    /// The port writes its header in the other byte order.
    fn red() -> Self {
        let project = Self::green();
        let port = project.path("acme/client.py");
        let text = fs::read_to_string(&port).unwrap();
        let wrong = text.replace("pack(\"i\"", "pack(\">i\"");
        assert_ne!(text, wrong);
        fs::write(&port, wrong).unwrap();
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let before = fs::read_to_string(self.path(name)).unwrap_or_default();
        fs::write(self.path(name), before + text).unwrap();
    }

    /// An example of this crate, in the project's directory.
    fn example(&self, name: &str) -> Command {
        let mut command = Command::new(built(&format!("examples/{name}")));
        command
            .current_dir(self.0.path())
            .env_remove("NEXTEST")
            .env("FRAMECHECK", built("framecheck"));
        command.env("PROTOCOL", "upload.toml").env("PEER", "acme/acme.toml");
        command.env("ARGS", FEW).env("OUT", "out");
        command
    }

    fn run(&self, name: &str, args: &[&str]) -> Done {
        Done::of(self.example(name).args(args).output().unwrap())
    }

    /// How many cases the report of a run has.
    fn reported(&self, out: &str) -> usize {
        let report = self.path(out).join("report.json");
        fs::read_to_string(report).unwrap().matches("\"id\": \"upload/").count()
    }
}

struct Done {
    status: i32,
    /// What it printed, standard output first.
    said: String,
}

impl Done {
    fn of(output: Output) -> Self {
        let text = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
        Self { status: output.status.code().unwrap(), said: text.concat() }
    }
}

/// A file of the directory in which cargo has built this test.
fn built(name: &str) -> PathBuf {
    // target/debug/deps/upload-0123 -> target/debug
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join(name);
    assert!(path.is_file(), "no {}: run `cargo build` first", path.display());
    path
}

#[test]
fn check_passes_a_port_that_is_right() {
    let done = Project::green().run("check", &[]);
    assert_eq!(done.status, 0, "{}", done.said);
}

#[test]
fn check_panics_with_the_explanation_of_each_case_that_fails() {
    let project = Project::red();
    let done = project.run("check", &[]);
    assert_eq!(done.status, 101, "{}", done.said);
    assert!(done.said.contains("framecheck: 3 of 8 cases failed"), "{}", done.said);
    assert_eq!(
        done.said.matches("FAIL upload/python->acme/tcp4/asis/").count(),
        3,
        "{}",
        done.said
    );
    assert_eq!(done.said.matches("[UP-1]").count(), 3, "{}", done.said);
    assert_eq!(done.said.matches("replay: framecheck replay").count(), 3, "{}", done.said);
    assert_eq!(project.reported("out"), 8);
}

#[test]
fn each_case_is_a_test_by_its_id_and_the_list_plays_none() {
    let project = Project::red();
    let done = project.run("cases", &["--list", "--format", "terse"]);
    assert_eq!(done.status, 0, "{}", done.said);
    let lines: Vec<&str> = done.said.lines().collect();
    assert_eq!(lines.len(), 8, "{lines:?}");
    for line in lines {
        assert!(line.contains("] upload/python->") && line.ends_with(": test"), "{line}");
    }
    assert!(done.said.contains("[small-file] upload/python->acme/tcp4/asis/"), "{}", done.said);
    assert!(!project.path("out").exists());
}

#[test]
fn the_cases_that_fail_are_the_tests_that_fail_with_the_explanation() {
    let done = Project::green().run("cases", &[]);
    assert_eq!(done.status, 0, "{}", done.said);
    assert!(done.said.contains("test result: ok. 8 passed; 0 failed; 0 ignored"), "{}", done.said);
    let done = Project::red().run("cases", &[]);
    assert_eq!(done.status, 101, "{}", done.said);
    assert!(done.said.contains("5 passed; 3 failed"), "{}", done.said);
    assert_eq!(done.said.matches("[UP-1]").count(), 3, "{}", done.said);
    assert!(done.said.contains("out/index.html"), "{}", done.said);
}

/// Calls framecheck, and notes in the file `calls` that it did.
fn counting(project: &Project) -> PathBuf {
    let path = project.path("counting");
    let calls = project.path("calls");
    let (calls, framecheck) = (calls.display(), built("framecheck"));
    let text =
        format!("#!/bin/sh\necho \"$*\" >> '{calls}'\nexec '{}' \"$@\"\n", framecheck.display());
    // Another process writes it: a program that a thread of this one starts meanwhile must not hold it open.
    let write = "printf %s \"$1\" > \"$2\" && chmod +x \"$2\"";
    let mut command = Command::new("sh");
    assert!(command.args(["-c", write, "sh", &text]).arg(&path).status().unwrap().success());
    path
}

#[test]
fn one_framecheck_plays_all_cases_that_a_filter_has_left() {
    let project = Project::red();
    let program = counting(&project);
    let mut command = project.example("cases");
    let done = Done::of(
        command
            .env("FRAMECHECK", &program)
            .args(["python->acme", "--skip", "empty-file"])
            .output()
            .unwrap(),
    );
    assert!(done.said.contains("1 passed; 2 failed; 0 ignored"), "{}", done.said);
    let calls = fs::read_to_string(project.path("calls")).unwrap();
    let plays = calls.lines().filter(|line| !line.contains("--list")).count();
    assert_eq!((calls.lines().count(), plays), (2, 1), "{calls}");
    assert_eq!(project.reported("out"), 3);
}

#[test]
fn nextest_starts_a_process_for_each_case_and_each_has_its_own_report() {
    let project = Project::red();
    let listed = project.run("cases", &["--list", "--format", "terse"]).said;
    let program = counting(&project);
    let mut names = listed.lines().filter(|line| line.contains("->acme/"));
    let name = names.find(|line| line.contains("[one-byte]")).unwrap().trim_end_matches(": test");
    let mut command = project.example("cases");
    command.env("NEXTEST", "1").env("FRAMECHECK", &program);
    let done = Done::of(command.args(["--exact", name, "--nocapture"]).output().unwrap());
    assert_eq!(done.status, 101, "{}", done.said);
    assert!(
        done.said.contains("0 passed; 1 failed") && done.said.contains("[UP-1]"),
        "{}",
        done.said
    );
    assert_eq!(fs::read_to_string(project.path("calls")).unwrap().lines().count(), 1);
    let id = name.rsplit(' ').next().unwrap();
    assert_eq!(project.reported(&format!("out/{}", id.replace(['/', '>'], "-"))), 1);
}

#[test]
fn a_known_failure_is_an_ignored_test_and_one_that_no_case_is_fails() {
    let project = Project::red();
    project.append("upload.toml", KNOWN);
    let done = project.run("cases", &["python->acme", "--skip", "no-such-file"]);
    assert_eq!(done.status, 0, "{}", done.said);
    assert!(done.said.contains("0 passed; 0 failed; 3 ignored"), "{}", done.said);
    let project = Project::green();
    let list =
        "[[expected]]\nid = \"upload/none->none/*\"\nreason = \"x\"\nsymptom = \"to-server\"\n";
    project.append("expected.toml", list);
    let few = format!("{FEW} --pairing python->python --expected expected.toml");
    let done = Done::of(project.example("cases").env("ARGS", few).output().unwrap());
    assert_eq!(done.status, 101, "{}", done.said);
    assert!(done.said.contains("4 passed; 0 failed"), "{}", done.said);
    assert!(
        done.said.contains("FAIL: no case of this run is the expected failure"),
        "{}",
        done.said
    );
}

#[test]
fn without_framecheck_it_says_how_to_install_it() {
    let project = Project::green();
    for name in ["check", "cases"] {
        let mut command = project.example(name);
        let done = Done::of(command.env("FRAMECHECK", "no-framecheck").output().unwrap());
        assert_eq!(done.status, 101, "{}", done.said);
        let said = "expected the program framecheck, found no `no-framecheck`: install it with";
        assert!(done.said.contains(said), "{}", done.said);
    }
}

#[test]
fn a_mistake_in_a_file_fails_in_the_words_of_framecheck() {
    let project = Project::green();
    fs::write(project.path("upload.toml"), "name = \"upload\"\nsumary = \"x\"\n").unwrap();
    for (name, args) in [("check", &[][..]), ("cases", &[]), ("cases", &["--list"])] {
        let done = project.run(name, args);
        assert_eq!(done.status, 101, "{name} {args:?}: {}", done.said);
        assert!(
            done.said.contains("exit status: 2") && done.said.contains("sumary"),
            "{}",
            done.said
        );
    }
}

#[test]
fn a_case_that_cannot_be_played_fails() {
    let project = Project::green();
    fs::write(project.path("server.py"), "import sys\nsys.exit(3)\n").unwrap();
    for name in ["check", "cases"] {
        let done = project.run(name, &[]);
        assert_eq!(done.status, 101, "{name}: {}", done.said);
        assert!(!done.said.contains("8 passed"), "{name}: {}", done.said);
    }
}
