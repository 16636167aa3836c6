//! The steps before a program of a case starts, and before anything connects to it: its set-up, its
//! environment, and the sign that a server is up.

use std::path::Path;
use std::time::Duration;

use model::observation::{Exit, Role, SERVER_READY};
use model::{Endpoint, Literal, Needs};
use regex::bytes::Regex;
use rustix::process::Signal;
use tokio::time::{Instant, timeout, timeout_at};

use super::address::Site;
use super::party::Party;
use super::{DriveError, Driver, Play, Side};
use crate::peer::{Command, OwnAddress, Peer, Places, Template, User};

/// How many of the last lines of a set-up's standard error are shown.
const LAST_LINES: usize = 20;
/// How often to check whether a server listens yet.
const STARTING: Duration = Duration::from_millis(2);

/// A program to start: its peer, its role, and the values of its placeholders.
pub(super) struct Start<'a> {
    pub(super) peer: &'a Peer,
    pub(super) template: &'a Template,
    pub(super) role: Role,
    pub(super) endpoint: &'a Endpoint,
    pub(super) site: &'a Site,
    pub(super) file: Option<&'a Path>,
    pub(super) literals: Vec<Literal>,
    pub(super) directory: &'a Path,
}

impl Start<'_> {
    fn places(&self) -> Places<'_> {
        Places { endpoint: self.endpoint, file: self.file, literals: &self.literals }
    }

    /// The command with its placeholders filled in.
    pub(super) fn command(&self, play: &Play<'_>) -> Command {
        let needs = self.peer.needs_of(self.role, play.scenario.name());
        Command {
            argv: self.template.fill(&self.places()),
            env: needs.map(|needs| environment(needs, &self.places())).unwrap_or_default(),
            directory: self.directory.to_owned(),
            is_stranger: Side::Peer(self.peer, self.template).is_strange(play.scenario),
            is_fresh: play.fresh,
            address: self.site.command(self.endpoint),
        }
    }
}

fn environment(needs: &Needs, places: &Places<'_>) -> Vec<(String, String)> {
    let filled = Template(needs.env.values().cloned().collect()).fill(places);
    needs.env.keys().cloned().zip(filled).collect()
}

impl Driver {
    /// Runs the set-up of a program to its end, if it has one.
    pub(super) async fn set_up(
        &self,
        play: &Play<'_>,
        start: &Start<'_>,
    ) -> Result<(), DriveError> {
        let needs = start.peer.needs_of(start.role, play.scenario.name());
        let Some(needs) = needs.filter(|needs| !needs.setup.is_empty()) else { return Ok(()) };
        let places = start.places();
        let argv = Template(needs.setup.clone()).fill(&places);
        let program = argv.first().cloned().unwrap_or_default();
        let failed = |how: String, said: &[u8]| {
            let said = String::from_utf8_lossy(said);
            let lines: Vec<&str> = said.trim_end().lines().collect();
            let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default();
            let said =
                if last.is_empty() { String::new() } else { format!(": {}", last.join("\n")) };
            DriveError::SetUp { role: start.role, program: program.clone(), how: how + &said }
        };
        let command = Command {
            argv,
            env: environment(needs, &places),
            directory: start.directory.to_owned(),
            is_stranger: true,
            is_fresh: false,
            // It may need the network of this machine, such as a database's.
            address: OwnAddress::Told,
        };
        let nobody = User { lines: Vec::new(), terminal: None };
        let process = self
            .spawner
            .start(start.peer, &command, &nobody)
            .map_err(|error| failed(format!("can't be run: {error}"), b""))?;
        let ended = timeout(self.deadline, process.wait()).await;
        process.signal(Signal::KILL);
        if let Some(lost) = process.lost() {
            return Err(lost.into());
        }
        process.cleaned().await;
        let (_, stderr) = process.finish().await;
        match ended {
            Ok(Some(Exit::Status(0))) => Ok(()),
            Ok(Some(Exit::Status(status))) => {
                Err(failed(format!("ended with status {status}"), &stderr))
            }
            Ok(Some(other @ Exit::Signal(_))) => Err(failed(format!("died of {other}"), &stderr)),
            Ok(None) | Err(_) => {
                let seconds = self.deadline.as_secs();
                Err(failed(format!("has not ended after {seconds} seconds"), &stderr))
            }
        }
    }
}

/// Waits for the sign that a server is up: a line of output or, for the reference of a file, a listening
/// socket. If the sign does not come by the deadline, returns its description.
pub(super) async fn until_up(
    play: &Play<'_>,
    server: &Party,
    at: (&Endpoint, &Site),
    deadline: Instant,
    listening_by: Option<Instant>,
) -> Option<String> {
    let ready = match &play.server {
        Side::Peer(peer, _) => {
            peer.needs_of(Role::Server, play.scenario.name()).and_then(|it| it.ready.as_deref())
        }
        _ => None,
    };
    let regex = ready.and_then(|pattern| Regex::new(pattern).ok());
    match (regex, listening_by) {
        (Some(regex), _) => {
            let is_ready = timeout_at(deadline, server.says(&regex)).await.is_ok();
            let what = || format!("{SERVER_READY}, by a line that matches {:?}", regex.as_str());
            (!is_ready).then(what)
        }
        (None, Some(by)) => {
            until_listening(server, at, by).await;
            None
        }
        (None, None) => None,
    }
}

/// Waits until the server listens, as a user does before starting a client: a client may have a timeout, and a
/// server's runtime may start slowly. Returns at once if the system can't say whether it listens.
async fn until_listening(server: &Party, (endpoint, site): (&Endpoint, &Site), by: Instant) {
    let listens = || match endpoint {
        Endpoint::Path(path) => path.exists(),
        Endpoint::Inet(address) if site.speaks.is_datagram() => {
            site.place.udp_is_bound(address.port()).unwrap_or(true)
        }
        Endpoint::Inet(address) => site.place.tcp_is_listened_on(address.port()).unwrap_or(true),
    };
    let is_started_here = matches!(server, Party::Process(_));
    while is_started_here && !listens() && !server.has_ended() && Instant::now() < by {
        tokio::time::sleep(STARTING).await;
    }
}
