//! A socket for datagrams over UDP or a Unix socket, with one interface for both.

use std::io;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{SendFlags, SocketAddrUnix, sendto};
use tokio::net::{UdpSocket, UnixDatagram};

use crate::platform::{self, ChosenName};
use crate::{Address, Peer, Reach, SocketFile};

/// How often to try again to send to a Unix socket without room.
const ROOM_POLL: Duration = Duration::from_millis(10);

/// Sends and receives datagrams.
#[derive(Debug)]
pub enum Datagrams {
    /// UDP over IPv4 or IPv6.
    Udp(UdpSocket),
    /// The file of a Unix datagram socket, dropped before the socket, and the socket.
    Unix(BoundTo, UnixDatagram),
}

/// The name of a Unix datagram socket.
#[derive(Debug)]
pub enum BoundTo {
    /// A file at a requested path.
    Path(SocketFile),
    /// A name that the system or this program chose.
    Chosen(ChosenName),
}

impl Datagrams {
    /// Binds to an address. Port 0 takes a free port; see [`local_name`](Self::local_name). This
    /// replaces the file of a Unix socket that no program is bound to any more.
    ///
    /// # Errors
    /// Those of [`Address::resolve_within`] and bind(2).
    pub async fn bind(address: &Address, reach: Reach) -> io::Result<Self> {
        match address {
            Address::Inet(_) => {
                let addresses = address.resolve_within(reach).await?;
                Ok(Self::Udp(UdpSocket::bind(&*addresses).await?))
            }
            Address::Unix(path) => {
                let (socket, file) =
                    SocketFile::bind(path, |path| UnixDatagram::bind(path)).await?;
                Ok(Self::Unix(BoundTo::Path(file), socket))
            }
        }
    }

    /// A socket to send from to `server`, at an address that the system or this program chooses, and
    /// the server's address. A Unix socket gets a [`ChosenName`] too, so that the server can answer.
    ///
    /// # Errors
    /// Those of getaddrinfo(3) and bind(2).
    pub async fn to(server: &Address) -> io::Result<(Self, Peer)> {
        match server {
            Address::Inet(_) => {
                let no_address = || io::Error::new(io::ErrorKind::NotFound, "no such address");
                let to = *server.resolve().await?.first().ok_or_else(no_address)?;
                let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                Ok((Self::Udp(UdpSocket::bind(any).await?), Peer::Inet(to)))
            }
            Address::Unix(path) => {
                let socket = std::os::unix::net::UnixDatagram::unbound()?;
                let mut name = ChosenName::bind(&socket)?;
                name.go_with_the_program()?;
                socket.set_nonblocking(true)?;
                let socket = UnixDatagram::from_std(socket)?;
                Ok((Self::Unix(BoundTo::Chosen(name), socket), Peer::Path(path.clone())))
            }
        }
    }

    /// The address that it is bound to, written like an [`Address`].
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_name(&self) -> io::Result<String> {
        match self {
            Self::Udp(socket) => Ok(socket.local_addr()?.to_string()),
            Self::Unix(_, socket) => Ok(Peer::from(socket.local_addr()?).to_string()),
        }
    }

    /// `recvfrom(len(buffer))`: the next datagram's first bytes, and its sender.
    ///
    /// # Errors
    /// Those of recvfrom(2).
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, Peer)> {
        match self {
            Self::Udp(socket) => {
                let (len, from) = socket.recv_from(buffer).await?;
                Ok((len, Peer::Inet(from)))
            }
            Self::Unix(_, socket) => {
                let (len, from) = socket.recv_from(buffer).await?;
                Ok((len, from.into()))
            }
        }
    }

    /// `sendto(bytes, to)`. Over a Unix socket it waits until the receiver has room, as that call
    /// does. A caller that serves others meanwhile uses [`offer`](Self::offer).
    ///
    /// # Errors
    /// Those of sendto(2). A peer of another kind, or without a name, can't be reached.
    pub async fn send_to(&self, bytes: &[u8], to: &Peer) -> io::Result<()> {
        loop {
            match self.offer(bytes, to).await {
                // An unconnected socket is always ready for writing, so no event reports that the
                // receiver has room.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    tokio::time::sleep(ROOM_POLL).await;
                }
                sent => return sent,
            }
        }
    }

    /// `sendto(bytes, to, MSG_DONTWAIT)`: never waits for a receiver without room.
    ///
    /// # Errors
    /// Those of [`send_to`](Self::send_to), and one of kind
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if the receiver has a Unix socket and no room.
    pub async fn offer(&self, bytes: &[u8], to: &Peer) -> io::Result<()> {
        let (socket, to) = match (self, to) {
            (Self::Udp(socket), Peer::Inet(to)) => {
                return socket.send_to(bytes, to).await.map(drop);
            }
            (Self::Unix(_, socket), Peer::Path(path)) => (socket, SocketAddrUnix::new(path)?),
            (Self::Unix(_, socket), Peer::Abstract(name)) => {
                (socket, platform::abstract_address(name)?)
            }
            _ => {
                return Err(io::Error::new(
                    io::ErrorKind::AddrNotAvailable,
                    "there is no way back",
                ));
            }
        };
        match sendto(socket, bytes, platform::QUIETLY | SendFlags::DONTWAIT, &to) {
            Ok(_) => Ok(()),
            Err(error) if platform::is_full(error) => Err(Errno::AGAIN.into()),
            Err(error) => Err(error.into()),
        }
    }
}
