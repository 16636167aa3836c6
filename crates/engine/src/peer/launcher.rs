//! The launcher of Python programs: `python-ref/launch.py --serve`, kept warm for the whole run.
//!
//! launch.py describes the protocol: one JSON object per message of a Unix `SOCK_SEQPACKET` socket, which is
//! the launcher's standard input. A program's three standard streams are passed with the request that starts
//! it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::observation::MEMORY_MAX_BYTES;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, recv, sendmsg};
use rustix::process::{Pid, Signal};
use serde::Deserialize;
use serde_json::json;

use super::ending::{Named, Teller};
use super::starting::{StartError, exit_of, interpreter};
use super::user::Ends;
use crate::platform::{NO_SIGNAL, launcher_pair, orphans};

const ANSWER_MAX_BYTES: usize = 64 << 10;

/// A warm interpreter that runs programs.
#[derive(Debug)]
pub(super) struct Launcher {
    control: OwnedFd,
    next_id: AtomicU64,
    running: Arc<Running>,
    child: Child,
}

/// The requests that wait for the launcher's answers.
#[derive(Debug, Default)]
struct Running {
    programs: Mutex<HashMap<u64, Waiting>>,
    pids: Mutex<HashMap<u64, Pid>>,
    trouble: Mutex<Option<String>>,
}

/// The receiver of a program's end, and the mark of a stranger's program.
#[derive(Debug)]
struct Waiting {
    teller: Teller,
    mark: Option<String>,
}

/// A program to be forked.
#[derive(Debug)]
pub(super) struct Program<'a> {
    /// Its path.
    pub(super) path: &'a str,
    /// The arguments after it.
    pub(super) arguments: &'a [String],
    /// The working directory.
    pub(super) directory: &'a Path,
    /// Whether it is a stranger's program. Then its memory is measured, and the launcher and the harness end
    /// what it leaves behind.
    pub(super) is_stranger: bool,
    /// The address in its source, and its replacement.
    pub(super) redirected: Option<(SocketAddr, SocketAddr)>,
    /// The directory for a file in which it records what it does.
    pub(super) notes: Option<&'a Path>,
    /// The directory for files in which it records the lines that it executes.
    pub(super) trace: Option<&'a Path>,
}

#[derive(Deserialize)]
struct Answer {
    id: u64,
    pid: Option<i32>,
    status: Option<i32>,
    #[serde(default)]
    maxrss_kib: u64,
    #[serde(default)]
    left: Vec<(i32, String)>,
    error: Option<String>,
}

impl Launcher {
    /// Starts `python` on the launcher in `reference`.
    ///
    /// # Errors
    ///
    /// The interpreter can't be run.
    pub(super) fn start_up(python: &OsStr, reference: &Path) -> io::Result<Self> {
        let (control, theirs) = launcher_pair()?;
        let mut command = interpreter(python);
        command.arg("-u").arg(reference.join("launch.py")).arg("--serve").stdin(theirs);
        // This reserves room for the mark of each program that it forks.
        orphans::mark(&mut command, &orphans::new_mark());
        let child = command.spawn()?;
        orphans::started(Pid::from_child(&child));
        let running = Arc::<Running>::default();
        let (answers, waiting) = (control.try_clone()?, running.clone());
        std::thread::Builder::new()
            .name("launcher".into())
            .spawn(move || hand_out_answers(&answers, &waiting))?;
        Ok(Self { control, next_id: AtomicU64::new(0), running, child })
    }

    /// Starts a program. The teller gets its end.
    pub(super) fn start(
        &self,
        program: &Program<'_>,
        ends: Ends,
        teller: Teller,
    ) -> Result<u64, StartError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut request = json!({
            "op": "start",
            "id": id,
            "program": program.path,
            "argv": program.arguments,
            "cwd": program.directory,
        });
        let mark = program.is_stranger.then(orphans::new_mark);
        if let Some(request) = request.as_object_mut() {
            if let Some(mark) = &mark {
                request.insert("env".to_owned(), json!({orphans::MARK: mark}));
            }
            if let Some((own, real)) = program.redirected {
                let addresses = [own, real].map(|it| it.to_string());
                request.insert("address".to_owned(), json!(addresses));
            }
            if let Some(notes) = program.notes {
                request.insert("notes".to_owned(), json!(notes.join(format!("{id}.jsonl"))));
            }
            if let Some(trace) = program.trace {
                request.insert("trace".to_owned(), json!(trace.join(format!("{id}.jsonl"))));
            }
        }
        lock(&self.running.programs).insert(id, Waiting { teller, mark });
        let streams = [ends.stdin.as_fd(), ends.stdout.as_fd(), ends.stderr.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
        let mut attached = SendAncillaryBuffer::new(&mut space);
        attached.push(SendAncillaryMessage::ScmRights(&streams));
        let text = request.to_string();
        sendmsg(&self.control, &[IoSlice::new(text.as_bytes())], &mut attached, NO_SIGNAL)
            .map_err(|error| {
                lock(&self.running.programs).remove(&id);
                StartError::Launcher(error.to_string())
            })?;
        Ok(id)
    }

    /// Sends a signal to a program's group, unless the program has ended.
    pub(super) fn signal(&self, id: u64, signal: Signal) {
        let request = json!({"op": "signal", "id": id, "signal": signal.as_raw()}).to_string();
        // If the launcher has ended, its programs have too.
        let _ = rustix::net::send(&self.control, request.as_bytes(), NO_SIGNAL);
    }

    /// The process id of a running program.
    pub(super) fn pid(&self, id: u64) -> Option<Pid> {
        lock(&self.running.pids).get(&id).copied()
    }

    /// The last error of the launcher.
    pub(super) fn trouble(&self) -> String {
        lock(&self.running.trouble).clone().unwrap_or_else(|| "it has ended".to_owned())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Launcher {
    fn drop(&mut self) {
        // The end of its input makes the launcher kill its programs and end.
        let _ = rustix::net::shutdown(&self.control, rustix::net::Shutdown::Both);
        let _ = self.child.wait();
    }
}

impl Waiting {
    /// The program and the rest of its group have ended. Ends what else it left.
    fn ended(self, status: ExitStatus, memory_bytes: u64, mut left: Named) {
        let Self { teller, mark } = self;
        let is_excess = mark.is_some() && memory_bytes > MEMORY_MAX_BYTES;
        teller.ended(exit_of(status), is_excess.then_some(memory_bytes));
        let Some(mark) = mark else { return teller.cleaned(left) };
        let clear_up = move || {
            left.extend(orphans::end(Some(&mark)));
            teller.cleaned(left);
        };
        // The system may have a thread later; what was left ends with the run.
        let _ = std::thread::Builder::new().name("clearer".into()).spawn(clear_up);
    }
}

/// Passes each answer to its receiver until the launcher ends. If a program was not started, its receiver sees
/// the sender dropped.
fn hand_out_answers(control: &OwnedFd, running: &Running) {
    let mut buffer = vec![0; ANSWER_MAX_BYTES];
    loop {
        let read = match recv(control, &mut buffer[..], RecvFlags::empty()) {
            Ok((_, 0)) => break,
            Ok((_, read)) => read,
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => break,
        };
        let Ok(answer) = serde_json::from_slice::<Answer>(buffer.split_at(read).0) else {
            continue;
        };
        if let Some(pid) = answer.pid.and_then(Pid::from_raw) {
            lock(&running.pids).insert(answer.id, pid);
        } else {
            lock(&running.pids).remove(&answer.id);
        }
        match (answer.status, answer.error) {
            (Some(status), _) => {
                let waiting = lock(&running.programs).remove(&answer.id);
                if let Some(waiting) = waiting {
                    let left = answer.left.into_iter().collect();
                    waiting.ended(ExitStatus::from_raw(status), answer.maxrss_kib << 10, left);
                }
            }
            (None, Some(error)) => {
                *lock(&running.trouble) = Some(error);
                lock(&running.programs).remove(&answer.id);
            }
            (None, None) => {}
        }
    }
    lock(&running.programs).clear();
}
