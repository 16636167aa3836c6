//! Tests the variants that `python-ref/mutate.py` makes, under each installed CPython.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test panics when something is wrong"
)]

mod odd;
mod programs;
mod rules;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use tempfile::TempDir;

/// The output for a program.
#[derive(Debug, Deserialize)]
struct Mutants {
    program: String,
    variants: Vec<Variant>,
    same: Vec<Same>,
}

#[derive(Debug, Deserialize)]
struct Variant {
    id: String,
    rule: String,
    line: usize,
    what: String,
    hint: String,
    lines: [usize; 2],
    diff: String,
    source: String,
}

#[derive(Debug, Deserialize)]
struct Same {
    id: String,
    rule: String,
    line: usize,
    what: String,
    why: String,
}

impl Mutants {
    /// All identities, variants' first.
    fn ids(&self) -> Vec<&str> {
        let variants = self.variants.iter().map(|it| &*it.id);
        variants.chain(self.same.iter().map(|it| &*it.id)).collect()
    }

    /// The rules that apply somewhere in the program.
    fn rules(&self) -> BTreeSet<String> {
        let variants = self.variants.iter().map(|it| it.rule.clone());
        variants.chain(self.same.iter().map(|it| it.rule.clone())).collect()
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs mutate.py on a file.
fn run(python: &OsString, file: &Path) -> Output {
    let mutate = repository().join("python-ref/mutate.py");
    Command::new(python).args(["-I", "-S"]).arg(mutate).arg(file).output().unwrap()
}

/// The variants of a file that is a valid program.
fn mutants(python: &OsString, file: &Path) -> Mutants {
    let output = run(python, file);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{}: {stderr}", file.display());
    let mutants: Mutants = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(mutants.program, file.to_str().unwrap());
    mutants
}

/// Runs a script that has imported `mutate`, with these files as its arguments; returns its output on both
/// streams.
fn script(python: &OsString, text: &str, files: &[PathBuf]) -> String {
    let text = format!("import sys; sys.path.insert(0, sys.argv[1]); import mutate\n{text}");
    let mut command = Command::new(python);
    command.args(["-I", "-S", "-W", "ignore", "-c", &text]).arg(repository().join("python-ref"));
    let output = command.args(files).output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// The variants of many programs, all made by one interpreter, because starting an interpreter takes longer
/// than its work.
fn all_mutants(python: &OsString, files: &[PathBuf]) -> Vec<Mutants> {
    let each = "import json\n\
                for path in sys.argv[2:]:\n\
                \x20   with open(path, 'rb') as file:\n\
                \x20       print(json.dumps(mutate.mutants(file.read(), path)))\n";
    let said = script(python, each, files);
    let all: Vec<_> = said.lines().map(|it| serde_json::from_str(it).expect(it)).collect();
    assert_eq!(all.len(), files.len(), "{said}");
    all
}

/// A program in its own directory.
fn program(bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("program.py");
    fs::write(&path, bytes).unwrap();
    (directory, path)
}

/// Each CPython later than 3.7 that pyenv has, the oldest first; without pyenv, `python3`.
fn pythons() -> Vec<OsString> {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(std::env::home_dir()?.join(".pyenv")));
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let minor = |path: &Path| -> Option<u32> {
        let version = path.file_name()?.to_str()?.strip_prefix("3.")?;
        version.split('.').next()?.parse().ok()
    };
    let entries = versions.into_iter().flatten().flatten().map(|entry| entry.path());
    let managed = entries.filter(|path| minor(path).is_some_and(|minor| minor >= 8));
    let managed = managed.map(|path| path.join("bin/python3")).filter(|path| path.is_file());
    let mut all: Vec<OsString> = managed.map(PathBuf::into_os_string).collect();
    all.sort_by_key(|path| minor(Path::new(path).ancestors().nth(2).unwrap()));
    if all.is_empty() { vec!["python3".into()] } else { all }
}
