//! What this machine allows, before anything is played. What it lacks is no fault of a peer: the command says it
//! in one sentence and ends with status 3, or plays fewer cases at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Once, OnceLock};

use anyhow::{Context, bail};
use engine::machine::{
    Room, SPACE_MIN_BYTES, Tasks, TooLittle, address_space_max_bytes, file_max_bytes, lacks,
    lacks_space, room_for,
};
use engine::peer::{guard, remove_if_killed};
use engine::plan::Group;
use model::Endpoint;
use model::case::{CaseId, Playing, Transport};
use tempfile::{Builder, TempDir};

use super::out::say;

/// What a program may leave in a file is kept up to this length; a report may be as long.
const FILE_MIN_BYTES: u64 = 64 << 20;
/// A job plays one case that is busy, and so many that mostly wait.
const CASES_PER_JOB: usize = 1 + engine::runner::WAITING;

/// A runtime reserves memory for each thread, and hardly uses it.
const ADDRESS_SPACE_BYTES: u64 = 1 << 30;
const THREAD_BYTES: u64 = 32 << 20;
/// What programs read that get nothing to read.
const NOTHING: &str = "/dev/null";

/// What is played at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AtOnce {
    /// Inputs, each with one case at a time.
    pub(super) jobs: usize,
    /// Cases, with those that mostly wait.
    pub(super) cases: usize,
}

/// Raise the limits of this process as far as a small run needs, and see that it can play at all.
///
/// # Errors
/// It can't, and what would help.
pub(super) fn check() -> anyhow::Result<()> {
    if let Some(limit) = file_max_bytes().filter(|limit| *limit < FILE_MIN_BYTES) {
        bail!(
            "a file may have {limit} bytes here, and framecheck needs {FILE_MIN_BYTES}: raise the limit with \
             `ulimit -f unlimited`"
        );
    }
    let needed = ADDRESS_SPACE_BYTES + THREAD_BYTES * super::setup::threads() as u64;
    if let Some(limit) = address_space_max_bytes().filter(|limit| *limit < needed) {
        bail!(
            "a process may map {limit} bytes of memory here, and framecheck needs {needed}: raise the limit with \
             `ulimit -v unlimited`"
        );
    }
    if let Err(error) = OpenOptions::new().read(true).write(true).open(NOTHING) {
        bail!("cannot open {NOTHING}, which every Unix system has ({error}): mount it here");
    }
    room(CASES_PER_JOB)?;
    let temporary = std::env::temp_dir();
    if let Some(what) = lacks_space(&temporary) {
        bail!(
            "{what}, and framecheck needs {SPACE_MIN_BYTES}: set TMPDIR to a directory elsewhere"
        );
    }
    for transport in [Transport::Tcp4, Transport::Udp4] {
        if let Some(error) = lacks(transport) {
            bail!(
                "nothing comes through to 127.0.0.1 over {transport} on this machine ({error}): switch its loopback \
                 interface on with `ip link set lo up`"
            );
        }
    }
    Ok(())
}

/// What of a plan can't be played here.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// The cases, each with the name of its input.
    pub(super) cases: Vec<(CaseId, String)>,
    /// What is missing, a line a transport.
    pub(super) missing: Vec<String>,
}

/// Leave the cases out of a plan for which this machine lacks a loopback address.
pub(super) fn leave_out(groups: &mut Vec<Group>) -> LeftOut {
    let mut needed: BTreeMap<Transport, usize> = BTreeMap::new();
    for (group, playing) in groups.iter().flat_map(|it| it.plays.iter().map(move |play| (it, play)))
    {
        for transport in transports(group, playing) {
            *needed.entry(transport).or_default() += 1;
        }
    }
    let lacking: BTreeMap<Transport, io::Error> =
        needed.keys().filter_map(|it| Some((*it, lacks(*it)?))).collect();
    if lacking.is_empty() {
        return LeftOut::default();
    }
    let mut cases = Vec::new();
    for group in &mut *groups {
        let mut plays = std::mem::take(&mut group.plays);
        plays.retain(|playing| {
            let is_left_out = transports(group, playing).iter().any(|it| lacking.contains_key(it));
            if is_left_out {
                cases.push((group.case_id(playing), group.input_name().to_owned()));
            }
            !is_left_out
        });
        group.plays = plays;
    }
    groups.retain(|group| !group.plays.is_empty());
    let line = |(transport, error): (&Transport, &io::Error)| {
        let cases = needed.get(transport).copied().unwrap_or_default();
        format!("{}: {cases} cases are left out", comes_not_through(*transport, error))
    };
    LeftOut { cases, missing: lacking.iter().map(line).collect() }
}

/// What a case is played over: its transport, and that over which the reference is looked at.
fn transports(group: &Group, playing: &Playing) -> BTreeSet<Transport> {
    [playing.transport, group.scenario.home()].into()
}

/// See that this machine has what the case of this id is played over.
///
/// # Errors
/// It has not.
pub(super) fn can_play(id: &CaseId) -> anyhow::Result<()> {
    match lacks(id.transport) {
        Some(error) => bail!("{}: {id} can't be played", comes_not_through(id.transport, &error)),
        None => Ok(()),
    }
}

fn comes_not_through(transport: Transport, error: &io::Error) -> String {
    let host = Endpoint::loopback(transport);
    format!("{transport}, as nothing comes through to {host} on this machine ({error})")
}

/// As much as was asked for, or four jobs for each processor; less where the limit of open files does not allow it,
/// which is said once.
///
/// # Errors
/// The limit does not allow one job.
pub(super) fn at_once(asked: Option<NonZeroUsize>) -> anyhow::Result<AtOnce> {
    static SAID: Once = Once::new();
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let wanted = asked.map_or(processors * 4, NonZeroUsize::get);
    let room = room(wanted.saturating_mul(CASES_PER_JOB))?;
    // The rest is for cases that mostly wait.
    let jobs = wanted.min((room.cases * 2 / 3).max(1));
    if let Some(limit) = room.limit.filter(|_| jobs < wanted) {
        SAID.call_once(|| say(format_args!("jobs: {jobs} instead of {wanted}, for {limit}")));
    }
    Ok(AtOnce { jobs, cases: room.cases })
}

/// See [`room_for`]. How many processes and threads there can be is asked once: this process soon has many itself.
fn room(cases: usize) -> Result<Room, TooLittle> {
    static TASKS: OnceLock<Option<Tasks>> = OnceLock::new();
    room_for(cases, TASKS.get_or_init(Tasks::left).as_ref())
}

/// A new directory for temporary files, with its whole path. It is removed also if this process is killed.
///
/// # Errors
/// There is no place for it; the message says which was tried, and what would help.
pub(super) fn temporary(prefix: &str) -> anyhow::Result<TempDir> {
    guarded()?;
    let base = std::env::temp_dir();
    let made = base.canonicalize().and_then(|base| Builder::new().prefix(prefix).tempdir_in(base));
    let made = made.with_context(|| no_place(&base))?;
    remove_if_killed(made.path());
    Ok(made)
}

/// See to it that nothing is left of this process if it is killed.
pub(super) fn guarded() -> anyhow::Result<()> {
    let own = std::env::current_exe().context("cannot find this program")?;
    guard(&own).context("cannot start the helper that clears up if this program is killed")
}

/// What to say where nothing can be written to the directory for temporary files.
pub(super) fn no_place(base: &Path) -> String {
    format!(
        "cannot write to {base:?}, the directory for temporary files; set TMPDIR to one that can be written to"
    )
}
