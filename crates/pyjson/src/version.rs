//! The versions of CPython whose `json` differs visibly for a caller.

use std::fmt;
use std::str::FromStr;

/// The version of CPython to imitate.
///
/// All differences, as found in the newest or nearly newest release of each version:
///
/// | from | what |
/// |---|---|
/// | 3.7 | an `int` of more than 4300 digits is refused, read or written; 3.7 to 3.10 do so in their releases from September 2022 on |
/// | 3.11 | the message for that says `(4300 digits)`, before `(4300)` |
/// | 3.12 | lists and dicts nest up to 1497 levels, before 995 |
/// | 3.12 | `allow_nan=False` names the float it refuses, before only with `indent` |
/// | 3.13 | lists and dicts nest up to 9998 levels |
/// | 3.13 | a comma before `}` or `]` has a message of its own |
/// | 3.14 | the C stack's own size limits nesting, so no number of levels is right; this crate keeps that of 3.13 |
///
/// 3.14 is CPython compiled to WebAssembly, whose stack differs from other machines': its texts and
/// messages were checked, its limit on nesting was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PythonVersion {
    /// CPython 3.6.
    V3_6,
    /// CPython 3.7.
    V3_7,
    /// CPython 3.8.
    V3_8,
    /// CPython 3.9.
    V3_9,
    /// CPython 3.10.
    V3_10,
    /// CPython 3.11.
    V3_11,
    /// CPython 3.12.
    V3_12,
    /// CPython 3.13.
    #[default]
    V3_13,
    /// CPython 3.14, checked as compiled to WebAssembly (Pyodide).
    V3_14,
}

impl PythonVersion {
    /// Every version, oldest first.
    pub const ALL: [Self; 9] = [
        Self::V3_6,
        Self::V3_7,
        Self::V3_8,
        Self::V3_9,
        Self::V3_10,
        Self::V3_11,
        Self::V3_12,
        Self::V3_13,
        Self::V3_14,
    ];

    /// The second number: 13 for 3.13.
    #[must_use]
    pub const fn minor(self) -> u8 {
        match self {
            Self::V3_6 => 6,
            Self::V3_7 => 7,
            Self::V3_8 => 8,
            Self::V3_9 => 9,
            Self::V3_10 => 10,
            Self::V3_11 => 11,
            Self::V3_12 => 12,
            Self::V3_13 => 13,
            Self::V3_14 => 14,
        }
    }

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
            Self::V3_14 => "3.14",
        }
    }

    /// The version 3.`minor`, if this crate knows it.
    #[must_use]
    pub fn from_minor(minor: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.minor() == minor)
    }

    /// How many levels lists and dicts may nest, if the innermost one holds only what CPython reads
    /// and writes without a call. A NaN takes one level more, and a mistake in the text up to six
    /// more, before CPython can report it. The functions of this crate count these as CPython does.
    ///
    /// Found by experiment, with the default recursion limit and a call from module level. Up to 3.11
    /// the caller's own frames count too: the limit is one lower for each function around the call. In
    /// 3.12 and 3.13 the limit is the C stack's, wherever the call is. This was checked for 3.12.1 and
    /// 3.13.0 built for 64-bit Linux; other builds and patch releases have other limits. 3.14 has no
    /// number of levels, and calls do not count.
    #[must_use]
    pub const fn max_depth(self) -> usize {
        match self.minor() {
            ..=11 => 995,
            12 => 1497,
            _ => 9998,
        }
    }

    /// How many decimal digits an `int` may have in a text: `sys.get_int_max_str_digits()`.
    #[must_use]
    pub const fn int_max_str_digits(self) -> Option<usize> {
        match self.minor() {
            ..=6 => None,
            _ => Some(4300),
        }
    }

    /// `4300`, or `4300 digits`: the limit in the words of its message.
    pub(crate) fn digits_limit(self, limit: usize) -> String {
        if self >= Self::V3_11 { format!("{limit} digits") } else { limit.to_string() }
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
        write!(f, "expected a Python version from 3.6 to 3.14, found {:?}", self.0)
    }
}

impl std::error::Error for UnknownPythonVersion {}

impl FromStr for PythonVersion {
    type Err = UnknownPythonVersion;

    /// Reads `3.11`; it ignores a third number, as in `3.11.7`.
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
    fn every_version_is_found_by_its_second_number() {
        for (version, minor) in PythonVersion::ALL.into_iter().zip(6..) {
            assert_eq!((version.minor(), PythonVersion::from_minor(minor)), (minor, Some(version)));
            assert_eq!(version.as_str(), format!("3.{minor}"));
        }
        assert_eq!((PythonVersion::from_minor(5), PythonVersion::from_minor(15)), (None, None));
    }

    #[test]
    fn a_version_that_is_not_known_is_named_in_the_error() {
        let error = "2.7".parse::<PythonVersion>().unwrap_err();
        assert_eq!(error.to_string(), "expected a Python version from 3.6 to 3.14, found \"2.7\"");
    }

    #[test]
    fn a_version_never_asked_is_refused() {
        for text in ["", "3", "3.1", "3.5", "3.15", "3.130", "13.10", "3.11rc1", " 3.11"] {
            assert_eq!(text.parse::<PythonVersion>(), Err(UnknownPythonVersion(text.into())));
        }
    }
}
