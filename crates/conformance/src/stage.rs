//! Where cases are played and judged: the driver, the oracle and the peers together.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::case::{Network, Pairing, Playing, Transport};
use crate::catalogue::{Check, Erratum, Expected, Input, Literal, Scenario};
use crate::drive::{Connecting, DriveError, Driver, Play};
use crate::judge::{Judgement, Standard, Verdict, judge};
use crate::network::Disturbance;
use crate::observation::{Observation, Role};
use crate::oracle::{Oracle, OracleError};
use crate::peer::{HARNESS, Peer, Peers, REFERENCE, StartError, Template};

/// All that it takes to play a case.
#[derive(Debug)]
pub struct Stage {
    /// Runs cases.
    pub driver: Driver,
    /// Knows what CPython would do.
    pub oracle: Oracle,
    /// Who plays.
    pub peers: Peers,
    played: AtomicU64,
}

/// What is right for an input, and where that comes from.
#[derive(Debug, Clone)]
pub struct Ground {
    /// What the clauses and CPython say; the reference itself is held against this.
    pub model: Expected,
    /// What every other pairing is held against: what the reference was seen to do, or, where it
    /// did not do right, the model.
    pub expected: Expected,
    /// The reference's own case, as it was played for this.
    pub reference: Played,
}

impl Ground {
    /// What a pairing is held against: the reference on both sides, against the model.
    #[must_use]
    pub fn expected_of(&self, pairing: &Pairing) -> &Expected {
        let is_reference = |name: &str| name == REFERENCE || name == HARNESS;
        if is_reference(&pairing.server) && is_reference(&pairing.client) {
            &self.model
        } else {
            &self.expected
        }
    }
}

/// A case that was played.
#[derive(Debug, Clone)]
pub struct Played {
    /// What was seen.
    pub observed: Observation,
    /// What to make of it.
    pub judgement: Judgement,
}

/// A case could not be played.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The driver failed.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// The oracle failed.
    #[error(transparent)]
    Oracle(#[from] OracleError),
    /// A peer of the pairing doesn't declare its role.
    #[error("{peer} declares no {role:?} for {scenario}")]
    NotDeclared {
        /// The peer.
        peer: String,
        /// The role.
        role: Role,
        /// The scenario.
        scenario: &'static str,
    },
    /// The input changes a literal that a peer's program can't be told.
    #[error("{peer}'s {role:?} of {scenario} takes no {{{literal}}}")]
    NoPlace {
        /// The peer.
        peer: String,
        /// The role.
        role: Role,
        /// The scenario.
        scenario: &'static str,
        /// The literal.
        literal: &'static str,
    },
}

impl StageError {
    /// Whether it is the peer's fault that its program can't be started.
    #[must_use]
    pub const fn is_the_peers(&self) -> bool {
        matches!(self, Self::Drive(DriveError::Start(StartError::Program { .. })))
    }
}

impl Stage {
    /// A stage that has played nothing yet.
    #[must_use]
    pub fn new(driver: Driver, oracle: Oracle, peers: Peers) -> Self {
        Self { driver, oracle, peers, played: AtomicU64::new(0) }
    }

    /// Find out what is right for an input, playing it with the reference on both sides, or on the
    /// server's alone where the harness is the client.
    ///
    /// # Errors
    /// See [`StageError`].
    pub async fn ground(
        &self,
        scenario: &'static dyn Scenario,
        input: &Input,
    ) -> Result<Ground, StageError> {
        let transport = home(scenario);
        let model = scenario.right(input, &self.oracle)?;
        let pairing = reference_pairing(input);
        let playing = Playing { transport, network: Network::AS_IS, pairing };
        let reference = self.play(scenario, input, &playing, &model, &model).await?;
        let expected = if reference.judgement.verdict == Verdict::Pass {
            Expected::from_reference(&reference.observed, &model)
        } else {
            model.clone()
        };
        Ok(Ground { model, expected, reference })
    }

    /// Play an input with a pairing and hold it against `expected`. `model` is what decides which
    /// errata the input brings out.
    ///
    /// # Errors
    /// See [`StageError`].
    pub async fn play(
        &self,
        scenario: &'static dyn Scenario,
        input: &Input,
        playing: &Playing,
        expected: &Expected,
        model: &Expected,
    ) -> Result<Played, StageError> {
        let Playing { transport, network, pairing } = playing;
        let transport = *transport;
        let not_declared = |peer: &str, role| StageError::NotDeclared {
            peer: peer.to_owned(),
            role,
            scenario: scenario.name(),
        };
        let server = self.peers.by_name(&pairing.server);
        let (Some(server), Some(server_template)) =
            (server, server.and_then(|peer| peer.template(Role::Server, scenario.name())))
        else {
            return Err(not_declared(&pairing.server, Role::Server));
        };
        has_places(scenario, server, Role::Server, server_template, input)?;
        let client_peer = self.peers.by_name(&pairing.client).filter(|_| !input.raw);
        let client = match client_peer {
            None if transport == Transport::None => Connecting::Nobody,
            None => Connecting::Script(scenario.script(input, model)),
            Some(peer) => match peer.template(Role::Client, scenario.name()) {
                None => return Err(not_declared(&pairing.client, Role::Client)),
                Some(template) => {
                    has_places(scenario, peer, Role::Client, template, input)?;
                    Connecting::Peer(peer, template)
                }
            },
        };

        let errata = errata(scenario, pairing, input, model);
        let waived = |check| errata.iter().any(|erratum| erratum.waives.contains(&check));
        let held_to = |check| scenario.clause(check).is_some() && !waived(check);
        let play = Play {
            scenario,
            directory: self.played.fetch_add(1, Ordering::Relaxed).to_string(),
            server,
            server_template,
            client,
            transport,
            disturbance: Disturbance::new(network.clone(), seed_of(network, input)),
            input,
            sign: errata.iter().find_map(|erratum| Some((erratum.role, erratum.sign?))),
            await_close: held_to(Check::ServerCloses),
            await_end: held_to(Check::ServerEnds),
        };
        let mut observed = self.driver.run(&play).await?;
        tidy(&errata, &mut observed);
        let standard = Standard {
            scenario,
            expected,
            errata: &errata,
            compare_stdout: [server.stdout, client_peer.is_some_and(|peer| peer.stdout)],
            client_is_peer: client_peer.is_some(),
        };
        let judgement = judge(&standard, &observed);
        Ok(Played { observed, judgement })
    }
}

/// What decides where a network leaves something open: the same for ever for the same input.
fn seed_of(network: &Network, input: &Input) -> u64 {
    let text = serde_json::json!([network, input]).to_string();
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whether a program can be told every literal that the input changes.
fn has_places(
    scenario: &dyn Scenario,
    peer: &Peer,
    role: Role,
    template: &Template,
    input: &Input,
) -> Result<(), StageError> {
    let literals = scenario.literals(role, input);
    let lacks = |literal: &&Literal| literal.is_changed && !template.mentions(literal.name);
    match literals.iter().find(lacks) {
        None => Ok(()),
        Some(literal) => Err(StageError::NoPlace {
            peer: peer.name.clone(),
            role,
            scenario: scenario.name(),
            literal: literal.name,
        }),
    }
}

/// Take out what an erratum adds by chance to a standard output that is going to be compared.
fn tidy(errata: &[&'static Erratum], observed: &mut Observation) {
    for erratum in errata {
        let (end, check) = match erratum.role {
            Role::Server => (&mut observed.server, Check::ServerStdout),
            Role::Client => (&mut observed.client, Check::ClientStdout),
        };
        let compared = !errata.iter().any(|other| other.waives.contains(&check));
        if let (Some(tidy), true) = (erratum.tidy, compared) {
            tidy(&mut end.stdout.0);
        }
    }
}

/// The transport that shows what is right: the tutorials' own.
#[must_use]
pub fn home(scenario: &dyn Scenario) -> Transport {
    scenario.transports().first().copied().unwrap_or(Transport::None)
}

/// The pairing that shows what is right for an input.
#[must_use]
pub fn reference_pairing(input: &Input) -> Pairing {
    Pairing::new(REFERENCE, if input.raw { HARNESS } else { REFERENCE })
}

/// The errata that a case has: those of the roles the reference plays, that always show or that
/// the input triggers. One that is judged comes with those that never are.
fn errata(
    scenario: &dyn Scenario,
    pairing: &Pairing,
    input: &Input,
    model: &Expected,
) -> Vec<&'static Erratum> {
    let plays = |erratum: &Erratum| match erratum.role {
        Role::Server => pairing.server == REFERENCE,
        Role::Client => pairing.client == REFERENCE,
    };
    scenario
        .errata()
        .iter()
        .filter(|erratum| plays(erratum))
        .filter(|erratum| erratum.triggered.is_none_or(|triggered| triggered(input, model)))
        .collect()
}
