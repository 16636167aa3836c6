//! What an earlier run has found, in `target/mutants`: so that an interrupted run can be resumed.
//!
//! Each part of a run, a mutant or the variants of a scenario, has a fingerprint: of framecheck's programs, and of
//! all files that the result depends on. A part whose fingerprint has changed is played again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use model::blob::sha256;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The programs that a result depends on, beside this one.
const PROGRAMS: [&str; 3] = ["framecheck", "frame-server", "frame-client"];
/// The files of a directory that a result depends on. Others are built from these.
const SOURCES: [&str; 7] = ["toml", "py", "c", "mjs", "java", "pl", "txt"];

/// The results of earlier runs.
#[derive(Debug)]
pub(crate) struct Kept {
    directory: PathBuf,
    programs: String,
    /// Whether they count.
    resumes: bool,
}

impl Kept {
    /// The results in `target/mutants`. Without `resumes`, they do not count, and are replaced.
    pub(crate) fn new(repository: &Path, resumes: bool) -> anyhow::Result<Self> {
        let this = std::env::current_exe()?;
        let mut programs = String::new();
        for name in PROGRAMS {
            let program = this.with_file_name(name);
            let bytes = fs::read(&program)
                .with_context(|| format!("cannot read {}: run `make`", program.display()))?;
            programs += &sha256(&bytes);
        }
        let directory = repository.join("target/mutants");
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        Ok(Self { directory, programs, resumes })
    }

    /// The fingerprint of a part that depends on these texts, and on the sources in these directories.
    pub(crate) fn fingerprint(
        &self,
        texts: &[&str],
        directories: &[&Path],
    ) -> anyhow::Result<String> {
        let mut all = self.programs.clone();
        for text in texts {
            all += &sha256(text.as_bytes());
        }
        for directory in directories {
            for path in sources(directory)? {
                let bytes = fs::read(&path);
                let bytes = bytes.with_context(|| format!("cannot read {}", path.display()))?;
                all += &format!("{} {}", path.display(), sha256(&bytes));
            }
        }
        Ok(sha256(all.as_bytes()))
    }

    /// The result of a part, if an earlier run has found it and this run resumes that one.
    pub(crate) fn get<T: DeserializeOwned>(&self, fingerprint: &str) -> Option<T> {
        let text = fs::read(self.path(fingerprint)).ok().filter(|_| self.resumes)?;
        // An incomplete file is of a run that was killed.
        serde_json::from_slice(&text).ok()
    }

    /// Keeps the result of a part.
    pub(crate) fn keep(&self, fingerprint: &str, result: &impl Serialize) -> anyhow::Result<()> {
        let path = self.path(fingerprint);
        let shown = path.display().to_string();
        fs::write(path, serde_json::to_vec(result)?)
            .with_context(|| format!("cannot write {shown}"))
    }

    fn path(&self, fingerprint: &str) -> PathBuf {
        self.directory.join(format!("{fingerprint}.json"))
    }
}

/// The sources in a directory and below it, sorted.
fn sources(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let shown = directory.display();
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("cannot read {shown}"))? {
        let path = entry?.path();
        let is_source = path.extension().is_some_and(|it| SOURCES.iter().any(|other| it == *other));
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if is_source {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(directory: &Path, resumes: bool) -> Kept {
        Kept { directory: directory.to_owned(), programs: "programs".to_owned(), resumes }
    }

    #[test]
    fn a_result_counts_until_something_that_it_depends_on_changes() {
        let directory = tempfile::tempdir().unwrap();
        let sources = directory.path().join("sources");
        fs::create_dir(&sources).unwrap();
        fs::write(sources.join("a.py"), "1").unwrap();
        fs::write(sources.join("a.out"), "1").unwrap();
        let kept_first = kept(directory.path(), false);
        let of = |text: &str| kept_first.fingerprint(&[text], &[&sources]).unwrap();
        let first = of("text");
        kept_first.keep(&first, &vec![1, 2]).unwrap();
        assert_eq!(kept_first.get::<Vec<u8>>(&first), None);
        let resumed = kept(directory.path(), true);
        assert_eq!(resumed.get::<Vec<u8>>(&first), Some(vec![1, 2]));
        assert_eq!(resumed.get::<String>(&first), None);

        assert_ne!(of("another text"), first);
        fs::write(sources.join("a.out"), "2").unwrap();
        assert_eq!(of("text"), first);
        fs::write(sources.join("a.py"), "2").unwrap();
        assert_ne!(of("text"), first);
        assert_eq!(resumed.get::<Vec<u8>>(&of("text")), None);
    }
}
