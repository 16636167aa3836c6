//! What lies between the two peers: a recorder that both talk to, and the addresses they use.
//!
//! The recorder listens before either peer starts, keeps trying the server until it is up, passes
//! everything on and writes all of it down. Each side of it may speak another transport than the
//! other. It knows no protocol.

mod datagram;
mod datagram_shaper;
mod disturbance;
mod disturbed;
mod lanes;
mod log;
mod passing;
mod ports;
mod recorder;
mod relay;
mod seeded;
mod shaper;
mod socket;
mod stream;
#[cfg(test)]
mod stream_tests;

pub use disturbance::Disturbance;
pub use lanes::{Lanes, Parcel};
pub use log::{Patience, Recording};
pub use ports::{Ports, PortsError};
pub use recorder::{Recorder, Sides};
pub use relay::{End, Relay, Witness, raise_descriptor_limit, reset};
pub use socket::{Connection, DatagramSocket, Incoming, Listener, Outgoing};
