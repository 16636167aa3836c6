//! Writes the bytes of a frame from its values: as read, with changes, and with new sizes and
//! checksums.

mod error;
mod slot;
mod style;

pub use error::WriteError;

use slot::{Slot, Sum};

use crate::parser::{counted, shown};
use crate::table::{Inner, Place};
use crate::text::Characters;
use crate::value::size_of_value;
use crate::{Counts, Frame, FrameRead, Kind, Scalar, Value, digest};

/// The values of a frame that was read, to change and write.
///
/// Unchanged values are written as they were read. By default every size and every checksum is
/// computed for its part as written. A size or checksum that the caller sets stays as set, even if
/// it is wrong.
///
/// ```
/// # use layout::{Direction, Format, Frame, Item, Kind, Layout, Part, Scalar, Size, Value, Values};
/// # let number = Kind::Struct { format: Format::parse(">H").unwrap(), fields: Vec::new() };
/// # let dict = Part::new("dict", Kind::Json(Size::Of(vec!["length".to_owned()])));
/// # let frame =
/// #     Frame { name: "request".to_owned(), parts: vec![Part::new("length", number), dict] };
/// # let layout = Layout {
/// #     frames: vec![frame.clone()],
/// #     to_server: vec![Item { frame: 0, repeats: true }],
/// #     to_client: Vec::new(),
/// # };
/// let stream = b"\x00\x08{\"a\": 1}";
/// let reading = layout::read(&layout, Direction::ToServer, stream, &[], true);
/// let mut values = Values::of(&frame, &reading.frames[0], stream).unwrap();
/// values.set("dict.a", Value::Text("xy".to_owned()))?;
/// assert_eq!(values.write()?, b"\x00\x0b{\"a\": \"xy\"}");
/// values.set("length", Value::Scalar(Scalar::Int(3)))?;
/// assert_eq!(values.write()?, b"\x00\x03{\"a\": \"xy\"}");
/// # Ok::<(), layout::WriteError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Values<'f> {
    frame: &'f Frame,
    slots: Vec<Slot>,
    /// The places that the caller set, which are not computed.
    pinned: Vec<Place>,
}

impl<'f> Values<'f> {
    /// The values of a complete frame of `stream`; `None` if it is incomplete.
    #[must_use]
    pub fn of(frame: &'f Frame, read: &FrameRead, stream: &[u8]) -> Option<Self> {
        if !read.is_whole || read.parts.len() != frame.parts.len() {
            return None;
        }
        let slot = |part: &crate::PartRead| {
            let raw = stream.get(part.range.clone())?.to_vec();
            Some(Slot { raw, value: part.value.clone(), is_changed: false })
        };
        let slots = read.parts.iter().map(slot).collect::<Option<_>>()?;
        Some(Self { frame, slots, pinned: Vec::new() })
    }

    /// Sets the value of a dotted path, without the frame's name: a part, a field or a JSON key. In
    /// JSON, numbers and text become JSON. Missing dicts on the way to a key are created.
    ///
    /// # Errors
    /// The frame has no such path, or the place holds another type.
    pub fn set(&mut self, path: &str, value: Value) -> Result<(), WriteError> {
        let place = self.place(path)?;
        self.set_at(&place, value)?;
        self.pinned.push(place);
        Ok(())
    }

    /// Removes a JSON key. Without such a key, it does nothing.
    ///
    /// # Errors
    /// The frame has no such path, or it is not that of a JSON key.
    pub fn unset(&mut self, path: &str) -> Result<(), WriteError> {
        let place = self.place(path)?;
        let slot = self.slots.get_mut(place.part);
        match (slot, &place.inner) {
            (Some(slot), Inner::Keys(keys)) => slot.unset(keys),
            _ => Err("a key of JSON"),
        }
        .map_err(|expected| WriteError::Type { path: path.to_owned(), expected })?;
        self.pinned.push(place);
        Ok(())
    }

    /// Sets a part's bytes, for any kind of part; a delimiter is part of them. Nothing in it is
    /// computed.
    ///
    /// # Errors
    /// The frame has no such part.
    pub fn set_raw(&mut self, part: &str, bytes: &[u8]) -> Result<(), WriteError> {
        let index = self.frame.part(part);
        let slot = index.and_then(|index| self.slots.get_mut(index));
        let no_such_path = || WriteError::NoSuchPath { path: part.to_owned() };
        let (Some(slot), Some(part)) = (slot, index) else { return Err(no_such_path()) };
        *slot = Slot { raw: bytes.to_vec(), value: slot.value.clone(), is_changed: false };
        self.pinned.push(Place { part, inner: Inner::Whole });
        Ok(())
    }

    /// The frame's bytes.
    ///
    /// # Errors
    /// A value does not fit its part, or sizes and checksums depend on one another.
    pub fn write(&self) -> Result<Vec<u8>, WriteError> {
        let mut values = self.clone();
        // Each round settles at least one size or checksum, unless they depend on one another in a
        // circle.
        let digests: usize = self.frame.parts.iter().map(|part| part.digests.len()).sum();
        for _ in 0..=2 * (self.frame.parts.len() + digests) {
            let rendered = values.render()?;
            let changed = values.compute_sizes(&rendered)? | values.compute_digests(&rendered)?;
            if !changed {
                return Ok(rendered.concat());
            }
        }
        Err(WriteError::Circular { frame: self.frame.name.clone() })
    }

    fn place(&self, path: &str) -> Result<Place, WriteError> {
        let place = self.frame.resolve_dotted(path);
        place.ok_or_else(|| WriteError::NoSuchPath { path: path.to_owned() })
    }

    fn set_at(&mut self, place: &Place, value: Value) -> Result<(), WriteError> {
        let slot = self.slots.get_mut(place.part);
        let set = slot.map_or(Err("a part"), |slot| slot.set(&place.inner, value));
        set.map_err(|expected| WriteError::Type { path: self.frame.path_of(place), expected })
    }

    /// Whether the caller set a place, or something that contains it.
    fn is_pinned(&self, place: &Place) -> bool {
        self.pinned.iter().filter(|pinned| pinned.part == place.part).any(|pinned| {
            match (&pinned.inner, &place.inner) {
                (Inner::Whole, _) => true,
                (Inner::Keys(outer), Inner::Keys(inner)) => inner.starts_with(outer),
                (pinned, inner) => pinned == inner,
            }
        })
    }

    /// Each part's bytes.
    fn render(&self) -> Result<Vec<Vec<u8>>, WriteError> {
        let mut rendered: Vec<Vec<u8>> = Vec::new();
        let mut length = 0_usize;
        for (index, (part, slot)) in self.frame.parts.iter().zip(&self.slots).enumerate() {
            let mut bytes = slot.render(part)?;
            let place = Place { part: index, inner: Inner::Whole };
            if let Kind::Pad(end) = part.kind
                && !self.is_pinned(&place)
            {
                let fill = bytes.last().copied().unwrap_or_default();
                bytes.resize(end.saturating_sub(length), fill);
            }
            length = length.saturating_add(bytes.len());
            rendered.push(bytes);
        }
        Ok(rendered)
    }

    fn compute_sizes(&mut self, rendered: &[Vec<u8>]) -> Result<bool, WriteError> {
        let mut changed = false;
        let mut done: Vec<Place> = Vec::new();
        for (index, bytes) in rendered.iter().enumerate() {
            let Some(place) = self.frame.size_place(index) else { continue };
            // If two parts have the same size value, the first part counts.
            if self.is_pinned(&place) || done.contains(&place) {
                continue;
            }
            let right = self.length(index, &place, bytes);
            let old =
                self.slots.get(place.part).map(|slot| size_of_value(&slot.value, &place.inner));
            let is_right = match &old {
                Some(Ok(None)) => right == 0,
                Some(Ok(Some(size))) => *size == right,
                _ => false,
            };
            if !is_right {
                self.set_at(&place, Value::Scalar(Scalar::Int(right.into())))?;
                changed = true;
            }
            done.push(place);
        }
        Ok(changed)
    }

    /// The length of a part, in the unit of its size.
    fn length(&self, index: usize, place: &Place, bytes: &[u8]) -> u64 {
        let counts = self.frame.parts.get(place.part).map(|part| part.counts);
        match (counts, self.frame.parts.get(index)) {
            (Some(Counts::Characters), Some(part)) => Characters::count(counted(&part.kind), bytes),
            _ => bytes.len() as u64,
        }
    }

    fn compute_digests(&mut self, rendered: &[Vec<u8>]) -> Result<bool, WriteError> {
        let mut changed = false;
        let frame = self.frame;
        for sum in frame.parts.iter().flat_map(|part| &part.digests) {
            let place = frame.resolve(&sum.at, frame.parts.len());
            let of = frame.part(&sum.of).and_then(|of| rendered.get(of));
            let (Some(place), Some(of)) = (place, of) else { continue };
            let part = frame.parts.get(place.part);
            let (Some(part), Some(slot)) = (part, self.slots.get_mut(place.part)) else { continue };
            let raw = rendered.get(place.part).map(Vec::as_slice).unwrap_or_default();
            let Some(old) = shown(&slot.value, &place.inner, raw) else { continue };
            let right = digest(sum.kind, of);
            let new = slot.checksum(part, &place.inner, &old, &right);
            if old.is(&right) || self.is_pinned(&place) {
                continue;
            }
            match new {
                None => continue,
                Some(Sum::Value(value)) => self.set_at(&place, value)?,
                Some(Sum::Raw(bytes)) => {
                    if let Some(slot) = self.slots.get_mut(place.part) {
                        slot.raw = bytes;
                    }
                }
            }
            changed = true;
        }
        Ok(changed)
    }
}
