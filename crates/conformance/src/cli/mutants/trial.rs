//! A subject from its programs to its report.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use engine::peer::{Peer, Peers};
use engine::plan::{PlanError, Selection};
use model::observation::Role;
use protocols::Protocol;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::super::interrupt::{Interrupted, interrupt};
use super::super::measure::measure;
use super::super::setup::{self, Setup, setup_with};
use super::super::{SetupArgs, Usage};
use super::MutantsArgs;
use super::cast::{stand_in, with_bases};
use super::course::Course;
use super::field::{Field, Tried};
use super::report::{Outcome, ProgramReport, Row};
use super::subject::{Program, Subject};
use super::variants::{self, Refused, Same, Variant};
use super::why::Compared;
use super::room;

/// What a variant is called in ids of cases.
const MUTANT: &str = "mutant";

/// A program with its variants, each in a room.
struct Candidate {
    program: Program,
    /// The program's path, as it is shown.
    shown: String,
    base: String,
    variants: Vec<(String, Variant)>,
    same: Vec<Same>,
}

/// Try the programs of a subject. Beside what came of them, what there is to say of a role that is left out.
pub(super) fn run(
    subject: &Subject,
    args: &MutantsArgs,
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
    let wanted = args.role.map(Role::from);
    let (programs, mut notes) = subject.programs(wanted, &own, &base)?;
    let rooms = TempDir::with_prefix("framecheck-mutants-").context("cannot make a directory")?;
    let (mut candidates, mut guests, mut bases) = (Vec::new(), Vec::new(), Vec::new());
    for program in programs {
        let made = variants::of(&program.path, &args.means.python, reference.directory());
        let made = made.map_err(|refused| match refused {
            Refused::NotPython(said) => {
                subject.refusal(program.role, &format!("is not a Python program: {said}"))
            }
            Refused::Failed(error) => error,
        })?;
        let candidate = Candidate::new(program, made);
        let (base, others) = candidate.furnish(rooms.path(), &own, subject)?;
        bases.push(base.clone());
        guests.push(base);
        guests.extend(others);
        candidates.push(candidate);
    }
    let planned = with_bases(peers, &bases)?;
    let setup = setup_with(&with, &subject.known, guests)?;
    let reports = setup::runtime()?.block_on(async {
        let interrupt = interrupt()?;
        tokio::select! {
            tried = play(subject, args, &setup, &planned, candidates, &mut notes) => tried,
            () = interrupt => Err(anyhow::Error::from(Interrupted)),
        }
    })?;
    Ok((reports, notes))
}

impl Candidate {
    fn new(program: Program, made: variants::Variants) -> Self {
        let role = program.role.name();
        let named = |(nth, variant): (usize, Variant)| (format!("{MUTANT}.{role}.{nth}"), variant);
        Self {
            shown: program.relative().display().to_string(),
            base: format!("unchanged.{role}"),
            variants: made.variants.into_iter().enumerate().map(named).collect(),
            same: made.same,
            program,
        }
    }

    /// The program as it is and each variant in a room; the peers that they are.
    fn furnish(
        &self,
        rooms: &Path,
        reference: &Peer,
        subject: &Subject,
    ) -> anyhow::Result<(Peer, Vec<Peer>)> {
        let program = &self.program;
        let peer = |name: &str, text: &str| -> anyhow::Result<Peer> {
            let room = rooms.join(name);
            let furnished = std::fs::create_dir(&room)
                .and_then(|()| room::furnish(&room, program, program.relative(), text));
            let path = furnished.with_context(|| {
                format!("cannot put a variant of {} into {}", self.shown, room.display())
            })?;
            let called = (name, subject.scenario.name());
            stand_in(reference, called, program, &path).context("the reference has no command")
        };
        let text = std::fs::read_to_string(&program.path)
            .with_context(|| format!("cannot read {}", program.path.display()))?;
        let variants = self.variants.iter().map(|(name, variant)| peer(name, &variant.source));
        Ok((peer(&self.base, &text)?, variants.collect::<Result<_, _>>()?))
    }
}

/// Play all variants.
async fn play(
    subject: &Subject,
    args: &MutantsArgs,
    setup: &Setup,
    planned: &Peers,
    candidates: Vec<Candidate>,
    notes: &mut Vec<String>,
) -> anyhow::Result<Vec<ProgramReport>> {
    let jobs = jobs(args);
    measure(setup, &subject.known, jobs).await;
    let places = Arc::new(Semaphore::new(jobs));
    let mut fields = Vec::new();
    for candidate in candidates {
        let role = candidate.program.role;
        let known = (&subject.known.catalogue, planned);
        let course =
            match Course::of(role, &candidate.base, &selection(args), known, &*subject.scenario) {
                Err(PlanError::Nothing) => {
                    notes.push(format!("no input that is chosen plays the {role}"));
                    continue;
                }
                course => course?,
            };
        let base = (role, candidate.base.clone());
        let (stage, scenario) = (setup.stage.clone(), subject.scenario.clone());
        let field = Field::new(stage, scenario, base, course, places.clone());
        fields.push((candidate, Arc::new(field)));
    }
    if fields.is_empty() {
        return Err(Usage("nothing is left to play: the options exclude each other".to_owned()).into());
    }
    let count = fields.iter().map(|(candidate, _)| candidate.variants.len()).sum();
    let mut progress = report::Progress::start(count, "variants");
    let mut reports = Vec::new();
    for (candidate, field) in fields {
        reports.push(of_program(subject, candidate, &field, &mut progress).await);
    }
    progress.finish();
    Ok(reports)
}

/// Inputs that are played at once.
fn jobs(args: &MutantsArgs) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    args.jobs.map_or(processors * 4, std::num::NonZero::get)
}

fn selection(args: &MutantsArgs) -> Selection {
    Selection {
        inputs: args.input.clone(),
        skip_inputs: args.skip_input.clone(),
        cases: args.cases,
        seed: args.seed,
        ..Selection::default()
    }
}

async fn of_program(
    subject: &Subject,
    candidate: Candidate,
    field: &Arc<Field>,
    progress: &mut report::Progress,
) -> ProgramReport {
    let began = Instant::now();
    let role = candidate.program.role;
    let every: Arc<Vec<usize>> = Arc::new((0..field.course.cases.len()).collect());
    let protocol = subject.known.protocols.first().cloned();
    let mut trying = JoinSet::new();
    for (nth, (name, _)) in candidate.variants.iter().enumerate() {
        let (field, name, cases, protocol) =
            (field.clone(), name.clone(), every.clone(), protocol.clone());
        trying.spawn(async move { (nth, outcome(&field, &name, &cases, protocol.as_deref()).await) });
    }
    let mut outcomes = vec![None; candidate.variants.len()];
    let mut survivors = 0;
    while let Some(tried) = trying.join_next().await {
        let Ok((nth, outcome)) = tried else { continue };
        survivors += usize::from(matches!(outcome, Outcome::Survives { .. }));
        if let Some(place) = outcomes.get_mut(nth) {
            *place = Some(outcome);
        }
        let note = if survivors == 0 { String::new() } else { format!("{survivors} survive") };
        progress.set_message(note.clone());
        progress.one_more(&note);
    }
    let scenario = subject.scenario.name();
    let rows = candidate.variants.iter().zip(outcomes).map(|((_, variant), outcome)| {
        let id = format!("{scenario}/{role}/{}", variant.id);
        // A task that has panicked has said so on standard error.
        let lost = Outcome::Survives {
            cases: 0,
            findings: Vec::new(),
            accepted: None,
            suggestion: None,
        };
        Row::new(id, &candidate.shown, variant, outcome.unwrap_or(lost))
    });
    let rows = rows.collect();
    ProgramReport {
        scenario: scenario.to_owned(),
        file: subject.file.as_ref().map(|file| file.display().to_string()),
        role: role.name(),
        program: candidate.shown.clone(),
        inputs: field.course.inputs(),
        cases: field.course.cases.len(),
        seconds: began.elapsed().as_secs_f64(),
        variants: rows,
        same: candidate.same,
        is_traced: false,
        unplayed: field.unplayed(),
    }
}

/// What comes of a variant.
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
                by: failure.what,
                cases: played,
            }
        }
        Tried::Survived { seen, played } => {
            let compared = Compared { scenario: &*field.scenario, protocol, role: field.role };
            let mut findings = BTreeSet::new();
            for (case, seen) in seen {
                let (Some(super::field::Came::Passed(base)), Some(ground)) =
                    (field.base(case).await, field.ground(case).await)
                else {
                    continue;
                };
                findings.extend(compared.differences(&ground.expected, base, &seen));
            }
            let findings = findings.into_iter().collect();
            Outcome::Survives { cases: played, findings, accepted: None, suggestion: None }
        }
    }
}
