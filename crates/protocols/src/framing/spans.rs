//! Finds the ranges of a stream that may differ between right programs, and what they may contain.

use std::ops::Range;

use layout::{FrameRead, Kind, Layout, Leaf, LeafValue, same_value};
use model::Said;
use model::mask::JsonBy;
use model::observation::Direction;

use super::{Framing, PartMask, Piece};

/// A range that may differ.
#[derive(Debug)]
struct Span {
    /// Its place in the stream.
    range: Range<usize>,
    /// The value's path. The n-th ranges of two streams correspond if both belong to the same value.
    path: String,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Found by a pattern.
    Pattern,
    /// A masked value, and whether it has the required form.
    Masked { fits: bool },
    /// JSON that is compared by its value, without its masked values.
    Json(pyjson::Value),
    /// The size or checksum of a part that may differ. Reading on shows whether it is right.
    Follows,
}

impl Framing {
    /// Whether more may differ than the patterns cover.
    pub(crate) fn has_spans(&self, way: Direction) -> bool {
        self.frames_way(way) && (self.is_by_value || !self.masks.is_empty())
    }

    /// The ranges that may differ, including those of `patterns`. They are in order and do not overlap.
    pub(crate) fn ranges(
        &self,
        way: Direction,
        said: Said<'_>,
        patterns: Vec<Range<usize>>,
    ) -> Vec<Range<usize>> {
        self.spans(way, said, patterns, self.is_by_value)
            .into_iter()
            .map(|span| span.range)
            .collect()
    }

    /// `right`, with the seen bytes in the ranges that may differ.
    ///
    /// After the first other difference, `right` stays unchanged.
    pub(crate) fn with_seen(
        &self,
        way: Direction,
        [right, seen]: [Said<'_>; 2],
        [ours, theirs]: [Vec<Range<usize>>; 2],
        json: JsonBy,
    ) -> Vec<u8> {
        let by_value = self.is_by_value || json == JsonBy::Value;
        let ours = self.spans(way, right, ours, by_value);
        let theirs = self.spans(way, seen, theirs, by_value);
        let mut made = Vec::with_capacity(right.bytes.len());
        let (mut done, mut done_in_seen) = (0, 0);
        for (our, their) in ours.iter().zip(&theirs) {
            let before = right.bytes.get(done..our.range.start).unwrap_or_default();
            if seen.bytes.get(done_in_seen..their.range.start) != Some(before) || !our.may_be(their)
            {
                break;
            }
            made.extend_from_slice(before);
            made.extend_from_slice(seen.bytes.get(their.range.clone()).unwrap_or_default());
            (done, done_in_seen) = (our.range.end, their.range.end);
        }
        made.extend_from_slice(right.bytes.get(done..).unwrap_or_default());
        made
    }

    /// Why JSON of the stream that CPython reads is not JSON as RFC 8259 defines it: the first value, and the
    /// reason. `None` if there is none.
    #[must_use]
    pub fn not_rfc8259(&self, way: Direction, said: Said<'_>) -> Option<String> {
        self.pieces(way, said).iter().find_map(|piece| {
            piece.reading.frames.iter().find_map(|frame| {
                let leaves = frame.leaves(piece.layout, piece.bytes);
                leaves.iter().find_map(|leaf| {
                    let (LeafValue::Json(_), layout::Inner::Whole) =
                        (&leaf.value, &leaf.place.inner)
                    else {
                        return None;
                    };
                    let why = pyjson::not_rfc8259(piece.bytes.get(leaf.range.clone())?)?;
                    Some(format!("{}: {why}", leaf.path))
                })
            })
        })
    }

    fn spans(
        &self,
        way: Direction,
        said: Said<'_>,
        patterns: Vec<Range<usize>>,
        by_value: bool,
    ) -> Vec<Span> {
        let pattern = |range| Span { range, path: String::new(), what: What::Pattern };
        let mut spans: Vec<Span> = patterns.into_iter().map(pattern).collect();
        for piece in self.pieces(way, said) {
            for frame in &piece.reading.frames {
                spans.extend(self.of_frame(&piece, frame, by_value));
            }
        }
        spans.sort_by_key(|span| (span.range.start, std::cmp::Reverse(span.range.end)));
        let mut end = 0;
        spans.retain(|span| {
            let is_apart = span.range.start >= end;
            if is_apart {
                end = span.range.end;
            }
            is_apart
        });
        spans
    }

    fn of_frame(&self, piece: &Piece<'_>, frame: &FrameRead, by_value: bool) -> Vec<Span> {
        let leaves = frame.leaves(piece.layout, piece.bytes);
        let mut spans = Vec::new();
        for leaf in &leaves {
            let what = if let Some(mask) = self.mask_of(&leaf.path) {
                let bytes = piece.bytes.get(leaf.range.clone()).unwrap_or_default();
                What::Masked { fits: mask.form.fits(leaf, bytes) }
            } else if by_value && let Some(what) = self.by_its_value(piece, frame, leaf, &leaves) {
                what
            } else if self.follows_from_mask(piece, frame, leaf, &leaves) {
                What::Follows
            } else {
                continue;
            };
            let range = leaf.range.start + piece.range.start..leaf.range.end + piece.range.start;
            spans.push(Span { range, path: leaf.path.clone(), what });
        }
        spans
    }

    /// The mask of a value.
    pub(super) fn mask_of(&self, path: &str) -> Option<&PartMask> {
        self.masks.iter().find(|mask| mask.path == path)
    }

    /// Whether a value is the size of a part that is masked, or that contains a masked value.
    pub(super) fn follows_from_mask(
        &self,
        piece: &Piece<'_>,
        frame: &FrameRead,
        leaf: &Leaf<'_>,
        leaves: &[Leaf<'_>],
    ) -> bool {
        let is_masked = |part: usize| {
            let of_part = leaves.iter().filter(|leaf| leaf.place.part == part);
            of_part.into_iter().any(|leaf| {
                let bytes = piece.bytes.get(leaf.range.clone()).unwrap_or_default();
                self.mask_of(&leaf.path).is_some_and(|mask| mask.form.fits(leaf, bytes))
            })
        };
        follows_from(piece, frame, leaf, &is_masked)
    }

    /// The ranges that may differ when JSON is compared by its value: the JSON itself, and values that
    /// follow from its length.
    fn by_its_value(
        &self,
        piece: &Piece<'_>,
        frame: &FrameRead,
        leaf: &Leaf<'_>,
        leaves: &[Leaf<'_>],
    ) -> Option<What> {
        if let LeafValue::Json(value) = leaf.value
            && leaf.place.inner == layout::Inner::Whole
        {
            return Some(What::Json(self.without_masked(value, piece, (frame, leaf), leaves)));
        }
        follows_from_json(piece, frame, leaf).then_some(What::Follows)
    }

    /// The JSON without its masked values that have their form, and without values that follow from other
    /// JSON.
    pub(super) fn without_masked(
        &self,
        value: &pyjson::Value,
        piece: &Piece<'_>,
        (frame, whole): (&FrameRead, &Leaf<'_>),
        leaves: &[Leaf<'_>],
    ) -> pyjson::Value {
        let mut left = value.clone();
        for leaf in leaves {
            let layout::Inner::Keys(keys) = &leaf.place.inner else { continue };
            if leaf.place.part != whole.place.part {
                continue;
            }
            let bytes = piece.bytes.get(leaf.range.clone()).unwrap_or_default();
            let is_masked = || self.mask_of(&leaf.path).is_some_and(|it| it.form.fits(leaf, bytes));
            if is_masked() || follows_from_json(piece, frame, leaf) {
                put(&mut left, keys, &|_| pyjson::Value::Null);
            } else if !leaf.sizes.is_empty() {
                // Python reads 10 bytes, but not 10.0, though the two are equal.
                put(&mut left, keys, &|size| pyjson::Value::from(pyjson::dumps(size)));
            }
        }
        left
    }
}

/// Whether a value is the size of a part that is JSON, or its right checksum.
pub(super) fn follows_from_json(piece: &Piece<'_>, frame: &FrameRead, leaf: &Leaf<'_>) -> bool {
    let table = frame.table(piece.layout);
    let is_json = |part: usize| {
        let kind = table.and_then(|table| table.parts.get(part)).map(|part| &part.kind);
        let is_there = frame.parts.iter().any(|read| read.part == part);
        is_there && matches!(kind, Some(Kind::Json(_) | Kind::JsonUntil(_)))
    };
    follows_from(piece, frame, leaf, &is_json)
}

/// Whether a value is the size or the right checksum of one of these parts.
fn follows_from(
    piece: &Piece<'_>,
    frame: &FrameRead,
    leaf: &Leaf<'_>,
    may_differ: &dyn Fn(usize) -> bool,
) -> bool {
    let Some(table) = frame.table(piece.layout) else { return false };
    if leaf.sizes.iter().any(|part| may_differ(*part)) {
        return true;
    }
    let mut digests = table.parts.iter().flat_map(|part| &part.digests);
    digests.any(|digest| {
        let place = table.resolve(&digest.at, table.parts.len());
        place.as_ref() == Some(&leaf.place)
            && table.part(&digest.of).is_some_and(may_differ)
            && !is_wrong(piece, &table.name, &leaf.path)
    })
}

/// Whether a checksum differs from its part's.
fn is_wrong(piece: &Piece<'_>, frame: &str, path: &str) -> bool {
    let is_of = |mistake: &layout::Mistake| format!("{frame}.{}", mistake.path) == path;
    piece.reading.mistakes.iter().any(is_of)
}

/// Replaces the value of these keys.
fn put(
    value: &mut pyjson::Value,
    keys: &[String],
    replacement: &dyn Fn(&pyjson::Value) -> pyjson::Value,
) {
    let Some((first, rest)) = keys.split_first() else {
        *value = replacement(value);
        return;
    };
    let inner = match value {
        pyjson::Value::Dict(dict) => dict.get_mut(first),
        pyjson::Value::List(items) => first.parse().ok().and_then(|nth: usize| items.get_mut(nth)),
        _ => None,
    };
    if let Some(inner) = inner {
        put(inner, rest, replacement);
    }
}

impl Span {
    /// Whether the seen value may replace the right one.
    fn may_be(&self, seen: &Self) -> bool {
        self.path == seen.path
            && match (&self.what, &seen.what) {
                (What::Pattern, What::Pattern) | (What::Follows, What::Follows) => true,
                (What::Masked { .. }, What::Masked { fits }) => *fits,
                (What::Json(right), What::Json(seen)) => same_value(right, seen),
                _ => false,
            }
    }
}

/// Whether a frame of this layout holds JSON.
pub(crate) fn has_json(layout: &Layout) -> bool {
    let parts = layout.frames.iter().flat_map(|frame| &frame.parts);
    { parts }.any(|part| matches!(part.kind, Kind::Json(_) | Kind::JsonUntil(_)))
}
