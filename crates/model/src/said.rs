//! A stream with the places where its sender had to wait for the other side.

use serde::{Deserialize, Serialize};

use crate::observation::{Direction, WireItem, WireLog};

/// The places where a stream is divided, as byte offsets in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaks {
    /// The other side sent something before the byte at this offset was sent.
    pub turns: Vec<usize>,
    /// A new connection begins with the byte at this offset. The first connection is not listed.
    pub connections: Vec<usize>,
}

/// A stream, a datagram or a screen, with its breaks.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// All bytes; those of one connection follow those of the one before.
    pub bytes: &'a [u8],
    /// The breaks.
    pub breaks: &'a Breaks,
}

/// What one side sends before the other does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burst {
    /// Its direction.
    pub direction: Direction,
    /// The lengths of its segments, in bytes, or of its datagrams.
    pub segments: Vec<usize>,
}

impl Burst {
    /// The number of its bytes.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        self.segments.iter().sum()
    }
}

/// The order of the senders on the first connection.
#[must_use]
pub fn bursts(log: &WireLog) -> Vec<Burst> {
    let mut bursts: Vec<Burst> = Vec::new();
    for event in log.events.iter().filter(|event| event.connection == 0) {
        let WireItem::Segment(bytes) = &event.what else { continue };
        match bursts.last_mut().filter(|last| last.direction == event.direction) {
            Some(last) => last.segments.push(bytes.0.len()),
            None => {
                let segments = vec![bytes.0.len()];
                bursts.push(Burst { direction: event.direction, segments });
            }
        }
    }
    bursts
}

/// A value that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The value's path: the frame's name, the part's, and keys, joined by dots.
    pub part: String,
    /// What is right, what was found, and the explanation.
    pub what: String,
}

/// No breaks.
const WHOLE: &Breaks = &Breaks { turns: Vec::new(), connections: Vec::new() };

impl Breaks {
    /// The breaks of this direction in a log.
    ///
    /// The offsets count as in [`WireLog::stream`], which joins the connections.
    #[must_use]
    pub fn of(log: &WireLog, direction: Direction) -> Self {
        let mut breaks = Self::default();
        let mut at = 0;
        for connection in 0..log.connection_count() {
            let start = at;
            let mut was_answered = false;
            for event in log.events.iter().filter(|event| event.connection == connection) {
                let WireItem::Segment(bytes) = &event.what else { continue };
                if event.direction != direction {
                    was_answered = at > start;
                    continue;
                }
                if was_answered {
                    breaks.turns.push(at);
                    was_answered = false;
                }
                at += bytes.0.len();
            }
            if connection > 0 && at > start && start > 0 {
                breaks.connections.push(start);
            }
        }
        breaks
    }
}

impl<'a> Said<'a> {
    /// Bytes without breaks.
    #[must_use]
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, breaks: WHOLE }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::observation::WireEvent;

    #[test]
    fn turns_and_connections_are_offsets_of_the_joined_stream() {
        let (up, down) = (Direction::ToServer, Direction::ToClient);
        let said = [
            (0, up, "ab"),
            (0, down, "x"),
            (0, up, "c"),
            (1, up, "d"),
            (1, up, "e"),
            (1, down, "y"),
        ];
        let event = |(connection, direction, text): (u32, Direction, &str)| WireEvent {
            at: Duration::ZERO,
            connection,
            direction,
            what: WireItem::Segment(text.as_bytes().to_vec().into()),
        };
        let log = WireLog { events: said.map(event).to_vec() };
        let breaks = Breaks::of(&log, up);
        assert_eq!((breaks.turns, breaks.connections), (vec![2], vec![3]));
        assert_eq!(Breaks::of(&log, down).connections, [1]);
    }
}
