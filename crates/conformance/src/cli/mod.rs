//! The command line: what each command takes, and the exit statuses, which never mix.
//!
//! | status | means |
//! |---|---|
//! | 0 | all as it should be |
//! | 1 | a conformance failure; `json`: CPython refuses the text; `diff`: a regression |
//! | 2 | wrong usage, also a pattern that matches nothing |
//! | 3 | the harness could not do its work |
//! | 130 | interrupted by Ctrl-C or SIGTERM |

mod args;
mod attach;
mod audit;
mod capture;
mod check_peer;
mod check_protocol;
mod choice;
mod claims;
mod diff;
mod dissector;
mod errata;
mod interrupt;
mod json;
mod judge_frames;
mod keep;
mod learn;
mod list;
mod machine;
mod measure;
mod merge;
mod mutants;
mod others;
mod out;
mod pages;
mod proxy;
mod pythons;
mod replay;
mod run;
mod setup;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use args::{
    AttachArgs, AuditArgs, CaptureArgs, CheckPeerArgs, CheckProtocolArgs, CompletionsArgs,
    DEADLINE_SECONDS, DiffArgs, DissectorArgs, ErrataArgs, Format, JsonArgs, KeepArgs, ListArgs,
    Means, MergeArgs, ProxyArgs, ReplayArgs, RunArgs, SetupArgs, ShowArgs,
};
use clap::{Parser, Subcommand};
use engine::expected_failures::ExpectedError;
use engine::journal::JournalError;
use engine::merge::MergeError;
use engine::peer::{ManifestError, PeerError};
use engine::plan::PlanError;
use model::shard::ShardError;
use protocols::{EditError, ProtocolError};
use report::changes::DiffError;

/// A conformance failure.
const FAILED: u8 = 1;
/// Wrong usage; also clap's own.
const USAGE: u8 = 2;
/// The harness could not do its work.
const HARNESS: u8 = 3;
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
    ///
    /// With a FILE, which describes a protocol, that protocol is played alone; --scenario adds of the
    /// tutorials' what it names.
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
    /// Say whether the file of a protocol is usable: play each fixed input three times with the reference.
    ///
    /// Exit status 1 when the reference is not the same each time, when a mask covers nothing, or when the
    /// reference leaves something behind; 2 when the file has mistakes.
    CheckProtocol(CheckProtocolArgs),
    /// Run a server and a client, and write the protocol file that describes what they say.
    ///
    /// It plays what you type and the files that you give, looks into programs in Python, and finds frames,
    /// checksums and what differs from run to run. A comment before each line says how sure it is. Exit status 1
    /// when check-protocol would not call the file usable. See docs/own-protocol.md.
    Learn(learn::LearnArgs),
    /// Say how good inputs are: play wrong variants of the reference's Python programs, each to be caught.
    ///
    /// Each variant has one thing wrong. It is played in the reference's place, with the reference and the
    /// harness in the other role, until a case fails that the program as it is passes. A variant that no case
    /// catches shows what the inputs do not try. The last line is `N of M caught`.
    ///
    /// Exit status 1 when a variant survives and neither what framecheck saw nor --accept explains it; 2 when a
    /// program is not Python. See docs/mutants.md.
    Mutants(mutants::MutantsArgs),
    /// Say whether recorded traffic keeps to the frames of a protocol; where not, which packet and byte.
    ///
    /// Exit status 1 when something does not; 2 when CAPTURE is no capture, has no traffic of the
    /// protocol, or is damaged. What a capture lost is said, and is no failure. See docs/audit.md.
    Audit(AuditArgs),
    /// Stand between two running programs: pass everything on, and judge each frame while it passes.
    ///
    /// It says `listening on ADDRESS` at once, each wrong frame as soon as it is seen, and a summary when
    /// Ctrl-C or SIGTERM ends it, or with --connections N when N connections have ended. Bytes pass on first
    /// and are judged then; behind a frame that can't be read, the rest of that direction passes unjudged.
    ///
    /// Exit status 0 when all frames are right; 1 when one is wrong; 2 for wrong usage, also an address that
    /// is not loopback without --allow-non-loopback; 3 when nothing came to be judged, or it can't listen or
    /// write. See docs/proxy.md.
    Proxy(ProxyArgs),
    /// Write a Wireshark dissector, in Lua, for the frames of a protocol file.
    ///
    /// It goes to standard output. `tshark -X lua_script:FILE` uses it; docs/dissector.md. Exit status 2 when
    /// the file has mistakes, or no frames.
    Dissector(DissectorArgs),
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

impl Command {
    /// Whether it plays cases.
    const fn plays(&self) -> bool {
        matches!(
            self,
            Self::Run(_)
                | Self::Pythons(_)
                | Self::Replay(_)
                | Self::Capture(_)
                | Self::Attach(_)
                | Self::CheckPeer(_)
                | Self::CheckProtocol(_)
                | Self::Learn(_)
                | Self::Mutants(_)
                | Self::Errata(_)
        )
    }
}

/// Carry the command out.
pub(crate) fn main(args: Args) -> ExitCode {
    let fits = if args.command.plays() { machine::check() } else { Ok(()) };
    let done = fits.and_then(|()| {
        interrupt::too_long_is_an_error()?;
        carry_out(args.command)
    });
    engine::peer::dismiss_guard();
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) if is_usage(&error) => {
            out::say(error);
            ExitCode::from(USAGE)
        }
        Err(error) => {
            out::say(chain(&error));
            ExitCode::from(if error.is::<interrupt::Interrupted>() { INTERRUPTED } else { HARNESS })
        }
    }
}

fn carry_out(command: Command) -> anyhow::Result<bool> {
    match command {
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
        Command::CheckProtocol(args) => check_protocol::main(&args),
        Command::Learn(args) => learn::main(&args),
        Command::Mutants(args) => mutants::main(&args),
        Command::Audit(args) => audit::main(&args),
        Command::Proxy(args) => proxy::main(&args),
        Command::Dissector(args) => dissector::main(&args),
        Command::Keep(args) => keep::main(&args),
        Command::Errata(args) => errata::main(&args),
        Command::Json(args) => json::main(&args),
        Command::Completions(args) => pages::completions(&args),
        Command::Man => pages::man(),
    }
}

/// What was asked for makes no sense, in a way that only the command knows.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// An error and its causes, each once: some errors tell their cause themselves.
fn chain(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |text, cause| {
        let told = cause.to_string();
        match text.as_str() {
            "" => told,
            before if before.ends_with(&told) => text,
            before => format!("{before}: {told}"),
        }
    })
}

/// What names a case, and the files that describe its scenario, in whichever order they were given.
fn case_and_files(case: &str, files: &[PathBuf]) -> (String, Vec<PathBuf>) {
    let is_file = |path: &Path| path.extension().is_some_and(|it| it == "toml") && path.is_file();
    let named = files.iter().position(|file| !is_file(file));
    match named {
        Some(at) if is_file(Path::new(case)) => {
            let mut files = files.to_vec();
            let name = files.remove(at).to_string_lossy().into_owned();
            files.insert(0, PathBuf::from(case));
            (name, files)
        }
        _ => (case.to_owned(), files.to_vec()),
    }
}

/// Whether what was asked for makes no sense.
fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<PlanError>()
        || error.is::<ManifestError>()
        || error.is::<ProtocolError>()
        || matches!(error.downcast_ref(), Some(EditError::Taken(_)))
        || error.is::<ExpectedError>()
        || error.is::<DiffError>()
        || error.is::<ShardError>()
        || error.is::<MergeError>()
        || error.is::<Usage>()
        || error.downcast_ref().is_some_and(|it| !matches!(it, JournalError::Io { .. }))
        || matches!(error.downcast_ref(), Some(PeerError::Taken(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_tells_its_cause_itself_is_not_doubled() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot try a port: {0}")]
        struct Told(#[source] std::io::Error);
        let error = anyhow::Error::new(Told(std::io::ErrorKind::UnexpectedEof.into()));
        let error = error.context("no case was played");
        assert_eq!(chain(&error), "no case was played: cannot try a port: unexpected end of file");
    }
}
