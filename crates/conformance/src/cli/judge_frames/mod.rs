//! Holds what two programs say to each other against the frames of a protocol, as it comes. No I/O.
//!
//! `framecheck audit` feeds it from a capture, `framecheck proxy` from the connections that it passes on. It
//! judges frames, not values: masks say nothing here. It keeps no stream.
//!
//! | file | what |
//! |---|---|
//! | `frames.rs` | what the traffic of a protocol is made of |
//! | `connection.rs` | a connection: both directions, and what was found in each |
//! | `side.rs` | one direction of a connection |
//! | `places.rs` | which packet a byte came in |
//! | `findings.rs` | what was found |
//! | `words.rs`, `forms.rs` | parts of the reports: for people, and for programs |

mod connection;
mod findings;
mod forms;
mod frames;
mod places;
mod side;
mod words;

pub(super) use connection::{Closed, Connection, Ended, HELD_MAX_BYTES, Judging};
pub(super) use findings::{About, Findings, MISTAKES_MAX, Mistake, Why, name};
pub(super) use forms::{frames_json, left_out_json, mistake_json, test_case};
pub(super) use frames::Frames;
#[cfg(test)]
pub(super) use places::Place;
pub(super) use side::{Chunk, News};
pub(super) use words::{counted, frame_lines, not_judged_lines, verdict};
