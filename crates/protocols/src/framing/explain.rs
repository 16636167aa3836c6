//! Describes the first wrong value of a stream in words.

use std::ops::Range;

use layout::{FrameRead, Inner, Leaf, LeafValue, same_value};
use model::mask::JsonBy;
use model::observation::Direction;
use model::{Explained, Said};

use super::hints::{hint, shown, spelling, text};
use super::spans::follows_from_json;
use super::{Framing, Piece};

/// A frame of the right or the seen stream, with its values.
struct Told<'p> {
    piece: &'p Piece<'p>,
    frame: &'p FrameRead,
    leaves: Vec<Leaf<'p>>,
}

/// A value that differs.
struct Differs {
    explained: Explained,
    /// The index of the part that contains it.
    part: usize,
    /// The parts whose size it is.
    sizes: Vec<usize>,
}

impl Framing {
    /// The first difference from what is right; `None` if no value differs, or there are no frames.
    #[must_use]
    pub fn explain(
        &self,
        way: Direction,
        right: Said<'_>,
        seen: Said<'_>,
        json: JsonBy,
    ) -> Option<Explained> {
        let by_value = self.is_by_value || json == JsonBy::Value;
        let (ours, theirs) = (self.pieces(way, right), self.pieces(way, seen));
        let (ours_told, theirs_told) = (told(&ours), told(&theirs));
        for (our, their) in ours_told.iter().zip(&theirs_told) {
            if let Some(explained) = self.frame(our, their, by_value) {
                return Some(explained);
            }
            if !their.frame.is_whole {
                return trouble(&theirs);
            }
        }
        let nth = ours_told.len().min(theirs_told.len());
        if let Some(trouble) = trouble(&theirs) {
            return Some(trouble);
        }
        match (ours_told.get(nth), theirs_told.get(nth)) {
            (Some(missing), None) => {
                let what =
                    format!("expected it as frame {} in this direction, found none", nth + 1);
                Some(Explained { part: missing.name(), what })
            }
            (None, Some(extra)) => {
                let what = format!("expected {nth} frames in this direction, found one more");
                Some(Explained { part: extra.name(), what })
            }
            _ => None,
        }
    }

    fn frame(&self, our: &Told<'_>, their: &Told<'_>, by_value: bool) -> Option<Explained> {
        if our.frame.frame != their.frame.frame {
            let what = format!("expected this frame, found {}", their.name());
            return Some(Explained { part: our.name(), what });
        }
        let mut all: Vec<Differs> = Vec::new();
        for leaf in &our.leaves {
            all.extend(self.value(leaf, our, their, by_value));
        }
        for leaf in &their.leaves {
            all.extend(unexpected(leaf, our, their));
        }
        // A size that follows from a wrong value is not itself wrong. It is wrong if the sized part is
        // right.
        let follows = |differs: &Differs| {
            let of = |part: &usize| {
                let differs = all.iter().any(|other| other.part == *part);
                differs && !their.sends(*part, our.part(*part))
            };
            differs.sizes.iter().any(of)
        };
        let first = all.iter().position(|differs| !follows(differs)).unwrap_or(0);
        let size = cut_short(&all, first, our, their);
        (first < all.len()).then(|| {
            let Explained { part, what } = all.swap_remove(first).explained;
            Explained { part, what: what + &size.unwrap_or_default() }
        })
    }

    /// Whether a value differs in what was seen, or is missing.
    fn value(
        &self,
        leaf: &Leaf<'_>,
        our: &Told<'_>,
        their: &Told<'_>,
        by_value: bool,
    ) -> Option<Differs> {
        let differs = |what: String| {
            let explained = Explained { part: leaf.path.clone(), what };
            Some(Differs { explained, part: leaf.place.part, sizes: leaf.sizes.clone() })
        };
        let bytes = our.bytes(leaf);
        let Some(found) = their.leaf(&leaf.path) else {
            // For a missing part, the end of the stream already says so.
            let is_there = their.frame.parts.iter().any(|read| read.part == leaf.place.part);
            let is_key = matches!(leaf.place.inner, Inner::Keys(_));
            let has_container = leaf.path.rsplit_once('.').is_some_and(|(before, _)| {
                their.leaf(before).is_some_and(|it| is_container(it.value))
            });
            let expected = shown(leaf.value, bytes);
            return (is_there && is_key && has_container)
                .then(|| differs(format!("expected {expected}, found no such key")))?;
        };
        let seen = their.bytes(found);
        if let Some(mask) = self.mask_of(&leaf.path) {
            return if mask.form.fits(found, seen) {
                None
            } else {
                let found = shown(found.value, seen);
                differs(format!("expected {}, as its mask says, found {found}", mask.form.words()))
            };
        }
        let (piece, frame) = (their.piece, their.frame);
        let follows = || {
            self.follows_from_mask(piece, frame, found, &their.leaves)
                || by_value && follows_from_json(piece, frame, found)
        };
        if bytes == seen || follows() {
            return None;
        }
        if let (LeafValue::Json(right), LeafValue::Json(value)) = (leaf.value, found.value) {
            let is_same = if leaf.place.inner == Inner::Whole {
                let right = self.without_masked(right, our.piece, (our.frame, leaf), &our.leaves);
                let value =
                    self.without_masked(value, their.piece, (their.frame, found), &their.leaves);
                same_value(&right, &value)
            } else {
                same_value(right, value)
            };
            if is_same {
                let is_masked_alone =
                    self.unmasked_text(our, leaf) == self.unmasked_text(their, found);
                let is_fine = by_value || is_masked_alone;
                return if is_fine { None } else { spelled(leaf, our, their, found) };
            }
            if leaf.has_inner && is_container(leaf.value) && is_same_kind(right, value) {
                return None; // Its own values tell.
            }
        }
        if matches!(leaf.value, LeafValue::Fields(_)) {
            return None;
        }
        let why = hint(leaf, bytes, found, seen, &our.sized(leaf)).map(|why| format!(", {why}"));
        let (expected, found) = (shown(leaf.value, bytes), shown(found.value, seen));
        differs(format!("expected {expected}, found {found}{}", why.unwrap_or_default()))
    }
}

impl Framing {
    /// The text of JSON without its masked values, whose length may differ.
    fn unmasked_text(&self, told: &Told<'_>, whole: &Leaf<'_>) -> Vec<u8> {
        let bytes = |range: Range<usize>| told.piece.bytes.get(range).unwrap_or_default();
        let mut left = Vec::new();
        let mut done = whole.text.start;
        for leaf in told.leaves.iter().filter(|leaf| leaf.place.part == whole.place.part) {
            let is_masked = self
                .mask_of(&leaf.path)
                .is_some_and(|mask| mask.form.fits(leaf, bytes(leaf.range.clone())));
            if is_masked && leaf.range.start >= done {
                left.extend_from_slice(bytes(done..leaf.range.start));
                done = leaf.range.end;
            }
        }
        left.extend_from_slice(bytes(done..whole.text.end.max(done)));
        left
    }
}

/// For a part that only lacks its last bytes: its size, which says the same.
fn cut_short(all: &[Differs], first: usize, our: &Told<'_>, their: &Told<'_>) -> Option<String> {
    let part = all.get(first)?.part;
    let size = &all.iter().find(|differs| differs.sizes == [part])?.explained;
    let (right, seen) = (our.part(part), their.part(part));
    let is_cut = seen.len() < right.len() && right.starts_with(seen);
    is_cut.then(|| format!("; {}: {}", size.part, size.what))
}

/// The same JSON value in another text: only the whole text can show the difference.
fn spelled(leaf: &Leaf<'_>, our: &Told<'_>, their: &Told<'_>, found: &Leaf<'_>) -> Option<Differs> {
    if leaf.place.inner != Inner::Whole {
        return None;
    }
    let [right, seen] = [our.bytes(leaf), their.bytes(found)];
    let why = spelling(right, seen).map(|it| format!(", {it}")).unwrap_or_default();
    let (right, seen) = (text(right), text(seen));
    let what = format!("the same value in another text: expected {right}, found {seen}{why}");
    let explained = Explained { part: leaf.path.clone(), what };
    Some(Differs { explained, part: leaf.place.part, sizes: Vec::new() })
}

/// A key that should not be there.
fn unexpected(leaf: &Leaf<'_>, our: &Told<'_>, their: &Told<'_>) -> Option<Differs> {
    let is_key = matches!(leaf.place.inner, Inner::Keys(_));
    if !is_key || our.leaf(&leaf.path).is_some() {
        return None;
    }
    let (before, _) = leaf.path.rsplit_once('.')?;
    if !our.leaf(before).is_some_and(|it| is_container(it.value)) {
        return None;
    }
    let found = shown(leaf.value, their.bytes(leaf));
    let what = format!("expected no such key, found {found}");
    let explained = Explained { part: leaf.path.clone(), what };
    Some(Differs { explained, part: leaf.place.part, sizes: Vec::new() })
}

const fn is_container(value: LeafValue<'_>) -> bool {
    matches!(value, LeafValue::Json(pyjson::Value::Dict(_) | pyjson::Value::List(_)))
}

const fn is_same_kind(one: &pyjson::Value, other: &pyjson::Value) -> bool {
    matches!(
        (one, other),
        (pyjson::Value::Dict(_), pyjson::Value::Dict(_))
            | (pyjson::Value::List(_), pyjson::Value::List(_))
    )
}

/// Why the seen bytes are not frames.
fn trouble(pieces: &[Piece<'_>]) -> Option<Explained> {
    pieces.iter().find_map(|piece| {
        let error = piece.reading.trouble.as_ref()?;
        let words = [error.frame.as_deref(), error.part.as_deref()];
        let path: Vec<&str> = words.into_iter().flatten().collect();
        let part = if path.is_empty() { "the frames".to_owned() } else { path.join(".") };
        Some(Explained { part, what: error.trouble.to_string() })
    })
}

fn told<'p>(pieces: &'p [Piece<'p>]) -> Vec<Told<'p>> {
    let of = |piece: &'p Piece<'p>| {
        piece.reading.frames.iter().map(move |frame| {
            let leaves = frame.leaves(piece.layout, piece.bytes);
            Told { piece, frame, leaves }
        })
    };
    pieces.iter().flat_map(of).collect()
}

impl Told<'_> {
    fn name(&self) -> String {
        self.frame.table(self.piece.layout).map_or_else(String::new, |frame| frame.name.clone())
    }

    fn leaf(&self, path: &str) -> Option<&Leaf<'_>> {
        self.leaves.iter().find(|leaf| leaf.path == path)
    }

    fn bytes(&self, leaf: &Leaf<'_>) -> &[u8] {
        self.piece.bytes.get(leaf.range.clone()).unwrap_or_default()
    }

    /// The bytes of a part.
    fn part(&self, part: usize) -> &[u8] {
        let read = self.frame.parts.iter().find(|read| read.part == part);
        read.and_then(|read| self.piece.bytes.get(read.range.clone())).unwrap_or_default()
    }

    /// Whether these bytes begin where a part begins. Its size does not matter.
    fn sends(&self, part: usize, bytes: &[u8]) -> bool {
        let read = self.frame.parts.iter().find(|read| read.part == part);
        let rest = read.and_then(|read| self.piece.bytes.get(read.range.start..));
        rest.is_some_and(|rest| rest.starts_with(bytes))
    }

    /// The bytes of the first part whose size a value is.
    fn sized(&self, leaf: &Leaf<'_>) -> Vec<u8> {
        leaf.sizes.first().map(|part| self.part(*part).to_vec()).unwrap_or_default()
    }
}
