//! Finds out what the reference does with an input, where that is what is right, and plays others
//! against it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::blob::sha256;
use model::case::{Kind, Network, Playing};
use model::observation::{Direction, Observation, Role, Stop, WireLog};
use model::{Ending, Expected, ExpectedEnd, Input, Notes, Scenario, Truth, Wire};
use tokio::sync::OnceCell;

use super::{Ground, Played, Stage, StageError, leaves_waiting, seed_of};
use crate::baseline::{Baseline, NextClient, Turns, Unsteady, first_difference, screens_differ};
use crate::drive::{Play, Side};
use crate::judge::by_reference::{self, Case};
use crate::network::Disturbance;
use crate::peer::Peer;

/// For so many looks in a row a reference that waits must do nothing before that is taken for its end.
const LOOKS_FIRST: u32 = 40;
/// The same where it is known to wait, and of a port.
const LOOKS: u32 = 8;
/// So many looks at a server whose client has ended show whether it goes on.
const SETTLES_FIRST: u32 = 30;
/// The same of a port.
const SETTLES: u32 = 3;
/// Longer streams are not played byte by byte.
const BYTEWISE_MAX_BYTES: usize = 512;
/// When a port fails, the reference is played so often again, to see that it is still the same.
const CONFIRMATIONS: u32 = 2;

/// What is known of inputs so far in this process.
#[derive(Debug, Default)]
pub(super) struct Book(Mutex<HashMap<String, Arc<Known>>>);

/// What is known of an input.
#[derive(Debug, Default)]
pub(crate) struct Known {
    baseline: OnceCell<Arc<Baseline>>,
    /// What another look at the reference has shown.
    confirmed: OnceCell<Option<Unsteady>>,
}

impl Book {
    fn entry(&self, scenario: &dyn Scenario, input: &Input) -> Arc<Known> {
        let text = serde_json::to_vec(input).unwrap_or_default();
        let key = format!("{}/{}", scenario.name(), sha256(&text));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_default().clone()
    }
}

/// How a case is played to be judged by the reference.
struct Manner {
    network: Network,
    /// How long a client that waits is looked at; `None` where it must not wait.
    rests: Option<u32>,
    settles: u32,
    next: bool,
    /// Whether Python programs get an interpreter of their own. Forks of one share the order of their sets.
    fresh: bool,
}

impl Manner {
    /// Undisturbed, and no longer than it must be.
    const fn brief(fresh: bool) -> Self {
        let network = Network::AS_IS;
        Self { network, rests: Some(LOOKS), settles: SETTLES, next: false, fresh }
    }
}

impl Stage {
    /// What the reference does with an input: from this process, from the cache, or by playing it.
    ///
    /// # Errors
    /// [`StageError::Unsteady`], [`StageError::NoBaseline`], and what keeps a case from being played.
    pub async fn baseline(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
    ) -> Result<Arc<Baseline>, StageError> {
        let known = self.book.entry(scenario, input);
        let learn = async || {
            let cache = self.caches.get(scenario.name());
            if let Some(baseline) = cache.and_then(|cache| cache.read(input)) {
                return Ok(Arc::new(baseline));
            }
            let baseline = self.learn(scenario, input).await?;
            if let Some(cache) = cache {
                // A cache that can't be written costs time and nothing else.
                let _ = cache.write(input, &baseline);
            }
            Ok(Arc::new(baseline))
        };
        known.baseline.get_or_try_init(learn).await.cloned()
    }

    pub(super) async fn ground_by_reference(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
    ) -> Result<Ground, StageError> {
        let baseline = self.baseline(scenario, input).await?;
        let expected = baseline.expected.clone();
        let model = expected.clone();
        Ok(Ground { model, expected, reference: None, baseline: Some(baseline) })
    }

    /// What is right for an input that is tried on the way to a smaller one: the reference is played twice,
    /// as briefly as it goes, and nothing of it is kept.
    pub(crate) async fn ground_briefly(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
    ) -> Result<Ground, StageError> {
        if scenario.truth() == Truth::Model {
            return self.ground(scenario, input).await;
        }
        let manner = Manner::brief(false);
        let first = self.look(scenario, input, &manner).await?;
        let expected = seen_as_expected(scenario, &first)?;
        let again = self.look(scenario, input, &manner).await?;
        let screens = steady(scenario, &expected, &again, Scope::All)?;
        let form = &expected.to_client;
        let [one, other] = [&first, &again].map(|seen| Turns::heard(scenario, form, &seen.wire));
        let (turns, model) = (one.least(&other), expected.clone());
        let left_behind = Vec::new();
        let baseline =
            Baseline { expected: expected.clone(), turns, next: None, screens, left_behind };
        Ok(Ground { model, expected, reference: None, baseline: Some(Arc::new(baseline)) })
    }

    /// Play an input with the reference on both sides, so often that it shows whether it always does the
    /// same, and what a second client meets.
    async fn learn(&self, scenario: &dyn Scenario, input: &Input) -> Result<Baseline, StageError> {
        let mut manner = Manner {
            network: Network::AS_IS,
            rests: Some(LOOKS_FIRST),
            settles: SETTLES_FIRST,
            next: false,
            fresh: false,
        };
        let began = SystemTime::now();
        let first = self.look(scenario, input, &manner).await?;
        let expected = seen_as_expected(scenario, &first)?;
        let waits = expected.client.by_itself == Some(false);
        manner.rests = waits.then_some(LOOKS);
        manner.settles = SETTLES;
        let form = &expected.to_client;
        let mut turns = Turns::heard(scenario, form, &first.wire);
        manner.fresh = true;
        another_second(began).await;
        let again = self.look(scenario, input, &manner).await?;
        manner.fresh = false;
        let mut screens = steady(scenario, &expected, &again, Scope::All)?;
        turns = turns.least(&Turns::heard(scenario, form, &again.wire));
        let mut next = None;
        let comes_to_rest = matches!(first.stopped, None | Some(Stop::Quiet));
        if expected.server.by_itself == Some(false) && comes_to_rest {
            let with_next = Manner { next: true, network: manner.network.clone(), ..manner };
            let seen = self.look(scenario, input, &with_next).await?;
            let more = steady(scenario, &expected, &seen, Scope::FirstClient)?;
            screens = screens.or(more);
            next = next_client(scenario, &expected, &seen);
        }
        if !scenario.takes_turns().is_empty() {
            for kind in slow_kinds(&expected) {
                let late = Manner { network: Network::both(kind), ..manner };
                let seen = self.look(scenario, input, &late).await?;
                // A reference that can't take its words in pieces shows nothing then.
                if says_the_same(scenario, &expected, &seen) {
                    turns = turns.least(&Turns::passed_on(scenario, form, &seen.wire));
                }
            }
        }
        let ends = [&first.server, &first.client];
        let left_behind = ends.into_iter().flat_map(|end| end.left_behind.clone()).collect();
        Ok(Baseline { expected, turns, next, screens, left_behind })
    }

    /// Play the reference against itself once.
    async fn look(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        manner: &Manner,
    ) -> Result<Observation, StageError> {
        let pairing = scenario.reference_pairing(input);
        let server = self.side(Role::Server, &pairing.server, scenario, input)?;
        let client = self.side(Role::Client, &pairing.client, scenario, input)?;
        let play = play(scenario, input, server, client, scenario.home(), manner);
        Ok(self.driver.run(&play).await?)
    }

    /// What is seen of the reference when it plays an input, once, in interpreters of its own.
    ///
    /// # Errors
    /// What keeps it from being played.
    pub async fn observe(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
    ) -> Result<Observation, StageError> {
        let manner = Manner::brief(true);
        self.look(scenario, input, &manner).await
    }

    /// Play the reference once more, and say where it was not as it was for the baseline.
    ///
    /// # Errors
    /// What keeps it from being played.
    pub async fn look_again(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        baseline: &Baseline,
    ) -> Result<(Option<Unsteady>, Observation), StageError> {
        let waits = baseline.expected.client.by_itself == Some(false);
        let manner = Manner {
            network: Network::AS_IS,
            rests: waits.then_some(LOOKS),
            settles: SETTLES,
            next: false,
            fresh: true,
        };
        let seen = self.look(scenario, input, &manner).await?;
        let found = match steady(scenario, &baseline.expected, &seen, Scope::All) {
            Ok(screens) => screens.filter(|_| scenario.compares_stdout()),
            Err(StageError::Unsteady(unsteady)) => Some(*unsteady),
            Err(other) => return Err(other),
        };
        Ok((found, seen))
    }

    /// Play an input with a pairing and judge it by what the reference does.
    pub(super) async fn play_by_reference(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        playing: &Playing,
        baseline: &Baseline,
    ) -> Result<Played, StageError> {
        let Playing { transport, network, pairing } = playing;
        let server = self.side(Role::Server, &pairing.server, scenario, input)?;
        let client = self.side(Role::Client, &pairing.client, scenario, input)?;
        let waits = baseline.expected.client.by_itself == Some(false);
        let rests = (waits || leaves_waiting(network, input)).then_some(LOOKS);
        let next = !network.is_harmless() && baseline.next.is_some();
        let manner =
            Manner { network: network.clone(), rests, settles: SETTLES, next, fresh: false };
        let astray = |log: &WireLog| by_reference::is_astray(scenario, &baseline.expected, log);
        let play = Play {
            astray: Some(&astray),
            ..play(scenario, input, server, client, *transport, &manner)
        };
        let observed = self.driver.run(&play).await?;
        let is_reference = [&pairing.server, &pairing.client].map(|it| it == scenario.reference());
        let case = Case {
            scenario,
            input,
            network,
            baseline,
            is_reference,
            compare_stdout: [&pairing.server, &pairing.client]
                .map(|it| self.compares(scenario, it)),
        };
        if case.compare_stdout.contains(&true)
            && let Some(unsteady) = &baseline.screens
        {
            return Err(StageError::Unsteady(Box::new(unsteady.clone())));
        }
        let judgement = by_reference::judge(&case, &observed);
        let is_own = is_reference == [true; 2];
        if judgement.verdict.is_failure() && is_own && playing.network == Network::AS_IS {
            // Two plays of the reference that differ are no failure of either.
            steady(scenario, &baseline.expected, &observed, Scope::All)?;
        } else if judgement.verdict.is_failure() && !is_own {
            self.confirm(scenario, input, baseline).await?;
        }
        let right = by_reference::right(&case, &observed);
        let is_harmed = by_reference::is_harmed(network, &observed);
        Ok(Played { observed, judgement, right, is_harmed })
    }

    /// Whether a peer's standard output is compared.
    fn compares(&self, scenario: &dyn Scenario, name: &str) -> bool {
        let peer = self.peers.by_name(name);
        let asks = |peer: &Peer| peer.is_guest() && peer.stdout;
        scenario.compares_stdout() || peer.is_some_and(asks)
    }

    /// Before a port is blamed: is the reference still what it was?
    async fn confirm(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        baseline: &Baseline,
    ) -> Result<(), StageError> {
        let known = self.book.entry(scenario, input);
        let look = async || {
            for _ in 0..CONFIRMATIONS {
                if let (Some(unsteady), _) = self.look_again(scenario, input, baseline).await? {
                    return Ok(Some(unsteady));
                }
            }
            Ok::<_, StageError>(None)
        };
        match known.confirmed.get_or_try_init(look).await? {
            Some(unsteady) => Err(StageError::Unsteady(Box::new(unsteady.clone()))),
            None => Ok(()),
        }
    }
}

/// Wait until the clock shows another second, so that a time that the reference sends differs.
async fn another_second(than: SystemTime) {
    let since_epoch = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = since_epoch(SystemTime::now());
    if now.as_secs() == since_epoch(than).as_secs() {
        let left =
            Duration::from_secs(1).saturating_sub(Duration::from_nanos(now.subsec_nanos().into()));
        tokio::time::sleep(left).await;
    }
}

fn play<'a>(
    scenario: &'a dyn Scenario,
    input: &'a Input,
    server: Side<'a>,
    client: Side<'a>,
    transport: model::case::Transport,
    manner: &Manner,
) -> Play<'a> {
    let network = manner.network.clone();
    let seed = seed_of(&network, input);
    let control = manner.next.then(|| (input, client.clone()));
    Play {
        scenario,
        server,
        client,
        transport,
        disturbance: Disturbance::new(network, seed),
        input,
        sign: None,
        await_close: false,
        await_end: false,
        rests: manner.rests,
        settles: Some(manner.settles),
        astray: None,
        fresh: manner.fresh,
        busy: [Some(super::BUSY_STRANGER); 2],
        control,
    }
}

/// What was seen of the reference, as what is right.
fn seen_as_expected(scenario: &dyn Scenario, seen: &Observation) -> Result<Expected, StageError> {
    let is_datagram = scenario.home().is_datagram();
    let failed = |what: String| {
        let words = |role: Role| {
            let said = String::from_utf8_lossy(&seen.end(role).stderr.0);
            let last = said.trim_end().lines().last().unwrap_or_default().to_owned();
            if last.is_empty() { last } else { format!("; its {role} says: {last}") }
        };
        let what = format!("{what}{}{}", words(Role::Server), words(Role::Client));
        Err(StageError::NoBaseline(what))
    };
    if seen.wire.is_connected()
        && !seen.wire.is_open()
        && let [_, ..] = &seen.listening_elsewhere[..]
    {
        let elsewhere = seen.listening_elsewhere.join(", ");
        let what = "its server does not listen at the address that its command is given";
        return failed(format!("{what}; it listens on {elsewhere} instead"));
    }
    match &seen.stopped {
        None | Some(Stop::Quiet) => {}
        Some(Stop::Deadline(awaited)) => {
            return failed(format!("the deadline passed, waiting for {awaited}"));
        }
        // What its client met is known. That its server does not rest shows in its own pairing.
        Some(Stop::Spins(Role::Server) | Stop::Babble(Role::Server)) if seen.client.by_itself => {}
        Some(Stop::Spins(role)) => return failed(format!("its {role} keeps a processor busy")),
        Some(Stop::Flood(role) | Stop::Babble(role)) => {
            return failed(format!("its {role} sends or prints without end"));
        }
        Some(Stop::Idle) => return failed("nothing moved any more".to_owned()),
    }
    // A client of datagrams has no connection, and may send nothing.
    if !is_datagram && !seen.wire.is_connected() {
        return failed("its client did not connect".to_owned());
    }
    if !is_datagram && !seen.wire.is_open() {
        return failed("its server was never reached".to_owned());
    }
    Ok(expected(is_datagram, seen))
}

fn expected(is_datagram: bool, seen: &Observation) -> Expected {
    let wire = |way| {
        if is_datagram {
            Wire::Datagrams(seen.wire.segments(way).map(Into::into).collect())
        } else {
            Wire::stream(seen.wire.stream(way))
        }
    };
    let end = |role: Role| {
        let end = seen.end(role);
        let waits = seen.stopped == Some(Stop::Quiet) && role == Role::Client;
        ExpectedEnd {
            stdout: end.stdout.clone(),
            ending: if waits { Ending::Complete } else { Ending::of(end, role) },
            files: end.files.clone(),
            by_itself: Some(end.by_itself && !waits),
        }
    };
    Expected {
        to_server: wire(Direction::ToServer),
        to_client: wire(Direction::ToClient),
        server: end(Role::Server),
        client: end(Role::Client),
        notes: Notes::new(),
    }
}

/// Networks over which it shows how little a program needs before it sends: one is late, and one brings
/// small pieces.
fn slow_kinds(expected: &Expected) -> Vec<Kind> {
    let longest = expected.to_server.byte_count().max(expected.to_client.byte_count());
    match expected.to_server {
        Wire::Datagrams(_) => vec![Kind::Delayed],
        Wire::Stream(_) if longest <= BYTEWISE_MAX_BYTES => vec![Kind::Delayed, Kind::Bytewise],
        Wire::Stream(_) => vec![Kind::Delayed, Kind::Random],
    }
}

/// Whether both streams are those of the first play.
fn says_the_same(scenario: &dyn Scenario, first: &Expected, seen: &Observation) -> bool {
    let Ok(other) = seen_as_expected(scenario, seen) else { return false };
    let (server, client) = (first.server.clone(), first.client.clone());
    let streams = Expected { server, client, ..other };
    first_difference(scenario, first, &streams).is_none()
}

/// What of two plays is the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    /// The second play had a second client, which shows in the server's files and on its screen.
    FirstClient,
}

/// Whether another play was the same; what differs on the screens is given back.
fn steady(
    scenario: &dyn Scenario,
    first: &Expected,
    seen: &Observation,
    scope: Scope,
) -> Result<Option<Unsteady>, StageError> {
    let mut other = seen_as_expected(scenario, seen)?;
    if scope == Scope::FirstClient {
        other.server = first.server.clone();
    }
    match first_difference(scenario, first, &other) {
        Some(unsteady) => Err(StageError::Unsteady(Box::new(unsteady))),
        None => Ok(screens_differ(scenario, first, &other)),
    }
}

/// What a second client met, if one came through.
fn next_client(
    scenario: &dyn Scenario,
    first: &Expected,
    seen: &Observation,
) -> Option<NextClient> {
    let control = seen.control.as_ref()?;
    let waits = first.client.by_itself == Some(false);
    let is_done = !control.overdue || waits;
    // Datagrams have no connection that could be seen to open.
    let is_met =
        control.wire.is_open() || scenario.home().is_datagram() && control.wire.is_connected();
    if !is_done || !is_met {
        return None;
    }
    let as_seen = Observation {
        wire: control.wire.clone(),
        client: control.client.clone(),
        stopped: waits.then_some(Stop::Quiet),
        ..seen.clone()
    };
    let expected = expected(scenario.home().is_datagram(), &as_seen);
    let compared = Expected { server: first.server.clone(), ..expected.clone() };
    let is_as_first = first_difference(scenario, first, &compared).is_none();
    Some(NextClient { expected, is_as_first })
}
