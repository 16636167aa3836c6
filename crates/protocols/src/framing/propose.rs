//! Proposes masks by name for the values that differ from play to play.

use std::collections::BTreeSet;

use model::Said;
use model::mask::JsonBy;
use model::observation::Direction;

use super::{Form, Framing, PartMask};

/// The forms of proposed masks, the narrowest first.
const FORMS: [Form; 6] =
    [Form::Number, Form::Uuid, Form::Hex, Form::Base64, Form::Text, Form::Anything];

impl Framing {
    /// The masks that would make these plays of a stream agree, as entries of the file; `None` if no masks by
    /// name can, or the stream does not consist of frames.
    pub(crate) fn proposed(&self, way: Direction, plays: &[&[u8]]) -> Option<Vec<String>> {
        if !self.frames_way(way) {
            return None;
        }
        let mut differing = BTreeSet::new();
        let (first, others) = plays.split_first()?;
        for other in others {
            differing.extend(self.differing(way, first, other));
        }
        let form = |path: &String| {
            let fits = |form: &Form| plays.iter().all(|play| self.fits(way, play, path, *form));
            FORMS.into_iter().find(fits)
        };
        let masks: Option<Vec<PartMask>> =
            differing.into_iter().map(|path| Some(PartMask { form: form(&path)?, path })).collect();
        let masks = masks?;
        let entry = |mask: &PartMask| {
            let word = Form::WORDS.iter().find(|(_, form)| *form == mask.form);
            let word = word.map_or("anything", |(word, _)| *word);
            format!("[[mask]]\npart = \"{}\"\nas = \"{word}\"", mask.path)
        };
        let entries = masks.iter().map(entry).collect();
        let with = Self {
            layout: self.layout.clone(),
            is_framed: self.is_framed,
            alone: self.alone.clone(),
            masks: [&self.masks[..], &masks].concat(),
            is_by_value: self.is_by_value,
        };
        let agrees = |other: &&[u8]| {
            let said = [Said::whole(first), Said::whole(other)];
            with.with_seen(way, said, [Vec::new(), Vec::new()], JsonBy::Bytes) == **other
        };
        (!masks.is_empty() && others.iter().all(agrees)).then_some(entries)
    }

    /// The paths of the values that differ between two plays, without those that follow from others.
    fn differing(&self, way: Direction, one: &[u8], other: &[u8]) -> Vec<String> {
        let of = |bytes| {
            let mut values = Vec::new();
            for piece in self.pieces(way, Said::whole(bytes)) {
                for frame in &piece.reading.frames {
                    for leaf in frame.leaves(piece.layout, piece.bytes) {
                        let text = piece.bytes.get(leaf.range.clone()).unwrap_or_default().to_vec();
                        let is_own = !leaf.has_inner && leaf.sizes.is_empty();
                        values.push((leaf.path, text, is_own));
                    }
                }
            }
            values
        };
        let (one, other) = (of(one), of(other));
        let pairs = one.into_iter().zip(other);
        let differ = pairs.filter(|((path, text, is_own), (same, seen, _))| {
            path == same && *is_own && text != seen
        });
        differ.map(|((path, ..), _)| path).collect()
    }

    /// Whether every value of this path has a form.
    fn fits(&self, way: Direction, play: &[u8], path: &str, form: Form) -> bool {
        self.pieces(way, Said::whole(play)).iter().all(|piece| {
            piece.reading.frames.iter().all(|frame| {
                let leaves = frame.leaves(piece.layout, piece.bytes);
                leaves.iter().filter(|leaf| leaf.path == path).all(|leaf| {
                    form.fits(leaf, piece.bytes.get(leaf.range.clone()).unwrap_or_default())
                })
            })
        })
    }
}
