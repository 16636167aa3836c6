//! Where a file arrives: in a directory that was opened once and is never left, without a name until
//! it is whole.
//!
//! Everything here goes through the directory's own descriptor, not through a path: whatever a name
//! says, and whatever is renamed around this program meanwhile, nothing outside is touched. On Linux
//! the unfinished file has no name at all (`O_TMPFILE`), so that not even a kill leaves anything.

use std::ffi::OsStr;
use std::io;

use anyhow::{Context, bail};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use cap_tempfile::TempFile;
use endpoint::Breach;

use super::name::shown;

/// What a file may be called.
pub(super) const NAME_CLAUSE: &str = "FR-7";

/// A directory to write to.
#[derive(Debug)]
pub(super) struct Directory(Dir);

impl Directory {
    /// The working directory.
    pub(super) fn working() -> anyhow::Result<Self> {
        let opened = Dir::open_ambient_dir(".", ambient_authority());
        Ok(Self(opened.context("cannot open the working directory")?))
    }

    /// Refuse a name that something has which a file must not take the place of.
    pub(super) fn check_free(&self, name: &OsStr) -> anyhow::Result<()> {
        match self.0.symlink_metadata(name) {
            Ok(there) if there.is_file() || there.is_symlink() => Ok(()),
            Ok(_) => {
                let why = format!("refusing to replace {}: that is no file", shown(name));
                bail!(Breach::of(NAME_CLAUSE, why))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot look at {}", shown(name))),
        }
    }

    /// A file that isn't there yet, readable by whomever the umask allows, as `open(name, 'wb')`
    /// makes it.
    pub(super) fn start_file(&self) -> anyhow::Result<Unfinished<'_>> {
        let file = TempFile::new(&self.0).context("cannot write to the working directory")?;
        Ok(Unfinished { directory: self, file })
    }
}

/// A file that is gone if it isn't finished.
#[derive(Debug)]
pub(super) struct Unfinished<'d> {
    directory: &'d Directory,
    file: TempFile<'d>,
}

impl Unfinished<'_> {
    pub(super) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// It is whole: give it its name, in one step that leaves either the old file or the new one.
    pub(super) fn finish(self, name: &OsStr) -> anyhow::Result<()> {
        // A rename replaces a pipe or a device that came meanwhile without a word.
        self.directory.check_free(name)?;
        self.file.replace(name).with_context(|| format!("cannot write {}", shown(name)))
    }
}
