//! The Linux platform. The [module](super) describes what each item is on other systems.

mod descendants;

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use rustix::fs::{Dev, Mode, fchmod, major, minor, sendfile};
use rustix::io::{Errno, ReadWriteFlags, pwritev2};
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with,
    socketpair, sockopt,
};
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};

use super::copier::Copier;

pub use descendants::kill_with_descendants;

/// Whether accepted connections inherit the listener's options, such as `TCP_NODELAY`.
pub const ACCEPTED_AS_LISTENER: bool = true;

/// Send so that a peer that has gone causes an error and not a signal.
pub const QUIETLY: SendFlags = SendFlags::NOSIGNAL;

/// [`QUIETLY`], for the last bytes before the end of the stream, which may share a packet with it.
pub const END_FOLLOWS: SendFlags = SendFlags::NOSIGNAL.union(SendFlags::MORE);

/// The requested size of a pipe, which the system may refuse, and the most bytes of one move.
const PIPE_BYTES: usize = 1 << 20;

/// A write of up to this size goes into a pipe whole or not at all (`PIPE_BUF`).
const PIPE_STEP_BYTES: usize = 4096;

/// A socket that an exec closes.
///
/// # Errors
/// Those of socket(2).
pub fn socket(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    Ok(socket_with(family, kind, SocketFlags::CLOEXEC, None)?)
}

/// Two Unix stream sockets, connected to each other, that an exec closes.
///
/// # Errors
/// Those of socketpair(2).
pub fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?)
}

/// The address family of a socket.
///
/// # Errors
/// Those of getsockopt(2).
pub fn family_of(socket: impl AsFd) -> io::Result<AddressFamily> {
    Ok(sockopt::socket_domain(socket)?)
}

/// A Unix stream socket that listens at a path, never blocks, and is closed by an exec. With a mode, no
/// program can connect that the mode excludes: the socket gets the mode before it has a path.
///
/// # Errors
/// Those of bind(2) and listen(2).
pub fn listen_at(path: &Path, mode: Option<Mode>, backlog: i32) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    if let Some(mode) = mode {
        fchmod(&socket, mode)?;
    }
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    listen(&socket, backlog)?;
    Ok(socket)
}

/// Whether this is the error of sendto(2) for a Unix datagram's receiver without room.
#[must_use]
pub fn is_full(error: Errno) -> bool {
    error == Errno::AGAIN
}

/// The abstract name of an address, without the NUL before it.
#[must_use]
pub fn abstract_name(address: &SocketAddr) -> Option<Vec<u8>> {
    address.as_abstract_name().map(<[u8]>::to_vec)
}

/// The address of this abstract name.
///
/// # Errors
/// It is too long for an abstract name.
pub fn abstract_address(name: &[u8]) -> io::Result<SocketAddrUnix> {
    Ok(SocketAddrUnix::new_abstract_name(name)?)
}

/// A unique name for a Unix socket whose peers learn the name.
#[derive(Debug)]
pub struct ChosenName(());

impl ChosenName {
    /// Gives a socket a name: Linux chooses one for a socket without a name.
    ///
    /// # Errors
    /// Those of bind(2).
    pub fn bind(socket: impl AsFd) -> io::Result<Self> {
        bind(socket, &SocketAddrUnix::new_unnamed())?;
        Ok(Self(()))
    }

    /// Removes the name when a signal ends the program. Linux does this by itself.
    ///
    /// # Errors
    /// None.
    pub fn go_with_the_program(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends a file's bytes from `offset` on, as many as the socket accepts and `max_bytes` at most, without
/// a copy to this program. Then `offset` stands behind them. Returns 0 at the end of the file.
///
/// # Errors
/// Those of sendfile(2).
pub fn send_file(
    socket: impl AsFd,
    file: &File,
    offset: &mut u64,
    max_bytes: usize,
) -> io::Result<usize> {
    Ok(sendfile(socket, file, Some(offset), max_bytes)?)
}

/// Writes everything to a pipe if it need not wait for the reader; otherwise it writes nothing.
///
/// # Errors
/// The pipe has no reader any more.
pub fn write_if_room(pipe: impl AsFd, bytes: &[u8]) -> io::Result<bool> {
    if bytes.len() > PIPE_STEP_BYTES {
        return Ok(false);
    }
    // A pipe has no offset, which -1 stands for.
    match pwritev2(pipe, &[IoSlice::new(bytes)], u64::MAX, ReadWriteFlags::NOWAIT) {
        Ok(_) => Ok(true),
        Err(Errno::PIPE) => Err(Errno::PIPE.into()),
        // The pipe is full, or the system can't tell. The caller then writes in a way that may wait.
        Err(_) => Ok(false),
    }
}

/// Whether this is the device that accepts everything and keeps nothing.
#[must_use]
pub fn is_null(device: Dev) -> bool {
    (major(device), minor(device)) == (1, 3)
}

/// Moves the bytes of a stream into a file, by splice(2) through a pipe. Where the system can do that,
/// this program holds no copy.
#[derive(Debug, Default)]
pub struct Mover {
    /// Until splice(2) turns out not to work here.
    pipe: Option<Pipe>,
    copier: Copier,
}

impl Mover {
    /// A new mover, which has moved nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { pipe: Pipe::new().ok(), copier: Copier::default() }
    }

    /// A mover that always copies, on every system.
    #[must_use]
    pub fn through_a_buffer() -> Self {
        Self::default()
    }

    /// Receives what the stream has, `max_bytes` at most, which [`write_to`](Self::write_to) then
    /// writes. Returns 0 at the end of the stream.
    ///
    /// # Errors
    /// Those of splice(2) or read(2), also when they would block.
    pub fn receive(&mut self, stream: impl AsFd, max_bytes: u64) -> io::Result<usize> {
        if let Some(pipe) = &mut self.pipe {
            match pipe.receive(&stream, max_bytes) {
                Err(error) if is_not_for_this(&error) => self.pipe = None,
                received => return received,
            }
        }
        self.copier.receive(stream, max_bytes)
    }

    /// Writes the received bytes.
    ///
    /// # Errors
    /// Those of splice(2) or write(2).
    pub fn write_to<F>(&mut self, file: &F) -> io::Result<()>
    where
        F: AsFd,
        for<'f> &'f F: Write,
    {
        match &mut self.pipe {
            Some(pipe) => pipe.write_to(file),
            None => self.copier.write_to(file),
        }
    }
}

/// A pipe that is empty between two moves.
#[derive(Debug)]
struct Pipe {
    read: OwnedFd,
    write: OwnedFd,
    size: usize,
    /// How many bytes the pipe holds.
    filled: usize,
}

impl Pipe {
    fn new() -> io::Result<Self> {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        // The system limits the sum of a user's pipes. Beyond it, a smaller pipe must do.
        let size = fcntl_setpipe_size(&write, PIPE_BYTES).unwrap_or(64 << 10);
        Ok(Self { read, write, size, filled: 0 })
    }

    fn receive(&mut self, stream: impl AsFd, max_bytes: u64) -> io::Result<usize> {
        let ask = usize::try_from(max_bytes).map_or(self.size, |max| max.min(self.size));
        let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        self.filled = splice(stream, None, &self.write, None, ask, flags)?;
        Ok(self.filled)
    }

    fn write_to<F>(&mut self, file: &F) -> io::Result<()>
    where
        F: AsFd,
        for<'f> &'f F: Write,
    {
        while self.filled > 0 {
            self.filled -= self.write_into(file, self.filled)?;
        }
        Ok(())
    }

    /// Moves some of the pipe's bytes into a file.
    fn write_into<F>(&self, file: &F, len: usize) -> io::Result<usize>
    where
        F: AsFd,
        for<'f> &'f F: Write,
    {
        match splice(&self.read, None, file, None, len, SpliceFlags::MOVE) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => Ok(written),
            Err(Errno::INTR) => Ok(0),
            Err(Errno::INVAL) => self.empty_into(file, len),
            Err(error) => Err(error.into()),
        }
    }

    /// Copies the pipe's bytes into a file that does not work with splice(2).
    fn empty_into<F>(&self, mut file: &F, len: usize) -> io::Result<usize>
    where
        for<'f> &'f F: Write,
    {
        let mut buffer = vec![0; len];
        let read = rustix::io::read(&self.read, &mut buffer)?;
        file.write_all(buffer.split_at(read).0)?;
        Ok(read)
    }
}

/// Whether splice(2) reports that it can't work with these descriptors.
fn is_not_for_this(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INVAL | Errno::NOSYS))
}
