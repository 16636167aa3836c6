//! Mistakes in a text that a user wrote, each shown in its line.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// What is wrong, and where in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) what: String,
    /// Offsets in bytes.
    pub(crate) place: Range<usize>,
    pub(crate) help: Option<String>,
}

impl Mistake {
    /// What the TOML parser says.
    pub(crate) fn of_toml(error: &toml::de::Error) -> Self {
        let place = error.span().unwrap_or(0..0);
        Self { what: error.message().to_owned(), place, help: None }
    }
}

/// Each mistake with its line of the text at `path`.
pub(crate) fn show(text: &str, path: &str, mistakes: &[Mistake]) -> String {
    let group = |mistake: &Mistake| {
        let place = AnnotationKind::Primary.span(mistake.place.clone());
        let snippet = Snippet::source(text.to_owned()).path(path.to_owned()).annotation(place);
        let group = Level::ERROR.primary_title(mistake.what.clone()).element(snippet);
        match &mistake.help {
            Some(help) => group.element(Level::HELP.message(help.clone())),
            None => group,
        }
    };
    let report: Vec<_> = mistakes.iter().map(group).collect();
    Renderer::plain().render(&report)
}
