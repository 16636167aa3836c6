//! Proposes masks: patterns that cover what differs between plays of one program.
//!
//! A mask is a regular expression. Two byte strings agree under masks if they are equal once each
//! match in one is replaced by its counterpart in the other. [`propose`] looks at the first
//! difference of several plays and writes a mask for similar differences: the text before it,
//! then the form of the varying bytes. It sees only bytes. It plays nothing, reads no file, and
//! never changes a mask.

mod compare;
mod kind;
mod literal;
mod order;
#[cfg(test)]
mod tests;
mod token;

use regex::bytes::Regex;

pub use compare::{Difference, agree, first_difference, ranges};
use compare::{Play, common_prefix, parting, slice, slice_from};
use kind::Breadth;
use token::{Place, Token};

/// Proposes one more mask, for the first difference between plays.
///
/// With this mask, the plays agree, or every pair that differed there differs later. Call it
/// again, with the mask added, for the next difference. The pattern is for [`regex::bytes`] and
/// fits between single quotes in a TOML file.
///
/// `None` if the plays agree, or if only a pattern that covers almost anything would do.
///
/// ```
/// # use protocols::propose::propose;
/// let plays = [&b"{\"time\": 12.5}"[..], b"{\"time\": 9.25}"];
/// assert_eq!(propose(&plays, &[]).as_deref(), Some(r#""time": \d+\.\d+"#));
/// ```
#[must_use]
pub fn propose(plays: &[&[u8]], masks: &[Regex]) -> Option<String> {
    let round = Round::new(plays, masks);
    let (place, matched) = round.place()?;
    let widened = round.widened(matched);
    let glued = matched > 0 && round.is_glued(&place);
    let (first, second) = if glued { (widened, Some(place)) } else { (Some(place), widened) };
    let places: Vec<Place> = first.into_iter().chain(second).collect();
    places
        .iter()
        .find_map(|place| round.reordered(place))
        .or_else(|| places.iter().find_map(|place| round.token(place)))
}

/// Plays, the masks so far, and where the plays differ under them.
#[derive(Debug)]
struct Round<'a> {
    plays: Vec<Play<'a>>,
    masks: &'a [Regex],
    /// For each pair of plays, in order, where it differs.
    partings: Vec<Option<Parting>>,
}

/// Where a pair of plays differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parting {
    /// Which play is the pair's first.
    play: usize,
    /// The offset in that play.
    offset: usize,
}

/// The matches of a pattern that keeps the promise.
#[derive(Debug)]
struct Outcome {
    /// How often it matches in each play.
    matches: usize,
    /// Whether no match is the same in all plays, so that the pattern hides nothing stable.
    all_vary: bool,
}

impl<'a> Round<'a> {
    /// Compares all plays under these masks.
    fn new(plays: &[&'a [u8]], masks: &'a [Regex]) -> Self {
        let plays: Vec<Play<'a>> = plays.iter().map(|bytes| Play::new(bytes, masks)).collect();
        let partings = partings(&plays);
        Self { plays, masks, partings }
    }

    /// The first of all differences, and the number of matches before it.
    fn place(&self) -> Option<(Place, usize)> {
        let first = self.plays.first()?;
        // The pairs of the first play come first.
        let others = self.plays.len().checked_sub(1)?;
        let at = self.partings.iter().take(others).flatten().map(|parting| parting.offset).min()?;
        let matched = matches_before(first, at);
        let floors: Option<Vec<usize>> =
            self.plays.iter().map(|play| play.end_of_match(matched)).collect();
        Some((Place { floors: floors?, at: self.align(at)? }, matched))
    }

    /// In every play, the offset of what stands at an offset in the first play.
    fn align(&self, offset: usize) -> Option<Vec<usize>> {
        let first = self.plays.first()?;
        let matched = matches_before(first, offset);
        let step = offset.checked_sub(first.end_of_match(matched)?)?;
        self.plays.iter().map(|play| Some(play.end_of_match(matched)? + step)).collect()
    }

    /// The place as it would be without the last mask that matches before it.
    fn widened(&self, matched: usize) -> Option<Place> {
        let last = matched.checked_sub(1)?;
        let starts: Option<Vec<usize>> =
            self.plays.iter().map(|play| Some(play.ranges.get(last)?.start)).collect();
        let starts = starts?;
        let floors: Option<Vec<usize>> =
            self.plays.iter().map(|play| play.end_of_match(last)).collect();
        let mut texts =
            self.plays.iter().zip(&starts).map(|(play, start)| slice_from(play.bytes, *start));
        let first = texts.next()?;
        let same = texts.map(|text| common_prefix(first, text)).min()?;
        let at = starts.iter().map(|start| start + same).collect();
        Some(Place { floors: floors?, at })
    }

    /// Says whether only a part of a word is between the last match and a place.
    fn is_glued(&self, place: &Place) -> bool {
        let (Some(play), Some(floor), Some(at)) =
            (self.plays.first(), place.floors.first(), place.at.first())
        else {
            return false;
        };
        let between = slice(play.bytes, *floor, *at);
        !between.iter().any(|byte| {
            byte.is_ascii_whitespace()
                || b"\"',;|=()[]{}<>".contains(byte)
                || !byte.is_ascii_graphic()
        })
    }

    /// A pattern for items or lines in another order.
    fn reordered(&self, place: &Place) -> Option<String> {
        let at = *place.at.first()?;
        let align = |offset| self.align(offset);
        let lists = order::brackets(&self.plays, at, align);
        let lists = lists.into_iter().chain(order::comma_list(&self.plays, at, align));
        let list = |list: order::List| {
            let lead = at.checked_sub(list.start)?;
            let token = Token::list(lead, list.ends, list.pattern);
            self.anchored(place, &token)
        };
        lists.filter_map(list).next().or_else(|| {
            let patterns = order::lines(&self.plays, self.masks, at, align);
            patterns.into_iter().find(|pattern| self.judge(pattern).is_some())
        })
    }

    /// A pattern for the token at a place.
    fn token(&self, place: &Place) -> Option<String> {
        token::tokens(&self.plays, place).find_map(|token| self.anchored(place, &token))
    }

    /// The token's pattern, held in place by as much of the surrounding text as it needs.
    fn anchored(&self, place: &Place, token: &Token) -> Option<String> {
        let anchor = token::anchor(&self.plays, place, token);
        if token.breadth == Breadth::Open && anchor.weak {
            return None;
        }
        let long = format!("{}{}", anchor.long, token.pattern);
        let outcome = self.judge(&long);
        if let Some(outcome) = &outcome {
            let shorter = anchor.short.iter().map(|short| format!("{short}{}", token.pattern));
            let covers_more = |short: &String| {
                let wider = self.judge(short);
                wider.is_some_and(|wider| wider.all_vary && wider.matches > outcome.matches)
            };
            if let Some(short) = shorter.into_iter().find(covers_more) {
                return Some(short);
            }
        }
        let sure = !anchor.weak || token.breadth == Breadth::Distinct;
        let precise = outcome.as_ref().is_some_and(|outcome| sure || outcome.all_vary);
        if precise {
            return Some(long);
        }
        let held = token::suffix(&self.plays, token).map(|suffix| format!("{long}{suffix}"));
        let held = held.filter(|held| self.judge(held).is_some());
        let narrow = token.breadth == Breadth::Narrow;
        held.or_else(|| (outcome.is_some() && narrow).then_some(long))
    }

    /// Tries a pattern; `None` if it breaks the promise of [`propose`].
    fn judge(&self, pattern: &str) -> Option<Outcome> {
        let mask = Regex::new(pattern).ok()?;
        if !literal::fits_toml(pattern) || mask.is_match(b"") {
            return None;
        }
        let matches: Vec<Vec<&[u8]>> = self
            .plays
            .iter()
            .map(|play| mask.find_iter(play.bytes).map(|found| found.as_bytes()).collect())
            .collect();
        let first = matches.first().filter(|first| !first.is_empty())?;
        let alike = matches.iter().all(|other| other.len() == first.len());
        let empty = matches.iter().flatten().any(|text| text.is_empty());
        if !alike || empty || !self.improves(mask) {
            return None;
        }
        let varies = |(index, text): (usize, &&[u8])| {
            matches.iter().any(|other| other.get(index) != Some(text))
        };
        Some(Outcome { matches: first.len(), all_vary: first.iter().enumerate().all(varies) })
    }

    /// Says whether one more mask moves the first difference back and no difference forward.
    fn improves(&self, mask: Regex) -> bool {
        let Some((place, _)) = self.place() else { return false };
        let masks: Vec<Regex> = self.masks.iter().cloned().chain([mask]).collect();
        let plays: Vec<Play<'_>> =
            self.plays.iter().map(|play| Play::new(play.bytes, &masks)).collect();
        let now = partings(&plays);
        self.partings.iter().zip(&now).all(|(before, now)| match (before, now) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(before), Some(now)) => {
                let is_first = place.at.get(before.play) == Some(&before.offset);
                now.offset > before.offset || (now == before && !is_first)
            }
        })
    }
}

/// How many matches end at or before an offset.
fn matches_before(play: &Play<'_>, offset: usize) -> usize {
    play.ranges.partition_point(|range| range.end <= offset)
}

/// For each pair of plays, where it differs.
fn partings(plays: &[Play<'_>]) -> Vec<Option<Parting>> {
    let pairs = plays
        .iter()
        .enumerate()
        .flat_map(|(play, one)| plays.iter().skip(play + 1).map(move |other| (play, one, other)));
    pairs
        .map(|(play, one, other)| parting(one, other).map(|(offset, _)| Parting { play, offset }))
        .collect()
}
