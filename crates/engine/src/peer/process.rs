//! Starting a peer, watching it, and ending it. This file and `launcher.rs` are the only ones that
//! start processes for cases.
//!
//! Each peer leads a process group of its own. When it has ended, what is left of the group is
//! killed while the number can't yet be anyone else's: before the peer is reaped.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use model::observation::Exit;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::sync::watch;

use super::launcher::program_of;
use super::starting::{StartError, exit_of, prepare_environment};
use super::user::{Ends, Seat};
use super::{Command, Launcher, Output, Peer, User, usage};
use crate::platform::orphans;
use crate::{fork_guard, platform};

/// How long a killed process may take to be gone; only one that the kernel itself holds up needs it.
const LAST_BREATH: Duration = Duration::from_secs(5);

/// Starts peers: the reference by a launcher if there is one, everyone else as a plain process.
///
/// Dropping it waits for the plain ones, which must have ended or been killed by then: a process
/// that was killed lives on until the kernel next runs it.
#[derive(Debug)]
pub struct Spawner {
    python: OsString,
    launcher: Option<Arc<Launcher>>,
    plain: Arc<Alive>,
}

/// How many plain processes have not been reaped.
#[derive(Debug, Default)]
struct Alive {
    count: Mutex<usize>,
    fewer: Condvar,
}

/// A running peer.
#[derive(Debug)]
pub struct Process {
    handle: Handle,
    exit: watch::Receiver<Option<Exit>>,
    memory: Memory,
    seat: Seat,
}

/// How much memory a process has held, if too much, once it has ended.
type Memory = Arc<Mutex<Option<u64>>>;

#[derive(Debug)]
enum Handle {
    Plain(Arc<Mutex<Option<Pid>>>),
    Launched(Arc<Launcher>, u64),
}

impl Spawner {
    /// Start the programs that are [launched](Peer::is_launched), which `python` runs, by the launcher in
    /// `reference`; or, if they are to be `fresh` or the system has no way to talk to one, each in an
    /// interpreter of its own.
    ///
    /// # Errors
    /// The interpreter can't be run.
    pub fn new(python: &OsStr, reference: &Path, fresh: bool) -> io::Result<Self> {
        let is_launched = platform::CAN_FORK && !fresh;
        let launcher = is_launched.then(|| Launcher::start_up(python, reference)).transpose()?;
        Ok(Self {
            python: python.to_owned(),
            launcher: launcher.map(Arc::new),
            plain: Arc::default(),
        })
    }

    /// Start `command` of `peer`, with `user` at its standard streams.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(
        &self,
        peer: &Peer,
        command: &Command,
        user: &User,
    ) -> Result<Process, StartError> {
        let (seat, ends) = Seat::take(user).map_err(StartError::Pipes)?;
        let (handle, exit, memory) = match &self.launcher {
            Some(launcher) if peer.is_launched => {
                let (id, exit) = launcher.start(peer, command, ends)?;
                (Handle::Launched(launcher.clone(), id), exit, Memory::default())
            }
            None if peer.is_launched => {
                self.start_plain(&self.fresh_command(peer, command), command, user, ends)?
            }
            _ => self.start_plain(&command.argv, command, user, ends)?,
        };
        Ok(Process { handle, exit, memory, seat })
    }

    /// The argument vector that runs a reference program in an interpreter of its own.
    fn fresh_command(&self, peer: &Peer, command: &Command) -> Vec<String> {
        let (program, arguments) = program_of(peer, command);
        let python = self.python.to_string_lossy().into_owned();
        [python, "-u".to_owned(), program].into_iter().chain(arguments.iter().cloned()).collect()
    }

    fn start_plain(
        &self,
        argv: &[String],
        command: &Command,
        user: &User,
        ends: Ends,
    ) -> Result<Started, StartError> {
        let (program, arguments) =
            argv.split_first().map_or(("", &[][..]), |(p, a)| (p.as_str(), a));
        let mut prepared = std::process::Command::new(program);
        prepared
            .args(arguments)
            .current_dir(&command.directory)
            .process_group(0)
            .stdin(ends.stdin)
            .stdout(ends.stdout)
            .stderr(ends.stderr);
        prepare_environment(&mut prepared);
        if user.terminal.is_some() {
            // Nothing else is to show on the one screen there is.
            prepared.env("FRAME_LOG", "off");
        }
        let mark = orphans::new_mark();
        orphans::mark(&mut prepared, &mark);
        let spawn = || {
            let child = prepared.spawn()?;
            orphans::started(Pid::from_child(&child));
            Ok(child)
        };
        let child = fork_guard::alone(spawn)
            .map_err(|error| StartError::Program { program: program.to_owned(), error })?;
        // The prepared command holds the peer's ends of the pipes; without this they would stay
        // open.
        drop(prepared);
        let pid = Pid::from_child(&child);
        let alive = Arc::new(Mutex::new(Some(pid)));
        let (ended, exit) = watch::channel(None);
        let (watched, plain) = (alive.clone(), self.plain.clone());
        let memory = Memory::default();
        let noting = memory.clone();
        plain.change(|count| *count += 1);
        std::thread::Builder::new()
            .name("reaper".into())
            .spawn(move || {
                reap(child, pid, &watched, &noting, &ended);
                orphans::end(Some(&mark));
                plain.change(|count| *count -= 1);
            })
            .map_err(StartError::Pipes)?;
        Ok((Handle::Plain(alive), exit, memory))
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        let count = self.plain.count.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.plain.fewer.wait_timeout_while(count, LAST_BREATH, |count| *count > 0);
        orphans::end(None);
    }
}

impl Alive {
    fn change(&self, by: impl FnOnce(&mut usize)) {
        by(&mut self.count.lock().unwrap_or_else(PoisonError::into_inner));
        self.fewer.notify_all();
    }
}

type Started = (Handle, watch::Receiver<Option<Exit>>, Memory);

/// Wait for a child's end, kill what is left of its group, and only then give its number back.
fn reap(
    mut child: Child,
    pid: Pid,
    alive: &Mutex<Option<Pid>>,
    memory: &Mutex<Option<u64>>,
    ended: &watch::Sender<Option<Exit>>,
) {
    let until_ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), until_ended) {}
    let status = {
        let mut alive = alive.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = alive.take() {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        // Whoever looks for orphans meanwhile must not take it for one.
        let (status, excess) = fork_guard::alone(|| {
            let reaped = usage::reap(&mut child);
            orphans::waited_for(pid);
            reaped
        });
        *memory.lock().unwrap_or_else(PoisonError::into_inner) = excess;
        status
    };
    ended.send_replace(Some(exit_of(status.unwrap_or_default())));
}

impl Process {
    /// Send a signal to the peer's whole group, if the peer has not ended.
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
        *self.exit.borrow()
    }

    /// Wait for its end; `None` if nobody knows any more how it ended (see [`lost`](Self::lost)).
    pub async fn wait(&self) -> Option<Exit> {
        let mut exit = self.exit.clone();
        exit.wait_for(Option::is_some).await.ok().and_then(|ended| *ended)
    }

    /// Why it is not known how the process ended, if that is so: it could not be started after
    /// all, or the launcher has gone.
    #[must_use]
    pub fn lost(&self) -> Option<StartError> {
        let gone = self.exit.has_changed().is_err() && self.exit().is_none();
        gone.then(|| match &self.handle {
            Handle::Launched(launcher, _) => StartError::Launcher(launcher.trouble()),
            Handle::Plain(_) => StartError::Pipes(io::Error::other("the reaper has gone")),
        })
    }

    /// The processor time it has used so far; none once it has ended.
    #[must_use]
    pub fn processor_time(&self) -> Duration {
        self.pid().map_or(Duration::ZERO, platform::processor_time)
    }

    /// Whether it does nothing until something happens to it: it sleeps, or is known to have ended.
    #[must_use]
    pub fn is_still(&self) -> bool {
        self.exit().is_some() || self.pid().is_some_and(platform::is_asleep)
    }

    /// Each address at which it waits for clients.
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

    /// Wait until it has written more to a standard stream than is kept.
    pub async fn babbles(&self) {
        tokio::select! {
            () = self.seat.stdout.is_full() => {}
            () = self.seat.stderr.is_full() => {}
        }
    }

    /// The most memory it ever held, if that was too much; known once it has ended.
    #[must_use]
    pub fn excess_memory(&self) -> Option<u64> {
        *self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it has written to standard output; at a terminal, all that is on the screen.
    #[must_use]
    pub const fn stdout(&self) -> &Output {
        &self.seat.stdout
    }

    /// Everything it wrote to standard output and standard error, once it has ended and they are
    /// drained.
    pub async fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        self.seat.finish().await
    }
}

/// A peer whose case is given up is not left running.
impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}
