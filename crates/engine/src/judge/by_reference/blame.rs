//! Decides which program failed first, by the order in which the recorder heard the two.

use std::time::Duration;

use model::observation::{Direction, Observation, Role, Stop, WireEvent, WireItem};
use model::{Ending, Expected, Wire};

use super::{Case, rules};
use crate::baseline::sender;

/// Before the harness ends a case, there is no traffic for longer than this.
const QUIET_MIN: Duration = Duration::from_millis(300);

/// The program that first sent something wrong, or left before it had sent everything. If the network injected
/// a fault, a stream may end early, and the server may then send anything; only a client that sends wrong bytes
/// is blamed.
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
    let wrong = |way| went_wrong(right.wire(way), way, seen);
    let (client, server) = (wrong(Direction::ToServer), wrong(Direction::ToClient));
    match (client, server) {
        (None, None) => None,
        // A program that was left alone can't send everything.
        (Some(client), None)
            if client.is_short
                && leaves_before(Role::Server, client.at, seen)
                && seen.stopped.is_none() =>
        {
            Some(Role::Server)
        }
        (None, Some(server))
            if server.is_short
                && leaves_before(Role::Client, server.at, seen)
                && seen.client.by_itself
                && Ending::of(&seen.client, Role::Client) != right.client.ending =>
        {
            Some(Role::Client)
        }
        (Some(_), None) => Some(Role::Client),
        (None, Some(_)) => Some(Role::Server),
        (Some(client), Some(server)) if client.at < server.at => Some(Role::Client),
        (Some(client), Some(server)) if server.at < client.at => Some(Role::Server),
        // Neither side ended its stream, so one of the two should have continued.
        _ => rules::is_due(case, &seen.wire),
    }
}

/// The place where one direction becomes wrong.
struct Wrong {
    /// The index of the event.
    at: usize,
    /// Whether what was sent is correct but incomplete.
    is_short: bool,
}

/// Whether a program ended its stream before the event with this index.
fn leaves_before(role: Role, at: usize, seen: &Observation) -> bool {
    leaves(role, seen).is_some_and(|left| left < at)
}

/// The index of the event by which a program ends its stream by itself, before the harness ends it. Before the
/// harness ends a case, there is no traffic for a while.
fn leaves(role: Role, seen: &Observation) -> Option<usize> {
    let is_end = |what: &WireItem| matches!(what, WireItem::Fin | WireItem::Reset);
    let events = &seen.wire.events;
    let is_own_end = |event: &WireEvent| sender(event.direction) == role && is_end(&event.what);
    let at = events.iter().position(is_own_end)?;
    let was_ended = !seen.end(role).by_itself
        && matches!(seen.stopped, Some(Stop::Idle | Stop::Deadline(_) | Stop::Quiet));
    // The end of one program makes the other end too, so the quiet time may be before any of the final ends.
    let talk = events.get(..at)?.iter().rposition(|event| !is_end(&event.what));
    let spoken = talk.and_then(|talk| events.get(talk));
    let mut last = spoken.map_or(Duration::ZERO, |event| event.at);
    let ends = events.get(talk.map_or(0, |talk| talk + 1)..=at)?;
    let is_late = ends.iter().any(|end| {
        let before = std::mem::replace(&mut last, end.at);
        end.at.saturating_sub(before) >= QUIET_MIN
    });
    (!was_ended || !is_late).then_some(at)
}

fn went_wrong(right: &Wire, way: Direction, seen: &Observation) -> Option<Wrong> {
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
    let (equal, [due, sent]) = match (right, right.like(seen, way)) {
        (Wire::Stream(right), Wire::Stream(seen)) => {
            (common(&right.0, &seen.0), [right.0.len(), seen.0.len()])
        }
        (Wire::Datagrams(right), Wire::Datagrams(seen)) => {
            (common(right, &seen), [right.len(), seen.len()])
        }
        _ => return None,
    };
    if equal == due && equal == sent {
        return None;
    }
    let at = parts(equal).or_else(|| leaves(sender(way), seen)).unwrap_or(events.len());
    Some(Wrong { at, is_short: equal == sent })
}

fn common<T: PartialEq>(one: &[T], other: &[T]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
