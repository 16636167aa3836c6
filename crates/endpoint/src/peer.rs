//! The program at the other end of a socket.

use std::fmt;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::platform;

/// The address of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// An IP address and a port.
    Inet(SocketAddr),
    /// The path of its Unix socket.
    Path(PathBuf),
    /// The abstract name of its Unix socket, without the NUL before it.
    Abstract(Vec<u8>),
    /// A Unix socket without a name.
    Unnamed,
}

impl Peer {
    /// The address as CPython's socket module gives it and `print` shows it. For IP, this is the
    /// tuple of host and port, with four parts for IPv6. For a Unix socket, it is the path
    /// unchanged, which is empty for a connection from a socket without a name. For an abstract
    /// name, it is `bytes`. `repr_bytes` must show bytes as Python does.
    #[must_use]
    pub fn printed_by_python(&self, repr_bytes: impl Fn(&[u8]) -> String) -> String {
        match self {
            Self::Inet(SocketAddr::V4(v4)) => format!("('{}', {})", v4.ip(), v4.port()),
            Self::Inet(SocketAddr::V6(v6)) => {
                format!("('{}', {}, {}, {})", v6.ip(), v6.port(), v6.flowinfo(), v6.scope_id())
            }
            Self::Path(path) => path.display().to_string(),
            Self::Abstract(name) => repr_bytes(&[&[0], &name[..]].concat()),
            Self::Unnamed => String::new(),
        }
    }

    /// Only the host: `address[0]` of the tuple. An address that is not a tuple is returned whole.
    #[must_use]
    pub fn host_printed_by_python(&self, repr_bytes: impl Fn(&[u8]) -> String) -> String {
        match self {
            Self::Inet(address) => address.ip().to_string(),
            unix => unix.printed_by_python(repr_bytes),
        }
    }
}

impl From<tokio::net::unix::SocketAddr> for Peer {
    fn from(address: tokio::net::unix::SocketAddr) -> Self {
        let address: std::os::unix::net::SocketAddr = address.into();
        if let Some(path) = address.as_pathname() {
            return Self::Path(path.to_owned());
        }
        platform::abstract_name(&address).map_or(Self::Unnamed, Self::Abstract)
    }
}

/// The form for the log.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => address.fmt(f),
            Self::Path(path) => write!(f, "unix:{}", path.as_os_str().as_bytes().escape_ascii()),
            Self::Abstract(name) => write!(f, "unix:@{}", name.escape_ascii()),
            Self::Unnamed => f.write_str("unix:(unnamed)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_look_as_python_prints_them() {
        let printed = |peer: Peer| peer.printed_by_python(|bytes| format!("{bytes:?}"));
        assert_eq!(printed(Peer::Inet("127.0.0.1:80".parse().unwrap())), "('127.0.0.1', 80)");
        assert_eq!(printed(Peer::Inet("[::1]:80".parse().unwrap())), "('::1', 80, 0, 0)");
        assert_eq!(printed(Peer::Path("/tmp/s".into())), "/tmp/s");
        assert_eq!(printed(Peer::Abstract(vec![7])), "[0, 7]");
        assert_eq!(printed(Peer::Unnamed), "");
    }
}
