//! The directories of a case, and the files its peers leave in them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, mkfifoat};

use crate::blob::Blob;
use crate::catalogue::{Beside, Input};
use crate::observation::Observation;

/// More of a peer's files than this is not kept.
const FILE_MAX_BYTES: u64 = 64 << 20;

/// Where a case lives while it runs.
pub(super) struct Room {
    root: PathBuf,
    /// The server's working directory.
    pub(super) server: PathBuf,
    /// The client's working directory.
    pub(super) client: PathBuf,
    /// The control client's working directory.
    pub(super) control: PathBuf,
    /// Where Unix sockets have their paths.
    pub(super) sockets: PathBuf,
    /// The file that is served, if one is.
    pub(super) file: Option<PathBuf>,
}

impl Room {
    pub(super) fn make(root: &Path, input: &Input) -> io::Result<Self> {
        let [server, client, control, sockets] =
            ["server", "client", "control", "s"].map(|name| root.join(name));
        for directory in [&server, &client, &control, &sockets] {
            fs::create_dir_all(directory)?;
        }
        for (name, what) in &input.beside {
            let path = client.join(name);
            match what {
                Beside::File(bytes) => fs::write(path, &bytes.0)?,
                Beside::Symlink(target) => symlink(target, path)?,
                Beside::Directory => fs::create_dir(path)?,
                Beside::Fifo => mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR)?,
            }
        }
        let file = match &input.file {
            None => None,
            Some(bytes) => {
                let served = root.join("served");
                fs::create_dir(&served)?;
                // Under the name it is announced by, so that a server that is told no other can
                // announce the file's own.
                let file = served.join(input.name());
                fs::write(&file, &bytes.0)?;
                Some(file)
            }
        };
        Ok(Self { root: root.to_owned(), server, client, control, sockets, file })
    }

    /// Take up what the peers left, and clear up.
    pub(super) fn collect(self, seen: &mut Observation) -> io::Result<()> {
        seen.server.files = files_in(&self.server)?;
        seen.client.files = files_in(&self.client)?;
        if let Some(control) = &mut seen.control {
            control.client.files = files_in(&self.control)?;
        }
        // A program has no business up here; whose it was, nobody can tell but by its name.
        for (name, content) in files_in(&self.root)? {
            if !["server", "client", "control", "s", "served"].contains(&name.as_str()) {
                seen.client.files.insert(format!("../{name}"), content);
            }
        }
        fs::remove_dir_all(&self.root)
    }
}

fn files_in(directory: &Path) -> io::Result<BTreeMap<String, Blob>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let about = entry.metadata()?;
        let content = if !about.is_file() {
            kind_of(&entry.path(), &about).into_bytes()
        } else if about.len() > FILE_MAX_BYTES {
            format!("({} bytes)", about.len()).into_bytes()
        } else {
            fs::read(entry.path())?
        };
        files.insert(name, Blob(content));
    }
    Ok(files)
}

/// What it is that is not a file, in words.
fn kind_of(path: &Path, about: &fs::Metadata) -> String {
    if about.is_dir() {
        "(a directory)".to_owned()
    } else if about.file_type().is_fifo() {
        "(a named pipe)".to_owned()
    } else if let Ok(target) = fs::read_link(path) {
        format!("(a link to {})", target.display())
    } else {
        format!("(not a regular file: {:?})", about.file_type())
    }
}
