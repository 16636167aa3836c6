//! The index of the page: a few bytes per case. Repeated texts are stored once.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use model::case::{CaseId, Network, Pairing, Transport};
use model::event::{CaseResult, End, PeerInfo, Start};
use model::{Catalogue, Difference, Level, Verdict};
use serde::Serialize;

use super::text::shortened;
use crate::replays::Replays;

/// Longer sentences are shortened to this length.
const WHAT_MAX_CHARS: usize = 1_000;

/// The index so far.
#[derive(Debug)]
pub(super) struct Index {
    start: Start,
    replays: Replays,
    scenarios: Names<String>,
    pairings: Names<Pairing>,
    networks: Names<Network>,
    inputs: Names<String>,
    sentences: Names<Sentence>,
    rows: Vec<Row>,
}

/// The place where [`Index::add`] put a case.
pub(super) struct Kept {
    pub(super) row: usize,
    pub(super) scenario: u32,
    pub(super) pairing: u32,
}

#[derive(Debug)]
struct Row {
    scenario: u32,
    pairing: u32,
    transport: Transport,
    network: u32,
    /// The number of its input in the id, then the input's name if it has one.
    input: u32,
    verdict: Verdict,
    milliseconds: u64,
    about: Option<Box<About>>,
}

/// What only a case that did not pass has.
#[derive(Debug, Clone, Serialize)]
struct About {
    clause: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errata: Vec<String>,
    sentences: Vec<u32>,
    /// The block with its evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<u32>,
    /// Whether it has a directory.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    folder: bool,
}

/// A difference in words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Sentence {
    clause: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<&'static str>,
    what: String,
}

impl Sentence {
    pub(super) fn of(difference: &Difference) -> Self {
        Self {
            clause: difference.clause.clone(),
            check: difference.check.map(model::Check::name),
            what: shortened(&difference.what, WHAT_MAX_CHARS),
        }
    }
}

/// Values with numbers; each value once.
#[derive(Debug)]
struct Names<T> {
    all: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash> Names<T> {
    fn new() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new() }
    }

    fn number(&mut self, name: &T) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    fn get(&self, number: u32) -> Option<&T> {
        self.all.get(number as usize)
    }
}

impl Index {
    pub(super) fn new(start: &Start) -> Self {
        Self {
            replays: Replays::new(start),
            start: start.clone(),
            scenarios: Names::new(),
            pairings: Names::new(),
            networks: Names::new(),
            inputs: Names::new(),
            sentences: Names::new(),
            rows: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, case: &CaseResult) -> Kept {
        let CaseId { scenario, pairing, transport, network, input } = &case.id;
        let input = match case.input.as_str() {
            "generated" => input.to_string(),
            name => format!("{input} {name}"),
        };
        let row = Row {
            scenario: self.scenarios.number(scenario),
            pairing: self.pairings.number(pairing),
            transport: *transport,
            network: self.networks.number(network),
            input: self.inputs.number(&input),
            verdict: case.verdict,
            milliseconds: milliseconds(case.seconds),
            about: self.about(case),
        };
        let kept = Kept { row: self.rows.len(), scenario: row.scenario, pairing: row.pairing };
        self.rows.push(row);
        kept
    }

    fn about(&mut self, case: &CaseResult) -> Option<Box<About>> {
        if case.verdict == Verdict::Pass {
            return None;
        }
        let sentences = case.differences.iter().map(Sentence::of);
        let sentences = sentences.map(|sentence| self.sentences.number(&sentence)).collect();
        Some(Box::new(About {
            clause: case.clause.clone(),
            errata: case.errata.clone(),
            sentences,
            block: None,
            folder: case.evidence.is_some(),
        }))
    }

    /// Links the case in this row to this block.
    pub(super) fn explain(&mut self, row: usize, block: u32) {
        if let Some(about) = self.rows.get_mut(row).and_then(|row| row.about.as_mut()) {
            about.block = Some(block);
        }
    }

    /// The index in the page's form.
    pub(super) fn told<'c>(mut self, end: &End, catalogue: &'c Catalogue) -> Told<'c> {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by(|one, other| self.key(one).cmp(&self.key(other)));
        self.rows = rows;
        let mut groups: Vec<Group> = Vec::new();
        let mut about = BTreeMap::new();
        for (number, row) in self.rows.iter().enumerate() {
            let Row { scenario, pairing, transport, network, .. } = *row;
            let group = match groups.last_mut() {
                Some(last) if last.is(scenario, pairing, transport, network) => last,
                _ => {
                    groups.push(Group::new(scenario, pairing, transport, network));
                    let Some(last) = groups.last_mut() else { continue };
                    last
                }
            };
            group.inputs.push(row.input);
            group.verdicts.push(letter(row.verdict));
            group.milliseconds.push(row.milliseconds);
            if let Some(told) = &row.about {
                about.insert(number, (**told).clone());
            }
        }
        let pairings = self.pairings.all.iter().map(|pairing| PairingTold {
            name: pairing.to_string(),
            peers: self.replays.peer_options(pairing),
        });
        Told {
            framecheck: self.start.framecheck.clone(),
            seed: self.start.seed.to_string(),
            seconds: end.took.as_secs_f64(),
            planned: self.start.cases,
            limits: self.start.limits(),
            interrupted: end.interrupted,
            unmatched: end.unmatched.clone(),
            peers: self.start.peers.clone(),
            missing: self.start.missing.clone(),
            not_judged: self.start.not_judged.clone(),
            not_played: end.not_played.iter().map(ToString::to_string).collect(),
            columns: self.start.pairings.clone(),
            pairings: pairings.collect(),
            verdicts: Verdict::ALL.map(VerdictTold::of),
            scenarios: self
                .scenarios
                .all
                .iter()
                .map(|name| ScenarioTold::of(name, catalogue))
                .collect(),
            networks: self.networks.all.iter().map(NetworkTold::of).collect(),
            clauses: clauses(
                self.rows.iter().filter_map(|row| row.about.as_deref()),
                &self.sentences,
                catalogue,
            ),
            errata: errata_of(about.values(), catalogue),
            inputs: self.inputs.all,
            sentences: self.sentences.all,
            groups,
            about,
        }
    }

    /// The sort key of a case: its id.
    fn key(&self, row: &Row) -> impl Ord + use<'_> {
        let input = self.inputs.get(row.input).map(String::as_str);
        (
            self.scenarios.get(row.scenario).map(String::as_str),
            self.pairings.get(row.pairing),
            row.transport,
            self.networks.get(row.network),
            input.and_then(|input| u32::from_str_radix(input.get(..8)?, 16).ok()),
        )
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and no case takes longer"
)]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

/// A verdict as one letter of a long string: its index in [`Verdict::ALL`].
fn letter(verdict: Verdict) -> char {
    let place = Verdict::ALL.iter().position(|it| *it == verdict).unwrap_or_default();
    char::from_digit(u32::try_from(place).unwrap_or_default(), 10).unwrap_or('?')
}

fn clauses<'a, 'c>(
    abouts: impl Iterator<Item = &'a About>,
    sentences: &Names<Sentence>,
    catalogue: &'c Catalogue,
) -> BTreeMap<String, ClauseTold<'c>> {
    let of_cases = abouts.map(|about| about.clause.clone());
    let ids = of_cases.chain(sentences.all.iter().map(|it| it.clause.clone()));
    let told = |id: String| {
        let clause = catalogue.clause(&id)?;
        let level = match clause.level {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
        };
        Some((id, ClauseTold { level, text: &clause.text }))
    };
    ids.filter_map(told).collect()
}

fn errata_of<'a>(
    abouts: impl Iterator<Item = &'a About>,
    catalogue: &Catalogue,
) -> BTreeMap<&'static str, ErratumTold> {
    let mut ids: Vec<&str> =
        abouts.flat_map(|about| about.errata.iter().map(String::as_str)).collect();
    ids.sort_unstable();
    ids.dedup();
    let told = catalogue.errata().filter(|erratum| ids.contains(&erratum.id)).map(|erratum| {
        let told = ErratumTold {
            role: erratum.role.name(),
            trigger: erratum.trigger,
            happens: erratum.happens,
            right: erratum.right,
            clause: erratum.clause,
        };
        (erratum.id, told)
    });
    told.collect()
}

/// The result of [`Index::told`].
#[derive(Debug, Serialize)]
pub(super) struct Told<'c> {
    framecheck: String,
    /// A string, as a JavaScript number can't hold every seed.
    seed: String,
    seconds: f64,
    planned: usize,
    limits: Option<String>,
    interrupted: bool,
    unmatched: Vec<String>,
    peers: Vec<PeerInfo>,
    missing: Vec<String>,
    not_judged: Vec<String>,
    not_played: Vec<String>,
    columns: Vec<String>,
    pairings: Vec<PairingTold>,
    verdicts: [VerdictTold; 8],
    scenarios: Vec<ScenarioTold<'c>>,
    networks: Vec<NetworkTold>,
    clauses: BTreeMap<String, ClauseTold<'c>>,
    errata: BTreeMap<&'static str, ErratumTold>,
    inputs: Vec<String>,
    sentences: Vec<Sentence>,
    groups: Vec<Group>,
    /// By the case's number in the order of the groups.
    about: BTreeMap<usize, About>,
}

/// Cases that differ only in their input.
#[derive(Debug, Serialize)]
struct Group {
    scenario: u32,
    pairing: u32,
    transport: Transport,
    network: u32,
    inputs: Vec<u32>,
    verdicts: String,
    milliseconds: Vec<u64>,
}

impl Group {
    fn new(scenario: u32, pairing: u32, transport: Transport, network: u32) -> Self {
        let (inputs, verdicts, milliseconds) = (Vec::new(), String::new(), Vec::new());
        Self { scenario, pairing, transport, network, inputs, verdicts, milliseconds }
    }

    fn is(&self, scenario: u32, pairing: u32, transport: Transport, network: u32) -> bool {
        (self.scenario, self.pairing, self.transport, self.network)
            == (scenario, pairing, transport, network)
    }
}

#[derive(Debug, Serialize)]
struct PairingTold {
    name: String,
    /// The replay options of its cases, besides the id.
    peers: String,
}

#[derive(Debug, Serialize)]
struct VerdictTold {
    name: &'static str,
    failure: bool,
}

impl VerdictTold {
    fn of(verdict: Verdict) -> Self {
        Self { name: verdict.name(), failure: verdict.is_failure() }
    }
}

#[derive(Debug, Serialize)]
struct ScenarioTold<'c> {
    name: String,
    summary: &'c str,
}

impl<'c> ScenarioTold<'c> {
    fn of(name: &str, catalogue: &'c Catalogue) -> Self {
        let summary = catalogue.scenario(name).map_or("", |scenario| scenario.summary());
        Self { name: name.to_owned(), summary }
    }
}

#[derive(Debug, Serialize)]
struct NetworkTold {
    name: String,
    family: &'static str,
}

impl NetworkTold {
    fn of(network: &Network) -> Self {
        Self { name: network.to_string(), family: network.family() }
    }
}

#[derive(Debug, Serialize)]
struct ClauseTold<'c> {
    level: &'static str,
    text: &'c str,
}

#[derive(Debug, Serialize)]
struct ErratumTold {
    role: &'static str,
    trigger: &'static str,
    happens: &'static str,
    right: &'static str,
    clause: &'static str,
}
