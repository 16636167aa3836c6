//! Starts, watches and ends peers. Only this file and `launcher.rs` start processes for cases.
//!
//! Each peer leads a process group of its own. After the peer has ended, the rest of the group is killed. This
//! happens before the peer is reaped, so no other process can have the group's number yet.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::observation::Exit;
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process_group, waitid, waitpid,
};

use super::ending::{Alive, Named, Teller, Told, ending};
use super::launcher::Program;
use super::starting::{StartError, exit_of, prepare_environment};
use super::user::{Ends, Seat};
use super::{Command, Launcher, Output, OwnAddress, Peer, Template, User, missing_program, usage};
use crate::platform::orphans;
use crate::{fork_guard, platform};

/// How long a killed process may take to disappear. Only the kernel itself can delay it.
const LAST_BREATH: Duration = Duration::from_secs(5);

/// Starts peers: warm Python programs through a launcher, if there is one, and all others as plain processes.
///
/// Dropping it waits for all of them. They must have ended or been killed by then; a killed process exists
/// until the kernel next runs it.
#[derive(Debug)]
pub struct Spawner {
    python: Option<Python>,
    alive: Arc<Alive>,
    notes: Option<PathBuf>,
    trace: Option<PathBuf>,
}

/// The interpreter of warm programs.
#[derive(Debug)]
struct Python {
    interpreter: OsString,
    /// The directory of the launcher's files.
    reference: PathBuf,
    launcher: Option<Arc<Launcher>>,
}

/// A running peer.
#[derive(Debug)]
pub struct Process {
    handle: Handle,
    told: Told,
    seat: Seat,
}

#[derive(Debug)]
enum Handle {
    Plain(Arc<Mutex<Option<Pid>>>),
    Launched(Arc<Launcher>, u64),
}

impl Spawner {
    /// Starts [warm](Peer::warm) programs through a launcher in `reference`, run by `python`. If programs must
    /// be `fresh`, or the system can't talk to a launcher, each gets an interpreter of its own.
    ///
    /// # Errors
    ///
    /// The interpreter can't be run.
    pub fn new(python: &OsStr, reference: &Path, fresh: bool) -> io::Result<Self> {
        let is_launched = platform::CAN_FORK && !fresh;
        let launcher = is_launched.then(|| Launcher::start_up(python, reference)).transpose()?;
        let python = Python {
            interpreter: python.to_owned(),
            reference: reference.to_owned(),
            launcher: launcher.map(Arc::new),
        };
        Ok(Self { python: Some(python), alive: Arc::default(), notes: None, trace: None })
    }

    /// Starts plain processes only, and refuses [warm](Peer::warm) programs.
    #[must_use]
    pub fn without_python() -> Self {
        Self { python: None, alive: Arc::default(), notes: None, trace: None }
    }

    /// Makes each program that the launcher starts record what it does, in a file of its own in this directory:
    /// the calls of `struct`, `json`, `hashlib` and sockets. `launch_hooks.py` describes it.
    #[must_use]
    pub fn with_notes(mut self, directory: PathBuf) -> Self {
        self.notes = Some(directory);
        self
    }

    /// Makes each program that the launcher starts record the lines that it executes, in this directory:
    /// `N.jsonl`, and `N.jsonl.PID` for each of its forked children. `launch_trace.py` describes it.
    #[must_use]
    pub fn with_trace(mut self, directory: PathBuf) -> Self {
        self.trace = Some(directory);
        self
    }

    /// Starts `command` of `peer`, with `user` at its standard streams.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start(
        &self,
        peer: &Peer,
        command: &Command,
        user: &User,
    ) -> Result<Process, StartError> {
        let (seat, ends) = Seat::take(user).map_err(StartError::Pipes)?;
        let (teller, told) = ending(&self.alive);
        let is_stranger = command.is_stranger;
        // The launcher is in this process's network namespace.
        let is_apart = !command.address.entry().is_empty();
        let python_program = peer.python_program(&command.argv).filter(|_| !is_apart);
        let Some((path, arguments)) = python_program else {
            let prepared = plain(command)?;
            let handle = start_plain(prepared, &command.env, user, ends, is_stranger, teller)?;
            return Ok(Process { handle, told, seat });
        };
        let Some(python) = &self.python else { return Err(StartError::NoPython(path)) };
        let is_warm = !command.is_fresh && command.env.is_empty();
        let launcher = python.launcher.as_ref().filter(|_| is_warm);
        let handle = if let Some(launcher) = launcher {
            let directory = &command.directory;
            let (notes, trace) = (self.notes.as_deref(), self.trace.as_deref());
            let redirected = match command.address {
                OwnAddress::Redirected(own, real) => Some((own, real)),
                OwnAddress::Told | OwnAddress::In(_) => None,
            };
            let path = &path;
            let program =
                Program { path, arguments, directory, is_stranger, redirected, notes, trace };
            Handle::Launched(launcher.clone(), launcher.start(&program, ends, teller)?)
        } else {
            let mut fresh = std::process::Command::new(&python.interpreter);
            fresh.arg("-u");
            if let OwnAddress::Redirected(own, real) = command.address {
                fresh.arg(python.reference.join("launch_address.py"));
                fresh.args([own, real].map(|it| it.to_string()));
            }
            fresh.arg(&path).args(arguments).current_dir(&command.directory);
            start_plain(fresh, &command.env, user, ends, is_stranger, teller)?
        };
        Ok(Process { handle, told, seat })
    }
}

/// A command that the harness's interpreter does not run. In another network namespace, the program that enters
/// it becomes this one.
fn plain(command: &Command) -> Result<std::process::Command, StartError> {
    let entry = command.address.entry();
    if !entry.is_empty()
        && let Some(what) = missing_program(&Template(command.argv.clone()))
    {
        let program = command.argv.first().cloned().unwrap_or_default();
        return Err(StartError::Program { program, error: io::Error::other(what) });
    }
    let argv = [entry, command.argv.clone()].concat();
    let (program, arguments) = argv.split_first().map_or(("", &[][..]), |(p, a)| (p.as_str(), a));
    let mut plain = std::process::Command::new(program);
    plain.args(arguments).current_dir(&command.directory);
    Ok(plain)
}

/// Starts a prepared command as a process of its own. `teller` reports its end.
fn start_plain(
    mut prepared: std::process::Command,
    env: &[(String, String)],
    user: &User,
    ends: Ends,
    is_stranger: bool,
    teller: Teller,
) -> Result<Handle, StartError> {
    prepared.process_group(0).stdin(ends.stdin).stdout(ends.stdout).stderr(ends.stderr);
    prepare_environment(&mut prepared);
    prepared.envs(env.iter().map(|(name, value)| (name, value)));
    if user.terminal.is_some() {
        // The terminal's screen must not show log messages.
        prepared.env("FRAME_LOG", "off");
    }
    let program = prepared.get_program().to_string_lossy().into_owned();
    let mark = orphans::new_mark();
    orphans::mark(&mut prepared, &mark);
    let spawn = || {
        let child = prepared.spawn()?;
        orphans::started(Pid::from_child(&child));
        Ok(child)
    };
    let child = fork_guard::alone(spawn).map_err(|error| StartError::Program { program, error })?;
    // The prepared command holds the peer's ends of the pipes; without this they would stay open.
    drop(prepared);
    let pid = Pid::from_child(&child);
    let alive = Arc::new(Mutex::new(Some(pid)));
    let watched = alive.clone();
    std::thread::Builder::new()
        .name("reaper".into())
        .spawn(move || {
            let mut left = reap(child, pid, is_stranger, &watched, &teller);
            left.extend(orphans::end(Some(&mark)));
            teller.cleaned(left);
        })
        .map_err(|error| {
            // Otherwise it would never be waited for or ended.
            let _ = kill_process_group(pid, Signal::KILL);
            let _ = waitpid(Some(pid), WaitOptions::empty());
            StartError::Pipes(error)
        })?;
    Ok(Handle::Plain(alive))
}

impl Drop for Spawner {
    fn drop(&mut self) {
        self.alive.wait_for_none(LAST_BREATH);
        orphans::end(None);
    }
}

/// Waits for a child's end, kills the rest of its group, and then releases its process id. Records the names of
/// processes that a stranger's program left there.
fn reap(
    mut child: Child,
    pid: Pid,
    is_stranger: bool,
    alive: &Mutex<Option<Pid>>,
    teller: &Teller,
) -> Named {
    let until_ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), until_ended) {}
    let left = if is_stranger { platform::left_in_group(pid) } else { Named::new() };
    let (status, excess) = {
        let mut alive = alive.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = alive.take() {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        // A search for orphans at the same time must not see it as one.
        fork_guard::alone(|| {
            let reaped = usage::reap(&mut child);
            orphans::waited_for(pid);
            reaped
        })
    };
    teller.ended(exit_of(status.unwrap_or_default()), excess);
    left
}

impl Process {
    /// Sends a signal to the peer's whole group, if the peer has not ended.
    pub fn signal(&self, signal: Signal) {
        match &self.handle {
            Handle::Plain(alive) => {
                if let Some(pid) = *alive.lock().unwrap_or_else(PoisonError::into_inner) {
                    let _ = kill_process_group(pid, signal);
                }
            }
            Handle::Launched(launcher, id) => launcher.signal(*id, signal),
        }
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        *self.told.exit.borrow()
    }

    /// Waits for its end. `None` if its exit can't be known (see [`lost`](Self::lost)).
    pub async fn wait(&self) -> Option<Exit> {
        let mut exit = self.told.exit.clone();
        exit.wait_for(Option::is_some).await.ok().and_then(|ended| *ended)
    }

    /// Why the exit can't be known: the process could not be started after all, or the launcher has ended.
    #[must_use]
    pub fn lost(&self) -> Option<StartError> {
        let gone = self.told.exit.has_changed().is_err() && self.exit().is_none();
        gone.then(|| match &self.handle {
            Handle::Launched(launcher, _) => StartError::Launcher(launcher.trouble()),
            Handle::Plain(_) => StartError::Pipes(io::Error::other("the reaper has gone")),
        })
    }

    /// The processor time that it has used so far; zero once it has ended.
    #[must_use]
    pub fn processor_time(&self) -> Duration {
        self.pid().map_or(Duration::ZERO, platform::processor_time)
    }

    /// Whether it waits for an event: it sleeps, or has ended.
    #[must_use]
    pub fn is_still(&self) -> bool {
        self.exit().is_some() || self.pid().is_some_and(platform::is_asleep)
    }

    /// Each address where it waits for clients.
    #[must_use]
    pub fn listening(&self) -> Vec<String> {
        self.pid().map(platform::listening).unwrap_or_default()
    }

    fn pid(&self) -> Option<Pid> {
        match &self.handle {
            Handle::Plain(alive) => *alive.lock().unwrap_or_else(PoisonError::into_inner),
            Handle::Launched(launcher, id) => launcher.pid(*id),
        }
    }

    /// Waits until it has written more to a standard stream than the limit.
    pub async fn babbles(&self) {
        tokio::select! {
            () = self.seat.stdout.is_full() => {}
            () = self.seat.stderr.is_full() => {}
        }
    }

    /// Its peak memory, if that was too much. It is known only after the process has ended.
    #[must_use]
    pub fn excess_memory(&self) -> Option<u64> {
        self.told.excess_memory()
    }

    /// Waits until it has ended and the harness has ended what it left behind.
    pub async fn cleaned(&self) {
        self.told.cleaned().await;
    }

    /// The names of the processes that a stranger's program left behind and that the harness killed. They are
    /// known once it is [`cleaned`](Self::cleaned). Only Linux provides this; for processes outside the
    /// program's group, only after [`adopt_orphans`](super::adopt_orphans).
    #[must_use]
    pub fn left_behind(&self) -> Vec<String> {
        self.told.left_behind()
    }

    /// Its standard output; at a terminal, the whole screen.
    #[must_use]
    pub const fn stdout(&self) -> &Output {
        &self.seat.stdout
    }

    /// Its standard error; a terminal has no such stream.
    #[must_use]
    pub const fn stderr(&self) -> &Output {
        &self.seat.stderr
    }

    /// Whether its user sits at a terminal.
    #[must_use]
    pub const fn is_at_terminal(&self) -> bool {
        self.seat.is_terminal
    }

    /// Its whole standard output and standard error, after it has ended and they are drained.
    pub async fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        self.seat.finish().await
    }
}

/// A peer of an abandoned case must not continue to run.
impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}
