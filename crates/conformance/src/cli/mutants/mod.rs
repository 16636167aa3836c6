//! `framecheck mutants FILE|SCENARIO...`: how good are these inputs? Wrong variants of the reference's Python
//! programs are played in its place, and each is to be caught.
//!
//! | file | what |
//! |---|---|
//! | `subject.rs` | what is tried, and its Python programs |
//! | `variants.rs` | the variants, as `python-ref/mutate.py` makes them |
//! | `room.rs` | a variant in a directory of its own |
//! | `candidate.rs` | a program with its variants |
//! | `cast.rs` | the peers: each variant is one |
//! | `course.rs` | the cases, in their order |
//! | `reach.rs` | which lines each case runs |
//! | `field.rs` | plays variants until they are caught |
//! | `trial.rs` | a subject from its programs to its report |
//! | `suggest/` | inputs that would catch survivors |
//! | `why.rs` | what of a survivor differs and is not compared |
//! | `accept.rs` | the survivors that their owner accepts |
//! | `report.rs` | what came of it |
//! | `human.rs`, `folder.rs` | write the report: for people, and as files |

mod accept;
mod candidate;
mod cast;
mod course;
mod field;
mod folder;
mod human;
mod reach;
mod report;
mod room;
mod subject;
mod suggest;
mod trial;
mod variants;
mod why;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args as ClapArgs;
use engine::plan::Selection;
use model::event::USUAL_CASES;

use self::accept::Accepted;
use self::report::Report;
use self::trial::Choice;
use super::args::{Format, Means, Side, seconds};
use super::claims::claim;
use super::judge_frames::counted;
use super::out::stdout;

/// How long a case may take, unless told.
const DEADLINE_SECONDS: u64 = 20;

#[derive(Debug, ClapArgs)]
pub(super) struct MutantsArgs {
    /// Files that describe protocols, and scenarios of the tutorials or globs of them.
    #[arg(value_name = "FILE|SCENARIO", required = true)]
    pub(super) targets: Vec<PathBuf>,
    /// Only variants of the program in this role.
    #[arg(long, value_enum)]
    pub(super) role: Option<Side>,
    /// Only variants whose id matches, such as 'upload/server/send-*'. The report leaves out the others.
    #[arg(long, value_name = "ID|GLOB")]
    pub(super) variant: Vec<String>,
    /// Only inputs that match: a vector's name, an id's last part, or 'generated' for all that are.
    #[arg(long, value_name = "NAME|GLOB")]
    pub(super) input: Vec<String>,
    /// Leave out inputs that match.
    #[arg(long, value_name = "NAME|GLOB")]
    pub(super) skip_input: Vec<String>,
    /// Generated inputs for each scenario, besides the fixed ones.
    #[arg(long, value_name = "N", default_value_t = USUAL_CASES)]
    pub(super) cases: u32,
    /// What the generated inputs are made from: the same seed, the same cases.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(super) seed: u64,
    /// Cases that are played at once; four times the number of processors unless told.
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// The survivors that are accepted: a file of entries with id and reason. One that does not survive is a
    /// failure.
    #[arg(long, value_name = "FILE")]
    pub(super) accept: Vec<PathBuf>,
    /// Try more inputs, made from the file's own, and print those that catch a survivor.
    #[arg(long)]
    pub(super) suggest: bool,
    /// Where report.json, junit.xml and the variants are written; nowhere unless told.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// How results are printed. For programs: one object at the end, as docs/mutants.schema.json says.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// How long a case may take.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    pub(super) deadline: u64,
    #[command(flatten)]
    pub(super) means: Means,
}

pub(super) fn main(args: &MutantsArgs) -> anyhow::Result<bool> {
    let accepted = Accepted::read(&args.accept)?;
    let subjects = subject::chosen(&args.targets)?;
    if args.suggest {
        suggest::check(&subjects)?;
    }
    let _claim = args.out.as_deref().map(claim).transpose()?;
    let mut out = stdout();
    let (mut programs, mut complaints) = (Vec::new(), Vec::new());
    let mut suggestions = Vec::new();
    let choice = Choice { selection: selection(args), only: None };
    for subject in &subjects {
        let (mut tried, notes) = trial::run(subject, args, &choice)?;
        complaints.extend(accepted.mark(&mut tried, args.variant.is_empty()));
        if args.format == Format::Human {
            notes.iter().try_for_each(|note| writeln!(out, "{note}"))?;
            tried.iter().try_for_each(|program| human::write_program(&mut out, program))?;
            out.flush()?;
        }
        if args.suggest {
            let made = suggest::suggest(subject, args, &tried)?;
            if args.format == Format::Human {
                human::write_suggestions(&mut out, subject, &made)?;
                out.flush()?;
            }
            suggestions.extend(made);
        }
        programs.append(&mut tried);
    }
    let mut report = Report::new(args.seed, args.cases, programs, complaints);
    report.suggestions = args.suggest.then_some(suggestions);
    if let Some(directory) = &args.out {
        folder::write(directory, &report)
            .with_context(|| format!("cannot write to {}", directory.display()))?;
    }
    match args.format {
        Format::Human => human::write_end(&mut out, &report)?,
        Format::Json => writeln!(out, "{}", serde_json::to_string(&report)?)?,
    }
    let unplayed: usize = report.programs.iter().map(|it| it.unplayed.len()).sum();
    if unplayed > 0 {
        anyhow::bail!("{} could not be played", counted(unplayed as u64, "input"));
    }
    Ok(report.is_green())
}

/// The inputs and cases that the options choose.
fn selection(args: &MutantsArgs) -> Selection {
    Selection {
        inputs: args.input.clone(),
        skip_inputs: args.skip_input.clone(),
        cases: args.cases,
        seed: args.seed,
        ..Selection::default()
    }
}
