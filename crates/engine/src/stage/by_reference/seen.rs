//! Turns a play of the reference into what is right, and compares two plays.

use model::observation::{Direction, Observation, Role, Stop};
use model::{Breaks, Ending, Expected, ExpectedEnd, Notes, Scenario, Wire};

use crate::baseline::{NextClient, Unsteady, first_difference, screens_differ};
use crate::stage::StageError;

/// What was seen of the reference, as what is right.
pub(super) fn seen_as_expected(
    scenario: &dyn Scenario,
    seen: &Observation,
) -> Result<Expected, StageError> {
    let is_datagram = scenario.home().is_datagram();
    let failed = |what: String| {
        let words = |role: Role| {
            let said = String::from_utf8_lossy(&seen.end(role).stderr.0);
            let last = said.trim_end().lines().last().unwrap_or_default().to_owned();
            if last.is_empty() { last } else { format!("; its {role} says: {last}") }
        };
        let what = format!("{what}{}{}", words(Role::Server), words(Role::Client));
        Err(StageError::NoBaseline(what))
    };
    if seen.wire.is_connected()
        && !seen.wire.is_open()
        && let [_, ..] = &seen.listening_elsewhere[..]
    {
        let elsewhere = seen.listening_elsewhere.join(", ");
        let what = "its server does not listen at the address that its command is given";
        return failed(format!("{what}; it listens on {elsewhere} instead"));
    }
    match &seen.stopped {
        None | Some(Stop::Quiet) => {}
        Some(Stop::Deadline(awaited)) => {
            return failed(format!("the deadline passed, waiting for {awaited}"));
        }
        // What its client received is known. That its server does not rest is a failure of its own pairing.
        Some(Stop::Spins(Role::Server) | Stop::Babble(Role::Server)) if seen.client.by_itself => {}
        Some(Stop::Spins(role)) => return failed(format!("its {role} keeps a processor busy")),
        Some(Stop::Flood(role) | Stop::Babble(role)) => {
            return failed(format!("its {role} sends or prints without end"));
        }
        Some(Stop::Idle) => return failed("nothing moved any more".to_owned()),
    }
    // A client with datagrams has no connection, and may send nothing.
    if !is_datagram && !seen.wire.is_connected() {
        return failed("its client did not connect".to_owned());
    }
    if !is_datagram && !seen.wire.is_open() {
        return failed("its server was never reached".to_owned());
    }
    Ok(expected(is_datagram, seen))
}

pub(super) fn expected(is_datagram: bool, seen: &Observation) -> Expected {
    let wire = |way| {
        if is_datagram {
            Wire::Datagrams(seen.wire.segments(way).map(Into::into).collect())
        } else {
            Wire::stream(seen.wire.stream(way))
        }
    };
    let end = |role: Role| {
        let end = seen.end(role);
        let waits = seen.stopped == Some(Stop::Quiet) && role == Role::Client;
        ExpectedEnd {
            stdout: end.stdout.clone(),
            ending: if waits { Ending::Complete } else { Ending::of(end, role) },
            files: end.files.clone(),
            by_itself: Some(end.by_itself && !waits),
        }
    };
    Expected {
        to_server: wire(Direction::ToServer),
        to_client: wire(Direction::ToClient),
        server: end(Role::Server),
        client: end(Role::Client),
        notes: Notes::new(),
        breaks: [Direction::ToServer, Direction::ToClient].map(|way| Breaks::of(&seen.wire, way)),
    }
}

/// Whether both streams equal those of the first play.
pub(super) fn says_the_same(scenario: &dyn Scenario, first: &Expected, seen: &Observation) -> bool {
    let Ok(other) = seen_as_expected(scenario, seen) else { return false };
    let (server, client) = (first.server.clone(), first.client.clone());
    let streams = Expected { server, client, ..other };
    first_difference(scenario, first, &streams).is_none()
}

/// Which parts of two plays are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    /// The second play had a second client, which shows in the server's files and on its screen.
    FirstClient,
}

/// Checks that another play was the same. Returns what differs on the screens.
pub(super) fn steady(
    scenario: &dyn Scenario,
    first: &Expected,
    seen: &Observation,
    scope: Scope,
) -> Result<Option<Unsteady>, StageError> {
    let mut other = seen_as_expected(scenario, seen)?;
    if scope == Scope::FirstClient {
        other.server = first.server.clone();
    }
    match first_difference(scenario, first, &other) {
        Some(unsteady) => Err(StageError::Unsteady(Box::new(unsteady))),
        None => Ok(screens_differ(scenario, first, &other)),
    }
}

/// How a second client was served, if it was.
pub(super) fn next_client(
    scenario: &dyn Scenario,
    first: &Expected,
    seen: &Observation,
) -> Option<NextClient> {
    let control = seen.control.as_ref()?;
    let waits = first.client.by_itself == Some(false);
    let is_done = !control.overdue || waits;
    // Datagrams have no visible connection.
    let is_met =
        control.wire.is_open() || scenario.home().is_datagram() && control.wire.is_connected();
    if !is_done || !is_met {
        return None;
    }
    let as_seen = Observation {
        wire: control.wire.clone(),
        client: control.client.clone(),
        stopped: waits.then_some(Stop::Quiet),
        ..seen.clone()
    };
    let expected = expected(scenario.home().is_datagram(), &as_seen);
    let compared = Expected { server: first.server.clone(), ..expected.clone() };
    let is_as_first = first_difference(scenario, first, &compared).is_none();
    Some(NextClient { expected, is_as_first })
}
