//! `iperf3 -Z` over the loopback: the speed limit of a program that sends with sendfile(2) and drops
//! what it receives. It sends the same 128 KiB again and again, which come from the processor's cache:
//! that is less work than a file. Its option `-F FILE` does not help: it reads each block of the file
//! and then sends a block of its own buffer's file all the same.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::gib_per_second;
use crate::measured::Usage;
use crate::process::{Output, Program};

const PATIENCE: Duration = Duration::from_secs(60);

/// The report of one run.
pub(super) struct Run {
    pub(super) gib_per_second: f64,
}

/// The resources that either side used.
pub(super) struct Used {
    pub(super) sender: Usage,
    pub(super) receiver: Usage,
}

/// Sends this many bytes.
pub(super) fn run(iperf3: &Path, size: u64) -> anyhow::Result<Run> {
    let (server, client) = commands(iperf3, size)?;
    let server = Program::start(server, Output::Dropped)?;
    server.listening_address()?;
    let sent = Program::start(client, Output::Kept)?.finish(PATIENCE)?;
    server.finish(PATIENCE)?;
    let report: serde_json::Value = serde_json::from_slice(&sent.output)?;
    let received = |key: &str| {
        let found = report.pointer(&format!("/end/sum_received/{key}"));
        found.and_then(serde_json::Value::as_f64).with_context(|| format!("no {key} in its report"))
    };
    // The bytes that the receiver had read when the sender was done. The few bytes that it had not
    // read yet are in a socket's buffer, and do not count.
    let (bytes, seconds) = (received("bytes")?, received("seconds")?);
    ensure!(seconds > 0.0, "it took no time");
    Ok(Run { gib_per_second: gib_per_second(1, seconds) * bytes })
}

/// Sends this many bytes, and measures both sides.
pub(super) fn run_measured(iperf3: &Path, size: u64) -> anyhow::Result<Used> {
    let (server, client) = commands(iperf3, size)?;
    let server = Program::start_measured(&server, Output::Dropped)?;
    server.listening_address()?;
    let sender = Program::start_measured(&client, Output::Kept)?.finish(PATIENCE)?.usage;
    let receiver = server.finish(PATIENCE)?.usage;
    let (sender, receiver) = sender.zip(receiver).context("expected what iperf3 used")?;
    Ok(Used { sender, receiver })
}

/// iperf3 can't use port 0, so it gets a port that was free a moment ago.
fn commands(iperf3: &Path, size: u64) -> anyhow::Result<(Command, Command)> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let (mut server, mut client) = (Command::new(iperf3), Command::new(iperf3));
    server.args(["-s", "-1", "-B", "127.0.0.1", "-p", &port]);
    client.args(["-c", "127.0.0.1", "-Z", "-J", "-p", &port, "-n", &size.to_string()]);
    Ok((server, client))
}
