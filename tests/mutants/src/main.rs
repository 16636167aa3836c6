//! `make mutants`: the harness is tried on programs that are wrong on purpose.
//!
//! Each mutant is an example peer (`tests/peers`) with one believable bug, described in
//! `tests/mutants/*.toml`. It is played as anyone's program would be, by `framecheck run` with a
//! manifest, and must be caught by the check, and against the clause, that its description names; the
//! example itself must fail in nothing. A check that catches no mutant is as bad as a mutant that
//! nothing catches.
//!
//! Exit status: 0 all caught; 1 one is not, or a check catches none; 2 a pattern that matches
//! nothing; 3 this program could not do its work.

mod base;
mod matrix;
mod mutant;
mod play;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Context;

use base::{BASES, Base};
use matrix::Row;
use mutant::{Mutant, Role, Theme};
use play::{Outcome, Stage};

const UNCAUGHT: u8 = 1;
const USAGE: u8 = 2;
const BROKEN: u8 = 3;

fn main() -> ExitCode {
    let patterns: Vec<String> = std::env::args().skip(1).collect();
    match run(&patterns) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("mutants: {error:#}");
            ExitCode::from(BROKEN)
        }
    }
}

/// The root of the repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// One thing to play: a mutant, or a base as it is.
struct Job<'a> {
    base: &'static Base,
    scenario: &'a str,
    role: Role,
    mutant: Option<&'a Mutant>,
}

fn run(patterns: &[String]) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let repository = repository();
    let themes = mutant::read_all(&repository)?;
    let is_wanted = |mutant: &Mutant| {
        patterns.is_empty() || patterns.iter().any(|pattern| mutant.name.contains(pattern))
    };
    let missing: BTreeMap<&str, String> =
        BASES.iter().filter_map(|base| Some((base.name, base.missing()?))).collect();
    let (jobs, skipped) = jobs(&themes, is_wanted, &missing)?;
    if jobs.is_empty() && skipped == 0 {
        eprintln!("mutants: no mutant's name has {patterns:?} in it");
        return Ok(ExitCode::from(USAGE));
    }
    let writes_document = std::env::var_os("UPDATE_DOCS").is_some_and(|value| !value.is_empty());
    let stage = Stage::new(&repository, writes_document)?;
    let played = play_all(&stage, &jobs)?;

    let mut failures = 0;
    let mut rows = BTreeMap::new();
    for (job, outcome) in jobs.iter().zip(&played) {
        failures += usize::from(!is_fine(job, outcome));
        if let Some(mutant) = job.mutant {
            rows.insert(mutant.name.as_str(), Row { mutant, outcome });
        }
    }
    for (base, what) in &missing {
        let count = themes.iter().flat_map(|theme| &theme.mutant);
        let count = count.filter(|mutant| mutant.base == *base && is_wanted(mutant)).count();
        if count > 0 {
            println!("SKIPPED  {count} mutants of {base}: {what}; they are not counted as caught");
        }
    }
    let is_whole = patterns.is_empty() && skipped == 0;
    if is_whole {
        let catalogue = stage.catalogue()?;
        failures += matrix::check_coverage(&catalogue, &rows);
        if writes_document {
            let text = matrix::document(&themes, &rows, &catalogue);
            std::fs::write(repository.join(matrix::DOCUMENT), text)
                .with_context(|| format!("cannot write {}", matrix::DOCUMENT))?;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{} mutants and {} bases in {seconds:.0} s: {failures} failures, {skipped} skipped",
        rows.len(),
        jobs.len() - rows.len()
    );
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::from(UNCAUGHT) })
}

/// What is to be played, each base before its mutants; and how many mutants can't be.
fn jobs<'a>(
    themes: &'a [Theme],
    is_wanted: impl Fn(&Mutant) -> bool,
    missing: &BTreeMap<&str, String>,
) -> anyhow::Result<(Vec<Job<'a>>, usize)> {
    let (mut jobs, mut skipped) = (Vec::new(), 0);
    for theme in themes {
        let mut bases = BTreeSet::new();
        let (scenario, role) = (theme.scenario.as_str(), theme.role);
        for mutant in theme.mutant.iter().filter(|mutant| is_wanted(mutant)) {
            let base = Base::by_name(&mutant.base)
                .with_context(|| format!("{}: no base is called {:?}", mutant.name, mutant.base))?;
            if missing.contains_key(base.name) {
                skipped += 1;
                continue;
            }
            if bases.insert(base.name) {
                jobs.push(Job { base, scenario, role, mutant: None });
            }
            jobs.push(Job { base, scenario, role, mutant: Some(mutant) });
        }
    }
    Ok((jobs, skipped))
}

/// Play all of them, as many at once as there are processors.
fn play_all(stage: &Stage, jobs: &[Job<'_>]) -> anyhow::Result<Vec<Outcome>> {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    let played = Mutex::new(BTreeMap::new());
    let work = || -> anyhow::Result<()> {
        while let Some((nth, job)) = {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            jobs.get(nth).map(|job| (nth, job))
        } {
            let outcome = stage.play(job.base, job.scenario, job.role, job.mutant);
            let outcome = outcome.with_context(|| name(job))?;
            tell(job, &outcome);
            if let Ok(mut played) = played.lock() {
                played.insert(nth, outcome);
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            match worker.join() {
                Ok(done) => done?,
                Err(_) => anyhow::bail!("a worker panicked"),
            }
        }
        anyhow::Ok(())
    })?;
    let played = played.into_inner().unwrap_or_default();
    anyhow::ensure!(played.len() == jobs.len(), "not all was played");
    Ok(played.into_values().collect())
}

fn name(job: &Job<'_>) -> String {
    let name = job.mutant.map_or("(as it is)", |mutant| &mutant.name);
    format!("{} {} of {}, {name}", job.base.name, job.role.name(), job.scenario)
}

/// Whether a mutant was caught as it should be, or a base fails in nothing.
fn is_fine(job: &Job<'_>, outcome: &Outcome) -> bool {
    outcome.unplayed.is_empty()
        && match job.mutant {
            None => outcome.failed == 0,
            Some(mutant) => outcome.found.contains_key(&mutant.caught_by),
        }
}

/// One line, and what was found if that isn't what should have been.
fn tell(job: &Job<'_>, outcome: &Outcome) {
    let is_fine = is_fine(job, outcome);
    let word = match (job.mutant, is_fine) {
        (None, true) => "clean   ",
        (None, false) => "FAILS   ",
        (Some(_), true) => "caught  ",
        (Some(_), false) if outcome.failed == 0 => "SURVIVES",
        (Some(_), false) => "OTHERWISE",
    };
    let by = job.mutant.map_or(String::new(), |mutant| format!(" by {}", mutant.caught_by));
    let cases = format!("{} of {} cases", outcome.failed, outcome.cases);
    let mut text =
        format!("{word} {}{by}: {cases}, {:.1} s", name(job), outcome.took.as_secs_f64());
    if !is_fine {
        for (finding, count) in &outcome.found {
            text += &format!("\n         {count} by {finding}; {}", outcome.example(finding));
        }
        for what in &outcome.unplayed {
            text += &format!("\n         not played: {what}");
        }
    }
    println!("{text}");
}
