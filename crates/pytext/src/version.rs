//! The CPython versions whose answers differ, as a value.

use std::fmt;
use std::str::FromStr;

/// A CPython release series.
///
/// Only `str.isprintable`, and so `repr`, asks for it: each series carries its own Unicode
/// data, and a code point assigned later is escaped by the older ones.
///
/// ```
/// use pytext::PythonVersion;
///
/// assert_eq!("3.11".parse(), Ok(PythonVersion::V3_11));
/// assert_eq!(PythonVersion::default(), PythonVersion::V3_13);
/// assert!(PythonVersion::V3_9 < PythonVersion::V3_11);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PythonVersion {
    /// CPython 3.6, Unicode 9.0.
    V3_6,
    /// CPython 3.7, Unicode 11.0.
    V3_7,
    /// CPython 3.8, Unicode 12.1.
    V3_8,
    /// CPython 3.9, Unicode 13.0.
    V3_9,
    /// CPython 3.10, Unicode 13.0.
    V3_10,
    /// CPython 3.11, Unicode 14.0.
    V3_11,
    /// CPython 3.12, Unicode 15.0.
    V3_12,
    /// CPython 3.13, Unicode 15.1.
    #[default]
    V3_13,
}

impl PythonVersion {
    /// Every series this crate has asked, oldest first.
    pub const ALL: [Self; 8] = [
        Self::V3_6,
        Self::V3_7,
        Self::V3_8,
        Self::V3_9,
        Self::V3_10,
        Self::V3_11,
        Self::V3_12,
        Self::V3_13,
    ];

    /// The series as Python writes it: `3.13`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3_6 => "3.6",
            Self::V3_7 => "3.7",
            Self::V3_8 => "3.8",
            Self::V3_9 => "3.9",
            Self::V3_10 => "3.10",
            Self::V3_11 => "3.11",
            Self::V3_12 => "3.12",
            Self::V3_13 => "3.13",
        }
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A version text that names no series of [`PythonVersion::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPythonVersion(pub String);

impl fmt::Display for UnknownPythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected a Python version from 3.6 to 3.13, found {:?}", self.0)
    }
}

impl std::error::Error for UnknownPythonVersion {}

impl FromStr for PythonVersion {
    type Err = UnknownPythonVersion;

    /// Reads `3.11`; a third number, as in `3.11.7`, is passed over.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|version| match text.strip_prefix(version.as_str()) {
                Some("") => true,
                Some(rest) => rest.starts_with('.'),
                None => false,
            })
            .ok_or_else(|| UnknownPythonVersion(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_reads_back_with_and_without_a_third_number() {
        for version in PythonVersion::ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
            assert_eq!(format!("{version}.17").parse(), Ok(version));
        }
    }

    #[test]
    fn a_version_never_asked_is_refused() {
        for text in ["", "3", "3.1", "3.5", "3.14", "3.130", "13.10", "3.11rc1", " 3.11"] {
            assert_eq!(text.parse::<PythonVersion>(), Err(UnknownPythonVersion(text.into())));
        }
    }
}
