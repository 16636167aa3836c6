//! A listener and a stream over TCP or a Unix socket, with one interface for both.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::fs::Mode;
use rustix::net::sockopt::set_socket_keepalive;
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};

use crate::{Address, Peer, Reach, SocketFile, platform};

/// How many clients may wait for accept. The system's own limit (`somaxconn`) may be lower.
const BACKLOG: u16 = 4096;

/// Listens on an [`Address`].
#[derive(Debug)]
pub enum Listener {
    /// TCP over IPv4 or IPv6.
    Tcp(TcpListener),
    /// The file of a Unix stream socket, dropped before the socket, and the socket.
    Unix(SocketFile, UnixListener),
}

impl Listener {
    /// Binds and listens. Port 0 takes a free port; see [`local_name`](Self::local_name). This
    /// replaces the file of a Unix socket that no program listens on any more.
    ///
    /// # Errors
    /// Those of [`Address::resolve_within`], bind(2) and listen(2).
    pub async fn bind(address: &Address, reach: Reach) -> io::Result<Self> {
        match address {
            Address::Inet(_) => {
                let addresses = address.resolve_within(reach).await?;
                let mut bound = Err(io::Error::new(io::ErrorKind::NotFound, "no such address"));
                for address in addresses {
                    bound = listen_on(address);
                    if bound.is_ok() {
                        break;
                    }
                }
                Ok(Self::Tcp(bound?))
            }
            Address::Unix(path) => {
                let bind = |path: &Path| listen_at(path, reach);
                let (listener, file) = SocketFile::bind(path, bind).await?;
                Ok(Self::Unix(file, listener))
            }
        }
    }

    /// The address that it listens on, written like an [`Address`].
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_name(&self) -> io::Result<String> {
        match self {
            Self::Tcp(listener) => Ok(listener.local_addr()?.to_string()),
            Self::Unix(_, listener) => Ok(Peer::from(listener.local_addr()?).to_string()),
        }
    }

    /// The next client, and its address.
    ///
    /// # Errors
    /// Those of accept(2).
    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                if !platform::ACCEPTED_AS_LISTENER {
                    // This fails for a connection that has gone; its user will notice.
                    drop(prepare(&stream));
                }
                Ok((Stream::Tcp(stream), Peer::Inet(peer)))
            }
            Self::Unix(_, listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Stream::Unix(stream), peer.into()))
            }
        }
    }
}

/// A listener whose connections are [prepared](prepare). Where they inherit the listener's options,
/// this saves two calls per connection.
fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Allows a port whose last connections the system still remembers.
    socket.set_reuseaddr(true)?;
    socket.set_nodelay(true)?;
    set_socket_keepalive(&socket, true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG.into())
}

fn listen_at(path: &Path, reach: Reach) -> io::Result<UnixListener> {
    let mode = (reach == Reach::User).then(|| Mode::RUSR | Mode::WUSR);
    UnixListener::from_std(platform::listen_at(path, mode, BACKLOG.into())?.into())
}

/// Makes a TCP connection send written bytes at once, and notice within hours that the peer's machine
/// is gone. Otherwise a program that only waits for bytes would wait for ever.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    Ok(set_socket_keepalive(stream, true)?)
}

/// A connection over TCP or a Unix socket. Nagle's algorithm is off, so written bytes are sent at
/// once.
#[derive(Debug)]
pub enum Stream {
    /// TCP over IPv4 or IPv6.
    Tcp(TcpStream),
    /// A Unix stream socket.
    Unix(UnixStream),
}

impl Stream {
    /// Connects to an [`Address`].
    ///
    /// # Errors
    /// Those of connect(2).
    pub async fn connect(address: &Address) -> io::Result<Self> {
        match address {
            Address::Inet(_) => {
                let stream = TcpStream::connect(&*address.resolve().await?).await?;
                prepare(&stream)?;
                Ok(Self::Tcp(stream))
            }
            Address::Unix(path) => Ok(Self::Unix(UnixStream::connect(path).await?)),
        }
    }

    /// `recv(len(buffer), MSG_PEEK)`: the bytes that are there, without taking them; none at the end
    /// of the stream. Waits until there are some.
    ///
    /// # Errors
    /// Those of recv(2).
    pub async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.peek(buffer).await,
            Self::Unix(stream) => {
                let look = || Ok(recv(stream, &mut *buffer, RecvFlags::PEEK)?.0);
                self.async_io(Interest::READABLE, look).await
            }
        }
    }

    /// Waits until the peer has reset the connection, and returns that error. This reads nothing. It
    /// goes on waiting after a peer has only ended its stream, because that peer may still read. On a
    /// Unix stream it can't distinguish the two when the peer closes normally.
    pub async fn broken(&self) -> io::Error {
        let (ready, error) = match self {
            Self::Tcp(stream) => (stream.ready(Interest::ERROR).await, stream.take_error()),
            Self::Unix(stream) => (stream.ready(Interest::ERROR).await, stream.take_error()),
        };
        match (ready, error) {
            (Err(error), _) | (Ok(_), Err(error) | Ok(Some(error))) => error,
            // An earlier call has returned the error.
            (Ok(_), Ok(None)) => io::ErrorKind::ConnectionReset.into(),
        }
    }

    /// The user id of the program at the other end of a Unix stream (`SO_PEERCRED`): the program that
    /// connected. TCP has no such information.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn peer_uid(&self) -> io::Result<Option<u32>> {
        match self {
            Self::Tcp(_) => Ok(None),
            Self::Unix(stream) => Ok(Some(stream.peer_cred()?.uid())),
        }
    }

    /// Makes a system call of the caller once the stream is ready for it, and again as long as it
    /// answers that it would block.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn async_io<T>(
        &self,
        interest: Interest,
        call: impl FnMut() -> io::Result<T>,
    ) -> io::Result<T> {
        match self {
            Self::Tcp(stream) => stream.async_io(interest, call).await,
            Self::Unix(stream) => stream.async_io(interest, call).await,
        }
    }

    /// Makes the next close a reset: the peer gets an error instead of an orderly end. A Unix stream
    /// has no reset and closes as usual.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn reset_on_close(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_zero_linger(),
            Self::Unix(_) => Ok(()),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}

/// Does the same with either kind of stream.
macro_rules! either {
    ($stream:expr, $inner:ident => $do:expr) => {
        match $stream.get_mut() {
            Stream::Tcp($inner) => $do,
            Stream::Unix($inner) => $do,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rustix::net::sockopt::socket_keepalive;

    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_sends_at_once_and_is_kept_alive() {
        let any: Address = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::bind(&any, Reach::Machine).await.unwrap();
        let at: Address = listener.local_name().unwrap().parse().unwrap();
        let (client, accepted) = tokio::join!(Stream::connect(&at), listener.accept());
        for stream in [client.unwrap(), accepted.unwrap().0] {
            let Stream::Tcp(stream) = stream else { panic!("expected TCP") };
            assert!(stream.nodelay().unwrap());
            assert!(socket_keepalive(&stream).unwrap());
        }
    }

    #[tokio::test]
    async fn a_socket_for_this_user_alone_has_mode_0600() {
        let directory = std::env::temp_dir().join(format!("endpoint-{}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        let path = directory.join("socket");
        let address: Address = format!("unix:{}", path.display()).parse().unwrap();
        let listener = Listener::bind(&address, Reach::User).await.unwrap();
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let (client, accepted) = tokio::join!(Stream::connect(&address), listener.accept());
        let own = rustix::process::getuid().as_raw();
        assert_eq!(accepted.unwrap().0.peer_uid().unwrap(), Some(own));
        drop((client, listener));
        std::fs::remove_dir(&directory).unwrap();
    }
}
