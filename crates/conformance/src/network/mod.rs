//! What lies between the two peers: a recorder that both talk to, and the ports they use.
//!
//! The recorder listens before either peer starts, keeps trying the server until it is up, passes
//! everything on and writes all of it down. It knows no protocol.

mod log;
mod ports;
mod tcp;
mod udp;

pub use log::{Patience, Recording};
pub use ports::{Ports, PortsError};
pub use tcp::TcpRecorder;
pub use udp::UdpRecorder;
