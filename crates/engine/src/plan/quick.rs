//! The few cases of a plan that find most failures, for `--quick`.
//!
//! Every fixed input is played once with each program of a guest, undisturbed: a wrong value shows in one of
//! them, and each malformed input tests something else. Networks repeat: a few places of each kind of network
//! show what all places show. A scenario may name more cases that catch what this rule misses.
//! `mutants --quick` in `tests/mutants` counts how many mutants the rule catches.

use std::collections::{HashMap, HashSet};
use std::mem::{Discriminant, discriminant};

use model::QuickCase;
use model::case::{HARNESS, Kind, Network, Pairing, Playing, Way};
use model::observation::Role;

use super::Group;
use crate::peer::Peers;
use crate::stage::leaves_waiting;

/// How many inputs of each generator are played.
const GENERATED: usize = 3;
/// How many places of each kind of network are played.
const PLACES: usize = 6;
/// How many cases that leave a program waiting are played. Each of them takes a while.
const HELD: usize = 4;

/// A group of similar cases: over one kind of network, or of one generator.
#[derive(PartialEq, Eq, Hash)]
struct Alike<'a> {
    scenario: &'a str,
    pairing: &'a Pairing,
    network: (Discriminant<Kind>, Way),
    /// The generator of an undisturbed generated input.
    generator: &'a str,
    is_held: bool,
}

impl Group {
    /// The name by which a scenario can list a case of this group as quick. `role` is that of the program under
    /// test.
    #[must_use]
    pub fn quick_case(&self, playing: &Playing, role: Role) -> QuickCase {
        let input = self.vector.clone().unwrap_or_else(|| self.input_id.to_string());
        QuickCase { role, network: playing.network.clone(), input }
    }
}

/// Keeps only the quick cases of a plan.
pub(super) fn choose(groups: &mut [Group], peers: &Peers) {
    let mut alike: HashMap<Alike<'_>, Vec<(usize, usize)>> = HashMap::new();
    let mut kept = HashSet::new();
    let scenarios: HashMap<&str, _> =
        groups.iter().map(|group| (group.scenario.name(), &group.scenario)).collect();
    let named: HashMap<&str, HashSet<QuickCase>> = scenarios
        .into_iter()
        .map(|(name, scenario)| (name, scenario.quick().into_iter().collect()))
        .collect();
    for (nth, group) in groups.iter().enumerate() {
        for (play, playing) in group.plays.iter().enumerate() {
            let is_named = named.get(group.scenario.name()).is_some_and(|named| {
                let mut names = roles(playing, peers).map(|role| group.quick_case(playing, role));
                names.any(|name| named.contains(&name))
            });
            // With each other program, as a named case may show nothing with the reference.
            if is_named && playing.transport == group.scenario.home() {
                kept.insert((nth, play));
                continue;
            }
            if !is_quick(group, playing, peers) {
                continue;
            }
            let is_held = leaves_waiting(&playing.network, &group.input);
            let is_plain = playing.network == Network::AS_IS;
            if is_plain && group.vector.is_some() && !is_held {
                kept.insert((nth, play));
                continue;
            }
            let key = Alike {
                scenario: group.scenario.name(),
                pairing: &playing.pairing,
                network: (discriminant(&playing.network.kind), playing.network.way),
                generator: if is_plain { &group.generator } else { "" },
                is_held,
            };
            alike.entry(key).or_default().push((nth, play));
        }
    }
    for (key, cases) in alike {
        let most = match key {
            Alike { is_held: true, .. } => HELD,
            Alike { generator: "", .. } => PLACES,
            _ => GENERATED,
        };
        kept.extend(spread(&cases, most));
    }
    for (nth, group) in groups.iter_mut().enumerate() {
        let mut plays = (0..).map(|play| kept.contains(&(nth, play)));
        group.plays.retain(|_| plays.next().unwrap_or(false));
    }
}

/// Whether a guest plays against the reference or the harness, over the scenario's first transport. Over some
/// networks, the reference's own behaviour is random; there, other programs count as well. Without guests,
/// every pairing counts.
fn is_quick(group: &Group, playing: &Playing, peers: &Peers) -> bool {
    let Pairing { server, client } = &playing.pairing;
    let is_plain = playing.network == Network::AS_IS;
    let is_other = |name: &String| {
        name == HARNESS
            || name == group.scenario.reference()
            || !is_plain && peers.guests().all(|peer| peer.name != *name)
    };
    let is_guest = |name: &String| peers.guests().any(|peer| peer.name == *name);
    let has_guest = is_guest(server) && is_other(client) || is_other(server) && is_guest(client);
    playing.transport == group.scenario.home() && (has_guest || peers.guests().next().is_none())
}

/// The role that a guest plays with another program; both roles if there is no guest.
fn roles(playing: &Playing, peers: &Peers) -> impl Iterator<Item = Role> {
    let Pairing { server, client } = &playing.pairing;
    let has_guests = peers.guests().next().is_some();
    let is_guest = |name: &String| !has_guests || peers.guests().any(|peer| peer.name == *name);
    let [server, client] = [server, client].map(is_guest);
    let is_alone = !has_guests || server != client;
    [(Role::Server, server), (Role::Client, client)]
        .into_iter()
        .filter_map(move |(role, is_guest)| (is_guest && is_alone).then_some(role))
}

/// At most this many of these, spread from the first to the last.
fn spread<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    let steps = most.saturating_sub(1).max(1);
    let last = all.len().saturating_sub(1);
    let mut places: Vec<usize> = if all.len() <= most {
        (0..all.len()).collect()
    } else {
        (0..most).map(|step| step * last / steps).collect()
    };
    places.dedup();
    places.into_iter().filter_map(|place| all.get(place).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn what_is_kept_goes_from_the_first_to_the_last() {
        assert_eq!(spread(&[1, 2, 3], 6), [1, 2, 3]);
        assert_eq!(spread(&(0..=100).collect::<Vec<_>>(), 6), [0, 20, 40, 60, 80, 100]);
        assert_eq!(spread::<u8>(&[], 6), [0_u8; 0]);
        assert_eq!(spread(&[7, 8], 1), [7]);
    }
}
