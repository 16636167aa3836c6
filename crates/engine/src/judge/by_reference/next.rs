//! Judges the follow-up client after a broken exchange, with the same server.

use model::blob::Blob;
use model::observation::{Control, Direction, Observation, Role};
use model::{Breaks, Check, Ending, Expected, Said, Wire};

use super::whole::{is_by_hand, parting};
use super::{Case, Finding, datagram, rules};

pub(super) fn findings(case: &Case<'_>, seen: &Observation) -> Option<Finding> {
    // A person starts a client only once.
    let none_comes = case.network.is_harmless() || is_by_hand(Role::Client, seen);
    if none_comes { None } else { findings_behind(case, seen, false) }
}

/// The same after a client that sent malformed data. `may_differ`: whether the server may have stored something
/// that the reference's server did not.
pub(super) fn findings_behind(
    case: &Case<'_>,
    seen: &Observation,
    may_differ: bool,
) -> Option<Finding> {
    let next = case.baseline.next.as_ref()?;
    let differs = |what: &str| {
        let what = format!("the next client, which was not disturbed: {what}");
        Some(Finding::new(case, Role::Server, Check::NextClient, what))
    };
    let Some(control) = &seen.control else {
        return if seen.stopped.is_some() { None } else { differs("it never connected") };
    };
    let waits = next.expected.client.by_itself == Some(false);
    let is_overdue = control.overdue && !waits;
    let wrong = if next.is_as_first && !may_differ {
        as_first(case, &next.expected, control, is_overdue)
    } else if is_overdue {
        Some((Role::Server, "it never ended".to_owned()))
    } else {
        somehow(&next.expected, control)
    };
    let (role, what) = wrong?;
    // A server that has ended can't serve the client, so the client is not at fault.
    let role = if seen.server.by_itself { Role::Server } else { role };
    let what = match seen.server.exit.filter(|_| seen.server.by_itself) {
        Some(exit) => format!("the server has ended, with {exit}; {what}"),
        None => what,
    };
    differs(&what).map(|finding| Finding { role, ..finding })
}

/// A server without state must repeat what it did for the first client.
fn as_first(
    case: &Case<'_>,
    whole: &Expected,
    control: &Control,
    is_overdue: bool,
) -> Option<(Role, String)> {
    let ways = [(Direction::ToServer, Role::Client), (Direction::ToClient, Role::Server)];
    let mut wrong: Vec<Wrong> = ways
        .into_iter()
        .filter_map(|(way, role)| other_bytes(case, whole, control, (way, role), is_overdue))
        .collect();
    // Wrong bytes make the other program stop early, so they are reported before a stream that is too short.
    wrong.sort_by_key(|it| it.is_begun);
    if let Some(Wrong { role, what, .. }) = wrong.into_iter().next() {
        return Some((role, what));
    }
    if is_overdue {
        return Some((Role::Server, "it never ended".to_owned()));
    }
    end(whole, control)
}

/// What is wrong in one direction.
struct Wrong {
    /// The program at fault.
    role: Role,
    what: String,
    /// Whether it is correct but too short.
    is_begun: bool,
}

/// What is wrong in this direction, if anything.
fn other_bytes(
    case: &Case<'_>,
    whole: &Expected,
    control: &Control,
    (way, role): (Direction, Role),
    is_overdue: bool,
) -> Option<Wrong> {
    let place = model::mask::Place::Stream(way);
    let (what, is_begun) = match whole.wire(way) {
        Wire::Stream(right) => {
            let (seen, breaks) = (control.wire.stream(way), Breaks::of(&control.wire, way));
            let due = Said { bytes: &right.0, breaks: whole.breaks(way) };
            let sent = Said { bytes: &seen, breaks: &breaks };
            let right = case.scenario.with_seen(place, due, sent, case.json(way));
            // A client that never ended is at fault only for wrong bytes.
            let is_begun = right.starts_with(&seen);
            let is_short = is_overdue && role == Role::Client && is_begun;
            let parting = parting(&right.into(), &seen.clone().into()).filter(|_| !is_short)?;
            let explained = case.scenario.explain(way, due, sent, case.json(way));
            let value = explained.map(|it| format!(" ({}: {})", it.part, it.what));
            let value = value.unwrap_or_default();
            (format!("{} parts at byte {}{value}", way.name(), parting.offset), is_begun)
        }
        Wire::Datagrams(right) => {
            let seen: Vec<&[u8]> = control.wire.segments(way).collect();
            let is_other = |(right, seen): (&Blob, &&[u8])| {
                datagram(case.scenario, place, &right.0, seen, case.json(way)) != **seen
            };
            let other = right.iter().zip(&seen).position(is_other);
            let is_begun = other.is_none() && seen.len() < right.len();
            let is_short = is_overdue && role == Role::Client && is_begun;
            let what = match other {
                Some(nth) => format!("{}: datagram {} is another", way.name(), nth + 1),
                None if seen.len() == right.len() || is_short => return None,
                None => format!("{}: {} datagrams, not {}", way.name(), seen.len(), right.len()),
            };
            (what, is_begun)
        }
    };
    // A program that sent too little may still wait for the other.
    let due = rules::is_due(case, &control.wire).filter(|_| is_begun);
    Some(Wrong { role: due.unwrap_or(role), what, is_begun })
}

/// A server with state must answer, and must let its client come to its end.
fn somehow(right: &Expected, control: &Control) -> Option<(Role, String)> {
    let answers = right.to_client.byte_count() > 0;
    if answers && control.wire.byte_count(Direction::ToClient) == 0 {
        return Some((Role::Server, "it was sent nothing".to_owned()));
    }
    None
}

fn end(right: &Expected, control: &Control) -> Option<(Role, String)> {
    let ending = Ending::of(&control.client, Role::Client);
    let is_right = control.overdue || ending == right.client.ending;
    (!is_right).then(|| {
        let said = String::from_utf8_lossy(&control.client.stderr.0).trim_end().to_owned();
        (Role::Client, format!("it ended with {ending}: {said}"))
    })
}
