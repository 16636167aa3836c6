//! Judges ends and files after a fault of the network. The traffic after the fault is not compared: a program
//! may answer a broken exchange in any way.

use std::collections::BTreeSet;

use model::blob::Blob;
use model::case::{Kind, Network, Way};
use model::mask::{FileForm, Place};
use model::observation::{Direction, Observation, Role, Stop, WireItem};
use model::{Check, Ending, Expected, Said, Wire, files_beside};

use super::whole::{check_of_files, end_of, exit, is_by_hand};
use super::{Case, Finding, may_bring_more};
use crate::judge::harm::AT_REST_MAX;

/// How much of the correct stream a client received.
#[derive(Debug, PartialEq, Eq)]
enum Given {
    Less,
    All,
    /// The server sent other bytes, as it may after its client's stream was cut.
    Other,
}

/// Whether this network leaves a defined correct result. It does not if bytes are changed, or if datagrams are
/// doubled or reordered.
pub(super) const fn can_be_told(network: &Network) -> bool {
    matches!(
        network.kind,
        Kind::Cut(_) | Kind::Reset(_) | Kind::Stall(_) | Kind::HalfClose(_) | Kind::Drop(_)
    )
}

pub(super) fn findings(case: &Case<'_>, right: &Expected, seen: &Observation) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(client(case, right, seen));
    found.extend(server_stays(case, seen));
    for role in [Role::Client, Role::Server] {
        found.extend(files(case, role, seen));
        found.extend(at_rest(case, role, seen));
    }
    found
}

fn client(case: &Case<'_>, right: &Expected, seen: &Observation) -> Option<Finding> {
    let given = given(case, right, seen);
    let waits = seen.stopped == Some(Stop::Quiet) && seen.at_rest.is_some();
    let may_wait = may_bring_more(case.network) && given != Given::All
        || right.client.by_itself == Some(false)
        || matches!(case.network.kind, Kind::Stall(_));
    if waits {
        let what = "the client waits, although it has all that it needs";
        return (!may_wait).then(|| Finding::new(case, Role::Client, Check::ClientExit, what));
    }
    if seen.stopped.is_some() || is_by_hand(Role::Client, seen) {
        return None;
    }
    let ending = Ending::of(&seen.client, Role::Client);
    let expected = match given {
        Given::Other => return None,
        Given::Less => Ending::Broken,
        Given::All if broke_before_all_was_sent(case, right, seen) => return None,
        Given::All => right.client.ending,
    };
    if ending == Ending::Killed {
        return None; // A rule for every program says so.
    }
    if ending != expected {
        let why = match given {
            Given::Less => "it received only a part",
            _ => "it received everything",
        };
        let found = exit(seen, Role::Client);
        let what = format!("client-exit: expected {expected}, found {found}: {why}");
        return Some(Finding::new(case, Role::Client, Check::ClientExit, what));
    }
    let is_silent = seen.client.stderr.0.trim_ascii().is_empty();
    // At a terminal, standard output and standard error are one screen.
    (given == Given::Less && is_silent && !case.input.terminal).then(|| {
        let what = "the client does not say on standard error what is wrong";
        Finding::new(case, Role::Client, Check::ClientStderr, what)
    })
}

fn given(case: &Case<'_>, right: &Expected, seen: &Observation) -> Given {
    let delivered = || {
        let connections = 0..seen.wire.connection_count();
        connections.flat_map(|number| seen.wire.delivered(number, Direction::ToClient))
    };
    match &right.to_client {
        Wire::Stream(right) => {
            let given: Vec<u8> = delivered().flatten().copied().collect();
            if begins(case, &right.0, &given) {
                if given.len() == right.0.len() { Given::All } else { Given::Less }
            } else {
                Given::Other
            }
        }
        Wire::Datagrams(right) => {
            let given: Vec<Blob> = delivered().map(Blob::from).collect();
            if given == *right {
                Given::All
            } else if given.iter().all(|datagram| right.contains(datagram)) {
                Given::Less
            } else {
                Given::Other
            }
        }
    }
}

/// Whether `right` begins with `given`. The masked values in `right` are those that the server sent. If the cut
/// is inside a masked value, `given` may end with its beginning.
fn begins(case: &Case<'_>, right: &[u8], given: &[u8]) -> bool {
    let place = Place::Stream(Direction::ToClient);
    let equal = right.iter().zip(given).take_while(|(one, other)| one == other).count();
    if equal == given.len() {
        return true;
    }
    let masked = case.scenario.masked(place, Said::whole(right));
    let cut_in = masked.iter().find(|range| range.start <= equal && equal <= range.end);
    cut_in.is_some_and(|range| {
        let tail = given.get(range.start..).unwrap_or_default();
        case.scenario.may_begin_masked(place, tail)
    })
}

/// Whether the connection broke before the client had sent everything.
fn broke_before_all_was_sent(case: &Case<'_>, right: &Expected, seen: &Observation) -> bool {
    if matches!(case.network.kind, Kind::HalfClose(_)) && case.network.way == Way::Down {
        return false;
    }
    let Wire::Stream(whole) = &right.to_server else { return true };
    let before = seen.wire.events.iter().take_while(|event| event.what != WireItem::Fault);
    let sent: usize = before
        .filter(|event| event.direction == Direction::ToServer)
        .map(|event| match &event.what {
            WireItem::Segment(bytes) => bytes.0.len(),
            _ => 0,
        })
        .sum();
    // A reset discards data that were sent and not yet read.
    sent < whole.0.len() || matches!(case.network.kind, Kind::Reset(_))
}

fn server_stays(case: &Case<'_>, seen: &Observation) -> Option<Finding> {
    let goes_on = case.baseline.expected.server.by_itself == Some(false);
    (goes_on && seen.server.by_itself).then(|| {
        let what = format!("the server ended by itself, with {}", exit(seen, Role::Server));
        Finding::new(case, Role::Server, Check::ServerStays, what)
    })
}

/// Each file must equal a correct one in full, or have been there before.
fn files(case: &Case<'_>, role: Role, seen: &Observation) -> Option<Finding> {
    if is_by_hand(role, seen) {
        return None;
    }
    let check = check_of_files(role);
    let before = match role {
        Role::Client => files_beside(case.input),
        Role::Server => model::files_beside_server(case.input),
    };
    let next = case.baseline.next.as_ref().map(|next| &next.expected);
    let whole: Vec<_> = [Some(&case.baseline.expected), next].into_iter().flatten().collect();
    // Each client changes it, so after a broken exchange it may have any intermediate state.
    let grows = |path: &String| {
        let first = end_of(&case.baseline.expected, role).files.get(path);
        let then = next.and_then(|next| end_of(next, role).files.get(path));
        role == Role::Server && first.is_some() && then.is_some() && first != then
    };
    let is_right = |path: &String, content: &Blob| {
        let mut files = whole.iter().map(|expected| &end_of(expected, role).files);
        match case.scenario.file_form(role, path) {
            _ if grows(path) => true,
            FileForm::Ignored => true,
            FileForm::Present => files.any(|files| files.contains_key(path)),
            FileForm::Content => {
                before.get(path) == Some(content)
                    || files.any(|files| files.get(path) == Some(content))
            }
        }
    };
    let left = left_for_next(case, role, seen).into_iter().flatten();
    let mut found = left.chain(&seen.end(role).files);
    let (path, content) = found.find(|(path, content)| !is_right(path, content))?;
    let known: BTreeSet<&String> =
        whole.iter().flat_map(|expected| end_of(expected, role).files.keys()).collect();
    let what = if known.contains(path) {
        format!("{}: {path:?} is left with {} bytes, not whole", check.name(), content.0.len())
    } else {
        format!("{}: unexpected file {path:?}", check.name())
    };
    Some(Finding::new(case, role, check, what))
}

/// The files that a server has left when the next client comes, if it knew that the exchange was over. The next
/// client may replace a broken file by a whole one.
fn left_for_next<'a>(
    case: &Case<'_>,
    role: Role,
    seen: &'a Observation,
) -> Option<impl Iterator<Item = (&'a String, &'a Blob)>> {
    let is_over = matches!(case.network.kind, Kind::Cut(_) | Kind::Reset(_) | Kind::HalfClose(_));
    let control = seen.control.as_ref().filter(|_| is_over && role == Role::Server)?;
    Some(control.server_files.iter())
}

fn at_rest(case: &Case<'_>, role: Role, seen: &Observation) -> Option<Finding> {
    let used = seen.at_rest?;
    let time = match role {
        Role::Server => used.server,
        Role::Client => used.client,
    };
    (time >= AT_REST_MAX).then(|| {
        let what = format!("the {role} waits, and used {time:?} of a processor meanwhile");
        Finding::new(case, role, Check::AtRest, what)
    })
}
