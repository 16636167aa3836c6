//! Reads recorded traffic: the TCP streams and UDP datagrams of a pcap or pcapng file.
//!
//! [`Traffic`] reads a capture from any [`Read`](std::io::Read) and is an iterator of [`Event`]s. It knows no
//! protocols above TCP and UDP. It stores neither the capture nor a stream: with the default [`Limits`], any
//! capture takes less than 24 MiB of memory.
//!
//! ```no_run
//! use traffic::{Options, Traffic, What};
//!
//! let file = std::fs::File::open("wire.pcapng")?;
//! let options = Options { server: Some("127.0.0.1:9000".parse()?), ..Options::default() };
//! let mut traffic = Traffic::new(file, options)?;
//! for event in traffic.by_ref() {
//!     let event = event?;
//!     if let What::Bytes { offset, data, .. } = &event.what {
//!         println!("{:?} {offset}: {} bytes", event.direction, data.len());
//!     }
//! }
//! if let Some(cut) = traffic.summary().cut_short {
//!     println!("the capture stops inside packet {}", cut.packet);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is read
//!
//! - **Files**: pcap in both byte orders, with micro- and nanoseconds; pcapng with several sections and
//!   interfaces, enhanced and simple packets. No compressed files.
//! - **Links**: Ethernet with VLAN tags, Linux cooked v1 and v2, raw IP, BSD loopback.
//! - **IP**: version 4, and version 6 with extension headers. Fragments are reassembled, 32 packets at once. If
//!   other fragments of its packet are missing, a fragment is dropped and counted in the [`Summary`]. TCP then
//!   has a gap.
//! - **Checksums** are not checked: a network card may fill them in after the capture.
//!
//! # Connections
//!
//! A TCP connection lasts from its SYN to its two ends. A SYN between the same ports begins a new connection if
//! it comes after an end or has another sequence number. If its SYN is missing, a connection begins with its
//! first payload. All datagrams between two UDP ports are one connection.
//!
//! The client is the side that sent the SYN. If the SYN is missing, the server is the one in
//! [`Options::server`], or else the side that sends second.
//!
//! framecheck's `wire.pcapng` shows each connection twice, as the recorder is between the client and the
//! server. Both appear as separate connections, as their addresses differ:
//!
//! ```text
//! client 127.0.0.1:50000  ->  recorder 127.0.0.2:10080     what the client sent and received
//! recorder 127.0.0.2:50000  ->  server 127.0.0.3:10080     what the server received and sent
//! ```
//!
//! So `--server 127.0.0.3` reads only the server's side, and `--server 127.0.0.2` only the client's.
//!
//! # What is lost
//!
//! A capture may lack bytes that were sent: the machine was too busy to record a packet, or recorded only its
//! first bytes. They are reported as [`What::Lost`], and later bytes keep their offsets. A gap counts as lost
//! in four cases: the receiver has acknowledged it and [`Limits::patience_packets`] have followed; the receiver
//! has acknowledged the sender's FIN; [`Limits::held_bytes`] are held after it; or the capture ends. Bytes that
//! appear twice are delivered once, in their first version. Acknowledgements alone can also reveal lost bytes.

mod capture;
mod connection;
mod copies;
mod error;
mod event;
mod fragments;
mod options;
mod packet;
mod stream;
mod table;
mod traffic;

pub use error::{CaptureError, CutShort, Damage};
pub use event::{Direction, End, Event, Transport, What};
pub use options::{Limits, NotAServer, Options, Server};
pub use traffic::{Summary, Traffic};
