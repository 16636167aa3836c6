//! Judges a case by what the reference did.
//!
//! Each finding belongs to one of the two programs. If the reference failed first, the port that played with it
//! is not blamed: the case shows an erratum of the reference.
//!
//! | file | what |
//! |---|---|
//! | `whole.rs` | streams, ends, files and screens without a fault |
//! | `harm.rs` | ends and files after a fault |
//! | `hostile.rs` | a program that received a malformed frame |
//! | `next.rs` | the follow-up client |
//! | `rules.rs` | the rules for every program in every case |
//! | `blame.rs` | which program failed first |

mod blame;
mod harm;
mod hostile;
mod next;
mod rules;
mod whole;

use model::case::{Kind, Network};
use model::mask::{JsonBy, Place};
use model::observation::{Direction, Observation, Role, Stop, WireLog};
use model::{
    Breaks, Check, Clause, Difference, Ending, Expected, Explained, Input, Parting, Said, Scenario,
    Verdict, Wire,
};

pub(crate) use hostile::{common_rule, judge_hostile, left};

use super::Judgement;
use crate::baseline::Baseline;

/// A case, and the standard to judge it by.
pub(crate) struct Case<'a> {
    pub(crate) scenario: &'a dyn Scenario,
    pub(crate) input: &'a Input,
    pub(crate) network: &'a Network,
    pub(crate) baseline: &'a Baseline,
    /// Whether the reference plays each role, the server first.
    pub(crate) is_reference: [bool; 2],
    /// Whether each role's standard output is compared, the server's first.
    pub(crate) compare_stdout: [bool; 2],
    /// How each role's JSON is compared, the server's first.
    pub(crate) json: [JsonBy; 2],
}

impl Case<'_> {
    /// How the JSON in this direction is compared.
    const fn json(&self, way: Direction) -> JsonBy {
        let [server, client] = self.json;
        match way {
            Direction::ToServer => client,
            Direction::ToClient => server,
        }
    }
}

/// A finding about one of the two programs.
struct Finding {
    role: Role,
    difference: Difference,
}

/// Judges an observation.
pub(crate) fn judge(case: &Case<'_>, seen: &Observation) -> Judgement {
    if let Some(Stop::Deadline(awaited)) = seen.stopped.as_ref().filter(|stop| stop.is_unready()) {
        // No client was started, so it is not at fault.
        let what = format!("the deadline passed, waiting for {awaited}");
        let found = vec![Finding::stopped(case, Role::Server, what)];
        return verdict(case, found, Some(Role::Server), seen);
    }
    let right = right(case, seen);
    let is_harmed = is_harmed(case.network, seen);
    let first = blame::first(case, &right, seen, is_harmed);
    let mut found = rules::findings(case, first, seen);
    if !is_harmed {
        found.extend(whole::findings(case, &right, seen));
    } else if harm::can_be_told(case.network) {
        found.extend(harm::findings(case, &right, seen));
    }
    found.extend(next::findings(case, seen));
    verdict(case, found, first, seen)
}

/// Whether the network injected its fault. If the traffic never reached the fault's place, it did not.
pub(crate) fn is_harmed(network: &Network, seen: &Observation) -> bool {
    !network.is_harmless() && seen.wire.has_fault()
}

/// What is right; masked values are replaced by those that were seen.
pub(crate) fn right(case: &Case<'_>, seen: &Observation) -> Expected {
    let expected = &case.baseline.expected;
    let mut right = expected.clone();
    // A port's shorter stream may end before the fault's place. The next client still comes, and the server's
    // files and screen are read after it.
    let is_spared = !case.network.is_harmless() && !is_harmed(case.network, seen);
    if let Some(next) = case.baseline.next.as_ref().filter(|_| is_spared && seen.control.is_some())
    {
        right.server = next.expected.server.clone();
    }
    for way in [Direction::ToServer, Direction::ToClient] {
        let wire = with_seen(case.scenario, way, expected, seen, case.json(way));
        match way {
            Direction::ToServer => right.to_server = wire,
            Direction::ToClient => right.to_client = wire,
        }
    }
    for role in [Role::Server, Role::Client] {
        let end = match role {
            Role::Server => &mut right.server,
            Role::Client => &mut right.client,
        };
        let place = Place::Screen(role);
        let (ours, theirs) = (Said::whole(&end.stdout.0), Said::whole(&seen.end(role).stdout.0));
        end.stdout = case.scenario.with_seen(place, ours, theirs, JsonBy::Bytes).into();
    }
    right
}

/// Whether something wrong was already sent, as far as this shows in a partial stream.
pub(crate) fn is_astray(
    scenario: &dyn Scenario,
    expected: &Expected,
    json: [JsonBy; 2],
    log: &WireLog,
) -> bool {
    if json.contains(&JsonBy::Value) {
        return false; // Part of a JSON text tells nothing.
    }
    let parts = |way: Direction| {
        let place = Place::Stream(way);
        match expected.wire(way) {
            Wire::Stream(right) => {
                let (sent, breaks) = (log.stream(way), Breaks::of(log, way));
                let right = Said { bytes: &right.0, breaks: expected.breaks(way) };
                let right = scenario.with_seen(
                    place,
                    right,
                    Said { bytes: &sent, breaks: &breaks },
                    JsonBy::Bytes,
                );
                let equal = right.iter().zip(&sent).take_while(|(one, other)| one == other).count();
                // The stream may end inside a masked value.
                let is_masked = !scenario.masked(place, Said::whole(&right)).is_empty();
                equal < sent.len() && !is_masked
            }
            Wire::Datagrams(right) => {
                let mut sent = log.segments(way).zip(right);
                sent.any(|(sent, right)| {
                    datagram(scenario, place, &right.0, sent, JsonBy::Bytes) != sent
                })
            }
        }
    };
    parts(Direction::ToServer) || parts(Direction::ToClient)
}

fn with_seen(
    scenario: &dyn Scenario,
    way: Direction,
    expected: &Expected,
    seen: &Observation,
    json: JsonBy,
) -> Wire {
    let place = Place::Stream(way);
    let right = expected.wire(way);
    match (right, right.like(seen, way)) {
        (Wire::Stream(right), Wire::Stream(sent)) => {
            let breaks = Breaks::of(&seen.wire, way);
            let right = Said { bytes: &right.0, breaks: expected.breaks(way) };
            let sent = Said { bytes: &sent.0, breaks: &breaks };
            Wire::stream(scenario.with_seen(place, right, sent, json))
        }
        (Wire::Datagrams(right), Wire::Datagrams(seen)) => {
            let of = |(nth, right): (usize, &model::blob::Blob)| match seen.get(nth) {
                Some(seen) => datagram(scenario, place, &right.0, &seen.0, json).into(),
                None => right.clone(),
            };
            Wire::Datagrams(right.iter().enumerate().map(of).collect())
        }
        (right, _) => right.clone(),
    }
}

/// A correct datagram; masked values are replaced by those that were seen.
fn datagram(
    scenario: &dyn Scenario,
    place: Place,
    right: &[u8],
    seen: &[u8],
    json: JsonBy,
) -> Vec<u8> {
    scenario.with_seen(place, Said::whole(right), Said::whole(seen), json)
}

/// The clause of a check, or the check's own name.
fn clause(scenario: &dyn Scenario, check: Check) -> String {
    scenario
        .clause_of(check, None)
        .map_or_else(|| check.name().to_owned(), |it: &Clause| it.id.to_string())
}

impl Finding {
    fn new(case: &Case<'_>, role: Role, check: Check, what: impl Into<String>) -> Self {
        Self::parting(case, role, check, what, None)
    }

    fn parting(
        case: &Case<'_>,
        role: Role,
        check: Check,
        what: impl Into<String>,
        parting: Option<Parting>,
    ) -> Self {
        let clause = clause(case.scenario, check);
        let what = what.into();
        let difference = Difference { check: Some(check), clause, what, part: None, parting };
        Self { role, difference }
    }

    /// The same, with the wrong value shown before the bytes.
    fn explained(mut self, explained: Option<Explained>) -> Self {
        self.difference = self.difference.explained(explained);
        self
    }

    /// The same without a check: the harness had to end the case.
    fn stopped(case: &Case<'_>, role: Role, what: impl Into<String>) -> Self {
        let check = match role {
            Role::Server => Check::ServerExit,
            Role::Client => Check::ClientExit,
        };
        Self { role, difference: Difference::told(clause(case.scenario, check), what) }
    }
}

/// The verdict on all findings. `first` is the program that failed first, if known.
fn verdict(
    case: &Case<'_>,
    found: Vec<Finding>,
    first: Option<Role>,
    seen: &Observation,
) -> Judgement {
    let [server, client] = case.is_reference;
    let is_reference = |role: Role| if role == Role::Server { server } else { client };
    let is_played_by_both = server != client;
    let is_excused = |finding: &Finding| {
        is_played_by_both
            && match first {
                Some(role) => is_reference(role),
                None => is_reference(finding.role),
            }
    };
    let (excused, mut blamed): (Vec<_>, Vec<_>) = found.into_iter().partition(is_excused);
    if blamed.is_empty() && excused.is_empty() {
        return Judgement { verdict: Verdict::Pass, differences: vec![], errata: vec![] };
    }
    if blamed.is_empty() {
        let role = if server { Role::Server } else { Role::Client };
        let told = |finding: Finding| Difference {
            what: format!("the reference's {}: {}", finding.role, finding.difference.what),
            ..finding.difference
        };
        let name = format!("{}-{role}", case.scenario.name());
        let differences = excused.into_iter().map(told).collect();
        return Judgement { verdict: Verdict::Erratum, differences, errata: vec![name] };
    }
    if let Some(role) = first {
        // The reference's reaction to that is reported only if nothing else shows the failure.
        let is_reaction = |finding: &Finding| finding.role != role && is_reference(finding.role);
        if blamed.iter().all(is_reaction) {
            for Finding { difference, .. } in &mut blamed {
                difference.what = format!("after the {role} went wrong: {}", difference.what);
            }
        } else {
            blamed.retain(|finding| !is_reaction(finding));
        }
    }
    // The findings about the program that failed first come first.
    let is_stop = |finding: &Finding| finding.difference.check.is_none();
    blamed.sort_by_key(|finding| {
        (first.is_some_and(|role| role != finding.role), first.is_some() == is_stop(finding))
    });
    let is_killed =
        |role: Role| blamed.iter().any(|finding| finding.role == role) && was_killed(role, seen);
    let verdict = match &seen.stopped {
        Some(Stop::Idle | Stop::Deadline(_)) if blamed.first().is_some_and(is_stop) => {
            Verdict::Timeout
        }
        _ if is_killed(Role::Server) || is_killed(Role::Client) => Verdict::Crash,
        _ => Verdict::Fail,
    };
    let differences = blamed.into_iter().map(|it| it.difference).collect();
    Judgement { verdict, differences, errata: Vec::new() }
}

/// Whether a program ended by a signal that the harness did not send.
fn was_killed(role: Role, seen: &Observation) -> bool {
    let end = seen.end(role);
    let is_asked = !end.by_itself;
    !is_asked && Ending::of(end, role) == Ending::Killed
}

/// Whether this network may still bring data to a client.
const fn may_bring_more(network: &Network) -> bool {
    matches!(network.kind, Kind::Stall(_) | Kind::Drop(_))
}
