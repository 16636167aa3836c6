//! Formats of Python's `struct`: their values and sizes, unpacking and packing.

mod half;
mod pack;
mod parse;
mod slots;
mod unpack;

use std::fmt;

pub use pack::PackError;
pub use parse::FormatError;
pub use slots::{Slot, SlotKind};

/// One value that a `struct` format packs.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `b B h H i I l L q Q n N P`, and decimal numbers in text.
    Int(i128),
    /// `e f d`.
    Float(f64),
    /// `?`.
    Bool(bool),
    /// `c s p`.
    Bytes(Vec<u8>),
}

impl Scalar {
    /// The kind of the value, in one word: `int`, `float`, `bool` or `bytes`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Bool(_) => "bool",
            Self::Bytes(_) => "bytes",
        }
    }
}

/// The value as Python's `repr` shows it, except for bytes, which are hexadecimal digits.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => int.fmt(f),
            Self::Float(float) => f.write_str(&pytext::repr_float(*float)),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

/// A parsed format of Python's `struct`.
///
/// ```
/// use layout::{Format, Scalar};
///
/// let format = Format::parse(">IB")?;
/// assert_eq!(format.size(), 5);
/// let values = format.unpack(&[0, 0, 1, 0, 7]).unwrap();
/// assert_eq!(values, [Scalar::Int(256), Scalar::Int(7)]);
/// assert_eq!(format.pack(&values).unwrap(), [0, 0, 1, 0, 7]);
/// # Ok::<(), layout::FormatError>(())
/// ```
///
/// Without a prefix, and with `@`, sizes and alignment are those of C on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    text: String,
    order: Order,
    items: Vec<Item>,
    size: usize,
}

/// Byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    const NATIVE: Self = if cfg!(target_endian = "big") { Self::Big } else { Self::Little };
}

/// One value, or a run of equal codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Item {
    /// Offset in bytes of the first value.
    at: usize,
    /// How many values; 1 for a string.
    count: usize,
    /// Bytes of each value.
    size: usize,
    code: Code,
}

/// The kind of a value, once the size is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    /// An integer. The character is the format's, for messages.
    Int {
        signed: bool,
        letter: char,
    },
    /// In C's own layout, a number too large for `f` becomes an infinity.
    Float {
        letter: char,
        is_native: bool,
    },
    Bool,
    Char,
    String,
    Pascal,
}

impl Format {
    /// Parses a format: an optional prefix `@ = < > !`, then codes with counts before them.
    ///
    /// # Errors
    /// [`FormatError`] where CPython raises `struct.error`.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        parse::parse(text)
    }

    /// `struct.calcsize`: the size of the whole in bytes.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// How many values it holds; pad bytes do not count.
    #[must_use]
    pub fn values(&self) -> usize {
        self.items.iter().map(|item| item.count).sum()
    }

    /// The text of the format.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `struct.unpack`; `None` if `bytes` are not [`size`](Self::size) long.
    #[must_use]
    pub fn unpack(&self, bytes: &[u8]) -> Option<Vec<Scalar>> {
        unpack::unpack(self, bytes)
    }

    /// The place of each value, in bytes from the format's start.
    #[must_use]
    pub fn ranges(&self) -> Vec<std::ops::Range<usize>> {
        let places = |item: &Item| {
            let Item { at, count, size, .. } = *item;
            (0..count).map(move |index| at + index * size..at + (index + 1) * size)
        };
        self.items.iter().flat_map(places).collect()
    }

    /// The same sizes and places in the other byte order. It keeps the text of this format.
    #[must_use]
    pub fn swapped(&self) -> Self {
        let order = match self.order {
            Order::Little => Order::Big,
            Order::Big => Order::Little,
        };
        Self { order, ..self.clone() }
    }

    /// The lowest and the highest number of each value; `None` for a value that is not an
    /// integer.
    #[must_use]
    pub fn bounds(&self) -> Vec<Option<(i128, i128)>> {
        let bounds = |item: &Item| match item.code {
            Code::Int { signed, .. } => Some(pack::bounds(signed, item.size)),
            _ => None,
        };
        let each = |item: &Item| std::iter::repeat_n(bounds(item), item.count);
        self.items.iter().flat_map(each).collect()
    }

    /// `struct.pack`; pad bytes are zeros.
    ///
    /// # Errors
    /// [`PackError`] where CPython raises `struct.error` or `OverflowError`.
    pub fn pack(&self, values: &[Scalar]) -> Result<Vec<u8>, PackError> {
        pack::pack(self, values)
    }
}
