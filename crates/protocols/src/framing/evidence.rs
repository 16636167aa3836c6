//! Lists the frames of a stream for a reader: each part with its place and value, JSON key by key.

use layout::{FrameRead, Inner, Leaf, LeafValue};
use model::observation::Direction;
use model::{Frame, FramePart, Frames, Key, Said};

use super::hints::shown;
use super::{Framing, Piece};

/// The list has no more frames than this.
const FRAMES_MAX: usize = 40;
/// A frame has at most this many keys in the list.
const KEYS_MAX: usize = 40;

impl Framing {
    /// The bytes of this direction, frame by frame; `None` if the file names no frames for it.
    pub(crate) fn evidence(&self, way: Direction, said: Said<'_>) -> Option<Frames> {
        if !self.frames_way(way) {
            return None;
        }
        let mut found = Frames::default();
        for piece in self.pieces(way, said) {
            let frames = piece.reading.frames.iter();
            found.frames.extend(frames.filter_map(|frame| self.told(&piece, frame)));
        }
        found.left_out = found.frames.len().saturating_sub(FRAMES_MAX);
        found.frames.truncate(FRAMES_MAX);
        found.trouble = self.trouble(way, said).map(|(_, what)| what);
        Some(found)
    }

    fn told(&self, piece: &Piece<'_>, frame: &FrameRead) -> Option<Frame> {
        let table = frame.table(piece.layout)?;
        let leaves = frame.leaves(piece.layout, piece.bytes);
        let start = piece.range.start;
        let is_masked = |part: usize| {
            let mut of_part = leaves.iter().filter(|leaf| leaf.place.part == part);
            of_part.any(|leaf| self.mask_of(&leaf.path).is_some())
        };
        let part = |leaf: &Leaf<'_>| {
            let read = leaf.place.part;
            Some(FramePart {
                name: table.parts.get(read)?.name.clone(),
                from: leaf.range.start + start,
                to: leaf.range.end + start,
                value: value(leaf, piece.bytes.get(leaf.range.clone()).unwrap_or_default()),
                masked: is_masked(read),
            })
        };
        let whole = leaves.iter().filter(|leaf| leaf.place.inner == Inner::Whole);
        Some(Frame {
            name: Some(table.name.clone()),
            at: frame.at + start,
            parts: whole.filter_map(part).collect(),
            header: None,
            dict_len: None,
            guessed: false,
            keys: leaves.iter().filter_map(|leaf| self.key(leaf)).take(KEYS_MAX).collect(),
            body: None,
        })
    }

    /// A value inside JSON.
    fn key(&self, leaf: &Leaf<'_>) -> Option<Key> {
        let (Inner::Keys(_), LeafValue::Json(value)) = (&leaf.place.inner, leaf.value) else {
            return None;
        };
        if leaf.has_inner {
            return None; // Its own values are listed.
        }
        let (_, path) = leaf.path.split_once('.')?;
        let shown = match self.mask_of(&leaf.path) {
            Some(_) => format!("{} (masked)", pyjson::dumps(value)),
            None => pyjson::dumps(value),
        };
        Some(Key(path.to_owned(), shown, value.type_name()))
    }
}

/// The value of a part in words.
fn value(leaf: &Leaf<'_>, bytes: &[u8]) -> String {
    match leaf.value {
        LeafValue::Bytes | LeafValue::Json(_) => match bytes.len() {
            1 => "1 byte".to_owned(),
            count => format!("{count} bytes"),
        },
        other => shown(other, bytes),
    }
}
