//! The recorder between the two peers, and the addresses that they use.
//!
//! The recorder listens before either peer starts, and retries the server until it is up. It relays and records
//! everything. Its two sides may use different transports. It knows no protocol.

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
