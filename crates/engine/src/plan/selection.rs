//! The selection on the command line, and which cases of a plan it keeps.

use std::sync::Arc;

use globset::{Glob, GlobMatcher};
use model::case::{HARNESS, Network, Pairing, Transport};
use model::event::{Chosen, USUAL_CASES};
use model::{Catalogue, GENERATED, Scenario, Truth};

use super::named::names_of;
use super::{Group, PlanError};
use crate::peer::{Peer, Peers};

/// The selection on the command line.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Globs of scenario names; empty for all.
    pub scenarios: Vec<String>,
    /// Globs of case ids to skip.
    pub skip: Vec<String>,
    /// Globs of pairings. Empty for all; or, if manifests describe peers, for all pairings with such a peer.
    pub pairings: Vec<String>,
    /// Transports; empty for all.
    pub transports: Vec<Transport>,
    /// Globs of networks; empty for those of each input. A full name of a network is played with every input
    /// that it fits.
    pub networks: Vec<String>,
    /// Globs of inputs: a vector's name, the last part of an id, or `generated`; empty for all.
    pub inputs: Vec<String>,
    /// Globs of inputs to skip.
    pub skip_inputs: Vec<String>,
    /// The number of generated inputs per scenario.
    pub cases: u32,
    /// The seed of the generated inputs.
    pub seed: u64,
    /// Whether to play only the few cases that find most failures.
    pub quick: bool,
}

impl Selection {
    /// The options as the user gave them, and the digest of a list of expected failures.
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
            quick: self.quick,
            only: None,
            expected,
        }
    }

    /// Whether it leaves out any case of a run without options.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        let globs = [&self.skip, &self.pairings, &self.networks, &self.inputs, &self.skip_inputs];
        globs.into_iter().any(|globs| !globs.is_empty())
            || !self.transports.is_empty()
            || self.quick
            || (self.cases, self.seed) != (USUAL_CASES, 0)
    }

    /// Whether cases over this network are selected.
    pub(super) fn takes(&self, network: &Network) -> bool {
        let name = network.to_string();
        let matches = |glob: &String| matcher(glob).is_ok_and(|matcher| matcher.is_match(&name));
        self.networks.is_empty() || self.networks.iter().any(matches)
    }

    /// Whether cases of this pairing are selected.
    pub(super) fn takes_pairing(
        &self,
        scenario: &dyn Scenario,
        pairing: &Pairing,
        peers: &Peers,
    ) -> bool {
        let is_guest = |peer: &Peer| [&pairing.server, &pairing.client].contains(&&peer.name);
        let mut guests = peers.guests().peekable();
        if self.pairings.is_empty() {
            // What the reference does wrong over a network shows only in its own pairing.
            let is_own = scenario.truth() == Truth::Reference
                && [&pairing.server, &pairing.client]
                    .iter()
                    .all(|it| *it == scenario.reference() || *it == HARNESS);
            is_own || guests.peek().is_none() || guests.any(is_guest)
        } else {
            let name = pairing.to_string();
            let matches = |glob: &String| matcher(glob).is_ok_and(|it| it.is_match(&name));
            self.pairings.iter().any(matches)
        }
    }
}

/// The scenarios that match these globs; all, without globs.
///
/// # Errors
///
/// [`PlanError::Glob`], [`PlanError::MatchesNothing`].
pub fn choose_scenarios(
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

/// Keeps only the selected inputs.
pub(super) fn choose_inputs(
    groups: &mut Vec<Group>,
    selection: &Selection,
) -> Result<(), PlanError> {
    // An input that is generated from an input of a protocol file has that input's name, but it is still a
    // generated one.
    let is_called = |group: &Group, matcher: &GlobMatcher| {
        matcher.is_match(group.input_name())
            || matcher.is_match(group.input_id.to_string())
            || group.vector.is_none() && matcher.is_match(GENERATED)
    };
    let options = [("--input", &selection.inputs), ("--skip-input", &selection.skip_inputs)];
    let mut chosen = Vec::new();
    for (option, globs) in options {
        let matchers = globs.iter().map(|glob| matcher(glob)).collect::<Result<Vec<_>, _>>()?;
        for (glob, matcher) in globs.iter().zip(&matchers) {
            if !groups.iter().any(|group| is_called(group, matcher)) {
                let there_is = ["the inputs of the chosen scenarios; see `framecheck list`"];
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

pub(super) fn skip(groups: &mut [Group], globs: &[String]) -> Result<(), PlanError> {
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

pub(super) fn matcher(glob: &str) -> Result<GlobMatcher, PlanError> {
    let compiled = Glob::new(glob).map_err(|error| PlanError::Glob {
        glob: glob.to_owned(),
        why: error.kind().to_string(),
    })?;
    Ok(compiled.compile_matcher())
}

pub(super) fn nothing<T: ToString>(
    option: &'static str,
    pattern: String,
    there_is: &[T],
) -> PlanError {
    let there_is = there_is.iter().map(T::to_string).collect::<Vec<_>>().join(", ");
    PlanError::MatchesNothing { option, pattern, there_is }
}
