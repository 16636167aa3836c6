//! Whose turn it is with what framecheck does not start: a server that runs already is sent one case at a time,
//! unless it may be sent several, and a person plays one. A server that is gone is sent nothing more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::Scenario;
use model::case::{CaseId, Pairing};
use model::event::NotPlayed;
use model::observation::{Observation, Role};
use tokio::sync::OwnedMutexGuard;

use super::Stage;
use crate::peer::Target;

/// The servers that run already, by address, and the one place that a person has.
#[derive(Debug, Default)]
pub(super) struct Others {
    servers: Mutex<HashMap<String, Arc<Server>>>,
    person: Arc<tokio::sync::Mutex<()>>,
}

/// A server that runs already.
#[derive(Debug)]
struct Server {
    /// The peer that has it.
    peer: String,
    target: Target,
    is_datagram: bool,
    /// Whether the kernel tells of its listening, so that it can be looked at without a connection.
    is_seen: bool,
    alone: Arc<tokio::sync::Mutex<()>>,
    life: Mutex<Life>,
}

#[derive(Debug, Default)]
struct Life {
    /// The case after which it was last seen to be there.
    last: Option<CaseId>,
    /// How it went, in words.
    gone: Option<String>,
    not_played: Vec<CaseId>,
}

/// The right to play one case, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    server: Option<Arc<Server>>,
    is_by_hand: bool,
    _alone: Vec<OwnedMutexGuard<()>>,
}

/// What has become of a server that runs already, behind a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It is there, as far as that can be told.
    Up,
    /// It went in this case.
    Gone,
    /// It was gone before: the case was not played.
    NotPlayed,
}

impl Stage {
    /// Wait until a pairing may be played.
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

    /// Look once more at every server that runs already, and say which are gone, and which cases were not played
    /// for that.
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
    /// The server that plays for the peer of this name, if that runs already.
    fn server(&self, stage: &Stage, scenario: &dyn Scenario, name: &str) -> Option<Arc<Server>> {
        let target = stage.peers.by_name(name)?.target(Role::Server, scenario.name())?;
        let is_datagram = scenario.home().is_datagram();
        let key = format!("{} {is_datagram}", target.at);
        // Several manifests may name it: each must say that it takes several cases at once.
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
    /// Whether a person is to start the client.
    #[must_use]
    pub const fn is_by_hand(&self) -> bool {
        self.is_by_hand
    }

    /// Whether a case can begin; if its server is gone, it is noted as not played.
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

    /// What has become of the server behind a case, which went wrong or not. `seen` is what was seen of it.
    pub async fn end(&self, id: &CaseId, seen: Option<&Observation>, is_wrong: bool) -> After {
        let Some(server) = &self.server else { return After::Up };
        // Of datagrams it can't be told whether somebody was there to take them.
        let was_refused = !server.is_datagram
            && seen.is_some_and(|seen| seen.wire.is_connected() && !seen.wire.is_open());
        let is_up = if was_refused {
            // Somebody else may listen on a port of this number.
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

    /// It is gone, in this case or else after the last one behind which it was there.
    fn note_gone(&self, case: Option<&CaseId>) {
        let mut life = lock(&self.life);
        let when = match (case, &life.last) {
            (Some(id), _) => format!("it was gone when the case {id} was over"),
            (None, Some(id)) => format!("it was still there after the case {id}, and then no more"),
            (None, None) => "it was there when the run began, and then no more".to_owned(),
        };
        let Self { peer, target, .. } = self;
        life.gone.get_or_insert(format!("the server of {peer} at {target} has died: {when}"));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
