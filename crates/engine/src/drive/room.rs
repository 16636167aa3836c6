//! The directories of a case, and the files its peers leave in them.
//!
//! A room is emptied and used again, where nobody can be left in it: a file system that gives an
//! inode back at once is rare, and ext4 looks through all that were given back in the last seconds
//! for each new directory.

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

/// More of a peer's files than this is not kept.
const FILE_MAX_BYTES: u64 = 64 << 20;

/// So deep, and so many, are the files of a peer that are looked at one by one.
const DEPTH_MAX: usize = 32;
const FILES_MAX: usize = 10_000;

/// What every room has.
const PARTS: [&str; 4] = ["server", "client", "control", "served"];

/// All rooms: those that are used and those that wait to be used again.
#[derive(Debug)]
pub struct Rooms {
    scratch: PathBuf,
    sockets: PathBuf,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    made: u64,
    /// The numbers of those that wait.
    free: Vec<u64>,
}

/// Where a case lives while it runs.
pub(super) struct Room {
    number: u64,
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
    /// Whether a directory with nothing in it counts as something that a peer leaves.
    shows_directories: bool,
}

impl Rooms {
    /// Rooms in `scratch`, whose Unix sockets are in `sockets`: see [`SocketDirectory`](super::SocketDirectory).
    /// Both directories are somebody else's to remove.
    #[must_use]
    pub fn new(scratch: PathBuf, sockets: PathBuf) -> Self {
        Self { scratch, sockets, book: Mutex::default() }
    }

    /// Where the rooms are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.scratch
    }

    /// An empty room, and in it what the input wants there.
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

    /// Take a room back, after [`Room::collect`]. Where somebody may have been left behind in it,
    /// it is not used again.
    pub(super) fn give_back(&self, room: Room, is_deserted: bool) -> io::Result<()> {
        if is_deserted && room.empty()? {
            self.book.lock().unwrap_or_else(PoisonError::into_inner).free.push(room.number);
            Ok(())
        } else {
            match fs::remove_dir_all(&room.sockets) {
                // A program that may write there may remove it, too.
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
            // The client that comes afterwards is the first one again.
            furnish(&control, &input.beside)?;
        }
        let file = match &input.file {
            None => None,
            Some(bytes) => {
                // Under the name it is announced by, so that a server that is told no other can
                // announce the file's own.
                let file = served.join(scenario.served_name(input));
                fs::write(&file, &bytes.0)?;
                Some(file)
            }
        };
        let shows_directories = scenario.truth() == Truth::Model;
        Ok(Self { number, root, server, client, control, sockets, file, shows_directories })
    }

    /// Take up what the peers left.
    pub(super) fn collect(&self, seen: &mut Observation) -> io::Result<()> {
        seen.server.files = self.server_files()?;
        seen.client.files = self.client_files()?;
        if let Some(control) = &mut seen.control {
            control.client.files = self.files_below(&self.control)?;
        }
        // A program has no business up here; whose it was, nobody can tell but by its name.
        for (name, content) in files_in(&self.root)? {
            if !PARTS.contains(&name.as_str()) {
                seen.client.files.insert(format!("../{name}"), content);
            }
        }
        Ok(())
    }

    /// The server's files as they are now.
    pub(super) fn server_files(&self) -> io::Result<BTreeMap<String, Blob>> {
        self.files_below(&self.server)
    }

    /// The client's files as they are now.
    pub(super) fn client_files(&self) -> io::Result<BTreeMap<String, Blob>> {
        self.files_below(&self.client)
    }

    /// Every file below a directory, by its path there.
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

    /// Remove all that is in it; whether it is then as it was when it was new.
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

/// Remove all that is in a directory.
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

/// Put these in a directory; a name may lead into subdirectories.
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
