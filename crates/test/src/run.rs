//! A run of framecheck: its options, its process and its events.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};

use crate::error::Error;
use crate::events::{Ended, Event, Finished, Listed, Outcome, read};

/// How many failures [`Run::check`] explains; of the others it gives the ids.
const EXPLAINED_MAX: usize = 20;

/// A run of framecheck, to be made tests of.
///
/// ```no_run
/// framecheck_test::Run::new("upload.toml", "acme.toml").args(["--quick"]).check();
/// ```
#[derive(Debug, Clone)]
pub struct Run {
    protocol: PathBuf,
    peers: Vec<PathBuf>,
    args: Vec<OsString>,
    out: Option<PathBuf>,
    program: Option<PathBuf>,
}

impl Run {
    /// The cases of a protocol file with a peer, which a manifest describes.
    pub fn new(protocol: impl Into<PathBuf>, peer: impl Into<PathBuf>) -> Self {
        Self {
            protocol: protocol.into(),
            peers: vec![peer.into()],
            args: Vec::new(),
            out: None,
            program: None,
        }
    }

    /// Adds the manifest of another peer.
    #[must_use]
    pub fn peer(mut self, manifest: impl Into<PathBuf>) -> Self {
        self.peers.push(manifest.into());
        self
    }

    /// Adds arguments of `framecheck run`, such as `["--quick", "--cases", "4"]`. Not `--format`, `--list`, `--only` and
    /// `--out`.
    #[must_use]
    pub fn args<T: Into<OsString>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Writes the reports to this directory. Two runs at the same time need two directories.
    ///
    /// The default is `framecheck/PACKAGE/TEST/PROTOCOL-PEER` in cargo's target directory. TEST is the name of the
    /// test that calls [`check`](Self::check), and is missing for [`main`](Self::main).
    #[must_use]
    pub fn out(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out = Some(directory.into());
        self
    }

    /// Starts this program: a path, or a name on the `PATH`. The default is that of the environment variable
    /// `FRAMECHECK`, or else `framecheck`.
    #[must_use]
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Plays all cases, and panics if one of them fails.
    ///
    /// # Panics
    ///
    /// As [`check`](crate::check) does.
    #[track_caller]
    pub fn check(&self) {
        if let Err(text) = self.checked() {
            panic!("{text}");
        }
    }

    /// What [`check`](Self::check) says.
    fn checked(&self) -> Result<(), String> {
        let thread = thread::current();
        let out = self.out_or(thread.name().filter(|name| *name != "main"));
        let (mut cases, mut failed) = (0_usize, Vec::new());
        let playing = Playing::begin(self.command(&out)).map_err(|error| error.to_string())?;
        let complaints = playing.follow(|case| {
            cases += 1;
            if let Outcome::Failed(text) = case.outcome() {
                failed.push((case.id, text));
            }
        });
        let complaints = complaints.map_err(|error| error.to_string())?;
        if failed.is_empty() && complaints.is_empty() {
            return Ok(());
        }
        let mut text = format!("framecheck: {} of {cases} cases failed\n", failed.len());
        for (at, (id, explanation)) in failed.iter().enumerate() {
            let what = if at < EXPLAINED_MAX { explanation } else { id };
            let between = if at <= EXPLAINED_MAX { "\n" } else { "" };
            let _ = writeln!(text, "{between}{what}");
        }
        for complaint in complaints {
            let _ = writeln!(text, "\nFAIL: {complaint}");
        }
        let _ = write!(text, "\nthe report is {}", out.join("index.html").display());
        Err(text)
    }

    /// The cases that it would play.
    pub(crate) fn list(&self) -> Result<Vec<Listed>, Error> {
        let mut command = self.command(&self.out_or(None));
        let done = command.arg("--list").stdin(Stdio::null()).output();
        let done = done.map_err(|error| not_started(&command, error))?;
        if !done.status.success() {
            return Err(ended(done.status, &String::from_utf8_lossy(&done.stderr)));
        }
        String::from_utf8_lossy(&done.stdout).lines().map(read).collect()
    }

    /// `framecheck run` with all options, whose output is events.
    pub(crate) fn command(&self, out: &Path) -> Command {
        let program = self.program.clone().map(Into::into).or_else(|| env::var_os("FRAMECHECK"));
        let mut command = Command::new(program.unwrap_or_else(|| "framecheck".into()));
        command.arg("run").arg(&self.protocol);
        for peer in &self.peers {
            command.arg("--peer").arg(peer);
        }
        command.arg("--out").arg(out).args(["--format", "json"]).args(&self.args);
        command
    }

    /// Where the reports go: a directory of the `part` of this run, if it has one.
    pub(crate) fn out_or(&self, part: Option<&str>) -> PathBuf {
        let mut out = self.out.clone().unwrap_or_else(|| {
            let package = env::var("CARGO_PKG_NAME").unwrap_or_default();
            target().join("framecheck").join(package)
        });
        out.extend(part.map(as_file_name));
        if self.out.is_none() {
            let stem =
                |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let peers: Vec<String> = self.peers.iter().map(|peer| stem(peer)).collect();
            out.push(format!("{}-{}", stem(&self.protocol), peers.join("-")));
        }
        out
    }
}

/// Cargo's target directory, in which this program is; the directory for temporary files if there is none.
fn target() -> PathBuf {
    let here = env::current_exe().unwrap_or_default();
    // Cargo marks it, so that it is not backed up.
    let marked = here.ancestors().find(|it| it.join("CACHEDIR.TAG").is_file());
    marked.map_or_else(env::temp_dir, Path::to_owned)
}

/// A name of a case or of a test, with only letters, digits, `-`, `_` and `.`.
fn as_file_name(name: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    name.chars().map(|it| if is_plain(it) { it } else { '-' }).collect()
}

/// The process of a run, which has been started.
#[derive(Debug)]
pub(crate) struct Playing {
    child: Child,
    /// Reads standard error to its end, so that framecheck never waits for it.
    stderr: JoinHandle<String>,
    program: String,
}

impl Playing {
    /// Starts framecheck.
    pub(crate) fn begin(mut command: Command) -> Result<Self, Error> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_started(&command, error))?;
        let stderr = child.stderr.take();
        let stderr = thread::spawn(move || {
            let mut bytes = Vec::new();
            // The bytes before an error are reported.
            let _ = stderr.map(|mut it| it.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Ok(Self { child, stderr, program: program_of(&command) })
    }

    /// Gives each case that is finished to `take`, until framecheck ends. It returns what makes the run fail besides its
    /// cases.
    pub(crate) fn follow(mut self, take: impl FnMut(Finished)) -> Result<Vec<String>, Error> {
        let io =
            |what: &str, source| Error::Io { what: format!("{}: {what}", self.program), source };
        let events = self.child.stdout.take().map(|stdout| follow(BufReader::new(stdout), take));
        // Its output is closed by now, so it ends even if not all of it was read.
        let status = self.child.wait().map_err(|source| io("cannot wait for its end", source))?;
        let said = self.stderr.join().unwrap_or_default();
        let events = events.unwrap_or_else(|| Ok(Followed::default()));
        let Followed { end, failed } = events.map_err(|error| match error {
            Unreadable::Io(source) => io("cannot read its events", source),
            Unreadable::Line(error) => error,
        })?;
        let complaints = end.as_ref().map(Ended::complaints).unwrap_or_default();
        // Status 1 is a failure that a case or a complaint tells.
        let is_told = failed || !complaints.is_empty();
        if end.is_none() || (!status.success() && !is_told) {
            return Err(ended(status, &said));
        }
        Ok(complaints)
    }
}

/// What the events have told.
#[derive(Default)]
struct Followed {
    end: Option<Ended>,
    /// Whether a case has failed.
    failed: bool,
}

/// Why the events could not be read.
enum Unreadable {
    Io(io::Error),
    Line(Error),
}

fn follow(events: impl BufRead, mut take: impl FnMut(Finished)) -> Result<Followed, Unreadable> {
    let mut followed = Followed::default();
    for line in events.split(b'\n') {
        let line = line.map_err(Unreadable::Io)?;
        match read(&String::from_utf8_lossy(&line)).map_err(Unreadable::Line)? {
            Event::Finished(case) => {
                followed.failed |= matches!(case.outcome(), Outcome::Failed(_));
                take(case);
            }
            Event::Ended(end) => followed.end = Some(end),
            Event::Other => {}
        }
    }
    Ok(followed)
}

fn program_of(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn not_started(command: &Command, source: io::Error) -> Error {
    let program = program_of(command);
    match source.kind() {
        io::ErrorKind::NotFound => Error::NoProgram { program },
        _ => Error::Io { what: format!("{program}: cannot start it"), source },
    }
}

/// The error of an end without a verdict, with what was said in the end and without the lines of progress before it.
fn ended(status: ExitStatus, said: &str) -> Error {
    let lines: Vec<&str> = said.trim().lines().collect();
    let begins = |line: &&str| {
        let line = line.to_ascii_lowercase();
        line.starts_with("error") || line.starts_with("framecheck:")
    };
    let at = lines.iter().rposition(begins).unwrap_or(0);
    Error::Ended { status, said: lines.get(at..).unwrap_or_default().join("\n") }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn the_last_words_leave_out_the_lines_of_progress() {
        let status = ExitStatus::from_raw(2 << 8);
        let said = "framecheck: looking at upload\n 3 of 8\nerror: unknown key `sumary`\n  --> upload.toml:2\n";
        let error = ended(status, said).to_string();
        let expected = "framecheck ended with exit status: 2:\n\
                        error: unknown key `sumary`\n  --> upload.toml:2";
        assert_eq!(error, expected);
        assert_eq!(ended(status, "").to_string(), "framecheck ended with exit status: 2");
    }

    #[test]
    fn the_reports_go_below_the_target_directory_and_a_part_has_its_own() {
        let run = Run::new("a/upload.toml", "acme.toml").peer("b/other.toml");
        let out = run.out_or(Some("uploads::big files"));
        assert!(
            out.ends_with("framecheck/framecheck-test/uploads--big-files/upload-acme-other"),
            "{out:?}"
        );
        assert!(out.starts_with(target()) && target().join("CACHEDIR.TAG").is_file(), "{out:?}");
        assert!(run.clone().out_or(None).ends_with("framecheck-test/upload-acme-other"));
        assert_eq!(run.out("there").out_or(Some("a/b->c")), Path::new("there/a-b--c"));
    }
}
