//! The checksums of one frame: the right ones, and the ones in the frame.

use crate::digest::{Hasher, Shown, hex};
use crate::error::Mistake;
use crate::spans::offset_in;
use crate::table::{Digest, Inner, Place};
use crate::value::lookup;
use crate::{Frame, Kind, Value};

/// All checksums of the current frame.
#[derive(Debug, Clone)]
pub(super) struct Sums<'l>(Vec<Sum<'l>>);

#[derive(Debug, Clone)]
struct Sum<'l> {
    digest: &'l Digest,
    place: Place,
    /// Index of the part that it is of.
    of: usize,
    /// In progress, as long as that part is.
    hasher: Option<Hasher>,
    right: Option<Vec<u8>>,
    /// The checksum in the frame, and where it begins.
    shown: Option<(Shown, usize)>,
}

impl<'l> Sums<'l> {
    pub(super) fn new(frame: &'l Frame) -> Self {
        let digests = frame.parts.iter().flat_map(|part| &part.digests);
        let sums = digests.filter_map(|digest| {
            let place = frame.resolve(&digest.at, frame.parts.len())?;
            let of = frame.part(&digest.of)?;
            Some(Sum { digest, place, of, hasher: None, right: None, shown: None })
        });
        Self(sums.collect())
    }

    /// Whether this part holds a checksum.
    pub(super) fn stands_in(&self, part: usize) -> bool {
        self.0.iter().any(|sum| sum.place.part == part)
    }

    pub(super) fn begin(&mut self, part: usize) {
        for sum in self.0.iter_mut().filter(|sum| sum.of == part) {
            sum.hasher = Some(Hasher::new(sum.digest.kind));
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for hasher in self.0.iter_mut().filter_map(|sum| sum.hasher.as_mut()) {
            hasher.update(bytes);
        }
    }

    pub(super) fn end(
        &mut self,
        part: usize,
        at: usize,
        kind: Option<&Kind>,
        value: &Value,
        kept: &[u8],
    ) {
        for sum in &mut self.0 {
            if sum.of == part {
                sum.right = sum.hasher.take().map(Hasher::finish);
            }
            if sum.place.part == part {
                let inner = &sum.place.inner;
                let offset = || kind.map_or(0, |kind| offset_in(kind, inner, kept));
                sum.shown = shown(value, inner, kept).map(|shown| (shown, at + offset()));
            }
        }
    }

    pub(super) fn mistakes(&self, frame: &Frame) -> Vec<Mistake> {
        let wrong = self.0.iter().filter_map(|sum| {
            let (right, (shown, at)) = (sum.right.as_ref()?, sum.shown.as_ref()?);
            (!shown.is(right)).then(|| Mistake {
                at: *at,
                frame: frame.name.clone(),
                path: frame.path_of(&sum.place),
                of: sum.digest.of.clone(),
                kind: sum.digest.kind,
                expected: hex(right),
                found: shown.show(),
            })
        });
        wrong.collect()
    }
}

/// The value in the place of a checksum; `None` if the key is absent.
pub(crate) fn shown(value: &Value, inner: &Inner, bytes: &[u8]) -> Option<Shown> {
    Some(match (value, inner) {
        (Value::Scalar(scalar), _) => Shown::of_scalar(scalar),
        (Value::Fields(fields), Inner::Field(index)) => Shown::of_scalar(fields.get(*index)?),
        (Value::Fields(_) | Value::Bytes, _) => Shown::Bytes(bytes.to_vec()),
        (Value::Text(text), _) => Shown::Text(text.clone()),
        (Value::Json(json), Inner::Keys(keys)) => match lookup(json, keys) {
            Ok(found) => Shown::of_json(found?),
            Err(_) => Shown::Other("no object"),
        },
        (Value::Json(json), _) => Shown::of_json(json),
    })
}
