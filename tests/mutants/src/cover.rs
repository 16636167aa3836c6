//! `mutants --quick`: which of all mutants the few cases of `framecheck run --quick` catch, and how long they
//! take. A scenario names further cases that catch what the rule of `--quick` misses: `quick` in its
//! `scenario.toml`, or in its protocol file. With UPDATE_DOCS=1 the missing names are added there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use model::QuickCase;
use model::case::CaseId;
use toml_edit::{Array, DocumentMut, value};

use crate::mutant;
use crate::play::{Job, Outcome, Stage};
use crate::{Cast, UNCAUGHT, repository, workers, writes_document};

/// The required share, in percent, of what the whole plan catches.
const CAUGHT_MIN: usize = 95;

/// The result of a role's quick cases.
#[derive(Default)]
struct Score {
    caught: usize,
    all: usize,
    /// How many cases a right port plays,
    cases: usize,
    /// and how long that takes.
    took: Duration,
}

/// Plays the mutants whose names contain one of the patterns. The exit status is 0 if no base fails and enough
/// mutants are caught.
pub(crate) fn run(patterns: &[String]) -> anyhow::Result<ExitCode> {
    let repository = repository();
    let themes = mutant::read_all(&repository)?;
    let cast = Cast::of_all(&repository, &themes, patterns)?;
    let (jobs, skipped) = cast.jobs()?;
    if jobs.is_empty() && skipped == 0 {
        return Ok(cast.nothing_matches());
    }
    let has_failed = |job: &Job<'_>, outcome: &Outcome| job.mutant.is_some() && is_caught(outcome);
    let stage = Stage::new(&repository, false)?.quick();
    let played = workers::play(&stage, &jobs, has_failed, tell)?;
    let (mut scores, mut missed) = (BTreeMap::<_, Score>::new(), Vec::new());
    let mut failures = 0;
    for (job, outcome) in jobs.iter().zip(&played) {
        let score = scores.entry((job.declared, job.role.name())).or_default();
        if job.mutant.is_none() {
            failures += usize::from(is_caught(outcome) || !outcome.unplayed.is_empty());
            score.cases = score.cases.max(outcome.cases);
            score.took = score.took.max(outcome.took);
            continue;
        }
        score.all += 1;
        if is_caught(outcome) {
            score.caught += 1;
        } else {
            missed.push(job.clone());
        }
    }
    let names = cover(&repository, &missed)?;
    for ((scenario, file), cases) in &names {
        let shown: Vec<String> =
            cases.iter().map(|case| format!("{:?}", case.to_string())).collect();
        println!("{scenario}: the cases that catch what --quick misses: {}", shown.join(", "));
        if writes_document() {
            add(&repository.join(file), cases)?;
        }
    }
    let (caught, all) = table(&scores);
    let is_enough = caught * 100 >= all * CAUGHT_MIN;
    println!("{caught} of {all}; {failures} failures, {skipped} skipped");
    Ok(if failures == 0 && is_enough { ExitCode::SUCCESS } else { ExitCode::from(UNCAUGHT) })
}

fn is_caught(outcome: &Outcome) -> bool {
    !outcome.failed.is_empty()
}

/// Prints the scores; returns the share of all that is caught.
fn table(scores: &BTreeMap<(&str, &str), Score>) -> (usize, usize) {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["scenario", "role", "caught", "cases", "seconds"]);
    let (mut caught, mut all) = (0, 0);
    for ((scenario, role), score) in scores {
        (caught, all) = (caught + score.caught, all + score.all);
        let of = format!("{} of {}", score.caught, score.all);
        let seconds = format!("{:.1}", score.took.as_secs_f64());
        table.add_row([*scenario, role, &of, &score.cases.to_string(), &seconds]);
    }
    println!("{table}");
    (caught, all)
}

/// The cases that catch the mutants which `--quick` misses, few for each scenario: each next case catches most of
/// the remaining mutants. By the scenario's name and the file that names its quick cases.
fn cover<'a>(
    repository: &Path,
    missed: &[Job<'a>],
) -> anyhow::Result<BTreeMap<(&'a str, String), BTreeSet<QuickCase>>> {
    let stage = Stage::new(repository, true)?;
    let played = workers::play(&stage, missed, |_, outcome| is_caught(outcome), tell)?;
    let mut left: BTreeMap<_, Vec<BTreeSet<QuickCase>>> = BTreeMap::new();
    for (job, outcome) in missed.iter().zip(&played) {
        let file = job.setting.file.clone().unwrap_or_else(|| {
            format!(
                "crates/tutorials/src/scenarios/{}/scenario.toml",
                job.declared.replace('-', "_")
            )
        });
        let names = outcome.failed.iter().filter_map(|(id, input)| name(job, id, input)).collect();
        left.entry((job.declared, file)).or_default().push(names);
    }
    let mut covers = BTreeMap::new();
    for (of, mut sets) in left {
        let mut chosen = BTreeSet::new();
        sets.retain(|names| !names.is_empty());
        while !sets.is_empty() {
            let mut counts = BTreeMap::<&QuickCase, usize>::new();
            sets.iter().flatten().for_each(|name| *counts.entry(name).or_default() += 1);
            let most = counts.into_iter().max_by_key(|(_, count)| *count);
            let Some(best) = most.map(|(name, _)| name.clone()) else { break };
            sets.retain(|names| !names.contains(&best));
            chosen.insert(best);
        }
        // A mutant that the whole plan also misses has no case.
        if !chosen.is_empty() {
            covers.insert(of, chosen);
        }
    }
    Ok(covers)
}

/// The name of a case in a file.
fn name(job: &Job<'_>, id: &str, input: &str) -> Option<QuickCase> {
    let CaseId { network, input: hash, .. } = id.parse().ok()?;
    let role = match job.role {
        mutant::Role::Server => model::observation::Role::Server,
        mutant::Role::Client => model::observation::Role::Client,
    };
    let is_fixed = model::case::InputId::of_vector(input) == hash;
    let input = if is_fixed { input.to_owned() } else { hash.to_string() };
    Some(QuickCase { role, network, input })
}

/// Adds names to the key `quick` of a file.
fn add(file: &Path, cases: &BTreeSet<QuickCase>) -> anyhow::Result<()> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    let mut document: DocumentMut = text.parse().with_context(|| shown.to_string())?;
    let mut names: BTreeSet<String> = cases.iter().map(ToString::to_string).collect();
    let there = document.get("quick").and_then(|it| it.as_array());
    names.extend(there.into_iter().flatten().filter_map(|it| it.as_str()).map(str::to_owned));
    let mut list = Array::from_iter(names);
    list.iter_mut().for_each(|name| name.decor_mut().set_prefix("\n    "));
    list.set_trailing("\n");
    list.set_trailing_comma(true);
    document.insert("quick", value(list));
    std::fs::write(file, document.to_string()).with_context(|| format!("cannot write {shown}"))
}

fn tell(job: &Job<'_>, outcome: &Outcome) {
    let word = if is_caught(outcome) { "caught" } else { "missed" };
    let word = if job.mutant.is_none() { "base" } else { word };
    println!("{word}  {job}: {}", outcome.told());
}
