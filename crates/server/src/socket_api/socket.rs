//! A socket with the calls of Python's socket object. It can be closed while the object stays, and
//! shows its errors as Python does. It does not know the order of the calls.

use std::cell::Cell;
use std::fmt::Display;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use endpoint::platform::{self, ChosenName};
use endpoint::python_os_error;
use rustix::io::{Errno, dup, ioctl_fionbio};
use rustix::net::addr::SocketAddrArg;
use rustix::net::sockopt::{self, Timeout};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SocketAddrAny, SocketType, acceptfrom, bind, connect,
    getpeername, getsockname, listen, recv, recvfrom, send, sendto,
};

/// A socket, until it is closed.
pub(super) struct Socket {
    fd: Option<OwnedFd>,
    /// The timeout as set; the system would round it to ticks of its clock.
    timeout: Cell<Option<Duration>>,
}

impl From<OwnedFd> for Socket {
    fn from(fd: OwnedFd) -> Self {
        Self { fd: Some(fd), timeout: Cell::new(None) }
    }
}

impl Socket {
    pub(super) fn new(family: AddressFamily, kind: SocketType) -> io::Result<Self> {
        Ok(platform::socket(family, kind)?.into())
    }

    /// A raw socket over IPv4. Raw sockets without a protocol do not exist.
    pub(super) fn raw(protocol: Option<Protocol>) -> io::Result<Self> {
        Ok(rustix::net::socket(AddressFamily::INET, SocketType::RAW, protocol)?.into())
    }

    pub(super) fn tcp() -> io::Result<Self> {
        Self::new(AddressFamily::INET, SocketType::STREAM)
    }

    pub(super) fn pair() -> io::Result<(Self, Self)> {
        let (left, right) = platform::socket_pair()?;
        Ok((left.into(), right.into()))
    }

    /// Like `socket.fromfd` with its descriptor.
    pub(super) fn duplicate(&self) -> io::Result<Self> {
        Ok(dup(self.fd()?)?.into())
    }

    fn fd(&self) -> io::Result<BorrowedFd<'_>> {
        let fd = self.fd.as_ref().ok_or(Errno::BADF)?;
        Ok(std::os::fd::AsFd::as_fd(fd))
    }

    /// Family and type, as numbers.
    pub(super) fn about(&self) -> io::Result<String> {
        let (family, kind) = (platform::family_of(self.fd()?)?, sockopt::socket_type(self.fd()?)?);
        Ok(format!("{} {}", family.as_raw(), kind.as_raw()))
    }

    pub(super) fn fileno(&self) -> i32 {
        self.fd.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    pub(super) fn close(&mut self) -> io::Result<()> {
        drop(self.fd.take());
        Ok(())
    }

    pub(super) fn reuses_address(&self) -> io::Result<bool> {
        Ok(sockopt::socket_reuseaddr(self.fd()?)?)
    }

    pub(super) fn reuse_address(&self) -> io::Result<()> {
        Ok(sockopt::set_socket_reuseaddr(self.fd()?, true)?)
    }

    pub(super) fn bind(&self, address: &impl SocketAddrArg) -> io::Result<()> {
        Ok(bind(self.fd()?, address)?)
    }

    /// Binds to a name that the system chooses. The name stays as long as the returned value.
    pub(super) fn bind_to_any_name(&self) -> io::Result<ChosenName> {
        ChosenName::bind(self.fd()?)
    }

    pub(super) fn listen(&self, backlog: i32) -> io::Result<()> {
        Ok(listen(self.fd()?, backlog)?)
    }

    pub(super) fn accept(&self) -> io::Result<(Self, SocketAddrAny)> {
        let (socket, peer) = acceptfrom(self.fd()?)?;
        let peer = peer.ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok((socket.into(), peer))
    }

    pub(super) fn connect(&self, address: &impl SocketAddrArg) -> io::Result<()> {
        Ok(connect(self.fd()?, address)?)
    }

    /// The error's number instead of the error; 0 for none.
    pub(super) fn connect_ex(&self, address: &impl SocketAddrArg) -> io::Result<i32> {
        Ok(connect(self.fd()?, address).err().map_or(0, Errno::raw_os_error))
    }

    pub(super) fn name(&self) -> io::Result<SocketAddrAny> {
        Ok(getsockname(self.fd()?)?)
    }

    pub(super) fn peer(&self) -> io::Result<SocketAddrAny> {
        getpeername(self.fd()?)?.ok_or_else(|| Errno::NOTCONN.into())
    }

    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send(self.fd()?, bytes, platform::QUIETLY)?)
    }

    pub(super) fn send_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            bytes = bytes.split_at(self.send(bytes)?).1;
        }
        Ok(())
    }

    pub(super) fn send_to(&self, bytes: &[u8], to: &impl SocketAddrArg) -> io::Result<usize> {
        Ok(sendto(self.fd()?, bytes, platform::QUIETLY, to)?)
    }

    pub(super) fn recv(&self, max: usize, flags: RecvFlags) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; max];
        let (len, _) = recv(self.fd()?, &mut buffer[..], flags).map_err(|e| self.timed_out(e))?;
        buffer.truncate(len);
        Ok(buffer)
    }

    pub(super) fn recv_from(&self, max: usize) -> io::Result<(Vec<u8>, Option<SocketAddrAny>)> {
        let mut buffer = vec![0; max];
        let (len, _, from) = recvfrom(self.fd()?, &mut buffer[..], RecvFlags::empty())?;
        buffer.truncate(len);
        Ok((buffer, from))
    }

    /// A stream that reads and writes the same connection, like `makefile`.
    pub(super) fn file(&self) -> io::Result<TcpStream> {
        Ok(dup(self.fd()?)?.into())
    }

    pub(super) fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        ioctl_fionbio(self.fd()?, timeout == Some(Duration::ZERO))?;
        let waits = timeout.filter(|timeout| !timeout.is_zero());
        sockopt::set_socket_timeout(self.fd()?, Timeout::Recv, waits)?;
        self.timeout.set(timeout);
        Ok(())
    }

    pub(super) fn set_blocking(&self, blocking: bool) -> io::Result<()> {
        self.set_timeout(if blocking { None } else { Some(Duration::ZERO) })
    }

    /// The result of `gettimeout`: seconds, 0.0 if it never waits, None if it waits for ever.
    pub(super) fn timeout_shown(&self) -> String {
        let seconds = self.timeout.get().map(|timeout| pytext::repr_float(timeout.as_secs_f64()));
        seconds.unwrap_or_else(|| "None".to_owned())
    }

    /// The system reports "try again" also at the end of a timeout; Python distinguishes the two.
    fn timed_out(&self, error: Errno) -> io::Error {
        let waited = self.timeout.get().is_some_and(|timeout| !timeout.is_zero());
        if error == Errno::AGAIN && waited {
            return io::Error::new(io::ErrorKind::TimedOut, "timed out");
        }
        error.into()
    }
}

/// `True` or `False`.
pub(super) fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// What `print` shows of a call that returns None, or of its exception.
pub(super) fn shown(result: io::Result<()>) -> String {
    result.map_or_else(|error| python_os_error(&error), |()| "None".to_owned())
}

/// What `print` shows of a call, or of its exception.
pub(super) fn failure(result: io::Result<impl Display>) -> String {
    result.map_or_else(|error| python_os_error(&error), |value| value.to_string())
}
