//! The other side of a test: faulty servers, processes with the test's choice of standard output,
//! the reference programs, and CPython's answers.
//!
//! Nothing here waits without a deadline, and nothing uses the programs' own crates to communicate.

#![cfg(test)]

use std::io::{BufRead, BufReader, PipeWriter, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use framecheck_tests::{DEADLINE, Sandbox, program, python, repository};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal, kill_process};

/// The result of a program.
#[derive(Debug)]
pub(crate) struct Run {
    output: Output,
    about: String,
}

impl Run {
    pub(crate) fn new(output: Output, about: impl Into<String>) -> Self {
        let run = Self { output, about: about.into() };
        assert!(!run.stderr().contains("panicked"), "{run}");
        run
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    pub(crate) fn status(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// Asserts that it ended well, with nothing on standard error, and this on standard output.
    #[track_caller]
    pub(crate) fn completed_with(&self, stdout: &str) {
        assert_eq!(self.status(), Some(0), "{self}");
        assert_eq!(self.stdout(), stdout, "{self}");
        assert_eq!(self.stderr(), "", "{self}");
    }

    /// Asserts that it ended with status 1 and one line on standard error, with this in it.
    #[track_caller]
    pub(crate) fn failed_saying(&self, message: &str) {
        assert_eq!(self.status(), Some(1), "{self}");
        assert!(self.stderr().contains(message), "no {message:?}: {self}");
        assert_eq!(self.stderr().lines().count(), 1, "{self}");
    }

    /// Asserts that it failed with this message after this clause.
    #[track_caller]
    pub(crate) fn failed_by(&self, clause: &str, message: &str) {
        self.failed_saying(message);
        assert!(self.stderr().contains(&format!(" ERROR [{clause}] ")), "not by {clause}: {self}");
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stdout: String = self.stdout().chars().take(2000).collect();
        let (about, status) = (&self.about, self.output.status);
        write!(f, "{about}\n{status}\n--- stdout\n{stdout}\n--- stderr\n{}", self.stderr())
    }
}

/// Runs `frame-client SCENARIO --connect ADDRESS` in the sandbox, with this typed.
#[track_caller]
pub(crate) fn client(
    sandbox: &Sandbox,
    scenario: &str,
    address: &str,
    typed: impl Into<Vec<u8>>,
) -> Run {
    client_with(sandbox, &[scenario, "--connect", address], typed)
}

/// Runs `frame-client` with these arguments.
#[track_caller]
pub(crate) fn client_with(sandbox: &Sandbox, arguments: &[&str], typed: impl Into<Vec<u8>>) -> Run {
    let mut command = sandbox.command("frame-client");
    let output = command.args(arguments).write_stdin(typed).output().unwrap();
    Run::new(output, format!("frame-client {arguments:?} in {}", sandbox.path().display()))
}

/// A server of one client, on a free port.
pub(crate) struct FakeServer<T> {
    pub(crate) address: String,
    thread: JoinHandle<T>,
}

impl<T: Send + 'static> FakeServer<T> {
    pub(crate) fn new(session: impl FnOnce(TcpStream) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let thread = thread::spawn(move || session(accept(&listener)));
        Self { address, thread }
    }

    /// The session's result; its panic is the test's.
    #[track_caller]
    pub(crate) fn join(self) -> T {
        self.thread.join().unwrap()
    }
}

impl FakeServer<()> {
    /// Sends this, closes, and waits for the client to close.
    pub(crate) fn sending(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::new(move |mut stream| {
            // The client may have closed already: it refuses invalid bytes.
            let _ = stream.write_all(&bytes);
            finish(stream);
        })
    }

    /// Sends this and resets the connection.
    pub(crate) fn resetting_after(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::new(move |mut stream| {
            let _ = stream.write_all(&bytes);
            reset(stream);
        })
    }
}

/// The next client, with a deadline for it and for everything it does.
pub(crate) fn accept(listener: &TcpListener) -> TcpStream {
    let timeout = Timespec { tv_sec: 30, tv_nsec: 0 };
    let mut ready = [PollFd::new(listener, PollFlags::IN)];
    assert_eq!(rustix::event::poll(&mut ready, Some(&timeout)), Ok(1), "no client came");
    with_deadline(listener.accept().unwrap().0)
}

/// Connects to a server, with a deadline for everything it does.
pub(crate) fn connect(address: impl ToSocketAddrs) -> TcpStream {
    with_deadline(TcpStream::connect(address).unwrap())
}

fn with_deadline(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Half-closes, then waits for the peer to do so too.
pub(crate) fn finish(mut stream: TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// Closes by a reset.
pub(crate) fn reset(stream: TcpStream) {
    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    drop(stream);
}

/// Exactly this many bytes of a stream.
#[track_caller]
pub(crate) fn read_exactly(stream: &mut impl Read, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// `struct.pack('i', len(text)) + text`. The test `the_wire_is_what_cpython_packs` compares it with
/// CPython.
pub(crate) fn framed(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    let mut bytes = i32::try_from(text.len()).unwrap().to_ne_bytes().to_vec();
    bytes.extend_from_slice(text);
    bytes
}

/// The answer to a command, as CPython frames it.
pub(crate) fn answer(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [framed(format!("{{\"data_size\": {}}}", body.len())), body.to_vec()].concat()
}

/// The frame of a file of this name, as CPython frames it. The name is the inside of a JSON string.
pub(crate) fn file_frame(name: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let dict = format!("{{\"file_name\": \"{name}\", \"file_size\": {}}}", body.len());
    [framed(dict), body.to_vec()].concat()
}

/// The output of CPython when it runs this program with these arguments and this input.
#[track_caller]
pub(crate) fn ask_python(code: &str, arguments: &[&str], input: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut command = assert_cmd::Command::new(python());
    let told = ["-X", "utf8", "-c", code];
    let output = command.args(told).args(arguments).write_stdin(input).timeout(DEADLINE).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{code}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A running program; dropping it kills it.
pub(crate) struct Process {
    pid: Pid,
    about: String,
    log: mpsc::Receiver<String>,
    screen: mpsc::Receiver<Vec<u8>>,
    ended: mpsc::Receiver<ExitStatus>,
}

impl Process {
    /// Starts it. Its standard output is read all the time, unless the command says where it goes.
    #[track_caller]
    pub(crate) fn start(command: &mut Command, stdout: Option<Stdio>) -> Self {
        let about = format!("{command:?}");
        let stdout = stdout.unwrap_or_else(Stdio::piped);
        let mut child = command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
        let (shown, screen) = mpsc::channel();
        let (status, ended) = mpsc::channel();
        let pid = Pid::from_child(&child);
        if let Some(mut stdout) = child.stdout.take() {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let _ = stdout.read_to_end(&mut bytes);
                let _ = shown.send(bytes);
            });
        }
        let log = lines(child.stderr.take().unwrap());
        thread::spawn(move || child.wait().is_ok_and(|end| status.send(end).is_ok()));
        Self { pid, about, log, screen, ended }
    }

    /// Starts `frame-server` in the sandbox; returns also its address.
    #[track_caller]
    pub(crate) fn server(
        sandbox: &Sandbox,
        arguments: &[&str],
        stdout: Option<Stdio>,
    ) -> (Self, String) {
        Self::listening(&mut server_command(sandbox, arguments), stdout)
    }

    /// Starts the reference's server of a scenario in the sandbox; returns also its address.
    #[track_caller]
    pub(crate) fn reference_server(
        sandbox: &Sandbox,
        scenario: &str,
        arguments: &[&str],
    ) -> (Self, String) {
        let mut command = reference_server_command(sandbox, scenario, arguments);
        Self::listening(&mut command, None)
    }

    /// Starts a server that reports its address on standard error; returns also that address.
    #[track_caller]
    pub(crate) fn listening(command: &mut Command, stdout: Option<Stdio>) -> (Self, String) {
        let mut server = Self::start(command, stdout);
        let address = server.wait_for("listening on ");
        (server, address)
    }

    /// What follows this in the next line of its standard error that contains it.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let mut seen = Vec::new();
        while let Ok(line) = self.log.recv_timeout(DEADLINE) {
            if let Some((_, rest)) = line.split_once(text) {
                return rest.to_owned();
            }
            seen.push(line);
        }
        panic!("no {text:?} from {}, only {seen:?}", self.about);
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let _ = kill_process(self.pid, signal);
    }

    /// Its status, once it has ended by itself.
    #[track_caller]
    pub(crate) fn end(&self) -> ExitStatus {
        let ended = self.ended.recv_timeout(DEADLINE);
        ended.unwrap_or_else(|_| panic!("{} goes on and on", self.about))
    }

    /// Sends it a signal and waits for its end; returns its status and standard output.
    #[track_caller]
    pub(crate) fn stop(self, signal: Signal) -> (ExitStatus, String) {
        self.signal(signal);
        let status = self.end();
        let screen = self.screen.recv_timeout(DEADLINE).unwrap_or_default();
        let log: Vec<String> = self.log.try_iter().collect();
        assert!(!log.iter().any(|line| line.contains("panicked")), "{}: {log:?}", self.about);
        (status, String::from_utf8(screen).unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A process that has been waited for no longer exists, so its id must not be killed.
        if self.ended.try_recv() == Err(mpsc::TryRecvError::Empty) {
            self.signal(Signal::KILL);
        }
    }
}

/// `frame-server` in the sandbox, on a free port unless the arguments give an address. A shell runs
/// commands, as the reference's server does, unless the arguments say what may be run.
pub(crate) fn server_command(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("frame-server"));
    command.args(arguments).current_dir(sandbox.path()).stdin(Stdio::null());
    if !arguments.iter().any(|argument| argument.starts_with("--listen")) {
        command.arg("--listen=127.0.0.1:0");
    }
    let says = arguments.iter().any(|argument| argument.starts_with("--allow"));
    if arguments.first() == Some(&"remote-command") && !says {
        command.arg("--allow-anything");
    }
    command.env_remove("FRAME_LOG");
    command
}

/// The reference's server of a scenario in the sandbox, on a free port.
pub(crate) fn reference_server_command(
    sandbox: &Sandbox,
    scenario: &str,
    arguments: &[&str],
) -> Command {
    let ready = if scenario.starts_with("udp") { "bind" } else { "listen" };
    let mut command = Command::new(python());
    command.args(["-u", "-X", "utf8", "-c", TELL_WHEN_READY, ready]);
    command.arg(repository().join("python-ref").join(scenario).join("server.py"));
    command.args(["--port", "0"]).args(arguments).env_remove("FRAME_LOG");
    command.current_dir(sandbox.path()).stdin(Stdio::null());
    command
}

/// The end of a pipe whose other end is closed.
pub(crate) fn gone() -> PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    wait_until_gone(&writer);
    writer
}

/// Waits until no process can read what is written here. A process that another test is just
/// starting has a copy of everything open here, until its exec.
pub(crate) fn wait_until_gone(writer: &PipeWriter) {
    let deadline = Timespec { tv_sec: 30, tv_nsec: 0 };
    // With no requested events, poll reports only an error.
    let mut errors = [PollFd::new(writer, PollFlags::empty())];
    assert_eq!(rustix::event::poll(&mut errors, Some(&deadline)), Ok(1), "somebody still reads");
}

/// The result of this, if it comes before the deadline.
#[track_caller]
pub(crate) fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = mpsc::channel();
    thread::spawn(move || sender.send(work()).is_ok());
    done.recv_timeout(DEADLINE).expect("done in time")
}

/// Runs a command with the test's choice of streams.
#[track_caller]
pub(crate) fn output_of(mut command: Command) -> Output {
    let about = format!("{command:?}");
    in_time(move || command.output()).unwrap_or_else(|error| panic!("{about}: {error}"))
}

/// Reads a stream's lines as they come, so that the test can wait for them with a deadline.
pub(crate) fn lines(stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    let mut read = BufReader::new(stream).lines().map_while(Result::ok);
    thread::spawn(move || read.all(|line| sender.send(line).is_ok()));
    lines
}

/// A Python program that runs another one, and reports on standard error where that one listens,
/// once it does.
const TELL_WHEN_READY: &str = "
import runpy, socket, sys
method = getattr(socket.socket, sys.argv[1])
def tell(self, *arguments):
    method(self, *arguments)
    print('listening on %s:%s' % self.getsockname()[:2], file=sys.stderr, flush=True)
setattr(socket.socket, sys.argv[1], tell)
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name='__main__')
";

/// Runs the reference's client of a scenario in the sandbox, with this typed. At the end of its
/// input it dies of an `EOFError`, so its status says little.
#[track_caller]
pub(crate) fn reference_client(
    sandbox: &Sandbox,
    scenario: &str,
    address: &str,
    typed: impl Into<Vec<u8>>,
) -> Output {
    let (host, port) = address.rsplit_once(':').unwrap();
    let mut command = assert_cmd::Command::new(python());
    command.args(["-u", "-X", "utf8"]);
    command.arg(repository().join("python-ref").join(scenario).join("client.py"));
    command.args(["--host", host, "--port", port]).current_dir(sandbox.path());
    command.write_stdin(typed).timeout(DEADLINE).output().unwrap()
}
