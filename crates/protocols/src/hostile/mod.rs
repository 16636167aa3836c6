//! Malformed frames: the reference's own frames, each with one thing wrong.
//!
//! The harness plays the other program. It says what the reference said, waits where the reference waited,
//! and sends a malformed frame instead of the right one. Then it half-closes.
//!
//! | file | what |
//! |---|---|
//! | `form.rs` | `[[hostile]]` of a protocol's file |
//! | `derive.rs` | what can be wrong with a frame |
//! | `steps.rs` | what the harness does to send it |

mod derive;
mod form;
mod steps;

use std::collections::BTreeSet;

pub(crate) use form::{Given, read};
use model::observation::Direction;
use model::{Breaks, Burst, Expected, Hostile, Input, Said, Vector, Wire};
use pyjson::DumpsOptions;

use crate::framing::Framing;

/// The prefix of the names of inputs in which the harness sends a malformed frame.
pub(crate) const NAME_BEGINS: &str = "hostile-";

/// What the reference did with the first fixed input.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Both streams, and where they are cut.
    pub expected: Expected,
    /// The order of speaking on the first connection.
    pub bursts: Vec<Burst>,
}

/// A value in a frame of the first fixed input that a malformed frame can change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FrameValue {
    /// The frame's name.
    pub frame: String,
    /// The path without the frame's name.
    pub path: String,
    /// Whether it is text; otherwise a whole number.
    pub is_text: bool,
}

/// The values of an exchange's frames, without checksums.
pub(crate) fn values(framing: &Framing, exchange: &Exchange) -> BTreeSet<FrameValue> {
    let mut found = BTreeSet::new();
    for way in [Direction::ToServer, Direction::ToClient] {
        let wire = exchange.expected.wire(way);
        let said: Vec<Said<'_>> = match wire {
            Wire::Stream(stream) => {
                vec![Said { bytes: &stream.0, breaks: exchange.expected.breaks(way) }]
            }
            Wire::Datagrams(all) => all.iter().map(|it| Said::whole(&it.0)).collect(),
        };
        for said in said {
            for piece in framing.pieces(way, said) {
                for frame in &piece.reading.frames {
                    found.extend(derive::values(&piece, frame));
                }
            }
        }
    }
    found
}

/// A malformed frame.
struct Wrong {
    /// The words of the input's name, which hyphens join.
    name: String,
    /// What is wrong, its value first.
    what: String,
    /// Its place: the offset of the right frame in the stream, or the number of the right datagram.
    at: usize,
    bytes: Vec<u8>,
    /// Whether it equals the right value by Python's `==`.
    is_same_value: bool,
}

/// The inputs in which the harness sends a malformed frame, made from `input` and from what the reference did
/// with it.
pub(crate) fn vectors(
    framing: &Framing,
    given: &[Given],
    input: &Input,
    exchange: &Exchange,
    may_vary: [bool; 2],
    compares_answers: bool,
) -> Vec<Vector> {
    let mut vectors = Vec::new();
    let mut names = BTreeSet::new();
    for (way, may_vary) in [Direction::ToServer, Direction::ToClient].into_iter().zip(may_vary) {
        if !framing.frames_way(way) {
            continue;
        }
        let wrongs = match exchange.expected.wire(way) {
            Wire::Stream(stream) => {
                let first = exchange.expected.breaks(way).connections.first().copied();
                let bytes = stream.0.get(..first.unwrap_or(stream.0.len())).unwrap_or_default();
                let turns = &exchange.expected.breaks(way).turns;
                let turns = turns.iter().copied().filter(|at| *at < bytes.len()).collect();
                let breaks = Breaks { turns, connections: Vec::new() };
                derive::stream(framing, way, Said { bytes, breaks: &breaks }, given)
            }
            Wire::Datagrams(datagrams) => derive::datagrams(framing, way, datagrams, given),
        };
        let spare = spare(framing, opposite(way), &exchange.expected);
        for Wrong { name, what, at, bytes, is_same_value } in wrongs {
            let wire = exchange.expected.wire(way);
            let gets_right_datagram = compares_answers && way == Direction::ToClient;
            let other = steps::Other { may_vary, spare: &spare, gets_right_datagram };
            let steps = steps::of(way, wire, &exchange.bursts, (at, bytes), &other);
            let mut full = format!("{NAME_BEGINS}{name}");
            // Two keys may give the same name.
            while !names.insert(full.clone()) {
                full.push_str("-too");
            }
            vectors.push(Vector::new(
                full,
                hostile(input, way, Hostile { what, steps, is_same_value }),
            ));
        }
    }
    vectors
}

/// By how many bytes the JSON of this direction may be shorter in another text, with the offset after each.
fn spare(framing: &Framing, way: Direction, expected: &Expected) -> Vec<(usize, usize)> {
    let Wire::Stream(stream) = expected.wire(way) else { return Vec::new() };
    let said = Said { bytes: &stream.0, breaks: expected.breaks(way) };
    let mut spare = Vec::new();
    for piece in framing.pieces(way, said) {
        for read in piece.reading.frames.iter().flat_map(|frame| &frame.parts) {
            let layout::Value::Json(value) = &read.value else { continue };
            let compact = DumpsOptions::new().separators(",", ":").ensure_ascii(false);
            let shortest = compact.dumps(value).map_or(0, |text| text.as_generalized_utf8().len());
            let fewer = read.range.len().saturating_sub(shortest);
            spare.push((piece.range.start + read.range.end, fewer));
        }
    }
    spare
}

const fn opposite(way: Direction) -> Direction {
    match way {
        Direction::ToServer => Direction::ToClient,
        Direction::ToClient => Direction::ToServer,
    }
}

/// The input, with the harness as the sender of this direction.
fn hostile(input: &Input, way: Direction, hostile: Hostile) -> Input {
    let hostile = Some(hostile);
    match way {
        Direction::ToServer => Input { raw: true, lines: Vec::new(), hostile, ..input.clone() },
        Direction::ToClient => {
            Input { served: Some(Vec::new()), server_lines: Vec::new(), hostile, ..input.clone() }
        }
    }
}
