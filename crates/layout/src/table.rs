//! The parts of a layout: frames, their parts, and which frames each direction consists of. Plain
//! data.

use crate::Format;

/// The frames of a protocol, and the order of frames in each direction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The frames, by index.
    pub frames: Vec<Frame>,
    /// What the client sends, in order.
    pub to_server: Vec<Item>,
    /// What the server sends, in order.
    pub to_client: Vec<Item>,
}

/// A place in the order of a direction's frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Index in [`Layout::frames`].
    pub frame: usize,
    /// Whether any number of these frames may come here, also none; otherwise exactly one.
    pub repeats: bool,
}

/// The direction of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// From the client.
    ToServer,
    /// From the server.
    ToClient,
}

/// A frame: a sequence of parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// Its name, the first word of a path such as `request.dict.filename`.
    pub name: String,
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name, unique in its frame.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The unit of a size in this part.
    pub counts: Counts,
    /// The checksums in this part.
    pub digests: Vec<Digest>,
}

impl Part {
    /// A part that counts bytes and holds no checksum.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind, counts: Counts::Bytes, digests: Vec::new() }
    }
}

/// The kind of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Packed by Python's `struct`. A single value is the part itself. Several values have names,
    /// one each; a value without a name is called by its index.
    Struct {
        /// The format.
        format: Format,
        /// The names of the values, if there are several.
        fields: Vec<String>,
    },
    /// A decimal number in this many ASCII characters, padded by spaces or NULs on either side or
    /// by zeros at the front.
    Digits {
        /// How many characters.
        width: usize,
    },
    /// A decimal number up to a delimiter, which is part of it.
    NumberUntil(Vec<u8>),
    /// Text up to a delimiter, which is part of it.
    TextUntil {
        /// The delimiter, in the text's encoding.
        delimiter: Vec<u8>,
        /// How the text is encoded.
        encoding: Encoding,
    },
    /// JSON text.
    Json(Size),
    /// JSON text up to a delimiter, which is part of it.
    JsonUntil(Vec<u8>),
    /// Text.
    Text {
        /// How long it is.
        size: Size,
        /// How it is encoded.
        encoding: Encoding,
    },
    /// Bytes, which the parser does not keep.
    Bytes(Size),
    /// Always these bytes.
    Const(Vec<u8>),
    /// Any bytes, until the frame has this many from its start; none if it already has more.
    Pad(usize),
}

/// The length of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Size {
    /// This many bytes.
    Fixed(u64),
    /// The value of an earlier part, field or key, `part.field` or `part.key.key`, in pieces. An
    /// absent JSON key counts as 0.
    Of(Vec<String>),
    /// To the end of the stream.
    Rest,
    /// All bytes until the other side speaks, or the stream ends.
    Turn,
}

/// The unit of a size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Counts {
    /// Bytes.
    #[default]
    Bytes,
    /// Characters of the part whose size it is: in the encoding for text, in UTF-8 for JSON and for
    /// bytes.
    Characters,
}

/// The encoding of text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// Python's `gbk`.
    Gbk,
    /// ASCII.
    Ascii,
    /// ISO 8859-1: each byte is the code point of the same number.
    Latin1,
}

/// A checksum of a part: hexadecimal digits in text, the bytes themselves, or a number (CRC-32).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The value that holds it, as in [`Size::Of`]: the part, one of its fields, or a key of its
    /// JSON.
    pub at: Vec<String>,
    /// The name of the part whose bytes, delimiter included, the checksum is of.
    pub of: String,
    /// How the checksum is computed.
    pub kind: DigestKind,
}

/// How a checksum is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestKind {
    /// MD5, 16 bytes.
    Md5,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
    /// CRC-32, as `zlib.crc32` computes it, 4 bytes, big-endian.
    Crc32,
}

impl std::fmt::Display for DigestKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
            Self::Crc32 => "CRC-32",
        })
    }
}

/// The place of a value in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Index of the part.
    pub part: usize,
    /// The place in the part.
    pub inner: Inner,
}

/// A place in a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inner {
    /// The part itself.
    Whole,
    /// A value of a struct of several, by index.
    Field(usize),
    /// A value inside JSON, by keys; an index is the key of a list's item.
    Keys(Vec<String>),
}

impl Layout {
    /// The items that a direction consists of.
    #[must_use]
    pub fn items(&self, direction: Direction) -> &[Item] {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }

    /// The index of a frame.
    #[must_use]
    pub fn frame(&self, name: &str) -> Option<usize> {
        self.frames.iter().position(|frame| frame.name == name)
    }
}

impl Frame {
    /// The index of a part.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<usize> {
        self.parts.iter().position(|part| part.name == name)
    }

    /// The place of a path's value: a part, `part.field`, `part.key.key`, or only a field. It
    /// searches only the parts before the index `before`. A part's name has priority over a
    /// field's. It does not check whether the JSON has such keys.
    #[must_use]
    pub fn resolve(&self, path: &[String], before: usize) -> Option<Place> {
        let (first, rest) = path.split_first()?;
        if let Some(index) = self.part(first).filter(|index| *index < before) {
            let part = self.parts.get(index)?;
            let inner = match (&part.kind, rest) {
                (_, []) => Inner::Whole,
                (Kind::Struct { .. }, [field]) => Inner::Field(part.field(field)?),
                (Kind::Json(_) | Kind::JsonUntil(_), keys) => Inner::Keys(keys.to_vec()),
                _ => return None,
            };
            return Some(Place { part: index, inner });
        }
        if !rest.is_empty() {
            return None;
        }
        let fields = self.parts.iter().enumerate().take(before);
        fields.filter(|(_, part)| part.is_of_several()).find_map(|(index, part)| {
            Some(Place { part: index, inner: Inner::Field(part.field(first)?) })
        })
    }

    /// [`resolve`](Self::resolve) for a dotted path, among all parts.
    #[must_use]
    pub fn resolve_dotted(&self, path: &str) -> Option<Place> {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        self.resolve(&path, self.parts.len())
    }

    /// The dotted path of a place, without the frame's name.
    #[must_use]
    pub fn path_of(&self, place: &Place) -> String {
        let Some(part) = self.parts.get(place.part) else { return String::new() };
        match &place.inner {
            Inner::Whole => part.name.clone(),
            Inner::Field(index) => format!("{}.{}", part.name, part.field_name(*index)),
            Inner::Keys(keys) => {
                let words =
                    std::iter::once(part.name.as_str()).chain(keys.iter().map(String::as_str));
                words.collect::<Vec<_>>().join(".")
            }
        }
    }

    /// The indices of the parts whose size is the value of a dotted path.
    #[must_use]
    pub fn sized_by(&self, path: &str) -> Vec<usize> {
        let Some(place) = self.resolve_dotted(path) else { return Vec::new() };
        let is_sized = |index: &usize| self.size_place(*index).is_some_and(|size| size == place);
        (0..self.parts.len()).filter(is_sized).collect()
    }

    /// The place of the size of the part with this index, if a value is its size.
    #[must_use]
    pub fn size_place(&self, index: usize) -> Option<Place> {
        match self.parts.get(index)?.kind.size() {
            Some(Size::Of(path)) => self.resolve(path, index),
            _ => None,
        }
    }
}

impl Part {
    /// The index of a field, by its name or, without a name, by its number.
    pub(crate) fn field(&self, name: &str) -> Option<usize> {
        let Kind::Struct { format, fields } = &self.kind else { return None };
        let named = fields.iter().position(|field| field == name);
        let unnamed = || name.parse().ok().filter(|index| *index >= fields.len());
        named.or_else(unnamed).filter(|index| *index < format.values())
    }

    /// The name of a field.
    pub(crate) fn field_name(&self, index: usize) -> String {
        let name = match &self.kind {
            Kind::Struct { fields, .. } => fields.get(index).cloned(),
            _ => None,
        };
        name.unwrap_or_else(|| index.to_string())
    }

    /// Whether it is a struct whose values have their own names.
    pub(crate) fn is_of_several(&self) -> bool {
        match &self.kind {
            Kind::Struct { format, fields } => format.values() != 1 || !fields.is_empty(),
            _ => false,
        }
    }
}

impl Kind {
    /// The delimiter; `None` for a part without one.
    #[must_use]
    pub fn delimiter(&self) -> &[u8] {
        match self {
            Self::NumberUntil(delimiter)
            | Self::TextUntil { delimiter, .. }
            | Self::JsonUntil(delimiter) => delimiter,
            _ => &[],
        }
    }

    /// The size; `None` for a part without one.
    #[must_use]
    pub const fn size(&self) -> Option<&Size> {
        match self {
            Self::Json(size) | Self::Text { size, .. } | Self::Bytes(size) => Some(size),
            _ => None,
        }
    }
}
