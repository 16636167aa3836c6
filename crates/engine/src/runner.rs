//! Plays the cases of a plan in parallel, and reports the results.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use model::case::{CaseId, Network, Playing};
use model::event::{CaseResult, End, Event, Evidence, NotPlayed, Start};
use model::{Difference, Verdict};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::budget::Budget;
use crate::drive::DriveError;
use crate::expected_failures::ExpectedFailures;
use crate::machine::Mark;
use crate::order::Order;
use crate::plan::Group;
use crate::shrink;
use crate::stage::{After, Ground, Played, Stage, StageError, leaves_waiting};

/// How many failures of a run are shrunk. The others are reported as found.
const SHRUNK_MAX: u32 = 3;

/// How much of a failing program's output goes into the evidence, in bytes.
const SCREEN_MAX_BYTES: usize = 1 << 20;

/// How a run is played.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// The number of inputs at once.
    pub jobs: usize,
    /// The maximum number of cases at once, including those that mostly wait; more than `jobs`.
    pub cases: usize,
    /// Whether failing generated inputs are minimised.
    pub shrink: bool,
    /// The run stops after this many failures.
    pub fail_fast: Option<NonZeroUsize>,
}

/// The state when a run begins.
#[derive(Debug)]
pub struct Begun {
    /// The run's start event.
    pub start: Start,
    /// The results of earlier parts of the run, by verdict.
    pub counts: BTreeMap<&'static str, usize>,
    /// How long the earlier parts took.
    pub took: Duration,
}

/// Plays all of `groups`, compares each case with `expected`, and sends every event to `listener` in turn. If
/// `interrupt` comes first, stops the running cases and kills their peers; the end event then says so.
pub async fn run(
    stage: Arc<Stage>,
    groups: Vec<Group>,
    manner: Manner,
    earlier: Begun,
    expected: &mut ExpectedFailures,
    interrupt: impl Future<Output = ()>,
    mut listener: impl FnMut(Event),
) -> End {
    let began = Instant::now();
    let Begun { start, counts: before, took } = earlier;
    listener(Event::Started(Box::new(start)));
    let mut groups: Vec<Arc<Group>> = groups.into_iter().map(Arc::new).collect();
    // Failures of ordinary exchanges say most, so these come first.
    groups.sort_by_key(|group| group.input.hostile.is_some());
    let (mut playing, mut finished) = start_playing(&stage, &groups, manner);
    let mut counts: BTreeMap<&'static str, usize> =
        Verdict::ALL.into_iter().map(|verdict| (verdict.name(), 0)).collect();
    counts.extend(before);
    let mut told = HashSet::new();
    let (mut wrong, mut budget) = (0, Budget::default());
    let mut tell = |mut result: Box<CaseResult>| {
        expected.judge(&mut result);
        budget.keep(&mut result);
        *counts.entry(result.verdict.name()).or_default() += 1;
        wrong += usize::from(result.verdict.is_wrong());
        listener(Event::Finished(result));
        wrong
    };
    let is_enough = |wrong| manner.fail_fast.is_some_and(|most| wrong >= most.get());
    let mut order = Order::new(manner.fail_fast.is_some(), &groups);
    tokio::pin!(interrupt);
    let stopped = loop {
        tokio::select! {
            result = finished.recv() => match result {
                Some(result) => {
                    let mut wrong = 0;
                    for result in order.next(*result) {
                        told.insert(result.id.clone());
                        wrong = tell(Box::new(result));
                        if is_enough(wrong) {
                            break;
                        }
                    }
                    if is_enough(wrong) {
                        break Some(Stopped::Failed(wrong));
                    }
                }
                None => break None,
            },
            () = &mut interrupt => break Some(Stopped::Interrupted),
        }
    };
    playing.shutdown().await;
    // After enough failures, they count as not played.
    let is_left = !matches!(stopped, Some(Stopped::Failed(_)));
    for result in order.held.into_iter().filter(|_| is_left) {
        told.insert(result.id.clone());
        tell(Box::new(result));
    }
    let interrupted = stopped == Some(Stopped::Interrupted);
    let mut not_played = Vec::new();
    let mut skipped = HashSet::new();
    if let Some(Stopped::Failed(wrong)) = stopped {
        skipped.extend(ids(&groups).filter(|id| !told.contains(id)));
        not_played.extend(left_after(wrong, skipped.len()));
    } else if !interrupted {
        for (gone, cases) in stage.gone().await {
            not_played.push(gone);
            skipped.extend(cases);
        }
        told.extend(skipped.iter().cloned());
        for result in lost(&groups, &told) {
            tell(Box::new(result));
        }
    }
    for group in &groups {
        // An expected failure that was not played still counts as present.
        let ids = group.plays.iter().map(|play| group.case_id(play));
        for id in ids.filter(|id| skipped.contains(id)) {
            expected.note_elsewhere(&id, group.input_name());
        }
    }
    let unmatched = if interrupted { Vec::new() } else { expected.unmatched() };
    let end = End { counts, took: took + began.elapsed(), unmatched, not_played, interrupted };
    listener(Event::Ended(end.clone()));
    end
}

/// Plays all groups, and sends the result of each case.
fn start_playing(
    stage: &Arc<Stage>,
    groups: &[Arc<Group>],
    manner: Manner,
) -> (JoinSet<()>, mpsc::Receiver<Box<CaseResult>>) {
    let (results, finished) = mpsc::channel(64);
    let places = Arc::new(Places {
        busy: Semaphore::new(manner.jobs),
        waiting: Semaphore::new(manner.cases.saturating_sub(manner.jobs).max(1)),
    });
    let shrinks_left = Arc::new(AtomicU32::new(if manner.shrink { SHRUNK_MAX } else { 0 }));
    let mut playing = JoinSet::new();
    for group in groups {
        let player = Player {
            stage: stage.clone(),
            results: results.clone(),
            shrinks_left: shrinks_left.clone(),
            places: places.clone(),
        };
        playing.spawn(player.play_group(group.clone()));
    }
    (playing, finished)
}

/// Why a run ended before all cases were played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    Interrupted,
    /// This many cases failed, which is the limit.
    Failed(usize),
}

/// The entry in the run's end for the cases that were left after this many failures.
fn left_after(wrong: usize, cases: usize) -> Option<NotPlayed> {
    let why = format!("{wrong} failed, and --fail-fast ends the run then");
    (cases > 0).then_some(NotPlayed { why, cases })
}

fn ids(groups: &[Arc<Group>]) -> impl Iterator<Item = CaseId> {
    groups.iter().flat_map(|group| group.plays.iter().map(|play| group.case_id(play)))
}

/// For each place for a busy case, this many places for cases that mostly wait, if the machine allows it.
pub const WAITING: usize = 4;

/// The limits on parallel cases.
struct Places {
    busy: Semaphore,
    waiting: Semaphore,
}

#[derive(Clone)]
struct Player {
    stage: Arc<Stage>,
    results: mpsc::Sender<Box<CaseResult>>,
    shrinks_left: Arc<AtomicU32>,
    places: Arc<Places>,
}

impl Player {
    /// Plays an input over every selected transport, network and pairing. Plays the reference first, even if it
    /// is not selected, as it defines what is right. Disturbed cases come last, each in a place of its own.
    async fn play_group(self, group: Arc<Group>) {
        let can_play =
            |play: &Playing| self.stage.can_play(&*group.scenario, &group.input, &play.pairing);
        let mut plays = Vec::new();
        for play in &group.plays {
            match can_play(play) {
                Ok(()) => plays.push(play),
                Err(error) => self.tell(could_not(&group, play, &error, 0.0)).await,
            }
        }
        if plays.is_empty() {
            return;
        }
        let Ok(place) = self.places.busy.acquire().await else { return };
        let (began, mark) = (Instant::now(), Mark::now());
        let ground = Arc::new(self.stage.ground(&*group.scenario, &group.input).await);
        let took = began.elapsed().as_secs_f64();
        let reference = Playing {
            transport: group.scenario.home(),
            network: Network::AS_IS,
            pairing: group.scenario.reference_pairing(&group.input),
        };
        let mut disturbed = JoinSet::new();
        for play in plays {
            match &*ground {
                Err(error) => self.tell(could_not(&group, play, error, took)).await,
                Ok(Ground { reference: Some(played), .. }) if *play == reference => {
                    let can_shrink = can_shrink(&group, play);
                    self.tell(match self.unless_short(mark, Ok(played.clone())) {
                        Ok(played) => self.result(&group, play, played, took, can_shrink).await,
                        Err(error) => could_not(&group, play, &error, took),
                    })
                    .await;
                }
                Ok(ground) if play.network == Network::AS_IS => {
                    self.play_and_tell(&group, play, ground).await;
                }
                Ok(_) => {
                    let later =
                        self.clone().play_disturbed(group.clone(), play.clone(), ground.clone());
                    disturbed.spawn(later);
                }
            }
        }
        drop(place);
        while disturbed.join_next().await.is_some() {}
    }

    async fn play_disturbed(
        self,
        group: Arc<Group>,
        play: Playing,
        ground: Arc<Result<Ground, StageError>>,
    ) {
        let places = if leaves_waiting(&play.network, &group.input) {
            &self.places.waiting
        } else {
            &self.places.busy
        };
        let Ok(_place) = places.acquire().await else { return };
        if let Ok(ground) = &*ground {
            self.play_and_tell(&group, &play, ground).await;
        }
    }

    async fn play_and_tell(&self, group: &Group, play: &Playing, ground: &Ground) {
        let id = group.case_id(play);
        let turn = self.stage.turn(&*group.scenario, &play.pairing).await;
        if !turn.begin(&id).await {
            return;
        }
        if let Some(person) = self.stage.person.as_ref().filter(|_| turn.is_by_hand()) {
            person.begins(format!("{id} (input: {})", group.input_name()));
        }
        let (began, mark) = (Instant::now(), Mark::now());
        let played = self.unless_short(mark, self.play(group, play, ground).await);
        let took = began.elapsed().as_secs_f64();
        let seen = played.as_ref().ok().map(|played| &played.observed);
        let is_wrong = !matches!(&played, Ok(it) if !it.judgement.verdict.is_wrong());
        let after = turn.end(&id, seen, is_wrong).await;
        if after == After::NotPlayed {
            return;
        }
        let can_shrink = after == After::Up && !turn.is_by_hand() && can_shrink(group, play);
        self.tell(match played {
            Ok(played) => self.result(group, play, played, took, can_shrink).await,
            Err(error) => could_not(group, play, &error, took),
        })
        .await;
    }

    async fn tell(&self, result: CaseResult) {
        // The channel is closed only if the run is being interrupted.
        let _ = self.results.send(Box::new(result)).await;
    }

    async fn play(
        &self,
        group: &Group,
        playing: &Playing,
        ground: &Ground,
    ) -> Result<Played, StageError> {
        let Group { scenario, input, .. } = group;
        self.stage.play(&**scenario, input, playing, ground).await
    }

    /// If the machine lacked something, a failed case says nothing about a peer.
    fn unless_short(
        &self,
        before: Mark,
        played: Result<Played, StageError>,
    ) -> Result<Played, StageError> {
        let played = played?;
        let is_wrong = played.judgement.verdict.is_failure();
        let shortage = is_wrong.then(|| before.shortage(self.stage.driver.rooms.directory()));
        match shortage.flatten() {
            Some(what) => Err(DriveError::Machine(what).into()),
            None => Ok(played),
        }
    }

    async fn result(
        &self,
        group: &Group,
        play: &Playing,
        played: Played,
        seconds: f64,
        can_shrink: bool,
    ) -> CaseResult {
        let verdict = played.judgement.verdict;
        let mut result = blank(group, play, verdict, seconds);
        result.errata.clone_from(&played.judgement.errata);
        result.differences.clone_from(&played.judgement.differences);
        if let Some(difference) = result.differences.first() {
            result.clause.clone_from(&difference.clause);
        }
        if verdict.is_failure() {
            let expected = played.right.clone();
            let mut observed = played.observed.clone();
            for end in [&mut observed.server, &mut observed.client] {
                end.stdout.0.truncate(SCREEN_MAX_BYTES);
                end.stderr.0.truncate(SCREEN_MAX_BYTES);
            }
            let input = Some(group.input.clone());
            let mut evidence =
                Evidence { input, expected, observed, smallest: None, left_out: None };
            if can_shrink && self.may_shrink() {
                let shrunk =
                    shrink::smallest(self.stage.clone(), group.clone(), play.clone(), played);
                evidence.smallest = shrunk.await.map(Box::new);
            }
            result.evidence = Some(Box::new(evidence));
        }
        result
    }

    fn may_shrink(&self) -> bool {
        let take = |left: u32| left.checked_sub(1);
        self.shrinks_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

/// Whether a case has anything to minimise.
fn can_shrink(group: &Group, play: &Playing) -> bool {
    group.vector.is_none() || play.network != Network::AS_IS && play.network.is_harmless()
}

/// The result of a case that could not be played.
fn could_not(group: &Group, play: &Playing, error: &StageError, seconds: f64) -> CaseResult {
    let verdict = match error {
        StageError::NotDeclared { .. }
        | StageError::NoPlace { .. }
        | StageError::CannotPlay { .. } => Verdict::NotApplicable,
        error if error.is_the_peers() => Verdict::Fail,
        _ => Verdict::HarnessError,
    };
    let mut result = blank(group, play, verdict, seconds);
    result.differences.push(Difference::told("", error.to_string()));
    result
}

/// The cases without a result, because the task that played them panicked. Each is a harness error, so the run
/// can't be green.
fn lost<'a>(
    groups: &'a [Arc<Group>],
    told: &'a HashSet<CaseId>,
) -> impl Iterator<Item = CaseResult> + 'a {
    let of_group = |group: &'a Arc<Group>| {
        let is_lost = |play: &&Playing| !told.contains(&group.case_id(play));
        group.plays.iter().filter(is_lost).map(|play| {
            let mut result = blank(group, play, Verdict::HarnessError, 0.0);
            let what = "the harness has panicked in this case; standard error says where";
            result.differences.push(Difference::told("", what));
            result
        })
    };
    groups.iter().flat_map(of_group)
}

fn blank(group: &Group, playing: &Playing, verdict: Verdict, seconds: f64) -> CaseResult {
    CaseResult {
        id: group.case_id(playing),
        scenario: group.scenario.name().to_owned(),
        pairing: playing.pairing.to_string(),
        transport: playing.transport,
        network: playing.network.clone(),
        input: group.input_name().to_owned(),
        verdict,
        clause: group.scenario.clauses().first().map_or("", |clause| &*clause.id).to_owned(),
        seconds,
        errata: Vec::new(),
        differences: Vec::new(),
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Selection, plan};
    use crate::toys;

    #[test]
    fn a_case_that_nothing_is_told_of_is_the_harness_failing() {
        let planned = plan(&Selection::default(), &toys::catalogue(), &toys::peers(&["pupil"]));
        let groups: Vec<Arc<Group>> = planned.unwrap().into_iter().map(Arc::new).collect();
        let ids = |result: CaseResult| result.id;
        let all: Vec<CaseId> = lost(&groups, &HashSet::new()).map(ids).collect();
        assert_eq!(all.len(), groups.iter().map(|group| group.plays.len()).sum::<usize>());
        let told: HashSet<CaseId> = all[1..].iter().cloned().collect();
        let [lost] = &lost(&groups, &told).collect::<Vec<_>>()[..] else { panic!("one is lost") };
        assert_eq!((&lost.id, lost.verdict), (&all[0], Verdict::HarnessError));
        assert!(lost.differences[0].what.contains("panicked"));
    }
}
