//! Ports: where the ephemeral ones begin, who has a block, whether one is bound.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

/// The first port of the range from which the kernel takes those of connections.
pub(crate) fn ephemeral_start() -> Option<u16> {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    range.split_whitespace().next()?.parse().ok()
}

/// A name that only one process of this machine has at a time, given back when it ends, however it
/// ends: an abstract socket's.
#[derive(Debug)]
pub(crate) struct PortClaim {
    _socket: UnixDatagram,
}

impl PortClaim {
    /// The name, unless someone has it.
    ///
    /// # Errors
    /// As bind(2) fails otherwise.
    pub(crate) fn take(name: &str) -> io::Result<Option<Self>> {
        match UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name)?) {
            Ok(socket) => Ok(Some(Self { _socket: socket })),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether some UDP socket of this machine is bound to `port`.
///
/// # Errors
/// The kernel doesn't tell.
pub(crate) fn udp_is_bound(port: u16) -> io::Result<bool> {
    udp_is_bound_in(Path::new("/proc/net"), port)
}

/// The same of the network whose tables lie in this directory.
pub(super) fn udp_is_bound_in(tables: &Path, port: u16) -> io::Result<bool> {
    let v4 = std::fs::read_to_string(tables.join("udp"))?;
    let v6 = std::fs::read_to_string(tables.join("udp6")).unwrap_or_default();
    // "  sl  local_address ..." / "  12: 0100007F:1F90 ..."
    let local_port = |line: &str| {
        let (_, port) = line.split_whitespace().nth(1)?.split_once(':')?;
        u16::from_str_radix(port, 16).ok()
    };
    Ok(v4.lines().chain(v6.lines()).any(|line| local_port(line) == Some(port)))
}
