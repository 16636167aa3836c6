//! Run one case: start both peers with the recorder between them, wait for what ends the case, end
//! the rest, and give back all that was seen. It judges nothing.

mod address;
mod case;
mod hand;
mod party;
mod room;
mod waits;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use address::Site;
use case::Case;
pub use hand::{Hand, Wanted};
use model::blob::Blob;
use model::case::Transport;
use model::observation::{Observation, Role, WireLog};
use model::{Addresses, Endpoint, Input, Scenario, Sign, Step, Truth};
use party::Party;
use room::Room;
pub use room::Rooms;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::network::{Disturbance, Patience, Ports, PortsError, Recorder, Recording, Sides};
use crate::peer::{Command, Peer, Places, Prompt, Spawner, StartError, Template, User};
use crate::platform::{Namespaces, NoNamespace};
use crate::script;

/// What every case needs.
#[derive(Debug)]
pub struct Driver {
    /// Starts peers.
    pub spawner: Spawner,
    /// Gives out ports.
    pub ports: Ports,
    /// Where each case has its directories while it runs.
    pub rooms: Rooms,
    /// Makes a network for each program that can't be told an address.
    pub namespaces: Namespaces,
    /// How long a case may take.
    pub deadline: Duration,
}

/// A case as the driver needs it.
pub struct Play<'a> {
    /// What is played.
    pub scenario: &'a dyn Scenario,
    /// Who serves.
    pub server: Side<'a>,
    /// Who connects.
    pub client: Side<'a>,
    /// What the bytes travel in, on the side of whoever can speak it.
    pub transport: Transport,
    /// What lies between the two.
    pub disturbance: Disturbance,
    /// What is put in.
    pub input: &'a Input,
    /// What a known hang of one of the two programs looks like.
    pub sign: Option<(Role, Sign)>,
    /// Whether to give the server time to close the connection after its client has.
    pub await_close: bool,
    /// Whether to give the server time to end by itself after its client has.
    pub await_end: bool,
    /// After so many looks in a row at which nothing moves and both programs sleep, the case is over. Without
    /// it a program that waits for ever is wrong.
    pub rests: Option<u32>,
    /// After the client, the server gets so many looks at which it sleeps, to see whether it goes on or
    /// ends by itself.
    pub settles: Option<u32>,
    /// Whether a program has sent something wrong. Such a case ends soon after both programs sleep.
    pub astray: Option<&'a (dyn Fn(&WireLog) -> bool + Sync)>,
    /// Whether each Python program gets an interpreter of its own, even where a warm one could be forked.
    pub fresh: bool,
    /// Whose programs are looked at for whether they keep a processor busy for nothing, the server
    /// first: and if so, from how much of its time on.
    pub busy: [Option<Duration>; 2],
    /// Who connects afterwards, undisturbed, and with what input.
    pub control: Option<(&'a Input, Side<'a>)>,
}

/// One side of a case.
#[derive(Debug, Clone)]
pub enum Side<'a> {
    /// A peer's program.
    Peer(&'a Peer, &'a Template),
    /// The harness, by script.
    Script(Vec<Step>),
    /// A person, who starts the program.
    Hand(Hand),
    /// Nobody: the scenario is one program.
    Nobody,
}

/// The harness could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// No port.
    #[error(transparent)]
    Ports(#[from] PortsError),
    /// The peer can't be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No network for a program with a fixed address.
    #[error(transparent)]
    NoNamespace(#[from] NoNamespace),
    /// A directory or a socket.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        error: io::Error,
    },
    /// What lies between the two programs is ours, and has panicked.
    #[error("the recorder has panicked; standard error says where")]
    RecorderPanicked,
}

fn failed(what: &'static str) -> impl Fn(io::Error) -> DriveError {
    move |error| DriveError::Io { what, error }
}

impl Driver {
    /// Run a case.
    ///
    /// # Errors
    /// The harness could not do its work. What peers do wrong is no error but an observation.
    pub async fn run(&self, play: &Play<'_>) -> Result<Observation, DriveError> {
        let room = self
            .rooms
            .take(play.scenario, play.input)
            .map_err(failed("cannot make a case's directory"))?;
        let (server_site, client_site) = self.sites(play)?;
        let server_endpoint = self.server_endpoint(&server_site, &room)?;
        let recorder = match play.transport {
            Transport::None => None,
            _ => {
                let sides = Sides {
                    client: client_site.speaks,
                    client_at: client_site.at,
                    client_place: client_site.place.clone(),
                    server: server_endpoint.clone(),
                    server_place: server_site.place.clone(),
                    directory: room.sockets.clone(),
                };
                Some(Recorder::bind(&sides).map_err(failed("cannot bind the recorder"))?)
            }
        };
        let client_endpoint = match &recorder {
            Some(recorder) => recorder.client_endpoint().map_err(failed("cannot bind"))?,
            None => server_endpoint.clone(),
        };

        let recording = Recording::start();
        let deadline = Instant::from_std(recording.started() + self.deadline);
        let server = self.start_server(play, &room, &server_endpoint, &server_site)?;
        if play.scenario.truth() == Truth::Reference {
            let by = deadline - self.deadline / 2;
            until_listening(&server, &server_endpoint, &server_site, by).await;
        }
        let first = Visit {
            side: &play.client,
            input: play.input,
            lines: &play.input.lines,
            directory: &room.client,
            site: &client_site,
        };
        let client = self.start_client(play, &room, &client_endpoint, &first)?;
        let (patience, until) = watch::channel(Patience::Full);
        let (passed, passing) = watch::channel(None);
        let noting = recording.clone();
        let disturbance = play.disturbance.clone();
        tokio::spawn(async move {
            let result = match recorder {
                Some(recorder) => recorder.pass(noting, until, disturbance).await,
                None => Ok(()),
            };
            passed.send_replace(Some(result));
        });

        let noted = recording.clone();
        let address = server_endpoint.to_string();
        let case = Case { play, address, recording, server, client, patience, passing };
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
        let shown = client_site.shown(client_endpoint);
        hide_addresses(play.scenario, &Addresses { clients, server: shown }, &mut seen);
        let unread = failed("cannot read a peer's files");
        room.collect(&mut seen).map_err(&unread)?;
        if let (Some(control), Some(left)) = (&mut seen.control, left_for_next) {
            control.server_files = left.map_err(&unread)?;
        }
        let is_stranger = |side: &Side<'_>| side.is_strange(play.scenario);
        let is_deserted = !is_stranger(&play.server) && !is_stranger(&play.client);
        self.rooms.give_back(room, is_deserted).map_err(failed("cannot clear up"))?;
        Ok(seen)
    }

    /// Where a server is to listen.
    fn server_endpoint(&self, site: &Site, room: &Room) -> Result<Endpoint, DriveError> {
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

    fn start_server(
        &self,
        play: &Play<'_>,
        room: &Room,
        endpoint: &Endpoint,
        site: &Site,
    ) -> Result<Party, DriveError> {
        match &play.server {
            Side::Peer(peer, template) => {
                let literals = play.scenario.literals(Role::Server, play.input);
                let places = Places { endpoint, file: room.file.as_deref(), literals: &literals };
                let argv = template.fill(&places);
                let directory = room.server.clone();
                let is_stranger = play.server.is_strange(play.scenario);
                let (is_fresh, address) = (play.fresh, site.command(endpoint));
                let command = Command { argv, directory, is_stranger, is_fresh, address };
                let user = play.user(Role::Server, &play.input.server_lines);
                Ok(Party::Process(self.spawner.start(peer, &command, &user)?))
            }
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
                let literals = play.scenario.literals(Role::Client, visit.input);
                let places = Places { endpoint, file: None, literals: &literals };
                let argv = template.fill(&places);
                let directory = visit.directory.to_owned();
                let is_stranger = visit.side.is_strange(play.scenario);
                let (is_fresh, address) = (play.fresh, visit.site.command(endpoint));
                let command = Command { argv, directory, is_stranger, is_fresh, address };
                let user = play.user(Role::Client, visit.lines);
                Ok(Party::Process(self.spawner.start(peer, &command, &user)?))
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
                });
                Ok(Party::Hand(hand.clone()))
            }
            Side::Nobody => Ok(Party::Nobody),
        }
    }
}

/// Take the addresses of a case off all screens.
fn hide_addresses(scenario: &dyn Scenario, addresses: &Addresses, seen: &mut Observation) {
    scenario.hide_addresses(Role::Server, addresses, &mut seen.server.stdout.0);
    scenario.hide_addresses(Role::Client, addresses, &mut seen.client.stdout.0);
    if let Some(control) = &mut seen.control {
        scenario.hide_addresses(Role::Client, addresses, &mut control.client.stdout.0);
    }
}

/// How often a server is looked at that does not listen yet.
const STARTING: Duration = Duration::from_millis(2);

/// Wait until the server listens, as a user does before he starts a client: a client may have a timeout of its
/// own, and a server a runtime that takes long to start. Where the system doesn't tell, nobody waits.
async fn until_listening(server: &Party, endpoint: &Endpoint, site: &Site, by: Instant) {
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

/// One client's coming.
#[derive(Clone, Copy)]
struct Visit<'a> {
    side: &'a Side<'a>,
    input: &'a Input,
    lines: &'a [Blob],
    directory: &'a Path,
    site: &'a Site,
}

/// Who comes when the client before has ended.
enum Next<'a> {
    /// The same again, with other lines.
    Later(&'a [Blob]),
    /// The positive control.
    Control(&'a Input, &'a Side<'a>),
}

impl Side<'_> {
    /// Whether what runs there is not ours, and may leave anything behind.
    fn is_strange(&self, scenario: &dyn Scenario) -> bool {
        match self {
            Self::Peer(peer, _) => peer.is_stranger || scenario.truth() == Truth::Reference,
            Self::Hand(_) => true,
            Self::Script(_) | Self::Nobody => false,
        }
    }
}

impl Play<'_> {
    /// Who sits at the program in `role`, with these lines to type.
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
