//! The evidence for each part of a guess, in words.

use std::collections::BTreeSet;

use layout::{Counts, Frame, Kind, Part, Reading, Scalar, Size, Value};

use crate::facts::{Facts, Role, Site, Sites, hex};
use crate::guess::{Guess, Piece, Transport};
use crate::weigh::{is_number, parts_of, sized_by};

/// How sure a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// It matches, but too few data were seen to be sure.
    Guess,
    /// It matches in several ways that are unlikely by chance.
    Likely,
    /// A program was seen to make exactly this call.
    Certain,
}

/// The evidence for a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// How sure it is.
    pub sure: Sure,
    /// Why, in words.
    pub why: String,
}

/// At most this many places in a program are named.
const SITES_MAX: usize = 2;

impl Sure {
    /// As one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Guess => "a guess",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// The evidence for each part of each frame.
pub(crate) fn of(
    guess: &Guess,
    pieces: &[&Piece],
    transport: Transport,
    facts: &Facts,
    sender: Role,
) -> Vec<Vec<Reason>> {
    let readings = guess.readings(pieces, transport);
    let of_frame = |(nth, frame): (usize, &Frame)| {
        let seen = Seen { frame, nth, pieces, readings: &readings, facts, sender };
        (0..frame.parts.len()).filter_map(|number| seen.reason(number)).collect()
    };
    guess.frames.iter().enumerate().map(of_frame).collect()
}

struct Seen<'s> {
    frame: &'s Frame,
    nth: usize,
    pieces: &'s [&'s Piece],
    readings: &'s [Reading],
    facts: &'s Facts,
    sender: Role,
}

impl Seen<'_> {
    fn parts(&self, number: usize) -> Vec<(&Value, &[u8])> {
        parts_of(self.readings, self.pieces, self.nth, number).collect()
    }

    fn reason(&self, number: usize) -> Option<Reason> {
        let part = self.frame.parts.get(number)?;
        let parts = self.parts(number);
        let different: BTreeSet<&[u8]> = parts.iter().map(|(_, bytes)| *bytes).collect();
        let sites = self.sites(part, &parts);
        let sure = if !sites.is_empty() {
            Sure::Certain
        } else if different.len() > 2 {
            Sure::Likely
        } else {
            Sure::Guess
        };
        let mut why = format!("{}, in {}", self.what(part, number), counted(parts.len(), "frame"));
        if is_number(&part.kind) {
            why.push_str(&format!(" of {}", counted(different.len(), "value")));
            why.push_str(&constants(&part.kind, &parts));
        }
        for digest in &part.digests {
            let kind = format!("{:?}", digest.kind).to_uppercase();
            why.push_str(&format!("; {} is the {kind} of {}", digest.at.join("."), digest.of));
        }
        // One call of each kind.
        let mut calls: Vec<&Site> = sites.iter().collect();
        calls.dedup_by_key(|site| (site.role, &site.call));
        for site in calls.into_iter().take(SITES_MAX) {
            why.push_str(&format!("; {site}"));
        }
        Some(Reason { sure, why })
    }

    /// The recorded calls that handle this part.
    fn sites(&self, part: &Part, parts: &[(&Value, &[u8])]) -> Sites {
        let mut sites = Sites::new();
        for (value, bytes) in parts {
            let found = match &part.kind {
                Kind::Struct { format, .. } => self.facts.packed(format.as_str(), bytes),
                Kind::Json(_) | Kind::JsonUntil(_) => {
                    let text = std::str::from_utf8(bytes).ok();
                    text.and_then(|text| {
                        self.facts.json(text).or_else(|| self.facts.json(text.trim()))
                    })
                }
                Kind::Bytes(_) if !part.digests.is_empty() => self.facts.digest(&hex(bytes)),
                Kind::Text { .. } => match value {
                    Value::Text(text) => self.facts.digest(text),
                    _ => None,
                },
                _ => None,
            };
            let is_its = |site: &&Site| site.is_of(self.sender);
            sites.extend(found.into_iter().flatten().filter(is_its).cloned());
        }
        sites
    }

    fn what(&self, part: &Part, number: usize) -> String {
        match &part.kind {
            kind if is_number(kind) => {
                let sized: Vec<&str> = (0..self.frame.parts.len())
                    .filter(|nth| self.frame.size_place(*nth).is_some_and(|it| it.part == number))
                    .filter_map(|nth| Some(self.frame.parts.get(nth)?.name.as_str()))
                    .collect();
                if sized_by(self.frame, number) == 0 {
                    return "a number".to_owned();
                }
                let unit = if part.counts == Counts::Characters { "characters" } else { "bytes" };
                format!("the number of {unit} of {}", sized.join(" and "))
            }
            Kind::Json(size) => format!("JSON{}", ends(size)),
            Kind::JsonUntil(_) => "JSON up to a delimiter".to_owned(),
            Kind::TextUntil { encoding, .. } => {
                format!("text up to a delimiter, in {}", encoding.name())
            }
            Kind::Text { size, encoding } => {
                format!("text in {}{}", encoding.name(), ends(size))
            }
            Kind::Bytes(size) => match size {
                Size::Of(path) if path.len() > 1 => {
                    format!("as many bytes as {} says; none where it is absent", path.join("."))
                }
                size => format!("bytes{}", ends(size)),
            },
            Kind::Const(_) => "always the same".to_owned(),
            _ => "what fills the frame up".to_owned(),
        }
    }
}

/// The fields of a struct that were the same in all frames, such as a magic number.
fn constants(kind: &Kind, parts: &[(&Value, &[u8])]) -> String {
    let Kind::Struct { fields, .. } = kind else { return String::new() };
    let all: Vec<&[Scalar]> = parts
        .iter()
        .filter_map(|(value, _)| match value {
            Value::Fields(values) => Some(values.as_slice()),
            _ => None,
        })
        .collect();
    let (Some(first), true) = (all.first(), all.len() > 1) else { return String::new() };
    let mut told = String::new();
    for (nth, (name, value)) in fields.iter().zip(first.iter()).enumerate() {
        if all.iter().all(|values| values.get(nth) == Some(value)) {
            told.push_str(&format!("; {name} was always {}", shown(value)));
        }
    }
    told
}

fn shown(value: &Scalar) -> String {
    match value {
        Scalar::Int(number) => number.to_string(),
        Scalar::Float(number) => format!("{number:?}"),
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Bytes(bytes) => format!("b'{}'", bytes.escape_ascii()),
    }
}

fn ends(size: &Size) -> String {
    match size {
        Size::Of(_) | Size::Fixed(_) => String::new(),
        Size::Rest => " to the end".to_owned(),
        Size::Turn => " up to the other side's turn; no size was found".to_owned(),
    }
}

/// `1 frame`, `2 frames`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
