//! Sockets of every transport in common types: a listener, a connection, a datagram socket.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use model::Endpoint;
use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{
    AddressFamily, RecvFlags, SocketAddrAny, SocketAddrUnix, SocketType, bind, connect,
    getsockname, listen, recvfrom, sendto,
};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{
    TcpListener, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream, tcp, unix,
};

use crate::platform::{NO_SIGNAL, Place, StreamSocket, accept, socket};

/// The queue length for a case's clients.
const BACKLOG: i32 = 64;

/// The requested receive buffer of a narrow connection, in bytes. Linux doubles it.
const NARROW_BUFFER_BYTES: usize = 4096;
/// The longest segment that a narrow TCP connection takes, in bytes, as on Ethernet. The sender's own buffer
/// grows with it: on loopback, with segments of 64 KiB, a sender gets rid of 4 MiB before it must wait.
const NARROW_SEGMENT_BYTES: u32 = 1448;

/// How much an unread connection takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Buffers {
    /// The system's default.
    Usual,
    /// Little, so that the sender must wait: on Linux about 70 KiB over TCP, 210 KiB over a Unix socket.
    Narrow,
}

/// Makes a socket's buffers small, before it is connected or while it listens. A system that can't do this
/// leaves them.
fn narrow(socket: &impl AsFd, is_tcp: bool) {
    let socket = SockRef::from(socket);
    let _ = socket.set_recv_buffer_size(NARROW_BUFFER_BYTES);
    if is_tcp {
        let _ = socket.set_tcp_mss(NARROW_SEGMENT_BYTES);
    }
}

/// Listens for connections.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix stream socket.
    Unix(UnixListener),
}

impl Listener {
    /// Listens. Port 0 takes a free port.
    ///
    /// # Errors
    ///
    /// bind(2) or listen(2) failed.
    pub fn bind(endpoint: &Endpoint, place: &Place) -> io::Result<Self> {
        let address = any(endpoint)?;
        let socket = place.socket(address.address_family(), SocketType::STREAM)?;
        if matches!(endpoint, Endpoint::Inet(at) if at.port() != 0) {
            // An earlier connection may linger at a requested port.
            set_socket_reuseaddr(&socket, true)?;
        }
        bind(&socket, &address)?;
        listen(&socket, BACKLOG)?;
        match endpoint {
            Endpoint::Inet(_) => Ok(Self::Tcp(TcpListener::from_std(socket.into())?)),
            Endpoint::Path(_) => Ok(Self::Unix(UnixListener::from_std(socket.into())?)),
        }
    }

    /// From now on, accepted connections have small buffers, and so do the connections of their senders.
    pub(super) fn narrow(&self) {
        match self {
            Self::Tcp(listener) => narrow(listener, true),
            Self::Unix(listener) => narrow(listener, false),
        }
    }

    /// The address where it listens.
    pub(super) fn endpoint(&self) -> io::Result<Endpoint> {
        match self {
            Self::Tcp(listener) => Ok(Endpoint::Inet(listener.local_addr()?)),
            Self::Unix(listener) => endpoint_of(&getsockname(listener)?),
        }
    }

    /// The next connection.
    ///
    /// # Errors
    ///
    /// accept(2) failed.
    pub async fn accept(&self) -> io::Result<Connection> {
        match self {
            Self::Tcp(listener) => Ok(Connection::Tcp(listener.accept().await?.0)),
            Self::Unix(listener) => Ok(Connection::Unix(listener.accept().await?.0)),
        }
    }

    /// A connection that is already waiting. Never blocks.
    pub(super) fn accept_waiting(&self) -> Option<Connection> {
        match self {
            Self::Tcp(listener) => {
                let accepted = accept(listener).ok()?;
                TcpStream::from_std(accepted.into()).ok().map(Connection::Tcp)
            }
            Self::Unix(listener) => {
                let accepted = accept(listener).ok()?;
                UnixStream::from_std(accepted.into()).ok().map(Connection::Unix)
            }
        }
    }
}

/// A connection of either kind.
#[derive(Debug)]
pub enum Connection {
    /// TCP.
    Tcp(TcpStream),
    /// A Unix stream.
    Unix(UnixStream),
}

impl Connection {
    /// The socket, for queries to the system.
    pub(super) const fn socket(&self) -> StreamSocket<'_> {
        match self {
            Self::Tcp(stream) => StreamSocket::Tcp(stream),
            Self::Unix(stream) => StreamSocket::Unix(stream),
        }
    }

    /// Connects to a program in this network namespace. A Unix socket may get a path of its own first, which
    /// the server can see.
    ///
    /// # Errors
    ///
    /// bind(2) or connect(2) failed.
    pub async fn open(to: &Endpoint, place: &Place, own_path: Option<&Path>) -> io::Result<Self> {
        Self::open_with(to, place, own_path, Buffers::Usual).await
    }

    /// The same, with buffers of this size.
    ///
    /// # Errors
    ///
    /// bind(2) or connect(2) failed.
    pub(super) async fn open_with(
        to: &Endpoint,
        place: &Place,
        own_path: Option<&Path>,
        buffers: Buffers,
    ) -> io::Result<Self> {
        let connection = match to {
            Endpoint::Inet(address) => {
                let family = any(to)?.address_family();
                let socket = place.socket(family, SocketType::STREAM)?;
                if buffers == Buffers::Narrow {
                    narrow(&socket, true);
                }
                let socket = TcpSocket::from_std_stream(socket.into());
                Self::Tcp(socket.connect(*address).await?)
            }
            Endpoint::Path(path) => {
                let socket = socket(AddressFamily::UNIX, SocketType::STREAM)?;
                if buffers == Buffers::Narrow {
                    narrow(&socket, false);
                }
                if let Some(own_path) = own_path {
                    bind(&socket, &SocketAddrUnix::new(own_path)?)?;
                }
                // A Unix connect is never pending: it succeeds or is refused.
                connect(&socket, &SocketAddrUnix::new(path)?)?;
                Self::Unix(UnixStream::from_std(socket.into())?)
            }
        };
        connection.send_at_once();
        Ok(connection)
    }

    /// Turns off Nagle's algorithm, which would cut the stream at other places than its writer.
    pub fn send_at_once(&self) {
        if let Self::Tcp(stream) = self {
            let _ = stream.set_nodelay(true);
        }
    }

    /// The address of this process's end.
    ///
    /// # Errors
    ///
    /// getsockname(2) failed.
    pub fn own_endpoint(&self) -> io::Result<Endpoint> {
        match self {
            Self::Tcp(stream) => Ok(Endpoint::Inet(stream.local_addr()?)),
            Self::Unix(stream) => endpoint_of(&getsockname(stream)?),
        }
    }

    /// Splits it into its two directions.
    #[must_use]
    pub fn into_split(self) -> (Incoming, Outgoing) {
        match self {
            Self::Tcp(stream) => {
                let (incoming, outgoing) = stream.into_split();
                (Incoming::Tcp(incoming), Outgoing::Tcp(outgoing))
            }
            Self::Unix(stream) => {
                let (incoming, outgoing) = stream.into_split();
                (Incoming::Unix(incoming), Outgoing::Unix(outgoing))
            }
        }
    }
}

/// The incoming direction of a connection.
#[derive(Debug)]
pub enum Incoming {
    /// TCP.
    Tcp(tcp::OwnedReadHalf),
    /// A Unix stream.
    Unix(unix::OwnedReadHalf),
}

impl Incoming {
    /// Reads some bytes; none at the end.
    ///
    /// # Errors
    ///
    /// recv(2) failed: the sender reset the connection.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(half) => half.read(buffer).await,
            Self::Unix(half) => half.read(buffer).await,
        }
    }
}

/// The outgoing direction of a connection.
#[derive(Debug)]
pub enum Outgoing {
    /// TCP.
    Tcp(tcp::OwnedWriteHalf),
    /// A Unix stream.
    Unix(unix::OwnedWriteHalf),
}

impl Outgoing {
    /// Sends all bytes.
    ///
    /// # Errors
    ///
    /// send(2) failed: the receiver has gone.
    pub async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(half) => half.write_all(bytes).await,
            Self::Unix(half) => half.write_all(bytes).await,
        }
    }

    /// Ends the stream.
    ///
    /// # Errors
    ///
    /// shutdown(2) failed.
    pub async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(half) => half.shutdown().await,
            Self::Unix(half) => half.shutdown().await,
        }
    }

    /// Resets the connection as soon as its other half is dropped too, if the transport has a reset. A Unix
    /// stream ends as if closed.
    pub fn break_off(self) {
        match self {
            Self::Tcp(half) => {
                let stream: &TcpStream = half.as_ref();
                let _ = stream.set_zero_linger();
                half.forget();
            }
            Self::Unix(half) => half.forget(),
        }
    }
}

/// A socket for datagrams of either kind.
#[derive(Debug)]
pub enum DatagramSocket {
    /// UDP.
    Udp(UdpSocket),
    /// A Unix datagram socket.
    Unix(UnixDatagram),
}

impl DatagramSocket {
    /// Binds. Port 0 takes a free port.
    ///
    /// # Errors
    ///
    /// bind(2) failed.
    pub fn bind(endpoint: &Endpoint, place: &Place) -> io::Result<Self> {
        let address = any(endpoint)?;
        let socket = place.socket(address.address_family(), SocketType::DGRAM)?;
        bind(&socket, &address)?;
        match endpoint {
            Endpoint::Inet(_) => Ok(Self::Udp(UdpSocket::from_std(socket.into())?)),
            Endpoint::Path(_) => Ok(Self::Unix(UnixDatagram::from_std(socket.into())?)),
        }
    }

    /// Checks that a process has bound a datagram socket to this path. The path exists earlier: bind(2) makes
    /// the file first. The process that bound it does not notice.
    ///
    /// # Errors
    ///
    /// connect(2) failed.
    pub fn is_bound(at: &Endpoint) -> io::Result<()> {
        let own = socket(AddressFamily::UNIX, SocketType::DGRAM)?;
        Ok(connect(&own, &any(at)?)?)
    }

    /// The bound address.
    ///
    /// # Errors
    ///
    /// getsockname(2) failed.
    pub fn endpoint(&self) -> io::Result<Endpoint> {
        endpoint_of(&getsockname(self)?)
    }

    /// The next datagram, as far as it fits, and its sender, if that has a name.
    ///
    /// # Errors
    ///
    /// recvfrom(2) failed.
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, Option<SocketAddrAny>)> {
        let receive = || {
            let (len, _, from) = recvfrom(self, &mut *buffer, RecvFlags::empty())?;
            Ok((len, from))
        };
        match self {
            Self::Udp(socket) => socket.async_io(Interest::READABLE, receive).await,
            Self::Unix(socket) => socket.async_io(Interest::READABLE, receive).await,
        }
    }

    /// A datagram that has already arrived.
    ///
    /// # Errors
    ///
    /// recvfrom(2) failed; [`io::ErrorKind::WouldBlock`] if there is none.
    pub fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, Option<SocketAddrAny>)> {
        let (len, _, from) = recvfrom(self, buffer, RecvFlags::empty())?;
        Ok((len, from))
    }

    /// Sends a datagram.
    ///
    /// # Errors
    ///
    /// sendto(2) failed.
    pub async fn send(&self, bytes: &[u8], to: &Endpoint) -> io::Result<()> {
        self.send_to(bytes, &any(to)?).await
    }

    /// Sends a datagram to the sender of another.
    ///
    /// # Errors
    ///
    /// sendto(2) failed.
    pub async fn send_to(&self, bytes: &[u8], to: &SocketAddrAny) -> io::Result<()> {
        let send = || Ok(sendto(self, bytes, NO_SIGNAL, to).map(drop)?);
        match self {
            Self::Udp(socket) => socket.async_io(Interest::WRITABLE, send).await,
            Self::Unix(socket) => socket.async_io(Interest::WRITABLE, send).await,
        }
    }
}

impl AsFd for DatagramSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Udp(socket) => socket.as_fd(),
            Self::Unix(socket) => socket.as_fd(),
        }
    }
}

/// An endpoint in the form of system calls.
///
/// # Errors
///
/// The path is too long.
pub(super) fn any(endpoint: &Endpoint) -> io::Result<SocketAddrAny> {
    match endpoint {
        Endpoint::Inet(SocketAddr::V4(v4)) => Ok(SocketAddrAny::from(*v4)),
        Endpoint::Inet(SocketAddr::V6(v6)) => Ok(SocketAddrAny::from(*v6)),
        Endpoint::Path(path) => Ok(SocketAddrUnix::new(path)?.into()),
    }
}

fn endpoint_of(address: &SocketAddrAny) -> io::Result<Endpoint> {
    if let Ok(inet) = SocketAddr::try_from(address.clone()) {
        return Ok(Endpoint::Inet(inet));
    }
    let unix = SocketAddrUnix::try_from(address.clone())?;
    let path = unix.path_bytes().unwrap_or_default();
    Ok(Endpoint::Path(String::from_utf8_lossy(path).into_owned().into()))
}
