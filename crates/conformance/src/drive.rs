//! Run one case: start both peers with the recorder between them, wait for what ends the case, end
//! the rest, and give back all that was seen. It judges nothing.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout_at;

use crate::blob::Blob;
use crate::case::Transport;
use crate::catalogue::{Exchange, Input, Sign, contains};
use crate::network::{Patience, Ports, PortsError, Recording, TcpRecorder, UdpRecorder};
use crate::observation::{Exit, Observation, PeerEnd, Role, Stop, WireLog};
use crate::peer::{Command, Peer, Places, Process, Spawner, StartError, Template};
use crate::script;

/// Stands for the client's address in what a server prints, which differs from run to run.
pub const CLIENT_ADDRESS: &str = "{client address}";

/// How long a server may take to end when it is asked to.
const ENDING: Duration = Duration::from_secs(5);
/// A known hang has happened when nothing has moved for this long.
const QUIET: Duration = Duration::from_millis(400);
/// How long bytes may be under way when both programs have ended.
const LAST_BYTES: Duration = Duration::from_millis(200);
/// More of a peer's files than this is not kept.
const FILE_MAX_BYTES: u64 = 64 << 20;

/// What every case needs.
#[derive(Debug)]
pub struct Driver {
    /// Starts peers.
    pub spawner: Spawner,
    /// Gives out ports.
    pub ports: Ports,
    /// Where each case has its directory while it runs.
    pub scratch: PathBuf,
    /// How long a case may take.
    pub deadline: Duration,
}

/// A case as the driver needs it.
#[derive(Debug)]
pub struct Play<'a> {
    /// A name for its directory, unique among the cases that run.
    pub directory: String,
    /// Who serves.
    pub server: &'a Peer,
    /// The server's command.
    pub server_template: &'a Template,
    /// Who connects, and how.
    pub client: Connecting<'a>,
    /// What the bytes travel in.
    pub transport: Transport,
    /// What is put in.
    pub input: &'a Input,
    /// What a known hang of one of the two programs looks like.
    pub sign: Option<(Role, Sign)>,
    /// Whether to give the server time to close the connection after its client has.
    pub await_close: bool,
}

/// The client side of a case.
#[derive(Debug)]
pub enum Connecting<'a> {
    /// A peer's program.
    Peer(&'a Peer, &'a Template),
    /// The harness, by script.
    Script(Vec<Exchange>),
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
    /// A directory or a socket.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        error: io::Error,
    },
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
        let room = Room::make(&self.scratch.join(&play.directory), play.input)
            .map_err(failed("cannot make a case's directory"))?;
        let port = self.ports.take(play.transport)?;
        let server_address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let recorder = Recorder::bind(play.transport, server_address)
            .await
            .map_err(failed("cannot bind the recorder"))?;
        let client_address = recorder.client_address().map_err(failed("cannot bind"))?;
        let seen_by_server = recorder.seen_by_server();

        let recording = Recording::start();
        let deadline = tokio::time::Instant::from_std(recording.started() + self.deadline);
        let server = self.start_server(play, &room, server_address)?;
        let client = self.start_client(play, &room, client_address)?;
        let (patience, until) = watch::channel(Patience::Full);
        let (passed, passing) = watch::channel(None);
        let noting = recording.clone();
        tokio::spawn(async move {
            passed.send_replace(Some(recorder.pass(noting, until).await));
        });

        let case = Case { play, recording, server, client, patience, passing };
        let mut seen = case.finish(deadline).await?;
        if let Some(address) = seen_by_server {
            let shown = python_address(address);
            seen.server.stdout = replaced(&seen.server.stdout, &shown, CLIENT_ADDRESS);
        }
        room.collect(&mut seen).map_err(failed("cannot read a peer's files"))?;
        Ok(seen)
    }

    fn start_server(
        &self,
        play: &Play<'_>,
        room: &Room,
        address: SocketAddr,
    ) -> Result<Process, StartError> {
        let places = Places { address, file: room.file.clone(), input: play.input };
        let argv = play.server_template.fill(&places);
        let command = Command { argv, directory: room.server.clone() };
        self.spawner.start(play.server, &command, Vec::new())
    }

    fn start_client(
        &self,
        play: &Play<'_>,
        room: &Room,
        address: SocketAddr,
    ) -> Result<Client, StartError> {
        match &play.client {
            Connecting::Peer(peer, template) => {
                let places = Places { address, file: None, input: play.input };
                let command =
                    Command { argv: template.fill(&places), directory: room.client.clone() };
                let process = self.spawner.start(peer, &command, play.input.stdin())?;
                Ok(Client::Process(process))
            }
            Connecting::Script(exchanges) => {
                let (done, ended) = watch::channel(false);
                let (transport, exchanges) = (play.transport, exchanges.clone());
                let task = tokio::spawn(async move {
                    script::play(transport, address, exchanges).await;
                    done.send_replace(true);
                });
                Ok(Client::Script { task, ended })
            }
        }
    }
}

/// A case under way.
struct Case<'a> {
    play: &'a Play<'a>,
    recording: Recording,
    server: Process,
    client: Client,
    patience: watch::Sender<Patience>,
    passing: watch::Receiver<Option<Result<(), Stop>>>,
}

enum Client {
    Process(Process),
    Script { task: JoinHandle<()>, ended: watch::Receiver<bool> },
}

impl Case<'_> {
    /// Wait for the case's end, end what is left, and gather what was seen.
    async fn finish(self, deadline: tokio::time::Instant) -> Result<Observation, DriveError> {
        let mut stopped = match timeout_at(deadline, self.until_client_ends()).await {
            Ok(stop) => stop,
            Err(_) => Some(Stop::Deadline("the client to end".to_owned())),
        };
        let client_by_itself = self.client.has_ended();
        self.client.kill();
        if stopped.is_none() && timeout_at(deadline, self.until_server_is_done()).await.is_err() {
            stopped = Some(Stop::Deadline("the server to close the connection".to_owned()));
        }

        let server_by_itself = self.server.exit().is_some();
        let in_order = matches!(stopped, None | Some(Stop::Quiet));
        self.server.signal(if in_order { Signal::TERM } else { Signal::KILL });
        let server_exit = match tokio::time::timeout(ENDING, self.server.wait()).await {
            Ok(exit) => exit,
            Err(_) => {
                stopped = Some(Stop::Deadline("the server to end on SIGTERM".to_owned()));
                self.server.signal(Signal::KILL);
                self.server.wait().await
            }
        };
        // With both programs gone, a stream comes to its end by itself.
        let mut passing = self.passing.clone();
        if !self.play.transport.is_datagram() {
            let _ = tokio::time::timeout(LAST_BYTES, passing.wait_for(Option::is_some)).await;
        }
        self.patience.send_replace(Patience::None);
        if let Ok(Some(Err(stop))) = passing.wait_for(Option::is_some).await.as_deref() {
            stopped = Some(stop.clone());
        }

        if let Some(lost) = self.server.lost().or_else(|| self.client.lost()) {
            return Err(lost.into());
        }
        let took = self.recording.started().elapsed();
        let wire = self.recording.snapshot();
        let (stdout, stderr) = self.server.finish().await;
        let server = peer_end(server_exit, server_by_itself, stdout, stderr);
        let client = self.client.finish(client_by_itself).await;
        Ok(Observation { wire, server, client, stopped, took })
    }

    /// Wait until the client has ended, or until it is clear that it won't.
    async fn until_client_ends(&self) -> Option<Stop> {
        let mut passing = self.passing.clone();
        tokio::select! {
            () = self.client.wait() => None,
            () = self.known_hang() => Some(Stop::Quiet),
            Ok(result) = passing.wait_for(|result| matches!(result, Some(Err(_)))) => {
                result.clone().and_then(Result::err)
            }
            never = self.tell_when_the_server_has_ended() => match never {},
        }
    }

    /// Tell the recorder when the server has ended: if it can't be reached then, it never will, and
    /// the client is to see its connection end.
    async fn tell_when_the_server_has_ended(&self) -> Infallible {
        self.server.wait().await;
        self.patience.send_replace(Patience::ServerHasEnded);
        std::future::pending().await
    }

    /// Wait for the sign of a known hang, and then until nothing moves any more.
    async fn known_hang(&self) {
        let Some((role, Sign::QuietAfter(text))) = self.play.sign else {
            return std::future::pending().await;
        };
        let output = match (role, &self.client) {
            (Role::Server, _) => &self.server.stdout,
            (Role::Client, Client::Process(process)) => &process.stdout,
            (Role::Client, Client::Script { .. }) => return std::future::pending().await,
        };
        output.wait_until(|seen| contains(seen, text.as_bytes())).await;
        loop {
            let events = self.recording.snapshot().events.len();
            let moved = self.recording.wait_until(|log| log.events.len() > events);
            if tokio::time::timeout(QUIET, moved).await.is_err() {
                return;
            }
        }
    }

    /// After the client: wait until the server has done what it is expected to do about that.
    async fn until_server_is_done(&self) {
        let done = async {
            match self.play.sign {
                Some((Role::Server, Sign::Repeated(text, times))) => {
                    let often = |seen: &[u8]| count(seen, text.as_bytes()) >= times;
                    self.server.stdout.wait_until(often).await;
                }
                _ if self.play.await_close => {
                    self.recording.wait_until(WireLog::is_closed_by_server).await;
                }
                _ => {}
            }
        };
        tokio::select! {
            () = done => {}
            _ = self.server.wait() => {}
        }
    }
}

impl Client {
    fn has_ended(&self) -> bool {
        match self {
            Self::Process(process) => process.exit().is_some(),
            Self::Script { ended, .. } => *ended.borrow(),
        }
    }

    async fn wait(&self) {
        match self {
            Self::Process(process) => {
                process.wait().await;
            }
            Self::Script { ended, .. } => {
                let _ = ended.clone().wait_for(|ended| *ended).await;
            }
        }
    }

    fn lost(&self) -> Option<StartError> {
        match self {
            Self::Process(process) => process.lost(),
            Self::Script { .. } => None,
        }
    }

    fn kill(&self) {
        match self {
            Self::Process(process) => process.signal(Signal::KILL),
            Self::Script { task, .. } => task.abort(),
        }
    }

    async fn finish(self, by_itself: bool) -> PeerEnd {
        match self {
            Self::Process(process) => {
                let exit = process.wait().await;
                let (stdout, stderr) = process.finish().await;
                peer_end(exit, by_itself, stdout, stderr)
            }
            Self::Script { .. } => peer_end(None, by_itself, Vec::new(), Vec::new()),
        }
    }
}

fn peer_end(exit: Option<Exit>, by_itself: bool, stdout: Vec<u8>, stderr: Vec<u8>) -> PeerEnd {
    let (stdout, stderr) = (stdout.into(), stderr.into());
    PeerEnd { exit, by_itself, stdout, stderr, files: BTreeMap::new() }
}

/// The recorder of a case's transport.
enum Recorder {
    Tcp(TcpRecorder),
    Udp(UdpRecorder),
}

impl Recorder {
    async fn bind(transport: Transport, server: SocketAddr) -> io::Result<Self> {
        match transport {
            Transport::Tcp4 => TcpRecorder::bind(server).await.map(Self::Tcp),
            Transport::Udp4 => UdpRecorder::bind(server).await.map(Self::Udp),
        }
    }

    fn client_address(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Tcp(recorder) => recorder.client_address(),
            Self::Udp(recorder) => recorder.client_address(),
        }
    }

    /// Where the server will see its client, if that is known before it does.
    fn seen_by_server(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(_) => None,
            Self::Udp(recorder) => recorder.seen_by_server().ok(),
        }
    }

    async fn pass(
        self,
        recording: Recording,
        patience: watch::Receiver<Patience>,
    ) -> Result<(), Stop> {
        match self {
            Self::Tcp(recorder) => recorder.pass(recording, patience).await,
            Self::Udp(recorder) => recorder.pass(recording, patience).await,
        }
    }
}

/// The directories of a case.
struct Room {
    root: PathBuf,
    server: PathBuf,
    client: PathBuf,
    file: Option<PathBuf>,
}

impl Room {
    fn make(root: &Path, input: &Input) -> io::Result<Self> {
        let (server, client) = (root.join("server"), root.join("client"));
        fs::create_dir_all(&server)?;
        fs::create_dir(&client)?;
        let file = match &input.file {
            None => None,
            Some(bytes) => {
                let served = root.join("served");
                fs::create_dir(&served)?;
                // The tutorial's name for what it sends, so that a server that is told no other
                // can announce the file's own.
                let file = served.join("xyyyhtl.txt");
                fs::write(&file, &bytes.0)?;
                Some(file)
            }
        };
        Ok(Self { root: root.to_owned(), server, client, file })
    }

    /// Take up what the peers left, and clear up.
    fn collect(self, seen: &mut Observation) -> io::Result<()> {
        seen.server.files = files_in(&self.server)?;
        seen.client.files = files_in(&self.client)?;
        fs::remove_dir_all(&self.root)
    }
}

fn files_in(directory: &Path) -> io::Result<BTreeMap<String, Blob>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let about = entry.metadata()?;
        let content = if !about.is_file() {
            format!("(not a regular file: {:?})", about.file_type()).into_bytes()
        } else if about.len() > FILE_MAX_BYTES {
            format!("({} bytes)", about.len()).into_bytes()
        } else {
            fs::read(entry.path())?
        };
        files.insert(name, Blob(content));
    }
    Ok(files)
}

/// The tuple that Python's `recvfrom` gives for an IPv4 address.
fn python_address(address: SocketAddr) -> String {
    format!("('{}', {})", address.ip(), address.port())
}

fn replaced(hay: &Blob, needle: &str, with: &str) -> Blob {
    let mut rest = &hay.0[..];
    let mut made = Vec::with_capacity(rest.len());
    while let Some(at) = rest.windows(needle.len()).position(|seen| seen == needle.as_bytes()) {
        let (before, after) = rest.split_at(at);
        made.extend_from_slice(before);
        made.extend_from_slice(with.as_bytes());
        rest = after.split_at(needle.len()).1;
    }
    made.extend_from_slice(rest);
    Blob(made)
}

fn count(hay: &[u8], needle: &[u8]) -> usize {
    hay.windows(needle.len().max(1)).filter(|window| *window == needle).count()
}
