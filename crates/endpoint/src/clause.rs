//! Finds the clause of docs/PROTOCOL.md that an error breaks: the error's own clause, or else the
//! scenario's general one.

use std::error::Error;
use std::fmt::{self, Display};

/// An error that breaks one particular clause, in any scenario. It may stand anywhere in an
/// error's chain of sources; [`with_clause`] finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    clause: &'static str,
    what: String,
}

impl Breach {
    /// An error with the id of the clause that it breaks. It keeps the alternate form of an error
    /// with sources, which for anyhow's errors is the whole chain.
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

/// An error and all its sources on one line, after its clause: the clause of the first [`Breach`]
/// in the chain, or `otherwise`.
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
        // Some errors already include their cause.
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

    /// It already includes its cause.
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
