//! One check of a case with a fault: of the network, or of the harness in the place of a server. What is right
//! for the client depends on what it received. The server is judged by what it sent, and by how it serves the
//! next client.

use std::time::Duration;

use model::observation::{Direction, Observation, Role, Stop};
use model::{Check, Clause, Difference, Ending, Expected, Harmed, Wire};

use super::compare::found;
use super::{Standard, compare};

/// A waiting program uses less than this much processor time.
pub(super) const AT_REST_MAX: Duration = Duration::from_millis(40);

pub(super) fn difference(
    standard: &Standard<'_>,
    harmed: &Harmed,
    given: &Expected,
    check: Check,
    seen: &Observation,
) -> Option<Difference> {
    let as_given = Standard { expected: given, ..*standard };
    let is_servers = matches!(
        check,
        Check::ToClient
            | Check::ServerExit
            | Check::ServerStays
            | Check::ServerFiles
            | Check::NextClient
    );
    if is_servers && !standard.server_is_judged {
        return None;
    }
    match check {
        Check::ToServer => prefix(standard, check, Direction::ToServer, seen),
        Check::ToClient if standard.server_is_peer && !standard.server_is_misled => {
            prefix(standard, check, Direction::ToClient, seen)
        }
        Check::ClientStdout if harmed.stdout.is_some() => {
            compare::difference(&as_given, check, seen)
        }
        Check::ClientExit if standard.client_is_peer => client_exit(&as_given, harmed, seen),
        Check::ClientStderr if standard.client_is_peer => client_stderr(&as_given, harmed, seen),
        Check::ClientFiles if harmed.files.is_some() => compare::difference(&as_given, check, seen)
            .or_else(|| files_while_waiting(standard, given, seen)),
        Check::AtRest => at_rest(standard, seen),
        Check::ServerExit
        | Check::ServerStays
        | Check::ServerFiles
        | Check::Memory
        | Check::NextClient => compare::difference(&as_given, check, seen),
        // After a broken exchange, a program may print anything, and close the connection at any time.
        _ => None,
    }
}

/// A broken exchange may have stopped the rest of what is right.
fn prefix(
    standard: &Standard<'_>,
    check: Check,
    direction: Direction,
    seen: &Observation,
) -> Option<Difference> {
    let Wire::Stream(right) = standard.expected.wire(direction) else { return None };
    let said = seen.wire.stream(direction);
    if right.0.starts_with(&said) {
        None
    } else {
        compare::bytes(standard, check, right, &said.into())
    }
}

/// A client that waits for more may keep what arrived under another name. Under the name of the file, it must
/// have what was there before, or the whole file.
fn files_while_waiting(
    standard: &Standard<'_>,
    given: &Expected,
    seen: &Observation,
) -> Option<Difference> {
    let there = seen.client.files_waiting.as_ref()?;
    let (whole, given) = (&standard.expected.client.files, &given.client.files);
    let is_right = |name: &String| {
        let content = there.get(name);
        content == given.get(name) || content.is_some() && content == whole.get(name)
    };
    let name = whole.keys().chain(given.keys()).find(|name| !is_right(name))?;
    let how = match there.get(name) {
        Some(content) => format!("has {} bytes", content.0.len()),
        None => "is gone".to_owned(),
    };
    let what = format!("client-files: {name:?} {how} while the client waits for the rest");
    Some(found(standard, Check::ClientFiles, what, None))
}

fn client_exit(standard: &Standard<'_>, harmed: &Harmed, seen: &Observation) -> Option<Difference> {
    let ending = Ending::of(&seen.client, Role::Client);
    match (&seen.stopped, harmed.ending) {
        (Some(Stop::Quiet), _) if seen.at_rest.is_some() => {
            // It waits for more, for ever. This is allowed where more could arrive.
            let done = harmed.ending.is_some() && !harmed.is_left_waiting;
            done.then(|| {
                let what = "the client waits, although it has all that it needs".to_owned();
                found(standard, Check::ClientExit, what, None)
            })
        }
        (Some(_), _) => None,
        (None, Some(_)) => compare::exit(standard, Check::ClientExit, Role::Client, seen),
        (None, None) => (ending == Ending::Killed)
            .then(|| found(standard, Check::ClientExit, "the client was killed".to_owned(), None)),
    }
}

/// A client prints why its exchange broke; our own client also names the clause.
fn client_stderr(
    standard: &Standard<'_>,
    harmed: &Harmed,
    seen: &Observation,
) -> Option<Difference> {
    if seen.stopped.is_some() || Ending::of(&seen.client, Role::Client) != Ending::Broken {
        return None;
    }
    let said = String::from_utf8_lossy(&seen.client.stderr.0);
    let differs = |what| Some(found(standard, Check::ClientStderr, what, None));
    if said.trim().is_empty() {
        return differs("the client does not say on standard error what is wrong".to_owned());
    }
    let [_, names_clauses] = standard.names_clauses;
    if !names_clauses {
        return None;
    }
    let names = |clause: &Clause| said.contains(&format!("[{}]", clause.id));
    let named = match &harmed.clause {
        Some(clause) => said.contains(&format!("[{clause}]")),
        None => {
            let common = standard.scenario.common_clauses();
            standard.scenario.clauses().iter().chain(common).any(names)
        }
    };
    if named {
        return None;
    }
    let right = harmed.clause.as_deref().unwrap_or("a clause");
    differs(format!("the client does not name {right} on standard error: {}", said.trim()))
}

fn at_rest(standard: &Standard<'_>, seen: &Observation) -> Option<Difference> {
    let used = seen.at_rest?;
    let busy = |role, time: Duration| {
        (time >= AT_REST_MAX).then(|| {
            let what = format!("the {role} waits, and used {time:?} of a processor meanwhile");
            found(standard, Check::AtRest, what, None)
        })
    };
    busy(Role::Client, used.client).or_else(|| busy(Role::Server, used.server))
}
