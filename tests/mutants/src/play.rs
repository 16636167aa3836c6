//! Plays one mutant: from its source to what the harness finds. It runs the harness like any user:
//! `framecheck run --peer`, and reads its lines of JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::base::Base;
use crate::kept::Kept;
use crate::mutant::{Finding, Mutant, Role};
use crate::setting::Setting;

/// Generated inputs of a scenario, besides all the fixed ones.
const CASES: &str = "8";
/// For a bug that only frames show, the share of the other inputs' cases that it is tried in.
const OTHERS: &str = "1/4";
/// Inputs that are played at once. A mutant that waits badly must not run many times at once.
const JOBS: &str = "2";
/// How long a mutant's case may take, in seconds; a base has the default time.
const DEADLINE: &str = "10";
/// The inputs in which the harness sends malformed frames.
const FRAMES: &str = "hostile*";
/// The mutant's name in its manifest.
const PEER: &str = "mutant";
/// How long to play on once a mutant is caught. When the document is written, it says what else catches
/// mutants, and in how many cases. This time is enough to play many mutants to their end.
const ON: [Duration; 2] = [Duration::ZERO, Duration::from_secs(3)];

/// One job: a mutant, or an unchanged base.
#[derive(Debug, Clone)]
pub(crate) struct Job<'a> {
    pub(crate) base: &'a Base,
    /// The scenario that the base's manifest declares.
    pub(crate) declared: &'a str,
    pub(crate) role: Role,
    pub(crate) setting: &'a Setting,
    pub(crate) mutant: Option<&'a Mutant>,
}

impl Job<'_> {
    /// The program's source, with the bug of the mutant.
    fn source(&self) -> anyhow::Result<String> {
        let source = self.base.text()?;
        self.mutant.map_or(Ok(source.clone()), |mutant| mutant.of(&source))
    }

    /// The directory of the reference that it plays with.
    fn reference(&self, repository: &Path) -> PathBuf {
        let file = self.setting.file.as_ref().and_then(|file| Path::new(file).parent());
        repository.join(file.unwrap_or(Path::new("python-ref")))
    }
}

impl fmt::Display for Job<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.mutant.map_or("(as it is)", |mutant| &mutant.name);
        let (base, role) = (&self.base.name, self.role.name());
        write!(f, "{base} {role} of {}, {name}", self.setting.scenario)
    }
}

/// Where mutants are played.
pub(crate) struct Stage {
    repository: PathBuf,
    framecheck: PathBuf,
    on: Duration,
    /// The baselines of protocol files' references, played once for all mutants.
    cache: TempDir,
    /// Whether only the cases of `--quick` are played.
    is_quick: bool,
    /// What an earlier run has found.
    kept: Option<Kept>,
}

/// The result of a job.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// How many cases were played.
    pub(crate) cases: usize,
    /// The ids of the failed cases, each with its input's name.
    pub(crate) failed: BTreeMap<String, String>,
    /// The findings, and in how many cases.
    pub(crate) found: BTreeMap<Finding, usize>,
    /// For each finding, a case and its words.
    examples: BTreeMap<Finding, String>,
    /// For a bug that only frames show: a case that failed without them, and its finding.
    pub(crate) otherwise: Option<String>,
    /// The cases that the harness could not play.
    pub(crate) unplayed: Vec<String>,
    /// Whether all cases were played.
    pub(crate) is_whole: bool,
    /// How long it took.
    pub(crate) took: Duration,
}

/// What can be checked, from `framecheck list`.
#[derive(Debug, Deserialize)]
pub(crate) struct Catalogue {
    pub(crate) checks: Vec<String>,
    pub(crate) scenarios: Vec<Section>,
    clauses: Vec<Common>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) clauses: Vec<Clause>,
}

#[derive(Debug, Deserialize)]
struct Common {
    clauses: Vec<Clause>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Clause {
    pub(crate) id: String,
}

impl Catalogue {
    /// The clauses of every scenario.
    pub(crate) fn common(&self) -> impl Iterator<Item = &Clause> {
        self.clauses.iter().flat_map(|common| &common.clauses)
    }
}

/// One of the lines that `framecheck run --format json` prints.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Event {
    Started {},
    Finished(Finished),
    Ended {},
}

#[derive(Deserialize)]
struct Finished {
    id: String,
    input: String,
    verdict: String,
    #[serde(default)]
    differences: Vec<Difference>,
}

#[derive(Deserialize)]
struct Difference {
    check: Option<String>,
    clause: String,
    what: String,
}

impl Stage {
    /// A stage for the programs beside this one. `patient`: caught mutants are played on.
    pub(crate) fn new(repository: &Path, patient: bool) -> anyhow::Result<Self> {
        let framecheck = std::env::current_exe()?.with_file_name("framecheck");
        ensure!(framecheck.is_file(), "no {}: run `make`", framecheck.display());
        let [quick, slow] = ON;
        let on = if patient { slow } else { quick };
        let cache = TempDir::with_prefix("framecheck-mutants-")?;
        Ok(Self {
            repository: repository.to_owned(),
            framecheck,
            on,
            cache,
            is_quick: false,
            kept: None,
        })
    }

    /// The same with only the cases of `--quick`.
    pub(crate) fn quick(self) -> Self {
        Self { is_quick: true, ..self }
    }

    /// The same, with the results of an earlier run.
    pub(crate) fn with_kept(self, kept: Kept) -> Self {
        Self { kept: Some(kept), ..self }
    }

    fn framecheck(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.framecheck);
        command.args(arguments).current_dir(&self.repository).stdin(Stdio::null());
        command.env("FRAMECHECK_REFERENCE", self.repository.join("python-ref"));
        command
    }

    /// Everything that can be checked: for the tutorials, and for these protocol files.
    pub(crate) fn catalogue(&self, files: &BTreeSet<&str>) -> anyhow::Result<Catalogue> {
        let mut catalogue = self.listed(&[])?;
        if !files.is_empty() {
            let files: Vec<&str> = files.iter().copied().collect();
            catalogue.scenarios.extend(self.listed(&files)?.scenarios);
        }
        Ok(catalogue)
    }

    fn listed(&self, files: &[&str]) -> anyhow::Result<Catalogue> {
        let listed = self.framecheck(&["list", "--format", "json"]).args(files).output()?;
        ensure!(listed.status.success(), "framecheck list: {}", listed.status);
        Ok(serde_json::from_slice(&listed.stdout)?)
    }

    /// The result of a job that an earlier run has played; otherwise of playing it, see [`Self::play`].
    pub(crate) fn kept_or_played(
        &self,
        job: &Job<'_>,
        is_done: impl Fn(&Outcome) -> bool,
    ) -> anyhow::Result<Outcome> {
        let Some(kept) = &self.kept else { return self.play(job, is_done) };
        let wanted = job.mutant.map(|mutant| (&mutant.caught_by, mutant.only_frames));
        let fingerprint = kept.fingerprint(
            &[&job.to_string(), &job.source()?, &format!("{:?} {wanted:?}", self.on)],
            &[&job.base.directory, &job.reference(&self.repository)],
        )?;
        if let Some(outcome) = kept.get(&fingerprint) {
            return Ok(outcome);
        }
        let outcome = self.play(job, is_done)?;
        if outcome.unplayed.is_empty() {
            kept.keep(&fingerprint, &outcome)?;
        }
        Ok(outcome)
    }

    /// Plays a role of a base, with a mutant's bug or unchanged. Once `is_done`, it plays on only as
    /// long as this stage is patient. A bug that only frames show is played with only frames, and then
    /// without them.
    pub(crate) fn play(
        &self,
        job: &Job<'_>,
        is_done: impl Fn(&Outcome) -> bool,
    ) -> anyhow::Result<Outcome> {
        let directory = TempDir::with_prefix("framecheck-mutant-")?;
        let manifest = build(directory.path(), job)?;
        if self.is_quick {
            return self.run(job, &manifest, &["--quick", "--cases", CASES], is_done);
        }
        if !job.mutant.is_some_and(|mutant| mutant.only_frames) {
            return self.run(job, &manifest, &["--cases", CASES], is_done);
        }
        let mut outcome = self.run(job, &manifest, &["--input", FRAMES], is_done)?;
        let has_failed = |outcome: &Outcome| !outcome.failed.is_empty();
        let without = ["--skip-input", FRAMES, "--cases", CASES, "--shard", OTHERS];
        let without = self.run(job, &manifest, &without, has_failed)?;
        outcome.took += without.took;
        outcome.otherwise = without.examples.into_values().next();
        outcome.unplayed.extend(without.unplayed);
        Ok(outcome)
    }

    /// Plays the cases of a manifest, or the `chosen` ones.
    fn run(
        &self,
        job: &Job<'_>,
        manifest: &Path,
        chosen: &[&str],
        is_done: impl Fn(&Outcome) -> bool,
    ) -> anyhow::Result<Outcome> {
        let (manifest, out) = (manifest.to_string_lossy(), manifest.with_file_name("out"));
        let out = out.to_string_lossy();
        let mut command = self.framecheck(&["run", "--format", "json", "--no-shrink"]);
        command.args(["--peer", &manifest, "--out", &out, "--jobs", JOBS]);
        command.args(chosen);
        match &job.setting.file {
            Some(file) => command.arg(file).arg("--cache").arg(self.cache.path()),
            None => command.args(["--scenario", &job.setting.scenario]),
        };
        if job.mutant.is_some() {
            command.args(["--deadline", DEADLINE]);
        }
        for other in &job.setting.others {
            let pairing = match job.role {
                Role::Server => format!("{PEER}->{other}"),
                Role::Client => format!("{other}->{PEER}"),
            };
            command.args(["--pairing", &pairing]);
        }
        let began = Instant::now();
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut outcome = self.watch(child, is_done)?;
        outcome.took = began.elapsed();
        Ok(outcome)
    }

    /// Reads the harness's output, to its end, or until a while after the expected finding.
    fn watch(
        &self,
        mut child: Child,
        is_done: impl Fn(&Outcome) -> bool,
    ) -> anyhow::Result<Outcome> {
        let pid = Pid::from_child(&child);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (stdout, stderr) = (stdout.context("no pipe")?, stderr.context("no pipe")?);
        let (sender, lines) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            BufReader::new(stdout)
                .lines()
                .map_while(Result::ok)
                .all(|line| sender.send(line).is_ok())
        });
        let said = std::thread::spawn(move || std::io::read_to_string(stderr).unwrap_or_default());
        let mut outcome = Outcome::default();
        let mut until = None;
        let is_whole = loop {
            let line = match until {
                None => lines.recv().map_err(|_| true),
                Some(until) => {
                    let left = Instant::saturating_duration_since(&until, Instant::now());
                    lines
                        .recv_timeout(left)
                        .map_err(|why| why == mpsc::RecvTimeoutError::Disconnected)
                }
            };
            match line {
                Ok(line) => outcome.take(&line)?,
                Err(is_whole) => break is_whole,
            }
            if until.is_none() && is_done(&outcome) {
                until = Some(Instant::now() + self.on);
            }
        };
        if !is_whole {
            // The harness ends its peers before it ends itself.
            let _ = kill_process(pid, Signal::TERM);
        }
        drop(lines);
        let ended = child.wait()?;
        let _ = reader.join();
        let said = said.join().unwrap_or_default();
        let is_expected = matches!(ended.code(), Some(0 | 1)) || !outcome.unplayed.is_empty();
        ensure!(!is_whole || is_expected, "framecheck: {ended}: {said}");
        ensure!(outcome.cases > 0, "nothing was played");
        outcome.is_whole = is_whole;
        Ok(outcome)
    }
}

/// The program, and a manifest beside it that declares only this role of this scenario.
fn build(directory: &Path, job: &Job<'_>) -> anyhow::Result<PathBuf> {
    let base = job.base;
    let source = job.source()?;
    let program = directory.join(&base.source);
    fs::write(&program, source)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    if base.is_built {
        fs::copy(base.directory.join("Makefile"), directory.join("Makefile"))?;
        // A bug may leave something unused; a warning must not keep it from being tried.
        let mut make = Command::new("make");
        make.args(["--silent", "CFLAGS=-O1 -w -std=c17", "JFLAGS=-nowarn"]).current_dir(directory);
        // The options of a make above this one must not reach the one here.
        let built = make.env_remove("MAKEFLAGS").env_remove("MFLAGS").output()?;
        let said = String::from_utf8_lossy(&built.stderr);
        ensure!(built.status.success(), "it can't be built: {said}");
    }
    let declared = fs::read_to_string(base.manifest())?;
    let mut declared: toml::Table = toml::from_str(&declared)?;
    let role = job.role.name();
    let commands = declared.get(role).and_then(|table| table.get(job.declared)).cloned();
    let commands = commands.with_context(|| format!("it declares no {}", job.declared))?;
    declared.remove(Role::Server.name());
    declared.remove(Role::Client.name());
    declared.insert("name".to_owned(), PEER.into());
    let only = toml::Table::from_iter([(job.setting.scenario.clone(), commands)]);
    declared.insert(role.to_owned(), only.into());
    let manifest = directory.join("mutant.toml");
    fs::write(&manifest, toml::to_string(&declared)?)?;
    Ok(manifest)
}

impl Outcome {
    fn take(&mut self, line: &str) -> anyhow::Result<()> {
        let event = serde_json::from_str(line).with_context(|| format!("what is {line:?}?"))?;
        let Event::Finished(case) = event else { return Ok(()) };
        match case.verdict.as_str() {
            "not-applicable" => return Ok(()),
            "harness-error" => {
                let what = case.differences.first().map_or("", |difference| &difference.what);
                self.unplayed.push(format!("{}: {what}", case.id));
                return Ok(());
            }
            _ => self.cases += 1,
        }
        if !matches!(case.verdict.as_str(), "fail" | "timeout" | "crash") {
            return Ok(());
        }
        self.failed.insert(case.id.clone(), case.input.clone());
        let mut found = BTreeMap::new();
        if case.verdict == "crash" {
            let clause = case.differences.first().map_or("", |difference| &difference.clause);
            let finding = Finding { clause: clause.to_owned(), check: "crash".to_owned() };
            found.insert(finding, "a program was killed by a signal".to_owned());
        }
        for difference in case.differences {
            let check = difference.check.unwrap_or_else(|| case.verdict.clone());
            found.entry(Finding { clause: difference.clause, check }).or_insert(difference.what);
        }
        for (finding, what) in found {
            *self.found.entry(finding.clone()).or_default() += 1;
            let example = format!("{} ({}): {what}", case.id, case.input);
            self.examples.entry(finding).or_insert(example);
        }
        Ok(())
    }

    /// How many cases failed, and how long it took.
    pub(crate) fn told(&self) -> String {
        format!("{} of {} cases, {:.1} s", self.failed.len(), self.cases, self.took.as_secs_f64())
    }

    /// Each finding with one of its cases, and the cases that were not played; one line each.
    pub(crate) fn evidence(&self) -> String {
        let mut text = String::new();
        for (finding, count) in &self.found {
            let example = self.examples.get(finding).map_or("", String::as_str);
            let _ = write!(text, "\n         {count} by {finding}; {example}");
        }
        if let Some(case) = &self.otherwise {
            let _ = write!(text, "\n         not only by frames: {case}");
        }
        for what in &self.unplayed {
            let _ = write!(text, "\n         not played: {what}");
        }
        text
    }
}
