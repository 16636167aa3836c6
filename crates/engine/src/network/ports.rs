//! A port for a server that no other process takes first.
//!
//! A server must be given its port. So the harness must choose a port that is free and stays free until the
//! server binds it. Four measures ensure this. The port is below the range from which the kernel takes ports
//! for connections. A bind at the server's own address has just succeeded, so no earlier connection lingers
//! there. No other framecheck on this machine uses the same block of ports: a process claims each block by a
//! unique name, which is released when the process ends in any way. And no child that is being started holds
//! the test socket (see `fork_guard`).

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use model::Endpoint;
use model::case::Transport;
use rustix::net::{AddressFamily, SocketType, bind};

use crate::platform::PortClaim;
use crate::{fork_guard, platform};

/// Lower ports are used by well-known daemons.
const LOWEST: u16 = 10_000;
/// The start of the range from which Linux takes ports, unless the system says otherwise.
const USUAL_EPHEMERAL_START: u16 = 32_768;
const BLOCK_PORTS: u16 = 256;

/// Allocates ports.
#[derive(Debug)]
pub struct Ports {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    untried_blocks: Vec<Range<u16>>,
    claims: Vec<PortClaim>,
    left: Vec<u16>,
    used: Vec<u16>,
}

/// Why no port is available.
#[derive(Debug, thiserror::Error)]
pub enum PortsError {
    /// Every port is in use, or lingers.
    #[error("no free port from {LOWEST} up on this machine")]
    NoneFree,
    /// The system refuses for another reason.
    #[error("cannot try a port: {0}")]
    Io(#[from] io::Error),
}

impl Ports {
    /// All ports between the well-known and the ephemeral ones.
    #[must_use]
    pub fn new() -> Self {
        let end = ephemeral_start();
        let mut blocks: Vec<Range<u16>> = (LOWEST..end.saturating_sub(BLOCK_PORTS))
            .step_by(usize::from(BLOCK_PORTS))
            .map(|start| start..start + BLOCK_PORTS)
            .collect();
        // Start at another block than the next process does, so that few claims fail.
        let len = blocks.len().max(1);
        blocks.rotate_left(std::process::id() as usize % len);
        let state = State {
            untried_blocks: blocks,
            claims: Vec::new(),
            left: Vec::new(),
            used: Vec::new(),
        };
        Self { state: Mutex::new(state) }
    }

    /// A port on the loopback address that a server can bind now.
    ///
    /// # Errors
    ///
    /// See [`PortsError`].
    pub fn take(&self, transport: Transport) -> Result<u16, PortsError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut came_round = false;
        loop {
            let Some(port) = state.left.pop() else {
                if !state.claim_a_block()? {
                    if came_round {
                        return Err(PortsError::NoneFree);
                    }
                    came_round = true;
                    state.left = std::mem::take(&mut state.used);
                }
                continue;
            };
            state.used.insert(0, port);
            if is_free(transport, port)? {
                return Ok(port);
            }
        }
    }
}

impl Default for Ports {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn claim_a_block(&mut self) -> io::Result<bool> {
        while let Some(block) = self.untried_blocks.pop() {
            let name = format!("framecheck-ports-{}", block.start);
            if let Some(claim) = PortClaim::take(&name)? {
                self.claims.push(claim);
                self.left = block.rev().collect();
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn is_free(transport: Transport, port: u16) -> io::Result<bool> {
    let address = SocketAddr::new(Endpoint::loopback(transport), port);
    let bound = fork_guard::alone(|| bind_exclusively(transport, address));
    match bound {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(false),
        Err(error) => Err(error),
    }
}

/// Binds without SO_REUSEADDR, which std's `TcpListener` sets and which would ignore a lingering connection.
fn bind_exclusively(transport: Transport, address: SocketAddr) -> io::Result<()> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let kind = if transport.is_datagram() { SocketType::DGRAM } else { SocketType::STREAM };
    let socket = platform::socket(family, kind)?;
    Ok(bind(&socket, &address)?)
}

fn ephemeral_start() -> u16 {
    platform::ephemeral_start()
        .filter(|start| *start > LOWEST + 2 * BLOCK_PORTS)
        .unwrap_or(USUAL_EPHEMERAL_START)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn two_processes_worth_of_ports_never_meet() {
        let (one, other) = (Ports::new(), Ports::new());
        let mut seen = HashSet::new();
        for _ in 0..300 {
            assert!(seen.insert(one.take(Transport::Tcp4).unwrap()));
            assert!(seen.insert(other.take(Transport::Tcp4).unwrap()));
        }
    }

    #[test]
    fn a_taken_port_is_passed_over() {
        let ports = Ports::new();
        let first = ports.take(Transport::Tcp4).unwrap();
        // The first port of a block. The next one is in the same block, so no other process takes it.
        let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, first + 1)).unwrap();
        assert_ne!(ports.take(Transport::Tcp4).unwrap(), first + 1);
    }
}
