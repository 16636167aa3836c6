//! `framecheck run`

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context;
use framecheck::event::{End, Event};
use framecheck::expected_failures::ExpectedFailures;
use framecheck::judge::Verdict;
use framecheck::plan::{Group, Selection, plan};
use framecheck::report::{
    FailureFolders, Html, Human, JUnit, JsonLines, ReportJson, Sink, Summary,
};
use framecheck::runner::{Manner, run};

use super::interrupt::{Interrupted, interrupt};
use super::setup::setup;
use super::{Format, RunArgs, SetupArgs};

pub(super) fn main(args: &RunArgs) -> anyhow::Result<bool> {
    let groups = chosen(args)?;
    let mut sinks = files(&args.out)?;
    sinks.insert(
        0,
        match args.format {
            Format::Human => Box::new(Human::new(io::stdout())),
            Format::Json => Box::new(JsonLines::new(io::stdout())),
        },
    );
    play(args, &args.setup, groups, &mut sinks).map(|end| is_green(&end))
}

/// The cases that are asked for.
pub(super) fn chosen(args: &RunArgs) -> anyhow::Result<Vec<Group>> {
    let selection = Selection {
        scenarios: args.scenario.clone(),
        skip: args.skip.clone(),
        pairings: args.pairing.clone(),
        transports: args.transport.clone(),
        networks: args.network.clone(),
        cases: args.cases,
        seed: args.seed,
    };
    let peers = super::setup::peers(&args.setup)?;
    Ok(plan(&selection, &peers)?)
}

/// The reports that are written to `out`.
pub(super) fn files(out: &Path) -> anyhow::Result<Vec<Box<dyn Sink>>> {
    fs::create_dir_all(out).with_context(|| format!("cannot write to {}", out.display()))?;
    Ok(vec![
        Box::new(ReportJson::new(out.join("report.json"))),
        Box::new(Html::new(out.join("index.html"))),
        Box::new(JUnit::new(out.join("junit.xml"))),
        Box::new(Summary::new(out.join("summary.md"))),
        Box::new(FailureFolders::new(out)),
    ])
}

/// Play all of it, telling every sink.
pub(super) fn play(
    args: &RunArgs,
    with: &SetupArgs,
    groups: Vec<Group>,
    sinks: &mut [Box<dyn Sink + '_>],
) -> anyhow::Result<End> {
    let mut expected = match &args.expected {
        Some(file) => ExpectedFailures::read(file)?,
        None => ExpectedFailures::default(),
    };
    let setup = setup(with)?;
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = args.jobs.map_or(processors * 4, std::num::NonZero::get);
    let manner = Manner { jobs, seed: args.seed, shrink: !args.no_shrink };
    let mut reported = Ok(());
    let runtime = super::setup::runtime()?;
    let end = runtime.block_on(async {
        let interrupt = interrupt()?;
        let tell = |event: Event| {
            for sink in &mut *sinks {
                if let (Ok(()), Err(error)) = (&reported, sink.take(&event)) {
                    reported = Err(error);
                }
            }
        };
        io::Result::Ok(
            run(setup.stage.clone(), groups, manner, &mut expected, interrupt, tell).await,
        )
    })?;
    drop(runtime);
    drop(setup);
    reported.context("cannot write the report")?;
    if end.interrupted {
        return Err(Interrupted.into());
    }
    if args.rewrite_expected {
        expected.rewrite().context("cannot rewrite the expected failures")?;
    }
    let unplayed = count(&end, Verdict::HarnessError);
    if unplayed > 0 {
        anyhow::bail!("{unplayed} cases could not be played");
    }
    Ok(end)
}

/// Whether no case has failed, and every expected failure was seen.
pub(super) fn is_green(end: &End) -> bool {
    end.unmatched.is_empty()
        && !Verdict::ALL.into_iter().any(|verdict| verdict.is_failure() && count(end, verdict) > 0)
}

fn count(end: &End, verdict: Verdict) -> usize {
    end.counts.get(verdict.name()).copied().unwrap_or_default()
}
