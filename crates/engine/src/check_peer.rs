//! Checks whether a peer is usable. Starts each role that it declares once, with the reference on the other
//! side, and explains what goes wrong so that the peer's author can fix it.

use model::case::{CaseId, Network, Pairing, Playing};
use model::observation::{Exit, Observation, PeerEnd, Role};
use model::{Input, Literal, Scenario, Verdict, visible};

use crate::judge::Judgement;
use crate::peer::{Peer, missing_program};
use crate::stage::{Stage, StageError};

/// How many of a program's last lines are shown.
const LAST_LINES: usize = 5;

/// The result of starting one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The role.
    pub role: Role,
    /// The scenario.
    pub scenario: String,
    /// What is wrong, one line each. Empty if nothing is.
    pub troubles: Vec<String>,
    /// The literals that its command has no placeholder for. Inputs that change them are not played.
    pub no_place_for: Vec<String>,
    /// The literals that it may take from the file that it serves.
    pub goes_by_file_for: Vec<String>,
    /// The id of the case that was played, if one was.
    pub case: Option<CaseId>,
}

/// Starts a peer's program once, in one role of a scenario. `name` is the scenario's name in the peer's
/// declaration. `scenario` is the catalogue's scenario with this name, if it has one.
///
/// # Errors
///
/// The harness could not do its work.
pub async fn check(
    stage: &Stage,
    peer: &Peer,
    role: Role,
    name: &str,
    scenario: Option<&dyn Scenario>,
) -> Result<Finding, StageError> {
    let template = peer.template(role, name);
    let is_not_up = match (peer.target(role, name), scenario) {
        (Some(target), Some(scenario)) => {
            let is_up = target.is_up(scenario.home().is_datagram()).await;
            is_up.err().map(|error| format!("the server at {target} is not up: {error}"))
        }
        _ => None,
    };
    let missing = is_not_up.or_else(|| template.and_then(missing_program));
    let (troubles, case) = match (missing, scenario) {
        (Some(missing), _) => (vec![missing], None),
        (None, Some(scenario)) => troubles(stage, peer, role, scenario).await?,
        (None, None) => (Vec::new(), None),
    };
    let literals = scenario.map(|scenario| scenario.literals(role, &Input::default()));
    // A person can set all of them.
    let has_place = |literal: &Literal| match template {
        Some(template) => template.mentions(&literal.name),
        None => role == Role::Client,
    };
    let untold = literals.into_iter().flatten().filter(|literal| !has_place(literal));
    let (known, unknown): (Vec<_>, Vec<_>) = untold.partition(|literal| literal.is_known);
    let names = |literals: Vec<Literal>| literals.into_iter().map(|literal| literal.name).collect();
    let (no_place_for, goes_by_file_for) = (names(unknown), names(known));
    Ok(Finding { role, scenario: name.to_owned(), troubles, no_place_for, goes_by_file_for, case })
}

async fn troubles(
    stage: &Stage,
    peer: &Peer,
    role: Role,
    scenario: &dyn Scenario,
) -> Result<(Vec<String>, Option<CaseId>), StageError> {
    let pairing = match role {
        Role::Server => Pairing::new(&peer.name, scenario.reference()),
        Role::Client => Pairing::new(scenario.reference(), &peer.name),
    };
    let is_plain = |input: &Input| !input.raw && input.served.is_none();
    let fits = |input: &Input| stage.can_play(scenario, input, &pairing).is_ok();
    let mut vectors = scenario.vectors().into_iter();
    let Some(vector) = vectors.find(|vector| is_plain(&vector.input) && fits(&vector.input)) else {
        return Ok((
            vec!["no input can be played: its command has no place for what they need".into()],
            None,
        ));
    };
    let playing = Playing { transport: scenario.home(), network: Network::AS_IS, pairing };
    let ground = stage.ground(scenario, &vector.input).await?;
    let turn = stage.turn(scenario, &playing.pairing).await;
    if let Some(person) = stage.person.as_ref().filter(|_| turn.is_by_hand()) {
        person.begins(format!("{}, input {}", scenario.name(), vector.name));
    }
    let played = stage.play(scenario, &vector.input, &playing, &ground).await;
    let played = match played {
        Ok(played) => played,
        Err(error) if error.is_the_peers() => return Ok((vec![error.to_string()], None)),
        Err(error) => return Err(error),
    };
    let Judgement { verdict, differences, .. } = &played.judgement;
    // The peer can't fix the reference's errata.
    if matches!(verdict, Verdict::Pass | Verdict::Erratum) {
        return Ok((Vec::new(), None));
    }
    let (what, is_met) = what_happened(role, &played.observed);
    let mut troubles = vec![what];
    if is_met {
        // Otherwise, all differences follow from that.
        troubles.extend(differences.iter().map(ToString::to_string));
    }
    troubles.extend(last_words(played.observed.end(role)));
    let Playing { transport, network, pairing } = playing;
    let id = CaseId {
        scenario: scenario.name().to_owned(),
        pairing,
        transport,
        network,
        input: vector.id(),
    };
    Ok((troubles, Some(id)))
}

/// How far the program got, in a sentence, and whether the two programs met.
fn what_happened(role: Role, seen: &Observation) -> (String, bool) {
    let end = seen.end(role);
    let is_met = match role {
        Role::Server => seen.wire.is_open(),
        Role::Client => seen.wire.is_connected(),
    };
    let what = match (role, &seen.listening_elsewhere[..]) {
        (Role::Server, _) if is_met => {
            "the reference's client reached it, but the exchange went wrong".to_owned()
        }
        (Role::Client, _) if is_met => {
            "it reached the reference's server, but the exchange went wrong".to_owned()
        }
        (Role::Server, _) if end.by_itself => {
            format!("it {} before anyone could connect to it", ended(end))
        }
        (Role::Server, []) => "it never listened at the address it was given".to_owned(),
        (Role::Server, others) => format!(
            "it never listened at the address it was given; it listens on {} instead",
            others.join(", ")
        ),
        (Role::Client, _) if end.by_itself => {
            format!("it {} without connecting to the address it was given", ended(end))
        }
        (Role::Client, _) => "it never connected to the address it was given".to_owned(),
    };
    (what, is_met)
}

fn ended(end: &PeerEnd) -> String {
    match end.exit {
        Some(Exit::Status(status)) => format!("ended with status {status}"),
        Some(Exit::Signal(signal)) => format!("died of signal {signal}"),
        None => "ended".to_owned(),
    }
}

/// The last lines on standard error.
fn last_words(end: &PeerEnd) -> Vec<String> {
    let stderr = String::from_utf8_lossy(&end.stderr.0);
    let lines: Vec<&str> = stderr.trim_end().lines().collect();
    let first = lines.len().saturating_sub(LAST_LINES);
    lines.iter().skip(first).map(|line| format!("stderr: {}", visible::line(line))).collect()
}
