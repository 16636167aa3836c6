//! The file of a listening Unix socket: taken over from a server that is gone, removed with the
//! listener. It never touches a file that is no socket, or that another server listens on.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

/// A listener at a path, which it leaves free when it goes.
#[derive(Debug)]
pub struct UnixFileListener {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode: whoever put another file there meanwhile keeps it.
    identity: (u64, u64),
}

impl UnixFileListener {
    /// Listen at `path`. bind(2) refuses a path that exists, even where the server that made it
    /// was killed; such a file is replaced.
    pub(crate) async fn bind(path: &Path) -> io::Result<Self> {
        let listener = match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path).await => {
                fs::remove_file(path)?;
                UnixListener::bind(path)?
            }
            bound => bound?,
        };
        let identity = identity(path)?;
        Ok(Self { listener, path: path.to_owned(), identity })
    }

    pub(crate) const fn socket(&self) -> &UnixListener {
        &self.listener
    }
}

impl Drop for UnixFileListener {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!("cannot remove {}: {error}", self.path.display());
        }
    }
}

/// Whether `path` is a socket that nobody listens on.
async fn is_abandoned(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|about| about.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_socket && UnixStream::connect(path).await.is_err_and(refused)
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|about| (about.dev(), about.ino()))
}
