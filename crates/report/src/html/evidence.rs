//! The evidence of a failure, in the form of the page.

use std::collections::BTreeMap;

use model::blob::Blob;
use model::case::Network;
use model::event::{CaseResult, Evidence, LeftOut, Smallest};
use model::observation::{Direction, Exit, PeerEnd, Role, Stop};
use model::{Catalogue, Difference, Ending, ExpectedEnd, Input, Said, shell};
use serde::Serialize;

use super::index::Sentence;
use super::streams::{Events, Way};
use super::text::{Bytes, Text, shortened};

/// How many entries of a list of differences or files are shown.
const LIST_MAX: usize = 40;
const INPUT_MAX_CHARS: usize = 6_000;

/// One failing case.
#[derive(Debug, Serialize)]
pub(super) struct Explained {
    differences: Vec<Parted>,
    input: String,
    /// The network disturbed the exchange, so the undisturbed result is not the standard for the client.
    harmed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    smallest: Option<SmallestTold>,
    ways: Vec<Way>,
    wire: Events,
    server: Peer,
    client: Peer,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
    listening_elsewhere: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<ControlTold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOutTold>,
    seconds: f64,
}

/// What is not here, and the case that has it.
#[derive(Debug, Serialize)]
struct LeftOutTold {
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    like: Option<String>,
}

impl LeftOutTold {
    fn of(left_out: &LeftOut) -> Self {
        Self { what: left_out.to_string(), like: left_out.like.as_ref().map(ToString::to_string) }
    }
}

/// A difference, and the bytes around the first differing byte of two sequences.
#[derive(Debug, Serialize)]
struct Parted {
    #[serde(flatten)]
    sentence: Sentence,
    #[serde(skip_serializing_if = "Option::is_none")]
    parting: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Bytes>,
}

#[derive(Debug, Serialize)]
struct SmallestTold {
    input: String,
    network: String,
    differences: Vec<Sentence>,
    tried: u32,
}

/// How a program ended, and how it should have ended.
#[derive(Debug, Serialize)]
struct Peer {
    /// `None` for the harness, which is not a process.
    exit: Option<Exit>,
    by_itself: bool,
    ending: Ending,
    expected_ending: Option<Ending>,
    stdout: Text,
    stderr: Text,
    /// Missing if it equals what was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_stdout: Option<Text>,
    files: Vec<FileTold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
struct FileTold {
    name: String,
    /// The expected length and the actual length.
    expected: Option<usize>,
    found: Option<usize>,
    same: bool,
}

#[derive(Debug, Serialize)]
struct ControlTold {
    overdue: bool,
    wire: Events,
    client: Peer,
}

impl Explained {
    pub(super) fn new(case: &CaseResult, evidence: &Evidence, catalogue: &Catalogue) -> Self {
        let Evidence { input, expected, observed, smallest, left_out } = evidence;
        let scenario = catalogue.scenario(&case.scenario);
        let way = |direction| {
            let frames = |said: Said<'_>| scenario?.frames(direction, said);
            Way::of(direction, expected, observed, &frames)
        };
        let right = |end| left_out.is_none().then_some(end);
        let control = observed.control.as_ref().map(|control| ControlTold {
            overdue: control.overdue,
            wire: Events::of(&control.wire),
            client: Peer::of(&control.client, Role::Client, None),
        });
        Self {
            differences: case.differences.iter().take(LIST_MAX).map(Parted::of).collect(),
            input: input.as_ref().map_or_else(|| input_left_out(case), told),
            harmed: !case.network.is_harmless()
                || input.as_ref().is_some_and(|input| input.served.is_some()),
            smallest: smallest.as_deref().map(SmallestTold::of),
            // If only parts of two streams are kept, they can't be compared.
            ways: [Direction::ToServer, Direction::ToClient]
                .into_iter()
                .filter(|_| left_out.is_none())
                .map(way)
                .collect(),
            wire: Events::of(&observed.wire),
            server: Peer::of(&observed.server, Role::Server, right(&expected.server)),
            client: Peer::of(&observed.client, Role::Client, right(&expected.client)),
            left_out: left_out.as_deref().map(LeftOutTold::of),
            stopped: observed.stopped.as_ref().map(stopped),
            listening_elsewhere: observed.listening_elsewhere.clone(),
            control,
            seconds: observed.took.as_secs_f64(),
        }
    }
}

fn input_left_out(case: &CaseResult) -> String {
    format!(
        "too long to be kept; it is shown by: framecheck show {}",
        shell::word(case.id.to_string())
    )
}

fn told(input: &Input) -> String {
    let text = serde_json::to_string_pretty(input).unwrap_or_default();
    shortened(&text, INPUT_MAX_CHARS)
}

impl Parted {
    fn of(difference: &Difference) -> Self {
        let sentence = Sentence::of(difference);
        let Some(parting) = &difference.parting else {
            return Self { sentence, parting: None, expected: None, found: None };
        };
        let (expected, found) = (&parting.expected.0, &parting.found.0);
        let at = Some(parting.offset);
        Self {
            sentence,
            parting: at,
            expected: Some(Bytes::of(expected, found.len(), at)),
            found: Some(Bytes::of(found, expected.len(), at)),
        }
    }
}

impl SmallestTold {
    fn of(smallest: &Smallest) -> Self {
        let network: &Network = &smallest.network;
        Self {
            input: told(&smallest.input),
            network: network.to_string(),
            differences: smallest.differences.iter().take(LIST_MAX).map(Sentence::of).collect(),
            tried: smallest.tried,
        }
    }
}

impl Peer {
    fn of(end: &PeerEnd, role: Role, expected: Option<&ExpectedEnd>) -> Self {
        let other_stdout = expected.filter(|it| it.stdout != end.stdout);
        let none = BTreeMap::new();
        let files = files(expected.map_or(&none, |it| &it.files), &end.files);
        Self {
            exit: end.exit,
            by_itself: end.by_itself,
            ending: Ending::of(end, role),
            expected_ending: expected.map(|it| it.ending),
            stdout: Text::of(&end.stdout.0),
            stderr: Text::of(&end.stderr.0),
            expected_stdout: other_stdout.map(|it| Text::of(&it.stdout.0)),
            files,
            memory_bytes: end.memory_bytes,
        }
    }
}

fn files(right: &BTreeMap<String, Blob>, found: &BTreeMap<String, Blob>) -> Vec<FileTold> {
    let mut names: Vec<&String> = right.keys().chain(found.keys()).collect();
    names.sort();
    names.dedup();
    let told = |name: &String| FileTold {
        name: shortened(name, 300),
        expected: right.get(name).map(|it| it.0.len()),
        found: found.get(name).map(|it| it.0.len()),
        same: right.get(name) == found.get(name),
    };
    names.into_iter().take(LIST_MAX).map(told).collect()
}

fn stopped(stop: &Stop) -> String {
    match stop {
        Stop::Deadline(what) => format!("the deadline passed, waiting for {what}"),
        Stop::Quiet => "there was no more traffic".to_owned(),
        Stop::Flood(role) => format!("the {role} sent without end"),
        Stop::Babble(role) => format!("the {role} printed without end"),
        Stop::Idle => "there was no more traffic, and both programs slept".to_owned(),
        Stop::Spins(role) => format!("the {role} kept a processor busy without any traffic"),
    }
}
