//! The sizes of a socket's buffers as the system sets them, before a program changes
//! them.

use std::fmt;
use std::io;

use rustix::net::sockopt::{socket_recv_buffer_size, socket_send_buffer_size};
use rustix::net::{AddressFamily, SocketType};

use crate::{Address, platform};

/// The sizes that `getsockopt` gives for a new stream socket, in bytes. Connecting
/// changes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferSizes {
    /// `SO_SNDBUF`.
    pub send: usize,
    /// `SO_RCVBUF`.
    pub receive: usize,
}

impl BufferSizes {
    /// The sizes for a new socket of this address's family.
    ///
    /// # Errors
    /// Those of getaddrinfo(3), socket(2) and getsockopt(2).
    pub async fn at(address: &Address) -> io::Result<Self> {
        let family = match address {
            Address::Unix(_) => AddressFamily::UNIX,
            Address::Inet(_) => match address.resolve().await?.first() {
                Some(first) if first.is_ipv6() => AddressFamily::INET6,
                _ => AddressFamily::INET,
            },
        };
        let socket = platform::socket(family, SocketType::STREAM)?;
        let (send, receive) =
            (socket_send_buffer_size(&socket)?, socket_recv_buffer_size(&socket)?);
        Ok(Self { send, receive })
    }
}

/// One line each, as the programs print them.
impl fmt::Display for BufferSizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SO_SNDBUF {}\nSO_RCVBUF {}", self.send, self.receive)
    }
}
