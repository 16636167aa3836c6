//! Plays many jobs, as many at once as there are processors.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;

use crate::play::{Job, Outcome, Stage};

/// Plays all jobs, and reports each result as soon as it is known. A job need not be played further
/// when `is_done` says so.
pub(crate) fn play(
    stage: &Stage,
    jobs: &[Job<'_>],
    is_done: impl Fn(&Job<'_>, &Outcome) -> bool + Sync,
    tell: impl Fn(&Job<'_>, &Outcome) + Sync,
) -> anyhow::Result<Vec<Outcome>> {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    let played = Mutex::new(BTreeMap::new());
    let work = || -> anyhow::Result<()> {
        while let Some((nth, job)) = {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            jobs.get(nth).map(|job| (nth, job))
        } {
            let outcome = stage.kept_or_played(job, |outcome| is_done(job, outcome));
            let outcome = outcome.with_context(|| job.to_string())?;
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
