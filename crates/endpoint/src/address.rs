//! `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `unix:PATH`.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a server listens and a client connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `HOST:PORT`, with an IPv6 address in brackets. A host name is resolved when it is used.
    Inet(String),
    /// `unix:PATH`.
    Unix(PathBuf),
}

/// Who may reach a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Programs of this machine: a `HOST:PORT` must be an address of 127.0.0.0/8 or `::1`. The
    /// umask decides who may use a Unix socket.
    Machine,
    /// Like [`Machine`](Self::Machine), but a Unix socket gets mode 0600.
    User,
    /// Any program on any machine.
    Network,
}

/// A text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected HOST:PORT, [HOST]:PORT or unix:PATH, found {found:?}: {why}")]
pub struct AddressError {
    /// The text.
    pub found: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Address {
    /// The addresses of `HOST:PORT`, IPv4 first. The tutorials' sockets are `AF_INET`, so to them
    /// `localhost` is 127.0.0.1, whichever family the system prefers.
    ///
    /// # Errors
    /// Those of getaddrinfo(3). Also, `unix:PATH` has no such address.
    pub async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let Self::Inet(text) = self else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a path is not a HOST:PORT"));
        };
        Ok(ipv4_first(tokio::net::lookup_host(text).await?.collect()))
    }

    /// Like [`resolve`](Self::resolve), for a listener. All addresses must be within the allowed
    /// reach.
    ///
    /// # Errors
    /// Those of [`resolve`](Self::resolve). An address that other machines can reach without
    /// permission gives one of kind [`InvalidInput`](io::ErrorKind::InvalidInput), which names the
    /// address.
    pub async fn resolve_within(&self, reach: Reach) -> io::Result<Vec<SocketAddr>> {
        let addresses = self.resolve().await?;
        let outside = |address: &&SocketAddr| !address.ip().to_canonical().is_loopback();
        match addresses.iter().find(outside) {
            Some(address) if reach != Reach::Network => {
                let ip = address.ip();
                let why = format!(
                    "{ip} can be reached from other machines; that takes --allow-non-loopback"
                );
                Err(io::Error::new(io::ErrorKind::InvalidInput, why))
            }
            _ => Ok(addresses),
        }
    }
}

/// Each family keeps the system's order.
fn ipv4_first(mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    addresses.sort_by_key(SocketAddr::is_ipv6);
    addresses
}

impl FromStr for Address {
    type Err = AddressError;

    /// # Errors
    /// An [`AddressError`] that says what is missing.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = |why| Err(AddressError { found: text.to_owned(), why });
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { refuse("no path") } else { Ok(Self::Unix(path.into())) };
        }
        let Some((host, port)) = text.rsplit_once(':') else { return refuse("no port") };
        if host.is_empty() {
            return refuse("no host");
        }
        if port.parse::<u16>().is_err() {
            return refuse("the port is not a number from 0 to 65535");
        }
        let bracketed = host.starts_with('[') && host.ends_with(']');
        if host.contains(':') && !bracketed {
            return refuse("an IPv6 address needs brackets");
        }
        Ok(Self::Inet(text.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(text) => f.write_str(text),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_address_is_read_and_shown_again() {
        for text in ["127.0.0.1:8080", "[::1]:0", "localhost:65535", "unix:/tmp/a b", "unix:rel"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_name_of_both_families_is_ipv4_first() {
        let both = |texts: [&str; 4]| texts.map(|text| text.parse().unwrap()).to_vec();
        assert_eq!(
            ipv4_first(both(["[::1]:9", "127.0.0.2:9", "[::2]:9", "127.0.0.1:9"])),
            both(["127.0.0.2:9", "127.0.0.1:9", "[::1]:9", "[::2]:9"])
        );
    }

    #[tokio::test]
    async fn what_others_reach_is_listened_on_only_if_that_is_wanted() {
        for (text, is_loopback) in [
            ("127.0.0.1:0", true),
            ("127.8.9.10:0", true),
            ("[::1]:0", true),
            ("[::ffff:127.0.0.1]:0", true),
            ("0.0.0.0:0", false),
            ("[::]:0", false),
            ("192.0.2.1:0", false),
            ("[::ffff:192.0.2.1]:0", false),
        ] {
            let address: Address = text.parse().unwrap();
            for reach in [Reach::Machine, Reach::User] {
                assert_eq!(address.resolve_within(reach).await.is_ok(), is_loopback, "{text}");
            }
            assert!(address.resolve_within(Reach::Network).await.is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        for (text, why) in [
            ("", "no port"),
            ("8080", "no port"),
            (":8080", "no host"),
            ("a:b", "the port is not a number from 0 to 65535"),
            ("127.0.0.1:65536", "the port is not a number from 0 to 65535"),
            ("::1:8080", "an IPv6 address needs brackets"),
            ("unix:", "no path"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap_err().why, why, "{text}");
        }
    }
}
