//! How a case came out, and what was not as it should be.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::{Check, Explained};

/// How a case came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Not as a clause says.
    Fail,
    /// The reference's own known defect, shown; everything else as it should be.
    Erratum,
    /// Wrong as an entry of a list of expected failures says.
    ExpectedFail,
    /// Not declared by the peer.
    NotApplicable,
    /// A peer was ended by a signal nobody sent on purpose.
    Crash,
    /// The deadline passed.
    Timeout,
    /// The harness could not do its work.
    HarnessError,
}

impl Verdict {
    /// Every verdict there is.
    pub const ALL: [Self; 8] = [
        Self::Pass,
        Self::Fail,
        Self::Erratum,
        Self::ExpectedFail,
        Self::NotApplicable,
        Self::Crash,
        Self::Timeout,
        Self::HarnessError,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Erratum => "erratum",
            Self::ExpectedFail => "expected-fail",
            Self::NotApplicable => "not-applicable",
            Self::Crash => "crash",
            Self::Timeout => "timeout",
            Self::HarnessError => "harness-error",
        }
    }

    /// Whether a run with this verdict in it has failed.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Fail | Self::Crash | Self::Timeout)
    }

    /// Whether something is to be looked into: a failure, or that there is no answer.
    #[must_use]
    pub const fn is_wrong(self) -> bool {
        self.is_failure() || matches!(self, Self::HarnessError)
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The check that found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// The clause that is broken.
    pub clause: String,
    /// What is different, in words.
    pub what: String,
    /// The value that is wrong, where the bytes have a meaning: the frame's name, the part's, and keys,
    /// joined by dots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Where two byte sequences part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parting: Option<Parting>,
}

/// The line that reports print, and that a list of expected failures tells a failure by.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.clause.as_str() {
            "" => f.write_str(&self.what),
            clause => write!(f, "[{clause}] {}", self.what),
        }
    }
}

impl Difference {
    /// A difference in words alone, that no check has found.
    #[must_use]
    pub fn told(clause: impl Into<String>, what: impl Into<String>) -> Self {
        Self { check: None, clause: clause.into(), what: what.into(), part: None, parting: None }
    }

    /// The same, with the value that is wrong before the bytes, where one is known.
    #[must_use]
    pub fn explained(mut self, wrong: Option<Explained>) -> Self {
        if let Some(Explained { part, what }) = wrong {
            self.what = format!("{part}: {what} ({})", self.what);
            self.part = Some(part);
        }
        self
    }
}

/// Two byte sequences and where they part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parting {
    /// Offset of the first byte that differs, or at which one of the two ends.
    pub offset: usize,
    /// What is right.
    pub expected: Blob,
    /// What was seen.
    pub found: Blob,
}
