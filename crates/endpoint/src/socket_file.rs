//! The file of a Unix socket. Binding replaces a file that a dead program left behind, and dropping
//! removes the file. This never touches a file that is not a socket, or that another program is bound
//! to.
//!
//! When several programs find the same abandoned file, one takes it over: it holds a lock (flock(2)) on
//! the directory from the check until the new socket has its name. The lock leaves nothing behind.
//! Other steps need no lock: no other program removes a file that is not abandoned, bind(2) makes a
//! name only where there is none, and a socket counts as alive from then on.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::platform;

/// How long another program may keep the same directory locked.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// The file of a bound socket. Dropping this frees the path. Drop it before the socket: until then no
/// program takes the file for abandoned.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode: if another program has replaced the file meanwhile, its file stays.
    identity: (u64, u64),
}

impl SocketFile {
    /// Binds at `path`. bind(2) refuses an existing path, even when the program that made it was
    /// killed; this replaces such a file.
    pub(crate) async fn bind<S>(
        path: &Path,
        bind: impl Fn(&Path) -> io::Result<S>,
    ) -> io::Result<(S, Self)> {
        let socket = match bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path) => {
                let _locked = lock_directory_of(path, LOCK_TIMEOUT).await.map_err(|why| {
                    let why = format!("{error}, and its directory cannot be locked: {why}");
                    io::Error::new(error.kind(), why)
                })?;
                // Another program may have been faster.
                if is_abandoned(path) {
                    fs::remove_file(path)?;
                }
                bind(path)?
            }
            bound => bound?,
        };
        let identity = identity(path)?;
        Ok((socket, Self { path: path.to_owned(), identity }))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!("cannot remove {}: {error}", self.path.display());
        }
    }
}

/// Whether `path` is a socket that no program is bound to. The probe is a datagram socket. A stream
/// socket has the wrong type for it (EPROTOTYPE), whether it listens yet or not, and a datagram socket
/// notices nothing. So a living server never sees the probe as a client. Only a socket without a
/// program refuses the probe.
fn is_abandoned(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|about| about.file_type().is_socket());
    is_socket && is_refused(path).unwrap_or(false)
}

fn is_refused(path: &Path) -> io::Result<bool> {
    let asking = platform::socket(AddressFamily::UNIX, SocketType::DGRAM)?;
    Ok(connect(&asking, &SocketAddrUnix::new(path)?) == Err(Errno::CONNREFUSED))
}

/// Locks the directory until this is dropped, or fails after a time: any program that may read the
/// directory can hold the lock as long as it likes.
async fn lock_directory_of(path: &Path, in_time: Duration) -> io::Result<File> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let directory = File::open(directory)?;
    let locking = spawn_blocking(|| directory.lock().map(|()| directory));
    // A thread that still waits after that returns the lock at once when it gets it.
    timeout(in_time, locking).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|about| (about.dev(), about.ino()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::sync::Arc;

    use tempfile::TempDir;
    use tokio::sync::Barrier;

    use super::*;

    /// Two programs once both found a file abandoned and took it over one after the other. The first
    /// then listened where no client could reach it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_those_that_bind_at_one_abandoned_path_at_once_one_does() {
        const RIVALS: usize = 4;
        let directory = TempDir::new().unwrap();
        for round in 0..200 {
            let path = directory.path().join(round.to_string());
            drop(UnixListener::bind(&path).unwrap());
            let start = Arc::new(Barrier::new(RIVALS));
            let rivals: Vec<_> = std::iter::repeat_with(|| {
                let (path, start) = (path.clone(), start.clone());
                tokio::spawn(async move {
                    start.wait().await;
                    SocketFile::bind(&path, |path| UnixListener::bind(path)).await
                })
            })
            .take(RIVALS)
            .collect();
            let mut bound = Vec::new();
            for rival in rivals {
                match rival.await.unwrap() {
                    Ok(one) => bound.push(one),
                    Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrInUse),
                }
            }
            assert_eq!(bound.len(), 1, "round {round}");
        }
    }

    #[tokio::test]
    async fn a_directory_that_another_program_keeps_locked_is_not_waited_for_for_ever() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("socket");
        let other = File::open(directory.path()).unwrap();
        other.lock().unwrap();
        let error = lock_directory_of(&path, Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        other.unlock().unwrap();
        lock_directory_of(&path, LOCK_TIMEOUT).await.unwrap();
    }
}
