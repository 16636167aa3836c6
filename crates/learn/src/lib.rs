//! Finds the frames of a protocol in the observed data of two programs.
//!
//! This crate opens no file and starts no program. Its input is data: the streams of several plays, and the
//! programs' records of their own calls. Its output is a table of frames, with the evidence for each of its
//! lines.
//!
//! ```
//! use learn::{Facts, Piece, Role, Transport, find};
//!
//! let piece = |bytes: &[u8]| Piece { bytes: bytes.to_vec(), turns: Vec::new() };
//! let said = [piece(b"\0\0\0\x0f{\"filesize\": 2}hi"), piece(b"\0\0\0\x0f{\"filesize\": 5}hello")];
//! let found = find(&said, Transport::Stream, &Facts::default(), Role::Client).ok().flatten();
//! let parts = &found.as_ref().and_then(|it| it.frames.first()).unwrap().parts;
//! let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
//! assert_eq!(names, ["length", "dict", "body"]);
//! ```
//!
//! # How
//! The search guesses a frame part by part, from its first: a number in each form that matches, JSON or text up
//! to a delimiter, and the parts whose size an earlier number gives. A guess is valid if the parser of `layout`
//! reads all streams with it, from the first byte to the last. Of several valid guesses, the one with the most
//! evidence wins.
//!
//! | file | what |
//! |---|---|
//! | `facts.rs` | the programs' records of their calls |
//! | `guess.rs` | a guess, and the test whether the data match it |
//! | `heads.rs` | the possible first parts of a frame |
//! | `grow.rs` | the search through guesses, the simplest first |
//! | `parts.rs` | the possible next parts |
//! | `weigh.rs` | the weight of a guess |
//! | `digests.rs` | finds checksums |
//! | `names.rs` | names for the parts |
//! | `reasons.rs` | the evidence for each part, in words |
//! | `text.rs` | frames in the form of a protocol file |

mod digests;
mod facts;
mod grow;
mod guess;
mod heads;
mod names;
mod parts;
mod reasons;
mod text;
mod weigh;

pub use facts::{Address, Facts, Role};
pub use guess::{Piece, Transport};
pub use reasons::{Reason, Sure};
pub use text::{comment, frame_text, string};

use guess::Guess;
use layout::Frame;

/// The frames of one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The frames in order: the last one repeats, and each earlier one occurs once.
    pub frames: Vec<Frame>,
    /// The evidence for each part of each frame.
    pub reasons: Vec<Vec<Reason>>,
    /// How many frames of the last kind were read.
    pub frame_count: usize,
}

/// A smaller difference of weights is a rounding error.
const WEIGHT_MIN: f64 = 1e-6;

/// The guess that matched furthest, if no frames were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// The guess on one line.
    pub guess: String,
    /// Where and why it fails.
    pub fails: String,
}

/// The frames of these pieces. A piece is the data of one side over a connection, or one datagram. `None` if no
/// data were sent. The client's frame is called `request`, the server's `reply`.
///
/// # Errors
///
/// No frames that can be described match, or no evidence supports those that match. Contains the nearest guess,
/// if there is one.
pub fn find(
    said: &[Piece],
    transport: Transport,
    facts: &Facts,
    sender: Role,
) -> Result<Option<Found>, Option<Nearest>> {
    let pieces = guess::distinct(said);
    if pieces.is_empty() {
        return Ok(None);
    }
    let mut search = grow::Search::new(&pieces, transport, facts);
    search.run();
    // Of equal guesses, the first one counts: forms that the programs were seen to use are tried first.
    let heavier = |one: grow::Weighed, other: grow::Weighed| {
        if other.weight > one.weight + WEIGHT_MIN { other } else { one }
    };
    let Some(best) = search.found.into_iter().reduce(heavier) else { return Err(search.nearest) };
    let refined = weigh::refined(best.guess, &pieces, transport);
    let guess = digests::with_digests(names::named(refined), &pieces, transport);
    Ok(Some(described(&guess, said, &pieces, transport, facts, sender)))
}

fn described(
    guess: &Guess,
    said: &[Piece],
    pieces: &[&Piece],
    transport: Transport,
    facts: &Facts,
    sender: Role,
) -> Found {
    let reasons = reasons::of(guess, pieces, transport, facts, sender);
    let name = if sender == Role::Client { "request" } else { "reply" };
    let all: Vec<&Piece> = said.iter().collect();
    let frame_count = guess.readings(&all, transport).iter().map(|it| it.frames.len()).sum();
    let mut frames = guess.frames.clone();
    let last = frames.len().saturating_sub(1);
    for (nth, frame) in frames.iter_mut().enumerate() {
        frame.name = if nth == last { name.to_owned() } else { format!("{name}-greeting") };
    }
    Found { frames, reasons, frame_count }
}
