//! Says who went wrong first, by the order in which the recorder heard the two.

use model::observation::{Direction, Observation, Role, WireItem};
use model::{Expected, Wire};

use super::{Case, rules};
use crate::baseline::sender;

/// The program that first sent something that is not right, or left before it had sent everything.
pub(super) fn first(case: &Case<'_>, right: &Expected, seen: &Observation) -> Option<Role> {
    let is_stream = !case.scenario.home().is_datagram();
    if is_stream && !seen.wire.is_connected() {
        return Some(Role::Client);
    }
    if is_stream && !seen.wire.is_open() {
        return Some(Role::Server);
    }
    let at = |way| went_wrong_at(right.wire(way), way, seen);
    let (client, server) = (at(Direction::ToServer), at(Direction::ToClient));
    match (client, server) {
        (None, None) => None,
        (Some(_), None) => Some(sender(Direction::ToServer)),
        (None, Some(_)) => Some(sender(Direction::ToClient)),
        (Some(client), Some(server)) if client < server => Some(Role::Client),
        (Some(client), Some(server)) if server < client => Some(Role::Server),
        // Neither said that it had left: one of the two should have gone on.
        _ => rules::is_due(case, &seen.wire),
    }
}

/// The number of the event by which what goes this way is not right any more.
fn went_wrong_at(right: &Wire, way: Direction, seen: &Observation) -> Option<usize> {
    let events = &seen.wire.events;
    let parts = |sent: usize| {
        let mut done = 0;
        events.iter().position(|event| match &event.what {
            WireItem::Segment(bytes) if event.direction == way => {
                done += match right {
                    Wire::Stream(_) => bytes.0.len(),
                    Wire::Datagrams(_) => 1,
                };
                done > sent
            }
            _ => false,
        })
    };
    let (equal, whole) = match (right, right.like(seen, way)) {
        (Wire::Stream(right), Wire::Stream(seen)) => (common(&right.0, &seen.0), right == &seen),
        (Wire::Datagrams(right), Wire::Datagrams(seen)) => (common(right, &seen), right == &seen),
        _ => return None,
    };
    if whole {
        return None;
    }
    let leaves = |what: &WireItem| matches!(what, WireItem::Fin | WireItem::Reset);
    let left = || events.iter().position(|event| event.direction == way && leaves(&event.what));
    Some(parts(equal).or_else(left).unwrap_or(events.len()))
}

fn common<T: PartialEq>(one: &[T], other: &[T]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
