//! Ports: the ephemeral range, claims of blocks, and whether a port is bound.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

/// The first port of the range from which the kernel takes ports for connections.
pub(crate) fn ephemeral_start() -> Option<u16> {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    range.split_whitespace().next()?.parse().ok()
}

/// A name that only one process of this machine can have at a time: that of an abstract socket. It is released
/// when the process ends in any way.
#[derive(Debug)]
pub(crate) struct PortClaim {
    _socket: UnixDatagram,
}

impl PortClaim {
    /// Claims the name; `None` if another process has it.
    ///
    /// # Errors
    ///
    /// bind(2) failed for another reason.
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
///
/// The kernel does not say.
pub(crate) fn udp_is_bound(port: u16) -> io::Result<bool> {
    udp_is_bound_in(Path::new("/proc/net"), port)
}

/// The same for the network namespace whose tables are in this directory.
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
