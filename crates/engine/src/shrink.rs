//! From a case that fails to the smallest one that fails in the same way: first the input, if it was
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

/// Bounds of one shrinking.
const TRIES_MAX: u32 = 300;
const TIME_MAX: Duration = Duration::from_secs(20);

/// Look for the smallest input, and the fewest cuts, that go wrong with this pairing in the same
/// way: with the same verdict, and against the same clause first. Every try plays the reference
/// too. `None` if there is nothing to make smaller.
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

/// The smallest so far.
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

    /// Walk down proptest's tree of smaller inputs.
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

    /// A network that cuts is none if it can be, or cuts at as few places as it can.
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

    /// Leave out as many of these cuts as can be: half of them at a time, then fewer.
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

    /// Where the stream was seen to be cut.
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

    /// Play it; if it goes wrong in the same way, that is the smallest so far.
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

/// A generated input's smaller ones, each when it is known whether the one before still fails.
/// proptest's trees stay on one thread, so it is asked there; it ends when nobody asks any more.
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
