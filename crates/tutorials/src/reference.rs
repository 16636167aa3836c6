//! The reference programs, embedded in this program: an installed framecheck needs no checkout.
//!
//! `python-ref` of this crate is a link to the repository's directory, so there is one copy; `cargo
//! package` follows it. This never looks for programs in the working directory, so it never runs
//! files from there as the reference.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use include_dir::{Dir, include_dir};
use tempfile::TempDir;

/// `python-ref`, as it was at build time.
static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/python-ref");

/// The reference programs as files. Dropping this removes unpacked files.
#[derive(Debug)]
pub struct Reference {
    directory: PathBuf,
    _unpacked: Option<TempDir>,
}

impl Reference {
    /// The programs in this directory.
    #[must_use]
    pub const fn at(directory: PathBuf) -> Self {
        Self { directory, _unpacked: None }
    }

    /// The embedded programs, unpacked into a private directory.
    ///
    /// # Errors
    /// There is no directory for temporary files, or it is full.
    pub fn unpack() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        // Without this, the umask decides who may use the directory.
        builder.prefix("framecheck-ref-").permissions(fs::Permissions::from_mode(0o700));
        let unpacked = builder.tempdir()?;
        FILES.extract(unpacked.path())?;
        let directory = unpacked.path().canonicalize()?;
        Ok(Self { directory, _unpacked: Some(unpacked) })
    }

    /// The directory of the files.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Every file below a directory, except for files that an interpreter leaves behind.
    fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut directories = vec![root.to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else if path.extension().is_none_or(|it| it != "pyc") {
                    let name = path.strip_prefix(root).unwrap().to_owned();
                    found.insert(name, fs::read(path).unwrap());
                }
            }
        }
        found
    }

    #[test]
    fn what_travels_is_what_the_repository_has() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python-ref");
        let reference = Reference::unpack().unwrap();
        let unpacked = files(reference.directory());
        assert!(unpacked.contains_key(Path::new("launch.py")));
        assert!(
            unpacked == files(&repository),
            "the build has not seen that python-ref has changed"
        );
    }

    #[test]
    fn unpacked_programs_are_private_and_go_away() {
        let reference = Reference::unpack().unwrap();
        let directory = reference.directory().to_owned();
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        drop(reference);
        assert!(!directory.exists());
    }
}
