//! Extends guesses part by part.

use std::collections::BTreeMap;

use layout::{Counts, Frame, FrameRead, Kind, Part, Size};

use crate::Nearest;
use crate::facts::Facts;
use crate::guess::{Guess, Held, Piece, Transport};
use crate::parts::{
    Firsts, constant, counted, digest_part, empty, ends_in_a_number, frame, has_sized_part, lines,
    mark_characters, opaque, open_numbers, part, size_of, sized,
};
use crate::{heads, names, text, weigh};

/// The maximum number of parts in a guessed frame.
const PARTS_MAX: usize = 8;

/// The maximum number of guesses that are tested.
const GUESSES_MAX: usize = 4000;

/// A valid guess and its weight.
#[derive(Debug, Clone)]
pub(crate) struct Weighed {
    pub(crate) guess: Guess,
    pub(crate) weight: f64,
}

pub(crate) struct Search<'a> {
    pieces: &'a [&'a Piece],
    transport: Transport,
    facts: &'a Facts,
    /// The guesses that are not tested yet. Those with the fewest parts come first, and those with JSON before
    /// others, as JSON is the best sign of a right guess.
    pending: BTreeMap<(usize, usize), Guess>,
    guesses: usize,
    pub(crate) found: Vec<Weighed>,
    /// Guesses that end in JSON with a size, and do not match to the end.
    with_json: Vec<Guess>,
    pub(crate) nearest: Option<Nearest>,
    nearest_at: usize,
}

impl<'a> Search<'a> {
    pub(crate) fn new(pieces: &'a [&'a Piece], transport: Transport, facts: &'a Facts) -> Self {
        let (found, nearest) = (Vec::new(), None);
        let (pending, with_json) = (BTreeMap::new(), Vec::new());
        let (guesses, nearest_at) = (0, 0);
        Self { pieces, transport, facts, pending, guesses, found, with_json, nearest, nearest_at }
    }

    /// Searches for all valid guesses.
    pub(crate) fn run(&mut self) {
        let starts: Vec<&[u8]> = self.pieces.iter().map(|piece| piece.bytes.as_slice()).collect();
        for kind in heads::all(&starts, self.pieces, self.transport, self.facts) {
            self.add(Guess { frames: vec![frame(vec![part(0, kind)])] });
        }
        self.read_all();
        let has_turns = self.pieces.iter().any(|piece| !piece.turns.is_empty());
        if self.found.is_empty() && self.transport == Transport::Stream && has_turns {
            self.run_up_to_turns();
        }
        if self.found.is_empty() && self.transport == Transport::Stream {
            self.run_behind_a_greeting(&starts);
        }
    }

    /// What follows JSON may differ from turn to turn. It is then described as everything until the other side
    /// sends.
    fn run_up_to_turns(&mut self) {
        for mut guess in std::mem::take(&mut self.with_json) {
            if let Some(frame) = guess.frames.last_mut() {
                frame.parts.push(part(frame.parts.len(), Kind::Bytes(Size::Turn)));
            }
            self.add(guess);
        }
        self.guesses = 0;
        self.read_all();
    }

    /// A server may send a greeting before it answers.
    fn run_behind_a_greeting(&mut self, starts: &[&[u8]]) {
        for kind in heads::until(starts) {
            let greeting = frame(vec![part(0, kind)]);
            let alone = Guess { frames: vec![greeting.clone()] };
            let Some(firsts) = self.firsts(&alone, false) else { continue };
            if firsts.behind.iter().all(|rest| rest.is_empty()) {
                continue;
            }
            let rests: Vec<&[u8]> =
                firsts.behind.iter().copied().filter(|it| !it.is_empty()).collect();
            for kind in heads::all(&rests, &[], self.transport, self.facts) {
                self.add(Guess { frames: vec![greeting.clone(), frame(vec![part(0, kind)])] });
            }
        }
        self.guesses = 0;
        self.read_all();
    }

    fn add(&mut self, guess: Guess) {
        /// How many more parts a frame without JSON may have within its turn.
        const WITHOUT_JSON: usize = 2;
        let parts = guess.frames.last().map_or(&[][..], |frame| &frame.parts);
        let has_json =
            parts.iter().any(|part| matches!(part.kind, Kind::Json(_) | Kind::JsonUntil(_)));
        let turn = parts.len() + if has_json { 0 } else { WITHOUT_JSON };
        if parts.len() <= PARTS_MAX {
            self.guesses += 1;
            self.pending.insert((turn, self.guesses), guess);
        }
    }

    fn read_all(&mut self) {
        for _ in 0..GUESSES_MAX {
            let Some((_, guess)) = self.pending.pop_first() else { return };
            self.consider(guess);
        }
        self.pending.clear();
    }

    fn consider(&mut self, guess: Guess) {
        if self.is_head_alone(&guess) {
            return self.grow(&guess);
        }
        match guess.holds(self.pieces, self.transport) {
            Held::Whole => {
                let goes_on = ends_in_a_number(&guess);
                let weight = weigh::weight(&guess, self.pieces, self.transport, self.facts);
                if weight > 0.0 {
                    self.found.push(Weighed { guess: guess.clone(), weight });
                }
                if goes_on {
                    self.grow(&guess);
                }
            }
            Held::Begins { at, why } => {
                self.keep_with_json(&guess);
                self.note(&guess, at, &why);
                self.grow(&guess);
            }
            Held::Not { at, why } => {
                self.keep_with_json(&guess);
                self.note(&guess, at, &why);
            }
        }
    }

    fn keep_with_json(&mut self, guess: &Guess) {
        let last = guess.frames.last().and_then(|frame| frame.parts.last());
        if last.is_some_and(|part| matches!(part.kind, Kind::Json(Size::Of(_)))) {
            self.with_json.push(guess.clone());
        }
    }

    /// Whether its last frame has only numbers that no program was seen to use in this way. A match would be
    /// chance, and testing it on long streams takes long.
    fn is_head_alone(&self, guess: &Guess) -> bool {
        let Some(last) = guess.frames.last() else { return false };
        let formats = self.facts.formats();
        let is_known = |kind: &Kind| match kind {
            Kind::Struct { format, .. } => formats.contains(&format.as_str()),
            _ => false,
        };
        last.parts.iter().all(|part| weigh::is_number(&part.kind) && !is_known(&part.kind))
    }

    /// Keeps the guess that matched furthest, among those with JSON or a size.
    fn note(&mut self, guess: &Guess, at: usize, why: &str) {
        // In the middle of a frame, most bytes match some number.
        let is_tail =
            |part: &Part| weigh::is_number(&part.kind) || matches!(part.kind, Kind::Const(_));
        let is_plain =
            |frame: &Frame| has_sized_part(frame) && !frame.parts.iter().skip(1).any(is_tail);
        if guess.frames.last().is_some_and(is_plain) && at > self.nearest_at {
            self.nearest_at = at;
            let named = names::named(guess.clone());
            let parts = named.frames.last().map(text::parts_line).unwrap_or_default();
            // The same again, with its names.
            let fails = match named.holds(self.pieces, self.transport) {
                Held::Begins { why, .. } | Held::Not { why, .. } => why,
                Held::Whole => why.to_owned(),
            };
            self.nearest = Some(Nearest { guess: parts, fails });
        }
    }

    /// The frames of the last kind in each piece: the first, and with `with_last` also the last before the
    /// mismatch. The next part must match after all of them.
    fn firsts(&self, guess: &Guess, with_last: bool) -> Option<Firsts<'a>> {
        let nth = guess.frames.len().checked_sub(1)?;
        let mut firsts = Firsts { frames: Vec::new(), whole: Vec::new(), behind: Vec::new() };
        for (piece, reading) in self.pieces.iter().zip(guess.readings(self.pieces, self.transport))
        {
            let is_whole = |frame: &&FrameRead| frame.frame == nth && frame.is_whole;
            let all: Vec<&FrameRead> = reading.frames.iter().filter(is_whole).collect();
            let last =
                all.last().filter(|_| with_last && all.len() > 1 && reading.trouble.is_some());
            for frame in all.first().into_iter().chain(last) {
                firsts.behind.push(piece.bytes.get(frame.end()..)?);
                firsts.whole.push(&piece.bytes);
                firsts.frames.push((*frame).clone());
            }
            if all.is_empty() {
                return None;
            }
        }
        Some(firsts)
    }

    fn grow(&mut self, guess: &Guess) {
        let Some(last) = guess.frames.last() else { return };
        let mut next = self.firsts(guess, false).map_or_else(Vec::new, |it| self.next(last, &it));
        // A frame without sizes can end anywhere, so the one before the mismatch is not a real frame.
        if has_sized_part(last)
            && let Some(firsts) = self.firsts(guess, true)
        {
            for parts in self.next(last, &firsts) {
                if !next.contains(&parts) {
                    next.push(parts);
                }
            }
        }
        for parts in next {
            let mut grown = guess.clone();
            if let Some(frame) = grown.frames.last_mut() {
                if parts.first().is_some_and(|part| part.counts == Counts::Characters) {
                    mark_characters(frame, parts.first());
                }
                frame
                    .parts
                    .extend(parts.into_iter().map(|part| Part { counts: Counts::Bytes, ..part }));
            }
            self.add(grown);
        }
    }

    /// The possible next parts after these frames.
    fn next(&self, last: &Frame, firsts: &Firsts<'_>) -> Vec<Vec<Part>> {
        let mut next: Vec<Vec<Part>> = Vec::new();
        let number = last.parts.len();
        // Without it, nothing shows that the earlier parts are right.
        let has_json = last.parts.iter().any(|part| matches!(part.kind, Kind::Json(Size::Of(_))));
        for path in open_numbers(last, &firsts.frames) {
            let sizes: Vec<u64> = firsts.frames.iter().map(|it| size_of(it, last, &path)).collect();
            let is_key = weigh::is_key(last, &path);
            next.extend(
                sized(&path, is_key, &sizes, &firsts.behind, number).map(|part| vec![part]),
            );
            next.extend(counted(&path, &sizes, &firsts.behind, number).map(|part| vec![part]));
            // In JSON, every counter with the value 0 would be tried.
            if has_json && !is_key {
                next.extend(empty(&path, &sizes, number).map(|part| vec![part]));
            }
        }
        next.extend(digest_part(last, firsts, number).map(|part| vec![part]));
        if next.is_empty() && has_sized_part(last) {
            next.extend(constant(&firsts.behind, number).map(|part| vec![part]));
            next.extend(self.number_and_sized(&firsts.behind, number));
        }
        let ends_opaque =
            matches!(last.parts.last().map(|part| &part.kind), Some(Kind::Bytes(Size::Fixed(_))));
        if has_json && !ends_opaque {
            next.extend(opaque(&firsts.behind, number).into_iter().map(|part| vec![part]));
        }
        if let Some(Kind::TextUntil { delimiter, .. } | Kind::NumberUntil(delimiter)) =
            last.parts.last().map(|part| &part.kind)
        {
            next.extend(
                lines(&firsts.behind, delimiter, number).into_iter().map(|part| vec![part]),
            );
        }
        next
    }

    /// A number together with the part whose size it is.
    fn number_and_sized(&self, behind: &[&[u8]], number: usize) -> Vec<Vec<Part>> {
        let there: Vec<&[u8]> = behind.iter().copied().filter(|rest| !rest.is_empty()).collect();
        if there.len() < behind.len() {
            return Vec::new();
        }
        let mut pairs = Vec::new();
        for kind in heads::numbers(&there, self.facts) {
            let head = part(number, kind);
            let alone = Guess { frames: vec![frame(vec![head.clone()])] };
            let rests: Vec<Piece> = there
                .iter()
                .map(|rest| Piece { bytes: rest.to_vec(), turns: Vec::new() })
                .collect();
            let rests: Vec<&Piece> = rests.iter().collect();
            let readings = alone.first_frames(&rests);
            let Some(table) = alone.frames.first() else { continue };
            let first = |reading: layout::Reading| reading.frames.into_iter().next();
            let Some(frames) = readings.into_iter().map(first).collect::<Option<Vec<FrameRead>>>()
            else {
                continue;
            };
            for path in open_numbers(table, &frames) {
                let sizes: Vec<u64> = frames.iter().map(|it| size_of(it, table, &path)).collect();
                let behind: Option<Vec<&[u8]>> =
                    there.iter().zip(&frames).map(|(rest, it)| rest.get(it.end()..)).collect();
                let Some(behind) = behind else { continue };
                if let Some(sized) = sized(&path, false, &sizes, &behind, number + 1) {
                    pairs.push(vec![head.clone(), sized]);
                }
            }
        }
        pairs
    }
}
