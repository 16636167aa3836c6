//! By which clause of docs/PROTOCOL.md an error goes: its own, where it has one, or else the one
//! that a scenario gives for whatever goes wrong in it.

use std::error::Error;
use std::fmt::{self, Display};

/// Something went against one clause in particular, whatever the scenario. It has to be in an
/// error's chain of sources, however deep, for [`with_clause`] to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    clause: &'static str,
    what: String,
}

impl Breach {
    /// An error that goes by `clause`, a clause's id. Of an error with sources the alternate form
    /// is kept, which for those of anyhow is the whole chain.
    ///
    /// ```
    /// let error = endpoint::Breach::of("FR-7", "the name is empty");
    /// assert_eq!(error.to_string(), "the name is empty");
    /// ```
    #[must_use]
    pub fn of(clause: &'static str, what: impl Display) -> Self {
        Self { clause, what: format!("{what:#}") }
    }
}

impl Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for Breach {}

/// An error and all its sources on one line, behind the clause it goes by: that of the first
/// [`Breach`] among them, or `otherwise`.
///
/// ```
/// let error = std::io::Error::other("the disk is full");
/// assert_eq!(endpoint::with_clause(&error, "FT-9"), "[FT-9] the disk is full");
/// let error = endpoint::Breach::of("FR-7", "the name is empty");
/// assert_eq!(endpoint::with_clause(&error, "FT-9"), "[FR-7] the name is empty");
/// ```
#[must_use]
pub fn with_clause(error: &(dyn Error + 'static), otherwise: &str) -> String {
    let (mut clause, mut text) = (None, String::new());
    let mut next = Some(error);
    while let Some(error) = next {
        clause = clause.or_else(|| error.downcast_ref::<Breach>().map(|breach| breach.clause));
        let told = error.to_string();
        // Some errors tell their cause themselves.
        if !text.ends_with(&told) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&told);
        }
        next = error.source();
    }
    format!("[{}] {text}", clause.unwrap_or(otherwise))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It tells its cause itself.
    #[derive(Debug)]
    struct Telling(std::io::Error);

    impl Display for Telling {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "cannot receive: {}", self.0)
        }
    }

    impl Error for Telling {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_cause_that_was_told_is_not_doubled() {
        let error = Telling(std::io::ErrorKind::UnexpectedEof.into());
        assert_eq!(with_clause(&error, "LP-1"), "[LP-1] cannot receive: unexpected end of file");
    }

    #[derive(Debug)]
    struct Around(Breach);

    impl Display for Around {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("around")
        }
    }

    impl Error for Around {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_clause_deep_in_an_error_takes_precedence_and_comes_first() {
        let error = Around(Breach::of("FR-1", "the header"));
        assert_eq!(with_clause(&error, "FT-9"), "[FR-1] around: the header");
    }
}
