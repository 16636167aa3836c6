//! `framecheck run`

use std::fs;
use std::io;

use anyhow::Context;
use framecheck::judge::Verdict;
use framecheck::plan::{Selection, plan};
use framecheck::report::{FailureFolders, Human, JsonLines, ReportJson, Sink};
use framecheck::runner::{Manner, run};

use super::interrupt::{Interrupted, interrupt};
use super::setup::setup;
use super::{Format, RunArgs};

pub(super) fn main(args: &RunArgs) -> anyhow::Result<bool> {
    let selection = Selection {
        scenarios: args.scenario.clone(),
        skip: args.skip.clone(),
        pairings: args.pairing.clone(),
        transports: args.transport.clone(),
        networks: args.network.clone(),
        cases: args.cases,
        seed: args.seed,
    };
    let (peers, _) = super::setup::peers(&args.setup)?;
    let groups = plan(&selection, &peers)?;

    fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot write to {}", args.out.display()))?;
    let mut sinks: Vec<Box<dyn Sink>> = vec![
        match args.format {
            Format::Human => Box::new(Human::new(io::stdout())),
            Format::Json => Box::new(JsonLines::new(io::stdout())),
        },
        Box::new(ReportJson::new(args.out.join("report.json"))),
        Box::new(FailureFolders::new(&args.out)),
    ];

    let setup = setup(&args.setup)?;
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = args.jobs.map_or(processors * 2, std::num::NonZero::get);
    let manner = Manner { jobs, seed: args.seed, shrink: true };
    let mut reported = Ok(());
    let runtime = tokio::runtime::Runtime::new()?;
    let end = runtime.block_on(async {
        let interrupt = interrupt()?;
        let playing = run(setup.stage.clone(), groups, manner, interrupt, |event| {
            for sink in &mut sinks {
                if let (Ok(()), Err(error)) = (&reported, sink.take(&event)) {
                    reported = Err(error);
                }
            }
        });
        io::Result::Ok(playing.await)
    })?;
    drop(runtime);
    drop(setup);
    reported.context("cannot write the report")?;
    if end.interrupted {
        return Err(Interrupted.into());
    }

    let count = |verdict: Verdict| end.counts.get(verdict.name()).copied().unwrap_or_default();
    if count(Verdict::HarnessError) > 0 {
        anyhow::bail!("{} cases could not be played", count(Verdict::HarnessError));
    }
    Ok(!Verdict::ALL.into_iter().any(|verdict| verdict.is_failure() && count(verdict) > 0))
}
