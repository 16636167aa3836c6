//! `make soak`: thousands of idle or slow clients, and whether the other clients notice.
//!
//! A server has idle connections, and readers that take a kilobyte per second of their data.
//! Meanwhile other clients move data as fast as they can. Their rate is measured before, during and
//! after. The idle and the slow clients must still be there at the end, all bytes must be right, and
//! the server must end in order. This runs with `tcp-upper` and with `file-transfer`; the latter has
//! only slow readers, because it serves no idle clients.
//!
//! Exit status: 0 if all is right; 1 if not, with the reason; 2 for wrong usage.

mod clients;
mod server;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Parser;
use framecheck_tests::Sandbox;

use clients::{Crowd, Kind, rate};
use server::Server;

/// Run many idle or slow clients, and measure whether the other clients notice.
#[derive(Debug, Parser)]
#[command(name = "soak")]
struct Args {
    /// Idle connections.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    idle: usize,
    /// Readers that take a kilobyte per second.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    slow: usize,
    /// Connections that move data all the time.
    #[arg(long, value_name = "N", default_value_t = 100)]
    transfers: usize,
    /// How long to measure each rate.
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    seconds: f64,
    /// How many measurements before, during and after.
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeats: usize,
    /// The lowest acceptable rate during, as a part of the rate before and after.
    #[arg(long, value_name = "RATIO", default_value_t = 0.9)]
    least: f64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    server::raise_descriptor_limit()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        soak(args, Kind::Upper).await.context("tcp-upper")?;
        soak(args, Kind::File).await.context("file-transfer")
    })
}

async fn soak(args: &Args, kind: Kind) -> anyhow::Result<()> {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox, kind).await?;
    let seconds = Duration::from_secs_f64(args.seconds);
    let measure = || async {
        let mut rates = Vec::new();
        for _ in 0..args.repeats {
            rates.push(rate(server.address, kind, args.transfers, seconds).await?);
        }
        anyhow::Ok(median(rates))
    };

    let before = measure().await.context("before")?;
    let empty = server.resident_bytes()?;
    let idle = match kind {
        Kind::Upper => Crowd::idle(server.address, args.idle).await.context("idle clients")?,
        Kind::File => Crowd::default(),
    };
    let with_idle = server.resident_bytes()?;
    let slow = Crowd::slow(server.address, kind, args.slow).await.context("slow clients")?;
    let with_slow = server.resident_bytes()?;
    let during = measure().await.context("during")?;
    idle.all_are_there().context("idle clients, after a while")?;
    slow.all_are_there().context("slow clients, after a while")?;
    let counts = (idle.len(), slow.len());
    drop((idle, slow));
    let after = measure().await.context("after")?;
    server.end().await?;

    let ratio = during / f64::midpoint(before, after);
    println!(
        "{kind}: {} transfers beside {} idle and {} slow clients: {during:.0} MB/s; without them \
         {before:.0} before, {after:.0} after; {ratio:.2} of that",
        args.transfers, counts.0, counts.1
    );
    for (what, bytes, count) in
        [("an idle", with_idle - empty, counts.0), ("a slow", with_slow - with_idle, counts.1)]
    {
        if let Some(each) = bytes.checked_div(i64::try_from(count)?) {
            println!("{kind}: {each} bytes of memory for {what} connection");
        }
    }
    ensure!(ratio >= args.least, "expected a ratio of {} or more, found {ratio:.2}", args.least);
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
