//! Merges the shards of a run: replays their journals one after another, as if one run had found everything. If
//! they don't fit together, it reports all reasons at once.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use model::Verdict;
use model::case::CaseId;
use model::event::{End, Event, Start};
use model::shard::Shard;

use crate::claim::{Claim, ClaimError};
use crate::journal::{JournalError, NAME, Recorded, differences};

/// How many missing shards are named.
const NAMED_MAX: usize = 8;

/// The directories are not the shards of one run.
#[derive(Debug, thiserror::Error)]
#[error("these are not all the shards of one run:{}", listed(reasons))]
pub struct MergeError {
    /// The reasons.
    pub reasons: Vec<String>,
}

fn listed(reasons: &[String]) -> String {
    reasons.iter().map(|reason| format!("\n  {reason}")).collect()
}

/// All shards of a run.
#[derive(Debug)]
pub struct Shards {
    start: Start,
    end: End,
    /// In order of their numbers.
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    name: String,
    shard: Shard,
    recorded: Recorded,
    /// While this exists, no run writes to the directories.
    _claim: Option<Claim>,
}

impl Shards {
    /// Reads the shards in these directories.
    ///
    /// # Errors
    ///
    /// They do not fit together, or some are missing.
    pub fn read(directories: &[PathBuf]) -> Result<Self, MergeError> {
        let mut reasons = Vec::new();
        let mut parts = Vec::new();
        for directory in directories {
            let name = directory.display().to_string();
            let claim = match Claim::read(directory) {
                Ok(claim) => claim,
                Err(error @ ClaimError::Busy { .. }) => {
                    reasons.push(format!("{error}: wait until it ends"));
                    continue;
                }
                Err(error) => {
                    reasons.push(error.to_string());
                    continue;
                }
            };
            match Recorded::read(directory) {
                Ok(Some(recorded)) => parts.extend(part(name, recorded, claim, &mut reasons)),
                Ok(None) => reasons.push(format!("{name} has no report: there is no {NAME} in it")),
                Err(error) => reasons.push(error.to_string()),
            }
        }
        parts.sort_by_key(|part: &Part| part.shard);
        if let Some((first, others)) = parts.split_first() {
            for other in others {
                let (one_is, other_is) = (first.name.as_str(), other.name.as_str());
                let two = (first.recorded.start(), one_is);
                reasons.extend(differences(two, (other.recorded.start(), other_is)));
            }
        }
        reasons.extend(shard_reasons(&parts));
        reasons.extend(overlaps(&parts));
        match parts.first() {
            Some(first) if reasons.is_empty() => {
                let start = Start {
                    shard: None,
                    cases: parts.iter().map(|part| part.recorded.start().cases).sum(),
                    ..first.recorded.start().clone()
                };
                Ok(Self { start, end: end(&parts), parts })
            }
            _ => Err(MergeError { reasons }),
        }
    }

    /// Sends the events of the whole run, and returns its end.
    ///
    /// # Errors
    ///
    /// A journal can no longer be read.
    pub fn tell(&self, mut listener: impl FnMut(Event)) -> Result<&End, JournalError> {
        listener(Event::Started(Box::new(self.start.clone())));
        for part in &self.parts {
            part.recorded.replay(|result| listener(Event::Finished(result)))?;
        }
        listener(Event::Ended(self.end.clone()));
        Ok(&self.end)
    }
}

/// The shard in a directory; adds reasons if it is none, or is incomplete.
fn part(
    name: String,
    recorded: Recorded,
    claim: Option<Claim>,
    reasons: &mut Vec<String>,
) -> Option<Part> {
    let (found, of) = (recorded.counts().values().sum::<usize>(), recorded.start().cases);
    if found > of {
        reasons.push(format!(
            "{name} has {found} cases, and its run has {of}: two runs have written there; play the shard again"
        ));
    } else if recorded.unmatched().is_none() || found != of {
        reasons.push(format!(
            "{name} is not finished: {found} of its {of} cases are there; framecheck run --resume plays \
             the others"
        ));
    }
    let Some(shard) = recorded.start().shard else {
        reasons.push(format!("{name} is not a shard: it was run without --shard"));
        return None;
    };
    Some(Part { name, shard, recorded, _claim: claim })
}

/// What is wrong with the set of shards.
fn shard_reasons(parts: &[Part]) -> Vec<String> {
    let mut reasons = Vec::new();
    let Some(first) = parts.first() else { return reasons };
    let of = first.shard.of();
    let mut by_number: BTreeMap<u32, &Part> = BTreeMap::new();
    for part in parts {
        let Part { name, shard, .. } = part;
        if shard.of() != of {
            let other = format!("{} is shard {}", first.name, first.shard);
            reasons.push(format!("{name} is shard {shard}, and {other}: another number of shards"));
        } else if let Some(other) = by_number.insert(shard.number(), part) {
            reasons.push(format!("shard {shard} is there twice: {} and {name}", other.name));
        }
    }
    let missing = (1..=of).filter(|number| !by_number.contains_key(number));
    let count = missing.clone().count();
    if count > 0 {
        let named: Vec<_> =
            missing.take(NAMED_MAX).map(|number| format!("{number}/{of}")).collect();
        let more = if count > named.len() { ", ..." } else { "" };
        reasons.push(format!("{count} shards are missing: {}{more}", named.join(", ")));
    }
    reasons
}

/// Cases that are in two different shards.
fn overlaps(parts: &[Part]) -> Vec<String> {
    let mut owners: HashMap<&CaseId, usize> = HashMap::new();
    let mut shared: BTreeMap<(usize, usize), (usize, &CaseId)> = BTreeMap::new();
    for (place, part) in parts.iter().enumerate() {
        for id in part.recorded.ids() {
            let owner = *owners.entry(id).or_insert(place);
            if parts.get(owner).is_some_and(|owner| owner.shard != part.shard) {
                let (count, first) = shared.entry((owner, place)).or_insert((0, id));
                *count += 1;
                *first = (*first).min(id);
            }
        }
    }
    let told = shared.into_iter().filter_map(|((one, other), (count, id))| {
        let [one, other] = [parts.get(one)?, parts.get(other)?].map(|part| part.name.as_str());
        Some(format!("{one} and {other} both have {count} cases, such as {id}"))
    });
    told.collect()
}

/// The end of the whole run. Shards run in parallel, so it took as long as the longest.
fn end(parts: &[Part]) -> End {
    let mut counts: BTreeMap<&'static str, usize> =
        Verdict::ALL.into_iter().map(|verdict| (verdict.name(), 0)).collect();
    let mut unmatched = Vec::new();
    for part in parts {
        for (verdict, count) in part.recorded.counts() {
            *counts.entry(verdict).or_default() += count;
        }
        unmatched.extend(part.recorded.unmatched().unwrap_or_default().iter().cloned());
    }
    unmatched.sort();
    unmatched.dedup();
    let took = parts.iter().map(|part| part.recorded.took()).max().unwrap_or(Duration::ZERO);
    // Shards with unplayed cases were refused.
    let not_played = Vec::new();
    End { counts, took, unmatched, not_played, interrupted: false }
}
