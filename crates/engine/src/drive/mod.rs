//! Runs one case: starts both peers with the recorder between them, waits for the end of the case, ends the
//! rest, and returns the observations. It judges nothing.

mod address;
mod case;
mod error;
mod hand;
mod party;
mod prepare;
mod room;
mod senders;
mod socket_directory;
mod waits;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use address::Site;
use case::Case;
pub use error::DriveError;
use error::{UNREAD, failed};
pub use hand::{Asked, Hand, Person, Wanted};
use model::blob::Blob;
use model::case::Transport;
use model::observation::{Observation, Role, Stop, WireLog};
use model::{Addresses, Beside, Endpoint, Input, Scenario, Sign, Step, Truth};
use party::Party;
use prepare::{Start, until_up};
use room::Room;
pub use room::Rooms;
pub use socket_directory::SocketDirectory;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::network::{Disturbance, Patience, Ports, Recorder, Recording, Sides};
use crate::peer::{Peer, Prompt, Spawner, StartError, Target, Template, User};
use crate::platform::Namespaces;
use crate::script;

/// What every case needs.
#[derive(Debug)]
pub struct Driver {
    /// Starts peers.
    pub spawner: Spawner,
    /// Allocates ports.
    pub ports: Ports,
    /// The directories of running cases.
    pub rooms: Rooms,
    /// Makes a network namespace for each program with a fixed address.
    pub namespaces: Namespaces,
    /// The time limit of a case.
    pub deadline: Duration,
    /// The time limit of a case in which a person starts a program, if it is longer.
    pub by_hand: Duration,
}

/// A case in the form that the driver needs.
pub struct Play<'a> {
    /// The scenario.
    pub scenario: &'a dyn Scenario,
    /// The server's side.
    pub server: Side<'a>,
    /// The client's side.
    pub client: Side<'a>,
    /// The transport of each side that can use it.
    pub transport: Transport,
    /// The network between the two.
    pub disturbance: Disturbance,
    /// The input.
    pub input: &'a Input,
    /// How a known hang of one of the two programs shows.
    pub sign: Option<(Role, Sign)>,
    /// Whether to give the server time to close the connection after its client has.
    pub await_close: bool,
    /// Whether to give the server time to end by itself after its client has.
    pub await_end: bool,
    /// The case is over after this many consecutive looks without traffic in which both programs sleep. With
    /// `None`, a program that waits for ever fails.
    pub rests: Option<u32>,
    /// How many consecutive looks the sleeping server gets after the client, to see whether it continues or
    /// ends.
    pub settles: Option<u32>,
    /// Whether a program has sent something wrong. Such a case ends soon after both programs sleep.
    pub astray: Option<&'a (dyn Fn(&WireLog) -> bool + Sync)>,
    /// Whether each Python program gets an interpreter of its own, instead of a fork of a warm one.
    pub fresh: bool,
    /// For each program, the server first: whether to check that it does not keep a processor busy, and from
    /// how much processor time on.
    pub busy: [Option<Duration>; 2],
    /// The follow-up client, which is undisturbed, and its input.
    pub control: Option<(&'a Input, Side<'a>)>,
}

/// One side of a case.
#[derive(Debug, Clone)]
pub enum Side<'a> {
    /// A peer's program.
    Peer(&'a Peer, &'a Template),
    /// A peer's server that runs already.
    Running(&'a Peer, &'a Target),
    /// The harness, which plays a script.
    Script(Vec<Step>),
    /// A person, who starts the program.
    Hand(Hand),
    /// No program: the scenario is one program.
    Nobody,
}

impl Driver {
    /// Runs a case.
    ///
    /// # Errors
    ///
    /// The harness could not do its work. What a peer does wrong is an observation, not an error.
    pub async fn run(&self, play: &Play<'_>) -> Result<Observation, DriveError> {
        let room = self
            .rooms
            .take(play.scenario, play.input)
            .map_err(failed("cannot make a case's directory"))?;
        let (server_site, client_site) = self.sites(play)?;
        let server_endpoint = self.server_endpoint(play, &server_site, &room)?;
        let recorder = bind_recorder(play, &server_endpoint, (&server_site, &client_site), &room)?;
        let client_endpoint = match &recorder {
            Some(recorder) => recorder.client_endpoint().map_err(failed("cannot bind"))?,
            None => server_endpoint.clone(),
        };

        let first = Visit {
            side: &play.client,
            input: play.input,
            lines: &play.input.lines,
            directory: &room.client,
            site: &client_site,
        };
        let server_at = (&server_endpoint, &server_site);
        self.set_all_up(play, &room, server_at, &client_endpoint, &first).await?;
        let is_by_hand =
            matches!((&play.server, &play.client), (Side::Hand(_), _) | (_, Side::Hand(_)));
        let limit = if is_by_hand { self.deadline.max(self.by_hand) } else { self.deadline };
        let recording = Recording::start();
        let deadline = Instant::from_std(recording.started() + limit);
        let server = self.start_server(play, &room, server_at)?;
        let is_described = play.scenario.truth() == Truth::Reference;
        let listening_by = is_described.then(|| deadline - limit / 2);
        let unready = until_up(play, &server, server_at, deadline, listening_by).await;
        let client = match &unready {
            None => self.start_client(play, &room, &client_endpoint, &first)?,
            Some(_) => Party::Nobody,
        };
        // A running server that refuses a connection is not waited for: it will not come up.
        let is_running = play.server.is_running();
        let at_first = if is_running { Patience::ServerHasEnded } else { Patience::Full };
        let (patience, until) = watch::channel(at_first);
        let passing = pass(recorder, recording.clone(), until, play.disturbance.clone());

        let noted = recording.clone();
        let address = server_endpoint.to_string();
        let case = Case {
            play,
            room: &room,
            address,
            recording,
            server,
            client,
            patience,
            passing,
            unready,
        };
        let mut left_for_next = None;
        let next = |visit: Next<'_>| {
            let visit = match visit {
                Next::Later(lines) => Visit { lines, ..first },
                Next::Control(input, side) => {
                    left_for_next = play.settles.map(|_| room.server_files());
                    Visit { side, input, lines: &input.lines, directory: &room.control, ..first }
                }
            };
            self.start_client(play, &room, &client_endpoint, &visit)
        };
        let mut seen = case.finish(deadline, next).await?;
        let clients = noted.clients_seen_by_server();
        let addresses = Addresses { clients, server: client_site.shown(client_endpoint) };
        hide_addresses(play, &addresses, &mut seen);
        let unread = failed(UNREAD);
        room.collect(&mut seen).map_err(&unread)?;
        if let (Some(control), Some(left)) = (&mut seen.control, left_for_next) {
            control.server_files = left.map_err(&unread)?;
        }
        let is_stranger = |side: &Side<'_>| side.is_strange(play.scenario);
        let is_deserted = !is_stranger(&play.server) && !is_stranger(&play.client);
        self.rooms.give_back(room, is_deserted).map_err(failed("cannot clear up"))?;
        Ok(seen)
    }

    /// Where the server listens or will listen.
    fn server_endpoint(
        &self,
        play: &Play<'_>,
        site: &Site,
        room: &Room,
    ) -> Result<Endpoint, DriveError> {
        if let Side::Running(_, target) = &play.server {
            return Ok(target.at.clone());
        }
        if let Some(at) = site.at {
            return Ok(Endpoint::Inet(at));
        }
        let speaks = site.speaks;
        Ok(if speaks.is_path() {
            Endpoint::Path(room.sockets.join("server"))
        } else {
            let port = if speaks == Transport::None { 0 } else { self.ports.take(speaks)? };
            Endpoint::Inet(SocketAddr::new(Endpoint::loopback(speaks), port))
        })
    }

    /// Runs the set-up of each program that has one: the server's, then the clients'.
    async fn set_all_up(
        &self,
        play: &Play<'_>,
        room: &Room,
        server: (&Endpoint, &Site),
        client: &Endpoint,
        first: &Visit<'_>,
    ) -> Result<(), DriveError> {
        if let Side::Peer(peer, template) = &play.server {
            let start = server_start(play, (peer, template), room, server);
            self.set_up(play, &start).await?;
        }
        let control = play.control.as_ref().map(|(input, side)| Visit {
            side,
            input,
            lines: &input.lines,
            directory: &room.control,
            site: first.site,
        });
        for visit in [Some(*first), control].into_iter().flatten() {
            if let Side::Peer(peer, template) = visit.side {
                let start = client_start(play, (peer, template), &visit, client);
                self.set_up(play, &start).await?;
            }
        }
        Ok(())
    }

    fn start_server(
        &self,
        play: &Play<'_>,
        room: &Room,
        (endpoint, site): (&Endpoint, &Site),
    ) -> Result<Party, DriveError> {
        match &play.server {
            Side::Peer(peer, template) => {
                let start = server_start(play, (peer, template), room, (endpoint, site));
                let user = play.user(Role::Server, &play.input.server_lines);
                Ok(Party::Process(self.spawner.start(peer, &start.command(play), &user)?))
            }
            Side::Running(..) => Ok(Party::Running),
            Side::Script(steps) => {
                let side = script::Side::server(endpoint, play.transport.is_datagram())
                    .map_err(failed("cannot listen"))?;
                Ok(Party::script(script::play(side, steps.clone())))
            }
            Side::Hand(hand) => {
                hand.tell(Wanted {
                    address: endpoint.clone(),
                    file: room.file.clone(),
                    literals: play.scenario.literals(Role::Server, play.input),
                    lines: play.input.server_lines.clone(),
                    directory: room.server.clone(),
                    beside: names(&play.input.server_beside),
                });
                Ok(Party::Hand(hand.clone()))
            }
            Side::Nobody => Ok(Party::Nobody),
        }
    }

    fn start_client(
        &self,
        play: &Play<'_>,
        room: &Room,
        endpoint: &Endpoint,
        visit: &Visit<'_>,
    ) -> Result<Party, StartError> {
        match visit.side {
            Side::Peer(peer, template) => {
                let start = client_start(play, (peer, template), visit, endpoint);
                let user = play.user(Role::Client, visit.lines);
                Ok(Party::Process(self.spawner.start(peer, &start.command(play), &user)?))
            }
            Side::Script(steps) => {
                let side = script::Side::Client {
                    server: endpoint.clone(),
                    place: visit.site.place.clone(),
                    is_datagram: play.transport.is_datagram(),
                    directory: room.sockets.clone(),
                };
                Ok(Party::script(script::play(side, steps.clone())))
            }
            Side::Hand(hand) => {
                hand.tell(Wanted {
                    address: endpoint.clone(),
                    file: None,
                    literals: play.scenario.literals(Role::Client, visit.input),
                    lines: visit.lines.to_vec(),
                    directory: visit.directory.to_owned(),
                    beside: names(&visit.input.beside),
                });
                Ok(Party::Hand(hand.clone()))
            }
            // A client never runs already.
            Side::Running(..) | Side::Nobody => Ok(Party::Nobody),
        }
    }
}

/// Relays the traffic of both sides through the recorder. The receiver gets the result once.
fn pass(
    recorder: Option<Recorder>,
    recording: Recording,
    until: watch::Receiver<Patience>,
    disturbance: Disturbance,
) -> watch::Receiver<Option<Result<(), Stop>>> {
    let (passed, passing) = watch::channel(None);
    tokio::spawn(async move {
        let result = match recorder {
            Some(recorder) => recorder.pass(recording, until, disturbance).await,
            None => Ok(()),
        };
        passed.send_replace(Some(result));
    });
    passing
}

/// Listens for the client; `None` if there is no client.
fn bind_recorder(
    play: &Play<'_>,
    server: &Endpoint,
    (server_site, client_site): (&Site, &Site),
    room: &Room,
) -> Result<Option<Recorder>, DriveError> {
    if play.transport == Transport::None {
        return Ok(None);
    }
    let sides = Sides {
        client: client_site.speaks,
        client_at: client_site.at,
        client_place: client_site.place.clone(),
        server: server.clone(),
        server_place: server_site.place.clone(),
        directory: room.sockets.clone(),
        is_up: play.server.is_running(),
    };
    Ok(Some(Recorder::bind(&sides).map_err(failed("cannot bind the recorder"))?))
}

fn names(beside: &BTreeMap<String, Beside>) -> Vec<String> {
    beside.keys().cloned().collect()
}

fn server_start<'a>(
    play: &Play<'_>,
    (peer, template): (&'a Peer, &'a Template),
    room: &'a Room,
    (endpoint, site): (&'a Endpoint, &'a Site),
) -> Start<'a> {
    Start {
        peer,
        template,
        role: Role::Server,
        endpoint,
        site,
        file: room.file.as_deref(),
        literals: play.scenario.literals(Role::Server, play.input),
        directory: &room.server,
    }
}

fn client_start<'a>(
    play: &Play<'_>,
    (peer, template): (&'a Peer, &'a Template),
    visit: &Visit<'a>,
    endpoint: &'a Endpoint,
) -> Start<'a> {
    Start {
        peer,
        template,
        role: Role::Client,
        endpoint,
        site: visit.site,
        file: None,
        literals: play.scenario.literals(Role::Client, visit.input),
        directory: visit.directory,
    }
}

/// Replaces the addresses of a case on all screens.
fn hide_addresses(play: &Play<'_>, addresses: &Addresses, seen: &mut Observation) {
    let scenario = play.scenario;
    if play.transport.is_datagram() && scenario.truth() == Truth::Model {
        senders::mark_wrong(addresses, seen);
    }
    scenario.hide_addresses(Role::Server, addresses, &mut seen.server.stdout.0);
    scenario.hide_addresses(Role::Client, addresses, &mut seen.client.stdout.0);
    if let Some(control) = &mut seen.control {
        scenario.hide_addresses(Role::Client, addresses, &mut control.client.stdout.0);
    }
}

/// The start of one client.
#[derive(Clone, Copy)]
struct Visit<'a> {
    side: &'a Side<'a>,
    input: &'a Input,
    lines: &'a [Blob],
    directory: &'a Path,
    site: &'a Site,
}

/// The client that follows.
enum Next<'a> {
    /// The same client again, with other lines.
    Later(&'a [Blob]),
    /// The positive control.
    Control(&'a Input, &'a Side<'a>),
}

impl Side<'_> {
    /// Whether this side is a peer's own program, which may leave things behind.
    fn is_strange(&self, scenario: &dyn Scenario) -> bool {
        match self {
            Self::Peer(peer, _) => peer.is_stranger || scenario.truth() == Truth::Reference,
            Self::Hand(_) => true,
            Self::Running(..) | Self::Script(_) | Self::Nobody => false,
        }
    }

    /// Whether it is a server that framecheck does not start.
    const fn is_running(&self) -> bool {
        matches!(self, Self::Running(..))
    }
}

impl Play<'_> {
    /// The user of the program in `role`, with the lines to type.
    fn user(&self, role: Role, lines: &[Blob]) -> User {
        let own = self.input.prompts.get(role.name()).map(String::as_str);
        let prompt = own.or_else(|| self.scenario.prompt(role)).map(str::to_owned);
        let is_described = self.scenario.truth() == Truth::Reference;
        let terminal = match prompt {
            _ if !self.input.terminal => None,
            Some(prompt) => Some(Prompt::Shown(prompt)),
            None => is_described.then_some(Prompt::Unknown),
        };
        User { lines: lines.to_vec(), terminal }
    }
}
