//! The recorder between a client and a server that speak datagrams.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::net::SocketAddrAny;
use tokio::sync::watch;

use super::socket::any;
use super::{DatagramSocket, Disturbance, Endpoint, Patience, Recording, Sides};
use crate::observation::{Direction, Stop, WireItem};

/// The longest datagram there is.
const DATAGRAM_MAX_BYTES: usize = 64 << 10;
const LOOK_FIRST: Duration = Duration::from_micros(200);
const LOOK_LONGEST: Duration = Duration::from_millis(5);

/// Listens for the client; knows where the server will be.
#[derive(Debug)]
pub struct DatagramRecorder {
    client_side: DatagramSocket,
    server_side: DatagramSocket,
    server: Endpoint,
    server_address: SocketAddrAny,
}

impl DatagramRecorder {
    pub(super) fn bind(sides: &Sides) -> io::Result<Self> {
        let own = match &sides.server {
            Endpoint::Path(_) => Endpoint::Path(sides.directory.join("client-0")),
            Endpoint::Inet(address) => Endpoint::Inet(SocketAddr::new(address.ip(), 0)),
        };
        Ok(Self {
            client_side: DatagramSocket::bind(&sides.listening())?,
            server_side: DatagramSocket::bind(&own)?,
            server: sides.server.clone(),
            server_address: any(&sides.server)?,
        })
    }

    pub(super) fn client_endpoint(&self) -> io::Result<Endpoint> {
        self.client_side.endpoint()
    }

    /// Pass datagrams on, both ways, until `patience` has ended.
    ///
    /// # Errors
    /// None today; the type is that of every recorder.
    pub(super) async fn pass(
        self,
        recording: Recording,
        mut patience: watch::Receiver<Patience>,
        _disturbance: Disturbance,
    ) -> Result<(), Stop> {
        if let Ok(own) = self.server_side.endpoint() {
            recording.seen_by_server(own);
        }
        tokio::select! {
            () = self.pass_all(&recording) => {}
            _ = patience.wait_for(|patience| *patience == Patience::None) => {}
        }
        Ok(())
    }

    async fn pass_all(&self, recording: &Recording) {
        let note = |direction, bytes: &[u8]| {
            recording.note(0, direction, WireItem::Segment(bytes.into()));
        };
        let (mut up, mut down) = (vec![0; DATAGRAM_MAX_BYTES], vec![0; DATAGRAM_MAX_BYTES]);
        let (mut client, mut is_up) = (None, false);
        loop {
            // A refused datagram comes back as an error of the next call; the peer that refused
            // it has ended, which its own exit tells.
            tokio::select! {
                Ok((len, from)) = self.client_side.recv_from(&mut up) => {
                    let bytes = up.split_at(len).0;
                    note(Direction::ToServer, bytes);
                    if !is_up {
                        self.wait_until_up().await;
                        recording.note(0, Direction::ToServer, WireItem::Open);
                        is_up = true;
                    }
                    client = from;
                    let _ = self.server_side.send_to(bytes, &self.server_address).await;
                }
                Ok((len, from)) = self.server_side.recv_from(&mut down) => {
                    let bytes = down.split_at(len).0;
                    if from.as_ref() == Some(&self.server_address) {
                        note(Direction::ToClient, bytes);
                        if let Some(client) = &client {
                            let _ = self.client_side.send_to(bytes, client).await;
                        }
                    }
                }
            }
        }
    }

    /// A datagram to a server that isn't up yet would be lost, and one sent to find out would be
    /// one too many; so look whether its port is bound, or its path is there.
    async fn wait_until_up(&self) {
        let mut wait = LOOK_FIRST;
        while !self.is_up() {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LOOK_LONGEST);
        }
    }

    fn is_up(&self) -> bool {
        match &self.server {
            Endpoint::Inet(address) => is_bound(address.port()).unwrap_or(true),
            Endpoint::Path(path) => path.exists(),
        }
    }
}

/// Whether some UDP socket of this machine is bound to `port` (Linux; elsewhere an error).
fn is_bound(port: u16) -> io::Result<bool> {
    let v4 = std::fs::read_to_string("/proc/net/udp")?;
    let v6 = std::fs::read_to_string("/proc/net/udp6").unwrap_or_default();
    // "  sl  local_address ..." / "  12: 0100007F:1F90 ..."
    let local_port = |line: &str| {
        let (_, port) = line.split_whitespace().nth(1)?.split_once(':')?;
        u16::from_str_radix(port, 16).ok()
    };
    Ok(v4.lines().chain(v6.lines()).any(|line| local_port(line) == Some(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_port_is_seen_and_a_free_one_is_not() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        assert!(is_bound(port).unwrap());
        drop(socket);
        assert!(!is_bound(port).unwrap());
    }
}
