//! What an audit has found: mistakes, what could not be judged, and counts. Data alone.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use layout::Direction;
use serde::Serialize;
use traffic::Transport;

use super::places::Place;

/// So many mistakes are kept; more are counted.
pub(super) const MISTAKES_MAX: usize = 10_000;
/// So many directions are listed in JUnit; more are counted.
pub(super) const DIRECTIONS_MAX: usize = 10_000;
/// Of what was found, so many characters are shown.
const TEXT_MAX: usize = 200;

/// A connection, as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct About {
    /// 0 for the first that the capture shows.
    pub(super) number: u64,
    pub(super) transport: Transport,
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
}

impl About {
    /// `client A to server B`, or the other way round.
    pub(super) fn way(&self, direction: Direction) -> String {
        let Self { client, server, .. } = self;
        match direction {
            Direction::ToServer => format!("client {client} to server {server}"),
            Direction::ToClient => format!("server {server} to client {client}"),
        }
    }
}

/// What is wrong in a direction, before it is known whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) place: Place,
    /// Offset in the stream, or in the datagram.
    pub(super) offset: usize,
    /// Which frame of the direction, from 1.
    pub(super) frame: u64,
    /// The dotted path of the value; empty between two frames.
    pub(super) path: String,
    pub(super) expected: String,
    pub(super) found: String,
}

/// A place at which traffic is not made of the frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) about: About,
    pub(super) direction: Direction,
    pub(super) wrong: Wrong,
}

/// Why something is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Why {
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
}

impl Why {
    pub(super) const fn words(self) -> &'static str {
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
        }
    }

    /// Whether the protocol file has nothing to say about it.
    pub(super) const fn is_outside(self) -> bool {
        matches!(self, Self::NotFramed | Self::OtherTransport)
    }
}

/// How much is not judged for a reason, and where it was met first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotJudged {
    pub(super) directions: u64,
    pub(super) bytes: u64,
    pub(super) packet: u64,
    pub(super) about: About,
    pub(super) direction: Direction,
}

/// What became of a direction of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) about: About,
    pub(super) direction: Direction,
    /// How many frames were whole.
    pub(super) frames: u64,
    pub(super) mistakes: u64,
    /// The first of its mistakes, by index, if it was kept.
    pub(super) first: Option<usize>,
    pub(super) why: Option<Why>,
}

/// All that was found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// How many connections of TCP there are, and between how many pairs of UDP ports datagrams went.
    pub(super) connections: [u64; 2],
    /// How many frames of each index were whole, to the server and to the client.
    pub(super) frames: [Vec<u64>; 2],
    /// How many directions keep to the frames, as far as the capture goes.
    pub(super) kept: u64,
    /// How many have a mistake.
    pub(super) broken: u64,
    /// How many were judged in part, or not at all, and have no mistake.
    pub(super) unknown: u64,
    /// How many the protocol file says nothing about.
    pub(super) outside: u64,
    /// How many bytes were judged.
    pub(super) judged_bytes: u64,
    pub(super) mistakes: Vec<Mistake>,
    /// How many mistakes there are, those included that are not kept.
    pub(super) mistakes_in_all: u64,
    pub(super) not_judged: BTreeMap<Why, NotJudged>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) outcomes_left_out: u64,
}

impl Findings {
    /// Adds a mistake. The answer is its index, if it is kept.
    pub(super) fn add(&mut self, mistake: Mistake) -> Option<usize> {
        self.mistakes_in_all += 1;
        let index = self.mistakes.len();
        (index < MISTAKES_MAX).then(|| {
            self.mistakes.push(mistake);
            index
        })
    }

    /// Adds a whole frame.
    pub(super) fn count(&mut self, direction: Direction, frame: usize) {
        let [to_server, to_client] = &mut self.frames;
        let counts = if direction == Direction::ToServer { to_server } else { to_client };
        if counts.len() <= frame {
            counts.resize(frame + 1, 0);
        }
        if let Some(count) = counts.get_mut(frame) {
            *count += 1;
        }
    }

    /// Adds what could not be judged of a direction.
    pub(super) fn leave(&mut self, why: Why, first: NotJudged) {
        let entry = self.not_judged.entry(why);
        let entry = entry.or_insert(NotJudged { directions: 0, bytes: 0, ..first });
        entry.directions += first.directions;
        entry.bytes += first.bytes;
    }

    /// Adds a direction that is over.
    pub(super) fn end(&mut self, outcome: Outcome) {
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
    pub(super) fn has_traffic(&self) -> bool {
        self.kept + self.broken > 0 || self.not_judged.keys().any(|why| *why != Why::OtherTransport)
    }
}

/// A text that is not too long to show.
pub(super) fn shortened(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A direction's name in reports.
pub(super) const fn name(direction: Direction) -> &'static str {
    match direction {
        Direction::ToServer => "to-server",
        Direction::ToClient => "to-client",
    }
}
