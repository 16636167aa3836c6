//! Recorded traffic: the TCP streams and UDP datagrams of a pcap or pcapng file.
//!
//! [`Traffic`] reads a capture from any [`Read`](std::io::Read) and is an iterator of [`Event`]s. It knows
//! nothing of the protocols above TCP and UDP. It keeps neither the capture nor a stream: with the default
//! [`Limits`] it takes less than 24 MiB of memory, whatever the capture.
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
//! - **Files**: pcap in both byte orders, in micro- and nanoseconds; pcapng with several sections and
//!   interfaces, enhanced and simple packets. Nothing that is compressed.
//! - **Links**: Ethernet with VLAN tags, Linux cooked v1 and v2, raw IP, BSD loopback.
//! - **IP**: version 4, and 6 with extension headers. Fragments are put together, 32 packets at once. A
//!   fragment whose others are missing is dropped, and counted in the [`Summary`]. TCP then has a gap.
//! - **Checksums** are not looked at: a network card may fill them in after the capture.
//!
//! # Connections
//!
//! A TCP connection goes from its SYN to its two ends. A SYN between the same ports after an end, or with
//! another sequence number, begins a new connection. One whose SYN is missing begins with its first payload.
//! All datagrams between two UDP ports are one connection.
//!
//! The client sent the SYN. Without one, the server is who [`Options::server`] says, or who speaks second.
//!
//! A `wire.pcapng` of framecheck shows each connection twice, as the recorder stands between the client and
//! the server. Both appear as connections of their own, as their addresses differ:
//!
//! ```text
//! client 127.0.0.1:50000  ->  recorder 127.0.0.2:10080     what the client sent and was given
//! recorder 127.0.0.2:50000  ->  server 127.0.0.3:10080     what the server was given and sent
//! ```
//!
//! So `--server 127.0.0.3` reads the server's side alone, and `--server 127.0.0.2` the client's.
//!
//! # What is lost
//!
//! A capture may lack bytes that were sent: the machine was too busy to record a packet, or recorded its
//! first bytes only. They are [`What::Lost`], never silence: later bytes keep their offsets. A gap is lost
//! when the receiver has acknowledged it and [`Limits::patience_packets`] have followed, when the receiver
//! has acknowledged the sender's FIN, when [`Limits::held_bytes`] are held behind it, or at the end. Bytes that come twice are delivered once, as
//! they came first. Who only ever acknowledges tells of lost bytes, too.

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
