//! The interpreters of this machine, and the one that answers questions.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use engine::peer::{interpreter, started};
use tutorials::Oracle;

/// The oldest CPython that runs the reference programs: 3.8.
const OLDEST_MINOR: u32 = 8;

/// A CPython.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// Its version, e.g. `3.11.7`.
    pub version: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Start an oracle: the interpreter that `python` runs, on the programs in `reference`.
///
/// # Errors
/// The interpreter can't be run.
pub fn start(oracle: &Oracle, python: &OsStr, reference: &Path) -> io::Result<()> {
    oracle.start(interpreter(python), reference, started)
}

/// One interpreter of each `python3.N` that is on the PATH or under pyenv's `versions`, and runs;
/// the oldest first. `reference` has the oracle that they are asked by.
#[must_use]
pub fn installed(reference: &Path) -> Vec<Interpreter> {
    let mut by_minor: BTreeMap<u32, Interpreter> = BTreeMap::new();
    for path in candidates() {
        let minor = minor_of(&path);
        if minor.is_none_or(|minor| minor < OLDEST_MINOR || by_minor.contains_key(&minor)) {
            continue;
        }
        // A wrapper of a version manager may be there without a version behind it.
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

/// Files called `python3.N` where they usually are. Those under pyenv come first: the others may
/// be its wrappers, which are slow.
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

/// N of a file called `python3.N`.
fn minor_of(path: &Path) -> Option<u32> {
    let minor = path.file_name()?.to_str()?.strip_prefix("python3.")?;
    if minor.bytes().all(|byte| byte.is_ascii_digit()) { minor.parse().ok() } else { None }
}

/// N of `3.N.M`.
fn minor_of_version(version: &str) -> Option<u32> {
    version.strip_prefix("3.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
