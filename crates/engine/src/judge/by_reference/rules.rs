//! The rules for every program in every case: no end by a signal, no spin, no flood, no hang, and limited
//! memory.

use model::case::{Kind, Way};
use model::mask::{Place, unmasked_offset};
use model::observation::{Direction, Observation, Role, Stop, WireLog};
use model::{Breaks, Check, Said, Wire};

use super::whole::exit;
use super::{Case, Finding, is_harmed, was_killed};
use crate::baseline::sender;

/// `first` is the program that failed first, if known.
pub(super) fn findings(case: &Case<'_>, first: Option<Role>, seen: &Observation) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(stop(case, first, seen));
    for role in [Role::Client, Role::Server] {
        found.extend(killed(case, role, seen));
        found.extend(memory(case, role, seen));
    }
    found
}

fn stop(case: &Case<'_>, first: Option<Role>, seen: &Observation) -> Option<Finding> {
    let finding = |role, what: String| Some(Finding::stopped(case, role, what));
    match seen.stopped.as_ref()? {
        Stop::Quiet => None,
        Stop::Flood(role) => finding(*role, format!("the {role} sends without end")),
        Stop::Babble(role) => finding(*role, format!("the {role} prints without end")),
        Stop::Spins(role) => {
            finding(*role, format!("the {role} keeps a processor busy for nothing"))
        }
        Stop::Idle => {
            let what = "nothing moves any more, and both programs sleep";
            match first {
                Some(role) => finding(role, what.to_owned()),
                None => {
                    let role = who_hangs(case, seen);
                    finding(role, format!("{what}; the {role} should go on"))
                }
            }
        }
        Stop::Deadline(awaited) => {
            let server = awaited.contains("the server");
            let hangs = || first.unwrap_or_else(|| who_hangs(case, seen));
            let role = if server { Role::Server } else { hangs() };
            finding(role, format!("the deadline passed, waiting for {awaited}"))
        }
    }
}

/// Which program should have sent something when the traffic stopped.
fn who_hangs(case: &Case<'_>, seen: &Observation) -> Role {
    if !seen.wire.is_open() {
        return if seen.wire.is_connected() { Role::Server } else { Role::Client };
    }
    if is_harmed(case.network, seen) {
        // The client's end of stream reached the server.
        let is_told =
            matches!(case.network.kind, Kind::HalfClose(_)) && case.network.way == Way::Up;
        let server = is_told && !seen.wire.is_closed_by_server();
        return if server { Role::Server } else { Role::Client };
    }
    is_due(case, &seen.wire).unwrap_or(if seen.client.by_itself {
        Role::Server
    } else {
        Role::Client
    })
}

/// The program that received all that the reference had received when it continued, and that has not continued
/// itself.
pub(super) fn is_due(case: &Case<'_>, wire: &WireLog) -> Option<Role> {
    let expected = &case.baseline.expected;
    let unmasked = |way: Direction, stream: Said<'_>| {
        let masked = case.scenario.masked(Place::Stream(way), stream);
        unmasked_offset(stream.bytes.len(), &masked)
    };
    let count = |way: Direction| match expected.wire(way) {
        Wire::Stream(_) => {
            let (bytes, breaks) = (wire.stream(way), Breaks::of(wire, way));
            unmasked(way, Said { bytes: &bytes, breaks: &breaks })
        }
        Wire::Datagrams(_) => wire.segments(way).count(),
    };
    let all = |way: Direction| match expected.wire(way) {
        Wire::Stream(bytes) => {
            unmasked(way, Said { bytes: &bytes.0, breaks: expected.breaks(way) })
        }
        Wire::Datagrams(datagrams) => datagrams.len(),
    };
    let ways =
        [(Direction::ToClient, Direction::ToServer), (Direction::ToServer, Direction::ToClient)];
    let (own, _) = ways.into_iter().find(|(own, other)| {
        let sent = count(*own);
        sent < all(*own) && count(*other) >= case.baseline.turns.needs(*own, sent)
    })?;
    Some(sender(own))
}

fn killed(case: &Case<'_>, role: Role, seen: &Observation) -> Option<Finding> {
    let check = match role {
        Role::Server => Check::ServerExit,
        Role::Client => Check::ClientExit,
    };
    let was_stopped = !matches!(seen.stopped, None | Some(Stop::Quiet));
    (was_killed(role, seen) && !was_stopped).then(|| {
        let what = format!("{}: the {role} was ended by {}", check.name(), exit(seen, role));
        Finding::new(case, role, check, what)
    })
}

fn memory(case: &Case<'_>, role: Role, seen: &Observation) -> Option<Finding> {
    let control = seen.control.as_ref().filter(|_| role == Role::Client);
    let next = control.and_then(|control| control.client.memory_bytes);
    let held = seen.end(role).memory_bytes.or(next)?;
    let what = format!("the {role} held {} MiB of memory", held >> 20);
    Some(Finding::new(case, role, Check::Memory, what))
}
