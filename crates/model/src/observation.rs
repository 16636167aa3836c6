//! All that is seen of a case.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::blob::Blob;

/// One of the two programs of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Listens.
    Server,
    /// Connects.
    Client,
}

impl Role {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Server => Self::Client,
            Self::Client => Self::Server,
        }
    }

    /// Which way what it sends goes.
    #[must_use]
    pub const fn sends(self) -> Direction {
        match self {
            Self::Server => Direction::ToClient,
            Self::Client => Direction::ToServer,
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

impl Direction {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToServer => "to-server",
            Self::ToClient => "to-client",
        }
    }
}

/// Both streams, both programs' ends, and how it came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// What travelled, in the order it was seen.
    pub wire: WireLog,
    /// How the server ended.
    pub server: PeerEnd,
    /// How the client ended.
    pub client: PeerEnd,
    /// Where a server that was never reached was found to listen instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listening_elsewhere: Vec<String>,
    /// Set when the harness had to end the case itself.
    pub stopped: Option<Stop>,
    /// What the two used of a processor while nothing moved any more, if that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_rest: Option<AtRest>,
    /// The positive control: what came of a client that did nothing wrong, over a network that did
    /// nothing wrong, after all this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Box<Control>>,
    /// Time from the start of the peers to the end of both.
    #[serde(serialize_with = "as_seconds", deserialize_with = "from_seconds")]
    pub took: Duration,
}

impl Observation {
    /// How the program in `role` ended.
    #[must_use]
    pub const fn end(&self, role: Role) -> &PeerEnd {
        match role {
            Role::Server => &self.server,
            Role::Client => &self.client,
        }
    }
}

/// See [`Observation::at_rest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtRest {
    /// When that was clear, on the clock of the wire.
    #[serde(serialize_with = "as_seconds", deserialize_with = "from_seconds")]
    pub at: Duration,
    /// Processor time of the server.
    #[serde(serialize_with = "as_seconds", deserialize_with = "from_seconds")]
    pub server: Duration,
    /// Processor time of the client.
    #[serde(serialize_with = "as_seconds", deserialize_with = "from_seconds")]
    pub client: Duration,
}

/// See [`Observation::control`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// What travelled.
    pub wire: WireLog,
    /// How the client ended.
    pub client: PeerEnd,
    /// Whether it had to be ended by the harness.
    pub overdue: bool,
    /// The server's files when it came, where the server had come to rest before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub server_files: BTreeMap<String, Blob>,
}

/// What is waited for of a server when its client has ended and it is to close the connection.
pub const SERVER_CLOSE: &str = "the server to close the connection";

/// How it begins what is waited for of a server whose sign of readiness has not come. Then no client came.
pub const SERVER_READY: &str = "the server to be ready";

/// Why the harness ended a case before the peers did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why", content = "what")]
pub enum Stop {
    /// The deadline passed while this was waited for.
    Deadline(String),
    /// A known hang was seen to happen: nothing moved any more.
    Quiet,
    /// A peer wrote more than the harness is ready to keep.
    Flood(Role),
    /// A peer wrote more to a standard stream than the harness is ready to keep.
    Babble(Role),
    /// Nothing has moved for long, and both programs sleep.
    Idle,
    /// A peer keeps a processor busy, and nothing moves.
    Spins(Role),
}

impl Stop {
    /// Whether the server never gave the sign that it is ready.
    #[must_use]
    pub fn is_unready(&self) -> bool {
        matches!(self, Self::Deadline(awaited) if awaited.starts_with(SERVER_READY))
    }
}

/// How a program ended and what it left.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PeerEnd {
    /// How the process ended; `None` for the harness itself, which is no process.
    pub exit: Option<Exit>,
    /// Whether it ended by itself, before the harness asked it to.
    pub by_itself: bool,
    /// Whether it was at a terminal, where both streams are one screen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_terminal: bool,
    /// Standard output, with what differs from run to run replaced (see `drive`).
    pub stdout: Blob,
    /// Standard error.
    pub stderr: Blob,
    /// The files in its directory, by name as shown by Rust's lossless debug form.
    pub files: BTreeMap<String, Blob>,
    /// Its files when it had come to wait for more, before it was asked to end. Only of clients of the
    /// tutorials' scenarios.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_waiting: Option<BTreeMap<String, Blob>>,
    /// The most memory it ever held, if that was over [`MEMORY_MAX_BYTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// What it left running when it ended, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
}

/// No peer may ever hold more memory than this, whatever it is sent. What the harness itself held
/// when it started the peer counts too.
pub const MEMORY_MAX_BYTES: u64 = 256 << 20;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// By exit(2) with this status.
    Status(i32),
    /// By this signal.
    Signal(i32),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::Signal(number) => match nix::sys::signal::Signal::try_from(*number) {
                Ok(signal) => write!(f, "signal {number} ({signal})"),
                Err(_) => write!(f, "signal {number}"),
            },
        }
    }
}

/// What the recorder saw, in order. Datagrams are segments too.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WireLog {
    /// Every segment and every close.
    pub events: Vec<WireEvent>,
}

/// One thing that happened on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireEvent {
    /// Since the case began.
    #[serde(serialize_with = "as_seconds", deserialize_with = "from_seconds")]
    pub at: Duration,
    /// Of the case's connections, counted from 0; several clients may come one after another.
    pub connection: u32,
    /// Which way it went.
    pub direction: Direction,
    /// What it was.
    pub what: WireItem,
}

/// See [`WireEvent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireItem {
    /// The client has connected.
    Connect,
    /// The server has accepted.
    Open,
    /// Bytes, or one datagram.
    Segment(Blob),
    /// The sender will send no more.
    Fin,
    /// The sender broke the connection off.
    Reset,
    /// Where the network disturbs: bytes, or one datagram, as the receiver is given them.
    Delivered(Blob),
    /// The network did what it is there for to what goes this way: a fault has happened.
    Fault,
}

impl WireLog {
    /// All bytes that went one way, without their cuts; those of the first connection first.
    #[must_use]
    pub fn stream(&self, direction: Direction) -> Vec<u8> {
        let connections = self.events.iter().map(|event| event.connection).max().unwrap_or(0);
        (0..=connections)
            .flat_map(|connection| self.segments_of(connection, direction).flatten().copied())
            .collect()
    }

    /// Segments, or datagrams, that went one way, in the order of time.
    pub fn segments(&self, direction: Direction) -> impl Iterator<Item = &[u8]> {
        self.events.iter().filter_map(move |event| event.segment(direction))
    }

    fn segments_of(&self, connection: u32, direction: Direction) -> impl Iterator<Item = &[u8]> {
        let ours = self.events.iter().filter(move |event| event.connection == connection);
        ours.filter_map(move |event| event.segment(direction))
    }

    /// What happened on connections from this number on, and what happened on those before.
    #[must_use]
    pub fn split(self, first: u32) -> (Self, Self) {
        let (mut before, mut after) = (Self::default(), Self::default());
        for event in self.events {
            let part = if event.connection < first { &mut before } else { &mut after };
            part.events.push(event);
        }
        (before, after)
    }

    /// How many connections there were.
    #[must_use]
    pub fn connection_count(&self) -> u32 {
        self.events.iter().map(|event| event.connection + 1).max().unwrap_or(0)
    }

    /// Whether a client has connected, or has sent a datagram.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        let is_sent = |event: &WireEvent| {
            event.direction == Direction::ToServer && matches!(event.what, WireItem::Segment(_))
        };
        self.events.iter().any(|event| event.what == WireItem::Connect || is_sent(event))
    }

    /// Whether the server was reached.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.events.iter().any(|event| event.what == WireItem::Open)
    }

    /// Whether a client has said that no more will come.
    #[must_use]
    pub fn is_ended_by_client(&self) -> bool {
        let ends = |event: &WireEvent| {
            event.what == WireItem::Fin && event.direction == Direction::ToServer
        };
        self.events.iter().any(ends)
    }

    /// Whether the server has closed every connection it had, or it is broken off altogether.
    #[must_use]
    pub fn is_closed_by_server(&self) -> bool {
        let closed = |connection: u32| {
            self.events.iter().filter(|event| event.connection == connection).any(|event| {
                match event.what {
                    WireItem::Fin => event.direction == Direction::ToClient,
                    WireItem::Reset => true,
                    _ => false,
                }
            })
        };
        let opened = self.events.iter().filter(|event| event.what == WireItem::Open);
        self.is_open() && opened.map(|event| event.connection).all(closed)
    }

    /// What the receiver was given of what went one way over the connection of this number, piece
    /// by piece. Where nothing is disturbed, that is what was sent.
    pub fn delivered(&self, connection: u32, direction: Direction) -> impl Iterator<Item = &[u8]> {
        let ours = self
            .events
            .iter()
            .filter(move |event| event.connection == connection && event.direction == direction);
        ours.filter_map(|event| match &event.what {
            WireItem::Delivered(bytes) => Some(&*bytes.0),
            _ => None,
        })
    }

    /// Whether the network has done what it is there for.
    #[must_use]
    pub fn has_fault(&self) -> bool {
        self.events.iter().any(|event| event.what == WireItem::Fault)
    }

    /// Bytes that went one way.
    #[must_use]
    pub fn byte_count(&self, direction: Direction) -> usize {
        self.segments(direction).map(<[u8]>::len).sum()
    }
}

impl WireEvent {
    /// The bytes, if it is a segment that went this way.
    fn segment(&self, direction: Direction) -> Option<&[u8]> {
        match &self.what {
            WireItem::Segment(bytes) if self.direction == direction => Some(&bytes.0),
            _ => None,
        }
    }
}

fn as_seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

fn from_seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}
