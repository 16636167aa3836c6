//! Plays the mutants of a program. Each mutant is a peer in the reference's place, and so is the unchanged
//! program, the base. A case catches a mutant if the mutant fails it and the base passes, or fails in another
//! way. The base is judged by the clauses too: a reference with known errors fails cases itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use engine::stage::{Ground, Stage};
use model::case::{CaseId, Network};
use model::observation::{Observation, Role};
use model::{Check, Difference, QuickCase, Scenario, Verdict};
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;

use super::course::{Case, Course, played_by};

/// How many cases of a mutant are played at once after the undisturbed ones. Many of these cases only wait.
const AHEAD: usize = 4;
/// How many undisturbed cases that a mutant passed keep their observations, to explain a survivor.
const KEPT_MAX: usize = 64;

/// The state of a trial. See the top of this file.
pub(super) struct Field {
    pub(super) stage: Arc<Stage>,
    pub(super) scenario: Arc<dyn Scenario>,
    pub(super) role: Role,
    pub(super) course: Course,
    /// What is right for each group.
    grounds: Vec<OnceCell<Option<Arc<Ground>>>>,
    /// The result of the base in each case.
    bases: Vec<OnceCell<Came>>,
    base: String,
    places: Arc<Semaphore>,
    /// The inputs that could not be played, with the reasons.
    unplayed: Mutex<BTreeMap<String, String>>,
}

/// The result of a case.
pub(super) enum Came {
    Passed(Box<Observation>),
    Failed(Failure),
    /// The only difference is an erratum of the reference in the other role.
    Excused,
    /// The program can't play it, or the harness failed.
    NotPlayed,
}

impl Came {
    /// Whether the case exceeded its time limit.
    pub(super) fn ran_out_of_time(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.verdict == Verdict::Timeout)
    }
}

/// How a case failed.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) verdict: Verdict,
    /// The check that found the first difference, if a check did.
    pub(super) check: Option<&'static str>,
    /// The violated clause.
    pub(super) clause: String,
    /// The first difference, in words.
    pub(super) what: String,
    found: Vec<Difference>,
}

impl Failure {
    fn of(verdict: Verdict, found: Vec<Difference>) -> Self {
        let first = found.first();
        Self {
            verdict,
            check: first.and_then(|it| it.check).map(Check::name),
            clause: first.map_or_else(String::new, |it| it.clause.clone()),
            what: first.map_or_else(String::new, ToString::to_string),
            found,
        }
    }

    /// The part of the failure that the base does not show and that is not excused; `None` if there is none.
    fn beyond(self, base: &Came, is_excused: impl Fn(&Difference) -> bool) -> Option<Self> {
        let of_base: BTreeSet<_> = match base {
            Came::Passed(_) | Came::Excused => BTreeSet::new(),
            Came::NotPlayed => return None,
            Came::Failed(failure) => failure.found.iter().map(kind_of).collect(),
        };
        let Self { verdict, mut found, .. } = self;
        found.retain(|it| !of_base.contains(&kind_of(it)) && !is_excused(it));
        (!found.is_empty()).then(|| Self::of(verdict, found))
    }
}

/// The kind of a difference. Two differences are of one kind if the same check found them, or if their texts
/// are equal.
fn kind_of(difference: &Difference) -> (Option<&'static str>, &str, &str) {
    let check = difference.check.map(Check::name);
    let told = if check.is_none() { difference.what.as_str() } else { "" };
    (check, &difference.clause, told)
}

/// The result of a mutant.
pub(super) enum Tried {
    /// This case caught it, after `played` cases.
    Caught { case: usize, failure: Failure, played: usize },
    /// No case caught it. Contains the observations of some cases that it passed.
    Survived { seen: Vec<(usize, Box<Observation>)>, played: usize },
}

impl Field {
    pub(super) fn new(
        stage: Arc<Stage>,
        scenario: Arc<dyn Scenario>,
        (role, base): (Role, String),
        course: Course,
        places: Arc<Semaphore>,
    ) -> Self {
        let grounds = course.groups.iter().map(|_| OnceCell::new()).collect();
        let bases = course.cases.iter().map(|_| OnceCell::new()).collect();
        let unplayed = Mutex::default();
        Self { stage, scenario, role, course, grounds, bases, base, places, unplayed }
    }

    /// Plays this program through the cases until one catches it.
    pub(super) async fn try_out(self: &Arc<Self>, name: &str, cases: &[usize]) -> Tried {
        let mut seen = Vec::new();
        let mut coming = JoinSet::new();
        let mut left: VecDeque<usize> = cases.iter().copied().collect();
        let mut came: BTreeMap<usize, (usize, Came)> = BTreeMap::new();
        let (mut started, mut judged, mut played) = (0, 0, 0);
        loop {
            while let Some(&case) = left.front().filter(|&&it| started - judged < self.ahead(it)) {
                left.pop_front();
                let (field, name, nth) = (self.clone(), name.to_owned(), started);
                coming.spawn(async move { (nth, case, field.play(case, &name).await) });
                started += 1;
            }
            let Some(Ok((nth, case, how))) = coming.join_next().await else { break };
            came.insert(nth, (case, how));
            // Results are judged in order, so that a second run finds the same.
            while let Some((case, how)) = came.remove(&judged) {
                judged += 1;
                match how {
                    Came::NotPlayed => continue,
                    Came::Failed(failure) => {
                        let is_excused = |it: &Difference| self.may_be_an_erratum(case, it);
                        let base = self.base(case).await;
                        let beyond = base.and_then(|base| failure.beyond(base, is_excused));
                        if let Some(failure) = beyond {
                            return Tried::Caught { case, failure, played: played + 1 };
                        }
                    }
                    Came::Excused => {}
                    Came::Passed(observed) => {
                        let is_plain = |case: &Case| case.rank.is_plain();
                        let is_kept = self.course.cases.get(case).is_some_and(is_plain);
                        if is_kept && seen.len() < KEPT_MAX {
                            seen.push((case, observed));
                        }
                    }
                }
                played += 1;
            }
        }
        Tried::Survived { seen, played }
    }

    /// Whether a difference may be an erratum of the program. Over a disturbing network, an erratum may show in
    /// one play and not in the next.
    fn may_be_an_erratum(&self, case: usize, difference: &Difference) -> bool {
        let is_plain = |case: &Case| case.playing.network == Network::AS_IS;
        if self.course.cases.get(case).is_none_or(is_plain) {
            return false;
        }
        let Some(check) = difference.check else { return false };
        let own = self.scenario.errata().iter().filter(|erratum| erratum.role == self.role);
        own.into_iter().any(|it| it.waives_check(check) || it.clause == difference.clause)
    }

    /// How many cases of a mutant may run while this one runs.
    fn ahead(&self, case: usize) -> usize {
        let is_plain = self.course.cases.get(case).is_some_and(|case| case.rank.is_plain());
        if is_plain { 1 } else { AHEAD }
    }

    /// The result of the base in a case.
    pub(super) async fn base(&self, case: usize) -> Option<&Came> {
        let cell = self.bases.get(case)?;
        Some(cell.get_or_init(async || self.play(case, &self.base).await).await)
    }

    /// What is right for the input of a case.
    pub(super) async fn ground(&self, case: usize) -> Option<Arc<Ground>> {
        let (group, case) = self.course.case(case)?;
        let find = async || match self.stage.ground(&*self.scenario, &group.input).await {
            Ok(ground) => Some(Arc::new(ground)),
            Err(error) => {
                self.note_unplayed(group.input_name(), error.to_string());
                None
            }
        };
        self.grounds.get(case.group)?.get_or_init(find).await.clone()
    }

    async fn play(&self, number: usize, name: &str) -> Came {
        self.play_on(&self.stage, number, name).await
    }

    /// Plays a case with this program, which is on this stage.
    pub(super) async fn play_on(&self, stage: &Stage, number: usize, name: &str) -> Came {
        let Some((group, case)) = self.course.case(number) else { return Came::NotPlayed };
        let playing = played_by(&case.playing, self.role, name);
        if stage.can_play(&*self.scenario, &group.input, &playing.pairing).is_err() {
            return Came::NotPlayed;
        }
        let Ok(_place) = self.places.acquire().await else { return Came::NotPlayed };
        let Some(ground) = self.ground(number).await else { return Came::NotPlayed };
        match stage.play(&*self.scenario, &group.input, &playing, &ground).await {
            Ok(played) if played.judgement.verdict.is_failure() => {
                Came::Failed(Failure::of(played.judgement.verdict, played.judgement.differences))
            }
            Ok(played) if played.judgement.verdict == Verdict::Pass => {
                Came::Passed(Box::new(played.observed))
            }
            Ok(_) => Came::Excused,
            Err(error) if error.is_the_peers() => {
                let found = vec![Difference::told("", error.to_string())];
                Came::Failed(Failure::of(Verdict::Fail, found))
            }
            Err(error) => {
                self.note_unplayed(group.input_name(), error.to_string());
                Came::NotPlayed
            }
        }
    }

    /// Records why an input could not be played.
    pub(super) fn note_unplayed(&self, input: &str, why: String) {
        let mut unplayed = self.unplayed.lock().unwrap_or_else(PoisonError::into_inner);
        unplayed.entry(input.to_owned()).or_insert(why);
    }

    /// The inputs that could not be played, with the reasons.
    pub(super) fn unplayed(&self) -> BTreeMap<String, String> {
        self.unplayed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The name of a case that `--quick` does not play.
    pub(super) fn beyond_quick(&self, number: usize) -> Option<QuickCase> {
        let (group, case) = self.course.case(number)?;
        (!case.is_quick).then(|| group.quick_case(&case.playing, self.role))
    }

    /// The id that the case would have in `framecheck run` with a peer called `name`.
    pub(super) fn case_id(&self, number: usize, name: &str) -> Option<CaseId> {
        let (group, case) = self.course.case(number)?;
        Some(group.case_id(&played_by(&case.playing, self.role, name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(what: &str) -> Difference {
        Difference::told("TU-7", what.to_owned())
    }

    fn found(check: Check, what: &str) -> Difference {
        Difference { check: Some(check), ..told(what) }
    }

    fn failed(found: Vec<Difference>) -> Failure {
        Failure::of(Verdict::Fail, found)
    }

    #[test]
    fn what_the_base_does_too_catches_nothing() {
        let base = Came::Failed(failed(vec![told("it spins"), found(Check::ToClient, "byte 3")]));
        assert!(failed(vec![told("it spins")]).beyond(&base, |_| false).is_none());
        // The place where the streams differ may be random.
        assert!(failed(vec![found(Check::ToClient, "byte 7")]).beyond(&base, |_| false).is_none());
        let both = failed(vec![told("it spins"), found(Check::ServerStdout, "byte 0")]);
        let beyond = both.beyond(&base, |_| false).unwrap();
        assert_eq!((beyond.check, &*beyond.what), (Some("server-stdout"), "[TU-7] byte 0"));
        let stopped = failed(vec![told("it prints without end")]).beyond(&base, |_| false).unwrap();
        assert_eq!(stopped.what, "[TU-7] it prints without end");
    }

    #[test]
    fn what_fails_where_the_base_does_not_is_caught_and_a_case_without_a_base_catches_nothing() {
        let wrong = || failed(vec![found(Check::ToClient, "byte 3")]);
        assert!(wrong().beyond(&Came::Excused, |_| false).is_some());
        assert!(wrong().beyond(&Came::NotPlayed, |_| false).is_none());
        // An erratum may cause this difference at random, so it proves nothing.
        assert!(wrong().beyond(&Came::Excused, |it| it.clause == "TU-7").is_none());
        assert!(wrong().beyond(&Came::Excused, |it| it.clause == "TU-6").is_some());
    }
}
