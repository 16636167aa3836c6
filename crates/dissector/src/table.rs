//! The table of a layout's frames, as Lua data.

use layout::{
    Counts, Digest, DigestKind, Direction, Frame, Inner, Item, Kind, Layout, Part, Place, Size,
    Slot, SlotKind,
};

use crate::About;
use crate::names::{Names, word};
use crate::value::{Lua, one_based};

/// Other fields of the Lua program by name; each has a filter.
const OTHERS: [&str; 17] = [
    "rest",
    "turn",
    "plain",
    "unexpected_end",
    "missing",
    "bytes_behind",
    "not_json",
    "not_text",
    "not_object",
    "bad_size",
    "bad_number",
    "const_differs",
    "too_long",
    "empty_frame",
    "wrong_digest",
    "not_followed",
    "failed",
];

/// The whole table.
pub(crate) fn protocol(about: &About<'_>, layout: &Layout) -> Lua {
    let mut names = Names::default();
    let frames = layout.frames.iter().map(|frame| self::frame(frame, &mut names)).collect();
    let ports: Vec<String> = about.ports.iter().map(u16::to_string).collect();
    let others = OTHERS.iter().map(|other| (*other, Lua::text(names.take(&[other])))).collect();
    let mut entries = vec![
        ("name", Lua::text(about.name)),
        ("title", Lua::text(format!("{} (protocol file)", about.name))),
        ("filter", Lua::text(word(about.name))),
        ("ports", Lua::text(ports.join(","))),
        ("datagrams", Lua::Bool(about.is_datagram)),
        ("frames", Lua::List(frames)),
    ];
    for (name, direction, is_framed) in [
        ("to_server", Direction::ToServer, about.is_framed.0),
        ("to_client", Direction::ToClient, about.is_framed.1),
    ] {
        if is_framed {
            entries.push((name, Lua::List(layout.items(direction).iter().map(item).collect())));
        }
    }
    entries.push(("names", Lua::Table(others)));
    Lua::Table(entries)
}

fn item(item: &Item) -> Lua {
    Lua::Table(vec![("frame", Lua::index(item.frame)), ("repeats", Lua::Bool(item.repeats))])
}

fn frame(frame: &Frame, names: &mut Names) -> Lua {
    let filter = names.take(&[&frame.name]);
    let parts = (0..).zip(&frame.parts).map(|(index, part)| self::part(frame, index, part, names));
    let parts = Lua::List(parts.collect());
    let digests = frame.parts.iter().flat_map(|part| &part.digests);
    let digests = digests.filter_map(|digest| self::digest(frame, digest)).collect();
    Lua::Table(vec![
        ("name", Lua::text(&frame.name)),
        ("filter", Lua::text(filter)),
        ("parts", parts),
        ("digests", Lua::List(digests)),
    ])
}

fn part(frame: &Frame, index: usize, part: &Part, names: &mut Names) -> Lua {
    let filter = names.take(&[&frame.name, &part.name]);
    let mut entries =
        vec![("name", Lua::text(&part.name)), ("kind", Lua::text(kind_name(&part.kind)))];
    let mut field_type = "string";
    match &part.kind {
        Kind::Struct { format, fields } => {
            let slots = format.slots();
            field_type = match slots.as_slice() {
                [slot] if fields.is_empty() => slot_type(frame, index, None, slot),
                _ => "none",
            };
            entries.push(("width", Lua::size(format.size())));
            entries.push(("slots", self::slots(frame, index, fields, &slots, names)));
        }
        Kind::Digits { width } => {
            field_type = "int64";
            entries.push(("width", Lua::size(*width)));
        }
        Kind::NumberUntil(delimiter) => {
            field_type = "int64";
            entries.push(("delimiter", Lua::text(delimiter)));
        }
        Kind::TextUntil { delimiter, encoding } => {
            entries.push(("delimiter", Lua::text(delimiter)));
            entries.push(("encoding", Lua::text(encoding.name())));
        }
        Kind::JsonUntil(delimiter) => entries.push(("delimiter", Lua::text(delimiter))),
        Kind::Const(bytes) => {
            field_type = "bytes";
            entries.push(("bytes", Lua::text(bytes)));
        }
        Kind::Pad(total) => {
            field_type = "bytes";
            entries.push(("total", Lua::size(*total)));
        }
        Kind::Text { encoding, .. } => entries.push(("encoding", Lua::text(encoding.name()))),
        Kind::Bytes(_) => field_type = "bytes",
        Kind::Json(_) => {}
    }
    entries.extend([("filter", Lua::text(&filter)), ("type", Lua::text(field_type))]);
    if let Some(size) = part.kind.size() {
        entries.push(("size", self::size(size)));
    }
    if matches!(part.kind, Kind::Json(_) | Kind::JsonUntil(_)) {
        for inner in ["member", "key", "value"] {
            entries.push((inner, Lua::text(names.take(&[&frame.name, &part.name, inner]))));
        }
        entries.push(("known", known_keys(frame, index, names)));
    }
    if part.counts == Counts::Characters {
        entries.push(("counts", Lua::text("characters")));
    }
    entries.push(("sizes", sizes(frame, index)));
    Lua::Table(entries)
}

const fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Struct { .. } => "struct",
        Kind::Digits { .. } => "digits",
        Kind::NumberUntil(_) => "number-until",
        Kind::TextUntil { .. } => "text-until",
        Kind::Json(_) => "json",
        Kind::JsonUntil(_) => "json-until",
        Kind::Text { .. } => "text",
        Kind::Bytes(_) => "bytes",
        Kind::Const(_) => "const",
        Kind::Pad(_) => "pad",
    }
}

/// A number, a word, or an empty table. An empty table means that another part's `sizes` gives the size.
fn size(size: &Size) -> Lua {
    match size {
        Size::Fixed(bytes) => Lua::Number(*bytes),
        Size::Rest => Lua::text("rest"),
        Size::Turn => Lua::text("turn"),
        Size::Of(_) => Lua::List(Vec::new()),
    }
}

/// The sizes of later parts that this part contains, by the index of the later part.
fn sizes(frame: &Frame, index: usize) -> Lua {
    let of_later = |later: usize| {
        let place = frame.size_place(later).filter(|place| place.part == index)?;
        let mut entries = inner(frame, &place);
        entries.push(("path", Lua::text(frame.path_of(&place))));
        Some((one_based(later), Lua::Table(entries)))
    };
    Lua::Sparse((index + 1..frame.parts.len()).filter_map(of_later).collect())
}

/// The place of a value in a part: the index in a struct, or keys.
fn inner(frame: &Frame, place: &Place) -> Vec<(&'static str, Lua)> {
    match &place.inner {
        Inner::Field(field) => vec![("slot", Lua::index(*field))],
        Inner::Keys(keys) => vec![("keys", Lua::texts(keys))],
        Inner::Whole => match frame.parts.get(place.part).map(|part| &part.kind) {
            Some(Kind::Struct { format, fields }) if fields.is_empty() && format.values() == 1 => {
                vec![("slot", Lua::index(0))]
            }
            _ => Vec::new(),
        },
    }
}

fn digest(frame: &Frame, digest: &Digest) -> Option<Lua> {
    let place = frame.resolve(&digest.at, frame.parts.len())?;
    let of = frame.part(&digest.of)?;
    let mut entries = vec![
        ("part", Lua::index(place.part)),
        ("of", Lua::index(of)),
        ("kind", Lua::text(digest_name(digest.kind))),
        ("path", Lua::text(frame.path_of(&place))),
    ];
    entries.extend(inner(frame, &place));
    Some(Lua::Table(entries))
}

const fn digest_name(kind: DigestKind) -> &'static str {
    match kind {
        DigestKind::Md5 => "md5",
        DigestKind::Sha1 => "sha1",
        DigestKind::Sha256 => "sha256",
        DigestKind::Sha512 => "sha512",
        DigestKind::Crc32 => "crc32",
    }
}

/// The keys of a JSON part that the layout names as sizes and checksums. Each has a filter.
fn known_keys(frame: &Frame, index: usize, names: &mut Names) -> Lua {
    let keys_of = |place: Place, field_type| match place.inner {
        Inner::Keys(keys) if place.part == index => Some((keys, field_type)),
        _ => None,
    };
    let later = index + 1..frame.parts.len();
    let sizes = later.filter_map(|later| keys_of(frame.size_place(later)?, "int64"));
    let digests = frame.parts.iter().flat_map(|part| &part.digests);
    let digests = digests
        .filter_map(|digest| keys_of(frame.resolve(&digest.at, frame.parts.len())?, "string"));
    let mut all: Vec<(Vec<String>, &str)> = Vec::new();
    for (keys, field_type) in sizes.chain(digests) {
        if !all.iter().any(|(known, _)| *known == keys) {
            all.push((keys, field_type));
        }
    }
    let part_name = frame.parts.get(index).map(|part| part.name.as_str()).unwrap_or_default();
    let entry = |(keys, field_type): (Vec<String>, &'static str)| {
        let mut words = vec![frame.name.as_str(), part_name];
        words.extend(keys.iter().map(String::as_str));
        Lua::Table(vec![
            ("keys", Lua::texts(&keys)),
            ("name", Lua::text(keys.join("."))),
            ("filter", Lua::text(names.take(&words))),
            ("type", Lua::text(field_type)),
        ])
    };
    Lua::List(all.into_iter().map(entry).collect())
}

/// The values of a struct. If there are several, each has a filter.
fn slots(frame: &Frame, index: usize, fields: &[String], slots: &[Slot], names: &mut Names) -> Lua {
    let is_alone = fields.is_empty() && slots.len() == 1;
    let part_name = frame.parts.get(index).map(|part| part.name.as_str()).unwrap_or_default();
    let slot = |(nth, slot): (usize, &Slot)| {
        let field = if is_alone { None } else { Some(nth) };
        let mut entries = vec![
            ("at", Lua::size(slot.range.start)),
            ("size", Lua::size(slot.range.len())),
            ("code", Lua::text(code_name(slot.kind))),
            ("type", Lua::text(slot_type(frame, index, field, slot))),
        ];
        if slot.is_little_endian {
            entries.push(("little", Lua::Bool(true)));
        }
        if field.is_some() {
            let name = fields.get(nth).cloned().unwrap_or_else(|| nth.to_string());
            let filter = names.take(&[&frame.name, part_name, &name]);
            entries.extend([("name", Lua::text(name)), ("filter", Lua::text(filter))]);
        }
        Lua::Table(entries)
    };
    Lua::List(slots.iter().enumerate().map(slot).collect())
}

const fn code_name(kind: SlotKind) -> &'static str {
    match kind {
        SlotKind::Int => "int",
        SlotKind::Uint => "uint",
        SlotKind::Float => "float",
        SlotKind::Bool => "bool",
        SlotKind::Char => "char",
        SlotKind::String => "string",
        SlotKind::Pascal => "pascal",
    }
}

/// Wireshark's type of a value. A string that contains a checksum is bytes; other strings mostly contain text.
fn slot_type(frame: &Frame, index: usize, field: Option<usize>, slot: &Slot) -> &'static str {
    let inner = field.map_or(Inner::Whole, Inner::Field);
    let place = Place { part: index, inner };
    let mut digests = frame.parts.iter().flat_map(|part| &part.digests);
    let is_digest =
        digests.any(|digest| frame.resolve(&digest.at, frame.parts.len()).as_ref() == Some(&place));
    match (slot.kind, slot.range.len()) {
        (SlotKind::Int, 1) => "int8",
        (SlotKind::Int, 2) => "int16",
        (SlotKind::Int, 4) => "int32",
        (SlotKind::Int, _) => "int64",
        (SlotKind::Uint, 1) => "uint8",
        (SlotKind::Uint, 2) => "uint16",
        (SlotKind::Uint, 4) => "uint32",
        (SlotKind::Uint, _) => "uint64",
        (SlotKind::Float, 4) => "float",
        (SlotKind::Float, _) => "double",
        (SlotKind::Bool, _) => "bool",
        (SlotKind::String | SlotKind::Pascal, _) if !is_digest => "string",
        (SlotKind::Char | SlotKind::String | SlotKind::Pascal, _) => "bytes",
    }
}
