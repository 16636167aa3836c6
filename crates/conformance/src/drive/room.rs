//! The directories of a case, and the files its peers leave in them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::blob::Blob;
use crate::catalogue::Input;
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
    /// Where Unix sockets have their paths.
    pub(super) sockets: PathBuf,
    /// The file that is served, if one is.
    pub(super) file: Option<PathBuf>,
}

impl Room {
    pub(super) fn make(root: &Path, input: &Input) -> io::Result<Self> {
        let [server, client, sockets] = ["server", "client", "s"].map(|name| root.join(name));
        for directory in [&server, &client, &sockets] {
            fs::create_dir_all(directory)?;
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
        Ok(Self { root: root.to_owned(), server, client, sockets, file })
    }

    /// Take up what the peers left, and clear up.
    pub(super) fn collect(self, seen: &mut Observation) -> io::Result<()> {
        seen.server.files = files_in(&self.server)?;
        seen.client.files = files_in(&self.client)?;
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
            format!("(not a regular file: {:?})", about.file_type()).into_bytes()
        } else if about.len() > FILE_MAX_BYTES {
            format!("({} bytes)", about.len()).into_bytes()
        } else {
            fs::read(entry.path())?
        };
        files.insert(name, Blob(content));
    }
    Ok(files)
}
