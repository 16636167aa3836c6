//! `framecheck mutants FILE|SCENARIO...`: measures how good the inputs are. It plays mutants of the reference's
//! Python programs in the reference's place, and counts how many are caught.
//!
//! | file | what |
//! |---|---|
//! | `subject.rs` | the protocols to try, and their Python programs |
//! | `variants.rs` | the mutants, as `python-ref/mutate.py` makes them |
//! | `room.rs` | puts a mutant into a directory of its own |
//! | `candidate.rs` | a program with its mutants |
//! | `cast.rs` | the peers: one per mutant |
//! | `course.rs` | the cases, in order |
//! | `reach.rs` | finds the lines that each case runs |
//! | `field.rs` | plays mutants until they are caught |
//! | `trial.rs` | takes a subject from its programs to its report |
//! | `suggest/` | inputs that would catch survivors |
//! | `why.rs` | finds what differs in a survivor but is not compared |
//! | `accept.rs` | the accepted survivors |
//! | `report.rs` | the results |
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

/// The default time limit of a case.
const DEADLINE_SECONDS: u64 = 20;

#[derive(Debug, ClapArgs)]
pub(super) struct MutantsArgs {
    /// Protocol files, and scenarios of the tutorials or globs over them.
    #[arg(value_name = "FILE|SCENARIO", required = true)]
    pub(super) targets: Vec<PathBuf>,
    /// Try only mutants of the program in this role.
    #[arg(long, value_enum)]
    pub(super) role: Option<Side>,
    /// Try only mutants whose id matches, such as 'upload/server/send-*'. The report omits the others.
    #[arg(long, value_name = "ID|GLOB")]
    pub(super) variant: Vec<String>,
    /// Play only matching inputs: a vector's name, the last part of an id, or 'generated' for all generated
    /// inputs.
    #[arg(long, value_name = "NAME|GLOB")]
    pub(super) input: Vec<String>,
    /// Skip matching inputs.
    #[arg(long, value_name = "NAME|GLOB")]
    pub(super) skip_input: Vec<String>,
    /// How many inputs to generate for each scenario, in addition to the fixed ones.
    #[arg(long, value_name = "N", default_value_t = USUAL_CASES)]
    pub(super) cases: u32,
    /// The seed of the generated inputs. The same seed gives the same cases.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(super) seed: u64,
    /// How many cases to play at once; by default four times the number of processors.
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// A file of accepted survivors: entries with an id and a reason. An entry that matches no survivor fails
    /// the run.
    #[arg(long, value_name = "FILE")]
    pub(super) accept: Vec<PathBuf>,
    /// Try more inputs, made from the file's own, and print those that catch a survivor.
    #[arg(long)]
    pub(super) suggest: bool,
    /// The directory for report.json, junit.xml and the mutants. By default, no files are written.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// The format of the printed results. json prints one object at the end; see docs/mutants.schema.json.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// The time limit of a case.
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

/// The inputs and cases that the options select.
fn selection(args: &MutantsArgs) -> Selection {
    Selection {
        inputs: args.input.clone(),
        skip_inputs: args.skip_input.clone(),
        cases: args.cases,
        seed: args.seed,
        ..Selection::default()
    }
}
