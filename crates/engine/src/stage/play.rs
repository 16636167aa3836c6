//! Plays a case, unless this shows that one of its peers can't play it.

use std::borrow::Cow;

use model::case::{Kind, Network, Pairing, Playing};
use model::mask::{JsonBy, JsonProfile, Place};
use model::observation::{Direction, Observation, Role};
use model::{
    Expected, Harmed, Input, RightError, Said, Scenario, Step, Verdict, Wire, given_to_client,
};

use super::{Ground, Played, Stage, StageError};
use crate::baseline::Turns;
use crate::peer::Peer;

impl Stage {
    /// Plays an input with a pairing, and judges it by what is right for the input.
    ///
    /// # Errors
    ///
    /// See [`StageError`].
    pub async fn play(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        playing: &Playing,
        ground: &Ground,
    ) -> Result<Played, StageError> {
        self.within_profiles(scenario, input, playing, ground)?;
        if let Some(baseline) = &ground.baseline {
            return self.play_by_reference(scenario, input, playing, baseline).await;
        }
        let expected = ground.expected_of(scenario, &playing.pairing);
        let turns = turns_of_reference(scenario, input, ground);
        self.play_by_model(scenario, input, playing, expected, &ground.model, turns.as_ref()).await
    }

    /// Plays an input with a pairing and compares it with `expected`. `model` decides which errata the input
    /// causes.
    pub(super) async fn play_by_model(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        playing: &Playing,
        expected: &Expected,
        model: &Expected,
        turns: Option<&Turns>,
    ) -> Result<Played, StageError> {
        let played = self.play_and_judge(scenario, input, playing, expected, model, turns).await?;
        let server = &playing.pairing.server;
        let Some((literal, other)) = scenario.untold(input) else { return Ok(played) };
        if played.judgement.verdict.is_failure()
            && !self.can_be_told(scenario, server, literal)
            && is_of(scenario, &other, expected, &played)?
        {
            let (peer, role) = (server.clone(), Role::Server);
            let (scenario, literal) = (scenario.name().to_owned(), literal.to_owned());
            return Err(StageError::NoPlace { peer, role, scenario, literal });
        }
        Ok(played)
    }

    /// Checks that no peer gets JSON text that its profile excludes.
    fn within_profiles(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        playing: &Playing,
        ground: &Ground,
    ) -> Result<(), StageError> {
        let Pairing { server, client } = &playing.pairing;
        let is_strict = |name: &str| {
            self.peers.by_name(name).is_some_and(|peer| peer.json_profile == JsonProfile::Rfc8259)
        };
        let sides = [(Role::Server, server), (Role::Client, client)];
        let Some((role, name)) = sides.into_iter().find(|(_, name)| is_strict(name)) else {
            return Ok(());
        };
        let Some(why) = not_rfc8259(scenario, input, &ground.expected) else { return Ok(()) };
        let why = format!("its json-profile is rfc8259, and of {why}");
        let (peer, scenario) = (name.clone(), scenario.name().to_owned());
        Err(StageError::CannotPlay { peer, role, scenario, why })
    }

    fn can_be_told(&self, scenario: &dyn Scenario, server: &str, literal: &str) -> bool {
        let peer = self.peers.by_name(server);
        let template = peer.and_then(|peer| peer.template(Role::Server, scenario.name()));
        template.is_none_or(|template| template.mentions(literal))
    }
}

/// What is right. If the server's manifest says that only the value of JSON counts, a right value is taken with
/// the server's own text.
pub(super) fn by_value<'e>(
    scenario: &dyn Scenario,
    expected: &'e Expected,
    observed: &Observation,
    server: Option<&Peer>,
) -> Cow<'e, Expected> {
    let way = Direction::ToClient;
    let is_asked = server.is_some_and(|peer| peer.json == JsonBy::Value);
    let Wire::Stream(right) = &expected.to_client else { return Cow::Borrowed(expected) };
    if !is_asked {
        return Cow::Borrowed(expected);
    }
    let seen = observed.wire.stream(way);
    let (right, seen) = (Said::whole(&right.0), Said::whole(&seen));
    let stream = scenario.with_seen(Place::Stream(way), right, seen, JsonBy::Value);
    Cow::Owned(Expected { to_client: Wire::stream(stream), ..expected.clone() })
}

/// The harness's steps as a client. If an answer's length may vary, it reads what arrives.
pub(super) fn script(
    scenario: &dyn Scenario,
    input: &Input,
    right: &Expected,
    server: Option<&Peer>,
) -> Vec<Step> {
    let mut steps = scenario.script(input, right);
    if server.is_some_and(|peer| peer.json == JsonBy::Value) {
        for step in steps.iter_mut().filter(|step| matches!(step, Step::Read(_))) {
            *step = Step::ReadSome;
        }
    }
    steps
}

/// Why an exchange has JSON that CPython reads and that RFC 8259 does not define.
fn not_rfc8259(scenario: &dyn Scenario, input: &Input, right: &Expected) -> Option<String> {
    let ways = [Direction::ToServer, Direction::ToClient];
    let in_stream = |way: Direction, bytes: &[u8]| scenario.not_rfc8259(way, Said::whole(bytes));
    let sent: Vec<u8> =
        input.hostile.iter().flat_map(|it| &it.steps).fold(Vec::new(), |mut sent, step| {
            if let Step::Send(bytes) = step {
                sent.extend_from_slice(bytes);
            }
            sent
        });
    let served: Vec<u8> =
        input.served.iter().flatten().flat_map(|part| part.0.iter().copied()).collect();
    let of_harness = ways.into_iter().find_map(|way| in_stream(way, &sent));
    of_harness.or_else(|| in_stream(Direction::ToClient, &served)).or_else(|| {
        ways.into_iter().find_map(|way| match right.wire(way) {
            Wire::Stream(bytes) => {
                let breaks = right.breaks(way);
                scenario.not_rfc8259(way, Said { bytes: &bytes.0, breaks })
            }
            Wire::Datagrams(all) => all.iter().find_map(|bytes| in_stream(way, &bytes.0)),
        })
    })
}

/// What is right for the client, given what it received.
pub(super) fn harmed(
    scenario: &dyn Scenario,
    input: &Input,
    network: &Network,
    observed: &Observation,
) -> Result<Harmed, RightError> {
    let given = given_to_client(network, observed);
    let harmed = scenario.harmed(input, &given)?;
    // If the fault comes at once, it is random how far the client has come.
    let is_at_once = matches!(network.kind, Kind::Reset(0) | Kind::Stall(0));
    Ok(if is_at_once { harmed.without_exchange() } else { harmed })
}

/// The reference's turns, if the scenario requires them. A reference that shows an erratum does not define
/// them.
fn turns_of_reference(scenario: &dyn Scenario, input: &Input, ground: &Ground) -> Option<Turns> {
    let is_rule = !scenario.takes_turns().is_empty() && !input.raw && input.served.is_none();
    let played = ground.reference.as_ref().filter(|_| is_rule)?;
    let form = &ground.expected.to_client;
    (played.judgement.verdict == Verdict::Pass)
        .then(|| Turns::heard(scenario, form, &played.observed.wire).by_first_parts(scenario, form))
}

/// Whether a server that could have known a literal used its own value instead: everything that it sent would
/// be right with the `other` input, and is not with this one.
fn is_of(
    scenario: &dyn Scenario,
    other: &Input,
    expected: &Expected,
    played: &Played,
) -> Result<bool, StageError> {
    let sent = played.observed.wire.stream(Direction::ToClient);
    let begins = |right: &Expected| match &right.to_client {
        Wire::Stream(bytes) => bytes.0.starts_with(&sent),
        Wire::Datagrams(_) => false,
    };
    Ok(!begins(expected) && begins(&scenario.right(other)?))
}
