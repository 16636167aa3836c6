//! The command line: the commands, and their exit statuses, which keep apart failures of a peer and of the
//! harness.
//!
//! | status | means |
//! |---|---|
//! | 0 | everything conforms |
//! | 1 | a conformance failure; `json`: CPython refuses the text; `diff`: a regression |
//! | 2 | wrong usage; this includes a pattern that matches nothing |
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

use std::io::Write as _;
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
/// Wrong usage; clap uses the same status.
const USAGE: u8 = 2;
/// The harness could not do its work.
const HARNESS: u8 = 3;
/// Interrupted; the shells' status for SIGINT: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// Conformance harness for the socket protocols of the Python tutorials.
///
/// Runs a server and a client, each in any language, with a recorder between them. Compares what they send with
/// what the reference sends.
///
/// Exit status: 0 everything conforms; 1 a conformance failure; 2 wrong usage, such as a pattern that matches
/// nothing; 3 the harness could not do its work.
#[derive(Debug, Parser)]
#[command(name = "framecheck", version, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play all cases, or the selected ones, and report the results.
    ///
    /// With a FILE, only the protocol that it describes is played. --scenario then adds matching scenarios of
    /// the tutorials.
    Run(RunArgs),
    /// Play the cases under each installed CPython, from 3.8 on, and compare the results.
    ///
    /// Uses one interpreter for each python3.N on the PATH or under pyenv. The reports of each interpreter go
    /// to its own folder in --out.
    Pythons(RunArgs),
    /// Merge the reports of a run's shards into the report of one run.
    ///
    /// Exit status as for run; 2 if the directories are not all the shards of one run.
    Merge(MergeArgs),
    /// List every scenario, pairing, clause, check and erratum.
    List(ListArgs),
    /// Show the input of a case, the correct streams, and the clauses that define them.
    Show(ShowArgs),
    /// Play one case again, and show all traffic.
    Replay(ReplayArgs),
    /// Play one case, and write its traffic as a capture for Wireshark.
    ///
    /// Exit status 0 if the capture is written, even if the case fails. docs/wireshark has a dissector.
    Capture(CaptureArgs),
    /// Compare two reports case by case: regressions, fixes, new, gone and changed cases.
    ///
    /// Exit status 1 if there are regressions; 2 if a file is not a report.json of a version that framecheck
    /// can read.
    Diff(DiffArgs),
    /// Play a case in which you start one side by hand, for example under a debugger.
    ///
    /// The command prints where your program must listen or connect, and what you must type into it. It waits
    /// for the program, and then shows all traffic.
    Attach(AttachArgs),
    /// Show what a manifest declares, start each role once, and report what goes wrong.
    ///
    /// Exit status 1 if anything goes wrong.
    CheckPeer(CheckPeerArgs),
    /// Check that a protocol file is usable: play each fixed input three times with the reference.
    ///
    /// Exit status 1 if the reference is nondeterministic, if a mask covers nothing, or if the reference leaves
    /// something behind; 2 if the file has mistakes.
    CheckProtocol(CheckProtocolArgs),
    /// Run a server and a client, and write the protocol file that describes their traffic.
    ///
    /// Plays the input and files that you give, and traces Python programs. Finds frames,
    /// checksums and what differs from run to run. A comment before each line says how sure framecheck is. Exit
    /// status 1 if check-protocol would reject the file. See docs/own-protocol.md.
    Learn(learn::LearnArgs),
    /// Measure how good the inputs are: play mutants of the reference's Python programs, and see which the
    /// inputs catch.
    ///
    /// Each mutant changes one thing. It is played in the reference's place, against the reference and the
    /// harness in the other role. It is caught when it fails a case that the unchanged program passes. A mutant
    /// that no case catches shows what the inputs do not cover. The last line is `N of M caught`.
    ///
    /// Exit status 1 if a mutant survives and neither framecheck's observations nor --accept explain it; 2 if a
    /// program is not Python. See docs/mutants.md.
    Mutants(mutants::MutantsArgs),
    /// Check the frames of recorded traffic against a protocol. Report the packet and byte of each violation.
    ///
    /// Exit status 1 if there is a violation; 2 if CAPTURE is not a capture, has no traffic of the protocol, or
    /// is damaged. The report names what a capture lost; this is not a failure. See docs/audit.md.
    Audit(AuditArgs),
    /// Relay between two running programs, and judge each frame as it passes.
    ///
    /// The proxy prints `listening on ADDRESS` at once, and each wrong frame as soon as it sees it. It prints a
    /// summary when Ctrl-C or SIGTERM ends it, or, with --connections N, when N connections have ended. It
    /// forwards bytes first and judges them then. After a frame that it can't read, it forwards the rest of
    /// that direction without judging it.
    ///
    /// Exit status 0 if all frames are right; 1 if one is wrong; 2 for wrong usage, such as an address that is
    /// not loopback without --allow-non-loopback; 3 if there was nothing to judge, or the proxy can't listen or
    /// write. See docs/proxy.md.
    Proxy(ProxyArgs),
    /// Write a Wireshark dissector, in Lua, for the frames of a protocol file.
    ///
    /// The dissector goes to standard output. Use it with `tshark -X lua_script:FILE`; see docs/dissector.md.
    /// Exit status 2 if the file has mistakes, or no frames.
    Dissector(DissectorArgs),
    /// Keep a failing case as a permanent one, with its minimised input and network.
    Keep(KeepArgs),
    /// Reproduce each known defect of the reference programs, and show what happens.
    ///
    /// Exit status 1 if a defect no longer happens.
    Errata(ErrataArgs),
    /// Print json.dumps(json.loads(STDIN)) as CPython does.
    ///
    /// Needs no Python. If CPython refuses a text, the answer is `error: ` and CPython's own message. It goes
    /// to standard error, with exit status 1; with --lines, to the text's line of the output.
    Json(JsonArgs),
    /// Print a shell completion script for this program.
    Completions(CompletionsArgs),
    /// Print the manual page.
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

/// The command line. If it has a mistake, writes the error and returns the exit status. The arguments in the error
/// are escaped: they may come from a script that names files of others.
pub(crate) fn parsed() -> Result<Args, ExitCode> {
    Args::try_parse().map_err(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        let text = error.render();
        let may_colour = console::colors_enabled_stderr();
        let text = if may_colour { text.ansi().to_string() } else { text.to_string() };
        // A write error changes nothing: the exit status stays the same.
        let _ = out::stderr().write_all(text.as_bytes());
        ExitCode::from(USAGE)
    })
}

/// Runs the command.
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

/// A usage error that only the command itself can detect.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// An error and its causes as one line. Some errors contain the text of their cause; it is not repeated.
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

/// Finds the case's name among the arguments, as a case and its protocol files may come in any order.
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

/// Whether an error is a usage error.
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
