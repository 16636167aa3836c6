//! Mistakes in a text that a user wrote. Each is shown in its line, with the word that the user probably
//! meant.

mod form;

use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

pub use form::read_toml;

/// The most mistakes of a text that are shown.
const SHOWN_MAX: usize = 100;
/// How similar to a known name a name must be to count as its misspelling.
const LIKE: f64 = 0.8;

/// A mistake, and its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The message.
    pub what: String,
    /// Offsets in bytes.
    pub place: Range<usize>,
    /// What the user can do about it.
    pub help: Option<String>,
}

impl Mistake {
    /// A mistake at this place.
    pub fn new(what: impl Into<String>, place: Range<usize>) -> Self {
        Self { what: what.into(), place, help: None }
    }

    /// The same, with advice.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// A mistake in a regular expression. `said` is the message of the crate `regex`: its last line gives
    /// the reason, and a separate line has a `^` below the character.
    #[must_use]
    pub fn of_regex(said: &str, place: Range<usize>) -> Self {
        /// The text before the pattern in its line.
        const INDENT: usize = 4;
        let why = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let lines: Vec<&str> = said.lines().collect();
        let carets = match lines[..] {
            [_, _, carets, _] => carets.find('^'),
            // The message for a pattern of several lines looks different.
            _ => None,
        };
        let at = carets.map(|at| format!(", at its character {}", at.saturating_sub(INDENT) + 1));
        let what = format!("this is no regular expression: {why}{}", at.unwrap_or_default());
        let help = "docs.rs/regex has the syntax; in '…' a backslash needs no second one";
        Self::new(what, place).with_help(help)
    }

    /// The TOML parser's message.
    #[must_use]
    pub fn of_toml(error: &toml::de::Error) -> Self {
        let place = error.span().unwrap_or(0..0);
        Self { what: error.message().to_owned(), place, help: None }
    }
}

/// The nearest known name, or all known names.
#[must_use]
pub fn meant<T: AsRef<str>>(name: &str, known: &[T]) -> String {
    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    let likeness = |known: &&&str| strsim::jaro_winkler(known, name);
    let nearest = known.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    match nearest.filter(|nearest| likeness(nearest) >= LIKE) {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => format!("there is: {}", known.join(", ")),
    }
}

/// Each mistake with its line of the text at `path`.
#[must_use]
pub fn show(text: &str, path: &str, mistakes: &[Mistake]) -> String {
    shown(text, path, mistakes, Level::ERROR)
}

/// The same for warnings.
#[must_use]
pub fn show_warnings(text: &str, path: &str, warnings: &[Mistake]) -> String {
    shown(text, path, warnings, Level::WARNING)
}

fn shown(text: &str, path: &str, mistakes: &[Mistake], level: Level<'static>) -> String {
    let group = |mistake: &Mistake| {
        let place = AnnotationKind::Primary.span(mistake.place.clone());
        let snippet = Snippet::source(text.to_owned()).path(path.to_owned()).annotation(place);
        let group = level.clone().primary_title(mistake.what.clone()).element(snippet);
        match &mistake.help {
            Some(help) => group.element(Level::HELP.message(help.clone())),
            None => group,
        }
    };
    let report: Vec<_> = mistakes.iter().take(SHOWN_MAX).map(group).collect();
    let mut shown = Renderer::plain().render(&report);
    if let Some(more) = mistakes.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
        let _ = write!(shown, "\nand {more} more");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_pattern_is_said_with_its_place() {
        let said = "regex parse error:\n    a(b\n     ^\nerror: unclosed group";
        let mistake = Mistake::of_regex(said, 3..6);
        let what = "this is no regular expression: unclosed group, at its character 2";
        assert_eq!((&*mistake.what, mistake.place), (what, 3..6));
        let too_big = Mistake::of_regex("Compiled regex exceeds size limit of 10 bytes.", 0..1);
        assert!(too_big.what.ends_with(": Compiled regex exceeds size limit of 10 bytes."));
    }
}
