//! Known defects of the reference programs.
//!
//! An erratum is no excuse: where one is triggered, the clause says what is right and everyone
//! else is held to it, and the reference must really show the defect. One that no longer happens
//! is a failure. docs/ERRATA.md is written from this list.

pub(super) mod chat;
pub(super) mod chat_guarded;
pub(super) mod chat_relisten;
pub(super) mod length_ack;
pub(super) mod length_prefix;
pub(super) mod one_turn;
pub(super) mod remote_command;
mod talk;
pub(super) mod tcp_upper;

use super::{Check, Expected, Input, Wire};
use crate::observation::{Direction, Observation, Role, WireEvent, WireItem};

/// One defect of one reference program.
#[derive(Debug)]
pub struct Erratum {
    /// Its name: kebab-case, begins with the scenario.
    pub id: &'static str,
    /// The scenario.
    pub scenario: &'static str,
    /// The program.
    pub role: Role,
    /// What makes it show.
    pub trigger: &'static str,
    /// What happens then.
    pub happens: &'static str,
    /// What a right program does.
    pub right: &'static str,
    /// The clause that says so.
    pub clause: &'static str,
    /// Whether an input triggers it, given what is right for that input. `None` for a defect that
    /// every exchange of the scenario has; such a one is never judged, only kept out of the way.
    pub triggered: Option<fn(&Input, &Expected) -> bool>,
    /// The checks that the reference in this role is not held to when it is triggered: they show
    /// the defect, or what follows from it.
    pub waives: &'static [Check],
    /// Takes out of the program's standard output what the defect adds to it, and when is chance.
    pub tidy: Option<fn(&mut Vec<u8>)>,
    /// How the harness knows that it has happened, if the case wouldn't end by itself.
    pub sign: Option<Sign>,
    /// Whether it happened.
    pub shown: fn(&Expected, &Observation) -> bool,
}

/// What to wait for, in place of an end that won't come.
#[derive(Debug, Clone, Copy)]
pub enum Sign {
    /// The program's standard output holds this; then nothing moves any more.
    QuietAfter(&'static str),
    /// The client has said that no more will come; then nothing moves any more.
    QuietAfterEnd,
    /// The server has been reached; then nothing moves any more. For programs that show nothing.
    QuietOnceOpen,
    /// The program's standard output holds this so many times.
    Repeated(&'static str, usize),
}

/// Every erratum, in the order of the scenarios.
pub fn errata() -> impl Iterator<Item = &'static Erratum> {
    super::scenarios().iter().flat_map(|scenario| scenario.errata())
}

/// Whether everything that is right has gone this way.
pub(super) fn arrived(right: &Expected, seen: &Observation, direction: Direction) -> bool {
    match right.wire(direction) {
        Wire::Stream(bytes) => seen.wire.byte_count(direction) >= bytes.0.len(),
        Wire::Datagrams(datagrams) => seen.wire.segments(direction).count() >= datagrams.len(),
    }
}

/// Whether the server has broken a connection off.
pub(super) fn reset_by_server(seen: &Observation) -> bool {
    let reset =
        |event: &WireEvent| event.direction == Direction::ToClient && event.what == WireItem::Reset;
    seen.wire.events.iter().any(reset)
}

/// Whether the last line of a traceback names one of these exceptions.
pub(super) fn ended_with(stderr: &[u8], exceptions: &[&str]) -> bool {
    let last = stderr.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or(stderr);
    exceptions.iter().any(|exception| last.starts_with(exception.as_bytes()))
}

/// Whether `needle` occurs in `hay`.
#[must_use]
pub fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len().max(1)).any(|window| window == needle)
}

/// How often `needle` occurs in `hay`.
#[must_use]
pub fn count(hay: &[u8], needle: &[u8]) -> usize {
    hay.windows(needle.len().max(1)).filter(|window| *window == needle).count()
}
