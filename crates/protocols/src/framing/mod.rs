//! The meaning of a protocol's bytes: the frames in a stream.
//!
//! | file | what |
//! |---|---|
//! | `evidence.rs` | the frames of what was said, for a reader |
//! | `form.rs` | the forms that masked values are held to |
//! | `propose.rs` | masks by name for what differs from play to play |
//! | `spans.rs` | the ranges of a stream that may differ, and what may stand in them |
//! | `explain.rs`, `hints.rs` | the first value that differs, in words, and what explains it |

mod evidence;
mod explain;
mod form;
mod hints;
mod propose;
mod spans;

use std::collections::BTreeSet;
use std::ops::Range;

pub(crate) use form::Form;
use layout::{Direction, FrameRead, Item, Layout, Leaf, Reading, read};
use model::observation::{self, Observation};
use model::{Breaks, Said};
pub(crate) use spans::has_json;

use crate::frames_form::FramesForm;

/// Both directions.
const WAYS: [observation::Direction; 2] =
    [observation::Direction::ToServer, observation::Direction::ToClient];

/// The frames of a protocol, and what may differ in them.
#[derive(Debug, Default)]
pub struct Framing {
    layout: Layout,
    /// The directions that consist of frames, the one to the server first.
    is_framed: [bool; 2],
    /// For a protocol of datagrams, a layout for each frame alone.
    alone: Vec<Layout>,
    /// The masked values.
    masks: Vec<PartMask>,
    /// Whether JSON is compared by its value, not by its bytes.
    is_by_value: bool,
}

/// A value that differs from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartMask {
    /// The frame's name, the part's, and keys, joined by dots.
    pub(crate) path: String,
    /// The form that it must have.
    pub(crate) form: Form,
}

/// The bytes of one connection or datagram: their place in the whole, and their frames.
pub(crate) struct Piece<'a> {
    pub(crate) range: Range<usize>,
    pub(crate) bytes: &'a [u8],
    pub(crate) layout: &'a Layout,
    pub(crate) reading: Reading,
}

impl Framing {
    /// Frames of streams without masks. A direction without frames in the layout does not consist of any.
    #[must_use]
    pub fn of_layout(layout: Layout) -> Self {
        let is_framed = [!layout.to_server.is_empty(), !layout.to_client.is_empty()];
        Self { layout, is_framed, ..Self::default() }
    }

    pub(crate) fn new(
        form: FramesForm,
        masks: Vec<PartMask>,
        is_by_value: bool,
        is_datagram: bool,
    ) -> Self {
        let FramesForm { layout, is_framed } = form;
        let alone = |frame| {
            let items = vec![Item { frame, repeats: false }];
            let frames = layout.frames.clone();
            Layout { frames, to_server: items.clone(), to_client: items }
        };
        let alone =
            if is_datagram { (0..layout.frames.len()).map(alone).collect() } else { vec![] };
        Self { layout, is_framed, alone, masks, is_by_value }
    }

    /// The table of the frames.
    pub(crate) const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether this direction consists of frames.
    pub(crate) const fn frames_way(&self, way: observation::Direction) -> bool {
        let [to_server, to_client] = self.is_framed;
        match way {
            observation::Direction::ToServer => to_server,
            observation::Direction::ToClient => to_client,
        }
    }

    /// The frames of a stream, connection by connection.
    pub(crate) fn pieces<'a>(
        &'a self,
        way: observation::Direction,
        said: Said<'a>,
    ) -> Vec<Piece<'a>> {
        if !self.frames_way(way) {
            return Vec::new();
        }
        if !self.alone.is_empty() {
            return vec![self.datagram(way, said.bytes)];
        }
        let ends = said.breaks.connections.iter().copied().chain([said.bytes.len()]);
        let mut start = 0;
        let piece = |end: usize| {
            let range = start..end;
            start = end;
            let bytes = said.bytes.get(range.clone()).unwrap_or_default();
            let turns: Vec<usize> = said
                .breaks
                .turns
                .iter()
                .filter(|turn| range.contains(*turn))
                .map(|turn| turn - range.start)
                .collect();
            let reading = read(&self.layout, direction(way), bytes, &turns, true);
            Piece { range, bytes, layout: &self.layout, reading }
        };
        ends.map(piece).collect()
    }

    /// A datagram is one frame: the first that fits.
    fn datagram<'a>(&'a self, way: observation::Direction, bytes: &'a [u8]) -> Piece<'a> {
        let way = direction(way);
        let of = |item: &Item| {
            let layout = self.alone.get(item.frame)?;
            Some((layout, read(layout, way, bytes, &[], true)))
        };
        let mut readings: Vec<(&Layout, Reading)> =
            self.layout.items(way).iter().filter_map(of).collect();
        let whole = readings.iter().position(|(_, reading)| reading.trouble.is_none());
        let nth = whole.unwrap_or(0);
        let (layout, reading) = if nth < readings.len() {
            readings.swap_remove(nth)
        } else {
            (&self.layout, Reading::default())
        };
        Piece { range: 0..bytes.len(), bytes, layout, reading }
    }

    /// Why the bytes are not frames of their direction, with the offset.
    pub(crate) fn trouble(
        &self,
        way: observation::Direction,
        said: Said<'_>,
    ) -> Option<(usize, String)> {
        self.pieces(way, said).iter().find_map(|piece| {
            let error = piece.reading.trouble.as_ref();
            let trouble = error.map(|error| (error.at, error.to_string()));
            let mistake = || {
                let mistake = piece.reading.mistakes.first()?;
                Some((mistake.at, mistake.to_string()))
            };
            let (at, what) = trouble.or_else(mistake)?;
            Some((piece.range.start + at, what))
        })
    }

    /// Whether the seen bytes contain a value that this mask covers.
    pub(crate) fn is_met(&self, mask: &PartMask, seen: &Observation) -> bool {
        let fits = |piece: &Piece<'_>, leaf: &Leaf<'_>| {
            let bytes = piece.bytes.get(leaf.range.clone()).unwrap_or_default();
            leaf.path == mask.path && mask.form.fits(leaf, bytes)
        };
        WAYS.into_iter().any(|way| {
            self.in_all(way, seen, |said| {
                let has = |piece: &Piece<'_>| {
                    let leaves = |frame: &FrameRead| {
                        frame.leaves(piece.layout, piece.bytes).iter().any(|leaf| fits(piece, leaf))
                    };
                    piece.reading.frames.iter().any(leaves)
                };
                self.pieces(way, said).iter().any(has).then_some(())
            })
            .is_some()
        })
    }

    /// The first finding in a stream, or in the datagrams one by one.
    fn in_all<T>(
        &self,
        way: observation::Direction,
        seen: &Observation,
        find: impl Fn(Said<'_>) -> Option<T>,
    ) -> Option<T> {
        if self.alone.is_empty() {
            let (stream, breaks) = (seen.wire.stream(way), Breaks::of(&seen.wire, way));
            return find(Said { bytes: &stream, breaks: &breaks });
        }
        seen.wire.segments(way).find_map(|datagram| find(Said::whole(datagram)))
    }

    /// Why the seen bytes are not the frames that the file names, in words.
    pub(crate) fn mistake(&self, seen: &Observation) -> Option<String> {
        WAYS.into_iter().find_map(|way| {
            let (_, what) = self.in_all(way, seen, |said| self.trouble(way, said))?;
            Some(format!("{} is not made of the frames that [streams] says: {what}", way.name()))
        })
    }

    /// The names of the frames that occur.
    pub(crate) fn met(&self, seen: &Observation) -> BTreeSet<String> {
        let mut met = BTreeSet::new();
        for way in WAYS {
            let segments: Vec<&[u8]> = seen.wire.segments(way).collect();
            let (stream, breaks) = (seen.wire.stream(way), Breaks::of(&seen.wire, way));
            let said: Vec<Said<'_>> = if self.alone.is_empty() {
                vec![Said { bytes: &stream, breaks: &breaks }]
            } else {
                segments.into_iter().map(Said::whole).collect()
            };
            for said in said {
                for piece in self.pieces(way, said) {
                    let names = piece.reading.frames.iter().filter_map(|it| it.table(piece.layout));
                    met.extend(names.map(|frame| frame.name.clone()));
                }
            }
        }
        met
    }

    /// The names of all frames of a direction.
    pub(crate) fn names(&self) -> Vec<&str> {
        let Layout { frames, to_server, to_client } = &self.layout;
        let is_used = |nth: usize| to_server.iter().chain(to_client).any(|item| item.frame == nth);
        let used = frames.iter().enumerate().filter(|(nth, _)| is_used(*nth));
        used.map(|(_, frame)| frame.name.as_str()).collect()
    }

    /// Whether a value of this direction is masked.
    pub(crate) fn has_masks(&self) -> bool {
        !self.masks.is_empty()
    }

    /// The offsets where parts begin, and the end of the last part.
    pub(crate) fn bounds(&self, way: observation::Direction, said: Said<'_>) -> Vec<usize> {
        let mut bounds = Vec::new();
        for piece in self.pieces(way, said) {
            let parts = piece.reading.frames.iter().flat_map(|frame| &frame.parts);
            bounds.extend(
                parts
                    .flat_map(|part| [part.range.start, part.range.end])
                    .map(|at| at + piece.range.start),
            );
        }
        bounds.sort_unstable();
        bounds.dedup();
        bounds
    }
}

/// The layout's word for a direction.
const fn direction(way: observation::Direction) -> Direction {
    match way {
        observation::Direction::ToServer => Direction::ToServer,
        observation::Direction::ToClient => Direction::ToClient,
    }
}
