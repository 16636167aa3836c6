//! The options of a reader: what to read, and how much to keep.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// What to read, and how much to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The server. Connections to other servers are left out. `None` reads all connections.
    pub server: Option<Server>,
    /// How much may be kept.
    pub limits: Limits,
}

/// A server, by its address, its port or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// Its address. `None` stands for any.
    pub ip: Option<IpAddr>,
    /// Its port. `None` stands for any.
    pub port: Option<u16>,
}

impl Server {
    /// Whether an address is this server's.
    #[must_use]
    pub fn is(&self, address: SocketAddr) -> bool {
        self.ip.is_none_or(|ip| ip == address.ip())
            && self.port.is_none_or(|port| port == address.port())
    }
}

/// Why a text is not a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a server such as 127.0.0.1:9000, [::1]:9000, 127.0.0.1 or :9000, found {found:?}"
)]
pub struct NotAServer {
    /// The text.
    pub found: String,
}

impl FromStr for Server {
    type Err = NotAServer;

    /// Reads `127.0.0.1:9000`, `[::1]:9000`, `127.0.0.1`, `::1`, `:9000` or `9000`.
    fn from_str(text: &str) -> Result<Self, NotAServer> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { ip: Some(address.ip()), port: Some(address.port()) });
        }
        if let Ok(ip) = text.parse() {
            return Ok(Self { ip: Some(ip), port: None });
        }
        match text.strip_prefix(':').unwrap_or(text).parse() {
            Ok(port) => Ok(Self { ip: None, port: Some(port) }),
            Err(_) => Err(NotAServer { found: text.to_owned() }),
        }
    }
}

/// The limits of what a reader keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How many connections are remembered at once. Beyond it, ended connections are forgotten first. Then the
    /// connection that was idle longest ends with [`End::TooMany`](crate::End::TooMany).
    pub connections: usize,
    /// How many bytes one direction keeps after a gap. Beyond it, the gap counts as lost.
    pub held_bytes: usize,
    /// How many bytes all directions keep together. Beyond it, gaps count as lost until half is left: first
    /// those that the receiver has acknowledged, then those of the connections that were idle longest.
    pub held_bytes_in_all: usize,
    /// How many packets of a connection may follow an acknowledged gap before the gap counts as lost.
    pub patience_packets: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8192,
            held_bytes: 1 << 20,
            held_bytes_in_all: 8 << 20,
            patience_packets: 64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_from_each_form_and_nothing_else() {
        let read = |text: &str| text.parse::<Server>().map(|server| (server.ip, server.port));
        let v4 = "127.0.0.1".parse().ok();
        let v6 = "::1".parse().ok();
        assert_eq!(read("127.0.0.1:9000"), Ok((v4, Some(9000))));
        assert_eq!(read("[::1]:9000"), Ok((v6, Some(9000))));
        assert_eq!(read("127.0.0.1"), Ok((v4, None)));
        assert_eq!(read("::1"), Ok((v6, None)));
        assert_eq!(read(":9000"), Ok((None, Some(9000))));
        assert_eq!(read("9000"), Ok((None, Some(9000))));
        for wrong in ["", ":", "localhost:9000", "70000", "127.0.0.1:"] {
            assert_eq!(read(wrong), Err(NotAServer { found: wrong.to_owned() }));
        }
    }
}
