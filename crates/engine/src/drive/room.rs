//! The directories of a case, and the files that peers leave there.
//!
//! A room is emptied and reused if no process can be left in it. Few file systems reuse an inode at once: for
//! each new directory, ext4 searches all inodes that were freed in the last seconds.

use std::collections::BTreeMap;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use model::blob::Blob;
use model::observation::Observation;
use model::{Beside, Input, Scenario, Truth};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

/// The maximum length of a peer's file that is kept.
const FILE_MAX_BYTES: u64 = 64 << 20;

/// The maximum depth and number of a peer's files that are examined one by one.
const DEPTH_MAX: usize = 32;
const FILES_MAX: usize = 10_000;

/// The subdirectories of every room.
const PARTS: [&str; 4] = ["server", "client", "control", "served"];

/// All rooms: those in use, and those that are free.
#[derive(Debug)]
pub struct Rooms {
    scratch: PathBuf,
    sockets: PathBuf,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    made: u64,
    /// The numbers of the free rooms.
    free: Vec<u64>,
}

/// The directories of a running case.
pub(super) struct Room {
    number: u64,
    root: PathBuf,
    /// The server's working directory.
    pub(super) server: PathBuf,
    /// The client's working directory.
    pub(super) client: PathBuf,
    /// The control client's working directory.
    pub(super) control: PathBuf,
    /// The directory for Unix sockets.
    pub(super) sockets: PathBuf,
    /// The file that is served, if there is one.
    pub(super) file: Option<PathBuf>,
    /// Whether an empty directory counts as something that a peer leaves.
    shows_directories: bool,
}

impl Rooms {
    /// Rooms in `scratch`, with Unix sockets in `sockets`: see [`SocketDirectory`](super::SocketDirectory). The
    /// caller removes both directories.
    #[must_use]
    pub fn new(scratch: PathBuf, sockets: PathBuf) -> Self {
        Self { scratch, sockets, book: Mutex::default() }
    }

    /// The directory of the rooms.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.scratch
    }

    /// An empty room with the files of the input.
    pub(super) fn take(&self, scenario: &dyn Scenario, input: &Input) -> io::Result<Room> {
        let (number, is_new) = {
            let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(number) = book.free.pop() {
                (number, false)
            } else {
                book.made += 1;
                (book.made, true)
            }
        };
        let [root, sockets] = [&self.scratch, &self.sockets].map(|it| it.join(number.to_string()));
        if is_new {
            for part in PARTS {
                fs::create_dir_all(root.join(part))?;
            }
            fs::create_dir_all(&sockets)?;
        }
        Room::furnished(number, root, sockets, scenario, input)
    }

    /// Takes a room back, after [`Room::collect`]. If a process may be left behind in it, the room is not
    /// reused.
    pub(super) fn give_back(&self, room: Room, is_deserted: bool) -> io::Result<()> {
        if is_deserted && room.empty()? {
            self.book.lock().unwrap_or_else(PoisonError::into_inner).free.push(room.number);
            Ok(())
        } else {
            match fs::remove_dir_all(&room.sockets) {
                // A program that may write there may also remove it.
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => fs::remove_dir_all(&room.root),
            }
        }
    }
}

impl Room {
    fn furnished(
        number: u64,
        root: PathBuf,
        sockets: PathBuf,
        scenario: &dyn Scenario,
        input: &Input,
    ) -> io::Result<Self> {
        let [server, client, control, served] = PARTS.map(|part| root.join(part));
        furnish(&client, &input.beside)?;
        furnish(&server, &input.server_beside)?;
        if scenario.truth() == Truth::Reference {
            // The follow-up client gets the same files as the first.
            furnish(&control, &input.beside)?;
        }
        let file = match &input.file {
            None => None,
            Some(bytes) => {
                // The file has its announced name, so a server that gets no name option can announce the file's
                // own name.
                let file = served.join(scenario.served_name(input));
                fs::write(&file, &bytes.0)?;
                Some(file)
            }
        };
        let shows_directories = scenario.truth() == Truth::Model;
        Ok(Self { number, root, server, client, control, sockets, file, shows_directories })
    }

    /// Reads the files that the peers left.
    pub(super) fn collect(&self, seen: &mut Observation) -> io::Result<()> {
        seen.server.files = self.server_files()?;
        seen.client.files = self.client_files()?;
        if let Some(control) = &mut seen.control {
            control.client.files = self.files_below(&self.control)?;
        }
        // A program must not write here. Only the file's name hints at which program did.
        for (name, content) in files_in(&self.root)? {
            if !PARTS.contains(&name.as_str()) {
                seen.client.files.insert(format!("../{name}"), content);
            }
        }
        Ok(())
    }

    /// The server's files at this moment.
    pub(super) fn server_files(&self) -> io::Result<BTreeMap<String, Blob>> {
        self.files_below(&self.server)
    }

    /// The client's files at this moment.
    pub(super) fn client_files(&self) -> io::Result<BTreeMap<String, Blob>> {
        self.files_below(&self.client)
    }

    /// Every file below a directory, by its relative path.
    fn files_below(&self, directory: &Path) -> io::Result<BTreeMap<String, Blob>> {
        let mut files = BTreeMap::new();
        let mut waiting = vec![(directory.to_owned(), String::new())];
        while let Some((directory, prefix)) = waiting.pop() {
            for (name, content) in files_in(&directory)? {
                let path = directory.join(&name);
                let is_open = prefix.matches('/').count() < DEPTH_MAX && files.len() < FILES_MAX;
                let is_directory = path.is_dir() && !path.is_symlink();
                if is_directory && is_open && !is_empty(&path) {
                    waiting.push((path, format!("{prefix}{name}/")));
                } else if !is_directory || self.shows_directories {
                    files.insert(format!("{prefix}{name}"), content);
                }
            }
        }
        Ok(files)
    }

    /// Removes all contents. Returns whether the room is then like a new one.
    fn empty(&self) -> io::Result<bool> {
        let rights = fs::symlink_metadata(&self.root)?.permissions();
        let mut parts = 0;
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let about = entry.metadata()?;
            let is_part = PARTS.iter().any(|part| entry.file_name() == *part);
            if !is_part || !about.is_dir() || about.permissions() != rights {
                return Ok(false);
            }
            clear(&entry.path())?;
            parts += 1;
        }
        if !self.sockets.is_dir() {
            return Ok(false);
        }
        clear(&self.sockets)?;
        Ok(parts == PARTS.len())
    }
}

/// Removes the contents of a directory.
fn clear(directory: &Path) -> io::Result<()> {
    for inner in fs::read_dir(directory)? {
        let inner = inner?;
        if inner.file_type()?.is_dir() {
            fs::remove_dir_all(inner.path())?;
        } else {
            fs::remove_file(inner.path())?;
        }
    }
    Ok(())
}

/// Puts these files into a directory. A name may contain subdirectories.
fn furnish(directory: &Path, beside: &BTreeMap<String, Beside>) -> io::Result<()> {
    for (name, what) in beside {
        let path = directory.join(name);
        if let Some(parent) = path.parent().filter(|parent| *parent != directory) {
            fs::create_dir_all(parent)?;
        }
        match what {
            Beside::File(bytes) => fs::write(path, &bytes.0)?,
            Beside::Symlink(target) => symlink(target, path)?,
            Beside::Directory => fs::create_dir(path)?,
            Beside::Fifo => mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR)?,
        }
    }
    Ok(())
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none())
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

/// What it is, if it is not a file, in words.
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
