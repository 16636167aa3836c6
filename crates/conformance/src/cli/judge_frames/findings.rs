//! The findings: violations, what could not be judged, and counts. Data only.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use layout::Direction;
use serde::Serialize;
use traffic::Transport;

use super::connection::Closed;
use super::places::Place;

/// At most this many violations are kept; the rest are only counted.
pub(in crate::cli) const MISTAKES_MAX: usize = 10_000;
/// At most this many directions are listed in JUnit; the rest are only counted.
pub(in crate::cli) const DIRECTIONS_MAX: usize = 10_000;
/// At most this many characters of what was found are shown.
const TEXT_MAX: usize = 200;

/// A connection, as observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct About {
    /// The number of the connection, from 0.
    pub(in crate::cli) number: u64,
    pub(in crate::cli) transport: Transport,
    pub(in crate::cli) client: SocketAddr,
    pub(in crate::cli) server: SocketAddr,
}

impl About {
    /// `client A to server B`, or the reverse.
    pub(in crate::cli) fn way(&self, direction: Direction) -> String {
        let Self { client, server, .. } = self;
        match direction {
            Direction::ToServer => format!("client {client} to server {server}"),
            Direction::ToClient => format!("server {server} to client {client}"),
        }
    }
}

/// What is wrong in a direction; the connection is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Wrong {
    pub(in crate::cli) place: Place,
    /// The offset in the stream, or in the datagram.
    pub(in crate::cli) offset: usize,
    /// The number of the frame in the direction, from 1.
    pub(in crate::cli) frame: u64,
    /// The dotted path of the value; empty between two frames.
    pub(in crate::cli) path: String,
    pub(in crate::cli) expected: String,
    pub(in crate::cli) found: String,
    /// Whether nothing after it is judged.
    pub(in crate::cli) is_last: bool,
}

/// A place where the traffic does not match the frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Mistake {
    pub(in crate::cli) about: About,
    pub(in crate::cli) direction: Direction,
    pub(in crate::cli) wrong: Wrong,
}

/// Why something is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum Why {
    AfterMistake,
    Lost,
    NotFromStart,
    CutDatagram,
    CaptureEnds,
    ResetByReceiver,
    Replaced,
    TooMany,
    TooMuch,
    NotFramed,
    OtherTransport,
    ProxyEnds,
    Network,
}

impl Why {
    pub(in crate::cli) const fn words(self) -> &'static str {
        match self {
            Self::AfterMistake => "after a mistake, where the frame boundaries are unknown",
            Self::Lost => "the capture lost bytes; the frame boundaries after them are unknown",
            Self::NotFromStart => "the capture lacks the beginning of the connection",
            Self::CutDatagram => "the capture has only a part of the datagram",
            Self::CaptureEnds => "the capture ends inside a frame",
            Self::ResetByReceiver => "the receiver reset the connection inside a frame",
            Self::Replaced => "a new connection between the same ports began inside a frame",
            Self::TooMany => {
                "too many connections at once: judging of this one stopped inside a frame"
            }
            Self::TooMuch => "too many bytes of unfinished frames at once",
            Self::NotFramed => "the protocol file has no frames for this direction",
            Self::OtherTransport => "the protocol has another transport",
            Self::Network => "the network of --network ended the connection inside a frame",
            Self::ProxyEnds => "the proxy ended inside a frame",
        }
    }

    /// Whether the protocol file does not describe it.
    pub(in crate::cli) const fn is_outside(self) -> bool {
        matches!(self, Self::NotFramed | Self::OtherTransport)
    }
}

/// How much is not judged for one reason, and where this first happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct NotJudged {
    pub(in crate::cli) directions: u64,
    pub(in crate::cli) bytes: u64,
    pub(in crate::cli) packet: u64,
    pub(in crate::cli) about: About,
    pub(in crate::cli) direction: Direction,
}

/// The result of one direction of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Outcome {
    pub(in crate::cli) about: About,
    pub(in crate::cli) direction: Direction,
    /// The number of whole frames.
    pub(in crate::cli) frames: u64,
    pub(in crate::cli) mistakes: u64,
    /// The index of its first violation, if it was kept.
    pub(in crate::cli) first: Option<usize>,
    pub(in crate::cli) why: Option<Why>,
}

/// All that was found.
#[derive(Debug, Default)]
pub(in crate::cli) struct Findings {
    /// The number of TCP connections, and the number of UDP port pairs with datagrams between them.
    pub(in crate::cli) connections: [u64; 2],
    /// The number of whole frames by frame index, to the server and to the client.
    pub(in crate::cli) frames: [Vec<u64>; 2],
    /// How many directions match the frames, as far as the capture goes.
    pub(in crate::cli) kept: u64,
    /// How many directions have a violation.
    pub(in crate::cli) broken: u64,
    /// How many directions were judged only in part or not at all, and have no violation.
    pub(in crate::cli) unknown: u64,
    /// How many directions the protocol file does not describe.
    pub(in crate::cli) outside: u64,
    /// The number of judged bytes.
    pub(in crate::cli) judged_bytes: u64,
    pub(in crate::cli) mistakes: Vec<Mistake>,
    /// The number of all violations, including those that are not kept.
    pub(in crate::cli) mistakes_in_all: u64,
    pub(in crate::cli) not_judged: BTreeMap<Why, NotJudged>,
    pub(in crate::cli) outcomes: Vec<Outcome>,
    pub(in crate::cli) outcomes_left_out: u64,
}

impl Findings {
    /// Adds a violation. Returns its index, if it is kept.
    pub(in crate::cli) fn add(&mut self, mistake: Mistake) -> Option<usize> {
        self.mistakes_in_all += 1;
        let index = self.mistakes.len();
        (index < MISTAKES_MAX).then(|| {
            self.mistakes.push(mistake);
            index
        })
    }

    /// Adds a connection that begins.
    pub(in crate::cli) const fn open(&mut self, transport: Transport) {
        let [streams, datagrams] = &mut self.connections;
        *(match transport {
            Transport::Tcp => streams,
            Transport::Udp => datagrams,
        }) += 1;
    }

    /// Adds a direction that has ended.
    pub(in crate::cli) fn close(&mut self, closed: Closed) {
        let Closed { outcome, counts, judged_bytes, not_judged } = closed;
        self.judged_bytes += judged_bytes;
        let [to_server, to_client] = &mut self.frames;
        let all = if outcome.direction == Direction::ToServer { to_server } else { to_client };
        if all.len() < counts.len() {
            all.resize(counts.len(), 0);
        }
        all.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
        if let (Some(why), Some(first)) = (outcome.why, not_judged) {
            let entry = self.not_judged.entry(why);
            let entry = entry.or_insert(NotJudged { directions: 0, bytes: 0, ..first });
            entry.directions += first.directions;
            entry.bytes += first.bytes;
        }
        self.end(outcome);
    }

    fn end(&mut self, outcome: Outcome) {
        if outcome.mistakes > 0 {
            self.broken += 1;
        } else if let Some(why) = outcome.why {
            *(if why.is_outside() { &mut self.outside } else { &mut self.unknown }) += 1;
        } else {
            self.kept += 1;
        }
        if self.outcomes.len() < DIRECTIONS_MAX {
            self.outcomes.push(outcome);
        } else {
            self.outcomes_left_out += 1;
        }
    }

    /// Whether there was any traffic that the protocol describes.
    pub(in crate::cli) fn has_traffic(&self) -> bool {
        self.kept + self.broken > 0 || self.not_judged.keys().any(|why| *why != Why::OtherTransport)
    }
}

/// A text, shortened to a length that can be shown.
pub(in crate::cli) fn shortened(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The name of a direction in reports.
pub(in crate::cli) const fn name(direction: Direction) -> &'static str {
    match direction {
        Direction::ToServer => "to-server",
        Direction::ToClient => "to-client",
    }
}
