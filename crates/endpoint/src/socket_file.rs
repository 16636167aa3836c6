//! The file of a Unix socket: taken over from a program that is gone, removed when its socket goes.
//! It never touches a file that is no socket, or that another program is bound to.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use tokio::net::UnixStream;

/// The file of a bound socket; left free when this is dropped.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode: whoever put another file there meanwhile keeps it.
    identity: (u64, u64),
}

impl SocketFile {
    /// Bind at `path`. bind(2) refuses a path that exists, even where the program that made it was
    /// killed; such a file is replaced.
    pub(crate) async fn bind<S>(
        path: &Path,
        bind: impl Fn(&Path) -> io::Result<S>,
    ) -> io::Result<(S, Self)> {
        let socket = match bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path).await => {
                fs::remove_file(path)?;
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

/// Whether `path` is a socket that nobody is bound to: only then is a connection refused. To a
/// living socket for datagrams it is one of the wrong type.
async fn is_abandoned(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|about| about.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_socket && UnixStream::connect(path).await.is_err_and(refused)
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|about| (about.dev(), about.ino()))
}
