//! `mutants --own`: what protocol files catch of the mutants of the tutorials.
//!
//! The same reference programs are described by a protocol file each, without a clause and without a model.
//! Every mutant of a tutorial is played under the protocol file of its scenario. A mutant counts as caught
//! when a case of it fails, by whatever check, that its base passes.

use std::collections::BTreeMap;
use std::process::ExitCode;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;

use crate::mutant;
use crate::play::{Job, Outcome, Stage};
use crate::setting::Setting;
use crate::{Cast, UNCAUGHT, repository, workers};

/// Where the protocol files are: `<scenario>.toml`.
const DIRECTORY: &str = "tests/own-protocols";

/// Play the mutants whose names have one of the patterns in them. The exit status is 0 when no base fails.
pub(crate) fn run(patterns: &[String]) -> anyhow::Result<ExitCode> {
    let repository = repository();
    let themes = mutant::read_all(&repository)?;
    let mut settings = Vec::new();
    for theme in &themes {
        let file = format!("{DIRECTORY}/{}.toml", theme.scenario);
        if theme.protocol.is_none() && repository.join(&file).is_file() {
            settings.push((theme, Setting::protocol(&repository, &file)?));
        }
    }
    let cast = Cast::new(settings, patterns)?;
    let (jobs, skipped) = cast.jobs()?;
    if jobs.is_empty() && skipped == 0 {
        return Ok(cast.nothing_matches());
    }
    let stage = Stage::new(&repository, false)?;
    let (bases, mutants): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.mutant.is_none());
    let mut failures = 0;
    let mut false_alarms = BTreeMap::new();
    let played =
        workers::play(&stage, &bases, |_, _| false, |job, outcome| tell("base", job, outcome))?;
    for (job, outcome) in bases.iter().zip(played) {
        failures += usize::from(!outcome.failed.is_empty() || !outcome.unplayed.is_empty());
        false_alarms.insert(key(job), outcome.failed);
    }
    // What fails of a right port, too, tells nothing of a wrong one.
    let is_caught = |job: &Job<'_>, outcome: &Outcome| match false_alarms.get(&key(job)) {
        Some(of_base) => !outcome.failed.is_subset(of_base),
        None => false,
    };
    let say = |job: &Job<'_>, outcome: &Outcome| {
        tell(if is_caught(job, outcome) { "caught" } else { "missed" }, job, outcome);
    };
    let played = workers::play(&stage, &mutants, is_caught, say)?;
    let mut counts: BTreeMap<(&str, &str), [usize; 2]> = BTreeMap::new();
    for (job, outcome) in mutants.iter().zip(&played) {
        let [caught, all] = counts.entry((job.declared, job.role.name())).or_default();
        *caught += usize::from(is_caught(job, outcome));
        *all += 1;
    }
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["scenario", "role", "caught by the protocol file", "by the tutorial"]);
    let [mut caught, mut all] = [0, 0];
    for ((scenario, role), [of_caught, of_all]) in &counts {
        (caught, all) = (caught + of_caught, all + of_all);
        let of = format!("{of_caught} of {of_all}");
        table.add_row([*scenario, role, &of, &of_all.to_string()]);
    }
    println!("{table}\n{caught} of {all}; {failures} failures, {skipped} skipped");
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::from(UNCAUGHT) })
}

/// What a mutant has in common with its base.
fn key<'a>(job: &Job<'a>) -> (&'a str, &'static str, &'a str) {
    (job.declared, job.role.name(), &job.base.name)
}

fn tell(word: &str, job: &Job<'_>, outcome: &Outcome) {
    println!("{word}  {job}: {}{}", outcome.told(), outcome.evidence());
}
