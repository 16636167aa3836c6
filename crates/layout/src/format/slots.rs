//! The values of a format one by one, for code that reads the bytes by other means.

use std::ops::Range;

use super::{Code, Format, Order};

/// A value of a format: its place and its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its place, in bytes from the format's start.
    pub range: Range<usize>,
    /// Its kind.
    pub kind: SlotKind,
    /// Whether its lowest byte comes first.
    pub is_little_endian: bool,
}

/// The kind of a value of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    /// A signed integer in two's complement.
    Int,
    /// An unsigned integer.
    Uint,
    /// A float of IEEE 754, of 2, 4 or 8 bytes.
    Float,
    /// False if its byte is 0.
    Bool,
    /// `c`, a byte.
    Char,
    /// `s`, bytes.
    String,
    /// `p`, bytes after one byte with their number.
    Pascal,
}

impl Format {
    /// The format's values, in order. Native sizes and byte orders are those of this
    /// machine.
    ///
    /// ```
    /// use layout::{Format, SlotKind};
    ///
    /// let slots = Format::parse("<H2s")?.slots();
    /// assert_eq!((slots[0].kind, slots[0].is_little_endian), (SlotKind::Uint, true));
    /// assert_eq!((slots[1].kind, slots[1].range.clone()), (SlotKind::String, 2..4));
    /// # Ok::<(), layout::FormatError>(())
    /// ```
    #[must_use]
    pub fn slots(&self) -> Vec<Slot> {
        let is_little_endian = self.order == Order::Little;
        let kinds = self.items.iter().flat_map(|item| {
            let kind = match item.code {
                Code::Int { signed: true, .. } => SlotKind::Int,
                Code::Int { signed: false, .. } => SlotKind::Uint,
                Code::Float { .. } => SlotKind::Float,
                Code::Bool => SlotKind::Bool,
                Code::Char => SlotKind::Char,
                Code::String => SlotKind::String,
                Code::Pascal => SlotKind::Pascal,
            };
            std::iter::repeat_n(kind, item.count)
        });
        let slot = |(range, kind)| Slot { range, kind, is_little_endian };
        self.ranges().into_iter().zip(kinds).map(slot).collect()
    }
}
