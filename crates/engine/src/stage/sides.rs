//! What plays a role: a peer's program that framecheck starts, a server that runs already, or a person.

use model::observation::Role;
use model::{Input, Literal, Scenario};

use super::{Stage, StageError};
use crate::drive::{Hand, Side};
use crate::peer::{Peer, Template};
use model::case::{HAND, Pairing};

impl Stage {
    /// What plays a role for the peer of this name.
    pub(super) fn side<'a>(
        &'a self,
        role: Role,
        name: &str,
        scenario: &dyn Scenario,
        input: &Input,
    ) -> Result<Side<'a>, StageError> {
        if let (HAND, Some(hand)) = (name, &self.hand) {
            return Ok(Side::Hand(hand.clone()));
        }
        let not_declared = || StageError::NotDeclared {
            peer: name.to_owned(),
            role,
            scenario: scenario.name().to_owned(),
        };
        let peer = self.peers.by_name(name).ok_or_else(not_declared)?;
        if let Some(target) = peer.target(role, scenario.name()) {
            can_run_already(scenario, peer, input)?;
            return Ok(Side::Running(peer, target));
        }
        if peer.is_by_hand(role, scenario.name()) {
            can_be_by_hand(scenario, peer, input)?;
            let at = peer.fixed_address(role, scenario.name());
            return Ok(Side::Hand(Hand::of(self.person.clone(), at)));
        }
        let template = peer.template(role, scenario.name()).ok_or_else(not_declared)?;
        has_places(scenario, peer, role, template, input)?;
        Ok(Side::Peer(peer, template))
    }

    /// For each side, the server's first: whether the harness does not start its program. Then it sees only the
    /// traffic.
    pub(super) fn is_unseen(&self, scenario: &dyn Scenario, pairing: &Pairing) -> [bool; 2] {
        let is_unseen = |role: Role, name: &str| {
            let peer = self.peers.by_name(name);
            let is_others = |peer: &Peer| {
                peer.target(role, scenario.name()).is_some()
                    || peer.is_by_hand(role, scenario.name())
            };
            peer.is_some_and(is_others)
        };
        [is_unseen(Role::Server, &pairing.server), is_unseen(Role::Client, &pairing.client)]
    }
}

/// Whether a program's command has a placeholder for every literal that the input changes.
fn has_places(
    scenario: &dyn Scenario,
    peer: &Peer,
    role: Role,
    template: &Template,
    input: &Input,
) -> Result<(), StageError> {
    let literals = scenario.literals(role, input);
    let lacks = |literal: &&Literal| literal.is_changed && !template.mentions(&literal.name);
    match literals.iter().find(lacks) {
        None => Ok(()),
        Some(literal) => Err(StageError::NoPlace {
            peer: peer.name.clone(),
            role,
            scenario: scenario.name().to_owned(),
            literal: literal.name.clone(),
        }),
    }
}

/// Whether a server that runs already can play an input: it gets no options, and the harness can't use its
/// directory.
fn can_run_already(scenario: &dyn Scenario, peer: &Peer, input: &Input) -> Result<(), StageError> {
    let role = Role::Server;
    has_places(scenario, peer, role, &Template::default(), input)?;
    let why = if input.file.is_some() {
        "it runs already, and the input has a file that it would have to serve"
    } else if !input.server_beside.is_empty() {
        "it runs already, and the input has files for its directory"
    } else if !input.server_lines.is_empty() {
        "it runs already, and the input has lines to type into it"
    } else {
        return Ok(());
    };
    Err(cannot_play(scenario, peer, role, why))
}

/// Whether a person can play an input: only one with a single client.
fn can_be_by_hand(scenario: &dyn Scenario, peer: &Peer, input: &Input) -> Result<(), StageError> {
    if input.later.is_empty() {
        return Ok(());
    }
    let why = "a person starts it once a case, and the input has several clients";
    Err(cannot_play(scenario, peer, Role::Client, why))
}

fn cannot_play(scenario: &dyn Scenario, peer: &Peer, role: Role, why: &'static str) -> StageError {
    let (peer, scenario) = (peer.name.clone(), scenario.name().to_owned());
    StageError::CannotPlay { peer, role, scenario, why: why.to_owned() }
}
