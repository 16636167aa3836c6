//! Checks the traffic of two programs against the frames of a protocol, as it arrives. No I/O.
//!
//! `framecheck audit` feeds it from a capture, `framecheck proxy` from the connections that it relays. It
//! judges frames, not values, so it ignores masks. It stores no stream.
//!
//! | file | what |
//! |---|---|
//! | `frames.rs` | the frames of a protocol's traffic |
//! | `connection.rs` | a connection: both directions, and their findings |
//! | `side.rs` | one direction of a connection |
//! | `places.rs` | finds the packet that brought a byte |
//! | `findings.rs` | the findings |
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
