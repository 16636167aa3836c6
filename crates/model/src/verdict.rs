//! The verdict on a case, and the differences behind it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::{Check, Explained};

/// The verdict on a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything is right.
    Pass,
    /// A clause is violated.
    Fail,
    /// The reference showed its own known defect; everything else is right.
    Erratum,
    /// Failed as an entry of the expected failures describes.
    ExpectedFail,
    /// The peer does not declare it.
    NotApplicable,
    /// A signal that was not sent on purpose ended a peer.
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

    /// Whether this verdict fails the run.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Fail | Self::Crash | Self::Timeout)
    }

    /// Whether the case needs a look: it failed, or has no result.
    #[must_use]
    pub const fn is_wrong(self) -> bool {
        self.is_failure() || matches!(self, Self::HarnessError)
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The check that found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// The violated clause.
    pub clause: String,
    /// The difference, in words.
    pub what: String,
    /// The wrong value, if the bytes have a meaning: the frame's name, the part's, and keys, joined by dots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The first difference of two byte sequences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parting: Option<Parting>,
}

/// The line in reports, by which a list of expected failures recognises a failure.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.clause.as_str() {
            "" => f.write_str(&self.what),
            clause => write!(f, "[{clause}] {}", self.what),
        }
    }
}

impl Difference {
    /// A difference that no check found; it has only words.
    #[must_use]
    pub fn told(clause: impl Into<String>, what: impl Into<String>) -> Self {
        Self { check: None, clause: clause.into(), what: what.into(), part: None, parting: None }
    }

    /// The same, with the wrong value before the bytes, if one is known.
    #[must_use]
    pub fn explained(mut self, wrong: Option<Explained>) -> Self {
        if let Some(Explained { part, what }) = wrong {
            self.what = format!("{part}: {what} ({})", self.what);
            self.part = Some(part);
        }
        self
    }
}

/// Two byte sequences and their first difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parting {
    /// The offset of the first byte that differs, or where one of the two ends.
    pub offset: usize,
    /// What is right.
    pub expected: Blob,
    /// What was seen.
    pub found: Blob,
}
