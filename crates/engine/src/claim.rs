//! The lock of a run's directory: one process writes there at a time.
//!
//! A writer holds an exclusive lock on the file `.lock` in that directory. A reader of a journal holds a
//! shared one. The kernel releases a lock when its process ends, however it ends. So a killed run leaves no
//! claim behind. While a writer holds the lock, the file says who that is, as a line of JSON:
//!
//! ```json
//! {"pid":4711,"since":1764528000,"command":"framecheck run --out reports"}
//! ```
//!
//! `since` is in seconds since 1970. The file stays when the lock is released. If it were removed and made
//! again, there would be two files, and so two locks.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Name of the lock's file in the directory of a run.
pub const NAME: &str = ".lock";

/// Why a directory can't be claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Another process holds the lock.
    #[error("{} is in use by {}", directory.display(), told(holder.as_ref()))]
    Busy {
        /// The directory.
        directory: PathBuf,
        /// The holder, if known.
        holder: Option<Holder>,
    },
    /// The directory, or the lock's file in it, can't be used.
    #[error("cannot write to {}: {error}", path.display())]
    Io {
        /// The directory or the file.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
}

fn told(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another framecheck".to_owned(), ToString::to_string)
}

/// The process that writes in a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process id.
    pub pid: u32,
    /// When it claimed the directory, in seconds since 1970.
    pub since: u64,
    /// Its command line, as a user types it.
    pub command: String,
}

impl Holder {
    fn this_process(command: &str) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { pid: std::process::id(), since, command: command.to_owned() }
    }

    /// The holder in the file, if its process is still alive. A killed process leaves its line behind.
    fn read(file: &mut File) -> Option<Self> {
        let mut text = String::new();
        file.seek(SeekFrom::Start(0)).ok()?;
        file.read_to_string(&mut text).ok()?;
        let holder: Self = serde_json::from_str(&text).ok()?;
        let pid = rustix::process::Pid::from_raw(i32::try_from(holder.pid).ok()?)?;
        let is_gone = rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
        (!is_gone).then_some(holder)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begun = UNIX_EPOCH + Duration::from_secs(self.since);
        let seconds = begun.elapsed().unwrap_or_default().as_secs();
        let ago = match seconds {
            0..120 => format!("{seconds} s"),
            120..7200 => format!("{} min", seconds / 60),
            _ => format!("{} h", seconds / 3600),
        };
        write!(f, "process {}, which began {ago} ago ({})", self.pid, self.command)
    }
}

/// A claim on a directory. While it exists, this process may write there, or read from there.
#[derive(Debug)]
pub struct Claim {
    file: File,
    is_writer: bool,
}

impl Claim {
    /// Claims a directory for writing, and makes it if it does not exist. `command` is this process's command
    /// line.
    ///
    /// # Errors
    ///
    /// [`ClaimError::Busy`] if another process writes there or reads its journal.
    pub fn take(directory: &Path, command: &str) -> Result<Self, ClaimError> {
        let failed = |error| ClaimError::Io { path: directory.to_owned(), error };
        fs::create_dir_all(directory).map_err(failed)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(directory.join(NAME)).map_err(failed)?;
        Self::write(directory, file, command)
    }

    /// Like [`take`](Self::take), for a directory that has an earlier run. `None` for any other directory;
    /// makes nothing.
    ///
    /// # Errors
    ///
    /// The errors of [`take`](Self::take).
    pub fn take_again(directory: &Path, command: &str) -> Result<Option<Self>, ClaimError> {
        let path = directory.join(NAME);
        match OpenOptions::new().read(true).write(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ClaimError::Io { path, error }),
            Ok(file) => Self::write(directory, file, command).map(Some),
        }
    }

    /// Keeps other processes from writing in a directory while this process reads its journal. `None` if no run
    /// with locks has used the directory.
    ///
    /// # Errors
    ///
    /// [`ClaimError::Busy`] if another process writes there.
    pub fn read(directory: &Path) -> Result<Option<Self>, ClaimError> {
        let path = directory.join(NAME);
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| ClaimError::Io { path: path.clone(), error })?,
        };
        let locked = file.try_lock_shared();
        unless_busy(locked, directory, &mut file)?;
        Ok(Some(Self { file, is_writer: false }))
    }

    fn write(directory: &Path, mut file: File, command: &str) -> Result<Self, ClaimError> {
        let locked = file.try_lock();
        unless_busy(locked, directory, &mut file)?;
        let mut claim = Self { file, is_writer: true };
        let failed = |error| ClaimError::Io { path: directory.join(NAME), error };
        claim.say(&Holder::this_process(command)).map_err(failed)?;
        Ok(claim)
    }

    fn say(&mut self, holder: &Holder) -> io::Result<()> {
        let mut line = serde_json::to_vec(holder)?;
        line.push(b'\n');
        self.file.set_len(0)?;
        self.file.write_all(&line)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.is_writer {
            // A reader of the line also checks whether the process is alive.
            let _ = self.file.set_len(0);
        }
    }
}

/// On a file system without locks, uses the directory without one.
fn unless_busy(
    locked: Result<(), TryLockError>,
    directory: &Path,
    file: &mut File,
) -> Result<(), ClaimError> {
    match locked {
        Ok(()) => Ok(()),
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => {
            Err(ClaimError::Io { path: directory.join(NAME), error })
        }
        Err(TryLockError::WouldBlock) => {
            let (directory, holder) = (directory.to_owned(), Holder::read(file));
            Err(ClaimError::Busy { directory, holder })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(claimed: Result<Claim, ClaimError>) -> Option<Holder> {
        match claimed {
            Err(ClaimError::Busy { holder, .. }) => holder,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_directory_has_one_writer_and_it_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("a/b");
        assert!(Claim::take_again(&out, "early").unwrap().is_none() && !out.exists());
        let first = Claim::take(&out, "first").unwrap();
        let busy = holder(Claim::take(&out, "second")).unwrap();
        assert_eq!((busy.pid, &*busy.command), (std::process::id(), "first"));
        assert!(matches!(Claim::read(&out), Err(ClaimError::Busy { .. })));
        drop(first);
        let again = Claim::take_again(&out, "third").unwrap();
        assert!(again.is_some());
    }

    #[test]
    fn readers_keep_writers_out_and_not_each_other() {
        let directory = tempfile::tempdir().unwrap();
        drop(Claim::take(directory.path(), "earlier").unwrap());
        let readers =
            [Claim::read(directory.path()).unwrap(), Claim::read(directory.path()).unwrap()];
        assert!(readers.iter().all(Option::is_some));
        assert_eq!(holder(Claim::take(directory.path(), "later")), None);
        drop(readers);
        assert!(Claim::take(directory.path(), "later").is_ok());
    }

    #[test]
    fn a_line_that_a_killed_process_has_left_names_nobody() {
        let directory = tempfile::tempdir().unwrap();
        let gone = Holder { pid: i32::MAX.unsigned_abs(), since: 0, command: "gone".to_owned() };
        fs::write(directory.path().join(NAME), serde_json::to_vec(&gone).unwrap()).unwrap();
        let reader = Claim::read(directory.path()).unwrap();
        assert!(reader.is_some());
        assert_eq!(holder(Claim::take(directory.path(), "later")), None);
    }
}
