//! The quick cases of each role that a peer declares: those of `framecheck run --quick`.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use engine::check_peer::Finding;
use engine::expected_failures::ExpectedFailures;
use engine::peer::{Peer, Peers};
use engine::plan::{Group, PlanError, Selection, plan};
use engine::runner::{Begun, Manner, run};
use model::Verdict;
use model::case::{HARNESS, Playing};
use model::event::{CaseResult, Chosen, Event, Start, USUAL_CASES};
use model::observation::Role;

use super::super::interrupt::{Interrupted, interrupt};
use super::super::machine::{AtOnce, at_once, leave_out};
use super::super::measure::measure;
use super::super::out::say;
use super::super::run::add_known_failures;
use super::super::setup::{Known, Setup};

/// The results of a role's quick cases.
#[derive(Default)]
pub(super) struct Quick {
    pub(super) cases: usize,
    /// The failed cases, in the order in which they ended.
    pub(super) failed: Vec<CaseResult>,
}

/// By role and scenario.
pub(super) type ByRole = BTreeMap<(Role, String), Quick>;

/// Plays the quick cases of the roles without findings.
pub(super) async fn play(
    setup: &Setup,
    known: &Known,
    peers: &Peers,
    peer: &Peer,
    findings: &[Finding],
) -> anyhow::Result<ByRole> {
    let AtOnce { jobs, cases } = at_once(None)?;
    measure(setup, known, jobs).await;
    let mut groups = Vec::new();
    for finding in findings {
        // If a person starts each client, or the server runs already and belongs to others, one play is enough.
        let is_started_here = peer.template(finding.role, &finding.scenario).is_some();
        let Some(scenario) = known.catalogue.scenario(&finding.scenario) else { continue };
        if !finding.troubles.is_empty() || !is_started_here {
            continue;
        }
        let of_role = |other: &str| match finding.role {
            Role::Server => format!("{}->{other}", peer.name),
            Role::Client => format!("{other}->{}", peer.name),
        };
        let selection = Selection {
            scenarios: vec![finding.scenario.clone()],
            pairings: vec![of_role(scenario.reference()), of_role(HARNESS)],
            cases: USUAL_CASES,
            quick: true,
            ..Selection::default()
        };
        match plan(&selection, &known.catalogue, peers) {
            Ok(mut planned) => {
                for missing in leave_out(&mut planned).missing {
                    say(format_args!("missing: {missing}"));
                }
                groups.extend(planned);
            }
            Err(PlanError::Nothing) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut quick = ByRole::new();
    for finding in findings {
        quick.insert((finding.role, finding.scenario.clone()), Quick::default());
    }
    let mut broken = None;
    let mut take = |result: Box<CaseResult>| {
        let role = role_of(&result, &peer.name);
        if result.verdict == Verdict::HarnessError {
            broken.get_or_insert(result);
            return;
        }
        let of_role = quick.entry((role, result.scenario.clone())).or_default();
        of_role.cases += 1;
        if result.verdict.is_failure() {
            of_role.failed.push(*result);
        }
    };
    let mut expected = ExpectedFailures::default();
    add_known_failures(&mut expected, known);
    let manner = Manner { jobs, cases, shrink: false, fail_fast: None };
    let begun = Begun { start: start(&groups), counts: BTreeMap::new(), took: Duration::ZERO };
    let tell = |event: Event| {
        if let Event::Finished(result) = event {
            take(result);
        }
    };
    let stop = interrupt().context("cannot wait for signals")?;
    let end = run(setup.stage.clone(), groups, manner, begun, &mut expected, stop, tell).await;
    if end.interrupted {
        return Err(Interrupted.into());
    }
    match broken {
        None => Ok(quick),
        Some(result) => {
            let what = result.differences.first().map_or_else(String::new, ToString::to_string);
            anyhow::bail!("{}: {what}", result.id)
        }
    }
}

/// The role of a peer in a case. A peer that plays itself counts as the server.
fn role_of(result: &CaseResult, peer: &str) -> Role {
    if result.id.pairing.server == peer { Role::Server } else { Role::Client }
}

/// The start event of a run. Nothing here reads it.
fn start(groups: &[Group]) -> Start {
    let plays = groups.iter().flat_map(|group| &group.plays);
    let pairings = plays.map(|Playing { pairing, .. }| pairing.to_string());
    Start {
        framecheck: env!("CARGO_PKG_VERSION").to_owned(),
        seed: 0,
        generated: USUAL_CASES,
        selection: Chosen::default(),
        shard: None,
        cases: groups.iter().map(|group| group.plays.len()).sum(),
        peers: Vec::new(),
        protocols: Vec::new(),
        pairings: pairings.collect(),
        missing: Vec::new(),
        not_judged: Vec::new(),
    }
}
