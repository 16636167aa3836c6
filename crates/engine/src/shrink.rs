//! Minimises a failing case to the smallest one that fails in the same way: first the input, if it was
//! generated, then the network, to the fewest cuts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::case::{InputId, Kind, Network, Playing, Way};
use model::event::Smallest;
use model::observation::Direction;
use model::{Input, Scenario, Verdict, generated_tree};
use tokio::sync::mpsc;

use crate::plan::Group;
use crate::stage::{Played, Stage};

/// The limits of one search.
const TRIES_MAX: u32 = 300;
const TIME_MAX: Duration = Duration::from_secs(20);

/// Searches for the smallest input and the fewest cuts that fail with this pairing in the same way: with the
/// same verdict and the same first clause. Every attempt also plays the reference. `None` if there is nothing
/// to minimise.
pub async fn smallest(
    stage: Arc<Stage>,
    group: Group,
    playing: Playing,
    failed: Played,
) -> Option<Smallest> {
    let (input, network) = (group.input.clone(), playing.network.clone());
    let found = Found { input, network, played: failed };
    let (tried, started) = (0, Instant::now());
    let mut shrinking = Shrinking { stage, group, playing, found, tried, started };
    shrinking.fewest_cuts().await;
    shrinking.smallest_input().await;
    shrinking.fewest_cuts().await;
    shrinking.result()
}

struct Shrinking {
    stage: Arc<Stage>,
    group: Group,
    playing: Playing,
    found: Found,
    tried: u32,
    started: Instant,
}

/// The smallest case so far.
struct Found {
    input: Input,
    network: Network,
    played: Played,
}

impl Shrinking {
    fn result(self) -> Option<Smallest> {
        let is_smaller =
            self.found.input != self.group.input || self.found.network != self.playing.network;
        is_smaller.then_some(Smallest {
            input: self.found.input,
            network: self.found.network,
            differences: self.found.played.judgement.differences,
            tried: self.tried,
        })
    }

    fn has_time(&self) -> bool {
        self.tried < TRIES_MAX && self.started.elapsed() < TIME_MAX
    }

    /// Searches proptest's tree of smaller inputs.
    async fn smallest_input(&mut self) {
        if self.group.vector.is_some() {
            return;
        }
        let (mut inputs, fails) = tree(self.group.scenario.clone(), self.group.input_id);
        while self.has_time() {
            let Some(input) = inputs.recv().await else { return };
            let network = self.found.network.clone();
            let still_fails = self.still_fails(input, network).await;
            if fails.send(still_fails).await.is_err() {
                return;
            }
        }
    }

    /// Replaces a network that cuts by `asis` if possible, otherwise by as few cuts as possible.
    async fn fewest_cuts(&mut self) {
        let network = self.found.network.clone();
        if !network.is_harmless() || network == Network::AS_IS {
            return;
        }
        let input = self.found.input.clone();
        if self.still_fails(input.clone(), Network::AS_IS).await {
            return;
        }
        for (way, direction) in [(Way::Down, Direction::ToClient), (Way::Up, Direction::ToServer)] {
            let cuts = self.cuts(direction);
            if !network.way.concerns(direction) || cuts.is_empty() {
                continue;
            }
            let split = |cuts: Vec<usize>| Network { kind: Kind::Split(cuts), way };
            if self.still_fails(input.clone(), split(cuts.clone())).await {
                return self.fewer_of(cuts, split).await;
            }
        }
    }

    /// Removes as many of these cuts as possible: half of them at a time, then fewer.
    async fn fewer_of(&mut self, mut cuts: Vec<usize>, split: impl Fn(Vec<usize>) -> Network) {
        let mut size = cuts.len().div_ceil(2);
        while size > 0 && cuts.len() > 1 {
            let mut first = 0;
            while first < cuts.len() && cuts.len() > 1 && self.has_time() {
                let without: Vec<usize> = cuts
                    .iter()
                    .enumerate()
                    .filter(|(nth, _)| *nth < first || *nth >= first + size)
                    .map(|(_, cut)| *cut)
                    .collect();
                let input = self.found.input.clone();
                if !without.is_empty() && self.still_fails(input, split(without.clone())).await {
                    cuts = without;
                } else {
                    first += size;
                }
            }
            size /= 2;
        }
    }

    /// Where the stream was cut.
    fn cuts(&self, direction: Direction) -> Vec<usize> {
        let pieces = self.found.played.observed.wire.delivered(0, direction).map(<[u8]>::len);
        let mut cuts: Vec<usize> = pieces
            .scan(0, |at, len| {
                *at += len;
                Some(*at)
            })
            .collect();
        cuts.pop();
        cuts
    }

    /// Plays it. If it fails in the same way, it is the smallest case so far.
    async fn still_fails(&mut self, input: Input, network: Network) -> bool {
        self.tried += 1;
        let playing = Playing { network: network.clone(), ..self.playing.clone() };
        let scenario = self.group.scenario.clone();
        let Ok(ground) = self.stage.ground_briefly(&*scenario, &input).await else { return false };
        let played = self.stage.play(&*scenario, &input, &playing, &ground).await;
        match played {
            Ok(played) if same(&played, &self.found.played) => {
                self.found = Found { input, network, played };
                true
            }
            _ => false,
        }
    }
}

/// The smaller versions of a generated input. Each depends on whether the one before still fails. proptest's
/// trees must stay on one thread; it ends when the channel closes.
fn tree(
    scenario: Arc<dyn Scenario>,
    input: InputId,
) -> (mpsc::Receiver<Input>, mpsc::Sender<bool>) {
    let (inputs, smaller) = mpsc::channel(1);
    let (fails, mut answers) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let Some(mut tree) = generated_tree(&*scenario, input) else { return };
        let mut more = tree.simplify();
        while more && inputs.blocking_send(tree.current()).is_ok() {
            more = match answers.blocking_recv() {
                Some(true) => tree.simplify(),
                Some(false) => tree.complicate(),
                None => return,
            };
        }
    });
    (smaller, fails)
}

fn same(one: &Played, other: &Played) -> bool {
    let clause = |played: &Played| {
        played.judgement.differences.first().map(|difference| difference.clause.clone())
    };
    one.judgement.verdict != Verdict::Pass
        && one.judgement.verdict == other.judgement.verdict
        && clause(one) == clause(other)
}
