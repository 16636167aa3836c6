//! The platform of every Unix system. The [module](super) describes what each item is on Linux.

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

/// Whether accepted connections inherit the listener's options, such as `TCP_NODELAY`.
pub const ACCEPTED_AS_LISTENER: bool = false;

/// Send so that a peer that has gone causes an error and not a signal. This needs a program that ignores
/// SIGPIPE, as Rust's programs do.
pub const QUIETLY: SendFlags = SendFlags::empty();

/// [`QUIETLY`], for the last bytes before the end of the stream.
pub const END_FOLLOWS: SendFlags = SendFlags::empty();

/// How many bytes to read from a file at once.
const FILE_BYTES: usize = 64 << 10;

/// A socket that an exec closes, unless the exec comes between two of the calls here.
///
/// # Errors
/// Those of socket(2).
pub fn socket(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket(family, kind, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    Ok(socket)
}

/// Two Unix stream sockets, connected to each other, that an exec closes, unless it comes between two of
/// the calls here.
///
/// # Errors
/// Those of socketpair(2).
pub fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    let (left, right) = socketpair(family, kind, SocketFlags::empty(), None)?;
    fcntl_setfd(&left, FdFlags::CLOEXEC)?;
    fcntl_setfd(&right, FdFlags::CLOEXEC)?;
    Ok((left, right))
}

/// The address family of a socket.
///
/// # Errors
/// Those of getsockname(2).
pub fn family_of(socket: impl AsFd) -> io::Result<AddressFamily> {
    Ok(getsockname(socket)?.address_family())
}

/// A Unix stream socket that listens at a path, never blocks, and is closed by an exec. With a mode, no
/// program can connect that the mode excludes: the path gets the mode before the socket listens.
///
/// # Errors
/// Those of bind(2), chmod(2) and listen(2).
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

/// Whether this is the error of sendto(2) for a Unix datagram's receiver without room.
#[must_use]
pub fn is_full(error: Errno) -> bool {
    matches!(error, Errno::AGAIN | Errno::NOBUFS)
}

/// The abstract name of an address: always none here.
#[must_use]
pub fn abstract_name(_: &SocketAddr) -> Option<Vec<u8>> {
    None
}

/// The address of this abstract name.
///
/// # Errors
/// Always: these systems have no such addresses.
pub fn abstract_address(_: &[u8]) -> io::Result<SocketAddrUnix> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no abstract socket names"))
}

/// A unique name for a Unix socket whose peers learn the name. Dropping this removes the name.
#[derive(Debug)]
pub struct ChosenName {
    directory: TempDir,
    watch: Option<AbortHandle>,
}

impl ChosenName {
    /// Gives a socket a name: a new file in a new directory. Like an abstract name it is open to
    /// everyone, but the directory can't be listed, so only a program that knows the name can use it.
    ///
    /// # Errors
    /// The directory can't be made, or those of bind(2).
    pub fn bind(socket: impl AsFd) -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("frame-").tempdir()?;
        let path = directory.path().join("s");
        bind(socket, &SocketAddrUnix::new(&path)?)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o666))?;
        std::fs::set_permissions(&directory, Permissions::from_mode(0o711))?;
        Ok(Self { directory, watch: None })
    }

    /// Removes the name when SIGTERM, SIGINT or SIGHUP ends the program. The program then ends with
    /// status 128 plus the signal's number, as a shell reports it.
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
            // A file that can't be removed stays: the program has to end.
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

/// Sends a file's bytes from `offset` on, as many as the socket accepts and `max_bytes` at most. Then
/// `offset` stands behind them. Returns 0 at the end of the file. This keeps no bytes between calls: it
/// reads again what the socket did not accept.
///
/// # Errors
/// Those of pread(2) and send(2).
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

/// Writes everything to a pipe if it need not wait for the reader; otherwise it writes nothing. No
/// portable call can tell, so it always writes nothing.
///
/// # Errors
/// None.
pub fn write_if_room(_: impl AsFd, _: &[u8]) -> io::Result<bool> {
    Ok(false)
}

/// Kills a child of this process that has not been waited for. Its descendants live on: no portable call
/// lists them.
pub fn kill_with_descendants(child: Pid) {
    // Fails only for a child that has already ended.
    let _has_ended = kill_process(child, Signal::KILL);
}

/// Whether this is the device that accepts everything and keeps nothing.
#[must_use]
pub fn is_null(device: Dev) -> bool {
    rustix::fs::stat("/dev/null").is_ok_and(|null| null.st_rdev == device)
}

/// Moves the bytes of a stream into a file, through a buffer.
#[derive(Debug, Default)]
pub struct Mover(Copier);

impl Mover {
    /// A new mover, which has moved nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same.
    #[must_use]
    pub fn through_a_buffer() -> Self {
        Self::default()
    }

    /// Receives what the stream has, `max_bytes` at most, which [`write_to`](Self::write_to) then
    /// writes. Returns 0 at the end of the stream.
    ///
    /// # Errors
    /// Those of read(2), also when it would block.
    pub fn receive(&mut self, stream: impl AsFd, max_bytes: u64) -> io::Result<usize> {
        self.0.receive(stream, max_bytes)
    }

    /// Writes the received bytes.
    ///
    /// # Errors
    /// Those of write(2).
    pub fn write_to<F>(&mut self, file: &F) -> io::Result<()>
    where
        F: AsFd,
        for<'f> &'f F: Write,
    {
        self.0.write_to(file)
    }
}
