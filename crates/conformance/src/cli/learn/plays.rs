//! Plays the reference, and collects what its programs record.

use std::path::Path;

use engine::stage::{Stage, StageError};
use learn::{Facts, Role};
use model::case::Transport;
use model::observation::{Exit, Observation, WireEvent, WireItem};
use model::{Input, Scenario};
use protocols::Protocol;

use super::super::interrupt::{Interrupted, interrupt};
use super::super::machine::temporary;
use super::super::setup::{Known, runtime, setup_noted};
use super::file::File;
use super::{LearnArgs, protocol_of};

/// What was observed of the two programs.
pub(super) struct Seen {
    pub(super) inputs: Vec<SeenInput>,
    pub(super) facts: Facts,
}

/// The plays of an input.
pub(super) struct SeenInput {
    pub(super) name: String,
    pub(super) plays: Vec<Observation>,
}

/// Plays each input of the file: once with recording programs, and several times normally. If Python programs
/// turn out to use UDP, changes the file and plays everything again.
pub(super) fn see(out: &Path, mut file: File, args: &LearnArgs) -> anyhow::Result<(File, Seen)> {
    let mut facts = Facts::default();
    let error = match play(out, &file, args, args.deadline, &mut facts) {
        Ok(inputs) => return Ok((file, Seen { inputs, facts })),
        Err(error) => error,
    };
    if error.is::<Interrupted>() || !facts.serves_datagrams() || file.transport != Transport::Tcp4 {
        return Err(told(error, &facts));
    }
    file.transport = Transport::Udp4;
    let mut facts = Facts::default();
    match play(out, &file, args, args.deadline, &mut facts) {
        Ok(inputs) => Ok((file, Seen { inputs, facts })),
        Err(error) => Err(told(error, &facts)),
    }
}

/// Why there is nothing to learn: the programs sent nothing in any play, and the client failed.
pub(super) fn nothing_sent(seen: &Seen) -> Option<String> {
    let mut plays = seen.inputs.iter().flat_map(|input| &input.plays);
    let is_segment = |event: &WireEvent| matches!(event.what, WireItem::Segment(_));
    let is_silent = |play: &Observation| {
        !play.wire.events.iter().any(is_segment) && play.client.exit != Some(Exit::Status(0))
    };
    let last = plays.clone().last()?;
    plays.all(is_silent).then(|| {
        let stderr = String::from_utf8_lossy(&last.client.stderr.0).trim_end().to_owned();
        let said = stderr.lines().last().map(|line| format!(": {line}")).unwrap_or_default();
        format!(
            "the programs sent nothing, and the client failed{said}. --typed FILE gives the lines that a \
             user types"
        )
    })
}

/// The error, with the addresses that the programs bound and connected to.
fn told(error: anyhow::Error, facts: &Facts) -> anyhow::Error {
    let addresses: Vec<String> = facts
        .addresses()
        .map(|it| {
            let role = if it.role == Role::Server { "server" } else { "client" };
            format!("the {role} called {}(({:?}, {}))", it.call, it.host, it.port)
        })
        .collect();
    if addresses.is_empty() { error } else { error.context(addresses.join("; ")) }
}

/// Plays each input of the file. Collects what the programs recorded, even if the play fails.
pub(super) fn play(
    out: &Path,
    file: &File,
    args: &LearnArgs,
    deadline: u64,
    facts: &mut Facts,
) -> anyhow::Result<Vec<SeenInput>> {
    let protocol = protocol_of(&file.text(None, false), out)?;
    let known = Known::of_protocol(protocol);
    let notes = temporary("framecheck-notes-")?;
    let mut means = args.means.clone();
    means.no_cache = true;
    let setup = setup_noted(&means.with(&[], deadline), &known, notes.path())?;
    let Some(protocol) = known.protocols.first() else { return Ok(Vec::new()) };
    let played = runtime()?.block_on(async {
        let interrupt = interrupt()?;
        tokio::select! {
            played = all(&setup.stage, protocol, args) => played,
            () = interrupt => Err(anyhow::Error::from(Interrupted)),
        }
    });
    // The records of a failed play say why.
    drop(setup);
    for entry in std::fs::read_dir(notes.path())?.flatten() {
        facts.add(&String::from_utf8_lossy(&std::fs::read(entry.path())?));
    }
    played
}

fn last_line(stderr: &[u8]) -> String {
    String::from_utf8_lossy(stderr).trim_end().lines().last().unwrap_or_default().to_owned()
}

async fn all(
    stage: &Stage,
    protocol: &Protocol,
    args: &LearnArgs,
) -> anyhow::Result<Vec<SeenInput>> {
    let mut inputs = Vec::new();
    for vector in protocol.vectors() {
        let first = stage.observe_warm(protocol, &vector.input).await?;
        if !first.wire.is_connected() {
            let said = last_line(&first.client.stderr.0);
            let said = if said.is_empty() {
                "it says nothing".to_owned()
            } else {
                format!("it says: {said}")
            };
            anyhow::bail!("the client did not connect, in the input {}; {said}", vector.name);
        }
        let plays = of_input(stage, protocol, &vector.input, first, args.plays).await?;
        inputs.push(SeenInput { name: vector.name, plays });
    }
    Ok(inputs)
}

/// Programs that are forked from one interpreter record what they do. Programs with their own interpreters show
/// what differs between runs, such as the order of a set.
async fn of_input(
    stage: &Stage,
    protocol: &Protocol,
    input: &Input,
    first: Observation,
    count: u8,
) -> Result<Vec<Observation>, StageError> {
    let mut plays = vec![first];
    for _ in 0..count {
        plays.push(stage.observe(protocol, input).await?);
    }
    Ok(plays)
}
