//! action.yml, run as GitHub runs it: each script by bash, in order, with the environment that its
//! expressions give it. Three things are stand-ins: `cargo install` copies what was built, the cache is a directory, and
//! releases come from a directory by a `file:` URL.

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
    #[serde(rename = "if")]
    condition: Option<String>,
    /// The action that it uses. A step has this, or `run`.
    uses: Option<String>,
    #[serde(default)]
    with: BTreeMap<String, String>,
    shell: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
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
    stdout: String,
    stderr: String,
    /// Whether cargo was called.
    built: bool,
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
echo "$name" >> "$RUNNER_TEMP/built"
"#;

/// What GitHub tells of the action, besides its inputs, and where a release is.
#[derive(Default)]
struct Place {
    /// `v0.1.0`, or a branch.
    action_ref: &'static str,
    /// `acme/framecheck`.
    action_repository: &'static str,
    /// The directory that stands for GitHub.
    server: PathBuf,
}

fn take_place(sandbox: &Sandbox, inputs: &[(&str, &str)]) -> Done {
    take_place_at(sandbox, &Place::default(), inputs)
}

fn take_place_at(sandbox: &Sandbox, place: &Place, inputs: &[(&str, &str)]) -> Done {
    let action = action();
    assert_eq!(action.runs.using, "composite");
    let files = ["output", "path", "summary"].map(|name| sandbox.write(name, ""));
    let [output, path, summary] = &files;
    fs::create_dir_all(sandbox.path().join("fake")).unwrap();
    let cargo_program = sandbox.write("fake/cargo", CARGO);
    fs::set_permissions(&cargo_program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut expressions = expressions_at(place, &action.inputs, inputs);
    let (mut status, mut stdout, mut stderr) = (0, String::new(), String::new());
    let mut to_cache = None;
    for step in &action.runs.steps {
        if !step.condition.as_deref().is_none_or(|it| holds(it, &expressions)) {
            continue;
        }
        let id = step.id.clone().unwrap_or_default();
        if let Some(uses) = &step.uses {
            assert!(uses.starts_with("actions/cache@v"), "{uses}");
            let [path, key] = ["path", "key"].map(|it| evaluate(&step.with[it], &expressions));
            let kept = sandbox.path().join("cache").join(key);
            if kept.is_dir() {
                copy_all(&kept, Path::new(&path));
                expressions.insert(format!("steps.{id}.outputs.cache-hit"), "true".to_owned());
            } else {
                to_cache = Some((PathBuf::from(path), kept));
            }
            continue;
        }
        let mut command = command_of(step, sandbox, &expressions);
        command.env("GITHUB_OUTPUT", output).env("GITHUB_PATH", path);
        command.env("GITHUB_STEP_SUMMARY", summary);
        command.env("GITHUB_SERVER_URL", format!("file://{}", place.server.display()));
        command.env("PATH", search_path(cargo_program.parent().unwrap(), path));
        let done = command.output().unwrap();
        status = done.status.code().unwrap();
        stdout.push_str(&String::from_utf8_lossy(&done.stdout));
        stderr = String::from_utf8_lossy(&done.stderr).into_owned();
        for line in fs::read_to_string(output).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            expressions.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
        }
        fs::write(output, "").unwrap();
        if status != 0 {
            break;
        }
    }
    if let Some((from, kept)) = to_cache {
        copy_all(&from, &kept);
    }
    let outputs = action.outputs.into_iter();
    let outputs = outputs.map(|(name, it)| (name, evaluate(&it.value, &expressions))).collect();
    let built = fs::remove_file(sandbox.path().join("built")).is_ok();
    let summary = fs::read_to_string(summary).unwrap();
    Done { status, summary, outputs, stdout, stderr, built }
}

/// The script of a step, with the environment that the step gives it.
fn command_of(step: &Step, sandbox: &Sandbox, expressions: &BTreeMap<String, String>) -> Command {
    assert!(!step.run.contains("${{"), "an expression in a script would be run");
    assert_eq!(step.shell.as_deref(), Some("bash"));
    let script = sandbox.write("step.sh", &step.run);
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(script);
    command.current_dir(sandbox.path());
    command.env("RUNNER_TEMP", sandbox.path());
    command.env("BUILT", program("framecheck").parent().unwrap());
    for (name, value) in &step.env {
        command.env(name, evaluate(value, expressions));
    }
    command
}

/// The values of the expressions that no step gives.
fn expressions_at(
    place: &Place,
    inputs: &BTreeMap<String, InputOf>,
    given: &[(&str, &str)],
) -> BTreeMap<String, String> {
    let mut expressions: BTreeMap<String, String> = BTreeMap::new();
    for (name, input) in inputs {
        let given = given.iter().find(|(given, _)| given == name).map(|(_, it)| (*it).to_owned());
        assert!(given.is_some() || !input.required, "{name} is required");
        let value = given.or_else(|| input.default.clone()).unwrap_or_default();
        expressions.insert(format!("inputs.{name}"), value);
    }
    let source = repository().display().to_string();
    expressions.insert("github.action_path".into(), source);
    expressions.insert("github.action_ref".into(), place.action_ref.into());
    expressions.insert("github.action_repository".into(), place.action_repository.into());
    expressions
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    let done = Command::new("cp").arg("-rT").args([from, to]).status().unwrap();
    assert!(done.success(), "cp {} {}", from.display(), to.display());
}

/// Whether a condition holds: `name == 'text'` or `name != 'text'`, joined by `&&`.
fn holds(condition: &str, expressions: &BTreeMap<String, String>) -> bool {
    condition.split(" && ").all(|part| {
        let words: Vec<&str> = part.split(' ').collect();
        let [name, operator, text] = words[..] else { panic!("{part:?} is no comparison") };
        let text = text.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')).unwrap();
        let is_equal = expressions.get(name).map_or("", String::as_str) == text;
        match operator {
            "==" => is_equal,
            "!=" => !is_equal,
            _ => panic!("{operator} is no operator of this test"),
        }
    })
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

const TINY: &[(&str, &str)] = &[
    ("manifest", "mute.toml"),
    ("args", "--scenario tcp-connect --cases 0 --network asis --transport tcp4"),
];

/// A peer that fails, so that framecheck's status 1 shows that framecheck has run.
fn mute() -> Sandbox {
    let sandbox = Sandbox::new();
    let manifest = "name = \"mute\"\n[client]\ntcp-connect = [\"false\", \"{host}\", \"{port}\"]\n";
    sandbox.write("mute.toml", manifest);
    sandbox
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A release of `acme/framecheck` as `make dist` makes it, by its files' names and sums. Its programs call those that
/// were built.
fn release(sandbox: &Sandbox) -> Place {
    let server = sandbox.path().join("server");
    let machine = std::env::consts::ARCH;
    let name = format!("framecheck-{VERSION}-{machine}-unknown-linux-gnu");
    let built = program("framecheck").parent().unwrap().to_owned();
    fs::create_dir_all(sandbox.path().join(format!("packed/{name}/bin"))).unwrap();
    for program in ["framecheck", "frame-server", "frame-client"] {
        let text = format!("#!/bin/sh\nexec '{}' \"$@\"\n", built.join(program).display());
        let path = sandbox.write(&format!("packed/{name}/bin/{program}"), &text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let files = server.join(format!("acme/framecheck/releases/download/v{VERSION}"));
    fs::create_dir_all(&files).unwrap();
    let script = "tar -czf \"$1/$2.tar.gz\" -C packed \"$2\" && cd \"$1\" && sha256sum *.tar.gz > SHA256SUMS";
    let mut pack = Command::new("sh");
    pack.args(["-c", script, "sh"]).arg(&files).arg(&name).current_dir(sandbox.path());
    assert!(pack.status().unwrap().success());
    Place { action_ref: "", action_repository: "acme/framecheck", server }
}

/// The path of the release's file whose name ends so.
fn file_of(place: &Place, end: &str) -> PathBuf {
    let files = place.server.join(format!("acme/framecheck/releases/download/v{VERSION}"));
    let mut paths = fs::read_dir(files).unwrap().map(|entry| entry.unwrap().path());
    paths.find(|path| path.to_string_lossy().ends_with(end)).unwrap()
}

#[test]
fn the_release_of_the_version_is_taken_and_nothing_is_built() {
    let sandbox = mute();
    let place = release(&sandbox);
    let tag: &str = concat!("v", env!("CARGO_PKG_VERSION"));
    let asked = [TINY, &[("version", VERSION)]].concat();
    let of_tag = Place { action_ref: tag, server: place.server.clone(), ..place };
    for (place, inputs) in [(&place, &asked[..]), (&of_tag, TINY)] {
        let done = take_place_at(&sandbox, place, inputs);
        assert_eq!(done.status, 1, "{}", done.stderr);
        assert!(done.summary.contains("❌ framecheck"), "{}", done.summary);
        assert!(!done.built, "{}", done.stdout);
        fs::remove_dir_all(sandbox.path().join("framecheck-programs")).unwrap();
    }
}

#[test]
fn a_tarball_with_another_sum_or_with_none_is_refused_and_nothing_runs() {
    let sandbox = mute();
    let place = release(&sandbox);
    let asked = [TINY, &[("version", VERSION)]].concat();
    let sums = file_of(&place, "SHA256SUMS");
    let right = fs::read_to_string(&sums).unwrap();
    let first = if right.starts_with('0') { "1" } else { "0" };
    for wrong in
        [format!("{first}{}", &right[1..]), right.replace(".tar.gz", ".zip"), String::new()]
    {
        fs::write(&sums, &wrong).unwrap();
        let done = take_place_at(&sandbox, &place, &asked);
        assert_eq!(done.status, 1, "{}", done.stderr);
        assert!(
            done.stdout.contains("::error::expected the sum of framecheck-"),
            "{}",
            done.stdout
        );
        assert_eq!((done.summary.as_str(), done.built), ("", false), "{wrong}");
        assert!(!sandbox.path().join("framecheck-programs/bin").exists());
    }
}

#[test]
fn without_a_release_it_is_built_once_and_then_found_in_the_cache() {
    let sandbox = mute();
    let place = Place { action_ref: "main", ..release(&sandbox) };
    let first = take_place_at(&sandbox, &place, TINY);
    assert_eq!((first.status, first.built), (1, true), "{}", first.stderr);
    fs::remove_dir_all(sandbox.path().join("framecheck-programs")).unwrap();
    let second = take_place_at(&sandbox, &place, TINY);
    assert_eq!((second.status, second.built), (1, false), "{}", second.stderr);
    assert!(second.summary.contains("❌ framecheck"), "{}", second.summary);
}

#[test]
fn a_release_without_a_tarball_for_this_machine_is_built_and_told() {
    let sandbox = mute();
    let tag: &str = concat!("v", env!("CARGO_PKG_VERSION"));
    let place = Place { action_ref: tag, ..release(&sandbox) };
    fs::remove_file(file_of(&place, ".tar.gz")).unwrap();
    let done = take_place_at(&sandbox, &place, TINY);
    assert_eq!((done.status, done.built), (1, true), "{}", done.stderr);
    assert!(done.stdout.contains("::warning::found no release"), "{}", done.stdout);
}

#[test]
fn a_version_that_is_none_is_wrong_usage() {
    let sandbox = mute();
    let inputs = [TINY, &[("version", "../../evil")]].concat();
    let done = take_place_at(&sandbox, &release(&sandbox), &inputs);
    assert_eq!((done.status, done.built), (2, false), "{}", done.stderr);
    assert!(done.stdout.contains("::error::expected a version"), "{}", done.stdout);
}
