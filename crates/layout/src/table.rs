//! What a layout is: frames, their parts, and which frames each direction is made of. Plain data.

use crate::Format;

/// The frames of a protocol, and what each direction is made of.
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
    /// Whether any number of these frames stands here, none included; otherwise one.
    pub repeats: bool,
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// From the client.
    ToServer,
    /// From the server.
    ToClient,
}

/// A frame: its parts, one behind the other.
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
    /// What it is.
    pub kind: Kind,
    /// What a size counts that stands in this part.
    pub counts: Counts,
    /// The checksums that stand in this part.
    pub digests: Vec<Digest>,
}

impl Part {
    /// A part that counts bytes and holds no checksum.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind, counts: Counts::Bytes, digests: Vec::new() }
    }
}

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// As Python's `struct` packs it. A single value is the part itself. Several have names, one
    /// for each; one without a name goes by its index.
    Struct {
        /// The format.
        format: Format,
        /// The names of the values, if there are several.
        fields: Vec<String>,
    },
    /// A decimal number in so many ASCII characters, padded by spaces or NULs on either side or by
    /// zeros in front.
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
    /// Bytes, which the parser passes through.
    Bytes(Size),
    /// Always these bytes.
    Const(Vec<u8>),
    /// Any bytes, until the frame has so many from its start; none if it has more.
    Pad(usize),
}

/// How long a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Size {
    /// So many bytes.
    Fixed(u64),
    /// What an earlier value says: a part, a field, `part.field` or `part.key.key`, in pieces.
    /// A JSON key that is absent says 0.
    Of(Vec<String>),
    /// To the end of the stream.
    Rest,
    /// All that comes until the other side speaks, or the stream ends.
    Turn,
}

/// What a size counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Counts {
    /// Bytes.
    #[default]
    Bytes,
    /// Characters of the part that it is the size of: in the encoding of text, and in UTF-8 of JSON
    /// and of bytes.
    Characters,
}

/// How text is encoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// Python's `gbk`.
    Gbk,
    /// ASCII.
    Ascii,
    /// ISO 8859-1: each byte is the code point of its number.
    Latin1,
}

/// A checksum of a part: hexadecimal digits in text, or the bytes themselves, or a number (CRC-32).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Which value holds it, as in [`Size::Of`]: the part, a field of it, or a key of its JSON.
    pub at: Vec<String>,
    /// The name of the part whose bytes it is of, delimiter included.
    pub of: String,
    /// How it is computed.
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
    /// CRC-32 as `zlib.crc32` has it, 4 bytes, big-endian.
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

/// Where a value stands in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Index of the part.
    pub part: usize,
    /// What of it.
    pub inner: Inner,
}

/// What of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inner {
    /// The part itself.
    Whole,
    /// A value of a struct of several, by index.
    Field(usize),
    /// A value inside JSON, by keys; an index stands for an item of a list.
    Keys(Vec<String>),
}

impl Layout {
    /// What a direction is made of.
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

    /// Where the value of a path stands: a part, `part.field`, `part.key.key`, or a field alone.
    /// Only parts before the index `before` are looked at. A part's name goes before a field's.
    /// Whether the JSON has such keys is not asked.
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

    /// [`resolve`](Self::resolve) of a dotted path, among all parts.
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

    /// The indices of the parts whose size the value of a dotted path is.
    #[must_use]
    pub fn sized_by(&self, path: &str) -> Vec<usize> {
        let Some(place) = self.resolve_dotted(path) else { return Vec::new() };
        let is_sized = |index: &usize| self.size_place(*index).is_some_and(|size| size == place);
        (0..self.parts.len()).filter(is_sized).collect()
    }

    /// Where the size of the part with this index stands, if a value is its size.
    #[must_use]
    pub fn size_place(&self, index: usize) -> Option<Place> {
        match self.parts.get(index)?.kind.size() {
            Some(Size::Of(path)) => self.resolve(path, index),
            _ => None,
        }
    }
}

impl Part {
    /// The index of a field, by name or, where it has none, by number.
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

    /// Whether it is a struct whose values have names of their own.
    pub(crate) fn is_of_several(&self) -> bool {
        match &self.kind {
            Kind::Struct { format, fields } => format.values() != 1 || !fields.is_empty(),
            _ => false,
        }
    }
}

impl Kind {
    /// The delimiter; none of a part that has another end.
    #[must_use]
    pub fn delimiter(&self) -> &[u8] {
        match self {
            Self::NumberUntil(delimiter)
            | Self::TextUntil { delimiter, .. }
            | Self::JsonUntil(delimiter) => delimiter,
            _ => &[],
        }
    }

    /// The size, of a part that has one.
    #[must_use]
    pub const fn size(&self) -> Option<&Size> {
        match self {
            Self::Json(size) | Self::Text { size, .. } | Self::Bytes(size) => Some(size),
            _ => None,
        }
    }
}
