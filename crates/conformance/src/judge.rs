//! Hold an observation against what is right, clause by clause.

use serde::Serialize;

use crate::blob::Blob;
use crate::catalogue::{Check, Clause, Ending, Erratum, Expected, Scenario, Wire};
use crate::frame_map::part_at;
use crate::observation::{Direction, Observation, Role, Stop};

/// How a case came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Not as a clause says.
    Fail,
    /// The reference's own known defect, shown; everything else as it should be.
    Erratum,
    /// Wrong as an entry of a list of expected failures says.
    ExpectedFail,
    /// Not declared by the peer.
    NotApplicable,
    /// A peer was ended by a signal nobody sent on purpose.
    Crash,
    /// The deadline passed.
    Timeout,
    /// The harness could not do its work.
    HarnessError,
}

impl Verdict {
    /// Every verdict there is.
    pub const ALL: [Self; 8] = [
        Self::Pass,
        Self::Fail,
        Self::Erratum,
        Self::ExpectedFail,
        Self::NotApplicable,
        Self::Crash,
        Self::Timeout,
        Self::HarnessError,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Erratum => "erratum",
            Self::ExpectedFail => "expected-fail",
            Self::NotApplicable => "not-applicable",
            Self::Crash => "crash",
            Self::Timeout => "timeout",
            Self::HarnessError => "harness-error",
        }
    }

    /// Whether a run with this verdict in it has failed.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Fail | Self::Crash | Self::Timeout)
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The check that found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// The clause that is broken.
    pub clause: &'static str,
    /// What is different, in words.
    pub what: String,
    /// Where two byte sequences part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parting: Option<Parting>,
}

/// Two byte sequences and where they part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parting {
    /// Offset of the first byte that differs, or at which one of the two ends.
    pub offset: usize,
    /// What is right.
    pub expected: Blob,
    /// What was seen.
    pub found: Blob,
}

/// What a case is judged by.
pub struct Standard<'a> {
    /// The scenario.
    pub scenario: &'a dyn Scenario,
    /// What is right for the input.
    pub expected: &'a Expected,
    /// The errata of the reference that this case has, as the input and the pairing bring them.
    pub errata: &'a [&'static Erratum],
    /// Whether each role's standard output is compared.
    pub compare_stdout: [bool; 2],
    /// Whether the client is a process, or the harness itself.
    pub client_is_peer: bool,
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// How it came out.
    pub verdict: Verdict,
    /// Why, if it is not a pass.
    pub differences: Vec<Difference>,
    /// The errata that showed.
    pub errata: Vec<&'static str>,
}

/// Judge what was seen.
#[must_use]
pub fn judge(standard: &Standard<'_>, seen: &Observation) -> Judgement {
    let judged = || standard.errata.iter().filter(|erratum| erratum.triggered.is_some());
    let mut differences: Vec<Difference> = Check::ALL
        .into_iter()
        .filter(|check| !standard.errata.iter().any(|erratum| erratum.waives.contains(check)))
        .filter_map(|check| difference(standard, check, seen))
        .collect();
    for erratum in judged() {
        if !(erratum.shown)(standard.expected, seen) {
            differences.push(Difference {
                check: None,
                clause: erratum.clause,
                what: format!("erratum {} no longer shows: {}", erratum.id, erratum.happens),
                parting: None,
            });
        }
    }
    let hang_was_known = judged().any(|erratum| erratum.sign.is_some());
    let stopped = match &seen.stopped {
        Some(Stop::Quiet) if hang_was_known => None,
        stopped => stopped.as_ref(),
    };
    let verdict = match stopped {
        Some(Stop::Deadline(what)) => {
            differences
                .insert(0, ended(standard, format!("the deadline passed, waiting for {what}")));
            Verdict::Timeout
        }
        Some(Stop::Flood(role)) => {
            differences.insert(0, ended(standard, format!("the {role:?} sends without end")));
            Verdict::Fail
        }
        Some(Stop::Quiet) => {
            differences.insert(0, ended(standard, "nothing moves any more".to_owned()));
            Verdict::Timeout
        }
        None if differences.is_empty() && judged().next().is_some() => Verdict::Erratum,
        None if differences.is_empty() => Verdict::Pass,
        None if was_killed(standard, seen) => Verdict::Crash,
        None => Verdict::Fail,
    };
    if verdict == Verdict::Erratum {
        differences.extend(judged().map(|erratum| Difference {
            check: None,
            clause: erratum.clause,
            what: format!("erratum {}: {}", erratum.id, erratum.happens),
            parting: None,
        }));
    }
    let errata = judged().map(|erratum| erratum.id).collect();
    Judgement { verdict, differences, errata }
}

fn ended(standard: &Standard<'_>, what: String) -> Difference {
    let clause = standard.scenario.clause(Check::ClientExit).map_or("", |clause| clause.id);
    Difference { check: None, clause, what, parting: None }
}

fn was_killed(standard: &Standard<'_>, seen: &Observation) -> bool {
    let killed = |role| Ending::of(seen.end(role), role) == Ending::Killed;
    killed(Role::Server) || (standard.client_is_peer && killed(Role::Client))
}

fn difference(standard: &Standard<'_>, check: Check, seen: &Observation) -> Option<Difference> {
    let expected = standard.expected;
    let [server_stdout, client_stdout] = standard.compare_stdout;
    match check {
        Check::ToServer => wire(standard, check, Direction::ToServer, seen),
        Check::ToClient => wire(standard, check, Direction::ToClient, seen),
        Check::ServerStdout if server_stdout => {
            screen(standard, check, Role::Server, &expected.server.stdout, &seen.server.stdout)
        }
        Check::ClientStdout if client_stdout => {
            screen(standard, check, Role::Client, &expected.client.stdout, &seen.client.stdout)
        }
        Check::ServerExit => exit(standard, check, Role::Server, seen),
        Check::ClientExit if standard.client_is_peer => exit(standard, check, Role::Client, seen),
        Check::ServerFiles => files(standard, check, Role::Server, seen),
        Check::ClientFiles if standard.client_is_peer => files(standard, check, Role::Client, seen),
        Check::ServerCloses if standard.scenario.clause(check).is_some() => {
            let closed = seen.wire.is_closed_by_server() || seen.stopped.is_some();
            let what = "the server left the connection of a client that had gone open";
            (!closed).then(|| found(standard, check, what.to_owned(), None))
        }
        Check::ServerEnds if standard.scenario.clause(check).is_some() => {
            let ended = seen.server.by_itself || seen.stopped.is_some();
            let what = "the server did not end after its client".to_owned();
            (!ended).then(|| found(standard, check, what, None))
        }
        Check::ClientConnects if standard.scenario.clause(check).is_some() => {
            let what = "the client did not connect".to_owned();
            (!seen.wire.is_connected()).then(|| found(standard, check, what, None))
        }
        Check::ServerStdout
        | Check::ClientStdout
        | Check::ClientExit
        | Check::ClientFiles
        | Check::ServerCloses
        | Check::ServerEnds
        | Check::ClientConnects => None,
    }
}

fn found(
    standard: &Standard<'_>,
    check: Check,
    what: String,
    parting: Option<Parting>,
) -> Difference {
    let clause = clause_of(standard, check, parting.as_ref()).map_or("", |clause| clause.id);
    Difference { check: Some(check), clause, what, parting }
}

/// The clause a difference breaks: in a frame, that of the part in which the bytes part.
fn clause_of(
    standard: &Standard<'_>,
    check: Check,
    parting: Option<&Parting>,
) -> Option<&'static Clause> {
    let mut clauses =
        standard.scenario.clauses().iter().filter(|clause| clause.checks.contains(&check));
    let nth = match (check, standard.scenario.size_key(), parting) {
        // The first clause speaks for the whole stream, the next three for its parts.
        (Check::ToClient, Some(size_key), Some(parting)) => {
            match part_at(&parting.expected.0, size_key, parting.offset) {
                Some(frame::Part::Header) => 1,
                Some(frame::Part::Dict) => 2,
                Some(frame::Part::Body) => 3,
                None => 0,
            }
        }
        _ => 0,
    };
    clauses.nth(nth)
}

fn wire(
    standard: &Standard<'_>,
    check: Check,
    direction: Direction,
    seen: &Observation,
) -> Option<Difference> {
    let expected = standard.expected.wire(direction);
    let seen = expected.like(seen, direction);
    match (expected, &seen) {
        (Wire::Stream(expected), Wire::Stream(found)) => bytes(standard, check, expected, found),
        (Wire::Datagrams(expected), Wire::Datagrams(seen)) => {
            let pairs = expected.iter().zip(seen).enumerate();
            for (index, (expected, datagram)) in pairs {
                if expected != datagram {
                    let parting = parting(expected, datagram);
                    let what = format!(
                        "{} datagram {} parts at byte {}",
                        check.name(),
                        index + 1,
                        parting.offset
                    );
                    return Some(found(standard, check, what, Some(parting)));
                }
            }
            (expected.len() != seen.len()).then(|| {
                let what = format!(
                    "{}: expected {} datagrams, found {}",
                    check.name(),
                    expected.len(),
                    seen.len()
                );
                found(standard, check, what, None)
            })
        }
        _ => None,
    }
}

fn bytes(
    standard: &Standard<'_>,
    check: Check,
    expected: &Blob,
    seen: &Blob,
) -> Option<Difference> {
    if expected == seen {
        return None;
    }
    let parting = parting(expected, seen);
    let what = format!(
        "{} parts at byte {}: expected {} bytes in all, found {}",
        check.name(),
        parting.offset,
        expected.0.len(),
        seen.0.len()
    );
    Some(found(standard, check, what, Some(parting)))
}

fn screen(
    standard: &Standard<'_>,
    check: Check,
    role: Role,
    expected: &Blob,
    seen: &Blob,
) -> Option<Difference> {
    let agrees = standard.scenario.screen_agrees(role, &expected.0, &seen.0);
    if agrees { None } else { bytes(standard, check, expected, seen) }
}

fn parting(expected: &Blob, seen: &Blob) -> Parting {
    let offset = expected.0.iter().zip(&seen.0).take_while(|(one, other)| one == other).count();
    Parting { offset, expected: expected.clone(), found: seen.clone() }
}

fn exit(
    standard: &Standard<'_>,
    check: Check,
    role: Role,
    seen: &Observation,
) -> Option<Difference> {
    let end = seen.end(role);
    let expected = match role {
        Role::Server => standard.expected.server.ending,
        Role::Client => standard.expected.client.ending,
    };
    let ending = Ending::of(end, role);
    (ending != expected).then(|| {
        let exit = end.exit.map_or_else(|| "nothing".to_owned(), |exit| format!("{exit:?}"));
        let what = format!("{}: expected {expected:?}, found {ending:?} ({exit})", check.name());
        found(standard, check, what, None)
    })
}

fn files(
    standard: &Standard<'_>,
    check: Check,
    role: Role,
    seen: &Observation,
) -> Option<Difference> {
    let expected = match role {
        Role::Server => &standard.expected.server.files,
        Role::Client => &standard.expected.client.files,
    };
    let seen = &seen.end(role).files;
    for (name, content) in expected {
        match seen.get(name) {
            None => {
                let what = format!("{}: no file {name:?}", check.name());
                return Some(found(standard, check, what, None));
            }
            Some(other) if other != content => {
                let parting = parting(content, other);
                let what = format!("{}: {name:?} parts at byte {}", check.name(), parting.offset);
                return Some(found(standard, check, what, Some(parting)));
            }
            Some(_) => {}
        }
    }
    let extra = seen.keys().find(|name| !expected.contains_key(*name))?;
    let what = format!("{}: unexpected file {extra:?}", check.name());
    Some(found(standard, check, what, None))
}
