//! Finds out what the reference does with an input, where this defines what is right, and plays other pairings
//! against it.
//!
//! | file | what |
//! |---|---|
//! | `seen.rs` | turns a play of the reference into what is right; compares two plays |
//! | `hostile.rs` | malformed frames |
//! | `same_fault.rs` | excuses a port that fails where the reference fails in the same way |

mod hostile;
mod same_fault;
mod seen;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::blob::sha256;
use model::case::{Kind, Network, Playing};
use model::mask::JsonBy;
use model::observation::{Observation, Role, Stop, WireLog};
use model::{Expected, Input, Scenario, Truth, Wire, bursts};
use tokio::sync::OnceCell;

use super::{Ground, Played, Stage, StageError, leaves_waiting, seed_of};
use crate::baseline::{Baseline, Turns, Unsteady};
use crate::drive::{Play, Side};
use crate::judge::Judgement;
use crate::judge::by_reference::{self, Case};
use crate::network::Disturbance;
use crate::peer::Peer;
use seen::{Scope, next_client, says_the_same, seen_as_expected, steady};

/// A waiting reference counts as finished after this many consecutive looks without activity.
const LOOKS_FIRST: u32 = 40;
/// The same if it is known to wait, and for a port.
const LOOKS: u32 = 8;
/// This many looks at a server whose client has ended show whether it continues.
const SETTLES_FIRST: u32 = 30;
/// The same for a port.
const SETTLES: u32 = 3;
/// Streams longer than this are not played byte by byte.
const BYTEWISE_MAX_BYTES: usize = 512;
/// When a port fails, the reference is played this often again, to check that it behaves the same.
const CONFIRMATIONS: u32 = 2;

/// What this process knows of inputs so far.
#[derive(Debug, Default)]
pub(super) struct Book(Mutex<HashMap<String, Arc<Known>>>);

/// What is known of an input.
#[derive(Debug, Default)]
pub(crate) struct Known {
    baseline: OnceCell<Arc<Baseline>>,
    /// The result of playing the reference again.
    confirmed: OnceCell<Option<Unsteady>>,
    /// The results of the reference's own cases, by transport and network.
    own: Mutex<HashMap<String, Arc<OnceCell<Judgement>>>>,
}

impl Book {
    fn entry(&self, scenario: &dyn Scenario, input: &Input) -> Arc<Known> {
        let text = serde_json::to_vec(input).unwrap_or_default();
        let key = format!("{}/{}", scenario.name(), sha256(&text));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_default().clone()
    }
}

/// How a case is played that the reference's behaviour judges.
struct Manner {
    network: Network,
    /// The number of looks at a waiting client; `None` if it must not wait.
    rests: Option<u32>,
    settles: u32,
    next: bool,
    /// Whether Python programs get interpreters of their own. Forks of one interpreter have the same order of
    /// sets.
    fresh: bool,
}

impl Manner {
    /// Undisturbed, and as short as possible.
    const fn brief(fresh: bool) -> Self {
        let network = Network::AS_IS;
        Self { network, rests: Some(LOOKS), settles: SETTLES, next: false, fresh }
    }
}

impl Stage {
    /// The baseline of an input: from this process, from the cache, or by playing the reference.
    ///
    /// # Errors
    ///
    /// [`StageError::Unsteady`], [`StageError::NoBaseline`], and anything that prevents playing a case.
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
            let baseline = match &input.hostile {
                None => self.learn(scenario, input).await?,
                Some(hostile) => self.learn_hostile(scenario, input, hostile).await?,
            };
            if let Some(cache) = cache {
                // A cache that can't be written to only costs time.
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

    /// What is right for an input that is tried in a minimisation. Plays the reference twice, as briefly as
    /// possible, and stores nothing.
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
        let baseline = Baseline {
            expected: expected.clone(),
            turns,
            bursts: Vec::new(),
            next: None,
            screens,
            left_behind: Vec::new(),
            falls: None,
            speaks: false,
        };
        Ok(Ground { model, expected, reference: None, baseline: Some(Arc::new(baseline)) })
    }

    /// Plays an input with the reference on both sides, several times, to see whether it is deterministic and
    /// how a second client is served.
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
                // A reference that can't handle pieces shows nothing here.
                if says_the_same(scenario, &expected, &seen) {
                    turns = turns.least(&Turns::passed_on(scenario, form, &seen.wire));
                }
            }
        }
        let ends = [&first.server, &first.client];
        let left_behind = ends.into_iter().flat_map(|end| end.left_behind.clone()).collect();
        let bursts = bursts(&first.wire);
        Ok(Baseline {
            expected,
            turns,
            bursts,
            next,
            screens,
            left_behind,
            falls: None,
            speaks: false,
        })
    }

    /// Plays the reference against itself once.
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

    /// What the reference does with an input: plays it once, in interpreters of their own.
    ///
    /// # Errors
    ///
    /// Anything that prevents playing it.
    pub async fn observe(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
    ) -> Result<Observation, StageError> {
        let manner = Manner::brief(true);
        self.look(scenario, input, &manner).await
    }

    /// The same with programs that the launcher forks from one interpreter, if there is a launcher.
    ///
    /// # Errors
    ///
    /// Anything that prevents playing it.
    pub async fn observe_warm(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
    ) -> Result<Observation, StageError> {
        self.look(scenario, input, &Manner::brief(false)).await
    }

    /// Plays the reference again. Returns where it differed from the baseline.
    ///
    /// # Errors
    ///
    /// Anything that prevents playing it.
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

    /// Plays an input with a pairing, and judges it by what the reference does.
    pub(super) async fn play_by_reference(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        playing: &Playing,
        baseline: &Baseline,
    ) -> Result<Played, StageError> {
        let sides = [&playing.pairing.server, &playing.pairing.client];
        let [server, client] = sides.map(|it| self.compares(scenario, it));
        let [runs_already, is_by_hand] = self.is_unseen(scenario, &playing.pairing);
        let screens = [server && !runs_already, client && !is_by_hand];
        self.play_comparing(scenario, input, playing, baseline, screens).await
    }

    /// The same; `compare_stdout` says whose standard output is compared, the server's first.
    async fn play_comparing(
        &self,
        scenario: &dyn Scenario,
        input: &Input,
        playing: &Playing,
        baseline: &Baseline,
        compare_stdout: [bool; 2],
    ) -> Result<Played, StageError> {
        if let Some(hostile) = &input.hostile {
            return self.play_hostile(scenario, (input, hostile), playing, baseline).await;
        }
        let Playing { transport, network, pairing } = playing;
        let sides = [&pairing.server, &pairing.client];
        let server = self.side(Role::Server, &pairing.server, scenario, input)?;
        let client = self.side(Role::Client, &pairing.client, scenario, input)?;
        let waits = baseline.expected.client.by_itself == Some(false);
        let rests = (waits || leaves_waiting(network, input)).then_some(LOOKS);
        let [_, is_by_hand] = self.is_unseen(scenario, pairing);
        // A person starts a client only once.
        let next = !network.is_harmless() && baseline.next.is_some() && !is_by_hand;
        let manner =
            Manner { network: network.clone(), rests, settles: SETTLES, next, fresh: false };
        let json = sides.map(|it| self.json_by(it));
        let astray =
            |log: &WireLog| by_reference::is_astray(scenario, &baseline.expected, json, log);
        let play = Play {
            astray: Some(&astray),
            ..play(scenario, input, server, client, *transport, &manner)
        };
        let observed = self.driver.run(&play).await?;
        let is_reference = sides.map(|it| it == scenario.reference());
        let case = Case { scenario, input, network, baseline, is_reference, compare_stdout, json };
        if compare_stdout.contains(&true)
            && let Some(unsteady) = &baseline.screens
        {
            return Err(StageError::Unsteady(Box::new(unsteady.clone())));
        }
        let mut judgement = by_reference::judge(&case, &observed);
        let is_own = is_reference == [true; 2];
        if judgement.verdict.is_failure() && is_own && playing.network == Network::AS_IS {
            // If two plays of the reference differ, neither is a failure.
            steady(scenario, &baseline.expected, &observed, Scope::All)?;
        } else if judgement.verdict.is_failure() && !is_own {
            self.confirm(scenario, input, baseline).await?;
            self.excuse(&case, playing, &mut judgement).await?;
        }
        let right = by_reference::right(&case, &observed);
        let is_harmed = by_reference::is_harmed(network, &observed);
        Ok(Played { observed, judgement, right, is_harmed })
    }

    /// How a peer's JSON is compared.
    fn json_by(&self, name: &str) -> JsonBy {
        self.peers.by_name(name).map(|peer| peer.json).unwrap_or_default()
    }

    /// Whether a peer's standard output is compared.
    fn compares(&self, scenario: &dyn Scenario, name: &str) -> bool {
        let peer = self.peers.by_name(name);
        let asks = |peer: &Peer| peer.is_guest() && peer.stdout;
        scenario.compares_stdout() || peer.is_some_and(asks)
    }

    /// Before a port is blamed, checks that the reference still behaves the same.
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

/// Waits for the next second on the clock, so that a time in the reference's data differs.
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

/// Networks that show how little a program needs before it sends: one delays, and one delivers small pieces.
fn slow_kinds(expected: &Expected) -> Vec<Kind> {
    let longest = expected.to_server.byte_count().max(expected.to_client.byte_count());
    match expected.to_server {
        Wire::Datagrams(_) => vec![Kind::Delayed],
        Wire::Stream(_) if longest <= BYTEWISE_MAX_BYTES => vec![Kind::Delayed, Kind::Bytewise],
        Wire::Stream(_) => vec![Kind::Delayed, Kind::Random],
    }
}
