//! Starting a peer, watching it, and ending it. This file and `launcher.rs` are the only ones that
//! start processes for cases.
//!
//! Each peer leads a process group of its own. When it has ended, what is left of the group is
//! killed while the number can't yet be anyone else's: before the peer is reaped.

use std::io::{self, PipeReader, PipeWriter};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::{Command, Launcher, Peer};
use crate::fork_guard;
use crate::observation::Exit;

/// More than this of a peer's output is not kept, and the peer is not let to write more.
const OUTPUT_MAX_BYTES: usize = 8 << 20;
/// How long a pipe may stay open when the peer that wrote to it has ended: whatever has left the
/// peer's group may hold it for ever.
const LAST_OUTPUT: Duration = Duration::from_secs(1);
/// How long a killed process may take to be gone; only one that the kernel itself holds up needs it.
const LAST_BREATH: Duration = Duration::from_secs(5);

/// Starts peers: the reference by the launcher, everyone else as a plain process.
///
/// Dropping it waits for the plain ones, which must have ended or been killed by then: a process
/// that was killed lives on until the kernel next runs it.
#[derive(Debug)]
pub struct Spawner {
    launcher: Arc<Launcher>,
    fresh: bool,
    plain: Arc<Alive>,
}

/// How many plain processes have not been reaped.
#[derive(Debug, Default)]
struct Alive {
    count: Mutex<usize>,
    fewer: Condvar,
}

/// A peer could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program can't be run.
    #[error("cannot start {program}: {error}")]
    Program {
        /// The program.
        program: String,
        /// Why not.
        error: io::Error,
    },
    /// The system gives no pipe, or no process descriptor.
    #[error("cannot set up a peer's pipes: {0}")]
    Pipes(io::Error),
    /// The launcher of the reference has gone.
    #[error("the reference's launcher: {0}")]
    Launcher(String),
}

/// A running peer.
#[derive(Debug)]
pub struct Process {
    handle: Handle,
    exit: watch::Receiver<Option<Exit>>,
    stdin: JoinHandle<()>,
    /// What it has written to standard output.
    pub stdout: Output,
    /// What it has written to standard error.
    pub stderr: Output,
}

#[derive(Debug)]
enum Handle {
    Plain(Arc<Mutex<Option<Pid>>>),
    Launched(Arc<Launcher>, u64),
}

impl Spawner {
    /// Start the reference by `launcher`, or each time in a fresh interpreter.
    #[must_use]
    pub fn new(launcher: Arc<Launcher>, fresh: bool) -> Self {
        Self { launcher, fresh, plain: Arc::default() }
    }

    /// Start `command` of `peer`, with `typed` as its standard input.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(
        &self,
        peer: &Peer,
        command: &Command,
        typed: Vec<u8>,
    ) -> Result<Process, StartError> {
        let (stdin, typing) = io::pipe().map_err(StartError::Pipes)?;
        let (reading_out, stdout) = io::pipe().map_err(StartError::Pipes)?;
        let (reading_err, stderr) = io::pipe().map_err(StartError::Pipes)?;
        let ends = Ends { stdin, stdout, stderr };
        let (handle, exit) = if peer.is_reference() && !self.fresh {
            let (id, exit) = self.launcher.start(peer, command, ends)?;
            (Handle::Launched(self.launcher.clone(), id), exit)
        } else if peer.is_reference() {
            self.start_plain(&self.launcher.fresh_command(peer, command), command, ends)?
        } else {
            self.start_plain(&with_program_path(peer, &command.argv), command, ends)?
        };
        Ok(Process {
            handle,
            exit,
            stdin: tokio::spawn(type_in(typing, typed)),
            stdout: Output::collect(reading_out)?,
            stderr: Output::collect(reading_err)?,
        })
    }

    fn start_plain(
        &self,
        argv: &[String],
        command: &Command,
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
        let child = fork_guard::alone(|| prepared.spawn())
            .map_err(|error| StartError::Program { program: program.to_owned(), error })?;
        // The prepared command holds the peer's ends of the pipes; without this they would stay
        // open.
        drop(prepared);
        let pid = Pid::from_child(&child);
        let alive = Arc::new(Mutex::new(Some(pid)));
        let (ended, exit) = watch::channel(None);
        let (watched, plain) = (alive.clone(), self.plain.clone());
        plain.change(|count| *count += 1);
        std::thread::Builder::new()
            .name("reaper".into())
            .spawn(move || {
                reap(child, pid, &watched, &ended);
                plain.change(|count| *count -= 1);
            })
            .map_err(StartError::Pipes)?;
        Ok((Handle::Plain(alive), exit))
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        let count = self.plain.count.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.plain.fewer.wait_timeout_while(count, LAST_BREATH, |count| *count > 0);
    }
}

impl Alive {
    fn change(&self, by: impl FnOnce(&mut usize)) {
        by(&mut self.count.lock().unwrap_or_else(PoisonError::into_inner));
        self.fewer.notify_all();
    }
}

/// A peer's ends of its three pipes.
pub(super) struct Ends {
    pub(super) stdin: PipeReader,
    pub(super) stdout: PipeWriter,
    pub(super) stderr: PipeWriter,
}

/// A relative program path is relative to where the peer's programs are.
fn with_program_path(peer: &Peer, argv: &[String]) -> Vec<String> {
    let mut argv = argv.to_vec();
    if let Some(program) = argv.first_mut() {
        let path = peer.base.join(&*program);
        if path.exists() {
            *program = path.to_string_lossy().into_owned();
        }
    }
    argv
}

/// The environment of every peer: this process's, with what changes a Python program's behaviour
/// taken out and the locale fixed.
pub(crate) fn prepare_environment(command: &mut std::process::Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C.UTF-8").env("PYTHONDONTWRITEBYTECODE", "1");
}

type Started = (Handle, watch::Receiver<Option<Exit>>);

/// Wait for a child's end, kill what is left of its group, and only then give its number back.
fn reap(
    mut child: Child,
    pid: Pid,
    alive: &Mutex<Option<Pid>>,
    ended: &watch::Sender<Option<Exit>>,
) {
    let until_ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), until_ended) {}
    let status = {
        let mut alive = alive.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = alive.take() {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        child.wait()
    };
    ended.send_replace(Some(exit_of(status.unwrap_or_default())));
}

/// What a wait status says.
pub(super) fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Status(code),
        (None, signal) => Exit::Signal(signal.unwrap_or_default()),
    }
}

async fn type_in(pipe: PipeWriter, typed: Vec<u8>) {
    let Ok(mut pipe) = pipe::Sender::from_owned_fd(pipe.into()) else { return };
    // A program that ends without reading all it could is free to.
    let _ = pipe.write_all(&typed).await;
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

    /// Everything it wrote, once it has ended and its pipes are drained.
    pub async fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        (self.stdout.finish().await, self.stderr.finish().await)
    }
}

/// A peer whose case is given up is not left running.
impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        self.stdin.abort();
    }
}

/// A stream of output being collected.
#[derive(Debug)]
pub struct Output {
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    bytes: Mutex<Vec<u8>>,
    changed: Notify,
    writer_has_ended: Notify,
}

impl Output {
    fn collect(pipe: PipeReader) -> Result<Self, StartError> {
        let pipe = pipe::Receiver::from_owned_fd(pipe.into()).map_err(StartError::Pipes)?;
        let shared = Arc::<Shared>::default();
        let reader = tokio::spawn(collect(pipe, shared.clone()));
        Ok(Self { shared, reader })
    }

    /// Wait until `seen` is true of what was written so far.
    pub async fn wait_until(&self, seen: impl Fn(&[u8]) -> bool) {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if seen(&self.shared.bytes.lock().unwrap_or_else(PoisonError::into_inner)) {
                return;
            }
            changed.await;
        }
    }

    /// All of it, when its writer has ended.
    async fn finish(&mut self) -> Vec<u8> {
        self.shared.writer_has_ended.notify_one();
        if tokio::time::timeout(LAST_OUTPUT, &mut self.reader).await.is_err() {
            self.reader.abort();
        }
        std::mem::take(&mut *self.shared.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn collect(mut pipe: pipe::Receiver, shared: Arc<Shared>) {
    let mut buffer = [0; 16 << 10];
    loop {
        let read = match pipe.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let len = {
            let mut bytes = shared.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            bytes.extend_from_slice(buffer.split_at(read).0);
            bytes.len()
        };
        shared.changed.notify_waiters();
        if len >= OUTPUT_MAX_BYTES {
            // Left open, so that the writer is held up but does not fail by our doing.
            return shared.writer_has_ended.notified().await;
        }
    }
}
