//! A server that runs already: its address, and whether it is still up.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use model::Endpoint;

use crate::network::{Connection, DatagramSocket};
use crate::platform::{self, Place};

/// How long a server may take to accept a test connection.
const ACCEPTING: Duration = Duration::from_secs(5);
/// How long to wait for a refusal, where no connection shows whether the server is up.
const REFUSING: Duration = Duration::from_millis(200);
/// The maximum length of a socket's path.
const PATH_MAX_BYTES: usize = 107;

/// A server that framecheck does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its address.
    pub at: Endpoint,
    /// The address as the manifest writes it.
    pub told: String,
    /// Whether it may get several cases at once.
    pub parallel: bool,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.to_string();
        if at == self.told { f.write_str(&at) } else { write!(f, "{} ({at})", self.told) }
    }
}

impl Target {
    /// The server at `HOST:PORT`, where the host may be a name, or at `unix:PATH`, relative to `base`. Of a
    /// name's addresses, uses the first IPv4 address, or else the first.
    ///
    /// # Errors
    ///
    /// Why the text is not an address to connect to, and an example of one.
    pub fn parse(told: &str, base: &Path, parallel: bool) -> Result<Self, (String, &'static str)> {
        let at = match told.strip_prefix("unix:") {
            Some(path) => socket_path(path, base)?,
            None => Endpoint::Inet(address(told)?),
        };
        Ok(Self { at, told: told.to_owned(), parallel })
    }

    /// Whether the address can only be on this machine.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        match &self.at {
            Endpoint::Inet(address) => address.ip().to_canonical().is_loopback(),
            Endpoint::Path(_) => true,
        }
    }

    /// Checks that it is up. Asks the kernel, if possible, and otherwise connects.
    ///
    /// # Errors
    ///
    /// The reason why it can't be reached.
    pub async fn is_up(&self, is_datagram: bool) -> io::Result<()> {
        if self.is_seen(is_datagram) { Ok(()) } else { self.answers(is_datagram).await }
    }

    /// Checks that it is up by connecting to it.
    ///
    /// # Errors
    ///
    /// The reason why it can't be reached.
    pub(crate) async fn answers(&self, is_datagram: bool) -> io::Result<()> {
        if is_datagram {
            return self.is_not_refused().await;
        }
        let here = Place::default();
        let connecting = Connection::open(&self.at, &here, None);
        match tokio::time::timeout(ACCEPTING, connecting).await {
            Ok(connected) => connected.map(drop),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Whether this machine's kernel knows that a process listens there.
    pub(crate) fn is_seen(&self, is_datagram: bool) -> bool {
        match &self.at {
            Endpoint::Inet(_) if !self.is_on_this_machine() => false,
            Endpoint::Inet(address) => {
                platform::is_served(*address, is_datagram).unwrap_or_default()
            }
            Endpoint::Path(_) => false,
        }
    }

    /// If no process is there, an empty datagram is refused. If nothing comes back, the result is unknown.
    async fn is_not_refused(&self) -> io::Result<()> {
        let Endpoint::Inet(address) = &self.at else {
            return DatagramSocket::is_bound(&self.at);
        };
        let any: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = tokio::net::UdpSocket::bind((any, 0)).await?;
        socket.connect(address).await?;
        socket.send(&[]).await?;
        match tokio::time::timeout(REFUSING, socket.recv(&mut [0])).await {
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err(error),
            _ => Ok(()),
        }
    }
}

fn socket_path(path: &str, base: &Path) -> Result<Endpoint, (String, &'static str)> {
    let path = base.join(path);
    let len = path.as_os_str().len();
    if len > PATH_MAX_BYTES {
        let what =
            format!("the path of a socket has at most {PATH_MAX_BYTES} bytes, this one {len}");
        return Err((what, "make a link to its directory, and name that"));
    }
    Ok(Endpoint::Path(path))
}

const EXAMPLES: &str =
    "e.g. \"127.0.0.1:9000\", \"[::1]:9000\", \"device.local:9000\" or \"unix:sock\"";

fn address(told: &str) -> Result<SocketAddr, (String, &'static str)> {
    let no_address = || (format!("{told:?} is not the address of a server"), EXAMPLES);
    let address = match told.parse::<SocketAddr>() {
        Ok(address) => address,
        Err(_) => {
            let (host, port) = told.rsplit_once(':').ok_or_else(no_address)?;
            let port: u16 = port.parse().map_err(|_| no_address())?;
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
            if host.is_empty() || !host.chars().all(is_name) {
                return Err(no_address());
            }
            resolved(host, port)?
        }
    };
    if address.port() == 0 {
        return Err((format!("no server is at port 0: {told:?}"), EXAMPLES));
    }
    let ip = address.ip();
    if ip.is_unspecified() {
        let what = format!("a server can listen on {ip}, but nothing can connect to it");
        return Err((what, "name the machine that it runs on, e.g. \"127.0.0.1:9000\""));
    }
    if ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return Err((format!("{ip} is not the address of one server"), EXAMPLES));
    }
    Ok(address)
}

fn resolved(host: &str, port: u16) -> Result<SocketAddr, (String, &'static str)> {
    let help = "write its address instead, e.g. \"192.0.2.7:9000\"";
    let all = (host, port).to_socket_addrs();
    let all = all.map_err(|error| (format!("no address is known of {host:?}: {error}"), help))?;
    let all: Vec<SocketAddr> = all.collect();
    let first = all.iter().find(|address| address.is_ipv4()).or(all.first());
    first.copied().ok_or_else(|| (format!("no address is known of {host:?}"), help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(told: &str) -> Result<Target, String> {
        Target::parse(told, Path::new("/base"), false).map_err(|(what, _)| what)
    }

    #[test]
    fn addresses_names_and_paths_are_taken() {
        for (told, at, is_here) in [
            ("127.0.0.1:9000", "127.0.0.1:9000", true),
            ("[::1]:9000", "[::1]:9000", true),
            ("[::ffff:127.0.0.1]:9000", "[::ffff:127.0.0.1]:9000", true),
            ("192.0.2.7:9000", "192.0.2.7:9000", false),
            ("unix:run/sock", "unix:/base/run/sock", true),
        ] {
            let target = parsed(told).unwrap();
            assert_eq!(
                (target.at.to_string(), target.is_on_this_machine()),
                (at.to_owned(), is_here)
            );
        }
        let named = parsed("localhost:9000").unwrap();
        assert!(named.is_on_this_machine());
        assert_eq!(named.to_string(), format!("localhost:9000 ({})", named.at));
    }

    #[test]
    fn what_no_server_can_be_reached_at_is_refused_with_the_reason() {
        for (told, why) in [
            ("9000", "not the address of a server"),
            (":9000", "not the address of a server"),
            ("::1:9000", "not the address of a server"),
            ("127.0.0.1:99999", "not the address of a server"),
            ("127.0.0.1:0", "port 0"),
            ("0.0.0.0:9000", "nothing can connect to it"),
            ("[::]:9000", "nothing can connect to it"),
            ("239.0.0.1:9000", "one server"),
            ("no-such-host.invalid:9000", "no address is known of"),
            (&format!("unix:{}", "x".repeat(108)), "at most 107 bytes"),
        ] {
            let refused = parsed(told).unwrap_err();
            assert!(refused.contains(why), "{told}: {refused}");
        }
    }

    #[tokio::test]
    async fn a_server_is_up_while_it_listens() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap().to_string();
        let target = parsed(&at).unwrap();
        target.is_up(false).await.unwrap();
        drop(listener);
        let gone = target.is_up(false).await.unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::ConnectionRefused);
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let target = parsed(&socket.local_addr().unwrap().to_string()).unwrap();
        target.is_up(true).await.unwrap();
        drop(socket);
        let gone = target.is_up(true).await.unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::ConnectionRefused);
    }
}
