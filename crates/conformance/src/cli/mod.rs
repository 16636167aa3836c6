//! The command line: what each command takes, and the exit statuses, which never mix.
//!
//! | status | means |
//! |---|---|
//! | 0 | all as it should be |
//! | 1 | a conformance failure; `json`: CPython refuses the text; `diff`: a regression |
//! | 2 | wrong usage, also a pattern that matches nothing |
//! | 3 | the harness could not do its work |
//! | 130 | interrupted by Ctrl-C or SIGTERM |

mod attach;
mod capture;
mod check_peer;
mod diff;
mod errata;
mod interrupt;
mod json;
mod keep;
mod list;
mod merge;
mod out;
mod pages;
mod pythons;
mod replay;
mod run;
mod setup;
mod show;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::builder::RangedU64ValueParser;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use engine::expected_failures::ExpectedError;
use engine::journal::JournalError;
use engine::merge::MergeError;
use engine::peer::{ManifestError, PeerError};
use engine::plan::PlanError;
use model::case::{CaseIdError, Pairing, Transport};
use model::event::USUAL_CASES;
use model::observation::Role;
use model::shard::ShardError;
use pyjson::PythonVersion;
use report::changes::DiffError;

/// A conformance failure.
const FAILED: u8 = 1;
/// Wrong usage; also clap's own.
const USAGE: u8 = 2;
/// The harness could not do its work.
const HARNESS: u8 = 3;
/// How long a case may take, unless told.
const DEADLINE_SECONDS: u64 = 20;
/// Interrupted, as a shell says it: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// Conformance harness for the socket protocols of the Python tutorials.
///
/// Runs a server and a client, each in any language, with a recorder between them, and holds what
/// they say against what the reference says.
///
/// Exit status: 0 all as it should be; 1 a conformance failure; 2 wrong usage, also a pattern that
/// matches nothing; 3 the harness could not do its work.
#[derive(Debug, Parser)]
#[command(name = "framecheck", version, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play all cases, or those that are chosen, and report.
    Run(RunArgs),
    /// Play them under each CPython of this machine, from 3.8 on, and set the outcomes side by side.
    ///
    /// One interpreter of each python3.N on the PATH or under pyenv. The reports of each go to a
    /// folder of its own in --out.
    Pythons(RunArgs),
    /// Join the reports of a run's shards into one, as of a run that was never parted.
    ///
    /// Exit status as of run; 2 when they are not all the shards of one run.
    Merge(MergeArgs),
    /// List every scenario, pairing, clause, check and erratum.
    List(ListArgs),
    /// Show what a case puts in, what is right for it, and by which clauses.
    Show(ShowArgs),
    /// Play one case again and show everything that travelled.
    Replay(ReplayArgs),
    /// Play one case and write everything that travelled as a capture for Wireshark.
    ///
    /// Exit status 0 when it is written, however the case comes out. docs/wireshark has a dissector.
    Capture(CaptureArgs),
    /// What has become of each case between two reports: regressions, fixes, new, gone, changed.
    ///
    /// Exit status 1 when there are regressions, 2 when one is no report.json that this can read.
    Diff(DiffArgs),
    /// Play a case with one side started by hand, under a debugger say.
    ///
    /// It tells where the program is to listen or to connect, and what is to be typed into it; waits
    /// for it; and shows everything that travelled.
    Attach(AttachArgs),
    /// Say what a manifest declares, start each role once, and tell what goes wrong.
    ///
    /// Exit status 1 when anything does.
    CheckPeer(CheckPeerArgs),
    /// Keep a failing case as a permanent one: its smallest input, and its network.
    Keep(KeepArgs),
    /// Make each known defect of the reference programs happen, and say what is seen.
    ///
    /// Exit status 1 when one no longer happens.
    Errata(ErrataArgs),
    /// Print json.dumps(json.loads(STDIN)) as CPython does.
    ///
    /// It needs no Python. A text that CPython refuses is answered by `error: ` and CPython's own
    /// message: on standard error, with exit status 1, or with --lines in its line of the output.
    Json(JsonArgs),
    /// Print a script that completes this program's arguments in a shell.
    Completions(CompletionsArgs),
    /// Print the manual page, for man(1).
    Man,
}

/// A glob of pairings, which names a server and a client.
#[derive(Debug, Clone)]
struct PairingGlob(String);

impl FromStr for PairingGlob {
    type Err = CaseIdError;

    fn from_str(text: &str) -> Result<Self, CaseIdError> {
        let Pairing { .. } = text.parse()?;
        Ok(Self(text.to_owned()))
    }
}

#[derive(Debug, ClapArgs)]
struct RunArgs {
    /// Only pairings that match, e.g. 'python->rust', 'acme->*'.
    #[arg(long, value_name = "S->C")]
    pairing: Vec<PairingGlob>,
    /// Only scenarios that match.
    #[arg(long, value_name = "GLOB")]
    scenario: Vec<String>,
    /// Leave out cases whose id matches; a vector's name may stand in the place of an id's last part.
    #[arg(long, value_name = "GLOB")]
    skip: Vec<String>,
    /// Only inputs that match: a vector's name, an id's last part, or 'generated' for all that are.
    #[arg(long, value_name = "NAME|GLOB")]
    input: Vec<String>,
    /// Leave out inputs that match.
    #[arg(long, value_name = "NAME|GLOB")]
    skip_input: Vec<String>,
    /// Only these transports: tcp4, udp4.
    #[arg(long, value_name = "T")]
    transport: Vec<Transport>,
    /// Only networks that match, e.g. asis, random, 'split*', 'cut@*'; one that is a whole name,
    /// such as split@3, is played with every input of a stream.
    #[arg(long, value_name = "GLOB")]
    network: Vec<String>,
    /// Generated inputs for each scenario, besides the fixed ones.
    #[arg(long, value_name = "N", default_value_t = USUAL_CASES)]
    cases: u32,
    /// What the generated inputs are made from: the same seed, the same cases.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Inputs that are played at once; four times the number of processors unless told.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// The failures that are expected: a file of entries with id pattern, reason and symptom. One
    /// that does not happen as it says is a failure.
    #[arg(long, value_name = "FILE")]
    expected: Option<PathBuf>,
    /// Write the --expected file anew, as this run would have it; reasons that are missing must be
    /// given by hand.
    #[arg(long, requires = "expected", conflicts_with_all = ["shard", "resume"])]
    rewrite_expected: bool,
    /// Only the cases that fall to this part of N, by their ids alone: 1/4 to 4/4; auto takes it from
    /// the environment. See docs/scale.md.
    #[arg(long, value_name = "K/N|auto")]
    shard: Option<String>,
    /// Go on with the run in --out that was broken off, or begin it if there is none.
    #[arg(long)]
    resume: bool,
    /// Tell failures as they come, and look for no smaller input or network that fails likewise.
    #[arg(long)]
    no_shrink: bool,
    /// Where report.json, junit.xml, summary.md, failures/ and the journal are written.
    #[arg(long, value_name = "DIR", default_value = "target/conformance")]
    out: PathBuf,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    setup: SetupArgs,
}

#[derive(Debug, ClapArgs)]
struct MergeArgs {
    /// The --out of each shard's run, all of them, in any order.
    #[arg(value_name = "DIR", required = true)]
    shards: Vec<PathBuf>,
    /// Where the reports are written.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, ClapArgs)]
struct ListArgs {
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, ClapArgs)]
struct ShowArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0, in which a vector's name may stand
    /// in the place of the last part; or a vector alone, e.g. file-transfer/one-byte.
    #[arg(value_name = "ID|SCENARIO/VECTOR")]
    case: String,
    /// A manifest, of a peer that is named in the id.
    #[arg(long, value_name = "FILE")]
    peer: Vec<PathBuf>,
    #[command(flatten)]
    means: Means,
}

#[derive(Debug, ClapArgs)]
struct ReplayArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0, or a failure's case.json. A
    /// vector's name may stand in the place of an id's last part.
    #[arg(value_name = "ID|CASE.json")]
    case: String,
    /// Of a case.json, the smallest input and the fewest cuts that fail in the same way.
    #[arg(long)]
    smallest: bool,
    /// Show every byte, however many there are.
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    setup: SetupArgs,
}

#[derive(Debug, ClapArgs)]
struct CaptureArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0. A vector's name may stand in the
    /// place of its last part.
    id: String,
    /// Where it is written, - for standard output; a file in the working directory unless told.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    setup: SetupArgs,
}

#[derive(Debug, ClapArgs)]
struct DiffArgs {
    /// The report.json of the run before.
    #[arg(value_name = "OLD.json")]
    old: PathBuf,
    /// The report.json of the run after.
    #[arg(value_name = "NEW.json")]
    new: PathBuf,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, ClapArgs)]
struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

#[derive(Debug, ClapArgs)]
struct AttachArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0. A vector's name may stand in the
    /// place of its last part.
    id: String,
    /// The side that you start.
    #[arg(long, value_enum)]
    role: Side,
    /// Where your server listens; it is told a free port otherwise.
    #[arg(long, value_name = "HOST:PORT")]
    at: Option<SocketAddr>,
    /// Show every byte, however many there are.
    #[arg(long)]
    full: bool,
    /// A manifest, of the peer on the other side.
    #[arg(long, value_name = "FILE")]
    peer: Vec<PathBuf>,
    #[command(flatten)]
    means: Means,
}

/// One of the two programs.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Side {
    /// The one that listens.
    Server,
    /// The one that connects.
    Client,
}

impl From<Side> for Role {
    fn from(side: Side) -> Self {
        match side {
            Side::Server => Self::Server,
            Side::Client => Self::Client,
        }
    }
}

#[derive(Debug, ClapArgs)]
struct CheckPeerArgs {
    /// The manifest.
    #[arg(value_name = "FILE")]
    manifest: PathBuf,
    /// How long each role may take.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    deadline: u64,
    #[command(flatten)]
    means: Means,
}

#[derive(Debug, ClapArgs)]
struct KeepArgs {
    /// A failure's case.json.
    #[arg(value_name = "CASE.json")]
    case: PathBuf,
    /// What to call it: what it broke, in kebab-case.
    #[arg(long)]
    name: String,
    /// Where it is kept.
    #[arg(long, value_name = "FILE", default_value = "crates/tutorials/regressions.json")]
    file: PathBuf,
}

#[derive(Debug, ClapArgs)]
struct ErrataArgs {
    /// Only those whose name matches, e.g. 'file-transfer-*'.
    #[arg(value_name = "GLOB")]
    erratum: Vec<String>,
    /// How they are printed; for programs, an object a line.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// How long each may take.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    deadline: u64,
    #[command(flatten)]
    means: Means,
}

#[derive(Debug, ClapArgs)]
struct JsonArgs {
    /// One text a line, in and out; line ends are no part of the texts.
    #[arg(long)]
    lines: bool,
    /// The CPython to be like, from 3.6 on: messages and limits differ.
    #[arg(long, value_name = "X.Y", default_value_t)]
    python_version: PythonVersion,
    /// Take the input for text, as sys.stdin.read() gives it. Otherwise json.loads is given bytes,
    /// and itself finds out whether they are UTF-8, UTF-16 or UTF-32.
    #[arg(long)]
    text: bool,
}

/// What it takes to play cases.
#[derive(Debug, Clone, ClapArgs)]
struct SetupArgs {
    /// A manifest: anyone's programs, which play with the reference, with each other and with the
    /// port. See docs/adding-a-peer.md.
    #[arg(long, value_name = "FILE")]
    peer: Vec<PathBuf>,
    /// How long a case may take.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    deadline: u64,
    #[command(flatten)]
    means: Means,
}

/// What every play takes, whoever plays.
#[derive(Debug, Clone, ClapArgs)]
struct Means {
    /// The CPython that runs the reference programs.
    #[arg(long, value_name = "EXE", env = "FRAMECHECK_PYTHON", default_value = "python3")]
    python: std::ffi::OsString,
    /// Run each reference program in a fresh interpreter, not in a fork of a warm one.
    #[arg(long)]
    fresh: bool,
    /// Where the reference programs are; they come with this program unless told.
    #[arg(long, value_name = "DIR", env = "FRAMECHECK_REFERENCE")]
    reference: Option<PathBuf>,
    /// Where frame-server and frame-client are; beside this program or on the PATH unless told.
    #[arg(long, value_name = "DIR", env = "FRAMECHECK_PROGRAMS")]
    programs: Option<PathBuf>,
}

impl Means {
    fn with(&self, peer: &[PathBuf], deadline: u64) -> SetupArgs {
        SetupArgs { peer: peer.to_owned(), deadline, means: self.clone() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// A time in whole seconds: some, and not more than a day, which no clock runs over at.
fn seconds() -> RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=24 * 60 * 60)
}

/// Carry the command out.
pub(crate) fn main(args: Args) -> ExitCode {
    let done = match args.command {
        Command::Run(args) => run::main(&args),
        Command::Pythons(args) => pythons::main(&args),
        Command::Merge(args) => merge::main(&args),
        Command::List(args) => list::main(&args),
        Command::Show(args) => show::main(&args),
        Command::Replay(args) => replay::main(&args),
        Command::Capture(args) => capture::main(&args),
        Command::Diff(args) => diff::main(&args),
        Command::Attach(args) => attach::main(&args),
        Command::CheckPeer(args) => check_peer::main(&args),
        Command::Keep(args) => keep::main(&args),
        Command::Errata(args) => errata::main(&args),
        Command::Json(args) => json::main(&args),
        Command::Completions(args) => pages::completions(&args),
        Command::Man => pages::man(),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) if is_usage(&error) => {
            out::say(error);
            ExitCode::from(USAGE)
        }
        Err(error) => {
            out::say(format_args!("{error:#}"));
            ExitCode::from(if error.is::<interrupt::Interrupted>() { INTERRUPTED } else { HARNESS })
        }
    }
}

/// What was asked for makes no sense, in a way that only the command knows.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Whether what was asked for makes no sense.
fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<PlanError>()
        || error.is::<ManifestError>()
        || error.is::<ExpectedError>()
        || error.is::<DiffError>()
        || error.is::<ShardError>()
        || error.is::<MergeError>()
        || error.is::<Usage>()
        || error.downcast_ref().is_some_and(|it| !matches!(it, JournalError::Io { .. }))
        || matches!(error.downcast_ref(), Some(PeerError::Taken(_)))
}
