//! Says who went wrong first, by the order in which the recorder heard the two.

use std::time::Duration;

use model::observation::{Direction, Observation, Role, Stop, WireItem};
use model::{Expected, Wire};

use super::{Case, rules};
use crate::baseline::sender;

/// Before the harness ends a case, nothing has moved for longer than this.
const QUIET_MIN: Duration = Duration::from_millis(300);

/// The program that first sent something that is not right, or left before it had sent everything. Where harm
/// was done, a stream may end early, and what the server says then is its own affair: only a client that
/// sends other bytes is told.
pub(super) fn first(
    case: &Case<'_>,
    right: &Expected,
    seen: &Observation,
    is_harmed: bool,
) -> Option<Role> {
    if is_harmed {
        let says_else = match (&right.to_server, right.to_server.like(seen, Direction::ToServer)) {
            (Wire::Stream(whole), Wire::Stream(sent)) => common(&whole.0, &sent.0) < sent.0.len(),
            _ => false,
        };
        return says_else.then_some(Role::Client);
    }
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
        _ => rules::is_due(case, seen),
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
    Some(parts(equal).or_else(|| left_at(way, seen)).unwrap_or(events.len()))
}

/// The number of the event by which the sender of what goes this way left, before the harness ended it. A case
/// that the harness had to end has been quiet for a while by then.
fn left_at(way: Direction, seen: &Observation) -> Option<usize> {
    let events = &seen.wire.events;
    let leaves = |what: &WireItem| matches!(what, WireItem::Fin | WireItem::Reset);
    let at = events.iter().position(|event| event.direction == way && leaves(&event.what))?;
    let was_ended = !seen.end(sender(way)).by_itself
        && matches!(seen.stopped, Some(Stop::Idle | Stop::Deadline(_) | Stop::Quiet));
    let before = at.checked_sub(1).and_then(|before| events.get(before));
    let gap = events.get(at)?.at.saturating_sub(before.map_or(Duration::ZERO, |event| event.at));
    (!was_ended || gap < QUIET_MIN).then_some(at)
}

fn common<T: PartialEq>(one: &[T], other: &[T]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
