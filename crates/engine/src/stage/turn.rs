//! Takes turns with programs that framecheck does not start. A server that runs already gets one case at a
//! time, unless it may get several; a person plays one at a time. A server that has gone gets no more cases.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::Scenario;
use model::case::{CaseId, Pairing};
use model::event::NotPlayed;
use model::observation::{Observation, Role};
use tokio::sync::OwnedMutexGuard;

use super::Stage;
use crate::peer::Target;

/// The servers that run already, by address, and the single place of a person.
#[derive(Debug, Default)]
pub(super) struct Others {
    servers: Mutex<HashMap<String, Arc<Server>>>,
    person: Arc<tokio::sync::Mutex<()>>,
}

/// A server that runs already.
#[derive(Debug)]
struct Server {
    /// The peer that it belongs to.
    peer: String,
    target: Target,
    is_datagram: bool,
    /// Whether the kernel knows that it listens, so that it can be checked without a connection.
    is_seen: bool,
    alone: Arc<tokio::sync::Mutex<()>>,
    life: Mutex<Life>,
}

#[derive(Debug, Default)]
struct Life {
    /// The case after which it was last seen up.
    last: Option<CaseId>,
    /// How it went down, in words.
    gone: Option<String>,
    not_played: Vec<CaseId>,
}

/// The right to play one case, until this is dropped.
#[derive(Debug)]
pub struct Turn {
    server: Option<Arc<Server>>,
    is_by_hand: bool,
    _alone: Vec<OwnedMutexGuard<()>>,
}

/// The state of a server that runs already, after a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It is up, as far as this can be seen.
    Up,
    /// It went down in this case.
    Gone,
    /// It was down before, so the case was not played.
    NotPlayed,
}

impl Stage {
    /// Waits until a pairing may be played.
    pub async fn turn(&self, scenario: &dyn Scenario, pairing: &Pairing) -> Turn {
        let server = self.others.server(self, scenario, &pairing.server);
        let client = self.peers.by_name(&pairing.client);
        let is_by_hand = client.is_some_and(|it| it.is_by_hand(Role::Client, scenario.name()));
        let mut alone = Vec::new();
        if let Some(server) = server.as_ref().filter(|it| !it.target.parallel) {
            alone.push(server.alone.clone().lock_owned().await);
        }
        if is_by_hand {
            alone.push(self.others.person.clone().lock_owned().await);
        }
        Turn { server, is_by_hand, _alone: alone }
    }

    /// Checks every server that runs already once more. Returns those that are down, and the cases that were
    /// not played for this reason.
    pub async fn gone(&self) -> Vec<(NotPlayed, Vec<CaseId>)> {
        let servers: Vec<Arc<Server>> = lock(&self.others.servers).values().cloned().collect();
        let mut gone = Vec::new();
        for server in servers {
            if lock(&server.life).gone.is_none() && !server.is_up().await {
                server.note_gone(None);
            }
            let life = lock(&server.life);
            if let Some(why) = &life.gone {
                let (why, cases) = (why.clone(), life.not_played.len());
                gone.push((NotPlayed { why, cases }, life.not_played.clone()));
            }
        }
        gone.sort_by(|(one, _), (other, _)| one.why.cmp(&other.why));
        gone
    }
}

impl Others {
    /// The server of the peer with this name, if it runs already.
    fn server(&self, stage: &Stage, scenario: &dyn Scenario, name: &str) -> Option<Arc<Server>> {
        let target = stage.peers.by_name(name)?.target(Role::Server, scenario.name())?;
        let is_datagram = scenario.home().is_datagram();
        let key = format!("{} {is_datagram}", target.at);
        // Several manifests may name it. Each must say that it takes several cases at once.
        let parallel = || {
            let targets = stage.peers.iter();
            let targets = targets.filter_map(|peer| peer.target(Role::Server, scenario.name()));
            targets.filter(|other| other.at == target.at).all(|other| other.parallel)
        };
        let mut servers = lock(&self.servers);
        let server = servers.entry(key).or_insert_with(|| {
            Arc::new(Server {
                peer: name.to_owned(),
                target: Target { parallel: parallel(), ..target.clone() },
                is_datagram,
                is_seen: target.is_seen(is_datagram),
                alone: Arc::default(),
                life: Mutex::default(),
            })
        });
        Some(server.clone())
    }
}

impl Turn {
    /// Whether a person must start the client.
    #[must_use]
    pub const fn is_by_hand(&self) -> bool {
        self.is_by_hand
    }

    /// Whether a case can begin. If its server is down, the case is recorded as not played.
    pub async fn begin(&self, id: &CaseId) -> bool {
        let Some(server) = &self.server else { return true };
        if lock(&server.life).gone.is_none() && server.is_seen && !server.is_up().await {
            server.note_gone(None);
        }
        let mut life = lock(&server.life);
        if life.gone.is_some() {
            life.not_played.push(id.clone());
        }
        life.gone.is_none()
    }

    /// The state of the server after a case. `seen` is what was seen of the case.
    pub async fn end(&self, id: &CaseId, seen: Option<&Observation>, is_wrong: bool) -> After {
        let Some(server) = &self.server else { return After::Up };
        // For datagrams, it can't be seen whether a process received them.
        let was_refused = !server.is_datagram
            && seen.is_some_and(|seen| seen.wire.is_connected() && !seen.wire.is_open());
        let is_up = if was_refused {
            // Another program may listen on this port.
            server.target.answers(server.is_datagram).await.is_ok()
        } else {
            !(server.is_seen || is_wrong) || server.is_up().await
        };
        if is_up {
            lock(&server.life).last = Some(id.clone());
            return After::Up;
        }
        server.note_gone(Some(id).filter(|_| !was_refused));
        if !was_refused {
            return After::Gone;
        }
        lock(&server.life).not_played.push(id.clone());
        After::NotPlayed
    }
}

impl Server {
    async fn is_up(&self) -> bool {
        self.target.is_up(self.is_datagram).await.is_ok()
    }

    /// Records that it is down: in this case, or after the last one where it was up.
    fn note_gone(&self, case: Option<&CaseId>) {
        let mut life = lock(&self.life);
        let when = match (case, &life.last) {
            (Some(id), _) => format!("it was down when the case {id} ended"),
            (None, Some(id)) => format!("it was up after the case {id}, and later down"),
            (None, None) => "it was up when the run began, and later down".to_owned(),
        };
        let Self { peer, target, .. } = self;
        life.gone.get_or_insert(format!("the server of {peer} at {target} has died: {when}"));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
