//! What errata look for in an observation.

use model::observation::{Direction, Observation, WireEvent, WireItem};
use model::{Expected, Wire};

/// Whether all the right bytes have gone in this direction.
pub(crate) fn arrived(right: &Expected, seen: &Observation, direction: Direction) -> bool {
    match right.wire(direction) {
        Wire::Stream(bytes) => seen.wire.byte_count(direction) >= bytes.0.len(),
        Wire::Datagrams(datagrams) => seen.wire.segments(direction).count() >= datagrams.len(),
    }
}

/// Whether the server has reset a connection.
pub(crate) fn reset_by_server(seen: &Observation) -> bool {
    reset_by(seen, Direction::ToClient)
}

/// Whether the sender of this direction has reset a connection.
pub(crate) fn reset_by(seen: &Observation, direction: Direction) -> bool {
    let reset = |event: &WireEvent| event.direction == direction && event.what == WireItem::Reset;
    seen.wire.events.iter().any(reset)
}

/// Whether the last line of a traceback names one of these exceptions.
pub(crate) fn ended_with(stderr: &[u8], exceptions: &[&str]) -> bool {
    let last = stderr.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or(stderr);
    exceptions.iter().any(|exception| last.starts_with(exception.as_bytes()))
}
