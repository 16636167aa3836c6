//! The directory that receives a file. It is opened once, and the file has no name in it until it is
//! complete.
//!
//! All calls here use the directory's own descriptor, not a path. So nothing outside the directory
//! is touched, with any name, even if other programs rename files meanwhile. On Linux the
//! unfinished file has no name at all (`O_TMPFILE`), so even a kill leaves nothing behind.

use std::ffi::OsStr;
use std::io;

use anyhow::{Context, bail};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use cap_tempfile::TempFile;
use endpoint::Breach;

use super::name::shown;

/// The clause about the names of files.
pub(super) const NAME_CLAUSE: &str = "FR-7";

/// The directory to write to.
#[derive(Debug)]
pub(super) struct Directory(Dir);

impl Directory {
    /// The working directory.
    pub(super) fn working() -> anyhow::Result<Self> {
        let opened = Dir::open_ambient_dir(".", ambient_authority());
        Ok(Self(opened.context("cannot open the working directory")?))
    }

    /// Refuses a name that belongs to something that a file must not replace.
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

    /// A new file that does not exist yet. The umask decides who may read it, as for `open(name,
    /// 'wb')`.
    pub(super) fn start_file(&self) -> anyhow::Result<Unfinished<'_>> {
        let file = TempFile::new(&self.0).context("cannot write to the working directory")?;
        Ok(Unfinished { directory: self, file })
    }
}

/// A file that is removed unless it is finished.
#[derive(Debug)]
pub(super) struct Unfinished<'d> {
    directory: &'d Directory,
    file: TempFile<'d>,
}

impl Unfinished<'_> {
    pub(super) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Gives the complete file its name. This is one step: either the old file or the new one is
    /// there.
    pub(super) fn finish(self, name: &OsStr) -> anyhow::Result<()> {
        // A rename would silently replace a pipe or a device that was created meanwhile.
        self.directory.check_free(name)?;
        self.file.replace(name).with_context(|| format!("cannot write {}", shown(name)))
    }
}
