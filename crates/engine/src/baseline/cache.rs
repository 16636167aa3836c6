//! Baselines on disk, so that several runs of the same protocol play the reference only once.
//!
//! A protocol's baselines are in `DIR/NAME-KEY/`, one file per input. The key is a digest of everything that
//! determines what the reference does. When the key changes, the files under the old key are removed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use model::Input;
use model::blob::sha256;

use super::Baseline;

/// How many digits of a digest are in a name.
const DIGITS: usize = 32;

/// The baselines of one protocol.
#[derive(Debug, Clone)]
pub struct Cache {
    directory: PathBuf,
}

impl Cache {
    /// The baselines of the protocol with this name in `root` that were made under this key.
    #[must_use]
    pub fn new(root: &Path, name: &str, key: &str) -> Self {
        let key = key.get(..DIGITS).unwrap_or(key);
        Self { directory: root.join(format!("{name}-{key}")) }
    }

    /// The baseline of an input, if there is a readable one.
    #[must_use]
    pub fn read(&self, input: &Input) -> Option<Baseline> {
        let text = fs::read(self.file(input)?).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Stores the baseline of an input.
    ///
    /// # Errors
    ///
    /// The directory can't be written to.
    pub fn write(&self, input: &Input, baseline: &Baseline) -> io::Result<()> {
        let Some(file) = self.file(input) else { return Ok(()) };
        self.make()?;
        // The file appears only when it is complete.
        let mut whole = tempfile::NamedTempFile::new_in(&self.directory)?;
        whole.write_all(&serde_json::to_vec(baseline)?)?;
        whole.persist(file).map(drop).map_err(|error| error.error)
    }

    fn file(&self, input: &Input) -> Option<PathBuf> {
        let digest = sha256(&serde_json::to_vec(input).ok()?);
        Some(self.directory.join(digest.get(..DIGITS)?).with_extension("json"))
    }

    fn make(&self) -> io::Result<()> {
        if self.directory.is_dir() {
            return Ok(());
        }
        let Some(root) = self.directory.parent() else { return Ok(()) };
        fs::create_dir_all(root)?;
        let ignore = root.join(".gitignore");
        if !ignore.exists() {
            fs::write(ignore, "*\n")?;
        }
        self.remove_older(root)?;
        fs::create_dir_all(&self.directory)
    }

    /// Removes the baselines of the same protocol under other keys.
    fn remove_older(&self, root: &Path) -> io::Result<()> {
        let name = |path: &Path| path.file_name().map(|it| it.to_string_lossy().into_owned());
        let Some(own) = name(&self.directory) else { return Ok(()) };
        let Some((protocol, _)) = own.rsplit_once('-') else { return Ok(()) };
        for entry in fs::read_dir(root)? {
            let path = entry?.path();
            let is_older = name(&path).is_some_and(|it| {
                let parts = it.rsplit_once('-');
                parts.is_some_and(|(other, key)| other == protocol && key.len() == DIGITS)
            });
            if is_older && path.is_dir() {
                // Another run may remove the same directory.
                let _ = fs::remove_dir_all(path);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::{Breaks, Expected, ExpectedEnd, Notes, Wire};

    use super::*;
    use crate::baseline::Turns;

    fn baseline(answer: &str) -> Baseline {
        let expected = Expected {
            to_server: Wire::stream(Vec::new()),
            to_client: Wire::stream(answer.as_bytes().to_vec()),
            server: ExpectedEnd::printing(Vec::new()),
            client: ExpectedEnd::printing(Vec::new()),
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        };
        let (turns, left_behind) = (Turns::default(), Vec::new());
        let bursts = Vec::new();
        Baseline {
            expected,
            turns,
            bursts,
            next: None,
            screens: None,
            left_behind,
            falls: None,
            speaks: false,
        }
    }

    #[test]
    fn a_baseline_is_found_by_its_input_until_the_key_changes() {
        let root = tempfile::tempdir().unwrap();
        let [old_key, new_key] = ["a", "b"].map(|digit| digit.repeat(64));
        let (input, other) = (Input::typed(["x"]), Input::typed(["y"]));
        let old = Cache::new(root.path(), "upload", &old_key);
        assert!(old.read(&input).is_none());
        old.write(&input, &baseline("one")).unwrap();
        assert_eq!(old.read(&input), Some(baseline("one")));
        assert!(old.read(&other).is_none());
        // The name of one protocol may be a prefix of another's.
        let longer = Cache::new(root.path(), "upload-twice", &old_key);
        longer.write(&input, &baseline("two")).unwrap();
        let new = Cache::new(root.path(), "upload", &new_key);
        assert!(new.read(&input).is_none());
        new.write(&input, &baseline("three")).unwrap();
        assert!(old.read(&input).is_none());
        assert_eq!(longer.read(&input), Some(baseline("two")));
        assert_eq!(fs::read_to_string(root.path().join(".gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn what_is_no_baseline_is_as_if_it_were_not_there() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::new(root.path(), "upload", &"a".repeat(64));
        let input = Input::typed(["x"]);
        cache.write(&input, &baseline("one")).unwrap();
        fs::write(cache.file(&input).unwrap(), "{").unwrap();
        assert!(cache.read(&input).is_none());
    }
}
