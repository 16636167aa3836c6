//! `framecheck proxy --listen ADDRESS --to ADDRESS --protocol FILE`: relays between two running programs, and
//! judges each frame as it passes.
//!
//! It forwards bytes first and judges them then. `judge_frames/` judges; `engine::network` forwards.
//!
//! | file | what |
//! |---|---|
//! | `streams.rs` | TCP connections: accepts, connects, and waits for their ends |
//! | `datagrams.rs` | UDP datagrams |
//! | `witness.rs` | records and judges the traffic of one connection |
//! | `shared.rs` | what all connections share: the findings |
//! | `tape.rs` | writes the capture |
//! | `lines.rs` | shows violations as soon as they are found |
//! | `told.rs` | the reports at the end |

mod datagrams;
mod lines;
mod shared;
mod streams;
mod tape;
mod told;
mod witness;

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use engine::network::{Disturbance, Relay, raise_descriptor_limit};
use model::Scenario;
use protocols::Protocol;

use self::lines::Lines;
use self::shared::Shared;
use self::tape::Tape;
use super::args::Format;
use super::interrupt::interrupt;
use super::judge_frames::{Frames, MISTAKES_MAX};
use super::out::{stderr, stdout};
use super::setup::Known;
use super::{ProxyArgs, Usage};

pub(super) fn main(args: &ProxyArgs) -> anyhow::Result<bool> {
    let known = Known::with(std::slice::from_ref(&args.protocol), &[])?;
    let protocol = known.protocols.first().context("no protocol was read")?;
    let file = args.protocol.display();
    let frames = Frames::of(protocol)
        .ok_or_else(|| Usage(format!("{file} has no [frames] and [streams] to judge by")))?;
    let is_datagram = protocol.home().is_datagram();
    check(args, is_datagram)?;
    raise_descriptor_limit();
    let disturbance = Disturbance::new(args.network.clone(), args.seed);
    let network = disturbance.disturbs(is_datagram).then(|| args.network.to_string());
    let tape = |out| tape(args, protocol, network.is_some(), out);
    let tape = args.out.as_deref().map(tape).transpose()?;
    let junit = args.junit.as_deref().map(create).transpose()?;
    // The frames are needed until the process ends.
    let frames: &'static Frames = Box::leak(Box::new(frames));
    let lines = Lines::start(args.format == Format::Json, MISTAKES_MAX);
    let shared = Arc::new(Shared::new(frames, tape, lines, network));
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let listening = runtime.block_on(async {
        let interrupt = interrupt()?;
        if is_datagram {
            let socket = datagrams::bind(args.listen).await.with_context(|| cannot(args))?;
            let listening = socket.local_addr()?;
            say_where(args, listening)?;
            datagrams::pass(socket, args.to, &shared, &disturbance, interrupt).await?;
            anyhow::Ok(listening)
        } else {
            let listener = streams::listen(args.listen).with_context(|| cannot(args))?;
            let listening = listener.local_addr()?;
            say_where(args, listening)?;
            let (to, relay) = (args.to, Relay::new(disturbance));
            streams::pass(&listener, to, relay, &shared, args.connections, interrupt).await?;
            Ok(listening)
        }
    })?;
    drop(runtime);
    let shared = Arc::into_inner(shared).context("a connection is still passed on")?;
    finish(args, protocol.name(), listening, shared, junit)
}

/// Writes the reports.
fn finish(
    args: &ProxyArgs,
    protocol: &str,
    listening: SocketAddr,
    shared: Shared,
    junit: Option<File>,
) -> anyhow::Result<bool> {
    let found = shared.end();
    let told = told::Told {
        listening,
        to: args.to,
        protocol,
        network: &args.network,
        out: args.out.as_deref(),
        found: &found,
    };
    match args.format {
        Format::Human => told.human(&mut stdout())?,
        Format::Json => told.json(&mut stdout())?,
    }
    if let (Some(mut file), Some(path)) = (junit, &args.junit) {
        told.junit(&mut file).with_context(|| format!("cannot write to {}", path.display()))?;
    }
    if let (Some(Err(error)), Some(out)) = (found.capture, &args.out) {
        bail!("cannot write to {}: {error}", out.display());
    }
    let findings = &found.findings;
    if findings.connections == [0, 0] {
        match found.not_served {
            0 => bail!("no connection came, so nothing was judged"),
            _ => bail!("no connection reached {}, so nothing was judged", args.to),
        }
    }
    if findings.mistakes_in_all == 0 && findings.judged_bytes == 0 {
        bail!("nothing came that could be judged");
    }
    Ok(findings.mistakes_in_all == 0)
}

/// Rejects options that make no sense together, and addresses that were not allowed explicitly.
fn check(args: &ProxyArgs, is_datagram: bool) -> anyhow::Result<()> {
    for (option, address) in [("--listen", args.listen), ("--to", args.to)] {
        if !address.ip().to_canonical().is_loopback() && !args.allow_non_loopback {
            bail!(Usage(format!(
                "{option} {address}: expected a loopback address; --allow-non-loopback permits others"
            )));
        }
    }
    if args.to.port() == 0 {
        bail!(Usage(format!("--to {}: expected the server's port, found 0", args.to)));
    }
    if !args.network.fits(is_datagram) {
        let (network, file) = (&args.network, args.protocol.display());
        let what = if is_datagram { "datagrams" } else { "streams" };
        bail!(Usage(format!(
            "--network {network}: {file} goes over {what}, which this network can't affect"
        )));
    }
    if is_datagram && args.connections.is_some() {
        let file = args.protocol.display();
        bail!(Usage(format!("--connections: {file} goes over datagrams, which have no end")));
    }
    Ok(())
}

fn tape(args: &ProxyArgs, protocol: &Protocol, disturbs: bool, out: &Path) -> anyhow::Result<Tape> {
    let about = told::about_capture(args, protocol.name());
    let file = create(out)?;
    let shown = out.display().to_string();
    Tape::start(file, shown, about, disturbs)
        .with_context(|| format!("cannot write to {}", out.display()))
}

fn create(path: &Path) -> anyhow::Result<File> {
    File::create(path).with_context(|| format!("cannot write to {}", path.display()))
}

fn cannot(args: &ProxyArgs) -> String {
    format!("cannot listen on {}", args.listen)
}

/// Prints at once where clients must connect.
fn say_where(args: &ProxyArgs, listening: SocketAddr) -> std::io::Result<()> {
    let said = format!("listening on {listening}\n");
    match args.format {
        Format::Human => {
            let mut out = stdout();
            out.write_all(said.as_bytes())?;
            out.flush()
        }
        // Standard output gets one object, at the end.
        Format::Json => stderr().write_all(said.as_bytes()),
    }
}
