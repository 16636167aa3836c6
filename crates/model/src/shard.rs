//! Parts of a run, for machines that share it: the shards, and the shard of each case.
//!
//! A case's shard depends on its id alone. So every machine finds the same shard independently, with any other
//! options. All cases of an input over a network are in one shard, with any pairing and transport: they are
//! compared with one play of the reference.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::case::CaseId;

/// `K/N`: the `K`th of `N` parts, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    number: u32,
    of: u32,
}

/// Why the request is not a shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// It isn't K/N.
    #[error("expected a shard K/N with 1 <= K <= N, such as 1/4, found {0:?}")]
    NoShard(String),
    /// `auto`, and the environment does not name a shard.
    #[error(
        "--shard auto finds no shard in the environment: expected {SHARD}=K/N, or {K8S_INDEX} with \
         {K8S_COUNT}, or {SLURM_ID} with {SLURM_MIN} and {SLURM_COUNT}"
    )]
    NoneInEnvironment,
    /// One variable of several that belong together is missing.
    #[error(
        "--shard auto finds {found} in the environment, but not {missing}, which belongs to it"
    )]
    Half {
        /// The variable that is set.
        found: &'static str,
        /// The variable that is missing.
        missing: &'static str,
    },
    /// A variable is not a number, or is out of range.
    #[error("--shard auto finds {name}={value:?} in the environment: {why}")]
    Value {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// Two sources contradict each other.
    #[error("--shard auto finds two shards in the environment: {0} by {1}, {2} by {3}")]
    Contradiction(Shard, &'static str, Shard, &'static str),
}

const SHARD: &str = "FRAMECHECK_SHARD";
const K8S_INDEX: &str = "JOB_COMPLETION_INDEX";
const K8S_COUNT: &str = "JOB_COMPLETIONS";
const SLURM_ID: &str = "SLURM_ARRAY_TASK_ID";
const SLURM_MIN: &str = "SLURM_ARRAY_TASK_MIN";
const SLURM_MAX: &str = "SLURM_ARRAY_TASK_MAX";
const SLURM_COUNT: &str = "SLURM_ARRAY_TASK_COUNT";

impl Shard {
    /// The part `number` of `of` parts; `None` if it does not exist.
    #[must_use]
    pub const fn new(number: u32, of: u32) -> Option<Self> {
        if number == 0 || number > of { None } else { Some(Self { number, of }) }
    }

    /// The number of the part, from 1.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }

    /// The number of all parts.
    #[must_use]
    pub const fn of(self) -> u32 {
        self.of
    }

    /// Whether a case belongs to it. The case's part is the first 64 bits, big-endian, of the SHA-256 of the
    /// id's scenario, network and input (`scenario/network/input`), modulo N.
    #[must_use]
    pub fn has(self, id: &CaseId) -> bool {
        let CaseId { scenario, pairing: _, transport: _, network, input } = id;
        let digest = Sha256::digest(format!("{scenario}/{network}/{input}"));
        let first = digest.iter().take(8).fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
        first % u64::from(self.of) == u64::from(self.number - 1)
    }

    /// The shard in the environment: `FRAMECHECK_SHARD`, an indexed job of Kubernetes, or an array job of
    /// Slurm.
    ///
    /// # Errors
    ///
    /// None of them is set, one is invalid, or two contradict each other.
    pub fn from_environment(var: impl Fn(&str) -> Option<String>) -> Result<Self, ShardError> {
        let told = match var(SHARD) {
            Some(text) => Some((text.parse()?, SHARD)),
            None => None,
        };
        let all = [
            told,
            kubernetes(&var)?.map(|shard| (shard, K8S_INDEX)),
            slurm(&var)?.map(|shard| (shard, SLURM_ID)),
        ];
        let mut all = all.into_iter().flatten();
        let (shard, name) = all.next().ok_or(ShardError::NoneInEnvironment)?;
        match all.find(|(other, _)| *other != shard) {
            Some((other, by)) => Err(ShardError::Contradiction(shard, name, other, by)),
            None => Ok(shard),
        }
    }
}

/// The index counts from 0. The number of completions is in the environment if the manifest puts it there.
fn kubernetes(var: &impl Fn(&str) -> Option<String>) -> Result<Option<Shard>, ShardError> {
    let Some((index, of)) = both(var, K8S_INDEX, K8S_COUNT)? else { return Ok(None) };
    placed(K8S_INDEX, index, 0, of).map(Some)
}

/// Ids are consecutive and begin at the start of the array.
fn slurm(var: &impl Fn(&str) -> Option<String>) -> Result<Option<Shard>, ShardError> {
    let Some((id, of)) = both(var, SLURM_ID, SLURM_COUNT)? else { return Ok(None) };
    let Some(first) = number(var, SLURM_MIN)? else {
        return Err(ShardError::Half { found: SLURM_ID, missing: SLURM_MIN });
    };
    if let Some(last) = number(var, SLURM_MAX)?
        && u64::from(last) + 1 != u64::from(first) + u64::from(of)
    {
        return Err(ShardError::Value {
            name: SLURM_MAX,
            value: last.to_string(),
            why: format!("{of} tasks from {first} on, one by one, do not end there"),
        });
    }
    placed(SLURM_ID, id, first, of).map(Some)
}

fn placed(name: &'static str, index: u32, first: u32, of: u32) -> Result<Shard, ShardError> {
    let shard = index.checked_sub(first).and_then(|place| Shard::new(place.checked_add(1)?, of));
    shard.ok_or_else(|| ShardError::Value {
        name,
        value: index.to_string(),
        why: format!("expected one of {of} numbers from {first} on"),
    })
}

/// Two numbers that belong together, if they are set.
fn both(
    var: &impl Fn(&str) -> Option<String>,
    one: &'static str,
    other: &'static str,
) -> Result<Option<(u32, u32)>, ShardError> {
    match (number(var, one)?, number(var, other)?) {
        (Some(index), Some(of)) => Ok(Some((index, of))),
        (Some(_), None) => Err(ShardError::Half { found: one, missing: other }),
        (None, Some(_)) => Err(ShardError::Half { found: other, missing: one }),
        (None, None) => Ok(None),
    }
}

fn number(
    var: &impl Fn(&str) -> Option<String>,
    name: &'static str,
) -> Result<Option<u32>, ShardError> {
    let Some(value) = var(name) else { return Ok(None) };
    match value.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(ShardError::Value { name, value, why: "expected a number".to_owned() }),
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let number = |digits: &str| {
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            if is_plain { digits.parse().ok() } else { None }
        };
        text.split_once('/')
            .and_then(|(place, of)| Self::new(number(place)?, number(of)?))
            .ok_or_else(|| ShardError::NoShard(text.to_owned()))
    }
}

impl Serialize for Shard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "1", "0/4", "5/4", "1/0", "+1/4", "1/4/4", "a/b", "1/99999999999", "1/ 4"]
        {
            assert_eq!(text.parse::<Shard>(), Err(ShardError::NoShard(text.to_owned())), "{text}");
        }
        assert_eq!("3/4".parse::<Shard>().unwrap().to_string(), "3/4");
    }

    #[test]
    fn the_environment_says_which_shard_or_what_is_wrong_with_it() {
        let auto = |pairs: &[(&str, &str)]| {
            let found = Shard::from_environment(|name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            });
            found.map_or_else(|error| error.to_string(), |shard| shard.to_string())
        };
        let slurm = |id, min, count| {
            [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", min),
                ("SLURM_ARRAY_TASK_COUNT", count),
            ]
        };
        let k8s = |index, count| [("JOB_COMPLETION_INDEX", index), ("JOB_COMPLETIONS", count)];
        assert_eq!(auto(&[("FRAMECHECK_SHARD", "2/3")]), "2/3");
        assert_eq!(auto(&k8s("0", "4")), "1/4");
        assert_eq!(auto(&k8s("3", "4")), "4/4");
        assert_eq!(auto(&slurm("1", "1", "8")), "1/8");
        assert_eq!(auto(&slurm("7", "0", "8")), "8/8");
        assert_eq!(
            auto(&[&slurm("7", "0", "8")[..], &[("SLURM_ARRAY_TASK_MAX", "7")]].concat()),
            "8/8"
        );
        assert_eq!(auto(&[&k8s("1", "4")[..], &[("FRAMECHECK_SHARD", "2/4")]].concat()), "2/4");
        for (pairs, words) in [
            (&[][..], "no shard in the environment"),
            (&[("FRAMECHECK_SHARD", "0/4")], "found \"0/4\""),
            (&k8s("4", "4"), "expected one of 4 numbers from 0 on"),
            (&k8s("-1", "4"), "expected a number"),
            (&k8s("0", "4")[..1], "but not JOB_COMPLETIONS"),
            (&k8s("0", "4")[1..], "but not JOB_COMPLETION_INDEX"),
            (&slurm("0", "1", "4"), "expected one of 4 numbers from 1 on"),
            (&slurm("5", "1", "4"), "expected one of 4 numbers from 1 on"),
            (&[slurm("1", "0", "4")[0], slurm("1", "0", "4")[2]], "but not SLURM_ARRAY_TASK_MIN"),
            (
                &[&slurm("2", "0", "4")[..], &[("SLURM_ARRAY_TASK_MAX", "6")]].concat(),
                "do not end there",
            ),
            (
                &[&k8s("1", "4")[..], &[("FRAMECHECK_SHARD", "1/4")]].concat(),
                "1/4 by FRAMECHECK_SHARD, 2/4 by JOB_COMPLETION_INDEX",
            ),
        ] {
            let said = auto(pairs);
            assert!(said.contains(words), "{said}");
        }
    }
}
