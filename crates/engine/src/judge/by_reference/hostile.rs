//! Judges a program that received a malformed frame.
//!
//! If the reference handles the frame, its behaviour is right: the same files, and the same kind of end. The
//! text of a refusal is free, unless the protocol file says that answers to malformed frames are compared. Then
//! the screen is compared too, where the case compares screens. If the reference fails, only the common rules apply.

use std::collections::BTreeMap;

use model::blob::Blob;
use model::mask::{FileForm, JsonBy};
use model::observation::{Observation, Role, Stop};
use model::{Check, Ending, Expected, ExpectedEnd, Verdict};

use super::whole::{check_of_files, end_of, exit, is_by_hand, screen, wire};
use super::{Case, Finding, next, right, was_killed};
use crate::judge::Judgement;

/// Judges the program in `role`.
pub(crate) fn judge_hostile(case: &Case<'_>, role: Role, seen: &Observation) -> Judgement {
    let about = case.input.hostile.as_ref().map_or("", |it| it.what.as_str());
    let part = about.split(' ').next().unwrap_or_default();
    let mut found = Vec::new();
    let common = common_rule(role, case.scenario.home().is_datagram(), seen);
    if let Some(what) = &common {
        let check = if role == Role::Server { Check::ServerExit } else { Check::ClientExit };
        found.push(Finding::new(case, role, check, what.clone()));
    } else if case.baseline.falls.is_none()
        && !is_right_by_value(case, role)
        && !is_by_hand(role, seen)
    {
        if case.scenario.compares_hostile_answers() {
            let way = role.sends();
            let right = right(case, seen);
            found.extend(wire(case, way, right.wire(way), seen));
            found.extend(screen(case, role, &right, seen));
        }
        found.extend(end(case, role, seen));
        found.extend(left_open(case, role, seen));
        found.extend(files(case, role, seen));
    }
    let goes_on =
        case.baseline.falls.is_some() || case.baseline.expected.server.by_itself == Some(false);
    if role == Role::Server && goes_on && common.is_none() {
        // A program that accepts the frame as correct may keep anything from it.
        found.extend(next::findings_behind(case, seen, is_right_by_value(case, role)));
    }
    if found.is_empty() {
        return Judgement { verdict: Verdict::Pass, differences: vec![], errata: vec![] };
    }
    let verdict = match &seen.stopped {
        Some(Stop::Idle | Stop::Deadline(_)) => Verdict::Timeout,
        _ if was_killed(role, seen) => Verdict::Crash,
        _ => Verdict::Fail,
    };
    let differences = found.into_iter().map(|finding| {
        let mut difference = finding.difference;
        difference.what = format!("{about}: {}", difference.what);
        difference.part = Some(part.to_owned()).filter(|part| part.contains('.'));
        difference
    });
    Judgement { verdict, differences: differences.collect(), errata: Vec::new() }
}

/// Whether the frame is correct for a program whose JSON is compared by value.
fn is_right_by_value(case: &Case<'_>, role: Role) -> bool {
    let [server, client] = case.json;
    let json = if role == Role::Server { server } else { client };
    json == JsonBy::Value && case.input.hostile.as_ref().is_some_and(|it| it.is_same_value)
}

/// The rules for every program with any input.
pub(crate) fn common_rule(role: Role, is_datagram: bool, seen: &Observation) -> Option<String> {
    let of = |other: &Role| *other == role;
    if let Some(held) = seen.end(role).memory_bytes {
        return Some(format!("the {role} held {} MiB of memory", held >> 20));
    }
    match &seen.stopped {
        Some(Stop::Spins(who)) if of(who) => {
            return Some(format!("the {role} keeps a processor busy for nothing"));
        }
        Some(Stop::Flood(who) | Stop::Babble(who)) if of(who) => {
            return Some(format!("the {role} sends or prints without end"));
        }
        Some(Stop::Idle) => return Some("nothing moves any more".to_owned()),
        Some(Stop::Deadline(awaited)) => {
            return Some(format!("the deadline passed, waiting for {awaited}"));
        }
        _ => {}
    }
    if was_killed(role, seen) {
        return Some(format!("the {role} was ended by {}", exit(seen, role)));
    }
    // The connection has ended, so no more data will arrive.
    let waits = !is_datagram
        && role == Role::Client
        && seen.stopped == Some(Stop::Quiet)
        && !seen.client.by_itself;
    waits.then(|| "the client waits, although it has all that it needs".to_owned())
}

/// Whether it ends like the reference: continues, or refuses.
fn end(case: &Case<'_>, role: Role, seen: &Observation) -> Option<Finding> {
    let right: &ExpectedEnd = end_of(&case.baseline.expected, role);
    let end = seen.end(role);
    let ending = Ending::of(end, role);
    if role == Role::Server {
        // A port may continue where the reference ends.
        return (end.by_itself && right.by_itself == Some(false)).then(|| {
            let what = format!("the server ended by itself, with {}", exit(seen, role));
            Finding::new(case, role, Check::ServerStays, what)
        });
    }
    let may_wait = right.by_itself == Some(false);
    let waits = seen.stopped == Some(Stop::Quiet) && !end.by_itself;
    // Where the reference waits for more, a port may also give up.
    if may_wait && (waits || ending != Ending::Killed) {
        return None;
    }
    if ending != right.ending {
        let found = exit(seen, role);
        let what = format!("client-exit: expected {}, found {found}", right.ending);
        return Some(Finding::new(case, role, Check::ClientExit, what));
    }
    let is_silent = end.stderr.0.trim_ascii().is_empty();
    // A client may always end in this way. If the reference prints no message, it does not refuse the frame.
    (ending == Ending::Broken && is_silent && case.baseline.speaks && !case.input.terminal).then(
        || {
            let what = "the client does not say on standard error what is wrong";
            Finding::new(case, role, Check::ClientStderr, what)
        },
    )
}

/// Whether the server leaves a connection open that the reference ends. The harness has said by then that it sends no
/// more, and all has come to rest.
fn left_open(case: &Case<'_>, role: Role, seen: &Observation) -> Option<Finding> {
    let right_ends = case.baseline.expected.client.by_itself == Some(true);
    let waits = seen.stopped == Some(Stop::Quiet) && !seen.client.by_itself;
    let is_server = role == Role::Server && !case.scenario.home().is_datagram();
    (is_server && right_ends && waits && !seen.server.by_itself).then(|| {
        let what = "the server leaves the connection open, with all there to decide by";
        Finding::new(case, role, Check::ToClient, what)
    })
}

/// Whether it leaves the same files as the reference.
fn files(case: &Case<'_>, role: Role, seen: &Observation) -> Option<Finding> {
    let check = check_of_files(role);
    let right: &Expected = &case.baseline.expected;
    let right = &end_of(right, role).files;
    let found = left(role, seen);
    let form = |path: &String| case.scenario.file_form(role, path);
    let extra = found
        .iter()
        .find(|(path, _)| !right.contains_key(*path) && form(path) != FileForm::Ignored)
        .or_else(|| outside(case, seen));
    if let Some((path, content)) = extra {
        let what = format!("{}: unexpected file {path:?}, {} bytes", check.name(), content.0.len());
        return Some(Finding::new(case, role, check, what));
    }
    right.iter().find_map(|(path, content)| {
        let what = match (form(path), found.get(path)) {
            (FileForm::Ignored, _) | (FileForm::Present, Some(_)) => return None,
            (_, None) => format!("{}: no file {path:?}", check.name()),
            (FileForm::Content, Some(other)) if content == other => return None,
            (FileForm::Content, Some(other)) => format!(
                "{}: {path:?} has {} bytes, and others than the reference leaves",
                check.name(),
                other.0.len()
            ),
        };
        Some(Finding::new(case, role, check, what))
    })
}

/// A file outside of the directories that the reference does not write. Such files are listed with the client's
/// files. As the harness writes none, this program wrote it.
fn outside<'a>(case: &Case<'_>, seen: &'a Observation) -> Option<(&'a String, &'a Blob)> {
    let right = &case.baseline.expected.client.files;
    let is_new = |path: &String| path.starts_with("../") && !right.contains_key(path);
    seen.client.files.iter().find(|(path, _)| is_new(path))
}

/// The files that a program left before the next client came.
pub(crate) fn left(role: Role, seen: &Observation) -> &BTreeMap<String, Blob> {
    match &seen.control {
        Some(control) if role == Role::Server => &control.server_files,
        _ => &seen.end(role).files,
    }
}
