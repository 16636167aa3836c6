//! Where the reference is nondeterministic between plays.

use std::fmt;

use model::blob::Blob;
use model::mask::{FileForm, JsonBy, Place};
use model::observation::{Direction, Role};
use model::{Ending, Expected, ExpectedEnd, Said, Scenario, Wire};
use serde::{Deserialize, Serialize};

/// How many bytes of a value are shown.
const SHOWN_MAX_BYTES: usize = 48;

/// A difference between two plays of the reference that no mask covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsteady {
    /// What differs: a stream, a screen, a file, or an end.
    pub what: String,
    /// The offset of the difference, in bytes.
    pub offset: Option<usize>,
    /// The values in the two plays.
    pub values: [String; 2],
    /// The mask entry for the protocol's file that would cover it, if one is known.
    pub mask: Option<String>,
}

impl fmt::Display for Unsteady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = &self.values;
        write!(f, "the reference is not the same each time: {}", self.what)?;
        if let Some(offset) = self.offset {
            write!(f, " at byte {offset}")?;
        }
        write!(f, ": {one} and {other}")?;
        match &self.mask {
            Some(mask) => write!(f, "; this would cover it:\n{mask}"),
            None => f.write_str("; no simple mask covers it"),
        }
    }
}

/// The first difference between two plays, except on the screens. `one` is the earlier play.
#[must_use]
pub(crate) fn first_difference(
    scenario: &dyn Scenario,
    one: &Expected,
    other: &Expected,
) -> Option<Unsteady> {
    let streams = [Direction::ToServer, Direction::ToClient];
    streams
        .into_iter()
        .find_map(|way| wires(scenario, way, one, other))
        .or_else(|| ends(Role::Client, &one.client, &other.client))
        .or_else(|| ends(Role::Server, &one.server, &other.server))
        .or_else(|| files(scenario, Role::Client, &one.client, &other.client))
        .or_else(|| files(scenario, Role::Server, &one.server, &other.server))
}

/// The first difference between the screens of two plays.
#[must_use]
pub(crate) fn screens_differ(
    scenario: &dyn Scenario,
    one: &Expected,
    other: &Expected,
) -> Option<Unsteady> {
    let differ = |role: Role, one: &ExpectedEnd, other: &ExpectedEnd| {
        let what = format!("the {role}'s screen");
        let [one, other] = [one, other].map(|end| Said::whole(&end.stdout.0));
        bytes(scenario, Place::Screen(role), what, one, other)
    };
    differ(Role::Client, &one.client, &other.client)
        .or_else(|| differ(Role::Server, &one.server, &other.server))
}

fn wires(
    scenario: &dyn Scenario,
    way: Direction,
    one: &Expected,
    other: &Expected,
) -> Option<Unsteady> {
    let (name, place) = (way.name(), Place::Stream(way));
    let [in_one, in_other] = [one.breaks(way), other.breaks(way)];
    match (one.wire(way), other.wire(way)) {
        (Wire::Stream(one), Wire::Stream(other)) => {
            let one = Said { bytes: &one.0, breaks: in_one };
            let other = Said { bytes: &other.0, breaks: in_other };
            bytes(scenario, place, name.to_owned(), one, other)
        }
        (Wire::Datagrams(one), Wire::Datagrams(other)) => {
            let differing = one.iter().zip(other).enumerate().find_map(|(nth, (one, other))| {
                let what = format!("{name}, datagram {}", nth + 1);
                bytes(scenario, place, what, Said::whole(&one.0), Said::whole(&other.0))
            });
            let count = |all: &[Blob]| format!("{} datagrams", all.len());
            differing.or_else(|| plain(name.to_owned(), count(one), count(other)))
        }
        _ => None,
    }
}

fn bytes(
    scenario: &dyn Scenario,
    place: Place,
    what: String,
    one: Said<'_>,
    other: Said<'_>,
) -> Option<Unsteady> {
    let same = scenario.with_seen(place, one, other, JsonBy::Bytes);
    let (one, other) = (one.bytes, other.bytes);
    if same == other {
        return None;
    }
    let offset = same.iter().zip(other).take_while(|(one, other)| one == other).count();
    let shown = |bytes: &[u8]| {
        let from = offset.saturating_sub(SHOWN_MAX_BYTES / 3);
        let part = bytes.iter().skip(from).take(SHOWN_MAX_BYTES).copied().collect::<Vec<u8>>();
        format!("\"{}\"", part.escape_ascii())
    };
    let mask = scenario.proposed_mask(place, &[one, other]);
    Some(Unsteady { what, offset: Some(offset), values: [shown(&same), shown(other)], mask })
}

fn ends(role: Role, one: &ExpectedEnd, other: &ExpectedEnd) -> Option<Unsteady> {
    let told = |end: &ExpectedEnd| match (role, end.by_itself) {
        (Role::Server, Some(true)) => format!("it ended by itself, with {}", end.ending),
        (Role::Server, _) => "it went on".to_owned(),
        (Role::Client, Some(false)) => "it went on waiting".to_owned(),
        (Role::Client, _) => format!("it ended with {}", end.ending),
    };
    let is_asked = |end: &ExpectedEnd| role == Role::Server && end.by_itself == Some(false);
    if is_asked(one) && is_asked(other) && one.ending != Ending::Killed {
        return None;
    }
    plain(format!("the {role}'s end"), told(one), told(other))
}

fn files(
    scenario: &dyn Scenario,
    role: Role,
    one: &ExpectedEnd,
    other: &ExpectedEnd,
) -> Option<Unsteady> {
    let mut paths: Vec<&String> = one.files.keys().chain(other.files.keys()).collect();
    paths.sort();
    paths.dedup();
    paths.into_iter().find_map(|path| {
        let form = scenario.file_form(role, path);
        let (one, other) = (one.files.get(path), other.files.get(path));
        let is_same = match form {
            FileForm::Content => one == other,
            FileForm::Present => one.is_some() == other.is_some(),
            FileForm::Ignored => true,
        };
        if is_same {
            return None;
        }
        let told = |file: Option<&Blob>| match file {
            None => "it was not there".to_owned(),
            Some(bytes) => format!("it had {} bytes", bytes.0.len()),
        };
        let glob = globset::escape(path);
        let way = if one.is_some() == other.is_some() { "present" } else { "ignored" };
        let mask = format!("[[mask]]\nfile = \"{role}:{glob}\"\nas = \"{way}\"");
        let unsteady = plain(format!("the {role}'s file {path:?}"), told(one), told(other));
        let unsteady = unsteady.unwrap_or_else(|| Unsteady {
            what: format!("the content of the {role}'s file {path:?}"),
            offset: None,
            values: [told(one), told(other)],
            mask: None,
        });
        Some(Unsteady { mask: Some(mask), ..unsteady })
    })
}

fn plain(what: String, one: String, other: String) -> Option<Unsteady> {
    (one != other).then_some(Unsteady { what, offset: None, values: [one, other], mask: None })
}
