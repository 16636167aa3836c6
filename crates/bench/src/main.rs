//! `frame-bench`: measures how fast `frame-server`, `frame-client` and `frame` are. It compares each
//! figure with its rivals' figures, measured in turns in the same run. docs/benchmarks.md describes each
//! row.
//!
//! Exit status: 0 if everything was measured; 1 with `--require` if a ratio is below its target; 2 for
//! wrong usage, also for a pattern that matches no row; 3 if the program failed.

mod args;
mod load;
mod machine;
mod measure;
mod measured;
mod plot;
mod process;
mod report;
mod rivals;
mod rows;
mod sent_file;
mod settings;
mod stats;
mod table;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use args::{Args, Hidden};
use clap::Parser;
use machine::Machine;
use measure::{Row, measure};
use report::Report;
use settings::Settings;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

const UNDER_TARGET: u8 = 1;
const WRONG_USAGE: u8 = 2;
const CANNOT: u8 = 3;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(args) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("frame-bench: {error:#}");
            ExitCode::from(CANNOT)
        }
    }
}

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    match args.hidden.take() {
        Some(Hidden::Measured { command }) => measured::run(&command),
        Some(Hidden::ServeBytes { file }) => rivals::serve_bytes(&file).map(|()| ExitCode::SUCCESS),
        Some(Hidden::CopyFile { file }) => rivals::copy_file(&file).map(|()| ExitCode::SUCCESS),
        Some(Hidden::ServeEcho) => rivals::serve_echo().map(|()| ExitCode::SUCCESS),
        None => bench(&args),
    }
}

fn bench(args: &Args) -> anyhow::Result<ExitCode> {
    let mut groups = rows::groups();
    let is_wanted = |name: &str| args.only.as_ref().is_none_or(|only| only.matches(name));
    groups.retain(|group| group.quantities.iter().any(|quantity| is_wanted(quantity.name)));
    if groups.is_empty() {
        eprintln!("frame-bench: no row is named so");
        return Ok(ExitCode::from(WRONG_USAGE));
    }
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot make {}", args.out.display()))?;
    let scratch = tempfile::Builder::new().prefix("files-").tempdir_in(&args.out)?;
    end_all_with_me(scratch.path())?;
    let at = scratch.path().canonicalize()?;
    let settings = Settings::new(args.quick, args.repeats, &args.python, &at);
    let machine = Machine::look(settings.python.as_deref(), settings.iperf3.as_deref());

    let mut rows: Vec<Row> = Vec::new();
    for group in &groups {
        for quantity in group.quantities.iter().filter(|quantity| is_wanted(quantity.name)) {
            eprintln!("measuring {} ...", quantity.name);
        }
        rows.extend(measure(group, &settings)?.into_iter().filter(|row| is_wanted(row.name)));
    }
    remove(scratch)?;
    finish(args, &machine, &settings, &rows)
}

fn finish(
    args: &Args,
    machine: &Machine,
    settings: &Settings,
    rows: &[Row],
) -> anyhow::Result<ExitCode> {
    println!("{}", table::table(rows));
    println!("{}", machine.sentence());
    let [met, not_met, not_judged] = table::tally(rows);
    println!("targets: {met} met, {not_met} not met, {not_judged} not judged");
    Report::new(machine, settings, rows).write(&args.out.join("report.json"))?;
    plot::write(&args.out.join("report.svg"), rows, machine)?;
    let is_under = args.require && not_met > 0;
    Ok(if is_under { ExitCode::from(UNDER_TARGET) } else { ExitCode::SUCCESS })
}

/// The files are big, so a failure to remove them is an error.
fn remove(scratch: TempDir) -> anyhow::Result<()> {
    scratch.close().context("cannot remove the files that were sent")
}

/// When a signal ends this program, ends the programs that it started, and removes its files.
fn end_all_with_me(scratch: &Path) -> anyhow::Result<()> {
    let scratch = scratch.to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt) = runtime.block_on(async {
        std::io::Result::Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
    })?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        });
        process::kill_all();
        let _ = std::fs::remove_dir_all(&scratch);
        std::process::exit(i32::from(CANNOT));
    });
    Ok(())
}
