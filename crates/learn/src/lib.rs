//! Finds the frames of a protocol in what two programs were seen to say.
//!
//! Nothing here opens a file or starts a program. What goes in is data: the streams of several plays, and
//! what the programs noted of their own calls. What comes out is a table of frames, and for each of its
//! lines what speaks for it.
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
//! A frame is guessed part by part, from its first: a number in each form that fits, JSON or text up to a
//! delimiter, and what an earlier number says the size of. A guess counts if the parser of `layout` reads
//! all streams with it, from the first byte to the last. Of several that do, the one counts for which most
//! speaks.
//!
//! | file | what |
//! |---|---|
//! | `facts.rs` | what the programs noted of their calls |
//! | `guess.rs` | a guess, and whether the streams are made of it |
//! | `heads.rs` | how a frame may begin |
//! | `grow.rs` | the search: guesses, the simplest first |
//! | `parts.rs` | which part may come next |
//! | `weigh.rs` | what speaks for a guess |
//! | `digests.rs` | which values are checksums |
//! | `names.rs` | names for the parts |
//! | `reasons.rs` | what speaks for each part, in words |
//! | `text.rs` | frames as they stand in a protocol's file |

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

/// The frames that one direction is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The frames, in order: the last one repeats, and one before it comes once.
    pub frames: Vec<Frame>,
    /// What speaks for each part of each frame.
    pub reasons: Vec<Vec<Reason>>,
    /// How many frames of the last kind were read.
    pub frame_count: usize,
}

/// A smaller difference of weights is one of rounding.
const WEIGHT_MIN: f64 = 1e-6;

/// What came nearest, where no frames were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// The guess, in a line.
    pub guess: String,
    /// Where it fails, and why.
    pub fails: String,
}

/// The frames that all of these pieces are made of. A piece is what one side says over a connection, or one
/// datagram. `None` where nothing was said. What a client sends is called `request`, what a server sends `reply`.
///
/// # Errors
/// They are made of no frames that can be described, or of none that anything speaks for; the nearest guess,
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
    // Of equal ones, the first counts: what the programs were seen to use is tried before the rest.
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
