//! All observations of a case.

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

    /// The other role.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Server => Self::Client,
            Self::Client => Self::Server,
        }
    }

    /// The direction in which it sends.
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

/// The traffic, and how both programs ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The traffic, in the order in which it was seen.
    pub wire: WireLog,
    /// How the server ended.
    pub server: PeerEnd,
    /// How the client ended.
    pub client: PeerEnd,
    /// Where a server listened instead, if it was never reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listening_elsewhere: Vec<String>,
    /// Set if the harness had to end the case itself.
    pub stopped: Option<Stop>,
    /// The processor time that the two programs used after the traffic stopped, if it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_rest: Option<AtRest>,
    /// The positive control: the result of a correct client over an undisturbed network, after everything else.
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

/// The data of [`Observation::at_rest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtRest {
    /// When the rest was recognised, on the wire's clock.
    #[serde(serialize_with = "as_seconds", deserialize_with = "from_seconds")]
    pub at: Duration,
    /// Processor time of the server.
    #[serde(serialize_with = "as_seconds", deserialize_with = "from_seconds")]
    pub server: Duration,
    /// Processor time of the client.
    #[serde(serialize_with = "as_seconds", deserialize_with = "from_seconds")]
    pub client: Duration,
}

/// The data of [`Observation::control`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// The traffic.
    pub wire: WireLog,
    /// How the client ended.
    pub client: PeerEnd,
    /// Whether the harness had to end it.
    pub overdue: bool,
    /// The server's files when the client came, if the server was at rest before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub server_files: BTreeMap<String, Blob>,
}

/// What is awaited of a server that must close the connection after its client has ended.
pub const SERVER_CLOSE: &str = "the server to close the connection";

/// The beginning of what is awaited if a server's readiness sign did not come. Then no client was started.
pub const SERVER_READY: &str = "the server to be ready";

/// Why the harness ended a case before the peers did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why", content = "what")]
pub enum Stop {
    /// The deadline passed while this was awaited.
    Deadline(String),
    /// A known hang happened: there was no more traffic.
    Quiet,
    /// A peer sent more than the limit.
    Flood(Role),
    /// A peer printed more than the limit.
    Babble(Role),
    /// There was no traffic for a long time, and both programs sleep.
    Idle,
    /// A peer keeps a processor busy without any traffic.
    Spins(Role),
}

impl Stop {
    /// Whether the server never gave its readiness sign.
    #[must_use]
    pub fn is_unready(&self) -> bool {
        matches!(self, Self::Deadline(awaited) if awaited.starts_with(SERVER_READY))
    }
}

/// How a program ended, and what it left.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PeerEnd {
    /// How the process ended; `None` for the harness itself, which is not a process.
    pub exit: Option<Exit>,
    /// Whether it ended by itself, before the harness asked it to.
    pub by_itself: bool,
    /// Whether it was at a terminal, where standard output and standard error are one screen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_terminal: bool,
    /// Standard output. What differs between runs is replaced (see `drive`).
    pub stdout: Blob,
    /// Standard error.
    pub stderr: Blob,
    /// The files in its directory, by name in Rust's lossless debug form.
    pub files: BTreeMap<String, Blob>,
    /// Its files when it waited for more, before the harness ended it. Only for clients of the tutorials'
    /// scenarios.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_waiting: Option<BTreeMap<String, Blob>>,
    /// Its peak memory, if that was over [`MEMORY_MAX_BYTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// The names of the processes that it left running.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
}

/// The memory limit of every peer, for any input, in bytes. It includes the harness's own memory at the peer's
/// start.
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

/// What the recorder saw, in order. Datagrams count as segments.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WireLog {
    /// Every segment and every close.
    pub events: Vec<WireEvent>,
}

/// An event on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireEvent {
    /// The time since the case began.
    #[serde(serialize_with = "as_seconds", deserialize_with = "from_seconds")]
    pub at: Duration,
    /// The number of the connection in the case, from 0. Several clients may come one after another.
    pub connection: u32,
    /// Its direction.
    pub direction: Direction,
    /// What it was.
    pub what: WireItem,
}

/// The kind of a [`WireEvent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireItem {
    /// The client has connected.
    Connect,
    /// The server has accepted.
    Open,
    /// Bytes, or one datagram.
    Segment(Blob),
    /// The sender ended its stream.
    Fin,
    /// The sender reset the connection.
    Reset,
    /// If the network disturbs: bytes, or one datagram, as the receiver got them.
    Delivered(Blob),
    /// The network injected its fault in this direction.
    Fault,
}

impl WireLog {
    /// All bytes of one direction, without their cuts; those of the first connection come first.
    #[must_use]
    pub fn stream(&self, direction: Direction) -> Vec<u8> {
        let connections = self.events.iter().map(|event| event.connection).max().unwrap_or(0);
        (0..=connections)
            .flat_map(|connection| self.segments_of(connection, direction).flatten().copied())
            .collect()
    }

    /// The segments, or datagrams, of one direction, in the order of time.
    pub fn segments(&self, direction: Direction) -> impl Iterator<Item = &[u8]> {
        self.events.iter().filter_map(move |event| event.segment(direction))
    }

    fn segments_of(&self, connection: u32, direction: Direction) -> impl Iterator<Item = &[u8]> {
        let ours = self.events.iter().filter(move |event| event.connection == connection);
        ours.filter_map(move |event| event.segment(direction))
    }

    /// The events on connections from this number on, and the events on earlier ones.
    #[must_use]
    pub fn split(self, first: u32) -> (Self, Self) {
        let (mut before, mut after) = (Self::default(), Self::default());
        for event in self.events {
            let part = if event.connection < first { &mut before } else { &mut after };
            part.events.push(event);
        }
        (before, after)
    }

    /// The number of connections.
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

    /// Whether a client has ended its stream.
    #[must_use]
    pub fn is_ended_by_client(&self) -> bool {
        let ends = |event: &WireEvent| {
            event.what == WireItem::Fin && event.direction == Direction::ToServer
        };
        self.events.iter().any(ends)
    }

    /// Whether the server has closed all of its connections, or they were reset.
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

    /// What the receiver got in one direction of the connection with this number, piece by piece. Without a
    /// disturbance, this is what was sent.
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

    /// Whether the network has injected its fault.
    #[must_use]
    pub fn has_fault(&self) -> bool {
        self.events.iter().any(|event| event.what == WireItem::Fault)
    }

    /// The number of bytes in one direction.
    #[must_use]
    pub fn byte_count(&self, direction: Direction) -> usize {
        self.segments(direction).map(<[u8]>::len).sum()
    }
}

impl WireEvent {
    /// The bytes, if this is a segment in this direction.
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
