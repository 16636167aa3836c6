//! `make mutants`: tests the harness with deliberately wrong programs.
//!
//! Each mutant is a port with one believable bug, described in `tests/mutants/*.toml`. The port is an example peer
//! (`tests/peers`), or the port of an example protocol (`examples`). `framecheck run` plays the mutant with a
//! manifest, like any other program. The check and the clause that its description names must catch it; the port
//! itself must fail nothing. A check or a clause that catches no mutant is as bad as a mutant that nothing
//! catches. A mutant that only frames can catch must not fail without them.
//!
//! `mutants --own` plays the mutants of four tutorials under protocol files of `tests/own-protocols`, and counts
//! how many are caught without the tutorials' catalogue. `mutants --learned` does so for the examples, with the
//! protocol files that `framecheck learn` writes of them. `mutants --quick` does so for all mutants with the few
//! cases of `framecheck run --quick`, and names the cases that would catch the rest.
//!
//! Then it plays the variants that `framecheck mutants` makes by rule, of the references of all scenarios and
//! examples; `mutants --variants` plays only these.
//!
//! With `--resume`, what an earlier run of the same programs has found is not played again (`kept.rs`).
//!
//! Exit status: 0 if all are caught; 1 if a mutant is not, or a check or a clause catches none; 2 for a pattern
//! that matches nothing; 3 if this program could not do its work.

mod base;
mod cover;
mod kept;
mod matrix;
mod mutant;
mod own;
mod play;
mod setting;
mod variants;
mod workers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;

use base::Base;
use kept::Kept;
use matrix::Row;
use mutant::{Mutant, Theme};
use play::{Job, Outcome, Stage};
use setting::Setting;

/// Counts what an earlier run has found.
const RESUME: &str = "--resume";
const UNCAUGHT: u8 = 1;
const USAGE: u8 = 2;
const BROKEN: u8 = 3;

fn main() -> ExitCode {
    let mut patterns: Vec<String> = std::env::args().skip(1).collect();
    let given = patterns.len();
    patterns.retain(|argument| argument != RESUME);
    let resumes = patterns.len() < given;
    let way = patterns.first().filter(|first| first.starts_with("--")).cloned();
    let ran = match way.as_deref() {
        Some("--own") => own::run(&patterns.split_off(1)),
        Some("--learned") => own::run_learned(&patterns.split_off(1)),
        Some("--variants") => {
            let document = writes_document().then(|| repository().join(matrix::DOCUMENT));
            Kept::new(&repository(), resumes)
                .and_then(|kept| variants::run(&patterns.split_off(1), document.as_deref(), &kept))
        }
        Some("--quick") => cover::run(&patterns.split_off(1)),
        _ => run(&patterns, resumes),
    };
    match ran {
        Ok(code) => code,
        Err(error) => {
            eprintln!("mutants: {error:#}");
            ExitCode::from(BROKEN)
        }
    }
}

/// Whether to write the document.
fn writes_document() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some_and(|value| !value.is_empty())
}

/// The root of the repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// The chosen mutants, their bases, and their settings.
struct Cast<'a> {
    themes: Vec<(&'a Theme, Setting)>,
    bases: BTreeMap<String, Base>,
    patterns: &'a [String],
}

impl<'a> Cast<'a> {
    /// The chosen mutants of these themes, each theme in its setting.
    fn new(themes: Vec<(&'a Theme, Setting)>, patterns: &'a [String]) -> anyhow::Result<Self> {
        let of_themes = themes.iter().map(|(theme, _)| *theme);
        let bases = base::all(&repository(), of_themes)?;
        Ok(Self { themes, bases, patterns })
    }

    /// The chosen mutants of all themes, each theme in its own setting.
    fn of_all(
        repository: &Path,
        themes: &'a [Theme],
        patterns: &'a [String],
    ) -> anyhow::Result<Self> {
        let with_setting = |theme| anyhow::Ok((theme, Setting::of(repository, theme)?));
        Self::new(themes.iter().map(with_setting).collect::<Result<_, _>>()?, patterns)
    }

    fn is_wanted(&self, mutant: &Mutant) -> bool {
        let patterns = self.patterns;
        patterns.is_empty() || patterns.iter().any(|pattern| mutant.name.contains(pattern))
    }

    /// The chosen mutants of a theme, each with its base.
    fn wanted(&self, theme: &'a Theme) -> anyhow::Result<Vec<(&Base, &'a Mutant)>> {
        let wanted = theme.mutant.iter().filter(|mutant| self.is_wanted(mutant));
        let with_base = |mutant: &'a Mutant| {
            let base = self.bases.get(&theme.place(mutant));
            Ok((base.with_context(|| format!("{} has no base", mutant.name))?, mutant))
        };
        wanted.map(with_base).collect()
    }

    /// The jobs, each base before its mutants. Mutants that this machine can't play are reported as skipped, and
    /// counted.
    fn jobs(&self) -> anyhow::Result<(Vec<Job<'_>>, usize)> {
        let (mut jobs, mut skipped) = (Vec::new(), BTreeMap::new());
        for (theme, setting) in &self.themes {
            let mut bases = BTreeSet::new();
            for (base, mutant) in self.wanted(theme)? {
                if let Some(what) = base.missing() {
                    skipped.entry((&base.place, what)).and_modify(|it| *it += 1).or_insert(1);
                    continue;
                }
                let job = Job {
                    base,
                    declared: &theme.scenario,
                    role: theme.role,
                    setting,
                    mutant: None,
                };
                if bases.insert(&base.place) {
                    jobs.push(job.clone());
                }
                jobs.push(Job { mutant: Some(mutant), ..job });
            }
        }
        for ((place, what), count) in &skipped {
            println!("SKIPPED  {count} mutants of {place}: {what}; they are not counted as caught");
        }
        Ok((jobs, skipped.values().sum()))
    }

    /// Reports that nothing has such a name.
    fn nothing_matches(&self) -> ExitCode {
        eprintln!("mutants: no mutant's name has {:?} in it", self.patterns);
        ExitCode::from(USAGE)
    }
}

fn run(patterns: &[String], resumes: bool) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let repository = repository();
    let themes = mutant::read_all(&repository)?;
    let cast = Cast::of_all(&repository, &themes, patterns)?;
    let (jobs, skipped) = cast.jobs()?;
    if jobs.is_empty() && skipped == 0 {
        return Ok(cast.nothing_matches());
    }
    let writes_document = writes_document();
    let stage =
        Stage::new(&repository, writes_document)?.with_kept(Kept::new(&repository, resumes)?);
    let is_done = |job: &Job<'_>, outcome: &Outcome| {
        job.mutant.is_some_and(|mutant| outcome.found.contains_key(&mutant.caught_by))
    };
    let played = workers::play(&stage, &jobs, is_done, tell)?;

    let mut failures = 0;
    let mut rows = BTreeMap::new();
    for (job, outcome) in jobs.iter().zip(&played) {
        failures += usize::from(!is_fine(job, outcome));
        if let Some(mutant) = job.mutant {
            rows.insert(mutant.name.as_str(), Row { scenario: job.declared, mutant, outcome });
        }
    }
    let is_whole = patterns.is_empty() && skipped == 0;
    if is_whole {
        let files = cast.themes.iter().filter_map(|(_, setting)| setting.file.as_deref());
        let catalogue = stage.catalogue(&files.collect())?;
        let variants = variants::play(&repository, &[], &Kept::new(&repository, resumes)?)?;
        failures += variants.tell();
        failures += matrix::check_coverage(&catalogue, &rows, &variants);
        if writes_document {
            let text = matrix::document(&cast, &rows, &catalogue, &variants);
            let text = format!("{text}\n{}", variants.section());
            std::fs::write(repository.join(matrix::DOCUMENT), text)
                .with_context(|| format!("cannot write {}", matrix::DOCUMENT))?;
        }
    } else if writes_document {
        for row in rows.values() {
            println!("{}", matrix::line(row));
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

/// Whether a mutant was caught as expected, or a base fails nothing.
fn is_fine(job: &Job<'_>, outcome: &Outcome) -> bool {
    outcome.unplayed.is_empty()
        && match job.mutant {
            None => outcome.failed.is_empty(),
            Some(mutant) => {
                outcome.found.contains_key(&mutant.caught_by) && outcome.otherwise.is_none()
            }
        }
}

/// One line, and the findings if they are not as expected.
fn tell(job: &Job<'_>, outcome: &Outcome) {
    let is_fine = is_fine(job, outcome);
    let word = match (job.mutant, is_fine) {
        (None, true) => "clean   ",
        (None, false) => "FAILS   ",
        (Some(_), true) => "caught  ",
        (Some(_), false) if outcome.failed.is_empty() && outcome.otherwise.is_none() => "SURVIVES",
        (Some(_), false) => "OTHERWISE",
    };
    let by = job.mutant.map_or(String::new(), |mutant| format!(" by {}", mutant.caught_by));
    let mut text = format!("{word} {job}{by}: {}", outcome.told());
    if !is_fine {
        text += &outcome.evidence();
    }
    println!("{text}");
}
