//! Which cases a run has.

use std::collections::HashSet;
use std::sync::Arc;

use globset::{Glob, GlobMatcher};
use model::case::{
    CaseId, CaseIdError, HARNESS, InputId, Kind, Network, Pairing, Playing, Transport,
};
use model::event::Chosen;
use model::observation::{Direction, Role};
use model::{Catalogue, Input, Scenario, Vector, generated_input};

use crate::peer::{Peer, Peers};

/// What is asked for on the command line.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Globs of scenario names; none means all.
    pub scenarios: Vec<String>,
    /// Globs of case ids that are left out.
    pub skip: Vec<String>,
    /// Globs of pairings; none means all, or where manifests describe peers, all that such a peer takes
    /// part in.
    pub pairings: Vec<String>,
    /// Transports; none means all.
    pub transports: Vec<Transport>,
    /// Globs of networks; none means those that are there for each input. One that is the name of a
    /// network is played with every input that it fits.
    pub networks: Vec<String>,
    /// Globs of inputs, by a vector's name, by an id's last part, or as `generated`; none means all.
    pub inputs: Vec<String>,
    /// Globs of inputs that are left out.
    pub skip_inputs: Vec<String>,
    /// Generated inputs a scenario.
    pub cases: u32,
    /// What they are generated from.
    pub seed: u64,
}

/// An input and the pairings that play it.
#[derive(Clone)]
pub struct Group {
    /// The scenario.
    pub scenario: Arc<dyn Scenario>,
    /// The input's id.
    pub input_id: InputId,
    /// The vector's name, or `None` for a generated input.
    pub vector: Option<String>,
    /// The input.
    pub input: Input,
    /// Who plays it, and over what.
    pub plays: Vec<Playing>,
}

/// The selection makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A glob that isn't one.
    #[error("{glob:?} is no glob: {why}")]
    Glob {
        /// The text.
        glob: String,
        /// What is wrong with it.
        why: String,
    },
    /// A pattern or name that matches nothing is a mistake, not an empty run.
    #[error("{option} {pattern:?} matches nothing; there is: {there_is}")]
    MatchesNothing {
        /// The option it was given to.
        option: &'static str,
        /// The pattern.
        pattern: String,
        /// What it could have matched.
        there_is: String,
    },
    /// Everything was left out.
    #[error("nothing is left to run: the options exclude each other")]
    Nothing,
    /// The id names what isn't there.
    #[error("{id} names no case: {why}")]
    NoSuchCase {
        /// The id.
        id: String,
        /// What isn't there.
        why: String,
    },
}

impl Selection {
    /// The options as they were given, and a list of expected failures of this digest.
    #[must_use]
    pub fn as_given(&self, expected: Option<String>) -> Chosen {
        fn told<T: ToString>(all: &[T]) -> Vec<String> {
            all.iter().map(ToString::to_string).collect()
        }
        Chosen {
            scenario: told(&self.scenarios),
            pairing: told(&self.pairings),
            transport: told(&self.transports),
            network: told(&self.networks),
            skip: told(&self.skip),
            input: told(&self.inputs),
            skip_input: told(&self.skip_inputs),
            expected,
        }
    }

    /// Whether cases over this network are wanted.
    fn takes(&self, network: &Network) -> bool {
        let name = network.to_string();
        let matches = |glob: &String| matcher(glob).is_ok_and(|matcher| matcher.is_match(&name));
        self.networks.is_empty() || self.networks.iter().any(matches)
    }

    /// Whether cases of this pairing are wanted.
    fn takes_pairing(&self, pairing: &Pairing, peers: &Peers) -> bool {
        let is_guest = |peer: &Peer| [&pairing.server, &pairing.client].contains(&&peer.name);
        let mut guests = peers.guests().peekable();
        if self.pairings.is_empty() {
            guests.peek().is_none() || guests.any(is_guest)
        } else {
            let name = pairing.to_string();
            let matches = |glob: &String| matcher(glob).is_ok_and(|it| it.is_match(&name));
            self.pairings.iter().any(matches)
        }
    }
}

/// What an input is called where it has no name of its own.
pub const GENERATED: &str = "generated";

/// What a case is called by: its id, and the same with its input's name in the place of the last part.
#[must_use]
pub fn names_of(id: &CaseId, input: &str) -> [String; 2] {
    let CaseId { scenario, pairing, transport, network, .. } = id;
    [id.to_string(), format!("{scenario}/{pairing}/{transport}/{network}/{input}")]
}

/// The case of this id, in which a vector's name may stand in the place of the last part.
///
/// # Errors
/// [`PlanError::NoSuchCase`].
pub fn case_named(name: &str, catalogue: &Catalogue) -> Result<CaseId, PlanError> {
    let no_such = |why: String| PlanError::NoSuchCase { id: name.to_owned(), why };
    let as_it_is = || name.parse::<CaseId>().map_err(|error| no_such(error.to_string()));
    let Some((case, input)) = name.rsplit_once('/') else { return as_it_is() };
    if input.parse::<InputId>().is_ok() || case.matches('/').count() != 3 {
        return as_it_is();
    }
    let id: CaseId = format!("{case}/{}", InputId::of_vector(input))
        .parse()
        .map_err(|error: CaseIdError| no_such(error.to_string()))?;
    let scenario = scenario_of(&id, catalogue)?;
    let names: Vec<String> = scenario.vectors().into_iter().map(|vector| vector.name).collect();
    if names.iter().any(|known| known == input) {
        return Ok(id);
    }
    let names = names.join(", ");
    Err(no_such(format!("{} has no vector {input:?}; it has {names}", id.scenario)))
}

impl Group {
    /// The name of its input: its vector's, or [`GENERATED`].
    #[must_use]
    pub fn input_name(&self) -> &str {
        self.vector.as_deref().unwrap_or(GENERATED)
    }

    /// The id of the case that a pairing of this group is.
    #[must_use]
    pub fn case_id(&self, playing: &Playing) -> CaseId {
        let Playing { transport, network, pairing } = playing.clone();
        let scenario = self.scenario.name().to_owned();
        CaseId { scenario, pairing, transport, network, input: self.input_id }
    }
}

/// Keep only the cases of a plan that are wanted; that may be none.
pub fn retain(groups: &mut Vec<Group>, mut is_wanted: impl FnMut(&CaseId) -> bool) {
    for group in &mut *groups {
        let mut plays = std::mem::take(&mut group.plays);
        plays.retain(|playing| is_wanted(&group.case_id(playing)));
        group.plays = plays;
    }
    groups.retain(|group| !group.plays.is_empty());
}

/// Every pairing there is: each peer serves each peer, and the harness.
#[must_use]
pub fn pairings(peers: &Peers) -> Vec<Pairing> {
    let servers = || peers.iter().map(|peer| peer.name.as_str());
    let typed = servers().flat_map(|client| servers().map(move |server| (server, client)));
    let raw = servers().map(|server| (server, HARNESS));
    let served = servers().map(|client| (HARNESS, client));
    typed.chain(raw).chain(served).map(|(server, client)| Pairing::new(server, client)).collect()
}

/// Those of them that occur in a plan, in the same order.
#[must_use]
pub fn pairings_in(groups: &[Group], peers: &Peers) -> Vec<Pairing> {
    let plays = groups.iter().flat_map(|group| &group.plays);
    let occurring: HashSet<&Pairing> = plays.map(|playing| &playing.pairing).collect();
    pairings(peers).into_iter().filter(|pairing| occurring.contains(pairing)).collect()
}

/// The id of every case of a plan.
pub fn ids(groups: &[Group]) -> impl Iterator<Item = CaseId> {
    groups.iter().flat_map(|group| group.plays.iter().map(|playing| group.case_id(playing)))
}

/// Choose the cases of a run, in a fixed order.
///
/// # Errors
/// See [`PlanError`].
pub fn plan(
    selection: &Selection,
    catalogue: &Catalogue,
    peers: &Peers,
) -> Result<Vec<Group>, PlanError> {
    let chosen_scenarios = choose_scenarios(&selection.scenarios, catalogue)?;
    let all_pairings = pairings(peers);
    let names: Vec<String> = all_pairings.iter().map(ToString::to_string).collect();
    for glob in &selection.pairings {
        let matcher = matcher(glob)?;
        if !names.iter().any(|name| matcher.is_match(name)) {
            let there_is = [&names[..], peers.missing()].concat();
            return Err(nothing("--pairing", glob.clone(), &there_is));
        }
    }
    let mut groups = Vec::new();
    for scenario in chosen_scenarios {
        for (nth, planned) in inputs(&*scenario, selection).into_iter().enumerate() {
            let Planned { id: input_id, vector, input, networks } = planned;
            let place = (nth, vector.is_some());
            let mut plays = plays(&*scenario, selection, place, &input, peers);
            plays.extend(disturbed_plays(&*scenario, selection, &input, &networks, peers));
            groups.push(Group { scenario: scenario.clone(), input_id, vector, input, plays });
        }
    }
    choose_inputs(&mut groups, selection)?;
    for glob in &selection.networks {
        let matcher = matcher(glob)?;
        let mut plays = groups.iter().flat_map(|group| &group.plays);
        if !plays.any(|playing| matcher.is_match(playing.network.to_string())) {
            let elsewhere = "that network, but no case over it among what the other options choose";
            let is_one = glob.parse::<Network>().is_ok();
            let there_is: &[&str] = if is_one { &[elsewhere] } else { &Kind::NAMES };
            return Err(nothing("--network", glob.clone(), there_is));
        }
    }
    skip(&mut groups, &selection.skip)?;
    groups.retain(|group| !group.plays.is_empty());
    if groups.is_empty() { Err(PlanError::Nothing) } else { Ok(groups) }
}

/// One input in so many is played over a transport that is not the scenario's first, unless that
/// transport is asked for: of the generated ones, and of all where both sides are bridged.
const AWAY: usize = 8;

/// Who is to play an input, and over what.
fn plays(
    scenario: &dyn Scenario,
    selection: &Selection,
    (nth, is_vector): (usize, bool),
    input: &Input,
    peers: &Peers,
) -> Vec<Playing> {
    let asked_for = |transport: &Transport| selection.transports.contains(transport);
    let wanted = |transport: Transport, pairing: &Pairing| {
        let is_typed = input.served.is_none();
        let often = is_vector && is_typed && is_spoken(scenario, transport, pairing, peers);
        is_for(input, pairing)
            && selection.takes_pairing(pairing, peers)
            && selection.takes(&Network::AS_IS)
            && (asked_for(&transport)
                || selection.transports.is_empty()
                    && (transport == scenario.home()
                        || often
                        || is_typed && nth.is_multiple_of(AWAY)))
    };
    let all = pairings(peers);
    let each = |transport: &Transport| {
        let transport = *transport;
        let pairings = all.iter().filter(move |pairing| wanted(transport, pairing));
        let playing = move |pairing: &Pairing| Playing {
            transport,
            network: Network::AS_IS,
            pairing: pairing.clone(),
        };
        pairings.map(playing).collect::<Vec<_>>()
    };
    scenario.transports().iter().flat_map(each).collect()
}

/// Whether it is for these two to play an input: the harness is on the side that it says.
fn is_for(input: &Input, pairing: &Pairing) -> bool {
    (pairing.client == HARNESS) == input.raw
        && (pairing.server == HARNESS) == input.served.is_some()
}

/// Who is to play an input over the networks that are there for it, and those that were asked for
/// by name. Transports but the scenario's first are played where they are asked for.
fn disturbed_plays(
    scenario: &dyn Scenario,
    selection: &Selection,
    input: &Input,
    usual: &[Network],
    peers: &Peers,
) -> Vec<Playing> {
    let is_datagram = scenario.home().is_datagram();
    let named = selection.networks.iter().filter_map(|name| name.parse().ok());
    let named = named.filter(|network: &Network| is_transparent(scenario, network));
    let mut networks: Vec<Network> = usual.iter().cloned().chain(named).collect();
    networks.sort();
    networks.dedup();
    networks.retain(|network| {
        *network != Network::AS_IS && network.fits(is_datagram) && selection.takes(network)
    });
    let transports: &[Transport] =
        if selection.transports.is_empty() { &[scenario.home()] } else { &selection.transports };
    let transports =
        transports.iter().filter(|transport| scenario.transports().contains(transport));
    let all = pairings(peers);
    let mut plays = Vec::new();
    for transport in transports.filter(|transport| **transport != Transport::None) {
        for network in &networks {
            let wanted = |pairing: &&Pairing| {
                is_for(input, pairing)
                    && is_told(scenario, network, pairing)
                    && selection.takes_pairing(pairing, peers)
            };
            plays.extend(all.iter().filter(wanted).map(|pairing| Playing {
                transport: *transport,
                network: network.clone(),
                pairing: pairing.clone(),
            }));
        }
    }
    plays
}

/// Whether what is right over this network can be told: it does harm, which is judged by what is
/// given, or it cuts where cuts mean nothing.
fn is_transparent(scenario: &dyn Scenario, network: &Network) -> bool {
    let cuts = |direction| network.way.concerns(direction) && network.kind != Kind::Delayed;
    let fine = |direction| !cuts(direction) || scenario.cuts_mean_nothing(direction);
    !network.is_harmless() || [Direction::ToServer, Direction::ToClient].into_iter().all(fine)
}

/// Whether the scenario can say what is right when these two play over a network.
fn is_told(scenario: &dyn Scenario, network: &Network, pairing: &Pairing) -> bool {
    let is_reference = |name: &String| name == scenario.reference();
    scenario.can_judge(network, is_reference(&pairing.server), is_reference(&pairing.client))
}

/// Whether at least one of two programs speaks this transport itself. Where neither does, only the
/// recorder is tried.
fn is_spoken(
    scenario: &dyn Scenario,
    transport: Transport,
    pairing: &Pairing,
    peers: &Peers,
) -> bool {
    let speaks = |name: &str, role| {
        let template = peers.by_name(name).and_then(|peer| peer.template(role, scenario.name()));
        template.is_some_and(|template| template.speaks(transport) == transport)
    };
    speaks(&pairing.server, Role::Server) || speaks(&pairing.client, Role::Client)
}

/// The one case an id names.
///
/// # Errors
/// [`PlanError::NoSuchCase`].
pub fn group_of(id: &CaseId, catalogue: &Catalogue, peers: &Peers) -> Result<Group, PlanError> {
    let scenario = scenario_of(id, catalogue)?;
    let vector = scenario.vectors().into_iter().find(|vector| vector.id() == id.input);
    let (vector, input) = match vector {
        Some(vector) => (Some(vector.name), Some(vector.input)),
        None => (None, generated_input(&**scenario, id.input)),
    };
    match input {
        Some(input) => group_with(id, vector, input, catalogue, peers),
        None => Err(no_such_case(id, format!("the strategy makes nothing of {}", id.input))),
    }
}

/// The case that an id names, with an input of its own.
///
/// # Errors
/// [`PlanError::NoSuchCase`].
pub fn group_with(
    id: &CaseId,
    vector: Option<String>,
    input: Input,
    catalogue: &Catalogue,
    peers: &Peers,
) -> Result<Group, PlanError> {
    let scenario = scenario_of(id, catalogue)?;
    if !scenario.transports().contains(&id.transport) {
        let why = format!("{} has no transport {}", id.scenario, id.transport);
        return Err(no_such_case(id, why));
    }
    for name in [&id.pairing.server, &id.pairing.client] {
        if peers.by_name(name).is_none() && name != HARNESS {
            let mut why = format!("no peer is called {name:?}");
            for missing in peers.missing() {
                why = format!("{why}; {missing}");
            }
            return Err(no_such_case(id, why));
        }
    }
    if !is_for(&input, &id.pairing) || !id.network.fits(id.transport.is_datagram()) {
        let why = format!("its input is not one that {} plays over {}", id.pairing, id.network);
        return Err(no_such_case(id, why));
    }
    let known = scenario.literal_names();
    if let Some(name) = input.literals.names().find(|name| !known.contains(name)) {
        let why =
            format!("its input has {name:?}, which is no part of an input of {}", id.scenario);
        return Err(no_such_case(id, why));
    }
    let is_clear = id.network == Network::AS_IS
        || is_transparent(&**scenario, &id.network)
            && is_told(&**scenario, &id.network, &id.pairing);
    if !is_clear {
        let why =
            format!("there is no telling what is right for {} over {}", id.pairing, id.network);
        return Err(no_such_case(id, why));
    }
    let playing = Playing {
        transport: id.transport,
        network: id.network.clone(),
        pairing: id.pairing.clone(),
    };
    let scenario = scenario.clone();
    Ok(Group { scenario, input_id: id.input, vector, input, plays: vec![playing] })
}

fn scenario_of<'c>(
    id: &CaseId,
    catalogue: &'c Catalogue,
) -> Result<&'c Arc<dyn Scenario>, PlanError> {
    let missing = || no_such_case(id, format!("no scenario is called {:?}", id.scenario));
    catalogue.scenario(&id.scenario).ok_or_else(missing)
}

fn no_such_case(id: &CaseId, why: String) -> PlanError {
    PlanError::NoSuchCase { id: id.to_string(), why }
}

/// An input that a run has.
struct Planned {
    id: InputId,
    vector: Option<String>,
    input: Input,
    /// What it is played over besides `asis`.
    networks: Vec<Network>,
}

/// The fixed inputs of a scenario, then as many generated ones as are asked for.
fn inputs(scenario: &dyn Scenario, selection: &Selection) -> Vec<Planned> {
    let vectors = scenario.vectors();
    let taken: HashSet<InputId> = vectors.iter().map(Vector::id).collect();
    let fixed = vectors.into_iter().map(|vector| {
        let id = vector.id();
        let Vector { name, input, networks } = vector;
        Planned { id, vector: Some(name), input, networks }
    });
    let generated = (0..u32::MAX)
        .map(|index| InputId::of_generated(scenario.name(), selection.seed, index))
        .filter(|id| !taken.contains(id))
        .take(selection.cases as usize)
        .filter_map(|id| Some((id, generated_input(scenario, id)?)))
        .enumerate()
        .map(|(nth, (id, input))| {
            let networks = scenario.generated_networks(nth);
            Planned { id, vector: None, input, networks }
        });
    fixed.chain(generated).collect()
}

fn choose_scenarios(
    globs: &[String],
    catalogue: &Catalogue,
) -> Result<Vec<Arc<dyn Scenario>>, PlanError> {
    let matchers = globs.iter().map(|glob| matcher(glob)).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<_> = catalogue.names().collect();
    for (glob, matcher) in globs.iter().zip(&matchers) {
        if !names.iter().any(|name| matcher.is_match(name)) {
            return Err(nothing("--scenario", glob.clone(), &names));
        }
    }
    let wanted = |scenario: &&Arc<dyn Scenario>| {
        matchers.is_empty() || matchers.iter().any(|matcher| matcher.is_match(scenario.name()))
    };
    Ok(catalogue.iter().filter(wanted).cloned().collect())
}

/// Keep only the inputs that are asked for, and leave out those that are not wanted.
fn choose_inputs(groups: &mut Vec<Group>, selection: &Selection) -> Result<(), PlanError> {
    let is_called = |group: &Group, matcher: &GlobMatcher| {
        matcher.is_match(group.input_name()) || matcher.is_match(group.input_id.to_string())
    };
    let options = [("--input", &selection.inputs), ("--skip-input", &selection.skip_inputs)];
    let mut chosen = Vec::new();
    for (option, globs) in options {
        let matchers = globs.iter().map(|glob| matcher(glob)).collect::<Result<Vec<_>, _>>()?;
        for (glob, matcher) in globs.iter().zip(&matchers) {
            if !groups.iter().any(|group| is_called(group, matcher)) {
                let there_is = ["the vectors of the chosen scenarios; see `framecheck list`"];
                return Err(nothing(option, glob.clone(), &there_is));
            }
        }
        chosen.push(matchers);
    }
    let [wanted, unwanted] = &chosen[..] else { return Ok(()) };
    groups.retain(|group| {
        let matches = |matcher: &GlobMatcher| is_called(group, matcher);
        (wanted.is_empty() || wanted.iter().any(matches)) && !unwanted.iter().any(matches)
    });
    Ok(())
}

fn skip(groups: &mut [Group], globs: &[String]) -> Result<(), PlanError> {
    for glob in globs {
        let matcher = matcher(glob)?;
        let mut skipped = 0;
        for group in &mut *groups {
            let ids: Vec<bool> = group
                .plays
                .iter()
                .map(|playing| {
                    let names = names_of(&group.case_id(playing), group.input_name());
                    names.iter().any(|name| matcher.is_match(name))
                })
                .collect();
            skipped += ids.iter().filter(|matched| **matched).count();
            let mut matched = ids.into_iter();
            group.plays.retain(|_| !matched.next().unwrap_or(false));
        }
        if skipped == 0 {
            return Err(nothing("--skip", glob.clone(), &["case ids; see `framecheck list`"]));
        }
    }
    Ok(())
}

fn matcher(glob: &str) -> Result<GlobMatcher, PlanError> {
    let compiled = Glob::new(glob).map_err(|error| PlanError::Glob {
        glob: glob.to_owned(),
        why: error.kind().to_string(),
    })?;
    Ok(compiled.compile_matcher())
}

fn nothing<T: ToString>(option: &'static str, pattern: String, there_is: &[T]) -> PlanError {
    let there_is = there_is.iter().map(T::to_string).collect::<Vec<_>>().join(", ");
    PlanError::MatchesNothing { option, pattern, there_is }
}
