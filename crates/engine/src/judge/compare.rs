//! One check: compares what was seen with what is right, and names the clause of a difference.

use model::blob::Blob;
use model::mask::JsonBy;
use model::observation::{Direction, Exit, Observation, Role, SERVER_CLOSE, Stop};
use model::{Check, Clause, Difference, Ending, Parting, Said, Wire};

use super::{Standard, was_killed_by_harness};
use crate::baseline::{Given, first_early};

pub(super) fn difference(
    standard: &Standard<'_>,
    check: Check,
    seen: &Observation,
) -> Option<Difference> {
    let expected = standard.expected;
    let [server_stdout, client_stdout] = standard.compare_stdout;
    match check {
        Check::ToServer => wire(standard, check, Direction::ToServer, seen),
        Check::ToClient => wire(standard, check, Direction::ToClient, seen),
        Check::ServerStdout if server_stdout => server_screen(standard, seen),
        Check::ClientStdout if client_stdout => {
            screen(standard, check, Role::Client, &expected.client.stdout, &seen.client.stdout)
        }
        Check::ServerExit if standard.server_is_peer => exit(standard, check, Role::Server, seen),
        Check::ServerStays if standard.scenario.clause(check).is_some() => {
            // If it ended in another way, another check reports that.
            let left = seen.server.by_itself && seen.server.exit == Some(Exit::Status(0));
            let what = "the server ended by itself, with status 0".to_owned();
            left.then(|| found(standard, check, what, None))
        }
        Check::ClientExit if standard.client_is_peer => exit(standard, check, Role::Client, seen),
        Check::ServerFiles if standard.server_is_peer => files(standard, check, Role::Server, seen),
        Check::ClientFiles if standard.client_is_peer => files(standard, check, Role::Client, seen),
        Check::ServerCloses if standard.scenario.clause(check).is_some() => {
            let was_awaited = seen.client.by_itself && awaits_close(seen.stopped.as_ref());
            let was_stopped = seen.stopped.is_some() && !was_awaited;
            let closed = was_stopped || !was_awaited && seen.wire.is_closed_by_server();
            let what = "the server did not close the connection after its client had ended";
            (!closed).then(|| found(standard, check, what.to_owned(), None))
        }
        Check::ServerEnds if standard.scenario.clause(check).is_some() => {
            let ended = seen.server.by_itself || seen.stopped.is_some();
            let what = "the server did not end after its client".to_owned();
            (!ended).then(|| found(standard, check, what, None))
        }
        Check::ClientConnects if standard.scenario.clause(check).is_some() => {
            let what = "the client did not connect".to_owned();
            (!seen.wire.is_connected()).then(|| found(standard, check, what, None))
        }
        Check::NextClient => control(standard, seen),
        Check::Memory => memory(standard, seen),
        Check::Turns => turns(standard, seen),
        Check::ClientStderr
        | Check::AtRest
        | Check::ServerStdout
        | Check::ServerExit
        | Check::ServerStays
        | Check::ClientStdout
        | Check::ClientExit
        | Check::ClientFiles
        | Check::ServerFiles
        | Check::ServerCloses
        | Check::ServerEnds
        | Check::ClientConnects => None,
    }
}

/// Whether the case was stopped because the server did not close the connection after its client had ended.
/// What the server did when the harness ended it then does not count as an answer.
fn awaits_close(stopped: Option<&Stop>) -> bool {
    match stopped {
        Some(Stop::Idle) => true,
        Some(Stop::Deadline(what)) => what == SERVER_CLOSE,
        _ => false,
    }
}

pub(super) fn found(
    standard: &Standard<'_>,
    check: Check,
    what: String,
    parting: Option<Parting>,
) -> Difference {
    let clause = clause_of(standard, check, parting.as_ref());
    let clause = clause.map_or_else(String::new, |clause| clause.id.clone().into_owned());
    Difference { check: Some(check), clause, what, part: None, parting }
}

/// The clause that a difference violates.
fn clause_of<'a>(
    standard: &Standard<'a>,
    check: Check,
    parting: Option<&Parting>,
) -> Option<&'a Clause> {
    // After a fault, the clause about faults applies to the client.
    let about_client = matches!(check, Check::ClientExit | Check::ClientStderr);
    let harm = standard.harmed.and_then(|harmed| harmed.clause.as_ref()).filter(|_| about_client);
    let common = standard.scenario.common_clauses();
    let of_harm = harm.and_then(|harm| common.iter().find(|clause| clause.id == *harm));
    of_harm.or_else(|| standard.scenario.clause_of(check, parting))
}

pub(super) fn wire(
    standard: &Standard<'_>,
    check: Check,
    direction: Direction,
    seen: &Observation,
) -> Option<Difference> {
    let expected = standard.expected.wire(direction);
    let seen = expected.like(seen, direction);
    match (expected, &seen) {
        (Wire::Stream(expected), Wire::Stream(found)) => {
            let difference = bytes(standard, check, expected, found)?;
            let (right, seen) = (Said::whole(&expected.0), Said::whole(&found.0));
            let wrong = standard.scenario.explain(direction, right, seen, JsonBy::Bytes);
            Some(difference.explained(wrong))
        }
        (Wire::Datagrams(expected), Wire::Datagrams(seen)) => {
            let pairs = expected.iter().zip(seen).enumerate();
            for (index, (expected, datagram)) in pairs {
                if expected != datagram {
                    let parting = parting(expected, datagram);
                    let what = format!(
                        "{} datagram {} parts at byte {}",
                        check.name(),
                        index + 1,
                        parting.offset
                    );
                    return Some(found(standard, check, what, Some(parting)));
                }
            }
            (expected.len() != seen.len()).then(|| {
                let what = format!(
                    "{}: expected {} datagrams, found {}",
                    check.name(),
                    expected.len(),
                    seen.len()
                );
                found(standard, check, what, None)
            })
        }
        _ => None,
    }
}

pub(super) fn bytes(
    standard: &Standard<'_>,
    check: Check,
    expected: &Blob,
    seen: &Blob,
) -> Option<Difference> {
    if expected == seen {
        return None;
    }
    let parting = parting(expected, seen);
    let what = format!(
        "{} parts at byte {}: expected {} bytes in all, found {}",
        check.name(),
        parting.offset,
        expected.0.len(),
        seen.0.len()
    );
    Some(found(standard, check, what, Some(parting)))
}

pub(super) fn screen(
    standard: &Standard<'_>,
    check: Check,
    role: Role,
    expected: &Blob,
    seen: &Blob,
) -> Option<Difference> {
    let agrees = standard.scenario.screen_agrees(role, &expected.0, &seen.0);
    if agrees { None } else { bytes(standard, check, expected, seen) }
}

pub(super) fn parting(expected: &Blob, seen: &Blob) -> Parting {
    let offset = expected.0.iter().zip(&seen.0).take_while(|(one, other)| one == other).count();
    Parting { offset, expected: expected.clone(), found: seen.clone() }
}

pub(super) fn exit(
    standard: &Standard<'_>,
    check: Check,
    role: Role,
    seen: &Observation,
) -> Option<Difference> {
    let end = seen.end(role);
    let expected = match role {
        Role::Server => standard.expected.server.ending,
        Role::Client => standard.expected.client.ending,
    };
    let ending = Ending::of(end, role);
    (ending != expected && !was_killed_by_harness(role, seen)).then(|| {
        let found_exit = end.exit.map_or_else(|| "nothing".to_owned(), |exit| exit.to_string());
        let what = format!("{}: expected {expected}, found {found_exit}", check.name());
        found(standard, check, what, None)
    })
}

pub(super) fn files(
    standard: &Standard<'_>,
    check: Check,
    role: Role,
    seen: &Observation,
) -> Option<Difference> {
    let expected = match role {
        Role::Server => &standard.expected.server.files,
        Role::Client => &standard.expected.client.files,
    };
    let seen = &seen.end(role).files;
    for (name, content) in expected {
        match seen.get(name) {
            None => {
                let what = format!("{}: no file {name:?}", check.name());
                return Some(found(standard, check, what, None));
            }
            Some(other) if other != content => {
                let parting = parting(content, other);
                let what = format!("{}: {name:?} parts at byte {}", check.name(), parting.offset);
                return Some(found(standard, check, what, Some(parting)));
            }
            Some(_) => {}
        }
    }
    let extra = seen.keys().find(|name| !expected.contains_key(*name))?;
    let what = format!("{}: unexpected file {extra:?}", check.name());
    Some(found(standard, check, what, None))
}

/// The server's screen: after the case itself and the control, in either order.
fn server_screen(standard: &Standard<'_>, seen: &Observation) -> Option<Difference> {
    let case = &standard.expected.server.stdout;
    let (seen, seen_ended) = (&seen.server.stdout, seen.server.by_itself);
    let Some(control) = standard.control else {
        return screen(standard, Check::ServerStdout, Role::Server, case, seen);
    };
    let control = &control.server.stdout;
    let joined = |one: &Blob, other: &Blob| Blob([&*one.0, &*other.0].concat());
    let first = joined(case, control);
    let agrees = |right: &Blob| standard.scenario.screen_agrees(Role::Server, &right.0, &seen.0);
    // A server that has ended shows nothing of a later client.
    let came_too_late = seen_ended && agrees(case);
    if agrees(&first) || agrees(&joined(control, case)) || came_too_late {
        return None;
    }
    bytes(standard, Check::ServerStdout, &first, seen)
}

/// Whether a server that may end after its first client did so successfully. Then it need not serve the next
/// one.
fn has_served_its_one_client(standard: &Standard<'_>, seen: &Observation) -> bool {
    let may_end = standard.scenario.clause(Check::ServerStays).is_none();
    let has_ended = seen.server.by_itself && seen.server.exit == Some(Exit::Status(0));
    let next = seen.control.as_ref();
    let is_served = next.is_some_and(|it| !it.wire.stream(Direction::ToClient).is_empty());
    may_end && has_ended && !is_served
}

/// The control: the server serves a follow-up client as if there had been no fault.
fn control(standard: &Standard<'_>, seen: &Observation) -> Option<Difference> {
    let right = standard.control?;
    if has_served_its_one_client(standard, seen) {
        return None;
    }
    let check = Check::NextClient;
    let differs = |what: String, parting| {
        let what = format!("the next client, which was not disturbed: {what}");
        Some(found(standard, check, what, parting))
    };
    let Some(control) = &seen.control else {
        return match seen.stopped {
            // No client could connect.
            Some(_) => None,
            None => differs("it never connected".to_owned(), None),
        };
    };
    if control.overdue {
        return differs("it never ended".to_owned(), None);
    }
    for direction in [Direction::ToClient, Direction::ToServer] {
        let way = direction.name();
        match right.wire(direction) {
            Wire::Stream(right) => {
                let found = control.wire.stream(direction);
                if right.0 != found {
                    let parting = parting(right, &found.into());
                    let what = format!("{way} parts at byte {}", parting.offset);
                    return differs(what, Some(parting));
                }
            }
            Wire::Datagrams(right) => {
                let found: Vec<_> = control.wire.segments(direction).map(Blob::from).collect();
                if *right != found {
                    let (right, found) = (right.len(), found.len());
                    return differs(
                        format!("{way}: {found} datagrams, not the {right} right ones"),
                        None,
                    );
                }
            }
        }
    }
    if !standard.client_is_peer {
        return None;
    }
    let ending = Ending::of(&control.client, Role::Client);
    if ending != right.client.ending {
        let said = String::from_utf8_lossy(&control.client.stderr.0).into_owned();
        return differs(format!("it ended {ending:?}: {}", said.trim_end()), None);
    }
    let [_, client_stdout] = standard.compare_stdout;
    if client_stdout && control.client.stdout != right.client.stdout {
        let parting = parting(&right.client.stdout, &control.client.stdout);
        return differs(format!("its screen parts at byte {}", parting.offset), Some(parting));
    }
    if control.client.files != right.client.files {
        let names: Vec<_> = control.client.files.keys().collect();
        return differs(format!("its files are {names:?}, or differ"), None);
    }
    None
}

/// A program that must wait for an answer does not send the next data before it. A program that received wrong
/// data can't know how long to wait.
fn turns(standard: &Standard<'_>, seen: &Observation) -> Option<Difference> {
    let Standard { scenario, expected, .. } = standard;
    let form = &expected.to_client;
    let (turns, roles) = (standard.turns?, scenario.takes_turns());
    let early = first_early(turns, roles, *scenario, form, &seen.wire, Given::Noted)?;
    let given = match early.role {
        Role::Server => Direction::ToServer,
        Role::Client => Direction::ToClient,
    };
    let right = expected.wire(given);
    begin_alike(right, &right.like(seen, given), early.had)
        .then(|| found(standard, Check::Turns, early.told(form), None))
}

/// Whether the first `count` bytes, or datagrams, are equal.
fn begin_alike(one: &Wire, other: &Wire, count: usize) -> bool {
    match (one, other) {
        (Wire::Stream(one), Wire::Stream(other)) => one.0.get(..count) == other.0.get(..count),
        (Wire::Datagrams(one), Wire::Datagrams(other)) => one.get(..count) == other.get(..count),
        _ => false,
    }
}

fn memory(standard: &Standard<'_>, seen: &Observation) -> Option<Difference> {
    let control = seen.control.as_ref().map(|control| &control.client);
    let ends = [Some(&seen.server), Some(&seen.client), control];
    let excess = ends.into_iter().flatten().find_map(|end| end.memory_bytes)?;
    let what = format!("a program held {} MiB of memory", excess >> 20);
    Some(found(standard, Check::Memory, what, None))
}
