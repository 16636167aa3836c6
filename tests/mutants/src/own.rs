//! `mutants --own`: how many mutants of the tutorials protocol files catch. `mutants --learned`: how many
//! mutants of the examples the files of `framecheck learn` catch.
//!
//! A protocol file each describes the same reference programs, without clauses and without a model. Every
//! mutant is played under that file, instead of the tutorial's catalogue or the example's own file. A mutant
//! counts as caught if one of its cases fails, by any check, and its base passes that case.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;

use framecheck_tests::learned::lesson;

use crate::mutant::{self, Theme};
use crate::play::{Job, Outcome, Stage};
use crate::setting::Setting;
use crate::{Cast, UNCAUGHT, repository, workers};

/// The protocol files: `<scenario>.toml`.
const DIRECTORY: &str = "tests/own-protocols";

/// What catches mutants, in words.
const FILE: &str = "the protocol file";

/// Where the learned files are written, with the programs and the inputs that they come from.
const LEARNED: &str = "target/learned";

/// Plays the mutants of the tutorials whose names contain one of the patterns. The exit status is 0 if no base
/// fails.
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
    count(&Stage::new(&repository, false)?, settings, patterns, [FILE, "the tutorial"])
}

/// Learns the examples, and plays their mutants. The examples' own files catch all of them.
pub(crate) fn run_learned(patterns: &[String]) -> anyhow::Result<ExitCode> {
    let repository = repository();
    let themes = mutant::read_all(&repository)?;
    let is_wanted = |theme: &&Theme| {
        let has = |pattern: &String| theme.mutant.iter().any(|it| it.name.contains(pattern));
        theme.protocol.is_some() && (patterns.is_empty() || patterns.iter().any(has))
    };
    let mut learned: BTreeMap<&str, String> = BTreeMap::new();
    let mut settings = Vec::new();
    for theme in themes.iter().filter(is_wanted) {
        if !learned.contains_key(theme.scenario.as_str()) {
            learned.insert(&theme.scenario, learn(&repository, &theme.scenario)?);
        }
        let file = learned.get(theme.scenario.as_str()).map_or("", String::as_str);
        let mut setting = Setting::protocol(&repository, file)?;
        // This peer sends the malformed frames.
        setting.others.push("harness".to_owned());
        settings.push((theme, setting));
    }
    count(&Stage::new(&repository, false)?, settings, patterns, [FILE, "the example's own file"])
}

/// Learns an example; returns the path of the file, from the repository's root.
fn learn(repository: &Path, name: &str) -> anyhow::Result<String> {
    let directory = repository.join(LEARNED).join(name);
    let lesson = lesson(name, &directory)?;
    let output = Command::new(std::env::current_exe()?.with_file_name("framecheck"))
        .args(&lesson.arguments)
        .current_dir(&lesson.directory)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    anyhow::ensure!(
        output.status.success(),
        "{name} was not learned: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("learned {name}");
    Ok(format!("{LEARNED}/{name}/{name}.toml"))
}

/// Plays the mutants in these settings, and counts how many are caught.
fn count(
    stage: &Stage,
    settings: Vec<(&Theme, Setting)>,
    patterns: &[String],
    [by, besides]: [&str; 2],
) -> anyhow::Result<ExitCode> {
    let cast = Cast::new(settings, patterns)?;
    let (jobs, skipped) = cast.jobs()?;
    if jobs.is_empty() && skipped == 0 {
        return Ok(cast.nothing_matches());
    }
    let (bases, mutants): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.mutant.is_none());
    let mut failures = 0;
    let mut false_alarms = BTreeMap::new();
    let played =
        workers::play(stage, &bases, |_, _| false, |job, outcome| tell("base", job, outcome))?;
    for (job, outcome) in bases.iter().zip(played) {
        failures += usize::from(!outcome.failed.is_empty() || !outcome.unplayed.is_empty());
        false_alarms.insert(key(job), outcome.failed);
    }
    // A case that a right port also fails says nothing about a wrong one.
    let is_caught = |job: &Job<'_>, outcome: &Outcome| match false_alarms.get(&key(job)) {
        Some(of_base) => outcome.failed.keys().any(|id| !of_base.contains_key(id)),
        None => false,
    };
    let say = |job: &Job<'_>, outcome: &Outcome| {
        tell(if is_caught(job, outcome) { "caught" } else { "missed" }, job, outcome);
    };
    let played = workers::play(stage, &mutants, is_caught, say)?;
    let mut counts: BTreeMap<(&str, &str), [usize; 2]> = BTreeMap::new();
    for (job, outcome) in mutants.iter().zip(&played) {
        let [caught, all] = counts.entry((job.declared, job.role.name())).or_default();
        *caught += usize::from(is_caught(job, outcome));
        *all += 1;
    }
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    let [by, besides] = [format!("caught by {by}"), format!("by {besides}")];
    table.set_header(["scenario", "role", &by, &besides]);
    let [mut caught, mut all] = [0, 0];
    for ((scenario, role), [of_caught, of_all]) in &counts {
        (caught, all) = (caught + of_caught, all + of_all);
        let of = format!("{of_caught} of {of_all}");
        table.add_row([*scenario, role, &of, &of_all.to_string()]);
    }
    println!("{table}\n{caught} of {all}; {failures} failures, {skipped} skipped");
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::from(UNCAUGHT) })
}

/// The common failures of a mutant and its base.
fn key<'a>(job: &Job<'a>) -> (&'a str, &'static str, &'a str) {
    (job.declared, job.role.name(), &job.base.name)
}

fn tell(word: &str, job: &Job<'_>, outcome: &Outcome) {
    println!("{word}  {job}: {}{}", outcome.told(), outcome.evidence());
}
