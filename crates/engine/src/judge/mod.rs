//! Compares an observation with what is right, clause by clause.

pub(crate) mod by_reference;
mod compare;
mod cut_off;
mod harm;
mod pace;

use crate::baseline::Turns;
use model::observation::{Exit, Observation, Role, Stop};
use model::{Check, Difference, Ending, Erratum, Expected, Harmed, Scenario, Verdict};
use rustix::process::Signal;

/// The standard that a case is judged by.
pub struct Standard<'a> {
    /// The scenario.
    pub scenario: &'a dyn Scenario,
    /// What is right for the input.
    pub expected: &'a Expected,
    /// The errata of the reference that this input and pairing cause.
    pub errata: &'a [&'a Erratum],
    /// The errata that excuse the reference whenever they show. They depend on the network, so the input alone
    /// can't predict them.
    pub candidates: &'a [&'a Erratum],
    /// Whether a stranger plays without a fault of the network. Then the reference is excused only if what the
    /// stranger sent is correct, as far as it goes.
    pub holds_strangers: bool,
    /// Whether each role's standard output is compared, the server's first.
    pub compare_stdout: [bool; 2],
    /// Whether each role's error messages must name clauses.
    pub names_clauses: [bool; 2],
    /// Whether the server is a process, or the harness itself.
    pub server_is_peer: bool,
    /// Whether the client is a process, or the harness itself.
    pub client_is_peer: bool,
    /// For each role, the server first: whether the harness did not start its program. Then only its traffic is
    /// seen.
    pub is_unseen: [bool; 2],
    /// What is right for the client after a fault; `expected` is what would happen without one.
    pub harmed: Option<&'a Harmed>,
    /// Whether the server's outcome is deterministic, and so judged. If the network disturbs, the reference's
    /// client may leave unread bytes. Then its server ends, or not, by chance.
    pub server_is_judged: bool,
    /// Whether the server received something other than the client sent.
    pub server_is_misled: bool,
    /// What is right for the positive control, if there is one.
    pub control: Option<&'a Expected>,
    /// What the reference had received when it sent something, if a program must wait as it does.
    pub turns: Option<&'a Turns>,
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The reasons, if it is not a pass.
    pub differences: Vec<Difference>,
    /// The errata that showed.
    pub errata: Vec<String>,
}

/// Judges an observation.
#[must_use]
pub fn judge(standard: &Standard<'_>, seen: &Observation) -> Judgement {
    let given = standard.harmed.map(|harmed| harmed.given(standard.expected));
    let given = given.as_ref().unwrap_or(standard.expected);
    let shows = |erratum: &&&Erratum| {
        let is_put_upon = !standard.holds_strangers
            || pace::is_blameless(standard.expected, erratum.role.other(), seen);
        is_put_upon && (erratum.shown)(given, seen)
    };
    let excusing: Vec<&Erratum> = standard.candidates.iter().filter(shows).copied().collect();
    let triggered = || standard.errata.iter().filter(|erratum| erratum.triggered.is_some());

    let is_chance = |check: &Check| {
        let is_servers =
            matches!(check, Check::ServerExit | Check::ServerStays | Check::NextClient);
        !standard.server_is_judged && is_servers
    };
    let [server_is_unseen, client_is_unseen] = standard.is_unseen;
    let is_seen = |check: &Check| match role_looked_at(*check) {
        Some(Role::Server) => !server_is_unseen,
        Some(Role::Client) => !client_is_unseen,
        None => true,
    };
    let checks = Check::ALL.into_iter().filter(|check| !is_chance(check) && is_seen(check));
    let found = checks.filter_map(|check| match standard.harmed {
        None => compare::difference(standard, check, seen),
        Some(harmed) => harm::difference(standard, harmed, given, check, seen),
    });
    let waives = |erratum: &Erratum, difference: &Difference| {
        difference.check.is_some_and(|check| erratum.waives_check(check))
    };
    let is_waived =
        |difference: &Difference| standard.errata.iter().any(|it| waives(it, difference));
    let is_excused = |difference: &Difference| {
        let stands = |erratum: &Erratum| {
            standard.holds_strangers && pace::stands(erratum.role, difference.check)
        };
        excusing.iter().any(|it| waives(it, difference) && !stands(it))
    };
    let (excused, mut differences): (Vec<Difference>, Vec<Difference>) =
        found.filter(|difference| !is_waived(difference)).partition(is_excused);
    if standard.harmed.is_none() && seen.stopped.is_none() {
        cut_off::put_last(standard.expected, seen, &mut differences);
    }
    for erratum in triggered() {
        if !(erratum.shown)(standard.expected, seen) {
            let what = format!("erratum {} no longer shows: {}", erratum.id, erratum.happens);
            differences.push(Difference::told(erratum.clause, what));
        }
    }
    let stopped = stopped(standard, &excusing, seen);
    let excuses = !excused.is_empty() || stopped.is_none() && seen.stopped.is_some();
    let judged: Vec<&Erratum> = if excuses {
        triggered().copied().chain(excusing).collect()
    } else {
        triggered().copied().collect()
    };
    let verdict = match stopped {
        Some((verdict, what)) => {
            put_stop(standard, seen, what, &mut differences);
            verdict
        }
        None if differences.is_empty() && !judged.is_empty() => Verdict::Erratum,
        None if differences.is_empty() => Verdict::Pass,
        None if was_killed(standard, seen) => Verdict::Crash,
        None => Verdict::Fail,
    };
    if verdict == Verdict::Erratum {
        differences.extend(judged.iter().map(|erratum| {
            let what = format!("erratum {}: {}", erratum.id, erratum.happens);
            Difference::told(erratum.clause, what)
        }));
    }
    let errata = judged.iter().map(|erratum| erratum.id.to_owned()).collect();
    Judgement { verdict, differences, errata }
}

/// The program whose own behaviour a check examines, in addition to the traffic.
const fn role_looked_at(check: Check) -> Option<Role> {
    match check {
        Check::ServerStdout
        | Check::ServerExit
        | Check::ServerStays
        | Check::ServerFiles
        | Check::ServerEnds => Some(Role::Server),
        Check::ClientStdout | Check::ClientExit | Check::ClientStderr | Check::ClientFiles => {
            Some(Role::Client)
        }
        _ => None,
    }
}

/// The result of a case that the harness had to stop, unless the stop was expected.
fn stopped(
    standard: &Standard<'_>,
    excusing: &[&Erratum],
    seen: &Observation,
) -> Option<(Verdict, String)> {
    let hangs = |erratum: &&Erratum| erratum.triggered.is_some() && erratum.sign.is_some();
    let spins = |role| excusing.iter().any(|erratum| erratum.role == role && erratum.spins);
    match seen.stopped.as_ref()? {
        Stop::Deadline(what) => {
            Some((Verdict::Timeout, format!("the deadline passed, waiting for {what}")))
        }
        Stop::Flood(role) => Some((Verdict::Fail, format!("the {role} sends without end"))),
        Stop::Spins(role) | Stop::Babble(role) if spins(*role) => None,
        Stop::Babble(role) => Some((Verdict::Fail, format!("the {role} prints without end"))),
        Stop::Idle => {
            Some((Verdict::Timeout, "nothing moves any more, and both programs sleep".to_owned()))
        }
        Stop::Spins(role) => {
            Some((Verdict::Fail, format!("the {role} keeps a processor busy for nothing")))
        }
        Stop::Quiet if standard.errata.iter().any(hangs) => None,
        Stop::Quiet if seen.at_rest.is_some() => None,
        Stop::Quiet => Some((Verdict::Timeout, "nothing moves any more".to_owned())),
    }
}

/// Puts the reason why the harness stopped the case before the other differences, after its cause.
fn put_stop(
    standard: &Standard<'_>,
    seen: &Observation,
    what: String,
    differences: &mut Vec<Difference>,
) {
    let elsewhere = match &seen.listening_elsewhere[..] {
        [] => String::new(),
        others => format!("; the server listens on {} instead", others.join(", ")),
    };
    if seen.stopped.as_ref().is_some_and(Stop::is_unready) {
        // No client was started, so the differences that follow from that are dropped.
        differences.clear();
    }
    let cause = cause_of_stop(differences, seen).map(|nth| differences.remove(nth));
    let clause = cause.as_ref().filter(|it| is_left_open(it)).map(|it| it.clause.clone());
    let stop = ended(standard, clause, what + &elsewhere);
    differences.splice(0..0, cause.into_iter().chain([stop]));
}

/// The difference that made the case stop: a wrong byte, an answer that ends early, or a connection that the
/// server left open. A client that sent too little may have waited for an answer, so that does not count as the
/// cause.
fn cause_of_stop(differences: &[Difference], seen: &Observation) -> Option<usize> {
    if let Some(Stop::Flood(_) | Stop::Spins(_) | Stop::Babble(_)) = seen.stopped {
        return None; // That is the cause itself.
    }
    if !seen.wire.is_open() {
        return None; // The server was never reached.
    }
    let is_of_wire = |it: &Difference| matches!(it.check, Some(Check::ToServer | Check::ToClient));
    let is_short = |it: &Difference| {
        it.parting.as_ref().is_none_or(|parting| parting.offset == parting.found.0.len())
    };
    let wire: Vec<usize> = (0..differences.len())
        .filter(|nth| differences.get(*nth).is_some_and(is_of_wire))
        .collect();
    let wrong = wire.iter().find(|nth| differences.get(**nth).is_some_and(|it| !is_short(it)));
    match (wrong, &wire[..]) {
        (Some(nth), _) => Some(*nth),
        (None, [nth]) => {
            let is_answer = |it: &&Difference| it.check == Some(Check::ToClient);
            differences.get(*nth).filter(is_answer).map(|_| *nth)
        }
        (None, []) => differences.iter().position(is_left_open),
        _ => None,
    }
}

/// Whether the difference is a connection that the server left open.
fn is_left_open(difference: &Difference) -> bool {
    difference.check == Some(Check::ServerCloses)
}

/// The difference that says that the harness had to end the case, by a clause of its own or by this one.
fn ended(standard: &Standard<'_>, clause: Option<String>, what: String) -> Difference {
    let usual = || {
        let clause = standard.scenario.clause_of_stop(standard.harmed.is_some());
        clause.map_or_else(String::new, |clause| clause.id.clone().into_owned())
    };
    Difference::told(clause.unwrap_or_else(usual), what)
}

/// Whether the harness killed a program when it stopped the case. Then the signal says nothing about the
/// program.
fn was_killed_by_harness(role: Role, seen: &Observation) -> bool {
    let end = seen.end(role);
    seen.stopped.is_some()
        && !end.by_itself
        && end.exit == Some(Exit::Signal(Signal::KILL.as_raw()))
}

fn was_killed(standard: &Standard<'_>, seen: &Observation) -> bool {
    let killed = |role| {
        Ending::of(seen.end(role), role) == Ending::Killed && !was_killed_by_harness(role, seen)
    };
    // The harness ended a client that was at rest.
    let client_is_judged = standard.client_is_peer && seen.at_rest.is_none();
    killed(Role::Server) || client_is_judged && killed(Role::Client)
}
