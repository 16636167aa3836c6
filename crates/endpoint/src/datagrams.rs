//! A socket for datagrams that is UDP or Unix, so that no scenario has to care.

use std::io;
use std::os::unix::net::SocketAddr as UnixAddress;

use rustix::net::{SendFlags, SocketAddrUnix, sendto};
use tokio::io::Interest;
use tokio::net::{UdpSocket, UnixDatagram};

use crate::{Address, Peer, SocketFile};

/// Sends and receives datagrams.
#[derive(Debug)]
pub enum Datagrams {
    /// UDP over IPv4 or IPv6.
    Udp(UdpSocket),
    /// A Unix datagram socket, with its file if it is bound to one.
    Unix(UnixDatagram, Option<SocketFile>),
}

impl Datagrams {
    /// Bind to an address. A port of 0 takes a free one; see [`local_name`](Self::local_name). The
    /// file of a Unix socket that nobody is bound to any more is replaced.
    ///
    /// # Errors
    /// As bind(2) fails.
    pub async fn bind(address: &Address) -> io::Result<Self> {
        match address {
            Address::Inet(_) => Ok(Self::Udp(UdpSocket::bind(&*address.resolve().await?).await?)),
            Address::Unix(path) => {
                let (socket, file) =
                    SocketFile::bind(path, |path| UnixDatagram::bind(path)).await?;
                Ok(Self::Unix(socket, Some(file)))
            }
        }
    }

    /// A socket to send to `server` from, at an address that the system chooses, and the server.
    ///
    /// # Errors
    /// As getaddrinfo(3) and bind(2) fail.
    pub async fn to(server: &Address) -> io::Result<(Self, Peer)> {
        match server {
            Address::Inet(_) => {
                let no_address = || io::Error::new(io::ErrorKind::NotFound, "no such address");
                let to = *server.resolve().await?.first().ok_or_else(no_address)?;
                let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                Ok((Self::Udp(UdpSocket::bind(any).await?), Peer::Inet(to)))
            }
            Address::Unix(path) => {
                // Linux gives a socket that is bound to no name an abstract one, so that it can be
                // answered.
                let unnamed = UnixAddress::from_pathname("")?;
                let socket = std::os::unix::net::UnixDatagram::bind_addr(&unnamed)?;
                socket.set_nonblocking(true)?;
                let socket = UnixDatagram::from_std(socket)?;
                Ok((Self::Unix(socket, None), Peer::Path(path.clone())))
            }
        }
    }

    /// Where it is bound, as an [`Address`] is written.
    ///
    /// # Errors
    /// As getsockname(2) fails.
    pub fn local_name(&self) -> io::Result<String> {
        match self {
            Self::Udp(socket) => Ok(socket.local_addr()?.to_string()),
            Self::Unix(socket, _) => Ok(Peer::from(socket.local_addr()?).to_string()),
        }
    }

    /// `recvfrom(len(buffer))`: the next datagram's first bytes, and who sent it.
    ///
    /// # Errors
    /// As recvfrom(2) fails.
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, Peer)> {
        match self {
            Self::Udp(socket) => {
                let (len, from) = socket.recv_from(buffer).await?;
                Ok((len, Peer::Inet(from)))
            }
            Self::Unix(socket, _) => {
                let (len, from) = socket.recv_from(buffer).await?;
                Ok((len, from.into()))
            }
        }
    }

    /// `sendto(bytes, to)`.
    ///
    /// # Errors
    /// As sendto(2) fails; a peer of another kind, or without a name, can't be sent to.
    pub async fn send_to(&self, bytes: &[u8], to: &Peer) -> io::Result<()> {
        match (self, to) {
            (Self::Udp(socket), Peer::Inet(to)) => socket.send_to(bytes, to).await.map(drop),
            (Self::Unix(socket, _), Peer::Path(path)) => {
                socket.send_to(bytes, path).await.map(drop)
            }
            (Self::Unix(socket, _), Peer::Abstract(name)) => {
                let to = SocketAddrUnix::new_abstract_name(name)?;
                let send = || Ok(sendto(socket, bytes, SendFlags::NOSIGNAL, &to).map(drop)?);
                socket.async_io(Interest::WRITABLE, send).await
            }
            _ => Err(io::Error::new(io::ErrorKind::AddrNotAvailable, "there is no way back")),
        }
    }
}
