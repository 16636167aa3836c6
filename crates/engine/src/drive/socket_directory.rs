//! A directory with a short path for Unix sockets, even if the path for temporary files is long.
//!
//! The address of a Unix socket holds 104 bytes of path or more, depending on the system. The directory for
//! temporary files may have a longer path, and some file systems can't hold sockets. So several directories are
//! tried, each with a test socket.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::platform;

/// The longest path that every system accepts, in bytes, without the zero byte at its end.
const PATH_MAX_BYTES: usize = 103;
/// The longest name that the harness and the peers append to the directory's path: a room's number, and a name
/// such as `client-123` or `script123`.
const NAME_MAX_BYTES: usize = 32;
/// Directories that all users can write to.
const USUAL: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// A directory for this process only. It is removed when this is dropped.
#[derive(Debug)]
pub struct SocketDirectory {
    path: PathBuf,
    made: TempDir,
    /// The short alias of a long path.
    _alias: Option<platform::Alias>,
}

impl SocketDirectory {
    /// Makes a new directory. Tries the directory for temporary files first, then others that all users can
    /// write to. If none works, Linux provides a short alias of the first in `/proc`.
    ///
    /// # Errors
    ///
    /// No directory has a short path and can hold sockets.
    pub fn make() -> io::Result<Self> {
        let temporary = std::env::temp_dir();
        let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let usual = USUAL.into_iter().map(PathBuf::from);
        Self::make_in(std::iter::once(temporary).chain(usual).chain(own))
    }

    fn make_in(candidates: impl Iterator<Item = PathBuf>) -> io::Result<Self> {
        let mut first_long = None;
        let mut refused = None;
        for parent in candidates.filter(|it| it.is_absolute()) {
            match TempDir::with_prefix_in("framecheck-", &parent) {
                Ok(made) if !is_plain(made.path()) => first_long = first_long.or(Some(made)),
                Ok(made) => match holds_sockets(made.path()) {
                    Ok(()) => {
                        let path = made.path().to_owned();
                        return Ok(Self { path, made, _alias: None });
                    }
                    Err(error) => refused = Some(error),
                },
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        let none = || io::Error::other("no directory has a path that is short enough");
        let Some(made) = first_long else { return Err(refused.unwrap_or_else(none)) };
        let alias = platform::Alias::of(made.path())?;
        let path = alias.path();
        holds_sockets(&path)?;
        Ok(Self { path, made, _alias: Some(alias) })
    }

    /// The directory to remove after use. Its path may differ from [`path`](Self::path).
    #[must_use]
    pub fn made(&self) -> &Path {
        self.made.path()
    }

    /// The path for socket addresses.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether a name below this path is a valid address and can stand in a command and a table: ASCII without
/// blanks.
fn is_plain(path: &Path) -> bool {
    let bytes = OsStr::as_bytes(path.as_os_str());
    bytes.len() + NAME_MAX_BYTES <= PATH_MAX_BYTES && bytes.iter().all(u8::is_ascii_graphic)
}

/// Makes a test socket, as some mounted file systems can't hold sockets.
fn holds_sockets(directory: &Path) -> io::Result<()> {
    let path = directory.join("try");
    drop(UnixListener::bind(&path)?);
    std::fs::remove_file(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(base: &Path, name: &str) -> PathBuf {
        let directory = base.join(name);
        std::fs::create_dir(&directory).unwrap();
        directory
    }

    #[test]
    fn a_long_path_and_one_with_blanks_are_passed_over() {
        let base = TempDir::new_in("/tmp").unwrap();
        let long = below(base.path(), &"x".repeat(150));
        let odd = below(base.path(), "a b\nc");
        let missing = base.path().join("missing");
        let plain = below(base.path(), "plain");
        let candidates = [long, odd, missing, plain.clone()];
        let made = SocketDirectory::make_in(candidates.into_iter()).unwrap();
        assert_eq!(made.path().parent(), Some(plain.as_path()));
        let path = made.path().to_owned();
        drop(made);
        assert!(!path.exists() && plain.exists());
    }

    #[cfg(all(target_os = "linux", not(feature = "portable")))]
    #[test]
    fn where_all_paths_are_long_a_socket_is_reached_by_another_name_of_its_directory() {
        let base = TempDir::new_in("/tmp").unwrap();
        let long = below(base.path(), &"x".repeat(150));
        let made = SocketDirectory::make_in(std::iter::once(long)).unwrap();
        let at = made.path().join("1/client-1");
        assert!(at.as_os_str().len() <= PATH_MAX_BYTES);
        std::fs::create_dir(at.parent().unwrap()).unwrap();
        let _listening = UnixListener::bind(&at).unwrap();
        // From another process, as a peer does.
        let script = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])";
        let asked = std::process::Command::new("python3").args(["-c", script]).arg(&at).status();
        assert!(asked.unwrap().success());
    }
}
