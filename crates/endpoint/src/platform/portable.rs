//! What every Unix system has; see the [module](super) for what each item is on Linux.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, CWD, Dev, Mode, OFlags, chmodat, fcntl_getfl, fcntl_setfl};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, bind, getsockname, listen,
    send, socketpair,
};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::AbortHandle;

use super::copier::Copier;

/// Whether a listener's connections have its options, such as `TCP_NODELAY`.
pub const ACCEPTED_AS_LISTENER: bool = false;

/// Send so that a peer who is gone is an error and no signal, in a program that ignores SIGPIPE, as
/// Rust's do.
pub const QUIETLY: SendFlags = SendFlags::empty();

/// [`QUIETLY`], and nothing but the end of the stream follows.
pub const END_FOLLOWS: SendFlags = SendFlags::empty();

/// What is read of a file at once.
const FILE_BYTES: usize = 64 << 10;

/// A socket that an exec closes, if none comes between two calls.
///
/// # Errors
/// As socket(2) fails.
pub fn socket(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket(family, kind, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    Ok(socket)
}

/// Two Unix stream sockets, connected to each other, that an exec closes, if none comes between two
/// calls.
///
/// # Errors
/// As socketpair(2) fails.
pub fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    let (left, right) = socketpair(family, kind, SocketFlags::empty(), None)?;
    fcntl_setfd(&left, FdFlags::CLOEXEC)?;
    fcntl_setfd(&right, FdFlags::CLOEXEC)?;
    Ok((left, right))
}

/// The family that a socket is of.
///
/// # Errors
/// As getsockname(2) fails.
pub fn family_of(socket: impl AsFd) -> io::Result<AddressFamily> {
    Ok(getsockname(socket)?.address_family())
}

/// A Unix stream socket that listens at a path, never blocks, and is closed by an exec. With a mode,
/// nobody can connect whom that doesn't let: the path gets it before the socket listens.
///
/// # Errors
/// As bind(2), chmod(2) and listen(2) fail.
pub fn listen_at(path: &Path, mode: Option<Mode>, backlog: i32) -> io::Result<OwnedFd> {
    let socket = socket(AddressFamily::UNIX, SocketType::STREAM)?;
    fcntl_setfl(&socket, fcntl_getfl(&socket)? | OFlags::NONBLOCK)?;
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    if let Some(mode) = mode {
        chmodat(CWD, path, mode, AtFlags::empty())?;
    }
    listen(&socket, backlog)?;
    Ok(socket)
}

/// Whether that is sendto(2) saying that a Unix datagram's receiver has no room.
#[must_use]
pub fn is_full(error: Errno) -> bool {
    matches!(error, Errno::AGAIN | Errno::NOBUFS)
}

/// An address's abstract name: it has none.
#[must_use]
pub fn abstract_name(_: &SocketAddr) -> Option<Vec<u8>> {
    None
}

/// The address of this abstract name.
///
/// # Errors
/// There are no such addresses.
pub fn abstract_address(_: &[u8]) -> io::Result<SocketAddrUnix> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "there are no abstract names here"))
}

/// A name that nobody else has, for a Unix socket that is to be reached by whoever learns it; gone
/// when this is dropped.
#[derive(Debug)]
pub struct ChosenName {
    directory: TempDir,
    watch: Option<AbortHandle>,
}

impl ChosenName {
    /// Give a socket one: a file of its own in a directory of its own. As an abstract name is, it is
    /// there for everyone, and a directory that can't be listed keeps it from who isn't told.
    ///
    /// # Errors
    /// The directory can't be made, or as bind(2) fails.
    pub fn bind(socket: impl AsFd) -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("frame-").tempdir()?;
        let path = directory.path().join("s");
        bind(socket, &SocketAddrUnix::new(&path)?)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o666))?;
        std::fs::set_permissions(&directory, Permissions::from_mode(0o711))?;
        Ok(Self { directory, watch: None })
    }

    /// Have the name go with the program where SIGTERM, SIGINT or SIGHUP ends that: then with status
    /// 128 and the signal's number, as a shell says it.
    ///
    /// # Errors
    /// The signals can't be waited for.
    pub fn go_with_the_program(&mut self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let directory = self.directory.path().to_owned();
        let watch = tokio::spawn(async move {
            let kind = tokio::select! {
                _ = terminate.recv() => SignalKind::terminate(),
                _ = interrupt.recv() => SignalKind::interrupt(),
                _ = hang_up.recv() => SignalKind::hangup(),
            };
            // Whatever can't be removed is left: the program has to end.
            drop(std::fs::remove_dir_all(directory));
            std::process::exit(128 + kind.as_raw_value());
        });
        self.watch = Some(watch.abort_handle());
        Ok(())
    }
}

impl Drop for ChosenName {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.abort();
        }
    }
}

/// Send a file's bytes from `offset` on, as many as the socket takes and `max_bytes` at most. `offset`
/// is left behind them; 0 where the file ends. No bytes are kept from one call to the next: what the
/// socket doesn't take is read again.
///
/// # Errors
/// As pread(2) and send(2) fail.
pub fn send_file(
    socket: impl AsFd,
    file: &File,
    offset: &mut u64,
    max_bytes: usize,
) -> io::Result<usize> {
    let mut buffer = Vec::with_capacity(max_bytes.min(FILE_BYTES));
    if rustix::io::pread(file, spare_capacity(&mut buffer), *offset)? == 0 {
        return Ok(0);
    }
    let sent = send(socket, &buffer, QUIETLY)?;
    *offset += sent as u64;
    Ok(sent)
}

/// Write to a pipe, all of it, if that needs no waiting for whoever reads; otherwise nothing is. No
/// call of every system's says both, so nothing is.
///
/// # Errors
/// None.
pub fn write_if_room(_: impl AsFd, _: &[u8]) -> io::Result<bool> {
    Ok(false)
}

/// Kill a child of this process which has not been waited for. What that has started lives on: no call
/// of every system's says who that is.
pub fn kill_with_descendants(child: Pid) {
    // Only one that has ended can't be killed.
    let _has_ended = kill_process(child, Signal::KILL);
}

/// Whether that is the device which takes everything and keeps nothing.
#[must_use]
pub fn is_null(device: Dev) -> bool {
    rustix::fs::stat("/dev/null").is_ok_and(|null| null.st_rdev == device)
}

/// Moves what a stream brings into a file, through a buffer.
#[derive(Debug, Default)]
pub struct Mover(Copier);

impl Mover {
    /// One that has moved nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same.
    #[must_use]
    pub fn through_a_buffer() -> Self {
        Self::default()
    }

    /// Take what the stream has brought, `max_bytes` at most, to be [written](Self::write_to) next; 0 at
    /// the end of the stream.
    ///
    /// # Errors
    /// As read(2) fails, also where it would block.
    pub fn receive(&mut self, stream: impl AsFd, max_bytes: u64) -> io::Result<usize> {
        self.0.receive(stream, max_bytes)
    }

    /// Write what was received.
    ///
    /// # Errors
    /// As write(2) fails.
    pub fn write_to<F>(&mut self, file: &F) -> io::Result<()>
    where
        F: AsFd,
        for<'f> &'f F: Write,
    {
        self.0.write_to(file)
    }
}
