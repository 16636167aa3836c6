//! The events of a capture's connections. Data only.

use std::net::SocketAddr;
use std::time::Duration;

/// An event of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The connection's number: 0 for the first in the capture.
    pub connection: u64,
    /// Its direction.
    pub direction: Direction,
    /// The number of its packet, from 1: Wireshark's frame number.
    ///
    /// For [`What::Lost`], it is the packet after the gap, or the last packet before the loss was certain. For
    /// an end without a packet, it is the last packet.
    pub packet: u64,
    /// The time of that packet since 1970. `None` if the capture has no times.
    pub time: Option<Duration>,
    /// What happened.
    pub what: What,
}

/// A direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

impl Direction {
    /// The opposite direction.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }
}

/// The transport of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A TCP connection.
    Tcp,
    /// All datagrams between two UDP ports.
    Udp,
}

/// What happened on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The connection was seen for the first time. This is the first event of each connection.
    Open {
        /// TCP or UDP.
        transport: Transport,
        /// The client's address.
        client: SocketAddr,
        /// The server's address.
        server: SocketAddr,
        /// Whether the capture has the connection's beginning: a SYN of either side. Otherwise, offset 0 of
        /// each direction is where the capture begins, often inside a message. Always true for UDP.
        seen_from_start: bool,
    },
    /// Bytes of a TCP stream, from one packet.
    Bytes {
        /// Their offset in the stream of this direction.
        offset: u64,
        /// Their offset in the TCP payload of the packet. If IP fragments were reassembled, it is the offset in
        /// the whole, and the packet is the one that completed it.
        payload_offset: usize,
        /// The bytes, at least one.
        data: Vec<u8>,
    },
    /// Bytes of a TCP stream that were sent but are not in the capture.
    Lost {
        /// Their offset in the stream of this direction.
        offset: u64,
        /// Their number. If the capture also lacks the sender's FIN, the last loss of a direction may count it
        /// as one byte. `None` if unknown: the capture has the SYN of the other side and not of this one, so
        /// bytes may be missing before the first one. Later offsets then assume that none are missing.
        count: Option<u64>,
    },
    /// Nothing more follows in this direction. This is the last event of each direction of each connection.
    End(End),
    /// A UDP datagram.
    Datagram {
        /// Its payload, as far as it was captured.
        data: Vec<u8>,
        /// How many bytes at its end are missing.
        missing: usize,
    },
}

/// Why a direction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// The sender ended its stream.
    Fin,
    /// The sender reset the connection.
    Reset,
    /// The receiver reset the connection.
    ResetByReceiver,
    /// The capture ends before the connection does, or is damaged after this point.
    CaptureEnds,
    /// A new connection between the same ports began. The capture lacks the end of this one.
    Replaced,
    /// Too many connections were open at once, and this one was idle the longest. If it continues, it appears
    /// as a new connection that was not seen from its start.
    TooMany,
}
