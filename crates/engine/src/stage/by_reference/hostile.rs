//! Malformed frames: how the reference handles one, and how other programs do.
//!
//! The harness plays the other program. After a client that sent such a frame comes a client of the reference,
//! which the same server must serve.

use model::case::{HARNESS, Network, Pairing, Playing};
use model::observation::{Observation, Role};
use model::{Expected, Hostile, Input, Scenario, bursts};

use super::seen::{expected, next_client};
use super::{LOOKS, Manner, SETTLES, SETTLES_FIRST, play};
use crate::baseline::{Baseline, NextClient, Turns, Unsteady, first_difference, screens_differ};
use crate::drive::Side;
use crate::judge::by_reference::{self, Case};
use crate::stage::{Played, Stage, StageError};

impl Stage {
    /// Plays a hostile input with the reference twice. What it does both times is right, unless it fails.
    pub(super) async fn learn_hostile(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        hostile: &Hostile,
    ) -> Result<Baseline, StageError> {
        let pairing = scenario.reference_pairing(input);
        let transport = scenario.home();
        let playing = Playing { transport, network: Network::AS_IS, pairing };
        let first = self.see(scenario, (input, hostile), &playing, SETTLES_FIRST).await?;
        let again = self.see(scenario, (input, hostile), &playing, SETTLES).await?;
        let is_datagram = transport.is_datagram();
        let role = tested(input);
        let [one, other] = [&first, &again].map(|seen| seen_of(role, is_datagram, seen));
        let wrong = |seen: &Observation| by_reference::common_rule(role, is_datagram, seen);
        let falls = wrong(&first).or_else(|| wrong(&again));
        if falls.is_none()
            && let Some(unsteady) = does_else(scenario, role, &one, &other)
        {
            // A nondeterministic result can never be a pass.
            return Err(StageError::Unsteady(Box::new(unsteady)));
        }
        let screens = screens_differ(scenario, &one, &other);
        let next = match scenario.control(input) {
            Some(control) if role == Role::Server => {
                let next = Box::pin(self.baseline(scenario, &control)).await?.next.clone();
                next.map(|next| next_behind(scenario, next, [&first, &again], falls.is_some()))
            }
            _ => None,
        };
        Ok(Baseline {
            bursts: bursts(&first.wire),
            expected: one,
            turns: Turns::default(),
            next,
            screens,
            left_behind: Vec::new(),
            falls,
            speaks: !first.end(role).stderr.0.trim_ascii().is_empty(),
        })
    }

    /// Plays a hostile input with a pairing, and judges it by what the reference did.
    pub(super) async fn play_hostile(
        &self,
        scenario: &dyn Scenario,
        (input, hostile): (&Input, &Hostile),
        playing: &Playing,
        baseline: &Baseline,
    ) -> Result<Played, StageError> {
        let observed = self.see(scenario, (input, hostile), playing, SETTLES).await?;
        let Playing { network, pairing, .. } = playing;
        let sides = [&pairing.server, &pairing.client];
        let compare_stdout = self.compared_screens(scenario, pairing, tested(input));
        if compare_stdout.contains(&true)
            && let Some(unsteady) = &baseline.screens
        {
            return Err(StageError::Unsteady(Box::new(unsteady.clone())));
        }
        let case = Case {
            scenario,
            input,
            network,
            baseline,
            is_reference: sides.map(|it| it == scenario.reference()),
            compare_stdout,
            json: sides.map(|it| self.json_by(it)),
        };
        let judgement = by_reference::judge_hostile(&case, tested(input), &observed);
        if judgement.verdict.is_failure() && !case.is_reference.contains(&true) {
            self.confirm_hostile(scenario, (input, hostile), baseline).await?;
        }
        let right = by_reference::right(&case, &observed);
        Ok(Played { observed, judgement, right, is_harmed: true })
    }

    /// Whether the server's screen is compared, and the client's: only that of the program which is given the frame,
    /// and only where the file says that answers to malformed frames are compared.
    fn compared_screens(
        &self,
        scenario: &dyn Scenario,
        pairing: &Pairing,
        tested: Role,
    ) -> [bool; 2] {
        if !scenario.compares_hostile_answers() {
            return [false; 2];
        }
        let [runs_already, is_by_hand] = self.is_unseen(scenario, pairing);
        let server = !runs_already && self.compares(scenario, &pairing.server);
        let client = !is_by_hand && self.compares(scenario, &pairing.client);
        [server && tested == Role::Server, client && tested == Role::Client]
    }

    /// Before a port is blamed, checks that the reference still does the same.
    async fn confirm_hostile(
        &self,
        scenario: &dyn Scenario,
        (input, hostile): (&Input, &Hostile),
        baseline: &Baseline,
    ) -> Result<(), StageError> {
        if baseline.falls.is_some() {
            return Ok(()); // What it does is no rule.
        }
        let (transport, pairing) = (scenario.home(), scenario.reference_pairing(input));
        let playing = Playing { transport, network: Network::AS_IS, pairing };
        let seen = self.see(scenario, (input, hostile), &playing, SETTLES).await?;
        let again = seen_of(tested(input), transport.is_datagram(), &seen);
        match does_else(scenario, tested(input), &baseline.expected, &again) {
            Some(unsteady) => Err(StageError::Unsteady(Box::new(unsteady))),
            None => Ok(()),
        }
    }

    /// Plays a hostile input once.
    async fn see(
        &self,
        scenario: &dyn Scenario,
        (input, hostile): (&Input, &Hostile),
        playing: &Playing,
        settles: u32,
    ) -> Result<Observation, StageError> {
        let Pairing { server, client } = &playing.pairing;
        let side = |role, name: &str| {
            if name == HARNESS {
                Ok(Side::Script(hostile.steps.clone()))
            } else {
                self.side(role, name, scenario, input)
            }
        };
        let (server, client) = (side(Role::Server, server)?, side(Role::Client, client)?);
        let network = playing.network.clone();
        let manner = Manner { network, rests: Some(LOOKS), settles, next: false, fresh: false };
        let control = scenario.control(input).filter(|_| tested(input) == Role::Server);
        let follower = match &control {
            Some(_) => Some(self.side(Role::Client, scenario.reference(), scenario, input)?),
            None => None,
        };
        let mut play = play(scenario, input, server, client, playing.transport, &manner);
        play.control = control.as_ref().zip(follower);
        Ok(self.driver.run(&play).await?)
    }
}

/// How the next client must be served. A server that accepted the frame may store data from it; then this is
/// what the reference's next client got after the same frame. If the reference failed, it is not known what a
/// server stores.
fn next_behind(
    scenario: &dyn Scenario,
    next: NextClient,
    seen: [&Observation; 2],
    falls: bool,
) -> NextClient {
    if falls {
        return NextClient { is_as_first: false, ..next };
    }
    let [Some(one), Some(other)] = seen.map(|it| next_client(scenario, &next.expected, it)) else {
        return next;
    };
    if one.is_as_first && other.is_as_first {
        return next;
    }
    let other = Expected { server: one.expected.server.clone(), ..other.expected };
    let is_steady = first_difference(scenario, &one.expected, &other).is_none();
    NextClient { is_as_first: next.is_as_first && is_steady, ..one }
}

/// What was seen of the reference. Its server's files are those before the next client came.
fn seen_of(role: Role, is_datagram: bool, seen: &Observation) -> Expected {
    let mut expected = expected(is_datagram, seen);
    if role == Role::Server {
        expected.server.files = by_reference::left(role, seen).clone();
    }
    expected
}

/// Where two plays of the reference differ in something that a port must match. What was sent does not count. Nor does
/// the server's end if the harness is the server: whether its script or the client ends first is chance.
fn does_else(
    scenario: &dyn Scenario,
    role: Role,
    one: &Expected,
    other: &Expected,
) -> Option<Unsteady> {
    let (to_server, to_client) = (one.to_server.clone(), one.to_client.clone());
    let other = Expected { to_server, to_client, ..other.clone() };
    let server = if role == Role::Client { &one.server } else { &other.server };
    first_difference(scenario, one, &Expected { server: server.clone(), ..other.clone() })
}

/// The program that receives the hostile frame. The harness plays the other one.
const fn tested(input: &Input) -> Role {
    if input.raw { Role::Server } else { Role::Client }
}
