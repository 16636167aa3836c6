//! How much the system buffers for a socket before anyone says how much it should.

use std::fmt;
use std::io;

use rustix::net::sockopt::{socket_recv_buffer_size, socket_send_buffer_size};
use rustix::net::{AddressFamily, SocketType};

use crate::{Address, platform};

/// What `getsockopt` gives for a new stream socket, in bytes. Connecting changes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferSizes {
    /// `SO_SNDBUF`.
    pub send: usize,
    /// `SO_RCVBUF`.
    pub receive: usize,
}

impl BufferSizes {
    /// Those of a new socket of the family that this address is of.
    ///
    /// # Errors
    /// As getaddrinfo(3), socket(2) and getsockopt(2) fail.
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

/// A line each, as the programs show them.
impl fmt::Display for BufferSizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SO_SNDBUF {}\nSO_RCVBUF {}", self.send, self.receive)
    }
}
