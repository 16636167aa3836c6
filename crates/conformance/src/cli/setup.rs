//! Find and start what it takes to play cases.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use engine::drive::{Driver, Rooms};
use engine::network::Ports;
use engine::peer::{ManifestError, Peer, Peers, Spawner, adopt_orphans};
use engine::stage::Stage;
use framecheck::built_in::RUST;
use framecheck::{built_in, interpreters};
use model::Catalogue;
use model::event::PeerInfo;
use tempfile::TempDir;
use tutorials::reference::Reference;
use tutorials::{Oracle, REFERENCE};

use super::{Means, SetupArgs};

/// A program that has said no version by then says none.
const VERSION_MAX: Duration = Duration::from_secs(5);

/// What can be played, and the oracle that its scenarios ask once it has been started.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) catalogue: Catalogue,
    pub(super) oracle: Arc<Oracle>,
}

impl Known {
    /// The tutorials' scenarios.
    pub(super) fn new() -> Self {
        let oracle = Arc::<Oracle>::default();
        Self { catalogue: tutorials::catalogue(&oracle), oracle }
    }
}

/// The peer that a manifest describes.
pub(super) fn guest(manifest: &Path, catalogue: &Catalogue) -> Result<Peer, ManifestError> {
    Peer::from_manifest(manifest, catalogue, &[REFERENCE, RUST])
}

/// A stage, and the directories its cases live in, which go when this is dropped.
pub(super) struct Setup {
    pub(super) stage: Arc<Stage>,
    _scratch: TempDir,
    _reference: Reference,
}

/// The built-in peers and those of the manifests, without starting or unpacking anything.
pub(super) fn peers(args: &SetupArgs, known: &Known) -> anyhow::Result<Peers> {
    let mut guests = Vec::new();
    for manifest in &args.peer {
        let peer = guest(manifest, &known.catalogue)?;
        peer.programs_are_there()?;
        guests.push(peer);
    }
    peers_with(args, guests)
}

fn peers_with(args: &SetupArgs, guests: Vec<Peer>) -> anyhow::Result<Peers> {
    let mut peers = if let Some(directory) = &args.means.programs {
        built_in::built(&absolute(directory)?)?
    } else {
        let program = std::env::current_exe()?;
        built_in::installed(program.parent().unwrap_or(&program))?
    };
    for peer in guests {
        peers.add(peer)?;
    }
    Ok(peers)
}

/// Where a built-in program is, if it is anywhere: where the user says, beside this program, or on
/// the PATH.
fn program(args: &SetupArgs, name: &str) -> Option<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.to_owned());
    let directory = args.means.programs.clone().or_else(beside)?;
    let path = directory.join(name);
    if path.is_file() { Some(path) } else { which::which(name).ok() }
}

/// Everything that cases need.
pub(super) fn setup(args: &SetupArgs, known: &Known) -> anyhow::Result<Setup> {
    set_up(args, known, peers(args, known)?)
}

/// The same with these peers, whether their programs are there or not.
pub(super) fn setup_with(
    args: &SetupArgs,
    known: &Known,
    guests: Vec<Peer>,
) -> anyhow::Result<Setup> {
    set_up(args, known, peers_with(args, guests)?)
}

fn set_up(args: &SetupArgs, known: &Known, mut peers: Peers) -> anyhow::Result<Setup> {
    let unpacked = reference(&args.means)?;
    let reference = unpacked.directory();
    peers.locate_built_in(reference);
    if peers.guests().next().is_some() {
        adopt_orphans().context("cannot look after what peers leave behind")?;
    }
    let python = args.means.python.to_string_lossy().into_owned();
    let hint = || {
        format!("cannot run {python:?}, which the reference programs need; --python names another")
    };
    interpreters::start(&known.oracle, &args.means.python, reference).with_context(hint)?;
    let interpreter = known.oracle.executable().with_context(hint)?;
    let spawner =
        Spawner::new(interpreter.as_ref(), reference, args.means.fresh).with_context(hint)?;
    let scratch = TempDir::with_prefix("framecheck-").context("cannot make a directory")?;
    let driver = Driver {
        spawner,
        ports: Ports::new(),
        rooms: Rooms::new(scratch.path().to_owned()),
        deadline: Duration::from_secs(args.deadline),
    };
    let stage = Arc::new(Stage::new(driver, peers));
    Ok(Setup { stage, _scratch: scratch, _reference: unpacked })
}

/// Fill in the versions of the built-in peers: of the interpreter, and as the programs say themselves.
pub(super) async fn versions(
    oracle: &Oracle,
    args: &SetupArgs,
    peers: &mut [PeerInfo],
) -> anyhow::Result<()> {
    for peer in peers.iter_mut().filter(|peer| peer.manifest.is_none()) {
        peer.version = match peer.name.as_str() {
            REFERENCE => Some(oracle.version()?),
            _ => match program(args, "frame-server") {
                Some(program) => program_version(&program).await,
                None => None,
            },
        };
    }
    Ok(())
}

/// The last word of what a program answers to --version; nothing where it answers otherwise, as
/// programs may that are wrong on purpose.
async fn program_version(program: &Path) -> Option<String> {
    let mut asking = tokio::process::Command::new(program);
    asking.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let answer = tokio::time::timeout(VERSION_MAX, asking.output()).await.ok()?.ok()?;
    let text = String::from_utf8(answer.stdout).ok().filter(|_| answer.status.success())?;
    let [_, version] = text.split_whitespace().collect::<Vec<_>>()[..] else { return None };
    Some(version.to_owned())
}

/// Where cases are played. Asking the oracle and starting a peer block a thread each; the recorders
/// must go on meanwhile, so there are more threads than processors.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = (processors * 4).max(8);
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()
}

/// The reference programs: those that travel in this program unless told otherwise.
pub(super) fn reference(means: &Means) -> anyhow::Result<Reference> {
    let Some(directory) = &means.reference else {
        return Reference::unpack().context("cannot unpack the reference programs");
    };
    if !directory.join("launch.py").is_file() {
        bail!("no reference programs in {}", directory.display());
    }
    Ok(Reference::at(absolute(directory)?))
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize().with_context(|| format!("no such directory: {}", path.display()))
}
