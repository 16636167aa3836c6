//! A guess of the frames of a direction, and the test whether the data match it.

use std::collections::BTreeSet;

use layout::{Direction, Frame, Item, Layout, Reading, read};

/// The kind of transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// As a stream.
    Stream,
    /// As datagrams; each is one frame.
    Datagrams,
}

/// The data of one side over a connection, or one datagram.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Piece {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The offsets before which the other side sent something, in ascending order.
    pub turns: Vec<usize>,
}

/// How many pieces are tested for each guess, and how many bytes of them.
const PIECES_MAX: usize = 200;
const BYTES_MAX: usize = 16 << 20;

/// The distinct non-empty pieces, the shortest first.
pub(crate) fn distinct(said: &[Piece]) -> Vec<&Piece> {
    let all: BTreeSet<&Piece> = said.iter().filter(|piece| !piece.bytes.is_empty()).collect();
    let mut all: Vec<&Piece> = all.into_iter().collect();
    all.sort_by_key(|piece| piece.bytes.len());
    let mut total = 0_usize;
    all.retain(|piece| {
        total += piece.bytes.len();
        total <= BYTES_MAX
    });
    all.truncate(PIECES_MAX);
    all
}

/// Frames: the last one repeats, and each earlier one occurs once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Guess {
    pub(crate) frames: Vec<Frame>,
}

/// The result of testing a guess.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    /// All data match its frames.
    Whole,
    /// Each piece begins with its frames and continues differently. Contains the first mismatch and its reason.
    Begins { at: usize, why: String },
    /// A piece does not begin with its frames.
    Not { at: usize, why: String },
}

impl Guess {
    /// The frames of each piece.
    pub(crate) fn readings(&self, pieces: &[&Piece], transport: Transport) -> Vec<Reading> {
        let layout = self.layout(transport);
        let way = Direction::ToServer;
        { pieces }
            .iter()
            .map(|piece| read(&layout, way, &piece.bytes, &piece.turns, true))
            .collect()
    }

    /// The first frame of each kind in each piece.
    pub(crate) fn first_frames(&self, pieces: &[&Piece]) -> Vec<Reading> {
        // In datagrams, no frame repeats.
        let layout = self.layout(Transport::Datagrams);
        let way = Direction::ToServer;
        { pieces }
            .iter()
            .map(|piece| read(&layout, way, &piece.bytes, &piece.turns, true))
            .collect()
    }

    /// The guess as the layout of one direction.
    pub(crate) fn layout(&self, transport: Transport) -> Layout {
        let last = self.frames.len().saturating_sub(1);
        let item = |frame: usize| {
            let repeats = frame == last && transport == Transport::Stream;
            Item { frame, repeats }
        };
        Layout {
            frames: self.frames.clone(),
            to_server: (0..self.frames.len()).map(item).collect(),
            to_client: Vec::new(),
        }
    }

    /// Tests whether all pieces match its frames, or at least begin with them.
    pub(crate) fn holds(&self, pieces: &[&Piece], transport: Transport) -> Held {
        let layout = self.layout(transport);
        let mut held = Held::Whole;
        for piece in pieces {
            let reading = read(&layout, Direction::ToServer, &piece.bytes, &piece.turns, true);
            let Some(trouble) = &reading.trouble else {
                // A checksum that matched the first frames may not be one.
                let Some(mistake) = reading.mistakes.first() else { continue };
                return Held::Not { at: mistake.at, why: mistake.to_string() };
            };
            let (at, why) = (trouble.at, trouble.to_string());
            // If frames follow one another, each must occur at least once.
            let is_begun = (0..self.frames.len()).all(|nth| {
                reading.frames.get(nth).is_some_and(|frame| frame.is_whole && frame.frame == nth)
            });
            if !is_begun {
                return Held::Not { at, why };
            }
            if held == Held::Whole {
                held = Held::Begins { at, why };
            }
        }
        held
    }
}
