//! What was found: mistakes, what could not be judged, and counts. Data alone.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use layout::Direction;
use serde::Serialize;
use traffic::Transport;

use super::connection::Closed;
use super::places::Place;

/// So many mistakes are kept; more are counted.
pub(in crate::cli) const MISTAKES_MAX: usize = 10_000;
/// So many directions are listed in JUnit; more are counted.
pub(in crate::cli) const DIRECTIONS_MAX: usize = 10_000;
/// Of what was found, so many characters are shown.
const TEXT_MAX: usize = 200;

/// A connection, as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct About {
    /// 0 for the first that was seen.
    pub(in crate::cli) number: u64,
    pub(in crate::cli) transport: Transport,
    pub(in crate::cli) client: SocketAddr,
    pub(in crate::cli) server: SocketAddr,
}

impl About {
    /// `client A to server B`, or the other way round.
    pub(in crate::cli) fn way(&self, direction: Direction) -> String {
        let Self { client, server, .. } = self;
        match direction {
            Direction::ToServer => format!("client {client} to server {server}"),
            Direction::ToClient => format!("server {server} to client {client}"),
        }
    }
}

/// What is wrong in a direction, before it is known whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Wrong {
    pub(in crate::cli) place: Place,
    /// Offset in the stream, or in the datagram.
    pub(in crate::cli) offset: usize,
    /// Which frame of the direction, from 1.
    pub(in crate::cli) frame: u64,
    /// The dotted path of the value; empty between two frames.
    pub(in crate::cli) path: String,
    pub(in crate::cli) expected: String,
    pub(in crate::cli) found: String,
    /// Whether nothing behind it is judged.
    pub(in crate::cli) is_last: bool,
}

/// A place at which traffic is not made of the frames.
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
            Self::AfterMistake => "behind a mistake, where no frame's bounds are known",
            Self::Lost => "the capture lost bytes, and the bounds of the frames behind them",
            Self::NotFromStart => "the capture does not have the connection's beginning",
            Self::CutDatagram => "the capture has only a part of the datagram",
            Self::CaptureEnds => "the capture ends inside a frame",
            Self::ResetByReceiver => "the receiver reset the connection inside a frame",
            Self::Replaced => "a new connection between the same ports began inside a frame",
            Self::TooMany => "too many connections at once: this one was given up inside a frame",
            Self::TooMuch => "too many bytes of unfinished frames at once",
            Self::NotFramed => "the protocol file has no frames for this direction",
            Self::OtherTransport => "the protocol has another transport",
            Self::Network => "the network of --network ended the connection inside a frame",
            Self::ProxyEnds => "the proxy ended inside a frame",
        }
    }

    /// Whether the protocol file has nothing to say about it.
    pub(in crate::cli) const fn is_outside(self) -> bool {
        matches!(self, Self::NotFramed | Self::OtherTransport)
    }
}

/// How much is not judged for a reason, and where it was met first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct NotJudged {
    pub(in crate::cli) directions: u64,
    pub(in crate::cli) bytes: u64,
    pub(in crate::cli) packet: u64,
    pub(in crate::cli) about: About,
    pub(in crate::cli) direction: Direction,
}

/// What became of a direction of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Outcome {
    pub(in crate::cli) about: About,
    pub(in crate::cli) direction: Direction,
    /// How many frames were whole.
    pub(in crate::cli) frames: u64,
    pub(in crate::cli) mistakes: u64,
    /// The first of its mistakes, by index, if it was kept.
    pub(in crate::cli) first: Option<usize>,
    pub(in crate::cli) why: Option<Why>,
}

/// All that was found.
#[derive(Debug, Default)]
pub(in crate::cli) struct Findings {
    /// How many connections of TCP there are, and between how many pairs of UDP ports datagrams went.
    pub(in crate::cli) connections: [u64; 2],
    /// How many frames of each index were whole, to the server and to the client.
    pub(in crate::cli) frames: [Vec<u64>; 2],
    /// How many directions keep to the frames, as far as the capture goes.
    pub(in crate::cli) kept: u64,
    /// How many have a mistake.
    pub(in crate::cli) broken: u64,
    /// How many were judged in part, or not at all, and have no mistake.
    pub(in crate::cli) unknown: u64,
    /// How many the protocol file says nothing about.
    pub(in crate::cli) outside: u64,
    /// How many bytes were judged.
    pub(in crate::cli) judged_bytes: u64,
    pub(in crate::cli) mistakes: Vec<Mistake>,
    /// How many mistakes there are, those included that are not kept.
    pub(in crate::cli) mistakes_in_all: u64,
    pub(in crate::cli) not_judged: BTreeMap<Why, NotJudged>,
    pub(in crate::cli) outcomes: Vec<Outcome>,
    pub(in crate::cli) outcomes_left_out: u64,
}

impl Findings {
    /// Adds a mistake. The answer is its index, if it is kept.
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

    /// Adds a direction that is over.
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

    /// Whether there was anything of the protocol that could have been judged.
    pub(in crate::cli) fn has_traffic(&self) -> bool {
        self.kept + self.broken > 0 || self.not_judged.keys().any(|why| *why != Why::OtherTransport)
    }
}

/// A text that is not too long to show.
pub(in crate::cli) fn shortened(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A direction's name in reports.
pub(in crate::cli) const fn name(direction: Direction) -> &'static str {
    match direction {
        Direction::ToServer => "to-server",
        Direction::ToClient => "to-client",
    }
}
