//! What a capture says: the events of its connections. Data alone.

use std::net::SocketAddr;
use std::time::Duration;

/// One thing that happened on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The connection's number: 0 for the first that the capture shows.
    pub connection: u64,
    /// Which way it goes.
    pub direction: Direction,
    /// The number of the packet that it comes from, from 1: Wireshark's frame number.
    ///
    /// For [`What::Lost`] it is the packet behind the gap, or the last one seen before the loss was
    /// certain. For an end that no packet brings, it is the last packet seen.
    pub packet: u64,
    /// The time of that packet since 1970. `None` where the capture has no times.
    pub time: Option<Duration>,
    /// What happened.
    pub what: What,
}

/// Which way something goes on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }
}

/// What carries a connection's bytes.
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
    /// The connection was seen for the first time. It is the first event of each connection.
    Open {
        /// TCP or UDP.
        transport: Transport,
        /// The client's address.
        client: SocketAddr,
        /// The server's address.
        server: SocketAddr,
        /// Whether the capture has the connection's beginning: a SYN of either side. Without it,
        /// offset 0 of each direction is where the capture begins, often inside a message. It is
        /// always true for UDP.
        seen_from_start: bool,
    },
    /// Bytes of a TCP stream, all from one packet.
    Bytes {
        /// Where they are in the stream of this direction.
        offset: u64,
        /// Where they are in the TCP payload of the packet. If IP fragments were put together, it
        /// counts in the whole, and the packet is the one that completed it.
        payload_offset: usize,
        /// The bytes, at least one.
        data: Vec<u8>,
    },
    /// Bytes of a TCP stream that were sent and are not in the capture.
    Lost {
        /// Where they are in the stream of this direction.
        offset: u64,
        /// How many they are. If the capture lacks the sender's FIN, too, the last loss of a direction may
        /// count it as one byte. `None` if nothing tells: the capture has the SYN of the other side
        /// and not of this one, so bytes may be missing in front of the first that it has. Offsets
        /// go on as if none were.
        count: Option<u64>,
    },
    /// Nothing more comes this way. It is the last event of each direction of each connection.
    End(End),
    /// A UDP datagram.
    Datagram {
        /// Its payload, as far as the capture has it.
        data: Vec<u8>,
        /// How many bytes at its end the capture does not have.
        missing: usize,
    },
}

/// Why nothing more comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// The sender said that it has finished.
    Fin,
    /// The sender reset the connection.
    Reset,
    /// The receiver reset the connection.
    ResetByReceiver,
    /// The capture ends before the connection, or is damaged behind this point.
    CaptureEnds,
    /// A new connection between the same ports began. The end of this one is not in the capture.
    Replaced,
    /// Too many connections were open at once, and this one had been idle the longest. If it goes
    /// on, it appears as a new connection that was not seen from its start.
    TooMany,
}
