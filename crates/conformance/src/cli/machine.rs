//! Checks the limits of this machine before a case is played. If the machine lacks something, no peer is at
//! fault: the command says so in one sentence and ends with status 3, or plays fewer cases at once.

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

/// framecheck keeps up to this much of a file that a program leaves behind. A report may be as long.
const FILE_MIN_BYTES: u64 = 64 << 20;
/// A job plays one busy case, and this many cases that mostly wait.
const CASES_PER_JOB: usize = 1 + engine::runner::WAITING;

/// A runtime reserves memory for each thread, and uses little of it.
const ADDRESS_SPACE_BYTES: u64 = 1 << 30;
const THREAD_BYTES: u64 = 32 << 20;
/// The standard input of programs that read nothing.
const NOTHING: &str = "/dev/null";

/// How much is played at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AtOnce {
    /// The inputs at once; each plays one case at a time.
    pub(super) jobs: usize,
    /// The cases at once, including those that mostly wait.
    pub(super) cases: usize,
}

/// Raises the limits of this process as far as a small run needs, and checks that it can play at all.
///
/// # Errors
///
/// It can't play. The message says what would help.
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

/// The part of a plan that can't be played here.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// The cases, each with the name of its input.
    pub(super) cases: Vec<(CaseId, String)>,
    /// What is missing, one line per transport.
    pub(super) missing: Vec<String>,
}

/// Removes from a plan the cases for which this machine lacks a loopback address.
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

/// The transports of a case: its own, and the one that the reference is observed over.
fn transports(group: &Group, playing: &Playing) -> BTreeSet<Transport> {
    [playing.transport, group.scenario.home()].into()
}

/// Checks that this machine has the transports of a case.
///
/// # Errors
///
/// A transport is missing.
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

/// The requested number of jobs, or four per processor. If the limit of open files allows fewer, uses fewer and
/// says so once.
///
/// # Errors
///
/// The limit does not allow even one job.
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

/// See [`room_for`]. The limits of processes and threads are read only once, as this process soon has many
/// itself.
fn room(cases: usize) -> Result<Room, TooLittle> {
    static TASKS: OnceLock<Option<Tasks>> = OnceLock::new();
    room_for(cases, TASKS.get_or_init(Tasks::left).as_ref())
}

/// Makes a new directory for temporary files and returns its absolute path. It is removed even if this process
/// is killed.
///
/// # Errors
///
/// No directory can be written to. The message names those that were tried, and says what would help.
pub(super) fn temporary(prefix: &str) -> anyhow::Result<TempDir> {
    guarded()?;
    let base = std::env::temp_dir();
    let made = base.canonicalize().and_then(|base| Builder::new().prefix(prefix).tempdir_in(base));
    let made = made.with_context(|| no_place(&base))?;
    remove_if_killed(made.path());
    Ok(made)
}

/// Starts the helper that removes what is left if this process is killed.
pub(super) fn guarded() -> anyhow::Result<()> {
    let own = std::env::current_exe().context("cannot find this program")?;
    guard(&own).context("cannot start the helper that clears up if this program is killed")
}

/// The message for a directory for temporary files that can't be written to.
pub(super) fn no_place(base: &Path) -> String {
    format!(
        "cannot write to {base:?}, the directory for temporary files; set TMPDIR to one that can be written to"
    )
}
