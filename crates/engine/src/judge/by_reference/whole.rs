//! Compares a case without a fault with what the reference did.

use model::blob::Blob;
use model::case::Kind;
use model::mask::{FileForm, JsonBy};
use model::observation::{Direction, Observation, Role, Stop};
use model::{Breaks, Check, Ending, Expected, ExpectedEnd, Parting, Said, Wire};

use super::{Case, Finding, was_killed};
use crate::baseline::{Given, first_early};
use crate::judge::compare;

pub(super) fn findings(case: &Case<'_>, right: &Expected, seen: &Observation) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(connects(case, seen));
    for way in [Direction::ToServer, Direction::ToClient] {
        found.extend(wire(case, way, right.wire(way), seen));
    }
    for role in [Role::Client, Role::Server] {
        found.extend(screen(case, role, right, seen));
    }
    found.extend(client_exit(case, right, seen));
    found.extend(server_exit(case, right, seen));
    for role in [Role::Client, Role::Server] {
        found.extend(files(case, role, right, seen));
    }
    found.extend(turns(case, seen));
    found
}

/// Whether the two programs connected. Datagrams need no connection.
fn connects(case: &Case<'_>, seen: &Observation) -> Option<Finding> {
    if case.scenario.home().is_datagram() {
        return None;
    }
    if !seen.wire.is_connected() {
        let what = "the client did not connect";
        return Some(Finding::new(case, Role::Client, Check::ClientConnects, what));
    }
    if seen.wire.is_open() {
        return None;
    }
    let elsewhere = match &seen.listening_elsewhere[..] {
        [] => String::new(),
        others => format!("; it listens on {} instead", others.join(", ")),
    };
    let what = format!("the server was never reached at the address it was given{elsewhere}");
    Some(Finding::new(case, Role::Server, Check::ServerExit, what))
}

/// Whether this direction equals what the reference sent.
pub(super) fn wire(
    case: &Case<'_>,
    way: Direction,
    right: &Wire,
    seen: &Observation,
) -> Option<Finding> {
    let (role, check) = match way {
        Direction::ToServer => (Role::Client, Check::ToServer),
        Direction::ToClient => (Role::Server, Check::ToClient),
    };
    let name = check.name();
    match (right, right.like(seen, way)) {
        (Wire::Stream(right), Wire::Stream(sent)) => {
            let parting = parting(right, &sent)?;
            let what = format!(
                "{name} parts at byte {}: expected {} bytes in all, found {}",
                parting.offset,
                right.0.len(),
                sent.0.len()
            );
            let expected = &case.baseline.expected;
            let breaks = Breaks::of(&seen.wire, way);
            let said = match expected.wire(way) {
                Wire::Stream(bytes) => Said { bytes: &bytes.0, breaks: expected.breaks(way) },
                Wire::Datagrams(_) => return None,
            };
            let explained = case.scenario.explain(
                way,
                said,
                Said { bytes: &sent.0, breaks: &breaks },
                case.json(way),
            );
            Some(Finding::parting(case, role, check, what, Some(parting)).explained(explained))
        }
        (Wire::Datagrams(right), Wire::Datagrams(seen)) => {
            let due = match case.baseline.expected.wire(way) {
                Wire::Datagrams(due) => &due[..],
                Wire::Stream(_) => &[],
            };
            let differing = right.iter().zip(&seen).enumerate().find_map(|(nth, (right, seen))| {
                let parting = parting(right, seen)?;
                let offset = parting.offset;
                let what = format!("{name} datagram {} parts at byte {offset}", nth + 1);
                let said = Said::whole(&due.get(nth).unwrap_or(right).0);
                let explained =
                    case.scenario.explain(way, said, Said::whole(&seen.0), case.json(way));
                let finding = Finding::parting(case, role, check, what, Some(parting));
                Some(finding.explained(explained))
            });
            differing.or_else(|| {
                let (right, seen) = (right.len(), seen.len());
                let what = format!("{name}: expected {right} datagrams, found {seen}");
                (right != seen).then(|| Finding::new(case, role, check, what))
            })
        }
        _ => None,
    }
}

/// The first difference between two byte sequences, if any.
pub(super) fn parting(right: &Blob, seen: &Blob) -> Option<Parting> {
    (right != seen).then(|| compare::parting(right, seen))
}

pub(super) fn screen(
    case: &Case<'_>,
    role: Role,
    right: &Expected,
    seen: &Observation,
) -> Option<Finding> {
    let [server, client] = case.compare_stdout;
    let (is_compared, check, right) = match role {
        Role::Server => (server, Check::ServerStdout, &right.server),
        Role::Client => (client, Check::ClientStdout, &right.client),
    };
    if !is_compared {
        return None;
    }
    let parting = parting(&right.stdout, &seen.end(role).stdout)?;
    let what = format!("{} parts at byte {}", check.name(), parting.offset);
    Some(Finding::parting(case, role, check, what, Some(parting)))
}

fn client_exit(case: &Case<'_>, right: &Expected, seen: &Observation) -> Option<Finding> {
    let waits = seen.stopped == Some(Stop::Quiet) && seen.at_rest.is_some();
    let right = &right.client;
    let may_wait = right.by_itself == Some(false);
    if waits && may_wait || seen.stopped.is_some() && !waits || is_by_hand(Role::Client, seen) {
        return None;
    }
    let found = if waits {
        "a client that waits".to_owned()
    } else {
        let ending = Ending::of(&seen.client, Role::Client);
        // A port may end successfully where the reference continues to wait.
        if ending == right.ending || may_wait && ending == Ending::Complete {
            return None;
        }
        exit(seen, Role::Client)
    };
    let what = format!("client-exit: expected {}, found {found}", right.ending);
    Some(Finding::new(case, Role::Client, Check::ClientExit, what))
}

/// A port's server may continue where the reference ends. It may not end where the reference continues.
fn server_exit(case: &Case<'_>, right: &Expected, seen: &Observation) -> Option<Finding> {
    let end = &seen.server;
    let was_stopped = !matches!(seen.stopped, None | Some(Stop::Quiet));
    if was_killed(Role::Server, seen) || was_stopped && !end.by_itself {
        return None; // A rule for every program says so, or the harness ended it.
    }
    let right = &right.server;
    let ends = right.by_itself == Some(true);
    if end.by_itself && !ends {
        let what = format!("the server ended by itself, with {}", exit(seen, Role::Server));
        return Some(Finding::new(case, Role::Server, Check::ServerStays, what));
    }
    let ending = Ending::of(end, Role::Server);
    let is_asked = !end.by_itself;
    if ending == right.ending || is_asked && (ends || ending == Ending::Complete) {
        return None;
    }
    let found = exit(seen, Role::Server);
    let what = format!("server-exit: expected {}, found {found}", right.ending);
    Some(Finding::new(case, Role::Server, Check::ServerExit, what))
}

pub(super) fn exit(seen: &Observation, role: Role) -> String {
    seen.end(role).exit.map_or_else(|| "nothing".to_owned(), |exit| exit.to_string())
}

/// Whether the harness did not start the program. Then its end and its files are unknown.
pub(super) const fn is_by_hand(role: Role, seen: &Observation) -> bool {
    seen.end(role).exit.is_none()
}

fn files(case: &Case<'_>, role: Role, right: &Expected, seen: &Observation) -> Option<Finding> {
    if is_by_hand(role, seen) {
        return None;
    }
    let check = check_of_files(role);
    let right = &end_of(right, role).files;
    let found = &seen.end(role).files;
    let form = |path: &String| case.scenario.file_form(role, path);
    for (path, content) in right {
        let other = match (form(path), found.get(path)) {
            (FileForm::Ignored, _) | (FileForm::Present, Some(_)) => continue,
            (_, None) => {
                let what = format!("{}: no file {path:?}", check.name());
                return Some(Finding::new(case, role, check, what));
            }
            (FileForm::Content, Some(other)) => other,
        };
        if let Some(parting) = parting(content, other) {
            let what = format!("{}: {path:?} parts at byte {}", check.name(), parting.offset);
            return Some(Finding::parting(case, role, check, what, Some(parting)));
        }
    }
    let is_extra = |path: &&String| !right.contains_key(*path) && form(path) != FileForm::Ignored;
    let extra = found.keys().find(is_extra)?;
    let what = format!("{}: unexpected file {extra:?}", check.name());
    Some(Finding::new(case, role, check, what))
}

pub(super) const fn check_of_files(role: Role) -> Check {
    match role {
        Role::Server => Check::ServerFiles,
        Role::Client => Check::ClientFiles,
    }
}

pub(super) const fn end_of(expected: &Expected, role: Role) -> &ExpectedEnd {
    match role {
        Role::Server => &expected.server,
        Role::Client => &expected.client,
    }
}

/// Over a network that cuts, a program may answer a part of what the reference received as a whole.
fn turns(case: &Case<'_>, seen: &Observation) -> Option<Finding> {
    if !matches!(case.network.kind, Kind::AsIs | Kind::Delayed | Kind::Coalesced) {
        return None;
    }
    if case.json.contains(&JsonBy::Value) {
        return None; // Offsets in another text are others.
    }
    let roles = case.scenario.takes_turns();
    let form = &case.baseline.expected.to_client;
    let (turns, log) = (&case.baseline.turns, &seen.wire);
    let early = first_early(turns, roles, case.scenario, form, log, Given::Heard)?;
    Some(Finding::new(case, early.role, Check::Turns, early.told(form)))
}
