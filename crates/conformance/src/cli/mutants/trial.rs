//! Takes a subject from its programs to its report.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use engine::peer::{Peer, Peers};
use engine::plan::{PlanError, Selection};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use protocols::Protocol;
use report::Progress;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::super::interrupt::{Interrupted, interrupt};
use super::super::machine::{at_once, temporary};
use super::super::measure::measure;
use super::super::setup::{self, Setup, setup_traced, setup_with};
use super::super::{SetupArgs, Usage};
use super::MutantsArgs;
use super::candidate::{Candidate, MUTANT, Wrong};
use super::cast::with_bases;
use super::course::Course;
use super::field::{Came, Field, Tried};
use super::reach::{Reach, Traced};
use super::report::{Outcome, ProgramReport, Row};
use super::subject::Subject;
use super::why::Compared;

/// How many set-ups trace at once. Each has an interpreter of its own.
const TRACED_MAX: usize = 4;

/// What a trial needs for playing.
struct Scene {
    setup: Setup,
    traced: Vec<Arc<Traced>>,
    /// The peers without the mutants, for the plan.
    planned: Peers,
    _traces: TempDir,
}

/// The part of a subject that is tried.
pub(super) struct Choice {
    pub(super) selection: Selection,
    /// The ids of the mutants; `None` for all.
    pub(super) only: Option<BTreeSet<String>>,
}

/// Tries the programs of a subject. Returns the results, and notes on roles that are left out.
pub(super) fn run(
    subject: &Subject,
    args: &MutantsArgs,
    choice: &Choice,
) -> anyhow::Result<(Vec<ProgramReport>, Vec<String>)> {
    let reference = setup::reference(&args.means)?;
    let mut with = args.means.with(&[], args.deadline);
    with.means.reference = Some(reference.directory().to_owned());
    let peers = setup::peers(&with, &subject.known)?;
    let own = peers.by_name(subject.scenario.reference());
    let own = own.context("the reference is not there")?.clone();
    let base = match subject.known.protocols.first() {
        Some(protocol) => protocol.path().parent().map(Path::to_owned).unwrap_or_default(),
        None => reference.directory().to_owned(),
    };
    let (programs, mut notes) = subject.programs(args.role.map(Into::into), &own, &base)?;
    let rooms = temporary("framecheck-mutants-")?;
    let wanted = wanted(&args.variant)?;
    let mut candidates = Vec::new();
    let (mut variants, mut bases) = (Vec::new(), Vec::new());
    for program in programs {
        let means = (args.means.python.as_os_str(), reference.directory());
        let mut candidate = Candidate::new(program, subject, rooms.path(), means)?;
        if let Some(only) = &choice.only {
            candidate.wrong.retain(|wrong| only.contains(&wrong.id));
        }
        if let Some(wanted) = &wanted {
            candidate.wrong.retain(|wrong| wanted.is_match(&wrong.id));
            if candidate.wrong.is_empty() {
                continue;
            }
        }
        let (base, others) = candidate.furnish(&own, subject)?;
        bases.push(base);
        variants.extend(others);
        candidates.push(candidate);
    }
    let jobs = at_once(args.jobs)?.jobs;
    let scene = Scene::set(subject, &with, peers, (bases, variants), jobs)?;
    if candidates.is_empty() {
        let what = format!("no variant of {} has such an id", subject.shown());
        return Err(Usage(what).into());
    }
    let reports = setup::runtime()?.block_on(async {
        let interrupt = interrupt()?;
        tokio::select! {
            tried = play(subject, (choice, jobs), &scene, candidates, &mut notes) => tried,
            () = interrupt => Err(anyhow::Error::from(Interrupted)),
        }
    })?;
    Ok((reports, notes))
}

/// A matcher for the ids of the wanted mutants; `None` for all. A `*` does not match a `/`.
fn wanted(ids: &[String]) -> anyhow::Result<Option<GlobSet>> {
    if ids.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for id in ids {
        let glob = GlobBuilder::new(id).literal_separator(true).build();
        let wrong = |error: globset::Error| {
            Usage(format!("{id:?} is not a pattern of ids: {}", error.kind()))
        };
        set.add(glob.map_err(wrong)?);
    }
    Ok(Some(set.build().context("the patterns of ids")?))
}

impl Scene {
    fn set(
        subject: &Subject,
        with: &SetupArgs,
        peers: Peers,
        (bases, variants): (Vec<Peer>, Vec<Peer>),
        jobs: usize,
    ) -> anyhow::Result<Self> {
        let known = &subject.known;
        let traces = temporary("framecheck-traces-")?;
        let mut traced = Vec::new();
        for nth in 0..jobs.min(TRACED_MAX) {
            let directory = traces.path().join(nth.to_string());
            std::fs::create_dir(&directory).context("cannot make a directory for traces")?;
            let setup = setup_traced(with, known, bases.clone(), &directory)?;
            traced.push(Arc::new(Traced { setup, directory }));
        }
        let planned = with_bases(peers, &bases)?;
        let setup = setup_with(with, known, [bases, variants].concat())?;
        Ok(Self { setup, traced, planned, _traces: traces })
    }
}

/// Plays all mutants.
async fn play(
    subject: &Subject,
    (choice, jobs): (&Choice, usize),
    scene: &Scene,
    candidates: Vec<Candidate>,
    notes: &mut Vec<String>,
) -> anyhow::Result<Vec<ProgramReport>> {
    measure(&scene.setup, &subject.known, jobs).await;
    let places = Arc::new(Semaphore::new(jobs));
    let mut fields = Vec::new();
    for candidate in candidates {
        let role = candidate.program.role;
        let known = (&subject.known.catalogue, &scene.planned);
        let course =
            Course::of(role, &candidate.base, &choice.selection, known, &*subject.scenario);
        let course = match course {
            Err(PlanError::Nothing) => {
                notes.push(format!("no selected input plays the {role}"));
                continue;
            }
            course => course?,
        };
        let base = (role, candidate.base.clone());
        let (stage, scenario) = (scene.setup.stage.clone(), subject.scenario.clone());
        let field = Field::new(stage, scenario, base, course, places.clone());
        fields.push((candidate, Arc::new(field)));
    }
    if fields.is_empty() {
        let what = "nothing is left to play: the options exclude each other";
        return Err(Usage(what.to_owned()).into());
    }
    let mut reports = Vec::new();
    for (candidate, field) in fields {
        reports.push(of_program(subject, candidate, &field, scene).await);
    }
    Ok(reports)
}

/// Plays this many cases at once.
async fn of_program(
    subject: &Subject,
    candidate: Candidate,
    field: &Arc<Field>,
    scene: &Scene,
) -> ProgramReport {
    let began = Instant::now();
    let role = candidate.program.role;
    let reach = see_reach(&candidate, field, scene).await;
    let outcomes = outcomes(subject, &candidate, field, &reach).await;
    let row = |(wrong, outcome): (&Wrong, Outcome)| {
        Row::new(wrong.id.clone(), &wrong.file.display().to_string(), &wrong.variant, outcome)
    };
    ProgramReport {
        scenario: subject.scenario.name().to_owned(),
        file: subject.file.as_ref().map(|file| file.display().to_string()),
        role: role.name(),
        program: candidate.shown.clone(),
        inputs: field.course.inputs(),
        cases: field.course.cases.len(),
        seconds: began.elapsed().as_secs_f64(),
        variants: candidate.wrong.iter().zip(outcomes).map(row).collect(),
        same: candidate.same,
        numbers: candidate.numbers,
        is_traced: reach.is_known(),
        unplayed: field.unplayed(),
    }
}

/// Finds the lines that each case runs.
async fn see_reach(candidate: &Candidate, field: &Arc<Field>, scene: &Scene) -> Reach {
    let progress = Progress::start(field.course.cases.len(), "cases traced");
    let progress = Arc::new(Mutex::new(progress));
    let shown = progress.clone();
    let done = move || {
        shown.lock().unwrap_or_else(PoisonError::into_inner).one_more("");
    };
    let reach = Reach::see(field, candidate, &scene.traced, done).await;
    progress.lock().unwrap_or_else(PoisonError::into_inner).finish();
    reach
}

/// The results of all mutants.
async fn outcomes(
    subject: &Subject,
    candidate: &Candidate,
    field: &Arc<Field>,
    reach: &Reach,
) -> Vec<Outcome> {
    let protocol = subject.known.protocols.first().cloned();
    let mut outcomes = vec![Outcome::NotReached; candidate.wrong.len()];
    let mut trying = JoinSet::new();
    for (nth, wrong) in candidate.wrong.iter().enumerate() {
        let cases = reach.cases_of(wrong);
        if cases.is_empty() {
            continue;
        }
        let (field, name, protocol) = (field.clone(), wrong.name.clone(), protocol.clone());
        let outcome = async move { outcome(&field, &name, &cases, protocol.as_deref()).await };
        trying.spawn(async move { (nth, outcome.await) });
    }
    let mut progress = Progress::start(trying.len(), "variants");
    let mut survivors = 0;
    while let Some(tried) = trying.join_next().await {
        let Ok((nth, outcome)) = tried else {
            let what = "the harness has panicked; standard error says where";
            field.note_unplayed("of a variant", what.to_owned());
            continue;
        };
        survivors += usize::from(matches!(outcome, Outcome::Survives { .. }));
        if let Some(place) = outcomes.get_mut(nth) {
            *place = outcome;
        }
        let note = if survivors == 0 { String::new() } else { format!("{survivors} survive") };
        progress.set_message(note.clone());
        progress.one_more(&note);
    }
    progress.finish();
    outcomes
}

/// The result of a mutant.
async fn outcome(
    field: &Arc<Field>,
    name: &str,
    cases: &[usize],
    protocol: Option<&Protocol>,
) -> Outcome {
    match field.try_out(name, cases).await {
        Tried::Caught { case, failure, played } => {
            let id = field.case_id(case, MUTANT).map(|id| id.to_string());
            let input = field.course.case(case).map(|(group, _)| group.input_name().to_owned());
            Outcome::Caught {
                case: id.unwrap_or_default(),
                input: input.unwrap_or_default(),
                verdict: failure.verdict.name(),
                check: failure.check,
                clause: failure.clause,
                by: failure.what,
                cases: played,
                beyond_quick: field.beyond_quick(case).map(|case| case.to_string()),
            }
        }
        Tried::Survived { seen, played } => {
            let compared = Compared { scenario: &*field.scenario, protocol, role: field.role };
            let mut findings = BTreeSet::new();
            for (case, seen) in seen {
                let (Some(Came::Passed(base)), Some(ground)) =
                    (field.base(case).await, field.ground(case).await)
                else {
                    continue;
                };
                findings.extend(compared.differences(&ground.expected, base, &seen));
            }
            let findings = findings.into_iter().collect();
            Outcome::Survives { cases: played, findings, accepted: None, is_same: false }
        }
    }
}
