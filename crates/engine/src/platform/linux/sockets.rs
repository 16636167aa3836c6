//! File descriptors that no child inherits, from their creation on.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};
use rustix::net::{
    AddressFamily, SendFlags, SocketFlags, SocketType, accept_with, socket_with, socketpair,
};
use rustix::pty::{OpenptFlags, openpt};
use rustix::termios::{SpecialCodeIndex, Termios};

const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);

/// A send to a closed connection is an error and not a signal.
pub(crate) const NO_SIGNAL: SendFlags = SendFlags::NOSIGNAL;

/// Whether this system supports a launcher.
pub(crate) const CAN_FORK: bool = true;

/// The two ends of a connection to a launcher: this process's, and the launcher's.
///
/// # Errors
///
/// socketpair(2) failed.
pub(crate) fn launcher_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// A non-blocking socket.
///
/// # Errors
///
/// socket(2) failed.
pub(crate) fn socket(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    Ok(socket_with(family, kind, FLAGS, None)?)
}

/// A waiting connection; it is non-blocking.
///
/// # Errors
///
/// accept(2) failed; for example, no connection is waiting.
pub(crate) fn accept(listener: impl AsFd) -> io::Result<OwnedFd> {
    Ok(accept_with(listener, FLAGS)?)
}

/// The near side of a new terminal.
///
/// # Errors
///
/// openpt(3) failed.
pub(crate) fn terminal() -> io::Result<OwnedFd> {
    Ok(openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?)
}

/// Disables the special characters that only this system's terminals have.
pub(crate) fn quiet_terminal(modes: &mut Termios) {
    modes.special_codes[SpecialCodeIndex::VSWTC] = 0;
}

/// A second, short path of a directory, for all programs of this user. It lasts until this is dropped.
#[derive(Debug)]
pub(crate) struct Alias {
    directory: OwnedFd,
}

impl Alias {
    /// An alias of this directory: the entry of a descriptor in `/proc`.
    ///
    /// # Errors
    ///
    /// open(2) failed.
    pub(crate) fn of(directory: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { directory: open(directory, flags, Mode::empty())? })
    }

    /// The path.
    pub(crate) fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", std::process::id(), self.directory.as_raw_fd()).into()
    }
}
