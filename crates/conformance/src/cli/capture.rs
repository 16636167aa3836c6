//! `framecheck capture ID`

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use engine::plan::{case_named, group_of};
use report::Capture;

use super::interrupt::{Interrupted, interrupt};
use super::machine::can_play;
use super::measure::make_known;
use super::others::are_up;
use super::out::{raw_stdout, stdout};
use super::replay::play;
use super::setup::{Known, setup};
use super::{CaptureArgs, case_and_files};

pub(super) fn main(args: &CaptureArgs) -> anyhow::Result<bool> {
    let (id, files) = case_and_files(&args.id, &args.files);
    let known = Known::with_all(&files)?;
    let peers = super::setup::peers(&args.setup, &known)?;
    make_known(&args.setup, &known)?;
    let id = case_named(&id, &known.catalogue)?;
    let group = group_of(&id, &known.catalogue, &peers)?;
    can_play(&id)?;
    let setup = setup(&args.setup, &known)?;
    let runtime = super::setup::runtime()?;
    runtime.block_on(are_up(
        &peers,
        &known,
        std::slice::from_ref(&id.pairing),
        Some(&id.scenario),
    ))?;
    let played = runtime.block_on(async {
        let interrupt = interrupt()?;
        tokio::select! {
            played = play(&setup.stage, &group, &id) => Ok(played?),
            () = interrupt => Err(anyhow::Error::from(Interrupted)),
        }
    })?;
    let judgement = &played.judgement;
    let broken = judgement.differences.first().map(|difference| &*difference.clause);
    let first = || group.scenario.clauses().first().map(|clause| &*clause.id);
    let capture = Capture {
        framing: group.scenario.framing(),
        id: &id,
        verdict: judgement.verdict,
        clause: broken.or_else(first).unwrap_or_default(),
        differences: &judgement.differences,
        observed: &played.observed,
        left_out: None,
    };
    let out = match &args.out {
        Some(out) => out.clone(),
        None => PathBuf::from(id.file_name() + ".pcapng"),
    };
    if out == Path::new("-") {
        capture.write(raw_stdout())?;
        return Ok(true);
    }
    let shown = out.display();
    let file = File::create(&out).with_context(|| format!("cannot write to {shown}"))?;
    let packets =
        capture.write(BufWriter::new(file)).with_context(|| format!("cannot write to {shown}"))?;
    let verdict = judgement.verdict.name();
    writeln!(stdout(), "{verdict}  {id}: {packets} packets in {shown}")?;
    Ok(true)
}
