//! The Python interpreters of this machine, and the oracle.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use engine::peer::{interpreter, started};
use rustix::process::{Pid, Signal, kill_process_group};
use tutorials::Oracle;

/// The oldest CPython that runs the reference programs: 3.8.
const OLDEST_MINOR: u32 = 8;

/// How long an interpreter may take to print its version. The wrapper of a version manager must first find it.
const ANSWER_MAX: Duration = Duration::from_secs(30);
const ANSWER_MAX_BYTES: u64 = 4096;

/// A CPython.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// Its version, e.g. `3.11.7`.
    pub version: String,
    /// Its path.
    pub path: PathBuf,
}

/// Starts an oracle: the interpreter `python`, with the programs in `reference`.
///
/// # Errors
/// The interpreter can't be run, or is too old.
pub fn start(oracle: &Oracle, python: &OsStr, reference: &Path) -> io::Result<()> {
    is_new_enough(&answer(python)?).map_err(io::Error::other)?;
    oracle.start(interpreter(python), reference, started)
}

/// What a program prints for `--version`, on either stream: CPython 2.7 uses standard error.
fn answer(python: &OsStr) -> io::Result<String> {
    let (answers, theirs) = io::pipe()?;
    let mut command = interpreter(python);
    command.arg("--version").stdin(Stdio::null()).stdout(theirs.try_clone()?).stderr(theirs);
    let mut child = command.spawn()?;
    started(&child);
    // `command` holds the child's end of the pipe.
    drop(command);
    let (said, heard) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let mut text = Vec::new();
        let read = answers.take(ANSWER_MAX_BYTES).read_to_end(&mut text);
        said.send(read.map(|_| String::from_utf8_lossy(&text).into_owned()))
    })?;
    let answered = heard.recv_timeout(ANSWER_MAX);
    // The child may be a wrapper that started the interpreter as another process.
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    child.wait()?;
    answered.unwrap_or_else(|_| Err(io::Error::other("it does not answer --version")))
}

/// Checks that an answer is the version of an interpreter that can run the reference programs. The error says
/// what is wrong with it.
fn is_new_enough(answer: &str) -> Result<(), String> {
    let needed = format!("Python 3.{OLDEST_MINOR} or later is needed");
    let said = answer.lines().find_map(|line| line.trim().strip_prefix("Python "));
    let version = said.and_then(|it| it.split_whitespace().next());
    let Some(version) = version.filter(|it| it.starts_with(|first: char| first.is_ascii_digit()))
    else {
        return Err(format!("it is not a Python interpreter, and {needed}"));
    };
    let mut numbers = version.split('.').map_while(|number| {
        let end = number.find(|it: char| !it.is_ascii_digit()).unwrap_or(number.len());
        number.split_at(end).0.parse::<u32>().ok()
    });
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < (3, OLDEST_MINOR) {
        return Err(format!("it is Python {version}, and {needed}"));
    }
    Ok(())
}

/// One interpreter for each working `python3.N` on the PATH or under pyenv's `versions`, the oldest first. The
/// oracle's program in `reference` asks each of them.
#[must_use]
pub fn installed(reference: &Path) -> Vec<Interpreter> {
    let mut by_minor: BTreeMap<u32, Interpreter> = BTreeMap::new();
    for path in candidates() {
        let minor = minor_of(&path);
        if minor.is_none_or(|minor| minor < OLDEST_MINOR || by_minor.contains_key(&minor)) {
            continue;
        }
        // The wrapper of a version manager may have no version behind it.
        let oracle = Oracle::default();
        if start(&oracle, path.as_os_str(), reference).is_err() {
            continue;
        }
        let (Ok(version), Ok(executable)) = (oracle.version(), oracle.executable()) else {
            continue;
        };
        let found = minor_of_version(&version).filter(|found| Some(*found) == minor);
        if let Some(minor) = found {
            by_minor.insert(minor, Interpreter { version, path: executable.into() });
        }
    }
    by_minor.into_values().collect()
}

/// Files named `python3.N` in the usual places. Those under pyenv come first: the others may be its wrappers,
/// which are slow.
fn candidates() -> Vec<PathBuf> {
    let pyenv = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv")));
    let versions = pyenv.and_then(|root| std::fs::read_dir(root.join("versions")).ok());
    let managed = versions.into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = Vec::new();
    for directory in managed.chain(std::env::split_paths(&path)) {
        let Ok(entries) = std::fs::read_dir(directory) else { continue };
        let files = entries.flatten().map(|entry| entry.path());
        let mut named: Vec<PathBuf> = files.filter(|file| minor_of(file).is_some()).collect();
        named.sort();
        found.extend(named);
    }
    found
}

/// The N in a file name `python3.N`.
fn minor_of(path: &Path) -> Option<u32> {
    let minor = path.file_name()?.to_str()?.strip_prefix("python3.")?;
    if minor.bytes().all(|byte| byte.is_ascii_digit()) { minor.parse().ok() } else { None }
}

/// The N in `3.N.M`.
fn minor_of_version(version: &str) -> Option<u32> {
    version.strip_prefix("3.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_interpreter_and_a_program_that_is_none_are_refused_by_what_they_say() {
        for answer in [
            "Python 3.8.0\n",
            "noise\nPython 3.13.0rc1+\n",
            "Python 4.0",
            "Python 3.9.18 (x)\n[PyPy]",
        ] {
            assert_eq!(is_new_enough(answer), Ok(()), "{answer}");
        }
        for (answer, part) in [
            ("Python 2.7.18\n", "it is Python 2.7.18,"),
            ("Python 3.6.9\n", "it is Python 3.6.9,"),
            ("Python 3\n", "it is Python 3,"),
            ("true (GNU coreutils) 9.1\n", "it is not a Python interpreter"),
            ("Python is not here\n", "it is not a Python interpreter"),
            ("", "it is not a Python interpreter"),
        ] {
            let why = is_new_enough(answer).unwrap_err();
            assert!(why.contains(part) && why.contains("3.8 or later"), "{answer}: {why}");
        }
    }

    #[test]
    fn only_a_name_of_a_version_is_a_candidate() {
        for (name, minor) in [
            ("/usr/bin/python3.11", Some(11)),
            ("python3.8", Some(8)),
            ("python3", None),
            ("python3.11-config", None),
            ("python3.", None),
            ("python2.7", None),
        ] {
            assert_eq!(minor_of(Path::new(name)), minor, "{name}");
        }
        assert_eq!(minor_of_version("3.13.0"), Some(13));
    }
}
