//! What Linux has; see the [module](super) for what each item is elsewhere.

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

/// Whether a listener's connections have its options, such as `TCP_NODELAY`.
pub const ACCEPTED_AS_LISTENER: bool = true;

/// Send so that a peer who is gone is an error and no signal.
pub const QUIETLY: SendFlags = SendFlags::NOSIGNAL;

/// [`QUIETLY`], and nothing but the end of the stream follows, which may leave in the same packet.
pub const END_FOLLOWS: SendFlags = SendFlags::NOSIGNAL.union(SendFlags::MORE);

/// What is asked for as a pipe's size, which may be refused, and is moved at once at most.
const PIPE_BYTES: usize = 1 << 20;

/// So much goes into a pipe in one step or not at all (`PIPE_BUF`).
const PIPE_STEP_BYTES: usize = 4096;

/// A socket that an exec closes.
///
/// # Errors
/// As socket(2) fails.
pub fn socket(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    Ok(socket_with(family, kind, SocketFlags::CLOEXEC, None)?)
}

/// Two Unix stream sockets, connected to each other, that an exec closes.
///
/// # Errors
/// As socketpair(2) fails.
pub fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?)
}

/// The family that a socket is of.
///
/// # Errors
/// As getsockopt(2) fails.
pub fn family_of(socket: impl AsFd) -> io::Result<AddressFamily> {
    Ok(sockopt::socket_domain(socket)?)
}

/// A Unix stream socket that listens at a path, never blocks, and is closed by an exec. With a mode,
/// nobody can connect whom that doesn't let: the socket gets it before it has a path.
///
/// # Errors
/// As bind(2) and listen(2) fail.
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

/// Whether that is sendto(2) saying that a Unix datagram's receiver has no room.
#[must_use]
pub fn is_full(error: Errno) -> bool {
    error == Errno::AGAIN
}

/// An address's abstract name, without the NUL in front.
#[must_use]
pub fn abstract_name(address: &SocketAddr) -> Option<Vec<u8>> {
    address.as_abstract_name().map(<[u8]>::to_vec)
}

/// The address of this abstract name.
///
/// # Errors
/// It is too long for one.
pub fn abstract_address(name: &[u8]) -> io::Result<SocketAddrUnix> {
    Ok(SocketAddrUnix::new_abstract_name(name)?)
}

/// A name that nobody else has, for a Unix socket that is to be reached by whoever learns it.
#[derive(Debug)]
pub struct ChosenName(());

impl ChosenName {
    /// Give a socket one: Linux does, to a socket that is bound to no name.
    ///
    /// # Errors
    /// As bind(2) fails.
    pub fn bind(socket: impl AsFd) -> io::Result<Self> {
        bind(socket, &SocketAddrUnix::new_unnamed())?;
        Ok(Self(()))
    }

    /// Have the name go with the program where a signal ends that. It goes anyway.
    ///
    /// # Errors
    /// None.
    pub fn go_with_the_program(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Send a file's bytes from `offset` on, as many as the socket takes and `max_bytes` at most, without
/// having them pass through here. `offset` is left behind them; 0 where the file ends.
///
/// # Errors
/// As sendfile(2) fails.
pub fn send_file(
    socket: impl AsFd,
    file: &File,
    offset: &mut u64,
    max_bytes: usize,
) -> io::Result<usize> {
    Ok(sendfile(socket, file, Some(offset), max_bytes)?)
}

/// Write to a pipe, all of it, if that needs no waiting for whoever reads; otherwise nothing is.
///
/// # Errors
/// Nobody reads it any more.
pub fn write_if_room(pipe: impl AsFd, bytes: &[u8]) -> io::Result<bool> {
    if bytes.len() > PIPE_STEP_BYTES {
        return Ok(false);
    }
    // A pipe has no offset, which -1 stands for.
    match pwritev2(pipe, &[IoSlice::new(bytes)], u64::MAX, ReadWriteFlags::NOWAIT) {
        Ok(_) => Ok(true),
        Err(Errno::PIPE) => Err(Errno::PIPE.into()),
        // It is full, or the system can't tell: the other way knows what to do.
        Err(_) => Ok(false),
    }
}

/// Whether that is the device which takes everything and keeps nothing.
#[must_use]
pub fn is_null(device: Dev) -> bool {
    (major(device), minor(device)) == (1, 3)
}

/// Moves what a stream brings into a file, without having it pass through here where the system can
/// do that: by splice(2) through a pipe.
#[derive(Debug, Default)]
pub struct Mover {
    /// Until it turns out to be of no use here.
    pipe: Option<Pipe>,
    copier: Copier,
}

impl Mover {
    /// One that has moved nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { pipe: Pipe::new().ok(), copier: Copier::default() }
    }

    /// One that copies, whatever the system can do.
    #[must_use]
    pub fn through_a_buffer() -> Self {
        Self::default()
    }

    /// Take what the stream has brought, `max_bytes` at most, to be [written](Self::write_to) next; 0 at
    /// the end of the stream.
    ///
    /// # Errors
    /// As splice(2) or read(2) fails, also where it would block.
    pub fn receive(&mut self, stream: impl AsFd, max_bytes: u64) -> io::Result<usize> {
        if let Some(pipe) = &mut self.pipe {
            match pipe.receive(&stream, max_bytes) {
                Err(error) if is_not_for_this(&error) => self.pipe = None,
                received => return received,
            }
        }
        self.copier.receive(stream, max_bytes)
    }

    /// Write what was received.
    ///
    /// # Errors
    /// As splice(2) or write(2) fails.
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
    /// How many bytes are in it.
    filled: usize,
}

impl Pipe {
    fn new() -> io::Result<Self> {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        // A user's pipes are limited in sum: then a smaller one has to do.
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

    /// Some of what is in it, into a file.
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

    /// Copy what is in it to a file that takes nothing by splice(2).
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

/// Whether splice(2) says that it can't be used with these descriptors.
fn is_not_for_this(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INVAL | Errno::NOSYS))
}
