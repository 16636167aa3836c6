//! Finds the mistakes in a table before any bytes are read with it.

use std::collections::HashSet;

use crate::table::{Frame, Inner, Item, Kind, Layout, Part, Place, Size};

/// A mistake in a layout. [`Parser`](crate::Parser) never panics over one, but its errors would
/// blame the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}")]
pub struct Problem {
    /// Index of the frame; `None` for a mistake in a direction.
    pub frame: Option<usize>,
    /// Index of the part in it.
    pub part: Option<usize>,
    /// The mistake.
    pub wrong: Wrong,
}

/// What is wrong in a layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// An earlier frame, part or field has the same name.
    #[error("expected a name of its own, found a second {name}")]
    SameName {
        /// The name.
        name: String,
    },
    /// A frame without parts.
    #[error("expected at least one part")]
    NoParts,
    /// A direction names a frame that does not exist.
    #[error("expected the index of a frame, found {index}")]
    NoSuchFrame {
        /// The index.
        index: usize,
    },
    /// A size does not name an earlier part, field or key.
    #[error("expected an earlier part, field or key for the size, found {path}")]
    NoSuchSize {
        /// The dotted path.
        path: String,
    },
    /// A size names a part that is not a number.
    #[error("expected a number for the size, found {path}, which is {found}")]
    SizeIsNoNumber {
        /// The dotted path.
        path: String,
        /// What the part is.
        found: &'static str,
    },
    /// A struct has more or fewer values than names.
    #[error("expected {values} fields, as the format has values, found {fields}")]
    Fields {
        /// How many values the format has.
        values: usize,
        /// How many names there are.
        fields: usize,
    },
    /// An empty delimiter.
    #[error("expected a delimiter, found an empty one")]
    EmptyDelimiter,
    /// A part goes on to the end of the stream, but another part follows.
    #[error("expected nothing behind a part that goes on to the end of the stream, found {next}")]
    NotLast {
        /// The name of the part after it.
        next: String,
    },
    /// A checksum's place holds no value.
    #[error("expected a part, field or key that holds the checksum, found {path}")]
    NoSuchPlace {
        /// The dotted path.
        path: String,
    },
    /// A checksum is of a part that does not exist.
    #[error("expected the name of a part that the checksum is of, found {of}")]
    NoSuchPart {
        /// The name.
        of: String,
    },
}

impl Layout {
    /// All mistakes in it, frame by frame.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut names = HashSet::new();
        for (index, frame) in self.frames.iter().enumerate() {
            let mut add = |part, wrong| problems.push(Problem { frame: Some(index), part, wrong });
            if !names.insert(&frame.name) {
                add(None, Wrong::SameName { name: frame.name.clone() });
            }
            check_frame(frame, &mut add);
        }
        let is_missing = |item: &&Item| item.frame >= self.frames.len();
        for item in self.to_server.iter().chain(&self.to_client).filter(is_missing) {
            let wrong = Wrong::NoSuchFrame { index: item.frame };
            problems.push(Problem { frame: None, part: None, wrong });
        }
        problems
    }
}

fn check_frame(frame: &Frame, add: &mut impl FnMut(Option<usize>, Wrong)) {
    if frame.parts.is_empty() {
        add(None, Wrong::NoParts);
    }
    let mut names = HashSet::new();
    for (index, part) in frame.parts.iter().enumerate() {
        let mut add = |wrong| add(Some(index), wrong);
        if !names.insert(&part.name) {
            add(Wrong::SameName { name: part.name.clone() });
        }
        check_kind(frame, index, part, &mut add);
        for digest in &part.digests {
            if frame.resolve(&digest.at, frame.parts.len()).is_none() {
                add(Wrong::NoSuchPlace { path: digest.at.join(".") });
            }
            if frame.part(&digest.of).is_none() {
                add(Wrong::NoSuchPart { of: digest.of.clone() });
            }
        }
    }
}

fn check_kind(frame: &Frame, index: usize, part: &Part, add: &mut impl FnMut(Wrong)) {
    match &part.kind {
        Kind::Struct { format, fields } => {
            let (values, fields_len) = (format.values(), fields.len());
            let is_one = values == 1 && fields_len == 0;
            if !is_one && values != fields_len {
                add(Wrong::Fields { values, fields: fields_len });
            }
            let mut names = HashSet::new();
            for name in fields.iter().filter(|name| !names.insert(*name)) {
                add(Wrong::SameName { name: name.clone() });
            }
        }
        Kind::NumberUntil(delimiter)
        | Kind::TextUntil { delimiter, .. }
        | Kind::JsonUntil(delimiter)
            if delimiter.is_empty() =>
        {
            add(Wrong::EmptyDelimiter);
        }
        _ => {}
    }
    match (part.kind.size(), frame.parts.get(index + 1)) {
        (Some(Size::Rest), Some(next)) => add(Wrong::NotLast { next: next.name.clone() }),
        (Some(Size::Of(path)), _) => match frame.size_place(index) {
            None => add(Wrong::NoSuchSize { path: path.join(".") }),
            Some(place) => {
                if let Some(found) = not_a_number(frame, &place) {
                    add(Wrong::SizeIsNoNumber { path: path.join("."), found });
                }
            }
        },
        _ => {}
    }
}

/// What a place holds, if that is never a number.
fn not_a_number(frame: &Frame, place: &Place) -> Option<&'static str> {
    match (&frame.parts.get(place.part)?.kind, &place.inner) {
        (Kind::Struct { format, .. }, Inner::Whole) if format.values() != 1 => Some("several"),
        (Kind::Struct { .. } | Kind::Digits { .. } | Kind::NumberUntil(_), _) => None,
        (Kind::Json(_) | Kind::JsonUntil(_), _) => None,
        (Kind::TextUntil { .. } | Kind::Text { .. }, _) => Some("text"),
        (Kind::Bytes(_) | Kind::Const(_) | Kind::Pad(_), _) => Some("bytes"),
    }
}
