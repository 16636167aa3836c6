//! A listener and a stream that are TCP or Unix, so that no scenario has to care.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::net::sockopt::set_socket_keepalive;
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::{Address, Peer, SocketFile};

/// Listens on an [`Address`].
#[derive(Debug)]
pub enum Listener {
    /// TCP over IPv4 or IPv6.
    Tcp(TcpListener),
    /// A Unix stream socket; its file goes with it.
    Unix(UnixListener, SocketFile),
}

impl Listener {
    /// Bind and listen. A port of 0 takes a free one; see [`local_name`](Self::local_name). The
    /// file of a Unix socket that nobody listens on any more is replaced.
    ///
    /// # Errors
    /// As bind(2) and listen(2) fail.
    pub async fn bind(address: &Address) -> io::Result<Self> {
        match address {
            Address::Inet(_) => Ok(Self::Tcp(TcpListener::bind(&*address.resolve().await?).await?)),
            Address::Unix(path) => {
                let (listener, file) =
                    SocketFile::bind(path, |path| UnixListener::bind(path)).await?;
                Ok(Self::Unix(listener, file))
            }
        }
    }

    /// Where it listens, as an [`Address`] is written.
    ///
    /// # Errors
    /// As getsockname(2) fails.
    pub fn local_name(&self) -> io::Result<String> {
        match self {
            Self::Tcp(listener) => Ok(listener.local_addr()?.to_string()),
            Self::Unix(listener, _) => Ok(Peer::from(listener.local_addr()?).to_string()),
        }
    }

    /// The next client, and where it is.
    ///
    /// # Errors
    /// As accept(2) fails.
    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Stream::Tcp(prepared(stream)?), Peer::Inet(peer)))
            }
            Self::Unix(listener, _) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Stream::Unix(stream), peer.into()))
            }
        }
    }
}

/// A TCP connection that sends what is written at once, and that notices in time, in hours, that the
/// peer's machine is no more: who only waits for its bytes would wait for ever.
fn prepared(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    set_socket_keepalive(&stream, true)?;
    Ok(stream)
}

/// A connection, TCP or Unix. Nagle's algorithm is off: what is written is sent.
#[derive(Debug)]
pub enum Stream {
    /// TCP over IPv4 or IPv6.
    Tcp(TcpStream),
    /// A Unix stream socket.
    Unix(UnixStream),
}

impl Stream {
    /// Connect to an [`Address`].
    ///
    /// # Errors
    /// As connect(2) fails.
    pub async fn connect(address: &Address) -> io::Result<Self> {
        match address {
            Address::Inet(_) => {
                Ok(Self::Tcp(prepared(TcpStream::connect(&*address.resolve().await?).await?)?))
            }
            Address::Unix(path) => Ok(Self::Unix(UnixStream::connect(path).await?)),
        }
    }

    /// `recv(len(buffer), MSG_PEEK)`: what is there to be read, without reading it; nothing at the
    /// end of the stream. Waits until there is something.
    ///
    /// # Errors
    /// As recv(2) fails.
    pub async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.peek(buffer).await,
            Self::Unix(stream) => {
                let look = || Ok(recv(stream, &mut *buffer, RecvFlags::PEEK)?.0);
                stream.async_io(Interest::READABLE, look).await
            }
        }
    }

    /// Wait until the peer has broken the connection off, and give what that was. Nothing is read,
    /// and a peer that has only ended its stream goes on being waited for: it may still read. A Unix
    /// stream that is closed in order can't be told from that.
    pub async fn broken(&self) -> io::Error {
        let (ready, error) = match self {
            Self::Tcp(stream) => (stream.ready(Interest::ERROR).await, stream.take_error()),
            Self::Unix(stream) => (stream.ready(Interest::ERROR).await, stream.take_error()),
        };
        match (ready, error) {
            (Err(error), _) | (Ok(_), Err(error) | Ok(Some(error))) => error,
            // Somebody has been told before.
            (Ok(_), Ok(None)) => io::ErrorKind::ConnectionReset.into(),
        }
    }

    /// Make the next close a reset: the peer gets an error in place of an orderly end. A Unix
    /// stream has no such thing and is closed as usual.
    ///
    /// # Errors
    /// As setsockopt(2) fails.
    pub fn reset_on_close(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_zero_linger(),
            Self::Unix(_) => Ok(()),
        }
    }
}

/// Do the same with either kind of stream.
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
