//! Finds and starts what cases need.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use engine::baseline::cache::Cache;
use engine::drive::{Driver, Rooms, SocketDirectory};
use engine::network::Ports;
use engine::peer::{
    ManifestError, Peer, Peers, Spawner, Template, adopt_orphans, missing_program, remove_if_killed,
};
use engine::plan::choose_scenarios;
use engine::platform::Namespaces;
use engine::stage::Stage;
use framecheck::built_in::RUST;
use framecheck::{built_in, interpreters};
use model::event::PeerInfo;
use model::observation::Role;
use model::{Catalogue, Needs, Scenario, Truth};
use protocols::Protocol;
use tempfile::TempDir;
use tutorials::reference::Reference;
use tutorials::{Oracle, REFERENCE};

use super::machine::{guarded, no_place, temporary};
use super::others::{are_allowed, person};
use super::out::say;
use super::{Means, SetupArgs, Usage};

/// How long a program may take to print its version. After that, it has none.
const VERSION_MAX: Duration = Duration::from_secs(5);

/// The playable scenarios, and the oracle that they ask once it has started.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) catalogue: Catalogue,
    pub(super) oracle: Arc<Oracle>,
    /// The scenarios that protocol files describe.
    pub(super) protocols: Vec<Arc<Protocol>>,
    /// All scenarios that a manifest may declare, played or not.
    all: Catalogue,
}

impl Known {
    /// The tutorials' scenarios.
    pub(super) fn new() -> Self {
        let oracle = Arc::<Oracle>::default();
        let catalogue = tutorials::catalogue(&oracle);
        Self { all: catalogue.clone(), catalogue, oracle, protocols: Vec::new() }
    }

    /// The scenarios of these files, and the matching scenarios of the tutorials. Without a file, only those of
    /// the tutorials.
    pub(super) fn with(files: &[PathBuf], scenarios: &[String]) -> anyhow::Result<Self> {
        let of_tutorials = Self::new();
        if files.is_empty() {
            return Ok(of_tutorials);
        }
        let mut protocols: Vec<Arc<Protocol>> = Vec::new();
        for file in files {
            let taken: Vec<&str> = of_tutorials
                .catalogue
                .names()
                .chain(protocols.iter().map(|protocol| protocol.name()))
                .collect();
            let protocol = Protocol::read(file, &taken)?;
            if let Some(warnings) = protocol.warnings() {
                say(warnings);
            }
            protocols.push(Arc::new(protocol));
        }
        let own = || protocols.iter().map(|protocol| protocol.clone() as Arc<dyn Scenario>);
        let all = Catalogue::new(own().chain(of_tutorials.all.iter().cloned()).collect());
        let is_added = |scenario: &Arc<dyn Scenario>| scenario.truth() == Truth::Model;
        let added = match scenarios {
            [] => Vec::new(),
            globs => choose_scenarios(globs, &all)?.into_iter().filter(is_added).collect(),
        };
        let catalogue = Catalogue::new(own().chain(added).collect());
        Ok(Self { catalogue, protocols, all, ..of_tutorials })
    }

    /// The scenario of a protocol that has no file yet.
    pub(super) fn of_protocol(protocol: Protocol) -> Self {
        let protocol = Arc::new(protocol);
        let catalogue = Catalogue::new(vec![protocol.clone() as Arc<dyn Scenario>]);
        Self { all: catalogue.clone(), catalogue, protocols: vec![protocol], ..Self::new() }
    }

    /// The scenarios of these files, and all scenarios of the tutorials.
    pub(super) fn with_all(files: &[PathBuf]) -> anyhow::Result<Self> {
        Self::with(files, &["*".to_owned()])
    }
}

impl Known {
    /// The built-in programs that are needed and not installed. Protocol files need none.
    pub(super) fn missing<'p>(&self, peers: &'p Peers) -> &'p [String] {
        let has_tutorials = self.catalogue.iter().any(|it| it.truth() == Truth::Model);
        if has_tutorials { peers.missing() } else { &[] }
    }
}

/// The peer that a manifest describes.
pub(super) fn guest(manifest: &Path, known: &Known) -> Result<Peer, ManifestError> {
    let own = known.protocols.iter().map(|protocol| protocol.programs().name.as_str());
    let taken: Vec<&str> = [REFERENCE, RUST].into_iter().chain(own).collect();
    Peer::from_manifest(manifest, &known.all, &taken)
}

/// The reference of a protocol, as a peer.
fn reference_of(protocol: &Protocol) -> anyhow::Result<Peer> {
    let programs = protocol.programs();
    let base = protocol.path().parent().map(Path::to_owned).unwrap_or_default();
    let mut peer = Peer {
        name: programs.name.clone(),
        language: programs.language.clone(),
        warm: true,
        is_stranger: true,
        ..Peer::default()
    };
    let addresses =
        [(Role::Server, programs.server_address), (Role::Client, programs.client_address)];
    peer.fixed_addresses = addresses
        .into_iter()
        .filter_map(|(role, address)| Some(((role, protocol.name().to_owned()), address?)))
        .collect();
    let shown = protocol.path().display();
    for (role, command, needs) in [
        (Role::Server, &programs.server, &programs.server_needs),
        (Role::Client, &programs.client, &programs.client_needs),
    ] {
        let template = Template(command.clone()).beside(&base);
        if let Some(what) = missing_program(&template) {
            bail!(Usage(format!("{shown}: the reference's {role}: {what}")));
        }
        let needs = whole(needs, &base);
        if let Some(what) = missing_program(&Template(needs.setup.clone())) {
            bail!(Usage(format!("{shown}: setup of the reference's {role}: {what}")));
        }
        let name = protocol.name().to_owned();
        if !needs.is_empty() {
            peer.needs.insert((role, name.clone()), needs);
        }
        let templates = match role {
            Role::Server => &mut peer.server,
            Role::Client => &mut peer.client,
        };
        templates.insert(name, template);
    }
    Ok(peer)
}

/// What a program of a file in this directory needs, with absolute paths.
fn whole(needs: &Needs, base: &Path) -> Needs {
    let directory = base.to_string_lossy();
    let filled =
        |(name, value): (&String, &String)| (name.clone(), value.replace("{dir}", &directory));
    Needs {
        setup: Template(needs.setup.clone()).beside(base).0,
        env: needs.env.iter().map(filled).collect(),
        ready: needs.ready.clone(),
    }
}

/// A stage, and the directories of its cases. Dropping this removes the directories.
pub(super) struct Setup {
    pub(super) stage: Arc<Stage>,
    _scratch: TempDir,
    _sockets: SocketDirectory,
    _reference: Reference,
}

/// The built-in peers and those of the manifests. Starts and unpacks nothing.
pub(super) fn peers(args: &SetupArgs, known: &Known) -> anyhow::Result<Peers> {
    let mut guests = Vec::new();
    for manifest in &args.peer {
        let peer = guest(manifest, known)?;
        peer.programs_are_there()?;
        are_allowed(&peer, known, &args.others)?;
        guests.push(peer);
    }
    peers_with(args, known, guests)
}

fn peers_with(args: &SetupArgs, known: &Known, guests: Vec<Peer>) -> anyhow::Result<Peers> {
    let mut peers = if let Some(directory) = &args.means.programs {
        built_in::built(&absolute(directory)?)?
    } else {
        let program = std::env::current_exe()?;
        built_in::installed(program.parent().unwrap_or(&program))?
    };
    for protocol in &known.protocols {
        peers.play_reference(reference_of(protocol)?);
    }
    for peer in guests {
        peers.add(peer)?;
    }
    Ok(peers)
}

/// Finds a built-in program: in the directory that the user names, beside this program, or on the PATH.
fn program(args: &SetupArgs, name: &str) -> Option<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.to_owned());
    let directory = args.means.programs.clone().or_else(beside)?;
    let path = directory.join(name);
    if path.is_file() { Some(path) } else { which::which(name).ok() }
}

/// Sets up everything that cases need.
pub(super) fn setup(args: &SetupArgs, known: &Known) -> anyhow::Result<Setup> {
    set_up(args, known, peers(args, known)?, Watched::No)
}

/// What the programs that the launcher starts record about themselves.
#[derive(Clone, Copy)]
enum Watched<'a> {
    No,
    /// What they do; written to this directory.
    Notes(&'a Path),
    /// Which of their lines they execute; written to this directory.
    Trace(&'a Path),
}

/// Like [`setup`], but each program that the launcher starts records what it does, in this directory.
pub(super) fn setup_noted(args: &SetupArgs, known: &Known, notes: &Path) -> anyhow::Result<Setup> {
    set_up(args, known, peers(args, known)?, Watched::Notes(notes))
}

/// Like [`setup`], with these peers, even if their programs are missing.
pub(super) fn setup_with(
    args: &SetupArgs,
    known: &Known,
    guests: Vec<Peer>,
) -> anyhow::Result<Setup> {
    set_up(args, known, peers_with(args, known, guests)?, Watched::No)
}

/// Like [`setup`], but each program that the launcher starts records which of its lines it executes, in this
/// directory.
pub(super) fn setup_traced(
    args: &SetupArgs,
    known: &Known,
    guests: Vec<Peer>,
    trace: &Path,
) -> anyhow::Result<Setup> {
    set_up(args, known, peers_with(args, known, guests)?, Watched::Trace(trace))
}

fn set_up(
    args: &SetupArgs,
    known: &Known,
    mut peers: Peers,
    watched: Watched<'_>,
) -> anyhow::Result<Setup> {
    let unpacked = reference(&args.means)?;
    let reference = unpacked.directory();
    peers.locate_built_in(reference);
    if peers.guests().next().is_some() || !known.protocols.is_empty() {
        adopt_orphans().context("cannot look after what peers leave behind")?;
    }
    let (spawner, interpreter) = if uses_python(known, &peers) {
        spawner(args, known, reference)?
    } else {
        (Spawner::without_python(), String::new())
    };
    let spawner = match watched {
        Watched::No => spawner,
        Watched::Notes(directory) => spawner.with_notes(directory.to_owned()),
        Watched::Trace(directory) => spawner.with_trace(directory.to_owned()),
    };
    let scratch = temporary("framecheck-")?;
    let sockets = SocketDirectory::make().context("cannot make a directory for Unix sockets")?;
    remove_if_killed(sockets.made());
    let driver = Driver {
        spawner,
        ports: Ports::new(),
        rooms: Rooms::new(scratch.path().to_owned(), sockets.path().to_owned()),
        namespaces: Namespaces::by(std::env::current_exe().context("cannot find this program")?),
        deadline: Duration::from_secs(args.deadline),
        by_hand: Duration::from_secs(args.others.by_hand_timeout),
    };
    let is_played = |name: &str| known.catalogue.scenario(name).is_some();
    if peers.iter().any(|peer| peer.needs_network(is_played)) {
        driver.namespaces.check()?;
    }
    let person = person(&peers, args.others.by_hand_timeout);
    let mut stage = Stage::new(driver, peers);
    stage.person = person;
    if !args.means.no_cache {
        for protocol in &known.protocols {
            let cache = cache(args, protocol, &interpreter)?;
            stage.caches.insert(protocol.name().to_owned(), cache);
        }
    }
    Ok(Setup { stage: Arc::new(stage), _scratch: scratch, _sockets: sockets, _reference: unpacked })
}

/// Whether the interpreter that `--python` names runs any program of this run. The tutorials' scenarios also
/// ask the interpreter questions.
fn uses_python(known: &Known, peers: &Peers) -> bool {
    let is_played = |name: &str| known.catalogue.scenario(name).is_some();
    let is_python = |template: &Template| template.0.first().is_some_and(|it| it == "python3");
    let has_tutorials = known.catalogue.iter().any(|it| it.truth() == Truth::Model);
    let warm = || peers.iter().filter(|peer| peer.warm);
    let sets_up = |((_, name), needs): (&(Role, String), &Needs)| {
        is_played(name) && is_python(&Template(needs.setup.clone()))
    };
    has_tutorials
        || warm().flat_map(Peer::declared).any(|(_, name, it)| is_played(name) && is_python(it))
        || warm().flat_map(|peer| &peer.needs).any(sets_up)
}

/// The spawner of programs, and the version of its interpreter.
fn spawner(args: &SetupArgs, known: &Known, reference: &Path) -> anyhow::Result<(Spawner, String)> {
    let python = args.means.python.to_string_lossy().into_owned();
    let hint = || {
        format!("cannot run {python:?}, which the reference programs need; --python names another")
    };
    interpreters::start(&known.oracle, &args.means.python, reference).with_context(hint)?;
    let interpreter = known.oracle.executable().with_context(hint)?;
    let spawner =
        Spawner::new(interpreter.as_ref(), reference, args.means.fresh).with_context(hint)?;
    let version = known.oracle.version().unwrap_or_default();
    Ok((spawner, format!("{interpreter} {version}")))
}

/// The format of the cached baselines. Change this number when the meaning of a baseline changes.
const BASELINES: u32 = 2;

/// The cache for the behaviour of a protocol's reference.
fn cache(args: &SetupArgs, protocol: &Protocol, interpreter: &str) -> anyhow::Result<Cache> {
    let version = env!("CARGO_PKG_VERSION");
    let context =
        format!("framecheck {version}, {BASELINES}, {interpreter}, fresh: {}", args.means.fresh);
    let key = protocols::key(protocol, &context)
        .with_context(|| format!("cannot read the programs of {}", protocol.path().display()))?;
    let root = match &args.means.cache {
        Some(root) => root.clone(),
        None => protocol.path().parent().unwrap_or(Path::new("")).join(".framecheck"),
    };
    Ok(Cache::new(&root, protocol.name(), &key))
}

/// Fills in the versions of the built-in peers: that of the interpreter, and those that the programs print.
pub(super) async fn versions(
    oracle: &Oracle,
    args: &SetupArgs,
    peers: &mut [PeerInfo],
) -> anyhow::Result<()> {
    for peer in peers.iter_mut().filter(|peer| peer.manifest.is_none()) {
        peer.version = match peer.name.as_str() {
            // If nothing needs an interpreter, none was started.
            REFERENCE => oracle.version().ok(),
            RUST => match program(args, "frame-server") {
                Some(program) => program_version(&program).await,
                None => None,
            },
            _ => None,
        };
    }
    Ok(())
}

/// The last word of a program's answer to --version; `None` if the answer has another form, as a mutant's may.
async fn program_version(program: &Path) -> Option<String> {
    let mut asking = tokio::process::Command::new(program);
    asking.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let answer = tokio::time::timeout(VERSION_MAX, asking.output()).await.ok()?.ok()?;
    let text = String::from_utf8(answer.stdout).ok().filter(|_| answer.status.success())?;
    let [_, version] = text.split_whitespace().collect::<Vec<_>>()[..] else { return None };
    Some(version.to_owned())
}

/// The runtime in which cases are played. The oracle and the start of a peer each block a thread. The recorders
/// must continue meanwhile, so there are more threads than processors.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads()).enable_all().build()
}

/// The number of threads of the runtime.
pub(super) fn threads() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (processors * 4).max(8)
}

/// The reference programs; by default, those that are built into this program.
pub(super) fn reference(means: &Means) -> anyhow::Result<Reference> {
    let Some(directory) = &means.reference else {
        guarded()?;
        let unpacked = Reference::unpack().with_context(|| no_place(&std::env::temp_dir()))?;
        remove_if_killed(unpacked.directory());
        return Ok(unpacked);
    };
    if !directory.join("launch.py").is_file() {
        bail!("no reference programs in {}", directory.display());
    }
    Ok(Reference::at(absolute(directory)?))
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize().with_context(|| format!("no such directory: {}", path.display()))
}

/// The path of a file as the user typed it.
pub(super) fn as_typed(path: &Path, typed: &[PathBuf]) -> Option<PathBuf> {
    let is_it = |typed: &&PathBuf| std::path::absolute(typed).is_ok_and(|whole| whole == path);
    typed.iter().find(is_it).cloned()
}
