//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand};
use globset::{Glob, GlobMatcher};

/// Measure frame-server, frame-client and frame beside the best alternatives, in one run.
///
/// Contenders take turns. The table shows the median of the turns, their spread, how many times as good
/// ours is, and whether that meets its target.
#[derive(Debug, Parser)]
#[command(name = "frame-bench", version, args_conflicts_with_subcommands = true)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Args {
    /// Run only rows whose name contains this, or matches it if it contains *, ? or [.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) only: Option<Pattern>,
    /// How many turns each contender has. The default is 5, or 2 with --quick.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) repeats: Option<usize>,
    /// Use small files and short turns: tests that the benchmark works, not how fast anything is.
    #[arg(long)]
    pub(crate) quick: bool,
    /// The directory for report.json and report.svg, and during the run for the sent and received files.
    /// Its disk needs room for two files of 1 GiB and a few smaller ones.
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    pub(crate) out: PathBuf,
    /// The Python to compare with.
    #[arg(long, value_name = "EXE", default_value = "python3")]
    pub(crate) python: PathBuf,
    /// Exit with status 1 if a ratio is below its target.
    #[arg(long)]
    pub(crate) require: bool,
    #[command(subcommand)]
    pub(crate) hidden: Option<Hidden>,
}

/// The hidden commands that this program starts itself as.
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

/// The chosen rows.
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
