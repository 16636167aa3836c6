//! `framecheck audit CAPTURE --protocol FILE`: checks recorded traffic against the frames of a protocol.
//!
//! It stores neither the capture nor a stream. `judge_frames/` does the judging.
//!
//! | file | what |
//! |---|---|
//! | `judge.rs` | takes the capture's events, connection by connection |
//! | `human.rs`, `json.rs`, `junit.rs` | the output formats |

mod human;
mod json;
mod judge;
mod junit;

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use anyhow::Context;
use model::Scenario;
use traffic::{CaptureError, Options, Summary, Traffic};

use self::judge::Judge;
use super::args::AuditFormat;
use super::judge_frames::{Findings, Frames};
use super::out::{say, stdout};
use super::setup::Known;
use super::{AuditArgs, Usage};

/// The results of an audit, and what was audited.
struct Audit<'a> {
    /// The capture's name.
    capture: &'a str,
    /// The protocol's name.
    protocol: &'a str,
    frames: &'a Frames,
    findings: &'a Findings,
    traffic: &'a Summary,
    /// Why the capture could not be read to its end.
    stopped: Option<String>,
}

pub(super) fn main(args: &AuditArgs) -> anyhow::Result<bool> {
    let known = Known::with(std::slice::from_ref(&args.protocol), &[])?;
    let file = args.protocol.display();
    let protocol = known.protocols.first().context("no protocol was read")?;
    let frames = Frames::of(protocol)
        .ok_or_else(|| Usage(format!("{file} has no [frames] and [streams] to audit by")))?;
    let is_stdin = args.capture == Path::new("-");
    let capture =
        if is_stdin { "standard input".into() } else { args.capture.display().to_string() };
    let input: Box<dyn Read> =
        if is_stdin { Box::new(io::stdin().lock()) } else { Box::new(open(&args.capture)?) };
    let options = Options { server: args.server, ..Options::default() };
    let mut traffic = Traffic::new(input, options).map_err(|error| unreadable(&capture, &error))?;
    let mut judge = Judge::new(&frames);
    let mut stopped = None;
    for event in traffic.by_ref() {
        match event {
            Ok(event) => judge.take(&event),
            Err(error) => stopped = Some(error),
        }
    }
    let servers = judge.servers();
    if let ([first, _, ..], None) = (servers.as_slice(), args.server) {
        let count = servers.len();
        say(format_args!("mistakes at {count} servers; --server {first} audits only that one"));
    }
    let (findings, summary) = (judge.findings, traffic.summary());
    let name = protocol.name();
    let told = Audit {
        capture: &capture,
        protocol: name,
        frames: &frames,
        findings: &findings,
        traffic: &summary,
        stopped: stopped.as_ref().map(ToString::to_string),
    };
    tell(&told, args)?;
    if let Some(error) = stopped {
        return Err(unreadable(&capture, &error));
    }
    if !findings.has_traffic() {
        return Err(Usage(nothing(&capture, args, &summary)).into());
    }
    Ok(findings.mistakes_in_all == 0)
}

fn open(capture: &Path) -> anyhow::Result<File> {
    let shown = capture.display();
    let file = match File::open(capture) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Usage(format!("there is no file {shown}")).into());
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
    };
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(Usage(format!("expected a capture, found the directory {shown}")).into());
    }
    Ok(file)
}

/// The error for a capture that can't be read: wrong usage, unless the system failed.
fn unreadable(capture: &str, error: &CaptureError) -> anyhow::Error {
    let what = format!("{capture}: {error}");
    match error {
        CaptureError::Read { .. } => anyhow::Error::msg(what),
        _ => Usage(what).into(),
    }
}

/// Why there is nothing to judge.
fn nothing(capture: &str, args: &AuditArgs, summary: &Summary) -> String {
    match args.server {
        Some(_) if summary.filtered > 0 && summary.connections == 0 => {
            format!("{capture} has no connection to the server of --server")
        }
        _ => format!("{capture} has no connection of the protocol's transports"),
    }
}

fn tell(audit: &Audit<'_>, args: &AuditArgs) -> anyhow::Result<()> {
    let mut out = BufWriter::new(stdout());
    match args.format {
        AuditFormat::Human => human::write(&mut out, audit)?,
        AuditFormat::Json => json::write(&mut out, audit)?,
        AuditFormat::Junit => junit::write(&mut out, audit)?,
    }
    out.flush()?;
    if let Some(path) = &args.junit {
        let shown = path.display();
        let file = File::create(path).with_context(|| format!("cannot write to {shown}"))?;
        let mut file = BufWriter::new(file);
        junit::write(&mut file, audit)
            .and_then(|()| file.flush())
            .with_context(|| format!("cannot write to {shown}"))?;
    }
    Ok(())
}
