//! Plays and judges cases: combines the driver and the peers.

mod by_reference;
mod demonstrate;
mod play;
mod sides;
mod turn;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use by_reference::Book;

pub use demonstrate::Demonstrated;
use model::case::{HARNESS, Kind, Network, Pairing, Playing, Transport, Way};
use model::observation::{Direction, Observation, Role};
use model::{
    Check, Erratum, Expected, Input, Leaving, RightError, Scenario, Sign, Step, Truth, Verdict,
    Wire,
};

use crate::baseline::cache::Cache;
use crate::baseline::{Baseline, Turns, Unsteady};
use crate::drive::{DriveError, Driver, Hand, Person, Play, Side};
use crate::judge::{Judgement, Standard, judge};
use crate::machine::is_short_of_processes;
use crate::network::Disturbance;
use crate::peer::{Peer, Peers, StartError};
pub use turn::{After, Turn};

/// Everything that playing a case needs.
#[derive(Debug)]
pub struct Stage {
    /// Runs cases.
    pub driver: Driver,
    /// The peers.
    pub peers: Peers,
    /// The side that a person plays by hand, if any.
    pub hand: Option<Hand>,
    /// The person who starts the clients that manifests declare as by-hand.
    pub person: Option<Person>,
    /// The caches of the references' behaviour, by scenario.
    pub caches: HashMap<String, Cache>,
    book: Book,
    others: turn::Others,
}

/// What is right for an input, and its source.
#[derive(Debug, Clone)]
pub struct Ground {
    /// What the scenario says. The reference itself is compared with this.
    pub model: Expected,
    /// What every other pairing is compared with: the reference's behaviour, or, if that was not right, the
    /// model.
    pub expected: Expected,
    /// The reference's own case, if it was played for this.
    pub reference: Option<Played>,
    /// The reference's behaviour, if it defines what is right.
    pub baseline: Option<Arc<Baseline>>,
}

impl Ground {
    /// What a pairing is compared with. The reference on both sides is compared with the model.
    #[must_use]
    pub fn expected_of(&self, scenario: &dyn Scenario, pairing: &Pairing) -> &Expected {
        let is_reference = |name: &str| name == scenario.reference() || name == HARNESS;
        if is_reference(&pairing.server) && is_reference(&pairing.client) {
            &self.model
        } else {
            &self.expected
        }
    }
}

/// A played case.
#[derive(Debug, Clone)]
pub struct Played {
    /// What was seen.
    pub observed: Observation,
    /// The judgement.
    pub judgement: Judgement,
    /// What is right, given what the network or the harness did to the exchange.
    pub right: Expected,
    /// Whether a fault was injected. Then a stream may be right and end early.
    pub is_harmed: bool,
}

/// Why a case could not be played.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The driver failed.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// The scenario can't say what is right.
    #[error(transparent)]
    Right(#[from] RightError),
    /// The reference is nondeterministic, so nothing can be compared with it.
    #[error("{0}")]
    Unsteady(Box<Unsteady>),
    /// The reference itself fails.
    #[error("the reference itself fails: {0}")]
    NoBaseline(String),
    /// An erratum that can't be reproduced: a defect of this program.
    #[error("the erratum {0} can't be reproduced")]
    NoDemonstration(String),
    /// A peer of the pairing does not declare its role.
    #[error("{peer} declares no {role} for {scenario}")]
    NotDeclared {
        /// The peer.
        peer: String,
        /// The role.
        role: Role,
        /// The scenario.
        scenario: String,
    },
    /// The peer can't be given what the input has: framecheck does not start its program, or its JSON profile
    /// excludes the text.
    #[error("{peer}'s {role} of {scenario} can't play this: {why}")]
    CannotPlay {
        /// The peer.
        peer: String,
        /// The role.
        role: Role,
        /// The scenario.
        scenario: String,
        /// The reason.
        why: String,
    },
    /// The input changes a literal, and the peer's command has no placeholder for it.
    #[error("{peer}'s {role} of {scenario} takes no {{{literal}}}")]
    NoPlace {
        /// The peer.
        peer: String,
        /// The role.
        role: Role,
        /// The scenario.
        scenario: String,
        /// The literal.
        literal: String,
    },
}

impl StageError {
    /// Whether the peer is at fault if its program can't be started.
    #[must_use]
    pub fn is_the_peers(&self) -> bool {
        match self {
            Self::Drive(DriveError::Start(StartError::Program { error, .. })) => {
                !is_short_of_processes(error)
            }
            _ => false,
        }
    }
}

impl Stage {
    /// A stage that has played nothing yet.
    #[must_use]
    pub fn new(driver: Driver, peers: Peers) -> Self {
        let (caches, book, others) = Default::default();
        Self { driver, peers, hand: None, person: None, caches, book, others }
    }

    /// Whether a pairing's peers can play an input: they declare their roles, and can be given everything that
    /// it changes.
    ///
    /// # Errors
    ///
    /// [`StageError::NotDeclared`], [`StageError::NoPlace`].
    pub fn can_play(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        pairing: &Pairing,
    ) -> Result<(), StageError> {
        let is_alone = scenario.transports() == Transport::ALONE;
        let sides = [(Role::Server, &pairing.server), (Role::Client, &pairing.client)];
        let sides = sides.into_iter().filter(|(role, _)| !is_alone || *role == Role::Server);
        for (role, name) in sides.filter(|(_, name)| *name != HARNESS) {
            self.side(role, name, scenario, input)?;
        }
        Ok(())
    }

    /// Finds out what is right for an input. Plays it with the reference on both sides, or only as the server
    /// if the harness is the client.
    ///
    /// # Errors
    ///
    /// See [`StageError`].
    pub async fn ground(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
    ) -> Result<Ground, StageError> {
        if scenario.truth() == Truth::Reference {
            return self.ground_by_reference(scenario, input).await;
        }
        let transport = scenario.home();
        let model = scenario.right(input)?;
        let pairing = scenario.reference_pairing(input);
        let playing = Playing { transport, network: Network::AS_IS, pairing };
        let reference = self.play_by_model(scenario, input, &playing, &model, &model, None).await?;
        let expected = if reference.judgement.verdict == Verdict::Pass && input.served.is_none() {
            let mut expected = Expected::from_reference(&reference.observed, &model);
            if reference.observed.control.is_some() {
                // The server's screen also has what it prints for the control.
                expected.server.stdout.clone_from(&model.server.stdout);
            }
            expected
        } else {
            model.clone()
        };
        Ok(Ground { model, expected, reference: Some(reference), baseline: None })
    }

    /// See [`play`](Self::play).
    async fn play_and_judge(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        playing: &Playing,
        expected: &Expected,
        model: &Expected,
        turns: Option<&Turns>,
    ) -> Result<Played, StageError> {
        let Playing { transport, network, pairing } = playing;
        let cast = self.cast(scenario, input, playing, model)?;
        let is_asis = *network == Network::AS_IS;
        let is_harmed = !network.is_harmless() || input.served.is_some();
        let is_undisturbed = is_asis && !is_harmed;
        let brings_out = |erratum: &Erratum| {
            // An erratum that the input alone causes may not show over another network.
            erratum.triggered.is_none_or(|by| is_undisturbed && by(input, model))
        };
        let own: Vec<&Erratum> = errata_of(scenario, pairing).collect();
        let (errata, others): (Vec<_>, Vec<_>) = own.into_iter().partition(|it| brings_out(it));
        let strange = |role| {
            let name = if role == Role::Server { &pairing.server } else { &pairing.client };
            self.peers.by_name(name).is_some_and(Peer::is_guest)
        };
        // A stranger's program may divide its data into any pieces. So may a system, if they are more than it
        // can take at once.
        let is_long = model.to_server.is_long() || model.to_client.is_long();
        let excuses = |erratum: &&Erratum| {
            erratum.sign.is_none() && (!is_undisturbed || is_long || strange(erratum.role.other()))
        };
        let candidates: Vec<_> = others.into_iter().filter(excuses).collect();

        let waived = |check| errata.iter().any(|erratum| erratum.waives.contains(&check));
        let held_to = |check| scenario.clause(check).is_some() && !waived(check);
        let is_unseen = self.is_unseen(scenario, pairing);
        let serves = cast.server_peer.is_some();
        let closes = serves && is_to_close(scenario, network, pairing);
        let ends = network.is_harmless() && serves && !is_unseen[0];
        let play = Play {
            scenario,
            server: cast.server,
            client: cast.client,
            transport: *transport,
            disturbance: Disturbance::new(network.clone(), seed_of(network, input)),
            input,
            sign: sign_of(&errata),
            await_close: closes && held_to(Check::ServerCloses),
            await_end: ends && held_to(Check::ServerEnds),
            rests: leaves_waiting(network, input).then_some(LOOKS),
            settles: None,
            astray: None,
            fresh: false,
            busy: [cast.server_peer, cast.client_peer]
                .map(|peer| busy(peer, !is_asis || is_harmed)),
            control: cast.control.as_ref().map(|(input, _, side)| (input, side.clone())),
        };
        let mut observed = self.driver.run(&play).await?;
        tidy(&errata, &mut observed);
        let harmed =
            if is_harmed { Some(play::harmed(scenario, input, network, &observed)?) } else { None };
        let held = play::by_value(scenario, expected, &observed, cast.server_peer);
        let is_other_text = held.to_client != expected.to_client;
        let expected = &*held;
        let of = |told: fn(&Peer) -> bool| {
            [cast.server_peer, cast.client_peer].map(|peer| peer.is_some_and(told))
        };
        let [server_stdout, client_stdout] = of(|peer| peer.stdout);
        let standard = Standard {
            scenario,
            expected,
            errata: &errata,
            candidates: &candidates,
            holds_strangers: !is_harmed && (strange(Role::Server) || strange(Role::Client)),
            // A client prints the keys of a dict in the order in which they arrived.
            compare_stdout: [server_stdout, client_stdout && !is_other_text],
            names_clauses: of(|peer| peer.names_clauses),
            server_is_peer: cast.server_peer.is_some(),
            client_is_peer: cast.client_peer.is_some(),
            harmed: harmed.as_ref(),
            is_unseen,
            server_is_judged: pairing.server != scenario.reference() || is_asis && !is_harmed,
            server_is_misled: matches!(network.kind, Kind::Flip(_)) && network.way == Way::Up,
            control: cast.control.as_ref().map(|(_, right, _)| right),
            // A late message may have been waited for in vain.
            turns: turns.filter(|_| !is_harmed && !is_other_text),
        };
        let judgement = judge(&standard, &observed);
        let mut right =
            harmed.as_ref().map_or_else(|| expected.clone(), |harmed| harmed.given(expected));
        if input.served.is_some() {
            // Everything that the harness serves is intended.
            right.to_client = right.to_client.like(&observed, Direction::ToClient);
        }
        Ok(Played { observed, judgement, right, is_harmed })
    }

    /// Assigns the parts of a case.
    fn cast<'a>(
        &'a self,
        scenario: &dyn Scenario,
        input: &Input,
        playing: &Playing,
        model: &Expected,
    ) -> Result<Cast<'a>, StageError> {
        let Playing { transport, network, pairing } = playing;
        let server_peer = self.peers.by_name(&pairing.server);
        let client_peer = self.peers.by_name(&pairing.client);
        let is_alone = *transport == Transport::None;
        let wants_control =
            !network.is_harmless() || input.served.is_some() || input.raw && !is_alone;
        let [_, is_by_hand] = self.is_unseen(scenario, pairing);
        // A person starts a client only once.
        let goes_on = !is_by_hand
            && (pairing.server != scenario.reference()
                || input.raw && scenario.reference_goes_on());
        let control = match scenario.control(input) {
            Some(input) if wants_control && goes_on => {
                let right = scenario.right(&input)?;
                Some((input, right))
            }
            _ => None,
        };
        let side = |role, name: &str, steps: Vec<Step>| {
            if name == HARNESS {
                Ok(Side::Script(steps))
            } else {
                self.side(role, name, scenario, input)
            }
        };
        let answering = || self.answering(scenario, input, control.as_ref());
        let server = side(Role::Server, &pairing.server, answering())?;
        if is_alone {
            return Ok(Cast {
                server,
                client: Side::Nobody,
                server_peer,
                client_peer,
                control: None,
            });
        }
        let script = play::script(scenario, input, model, server_peer);
        let client = side(Role::Client, &pairing.client, script)?;
        let control = control.map(|(input, right)| {
            let side = match &client {
                Side::Script(_) => {
                    Side::Script(play::script(scenario, &input, &right, server_peer))
                }
                side => side.clone(),
            };
            (input, right, side)
        });
        Ok(Cast { server, client, server_peer, client_peer, control })
    }

    /// What the harness does as a server: for the first client what the input says, and for the next one what
    /// is right.
    fn answering(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        control: Option<&(Input, Expected)>,
    ) -> Vec<Step> {
        let answers = input.served.as_deref().unwrap_or_default();
        let mut steps = scenario.answering(answers, input.leaving);
        match control {
            None if input.leaving == Leaving::Hold => steps.push(Step::Hold),
            Some((_, Expected { to_client: Wire::Stream(answer), .. })) => {
                let answers = std::slice::from_ref(answer);
                steps.extend(scenario.answering(answers, Leaving::Finish));
            }
            _ => {}
        }
        steps
    }
}

/// Whether a server can be seen to close its connection over this network. A reference that has lost the
/// message boundaries may do anything, and a connection that was cut can't be seen to close.
fn is_to_close(scenario: &dyn Scenario, network: &Network, pairing: &Pairing) -> bool {
    let is_reference = |name: &String| name == scenario.reference();
    let cuts_for_client = network.is_harmless() && network.way == Way::Down;
    *network == Network::AS_IS
        || cuts_for_client && !is_reference(&pairing.client)
        || !is_reference(&pairing.server)
            && !matches!(network.kind, Kind::Reset(_) | Kind::Stall(_))
}

/// The parts of a case.
struct Cast<'a> {
    server: Side<'a>,
    client: Side<'a>,
    /// The server, unless the harness plays it.
    server_peer: Option<&'a Peer>,
    /// The client, unless the harness plays it or there is none.
    client_peer: Option<&'a Peer>,
    /// The follow-up client, with its input and what is right for it.
    control: Option<(Input, Expected, Side<'a>)>,
}

/// Whether a program may wait for ever for what this network, or the harness, holds back.
pub const fn leaves_waiting(network: &Network, input: &Input) -> bool {
    let is_held = matches!(input.leaving, Leaving::Hold) && input.served.is_some();
    // A length with one changed bit may announce data that never arrive.
    is_held || matches!(network.kind, Kind::Stall(_) | Kind::Drop(_) | Kind::Flip(_))
}

/// A program that used this much processor time without any traffic does nothing useful.
pub(crate) const BUSY: Duration = Duration::from_millis(150);
/// The runtime of a stranger's program may need to warm up.
const BUSY_STRANGER: Duration = Duration::from_secs(1);
/// This many consecutive looks at sleeping programs count as rest: 400 ms on a quiet machine. On a busy one
/// they take longer, as the harness may also have to wait for a processor.
const LOOKS: u32 = 8;

/// The processor time from which on a program counts as spinning, if this is checked. Without a disturbance,
/// the reference's errata say what it does.
fn busy(peer: Option<&Peer>, is_disturbed: bool) -> Option<Duration> {
    match peer {
        Some(Peer { manifest: Some(_), .. }) => Some(BUSY_STRANGER),
        Some(_) if is_disturbed => Some(BUSY),
        _ => None,
    }
}

/// The seed of a network's choices. It is always the same for the same input.
fn seed_of(network: &Network, input: &Input) -> u64 {
    let text = serde_json::json!([network, input]).to_string();
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// How a known hang shows, if one of these errata has one.
fn sign_of(errata: &[&Erratum]) -> Option<(Role, Sign)> {
    errata.iter().find_map(|erratum| Some((erratum.role, erratum.sign?)))
}

/// Removes what an erratum adds at random to a standard output that will be compared.
fn tidy(errata: &[&Erratum], observed: &mut Observation) {
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

/// The errata of the roles that the reference plays.
fn errata_of<'a>(
    scenario: &'a dyn Scenario,
    pairing: &Pairing,
) -> impl Iterator<Item = &'a Erratum> {
    let plays = |erratum: &&Erratum| match erratum.role {
        Role::Server => pairing.server == scenario.reference(),
        Role::Client => pairing.client == scenario.reference(),
    };
    scenario.errata().iter().filter(plays)
}
