//! action.yml, run as GitHub runs it: each script by bash, in order, with the environment that its
//! expressions give it. Only `cargo install` is replaced: a stand-in copies the built program to
//! the place where it would install it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use framecheck_tests::{Sandbox, program, repository};
use serde::Deserialize;

#[derive(Deserialize)]
struct Action {
    inputs: BTreeMap<String, InputOf>,
    outputs: BTreeMap<String, OutputOf>,
    runs: Runs,
}

#[derive(Deserialize)]
struct InputOf {
    default: Option<String>,
    #[serde(default)]
    required: bool,
}

#[derive(Deserialize)]
struct OutputOf {
    value: String,
}

#[derive(Deserialize)]
struct Runs {
    using: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    id: Option<String>,
    shell: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    run: String,
}

fn action() -> Action {
    serde_saphyr::from_str(&fs::read_to_string(repository().join("action.yml")).unwrap()).unwrap()
}

/// The result.
struct Done {
    status: i32,
    summary: String,
    outputs: BTreeMap<String, String>,
    stderr: String,
}

/// Stands in for cargo: copies the crate's program from where it was built.
const CARGO: &str = r#"#!/usr/bin/env bash
set -euo pipefail
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=$2; shift ;;
    --path) path=$2; shift ;;
  esac
  shift
done
name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$path/Cargo.toml" | head -n 1)
mkdir -p "$root/bin"
cp "$BUILT/$name" "$root/bin/"
"#;

fn take_place(sandbox: &Sandbox, inputs: &[(&str, &str)]) -> Done {
    let action = action();
    assert_eq!(action.runs.using, "composite");
    let files = ["output", "path", "summary"].map(|name| sandbox.write(name, ""));
    let [output, path, summary] = &files;
    let cargo = sandbox.path().join("fake");
    fs::create_dir_all(&cargo).unwrap();
    let cargo_program = sandbox.write("fake/cargo", CARGO);
    fs::set_permissions(cargo_program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut expressions: BTreeMap<String, String> = BTreeMap::new();
    for (name, input) in &action.inputs {
        let given = inputs.iter().find(|(given, _)| given == name).map(|(_, it)| (*it).to_owned());
        assert!(given.is_some() || !input.required, "{name} is required");
        let value = given.or_else(|| input.default.clone()).unwrap_or_default();
        expressions.insert(format!("inputs.{name}"), value);
    }
    expressions.insert("github.action_path".into(), repository().display().to_string());
    let (mut status, mut stderr) = (0, String::new());
    for step in &action.runs.steps {
        assert!(!step.run.contains("${{"), "an expression in a script would be run");
        assert_eq!(step.shell, "bash");
        let script = sandbox.write("step.sh", &step.run);
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(script);
        command.current_dir(sandbox.path());
        command.env("GITHUB_OUTPUT", output).env("GITHUB_PATH", path);
        command.env("GITHUB_STEP_SUMMARY", summary).env("RUNNER_TEMP", sandbox.path());
        command.env("PATH", search_path(&cargo, path));
        command.env("BUILT", program("framecheck").parent().unwrap());
        for (name, value) in &step.env {
            command.env(name, evaluate(value, &expressions));
        }
        let done = command.output().unwrap();
        status = done.status.code().unwrap();
        stderr = String::from_utf8_lossy(&done.stderr).into_owned();
        if let Some(id) = &step.id {
            for line in fs::read_to_string(output).unwrap().lines() {
                let (name, value) = line.split_once('=').unwrap();
                expressions.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
            }
        }
        if status != 0 {
            break;
        }
    }
    let outputs = action.outputs.into_iter();
    let outputs = outputs.map(|(name, it)| (name, evaluate(&it.value, &expressions))).collect();
    Done { status, summary: fs::read_to_string(summary).unwrap(), outputs, stderr }
}

/// The entries that earlier steps put before the PATH, the cargo of this test, and the PATH.
fn search_path(cargo: &Path, added: &Path) -> OsString {
    let text = fs::read_to_string(added).unwrap();
    let added = text.lines().rev().map(PathBuf::from);
    let own = std::env::var_os("PATH").unwrap_or_default();
    let rest = [cargo.to_owned()].into_iter().chain(std::env::split_paths(&own));
    std::env::join_paths(added.chain(rest)).unwrap()
}

/// `${{ name }}`, the only form of expression in action.yml.
fn evaluate(text: &str, expressions: &BTreeMap<String, String>) -> String {
    let name = text.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}"));
    let name = name.unwrap_or_else(|| panic!("{text:?} is no expression"));
    expressions.get(name).cloned().unwrap_or_default()
}

const SMALL: &str = "--scenario file-transfer --cases 0 --skip '*[0-8a-e]' --transport tcp4 \
                     --network asis";

#[test]
fn a_peer_that_conforms_passes_and_its_page_is_the_jobs() {
    let sandbox = Sandbox::new();
    for file in ["Makefile", "peer.c", "c.toml"] {
        let from = repository().join("tests/peers/c").join(file);
        fs::copy(from, sandbox.path().join(file)).unwrap();
    }
    let made = Command::new("make").arg("-s").current_dir(sandbox.path()).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: the C peer can't be built here");
        return;
    }
    let done = take_place(&sandbox, &[("manifest", "c.toml"), ("args", SMALL)]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(done.summary.contains("✅ framecheck"), "{}", done.summary);
    assert!(done.summary.contains("`c->python`"), "{}", done.summary);
    let report = Path::new(&done.outputs["report"]);
    for name in ["index.html", "report.json", "junit.xml", "summary.md"] {
        assert!(report.join(name).is_file(), "no {name}");
    }
}

#[test]
fn a_peer_that_does_not_conform_fails_with_framechecks_status_and_page() {
    let sandbox = Sandbox::new();
    let manifest = "name = \"mute\"\n[client]\ntcp-connect = [\"false\", \"{host}\", \"{port}\"]\n";
    sandbox.write("mute.toml", manifest);
    let args = "--scenario tcp-connect --cases 0 --network asis --transport tcp4";
    let done = take_place(&sandbox, &[("manifest", "mute.toml"), ("args", args)]);
    assert_eq!(done.status, 1, "{}", done.stderr);
    assert!(done.summary.contains("❌ framecheck"), "{}", done.summary);
    assert!(Path::new(&done.outputs["report"]).join("failures").is_dir());
}

#[test]
fn wrong_usage_fails_with_its_own_status_and_without_a_page() {
    let sandbox = Sandbox::new();
    let done = take_place(&sandbox, &[("manifest", "no-such.toml")]);
    assert_eq!(done.status, 2, "{}", done.stderr);
    assert!(done.stderr.contains("no-such.toml"), "{}", done.stderr);
    assert_eq!(done.summary, "");
}
