//! The cases that each mutant of a program is played in. Those that are likeliest to catch it come first.

use std::collections::{BTreeSet, HashSet};

use engine::peer::Peers;
use engine::plan::{Group, PlanError, Selection, ids, plan};
use model::Catalogue;
use model::case::{CaseId, HARNESS, Network, Playing};
use model::observation::Role;

/// The cases of a role, in the order of play.
#[derive(Default)]
pub(super) struct Course {
    pub(super) groups: Vec<Group>,
    pub(super) cases: Vec<Case>,
}

/// An input, with its pairing, transport and network.
pub(super) struct Case {
    /// The index of its group.
    pub(super) group: usize,
    /// Its pairing; the program under test has the name of the base.
    pub(super) playing: Playing,
    pub(super) rank: Rank,
    /// Whether `--quick` plays it.
    pub(super) is_quick: bool,
}

/// The kinds of cases, in order: the fast kinds that catch much come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A fixed input, undisturbed.
    Fixed,
    /// A generated input, undisturbed.
    Generated,
    /// A network that cuts, merges or delays.
    Cut,
    /// The harness plays the other program.
    Harness,
    /// A network that injects faults.
    Harm,
    /// A network that leaves a program waiting.
    Held,
}

impl Rank {
    fn of(group: &Group, playing: &Playing) -> Self {
        let is_harness =
            [&playing.pairing.server, &playing.pairing.client].contains(&&HARNESS.to_owned());
        if engine::stage::leaves_waiting(&playing.network, &group.input) {
            Self::Held
        } else if !playing.network.is_harmless() {
            Self::Harm
        } else if is_harness {
            Self::Harness
        } else if playing.network != Network::AS_IS {
            Self::Cut
        } else if group.vector.is_some() {
            Self::Fixed
        } else {
            Self::Generated
        }
    }

    /// Whether two programs talk over an undisturbed network.
    pub(super) const fn is_plain(self) -> bool {
        matches!(self, Self::Fixed | Self::Generated)
    }
}

impl Course {
    /// The cases of `base` in a role, against the reference or the harness. Over a network where the reference
    /// can't be the standard, against another program of the catalogue.
    ///
    /// # Errors
    ///
    /// The selection is not valid.
    pub(super) fn of(
        role: Role,
        base: &str,
        selection: &Selection,
        (catalogue, peers): (&Catalogue, &Peers),
        scenario: &dyn model::Scenario,
    ) -> Result<Self, PlanError> {
        let guests: HashSet<&str> = peers.guests().map(|peer| peer.name.as_str()).collect();
        let known = peers.iter().map(|peer| peer.name.as_str()).filter(|it| !guests.contains(it));
        let others: Vec<&str> = known.chain([HARNESS]).collect();
        let pairing = |other: &&str| match role {
            Role::Server => format!("{base}->{other}"),
            Role::Client => format!("{other}->{base}"),
        };
        let selection = Selection {
            scenarios: vec![scenario.name().to_owned()],
            pairings: others.iter().map(pairing).collect(),
            // A Python program uses one kind of address, so another transport would test only the recorder.
            transports: vec![scenario.home()],
            ..selection.clone()
        };
        let groups = plan(&selection, catalogue, peers)?;
        let quick = Selection { quick: true, ..selection };
        let quick: HashSet<CaseId> = match plan(&quick, catalogue, peers) {
            Ok(groups) => ids(&groups).collect(),
            Err(PlanError::Nothing) => HashSet::new(),
            Err(error) => return Err(error),
        };
        let mut cases = Vec::new();
        for (group, planned) in groups.iter().enumerate() {
            let is_usual = |playing: &&Playing| {
                let other = match role {
                    Role::Server => &playing.pairing.client,
                    Role::Client => &playing.pairing.server,
                };
                other == scenario.reference() || other == HARNESS
            };
            let usual: HashSet<&Network> =
                planned.plays.iter().filter(is_usual).map(|it| &it.network).collect();
            for playing in &planned.plays {
                let is_wanted = is_usual(&playing) || !usual.contains(&playing.network);
                if !is_wanted {
                    continue;
                }
                let rank = Rank::of(planned, playing);
                let is_quick = quick.contains(&planned.case_id(playing));
                cases.push(Case { group, playing: playing.clone(), rank, is_quick });
            }
        }
        // A mutant that a quick case catches must be credited to the quick case.
        cases.sort_by_key(|case| (!case.is_quick, case.rank));
        Ok(Self { groups, cases })
    }

    pub(super) fn case(&self, number: usize) -> Option<(&Group, &Case)> {
        let case = self.cases.get(number)?;
        Some((self.groups.get(case.group)?, case))
    }

    /// The number of its inputs.
    pub(super) fn inputs(&self) -> usize {
        self.cases.iter().map(|case| case.group).collect::<BTreeSet<_>>().len()
    }
}

/// The same case, with this program in the place of the base.
pub(super) fn played_by(playing: &Playing, role: Role, name: &str) -> Playing {
    let mut playing = playing.clone();
    match role {
        Role::Server => name.clone_into(&mut playing.pairing.server),
        Role::Client => name.clone_into(&mut playing.pairing.client),
    }
    playing
}
