//! The address of a listening peer, on any transport.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use crate::case::Transport;

/// An address of any transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// An IP address and a port.
    Inet(SocketAddr),
    /// The path of a Unix socket.
    Path(PathBuf),
}

impl Endpoint {
    /// The loopback address of a transport over IP.
    #[must_use]
    pub const fn loopback(transport: Transport) -> IpAddr {
        match transport {
            Transport::Tcp6 | Transport::Udp6 => IpAddr::V6(Ipv6Addr::LOCALHOST),
            _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }

    /// The form of CPython's `print`: a tuple of host and port, with four parts for IPv6, or a path.
    #[must_use]
    pub fn printed_by_python(&self) -> String {
        match self {
            Self::Inet(SocketAddr::V4(v4)) => format!("('{}', {})", v4.ip(), v4.port()),
            Self::Inet(SocketAddr::V6(v6)) => {
                format!("('{}', {}, {}, {})", v6.ip(), v6.port(), v6.flowinfo(), v6.scope_id())
            }
            Self::Path(path) => path.to_string_lossy().into_owned(),
        }
    }

    /// Only the host; for a path, the whole path.
    #[must_use]
    pub fn host(&self) -> String {
        match self {
            Self::Inet(address) => address.ip().to_string(),
            Self::Path(path) => path.to_string_lossy().into_owned(),
        }
    }
}

/// `127.0.0.1:8080`, `[::1]:8080` or `unix:PATH`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => address.fmt(f),
            Self::Path(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_shown_as_python_prints_it() {
        for (endpoint, printed) in [
            (Endpoint::Inet("127.0.0.1:80".parse().unwrap()), "('127.0.0.1', 80)"),
            (Endpoint::Inet("[::1]:80".parse().unwrap()), "('::1', 80, 0, 0)"),
            (Endpoint::Path("/tmp/s".into()), "/tmp/s"),
        ] {
            assert_eq!(endpoint.printed_by_python(), printed);
        }
    }
}
