//! Known defects of the reference programs.
//!
//! An erratum is no excuse: where one is triggered, the clause says what is right and everyone
//! else is held to it, and the reference must really show the defect. One that no longer happens
//! is a failure. docs/ERRATA.md is written from this list.

mod answers;
pub(super) mod buffers;
pub(super) mod chat;
pub(super) mod chat_guarded;
pub(super) mod chat_relisten;
pub(super) mod file_transfer;
mod frames;
pub(super) mod length_ack;
pub(super) mod length_prefix;
pub(super) mod line_upper;
pub(super) mod one_turn;
pub(super) mod remote_command;
mod rude_clients;
pub(super) mod sticky;
mod talk;
pub(super) mod tcp_upper;
pub(super) mod udp;

use super::{Check, Expected, Input, Step, Wire};
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
    /// Whether the program then keeps a processor busy for ever.
    pub spins: bool,
    /// How `framecheck errata` makes it happen.
    pub demo: Demo,
    /// Whether it happened.
    pub shown: fn(&Expected, &Observation) -> bool,
}

/// How a defect is made to happen. The program in its role is the reference's. What is seen is seen
/// when the client has ended, when nothing has moved for a while, or when a program keeps a
/// processor busy for nothing.
#[derive(Debug, Clone, Copy)]
pub enum Demo {
    /// By the first of the scenario's vectors that triggers it.
    Triggered,
    /// By the vector of this name, over the network of this name. The other side is the reference
    /// too, or the harness if the vector says so.
    Vector(&'static str, &'static str),
    /// By the harness on the other side, which takes these steps, over the network of this name.
    Script {
        /// The literals of the program, and what is typed at it.
        input: fn() -> Input,
        /// What the harness does.
        steps: fn() -> Vec<Step>,
        /// The network.
        network: &'static str,
    },
}

impl Demo {
    /// By the harness on the other side, over a network that does nothing. The program is the
    /// tutorial's own.
    const fn steps(steps: fn() -> Vec<Step>) -> Self {
        Self::Script { input: Input::default, steps, network: "asis" }
    }
}

impl Erratum {
    /// One that no input of the matrix is known to trigger: it is demonstrated, and where a network
    /// does harm it excuses the reference if it shows. Its entry says how to go on from here.
    pub(super) const DEMONSTRATED: Self = Self {
        id: "",
        scenario: "",
        role: Role::Server,
        trigger: "",
        happens: "",
        right: "",
        clause: "",
        triggered: Some(|_, _| false),
        waives: &[],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, _| false,
    };

    /// Whether the reference is not held to this check where it shows. A server that it ends serves
    /// nobody after that.
    #[must_use]
    pub fn waives_check(&self, check: Check) -> bool {
        let waives = |check| self.waives.contains(&check);
        let follows = matches!(check, Check::NextClient | Check::ServerStays);
        waives(check) || follows && waives(Check::ServerExit)
    }
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
    reset_by(seen, Direction::ToClient)
}

/// Whether the one whose bytes go this way has broken a connection off.
fn reset_by(seen: &Observation, direction: Direction) -> bool {
    let reset = |event: &WireEvent| event.direction == direction && event.what == WireItem::Reset;
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
