//! Decides which cases a run has.

mod named;
mod quick;
mod selection;

use std::collections::HashSet;
use std::sync::Arc;

use model::case::{CaseId, HARNESS, InputId, Kind, Network, Pairing, Playing, Transport};
use model::observation::{Direction, Role};
use model::{Catalogue, Input, Scenario, Truth, Vector, generated_input, generator_of};
pub use named::{case_named, group_of, group_with, input_of, names_of};
pub use selection::{Selection, choose_scenarios};

use self::selection::{choose_inputs, matcher, nothing, skip};
use crate::peer::Peers;

/// An input and the pairings that play it.
#[derive(Clone)]
pub struct Group {
    /// The scenario.
    pub scenario: Arc<dyn Scenario>,
    /// The input's id.
    pub input_id: InputId,
    /// The vector's name, or `None` for a generated input.
    pub vector: Option<String>,
    /// The name of the generator, for a generated input.
    pub generator: String,
    /// The input.
    pub input: Input,
    /// The pairings that play it, with transport and network.
    pub plays: Vec<Playing>,
}

/// Why a selection is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// An invalid glob.
    #[error("{glob:?} is not a glob: {why}")]
    Glob {
        /// The text.
        glob: String,
        /// The error in it.
        why: String,
    },
    /// A pattern or name that matches nothing. This is a mistake, not an empty run.
    #[error("{option} {pattern:?} matches nothing; there is: {there_is}")]
    MatchesNothing {
        /// The option with the pattern.
        option: &'static str,
        /// The pattern.
        pattern: String,
        /// The possible matches.
        there_is: String,
    },
    /// Everything was left out.
    #[error("nothing is left to run: the options exclude each other")]
    Nothing,
    /// The id names something that does not exist.
    #[error("{id} names no case: {why}")]
    NoSuchCase {
        /// The id.
        id: String,
        /// What does not exist.
        why: String,
    },
}

impl Group {
    /// The name of its input: the vector's name, or the generator's.
    #[must_use]
    pub fn input_name(&self) -> &str {
        self.vector.as_deref().unwrap_or(&self.generator)
    }

    /// The id of the case with this pairing.
    #[must_use]
    pub fn case_id(&self, playing: &Playing) -> CaseId {
        let Playing { transport, network, pairing } = playing.clone();
        let scenario = self.scenario.name().to_owned();
        CaseId { scenario, pairing, transport, network, input: self.input_id }
    }
}

/// Keeps only the wanted cases of a plan; there may be none.
pub fn retain(groups: &mut Vec<Group>, mut is_wanted: impl FnMut(&CaseId) -> bool) {
    for group in &mut *groups {
        let mut plays = std::mem::take(&mut group.plays);
        plays.retain(|playing| is_wanted(&group.case_id(playing)));
        group.plays = plays;
    }
    groups.retain(|group| !group.plays.is_empty());
}

/// All pairings: each peer as the server of each peer, and the harness.
#[must_use]
pub fn pairings(peers: &Peers) -> Vec<Pairing> {
    let servers = || peers.iter().map(|peer| peer.name.as_str());
    let typed = servers().flat_map(|client| servers().map(move |server| (server, client)));
    let raw = servers().map(|server| (server, HARNESS));
    let served = servers().map(|client| (HARNESS, client));
    typed.chain(raw).chain(served).map(|(server, client)| Pairing::new(server, client)).collect()
}

/// The pairings that occur in a plan, in the same order.
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

/// Selects the cases of a run, in a fixed order.
///
/// # Errors
///
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
            let Planned { id: input_id, vector, generator, input, networks } = planned;
            let place = (nth, vector.is_some());
            let mut plays = plays(&*scenario, selection, place, &input, peers);
            plays.extend(disturbed_plays(&*scenario, selection, &input, &networks, peers));
            let scenario = scenario.clone();
            groups.push(Group { scenario, input_id, vector, generator, input, plays });
        }
    }
    choose_inputs(&mut groups, selection)?;
    for glob in &selection.networks {
        let matcher = matcher(glob)?;
        let mut plays = groups.iter().flat_map(|group| &group.plays);
        if !plays.any(|playing| matcher.is_match(playing.network.to_string())) {
            let elsewhere =
                "that network, but no case over it among those that the other options select";
            let is_one = glob.parse::<Network>().is_ok();
            let there_is: &[&str] = if is_one { &[elsewhere] } else { &Kind::NAMES };
            return Err(nothing("--network", glob.clone(), there_is));
        }
    }
    skip(&mut groups, &selection.skip)?;
    if selection.quick {
        quick::choose(&mut groups, peers);
    }
    groups.retain(|group| !group.plays.is_empty());
    if groups.is_empty() { Err(PlanError::Nothing) } else { Ok(groups) }
}

/// One input in this many is played over a transport that is not the scenario's first, unless the user asks for
/// that transport. This applies to generated inputs, and to all inputs if both sides are bridged.
const AWAY: usize = 8;

/// The pairings that play an input, with transport and network.
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
            && is_declared(scenario, pairing, peers)
            && selection.takes_pairing(scenario, pairing, peers)
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

/// Whether these two play an input: if the harness plays a side, it must be the input's side.
fn is_for(input: &Input, pairing: &Pairing) -> bool {
    (pairing.client == HARNESS) == input.raw
        && (pairing.server == HARNESS) == input.served.is_some()
}

/// Whether both peers declare their roles, where this decides if there is a case. In a scenario of the
/// catalogue, a role that a peer lacks gives a case that is not applicable. In a scenario from a file, most
/// built-in peers have no role at all.
fn is_declared(scenario: &dyn Scenario, pairing: &Pairing, peers: &Peers) -> bool {
    let declares = |name: &str, role| {
        let peer = peers.by_name(name);
        name == HARNESS || peer.is_some_and(|it| it.plays(role, scenario.name()))
    };
    scenario.truth() == Truth::Model
        || declares(&pairing.server, Role::Server) && declares(&pairing.client, Role::Client)
}

/// The pairings that play an input over the input's networks and over those that the user named. Other
/// transports than the scenario's first are played only on request.
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
                    && is_declared(scenario, pairing, peers)
                    && is_told(scenario, network, pairing)
                    && selection.takes_pairing(scenario, pairing, peers)
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

/// Whether the harness knows the right outcome over this network. It does if the network injects a fault,
/// because the judge then looks at the bytes that arrived. It also does if cuts change nothing.
fn is_transparent(scenario: &dyn Scenario, network: &Network) -> bool {
    let cuts = |direction| network.way.concerns(direction) && network.kind != Kind::Delayed;
    let fine = |direction| !cuts(direction) || scenario.cuts_mean_nothing(direction);
    !network.is_harmless() || [Direction::ToServer, Direction::ToClient].into_iter().all(fine)
}

/// Whether the scenario defines what is right when these two play over a network.
fn is_told(scenario: &dyn Scenario, network: &Network, pairing: &Pairing) -> bool {
    let is_reference = |name: &String| name == scenario.reference();
    scenario.can_judge(network, is_reference(&pairing.server), is_reference(&pairing.client))
}

/// Whether at least one of two programs uses this transport itself. Otherwise, only the recorder is tested.
fn is_spoken(
    scenario: &dyn Scenario,
    transport: Transport,
    pairing: &Pairing,
    peers: &Peers,
) -> bool {
    let speaks = |name: &str, role| {
        let peer = peers.by_name(name);
        peer.and_then(|it| it.speaks(role, scenario.name(), transport)) == Some(transport)
    };
    speaks(&pairing.server, Role::Server) || speaks(&pairing.client, Role::Client)
}

/// An input of a run.
struct Planned {
    id: InputId,
    vector: Option<String>,
    generator: String,
    input: Input,
    /// Its networks besides `asis`.
    networks: Vec<Network>,
}

/// The fixed inputs of a scenario, then the requested number from each generator.
fn inputs(scenario: &dyn Scenario, selection: &Selection) -> Vec<Planned> {
    let vectors = scenario.vectors();
    let taken: HashSet<InputId> = vectors.iter().map(Vector::id).collect();
    let mut planned: Vec<Planned> = vectors
        .into_iter()
        .map(|vector| {
            let id = vector.id();
            let Vector { name, input, networks } = vector;
            Planned { id, vector: Some(name), generator: String::new(), input, networks }
        })
        .collect();
    let generators = scenario.generators();
    for generator in &generators {
        let is_its = |id: &InputId| {
            generator_of(&generators, *id).is_some_and(|found| found.name == generator.name)
        };
        let ids = (0..u32::MAX)
            .map(|index| InputId::of_generated(scenario.name(), selection.seed, index))
            .filter(|id| !taken.contains(id) && is_its(id))
            .take(selection.cases as usize)
            .filter_map(|id| Some((id, generated_input(scenario, id)?)))
            .enumerate();
        planned.extend(ids.map(|(nth, (id, input))| Planned {
            id,
            vector: None,
            generator: generator.name.clone(),
            input,
            networks: scenario.generated_networks(nth),
        }));
    }
    planned
}
