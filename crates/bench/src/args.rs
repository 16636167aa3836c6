//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand};
use globset::{Glob, GlobMatcher};

/// How fast frame-server, frame-client and frame are, beside the best alternatives, in one run.
///
/// Contenders take turns. The table says the median of the turns, how far they spread, how many times as
/// good ours is, and whether that meets its target.
#[derive(Debug, Parser)]
#[command(name = "frame-bench", version, args_conflicts_with_subcommands = true)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Args {
    /// Only rows whose name this is a part of, or matches if it has a *, ? or [ in it.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) only: Option<Pattern>,
    /// How many turns each contender has: 5, or 2 with --quick.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) repeats: Option<usize>,
    /// Small files and short turns: whether it works, not how fast anything is.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Where report.json and report.svg go, and meanwhile the files that are sent and received: on a
    /// disk with room for two of 1 GiB and a few smaller ones.
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    pub(crate) out: PathBuf,
    /// The Python to hold it against.
    #[arg(long, value_name = "EXE", default_value = "python3")]
    pub(crate) python: PathBuf,
    /// Exit with status 1 if a ratio is under its target.
    #[arg(long)]
    pub(crate) require: bool,
    #[command(subcommand)]
    pub(crate) hidden: Option<Hidden>,
}

/// What this starts of itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Hidden {
    #[command(hide = true)]
    Measured {
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
    #[command(hide = true)]
    ServeBytes { file: PathBuf },
    #[command(hide = true)]
    CopyFile { file: PathBuf },
    #[command(hide = true)]
    ServeEcho,
}

/// Which rows are meant.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Part(String),
    Glob(GlobMatcher),
}

impl Pattern {
    pub(crate) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Part(part) => name.contains(part),
            Self::Glob(glob) => glob.is_match(name),
        }
    }
}

impl FromStr for Pattern {
    type Err = globset::Error;

    fn from_str(text: &str) -> Result<Self, globset::Error> {
        if text.contains(['*', '?', '[']) {
            Ok(Self::Glob(Glob::new(text)?.compile_matcher()))
        } else {
            Ok(Self::Part(text.to_owned()))
        }
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("expected at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(format!("{error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_part_or_a_glob_of_the_whole_name() {
        let matches = |pattern: &str, name| Pattern::from_str(pattern).unwrap().matches(name);
        assert!(matches("frame", "frame decode, FrameCodec"));
        assert!(
            matches("echo*", "echo, 64 connections") && !matches("echo?", "echo, 64 connections")
        );
        assert!(Pattern::from_str("[").is_err());
    }

    #[test]
    fn no_turns_at_all_are_wrong_usage() {
        assert!(Args::try_parse_from(["frame-bench", "--repeats", "0"]).is_err());
        assert!(Args::try_parse_from(["frame-bench", "--repeats", "1"]).is_ok());
    }
}
