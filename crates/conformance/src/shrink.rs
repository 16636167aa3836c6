//! From a failing generated input to the smallest one that fails.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::case::Playing;
use crate::catalogue::{Input, generated_tree};
use crate::event::Smallest;
use crate::judge::Verdict;
use crate::plan::Group;
use crate::stage::{Played, Stage};

/// Bounds of one shrinking.
const TRIES_MAX: u32 = 300;
const TIME_MAX: Duration = Duration::from_secs(20);

/// Look for the smallest input that goes wrong with this pairing in the same way: with the same
/// verdict, and against the same clause first. Every try plays the reference too.
pub async fn smallest(
    stage: Arc<Stage>,
    group: Group,
    play: Playing,
    failed: Played,
) -> Option<Smallest> {
    // proptest's trees stay on one thread.
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || shrink(&stage, &group, &play, failed, &runtime))
        .await
        .ok()
        .flatten()
}

fn shrink(
    stage: &Stage,
    group: &Group,
    play: &Playing,
    failed: Played,
    runtime: &Handle,
) -> Option<Smallest> {
    let mut tree = generated_tree(group.scenario, group.input_id)?;
    let started = Instant::now();
    let mut smallest = (tree.current(), failed);
    let mut tried = 0;
    let mut more = tree.simplify();
    while more && tried < TRIES_MAX && started.elapsed() < TIME_MAX {
        let input = tree.current();
        tried += 1;
        more = match runtime.block_on(fails(stage, group, play, &input)) {
            Some(played) if same(&played, &smallest.1) => {
                smallest = (input, played);
                tree.simplify()
            }
            _ => tree.complicate(),
        };
    }
    let (input, played) = smallest;
    Some(Smallest { input, differences: played.judgement.differences, tried })
}

async fn fails(stage: &Stage, group: &Group, play: &Playing, input: &Input) -> Option<Played> {
    let ground = stage.ground(group.scenario, input).await.ok()?;
    let expected = ground.expected_of(&play.pairing);
    stage.play(group.scenario, input, play, expected, &ground.model).await.ok()
}

fn same(one: &Played, other: &Played) -> bool {
    let clause = |played: &Played| played.judgement.differences.first().map(|d| d.clause);
    one.judgement.verdict != Verdict::Pass
        && one.judgement.verdict == other.judgement.verdict
        && clause(one) == clause(other)
}
