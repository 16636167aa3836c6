//! `framecheck merge DIR... --out DIR`

use std::io;
use std::path::Path;

use anyhow::Context;
use engine::journal::Journal;
use engine::merge::Shards;

use super::claims::claim;
use super::run::{files, printed, verdict_of};
use super::setup::Known;
use super::{MergeArgs, Usage};

pub(super) fn main(args: &MergeArgs) -> anyhow::Result<bool> {
    let is_out = |shard: &Path| match (shard.canonicalize(), args.out.canonicalize()) {
        (Ok(shard), Ok(out)) => shard == out,
        _ => false,
    };
    if let Some(shard) = args.shards.iter().find(|shard| is_out(shard)) {
        let shown = shard.display();
        return Err(Usage(format!("--out is {shown}, a shard that it would overwrite")).into());
    }
    let shards = Shards::read(&args.shards)?;
    let _claim = claim(&args.out)?;
    let mut sinks = files(&args.out, &Known::new().catalogue)?;
    sinks.insert(0, printed(args.format, &args.out));
    let journal = Journal::create(&args.out);
    sinks.push(Box::new(journal.context("cannot write the journal")?));
    let mut reported = io::Result::Ok(());
    let end = shards.tell(|event| {
        for sink in &mut sinks {
            if let (Ok(()), Err(error)) = (&reported, sink.take(&event)) {
                reported = Err(error);
            }
        }
    })?;
    reported.context("cannot write the report")?;
    verdict_of(end)
}
