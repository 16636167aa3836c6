//! Programs that framecheck does not start: servers that run already, and clients that a person starts.

use std::io::{self, BufRead, Write};
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

use anyhow::anyhow;
use engine::drive::{Asked, Hand, Person, Wanted};
use engine::peer::{Peer, Peers};
use model::case::Pairing;
use model::observation::Role;
use model::{Endpoint, visible};

use super::args::OtherArgs;
use super::out::stderr;
use super::setup::Known;
use super::{Usage, interrupt};

/// What framecheck can't judge of a program that it does not start.
const NOT_JUDGED: &str = "its exit status, screen, files and memory";

/// Checks that every server of a peer is on this machine, unless the user allows others.
pub(super) fn are_allowed(peer: &Peer, known: &Known, args: &OtherArgs) -> Result<(), Usage> {
    for (scenario, target) in &peer.targets {
        let is_played = known.catalogue.scenario(scenario).is_some();
        if is_played && !args.allow_non_loopback && !target.is_on_this_machine() {
            let manifest = peer.manifest.clone().unwrap_or_default();
            return Err(Usage(format!(
                "{}: the server of {scenario} is at {target}, which is not a loopback address of this \
                 machine; --allow-non-loopback lets framecheck send it its cases",
                manifest.display()
            )));
        }
    }
    Ok(())
}

/// Checks that the running servers that these pairings use are up; of all scenarios, or of one.
///
/// # Errors
///
/// A server is not up. The message names it and says why.
pub(super) async fn are_up(
    peers: &Peers,
    known: &Known,
    playing: &[Pairing],
    only: Option<&str>,
) -> anyhow::Result<()> {
    let interrupt = interrupt::interrupt()?;
    let looking = async {
        for peer in playing.iter().filter_map(|pairing| peers.by_name(&pairing.server)) {
            let is_played = |name: &str| only.is_none_or(|only| only == name);
            for (name, target) in peer.targets.iter().filter(|(name, _)| is_played(name)) {
                let Some(scenario) = known.catalogue.scenario(name) else { continue };
                if let Err(error) = target.is_up(scenario.home().is_datagram()).await {
                    let peer = &peer.name;
                    return Err(anyhow!(
                        "the server of {name} that {peer} has at {target} is not up: {error}"
                    ));
                }
            }
        }
        Ok(())
    };
    tokio::select! {
        looked = looking => looked,
        () = interrupt => Err(interrupt::Interrupted.into()),
    }
}

/// For each program of a plan that framecheck does not start: what it does not judge.
pub(super) fn not_judged(peers: &Peers, known: &Known, playing: &[Pairing]) -> Vec<String> {
    let mut told = Vec::new();
    for peer in peers.guests() {
        let name = &peer.name;
        let is_played = |scenario: &str| known.catalogue.scenario(scenario).is_some();
        let plays = |role: Role| {
            playing.iter().any(|pairing| match role {
                Role::Server => pairing.server == *name,
                Role::Client => pairing.client == *name,
            })
        };
        for (scenario, target) in peer.targets.iter().filter(|_| plays(Role::Server)) {
            if is_played(scenario) {
                told.push(format!(
                    "{name}'s server of {scenario}, which runs already at {target}: {NOT_JUDGED}"
                ));
            }
        }
        for scenario in peer.by_hand.iter().filter(|_| plays(Role::Client)) {
            if is_played(scenario) {
                told.push(format!(
                    "{name}'s client of {scenario}, which a person starts: {NOT_JUDGED}"
                ));
            }
        }
    }
    told
}

/// Asks the user to start the clients that a person starts, if these peers have any. It prints what is wanted
/// to standard error. A line on standard input says that a client has ended.
pub(super) fn person(peers: &Peers, timeout_seconds: u64) -> Option<Person> {
    if peers.guests().all(|peer| peer.by_hand.is_empty()) {
        return None;
    }
    let (person, asked) = Person::new();
    thread::spawn(move || attend(&asked, timeout_seconds));
    Some(person)
}

/// The client that `attend` waits for. `listen` ends the wait.
static AWAITED: Mutex<Option<Hand>> = Mutex::new(None);

/// Prints what is wanted, case by case, until the run ends.
fn attend(asked: &Receiver<Asked>, timeout_seconds: u64) {
    static LISTENING: Once = Once::new();
    for asked in asked {
        let told = match asked {
            Asked::Case(case) => writeln!(stderr(), "\nby hand: {case}"),
            Asked::Start(wanted, hand) => {
                *AWAITED.lock().unwrap_or_else(PoisonError::into_inner) = Some(hand);
                LISTENING.call_once(|| drop(thread::spawn(listen)));
                ask(&mut stderr(), &wanted, timeout_seconds)
            }
        };
        if told.is_err() {
            return; // Standard error is closed.
        }
    }
}

/// Each typed line ends the wait for the current client.
fn listen() {
    for line in io::stdin().lock().lines() {
        if line.is_err() {
            return;
        }
        if let Some(hand) = &*AWAITED.lock().unwrap_or_else(PoisonError::into_inner) {
            hand.end();
        }
    }
}

fn ask(out: &mut impl Write, wanted: &Wanted, timeout_seconds: u64) -> io::Result<()> {
    writeln!(out, "  start the client; it must connect to {}", place(&wanted.address))?;
    write_wants(out, wanted)?;
    writeln!(
        out,
        "  framecheck waits at most {timeout_seconds} seconds for its connection to end; Enter ends \
         the wait"
    )?;
    out.flush()
}

/// The host and port, or the path of a socket.
pub(super) fn place(address: &Endpoint) -> String {
    match address {
        Endpoint::Inet(address) => format!("{}, port {}", address.ip(), address.port()),
        Endpoint::Path(path) => path.display().to_string(),
    }
}

/// What the user must give a program, one item per line.
pub(super) fn write_wants(out: &mut impl Write, wanted: &Wanted) -> io::Result<()> {
    if let Some(file) = &wanted.file {
        writeln!(out, "  it must serve {}", file.display())?;
    }
    for literal in wanted.literals.iter().filter(|literal| literal.is_changed) {
        writeln!(out, "  its {} must be {:?}", literal.name, literal.value)?;
    }
    if !wanted.beside.is_empty() {
        let names: Vec<String> = wanted.beside.iter().map(|name| format!("{name:?}")).collect();
        let directory = wanted.directory.display();
        writeln!(out, "  its files are in {directory}: {}", names.join(", "))?;
    }
    for line in &wanted.lines {
        let typed = visible::line(&String::from_utf8_lossy(&line.0));
        writeln!(out, "  type into it: {typed}")?;
    }
    Ok(())
}
