//! What differs from run to run: patterns of streams and outputs, and files that are not compared.

use std::ops::Range;

use globset::GlobMatcher;
use model::mask::{FileForm, Place};
use model::observation::{Observation, Role};
use regex::bytes::Regex;
use regex_automata::hybrid::dfa::DFA;
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use crate::framing::PartMask;
use crate::{header, propose};

/// The most masks that are proposed for one stream.
const PROPOSED_MAX: usize = 16;

/// The masks of a protocol, in the order of its file.
#[derive(Debug, Default)]
pub(crate) struct Masks(pub(crate) Vec<Mask>);

/// A mask.
#[derive(Debug)]
pub(crate) enum Mask {
    Pattern { place: Place, regex: Regex },
    File { role: Role, glob: GlobMatcher, form: FileForm },
    Part(PartMask),
}

impl Masks {
    fn patterns(&self, of: Place) -> Vec<Regex> {
        let of_place = |mask: &Mask| match mask {
            Mask::Pattern { place, regex } if *place == of => Some(regex.clone()),
            _ => None,
        };
        self.0.iter().filter_map(of_place).collect()
    }

    /// Whether a pattern covers anything in this place.
    pub(crate) fn has_patterns(&self, place: Place) -> bool {
        !self.patterns(place).is_empty()
    }

    /// The masked value with this number, if it is one.
    pub(crate) fn part(&self, number: usize) -> Option<&PartMask> {
        match self.0.get(number) {
            Some(Mask::Part(mask)) => Some(mask),
            _ => None,
        }
    }

    /// The masked values.
    pub(crate) fn parts(&self) -> Vec<PartMask> {
        let part = |mask: &Mask| match mask {
            Mask::Part(mask) => Some(mask.clone()),
            _ => None,
        };
        self.0.iter().filter_map(part).collect()
    }

    pub(crate) fn ranges(&self, place: Place, bytes: &[u8]) -> Vec<Range<usize>> {
        let patterns = self.patterns(place);
        if patterns.is_empty() { Vec::new() } else { propose::ranges(bytes, &patterns) }
    }

    /// Whether a match of one of the patterns may begin with `tail` and continue after it.
    pub(crate) fn may_begin(&self, place: Place, tail: &[u8]) -> bool {
        self.patterns(place).iter().any(|regex| goes_on(regex.as_str(), tail).unwrap_or(true))
    }

    pub(crate) fn file_form(&self, of: Role, path: &str) -> FileForm {
        let of_file = |mask: &Mask| match mask {
            Mask::File { role, glob, form } if *role == of && glob.is_match(path) => Some(*form),
            _ => None,
        };
        self.0.iter().find_map(of_file).unwrap_or(FileForm::Content)
    }

    /// The masks that make these plays agree, as entries of a protocol's file, and whether they
    /// succeed.
    pub(crate) fn proposed(&self, place: Place, plays: &[&[u8]]) -> (Vec<String>, bool) {
        let of = match place {
            Place::Stream(direction) => format!("stream = \"{}\"", direction.name()),
            Place::Screen(role) => format!("screen = \"{role}\""),
        };
        let known = self.patterns(place);
        let mut masks = known.clone();
        let mut proposed = Vec::new();
        let agree = |masks: &[Regex]| match plays {
            [first, others @ ..] => others.iter().all(|it| propose::agree(first, it, masks)),
            [] => true,
        };
        while !agree(&masks) && proposed.len() < PROPOSED_MAX {
            let pattern =
                propose::propose(plays, &masks).or_else(|| header::propose(plays, &masks));
            let Some(regex) = pattern.and_then(|it| Regex::new(&it).ok()) else { break };
            proposed.push(regex.clone());
            masks.push(regex);
        }
        let agrees = agree(&masks);
        // A later mask may cover what an earlier one covers.
        let mut nth = 0;
        while nth < proposed.len() {
            let mut fewer = proposed.clone();
            fewer.remove(nth);
            if agrees && agree(&[&known[..], &fewer].concat()) {
                proposed = fewer;
            } else {
                nth += 1;
            }
        }
        let entry = |it: &Regex| format!("[[mask]]\n{of}\npattern = '{}'", it.as_str());
        (proposed.iter().map(entry).collect(), agrees)
    }

    /// Whether the mask with this number covers anything in what was seen.
    pub(crate) fn is_met(&self, number: usize, seen: &Observation) -> bool {
        match self.0.get(number) {
            None => false,
            Some(Mask::Pattern { place: Place::Stream(way), regex }) => {
                regex.is_match(&seen.wire.stream(*way))
            }
            Some(Mask::Pattern { place: Place::Screen(role), regex }) => {
                regex.is_match(&seen.end(*role).stdout.0)
            }
            Some(Mask::File { role, glob, .. }) => {
                seen.end(*role).files.keys().any(|path| glob.is_match(path))
            }
            // The frames decide.
            Some(Mask::Part(_)) => false,
        }
    }
}

/// Whether the pattern's automaton can still match after `tail`; `None` if it can't tell.
fn goes_on(pattern: &str, tail: &[u8]) -> Option<bool> {
    let dfa = DFA::builder()
        .syntax(syntax::Config::new().utf8(false))
        .thompson(thompson::Config::new().utf8(false))
        .build(pattern)
        .ok()?;
    let mut cache = dfa.create_cache();
    let input = Input::new(tail).anchored(Anchored::Yes);
    let mut state = dfa.start_state_forward(&mut cache, &input).ok()?;
    for byte in tail {
        state = dfa.next_state(&mut cache, state, *byte).ok()?;
        if state.is_dead() {
            return Some(false);
        }
        if state.is_quit() {
            return None;
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_still_become_a_match_is_told_from_what_can_not() {
        let pattern = r#""time": \d+\.\d{2}"#;
        for (tail, may) in [
            ("", true),
            ("\"ti", true),
            ("\"time\": 12", true),
            ("\"time\": 12.3", true),
            ("\"time\": x", false),
            ("time", false),
        ] {
            assert_eq!(goes_on(pattern, tail.as_bytes()), Some(may), "{tail}");
        }
    }
}
