//! Runs the measured programs. Each is a separate process that ends with its [`Program`], in
//! every case. Threads read the programs' output, so that no pipe ever fills. Waits are for an event, with a
//! deadline.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use procfs::process::{FDTarget, Process};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::measured::{self, Usage};
use crate::stats::float;

/// How long a program may take to listen, and to end after a signal.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often to ask the kernel what no event reports: whether a program listens yet.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// A program's last output, for the message when it fails.
const LAST_LINES: usize = 8;

/// The process groups that run now, so that a signal that ends this program can end them too.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Where a program's standard output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Discarded: `/dev/null`.
    Dropped,
    /// Kept, and searched for an address.
    Kept,
}

/// A running program.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    child: Child,
    group: Pid,
    heard: Arc<Heard>,
    is_measured: bool,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// The resources that it used, for a program that [`Program::start_measured`] started.
    pub(crate) usage: Option<Usage>,
    pub(crate) output: Vec<u8>,
}

#[derive(Debug, Default)]
struct Heard {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The streams that have not ended yet. When the last one ends, the program has ended.
    open_streams: usize,
    address: Option<SocketAddr>,
    measured_pid: Option<i32>,
    usage: Option<Usage>,
    output: Vec<u8>,
    last_lines: VecDeque<String>,
}

impl Program {
    /// Starts a program.
    pub(crate) fn start(command: Command, output: Output) -> anyhow::Result<Self> {
        Self::spawn(command, output, false)
    }

    /// Starts a program and measures the resources that it uses.
    pub(crate) fn start_measured(command: &Command, output: Output) -> anyhow::Result<Self> {
        Self::spawn(measured::command(command)?, output, true)
    }

    fn spawn(mut command: Command, output: Output, is_measured: bool) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        command.stdout(if output == Output::Kept { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let group = Pid::from_child(&child);
        lock(&RUNNING).push(group);
        let heard = Arc::new(Heard::default());
        lock(&heard.state).open_streams = if output == Output::Kept { 2 } else { 1 };
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let program = Self { name, child, group, heard, is_measured };
        if let Some(stdout) = stdout {
            program.listen_to(stdout, |state, line| {
                state.output.extend_from_slice(line);
                state.notice_address(line);
            });
        }
        if let Some(stderr) = stderr {
            program.listen_to(stderr, State::notice);
        }
        Ok(program)
    }

    fn listen_to(
        &self,
        stream: impl Read + Send + 'static,
        take: impl Fn(&mut State, &[u8]) + Send + 'static,
    ) {
        let heard = self.heard.clone();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
                take(&mut lock(&heard.state), &line);
                heard.news.notify_all();
                line.clear();
            }
            lock(&heard.state).open_streams -= 1;
            heard.news.notify_all();
        });
    }

    /// The address that the program reports.
    pub(crate) fn announced_address(&self) -> anyhow::Result<SocketAddr> {
        self.wait_until("say where it listens", PATIENCE, |state| state.address)
    }

    /// The TCP address that the program listens on, from the kernel, for a program that does not report
    /// it.
    pub(crate) fn listening_address(&self) -> anyhow::Result<SocketAddr> {
        let pid = self.pid()?;
        self.wait_until("listen", PATIENCE, |_| listening_address(pid))
    }

    /// The process id of the measured program, not of the process that measures it.
    fn pid(&self) -> anyhow::Result<i32> {
        if self.is_measured {
            return self.wait_until("start", PATIENCE, |state| state.measured_pid);
        }
        Ok(self.group.as_raw_pid())
    }

    /// The processor time that it has used so far, to a hundredth of a second.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let context = || format!("cannot ask for the time of {}", self.name);
        let stat = Process::new(self.pid()?).and_then(|process| process.stat());
        let stat = stat.with_context(context)?;
        Ok(float(stat.utime + stat.stime) / float(procfs::ticks_per_second()))
    }

    /// Waits until the program has ended well by itself.
    pub(crate) fn finish(mut self, within: Duration) -> anyhow::Result<Ended> {
        let ended = self.ended(within)?;
        ensure!(ended.status.success(), "{}", self.failure(&format!("failed: {}", ended.status)));
        Ok(ended)
    }

    /// Sends the program SIGTERM, and waits until it has ended.
    pub(crate) fn terminate(mut self) -> anyhow::Result<Ended> {
        if let Some(pid) = Pid::from_raw(self.pid()?) {
            // The program may have just ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
        self.ended(PATIENCE)
    }

    fn ended(&mut self, within: Duration) -> anyhow::Result<Ended> {
        self.wait_until("end", within, |state| (state.open_streams == 0).then_some(()))?;
        let status = self.child.wait().with_context(|| format!("cannot wait for {}", self.name))?;
        let mut state = lock(&self.heard.state);
        let output = std::mem::take(&mut state.output);
        Ok(Ended { status, usage: state.usage, output })
    }

    /// Waits for new output, which may contain what the caller looks for, or for a short pause.
    fn wait_until<T>(
        &self,
        what: &str,
        within: Duration,
        look: impl Fn(&State) -> Option<T>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + within;
        let mut state = lock(&self.heard.state);
        loop {
            if let Some(found) = look(&state) {
                return Ok(found);
            }
            let has_ended = state.open_streams == 0;
            if has_ended || Instant::now() >= deadline {
                drop(state);
                let why = if has_ended { "it ended" } else { "too slow" };
                bail!("{}", self.failure(&format!("did not {what}: {why}")));
            }
            let waited = self.heard.news.wait_timeout(state, LOOK_AGAIN);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn failure(&self, what: &str) -> String {
        let lines: Vec<String> = lock(&self.heard.state).last_lines.iter().cloned().collect();
        format!("{} {what}; it said last: {}", self.name, lines.join(" | "))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // If the child is not reaped yet, the group's id still belongs to it. If `ended` has reaped it,
        // the standard library knows, and kills nothing.
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process_group(self.group, Signal::KILL);
            let _ = self.child.wait();
        }
        lock(&RUNNING).retain(|group| *group != self.group);
    }
}

impl State {
    /// A line on standard error.
    fn notice(&mut self, line: &[u8]) {
        self.notice_address(line);
        let line = String::from_utf8_lossy(line).trim_end().to_owned();
        match measured::read(&line) {
            Some(measured::Note::Started(pid)) => self.measured_pid = Some(pid),
            Some(measured::Note::Used(usage)) => self.usage = Some(usage),
            None => {
                self.last_lines.push_back(line);
                if self.last_lines.len() > LAST_LINES {
                    self.last_lines.pop_front();
                }
            }
        }
    }

    fn notice_address(&mut self, line: &[u8]) {
        if self.address.is_none() {
            self.address = address_in(&String::from_utf8_lossy(line));
        }
    }
}

/// The address after `listening on`.
fn address_in(line: &str) -> Option<SocketAddr> {
    line.split_once("listening on ")?.1.trim().parse().ok()
}

/// The first TCP socket that a process listens on.
fn listening_address(pid: i32) -> Option<SocketAddr> {
    let descriptors = Process::new(pid).ok()?.fd().ok()?;
    let sockets: Vec<u64> = descriptors
        .filter_map(|descriptor| match descriptor.ok()?.target {
            FDTarget::Socket(inode) => Some(inode),
            _ => None,
        })
        .collect();
    let all = procfs::net::tcp().into_iter().chain(procfs::net::tcp6()).flatten();
    let mut mine = all.filter(|entry| sockets.contains(&entry.inode));
    mine.find(|entry| entry.state == procfs::net::TcpState::Listen).map(|entry| entry.local_address)
}

/// Kills all running programs: a signal is about to end this one.
pub(crate) fn kill_all() {
    for group in lock(&RUNNING).drain(..) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// After a panic of its holder, the lock's data is still valid.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn an_address_is_read_out_of_a_log_line() {
        let line = "2026-01-01T00:00:00Z  INFO listening on 127.0.0.1:4711\n";
        assert_eq!(address_in(line), "127.0.0.1:4711".parse().ok());
        assert_eq!(address_in("listening on unix:/a"), None);
    }

    #[test]
    fn a_program_that_listens_is_found_by_its_process() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let pid = i32::try_from(std::process::id()).unwrap();
        assert!(listening_address(pid).is_some());
        drop(listener);
    }

    #[test]
    fn what_a_program_prints_is_there_when_it_has_ended() {
        let program = Program::start(shell("echo one; echo two"), Output::Kept).unwrap();
        assert_eq!(program.finish(PATIENCE).unwrap().output, b"one\ntwo\n");
    }

    #[test]
    fn a_program_that_fails_is_told_with_its_last_words() {
        let program = Program::start(shell("echo no luck >&2; exit 3"), Output::Dropped).unwrap();
        let error = program.finish(PATIENCE).unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("no luck"), "{error}");
    }

    #[test]
    fn a_program_that_ends_instead_of_listening_is_not_waited_for() {
        let program = Program::start(shell("echo gone >&2"), Output::Dropped).unwrap();
        let error = program.announced_address().unwrap_err().to_string();
        assert!(error.contains("it ended") && error.contains("gone"), "{error}");
    }

    #[test]
    fn a_dropped_program_is_gone_with_its_children() {
        let program = Program::start(shell("sleep 1000 & echo ready; wait"), Output::Kept).unwrap();
        let is_ready = |state: &State| (state.output == b"ready\n").then_some(());
        program.wait_until("print", PATIENCE, is_ready).unwrap();
        let heard = program.heard.clone();
        drop(program);
        // The child holds both streams as well, so they end when it ends.
        let mut state = lock(&heard.state);
        while state.open_streams > 0 {
            let (again, waited) = heard.news.wait_timeout(state, PATIENCE).unwrap();
            assert!(!waited.timed_out());
            state = again;
        }
    }
}
