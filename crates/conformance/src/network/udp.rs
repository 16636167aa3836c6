//! The recorder between a client and a server that speak UDP.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::watch;

use super::{Patience, Recording};
use crate::observation::{Direction, Stop, WireItem};

/// The longest datagram there is.
const DATAGRAM_MAX_BYTES: usize = 64 << 10;
const LOOK_FIRST: Duration = Duration::from_micros(200);
const LOOK_LONGEST: Duration = Duration::from_millis(5);

/// Listens for the client; knows where the server will be.
#[derive(Debug)]
pub struct UdpRecorder {
    client_side: UdpSocket,
    server_side: UdpSocket,
    server: SocketAddr,
}

impl UdpRecorder {
    /// Listen for the client on a port of the kernel's choice.
    ///
    /// # Errors
    /// As bind(2) fails.
    pub async fn bind(server: SocketAddr) -> io::Result<Self> {
        let client_side = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let server_side = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self { client_side, server_side, server })
    }

    /// Where the client is to send.
    ///
    /// # Errors
    /// As getsockname(2) fails.
    pub fn client_address(&self) -> io::Result<SocketAddr> {
        self.client_side.local_addr()
    }

    /// Where the server sees datagrams come from.
    ///
    /// # Errors
    /// As getsockname(2) fails.
    pub fn seen_by_server(&self) -> io::Result<SocketAddr> {
        self.server_side.local_addr()
    }

    /// Pass datagrams on, both ways, until `patience` has ended.
    ///
    /// # Errors
    /// None today; the type is that of every recorder.
    pub async fn pass(
        self,
        recording: Recording,
        mut patience: watch::Receiver<Patience>,
    ) -> Result<(), Stop> {
        tokio::select! {
            () = self.pass_all(&recording) => {}
            _ = patience.wait_for(|patience| *patience == Patience::None) => {}
        }
        Ok(())
    }

    async fn pass_all(&self, recording: &Recording) {
        let (mut up, mut down) = (vec![0; DATAGRAM_MAX_BYTES], vec![0; DATAGRAM_MAX_BYTES]);
        let mut client = None;
        loop {
            // A refused datagram comes back as an error of the next call; the peer that refused
            // it has ended, which its own exit tells.
            tokio::select! {
                Ok((len, from)) = self.client_side.recv_from(&mut up) => {
                    let bytes = up.split_at(len).0;
                    recording.segment(Direction::ToServer, bytes);
                    if client.is_none() {
                        self.wait_until_up().await;
                        recording.note(Direction::ToServer, WireItem::Open);
                    }
                    client = Some(from);
                    let _ = self.server_side.send_to(bytes, self.server).await;
                }
                Ok((len, from)) = self.server_side.recv_from(&mut down) => {
                    let bytes = down.split_at(len).0;
                    if from == self.server {
                        recording.segment(Direction::ToClient, bytes);
                        if let Some(client) = client {
                            let _ = self.client_side.send_to(bytes, client).await;
                        }
                    }
                }
            }
        }
    }

    /// A datagram to a server that isn't up yet would be lost, and one sent to find out would be
    /// one too many; so look whether its port is bound.
    async fn wait_until_up(&self) {
        let mut wait = LOOK_FIRST;
        while !is_bound(self.server.port()).unwrap_or(true) {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LOOK_LONGEST);
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
