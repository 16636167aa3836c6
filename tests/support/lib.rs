//! What every end-to-end test needs: the three programs, its own directory, a server on a free port, and Python.
//!
//! Build the programs first: `make test` does it, and so does `cargo build`. A failing test prints the command,
//! its directory, its status and both streams.

pub mod learned;

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// No test waits longer than this for one event.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The path of one of the workspace's programs.
///
/// # Panics
/// It has not been built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    // target/debug/deps/e2e-0123 -> target/debug
    let test = std::env::current_exe().unwrap_or_else(|error| panic!("where am I? {error}"));
    let path = test.ancestors().nth(2).unwrap_or(&test).join(name);
    assert!(path.is_file(), "no {}: run `make` first", path.display());
    path
}

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// The interpreter that runs the reference programs: itself, not a wrapper such as pyenv's, which takes several
/// times as long to start.
///
/// # Panics
/// There is no Python.
#[must_use]
pub fn python() -> OsString {
    static PYTHON: OnceLock<OsString> = OnceLock::new();
    PYTHON.get_or_init(|| interpreter(&python_on_path()).into()).clone()
}

/// The command that asks for the interpreter. For another user, this name may mean another interpreter.
#[must_use]
pub fn python_on_path() -> OsString {
    std::env::var_os("FRAMECHECK_PYTHON").unwrap_or_else(|| "python3".into())
}

/// The PATH for programs. If the `python3` of the PATH is a wrapper, the directory of its interpreter comes first:
/// a test may start dozens of Python programs.
///
/// # Panics
/// There is no Python.
#[must_use]
pub fn search_path() -> &'static OsStr {
    static SEARCH_PATH: OnceLock<OsString> = OnceLock::new();
    SEARCH_PATH.get_or_init(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let interpreter = interpreter("python3".as_ref());
        let directory = interpreter.parent().unwrap_or(&interpreter).to_owned();
        let is_itself = which::which("python3").is_ok_and(|found| found == interpreter);
        if is_itself || !directory.join("python3").is_file() {
            return path;
        }
        let places = [directory].into_iter().chain(std::env::split_paths(&path));
        std::env::join_paths(places).unwrap_or(path)
    })
}

/// The program that runs when `python` is called, as it reports itself.
fn interpreter(python: &OsStr) -> PathBuf {
    let mut asking = Command::new(python);
    asking.args(["-c", "import sys; print(end=sys.executable)"]);
    let output = asking.output().unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    assert!(output.status.success(), "{}: {output:?}", python.display());
    String::from_utf8_lossy(&output.stdout).into_owned().into()
}

/// A directory that is removed when this is dropped, and commands that run in it.
#[derive(Debug)]
pub struct Sandbox {
    directory: TempDir,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// An empty directory.
    ///
    /// # Panics
    /// No directory can be made.
    #[must_use]
    pub fn new() -> Self {
        let directory = TempDir::with_prefix("framecheck-test-");
        Self { directory: directory.unwrap_or_else(|error| panic!("no directory: {error}")) }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file into it and returns its path.
    ///
    /// # Panics
    /// It can't be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap_or_else(|error| panic!("{name}: {error}"));
        path
    }

    /// The names of all files in it, sorted.
    ///
    /// # Panics
    /// It can't be read.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap_or_else(|error| panic!("{error}"));
        let mut names: Vec<String> = entries
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .collect();
        names.sort();
        names
    }

    /// One of the three programs, to run in this directory.
    #[must_use]
    pub fn command(&self, name: &str) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(program(name));
        command.current_dir(self.path()).timeout(DEADLINE * 4).env_remove("FRAME_LOG");
        command
    }

    /// `framecheck`, with its embedded reference programs.
    #[must_use]
    pub fn framecheck(&self) -> assert_cmd::Command {
        let mut command = self.command("framecheck");
        command.env_remove("FRAMECHECK_REFERENCE").env("PATH", search_path());
        command
    }

    /// Starts `frame-server` with these arguments and `--listen 127.0.0.1:0`, or a listen address among the
    /// arguments.
    #[must_use]
    pub fn server<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Server {
        Server::start(self.path(), arguments)
    }
}

/// A running `frame-server`; dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Its address, from its log.
    pub address: String,
    log: mpsc::Receiver<String>,
}

impl Server {
    fn start<A: AsRef<OsStr>>(directory: &Path, arguments: &[A]) -> Self {
        let mut command = Command::new(program("frame-server"));
        command.args(arguments);
        if !arguments.iter().any(|one| one.as_ref().to_string_lossy().starts_with("--listen")) {
            command.arg("--listen=127.0.0.1:0");
        }
        if arguments.first().is_some_and(|one| one.as_ref() == "remote-command") {
            command.arg("--allow-anything");
        }
        command.current_dir(directory).env_remove("FRAME_LOG").stdin(Stdio::null());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (lines, log) = mpsc::channel();
        if let Some(stderr) = child.stderr.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    if lines.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let mut server = Self { child, address: String::new(), log };
        let line = server.wait_for_log("listening on ");
        let (_, address) = line.split_once("listening on ").unwrap_or_default();
        address.clone_into(&mut server.address);
        server
    }

    /// The next line of its log that contains this.
    ///
    /// # Panics
    /// There is none before the deadline.
    pub fn wait_for_log(&mut self, text: &str) -> String {
        let until = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        loop {
            match self.log.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen.push(line),
                Err(_) => panic!("no {text:?} in the server's log, only {seen:?}"),
            }
        }
    }

    /// Its address, for a socket.
    ///
    /// # Panics
    /// It listens on a Unix socket.
    #[must_use]
    pub fn socket_address(&self) -> SocketAddr {
        self.address.parse().unwrap_or_else(|_| panic!("{} is no TCP address", self.address))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// Ends it by SIGTERM; returns its status and standard output.
    ///
    /// # Panics
    /// It does not end before the deadline.
    #[must_use]
    pub fn stop(mut self) -> (ExitStatus, String) {
        self.signal(Signal::TERM);
        let mut stdout = String::new();
        if let Some(mut pipe) = self.child.stdout.take() {
            let _ = pipe.read_to_string(&mut stdout);
        }
        let status = self.child.wait().unwrap_or_else(|error| panic!("{error}"));
        (status, stdout)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
