//! Reads `[frames]` and `[streams]` of a protocol's file: the meaning of the bytes.

use layout::{
    Counts, Digest, DigestKind, Encoding, Format, Frame, Inner, Item, Kind, Layout, Part, Size,
};
use located::{Mistake, meant};
use toml::Spanned;
use toml::de::DeValue;

use crate::hex::hex;
use crate::reader::Section;

/// The kinds of a part: exactly one of these keys must be there.
const KINDS: [&str; 10] = [
    "struct",
    "digits",
    "number-until",
    "text-until",
    "json",
    "json-until",
    "text",
    "bytes",
    "const",
    "pad",
];
/// Longer constants and pads are probably a slip.
const PART_MAX_BYTES: i64 = 1 << 20;

/// The frames of a file, and the directions that consist of them, the one to the server
/// first.
#[derive(Debug)]
pub(crate) struct FramesForm {
    pub(crate) layout: Layout,
    pub(crate) is_framed: [bool; 2],
}

/// The frames, if the file has any without a mistake.
pub(crate) fn read(root: &Section<'_>) -> Option<FramesForm> {
    let frames = root.section("frames");
    let streams = root.section("streams");
    let Some(frames) = frames else {
        if let Some(streams) = streams {
            let help = "[frames.NAME] with parts = [ … ] says what a frame is made of";
            let what = "[streams] names frames, and this file has none";
            streams.note(Mistake::new(what, streams.place()).with_help(help));
        }
        return None;
    };
    let place = frames.place();
    let mut layout = Layout::default();
    let mut names = Vec::new();
    for (name, value) in frames.entries() {
        path_word(&frames, &name, "a frame");
        let Some(section) = frames.section_of(format!("the frame {:?}", name.get_ref()), value)
        else {
            continue;
        };
        let parts = parts(&section);
        section.finish();
        layout.frames.push(Frame { name: name.get_ref().clone(), parts });
        names.push(name);
    }
    let Some(streams) = streams else {
        if root.get("streams").is_none() {
            let help = "e.g. [streams] with to-server = [\"request*\"]";
            let what = "no direction in [streams] uses these frames";
            root.note(Mistake::new(what, place).with_help(help));
        }
        return None;
    };
    let mut is_framed = [false; 2];
    let items = |key: &str, is_framed: &mut bool| {
        let Some(texts) = streams.texts(key) else { return Vec::new() };
        *is_framed = true;
        texts.get_ref().iter().filter_map(|text| item(&streams, text, &layout)).collect()
    };
    let [up, down] = &mut is_framed;
    let (to_server, to_client) = (items("to-server", up), items("to-client", down));
    streams.finish();
    for (nth, name) in names.iter().enumerate() {
        let is_used = |items: &[Item]| items.iter().any(|item| item.frame == nth);
        if !is_used(&to_server) && !is_used(&to_client) {
            let what = format!("no direction uses the frame {:?}", name.get_ref());
            root.warn(Mistake::new(what, name.span()).with_help("name it in [streams]"));
        }
    }
    (layout.to_server, layout.to_client) = (to_server, to_client);
    Some(FramesForm { layout, is_framed })
}

/// A word of a path such as `request.dict.filename`.
fn path_word(section: &Section<'_>, name: &Spanned<String>, of: &str) {
    let text = name.get_ref();
    if text.is_empty() || text.contains(['.', '*']) || text.contains(char::is_whitespace) {
        let what = format!("{text:?} can't be the name of {of}");
        let help = "a name is a word of a path such as request.dict.filename";
        section.note(Mistake::new(what, name.span()).with_help(help));
    }
}

fn item(section: &Section<'_>, text: &Spanned<String>, layout: &Layout) -> Option<Item> {
    let (name, repeats) = match text.get_ref().strip_suffix('*') {
        Some(name) => (name, true),
        None => (text.get_ref().as_str(), false),
    };
    let frame = layout.frame(name);
    if frame.is_none() {
        let known: Vec<&str> = layout.frames.iter().map(|frame| frame.name.as_str()).collect();
        let what = format!("no frame is called {name:?}");
        section.note(Mistake::new(what, text.span()).with_help(meant(name, &known)));
    }
    Some(Item { frame: frame?, repeats })
}

fn parts(section: &Section<'_>) -> Vec<Part> {
    let sections = section.sections("parts");
    if sections.is_empty() && section.get("parts").is_none() {
        section.lacks("parts");
    }
    let mut frame = Frame::default();
    let mut digests = Vec::new();
    let mut goes_to_the_end = None;
    for part in sections {
        if let Some(before) = &goes_to_the_end {
            let what = format!("no part can follow {before:?}, which goes on to the end");
            part.note(Mistake::new(what, part.place()));
        }
        let Some((read, of)) = self::part(&part, &frame) else {
            part.finish();
            continue;
        };
        if matches!(read.kind.size(), Some(Size::Rest | Size::Turn)) {
            goes_to_the_end = Some(read.name.clone());
        }
        digests.extend(of);
        frame.parts.push(read);
        part.finish();
    }
    let known: Vec<&str> = frame.parts.iter().map(|part| part.name.as_str()).collect();
    for of in &digests {
        if !known.contains(&of.get_ref().as_str()) {
            let what = format!("no part of this frame is called {:?}", of.get_ref());
            section.note(Mistake::new(what, of.span()).with_help(meant(of.get_ref(), &known)));
        }
    }
    frame.parts
}

/// A part, and the names of the parts that its checksums are of.
fn part(section: &Section<'_>, before: &Frame) -> Option<(Part, Vec<Spanned<String>>)> {
    let name = section.required("name");
    if let Some(name) = &name {
        path_word(section, name, "a part");
        if before.part(name.get_ref()).is_some() {
            let what = format!("the part {:?} is there twice", name.get_ref());
            section.note(Mistake::new(what, name.span()));
        }
    }
    let kind = kind(section, before);
    let counts = counts(section, kind.as_ref());
    let name = name?.into_inner();
    let mut digests = Vec::new();
    let mut named = Vec::new();
    if let Some(inner) = section.section("digest") {
        if let Some((of, kind)) = digest(&inner) {
            digests.push(Digest { at: vec![name.clone()], of: of.get_ref().clone(), kind });
            named.push(of);
        }
        inner.finish();
    }
    if let Some(inner) = section.section("digests") {
        for (path, value) in inner.entries() {
            let words: Vec<String> = path.get_ref().split('.').map(str::to_owned).collect();
            if words.first() != Some(&name) {
                let what = format!("{:?} is not in the part {name:?}", path.get_ref());
                let help = format!("e.g. \"{name}.md5\"");
                inner.note(Mistake::new(what, path.span()).with_help(help));
            }
            let Some(table) = inner.section_of(format!("{:?}", path.get_ref()), value) else {
                continue;
            };
            if let Some((of, kind)) = digest(&table) {
                digests.push(Digest { at: words, of: of.get_ref().clone(), kind });
                named.push(of);
            }
            table.finish();
        }
    }
    Some((Part { name, kind: kind?, counts: counts?, digests }, named))
}

fn digest(section: &Section<'_>) -> Option<(Spanned<String>, DigestKind)> {
    let kinds = [
        ("md5", DigestKind::Md5),
        ("sha1", DigestKind::Sha1),
        ("sha256", DigestKind::Sha256),
        ("sha512", DigestKind::Sha512),
        ("crc32", DigestKind::Crc32),
    ];
    let of = section.required("of");
    if section.get("kind").is_none() {
        section.lacks("kind");
    }
    let kind = section.word("kind", &kinds);
    Some((of?, kind?))
}

fn counts(section: &Section<'_>, kind: Option<&Kind>) -> Option<Counts> {
    let Some(value) = section.get("counts") else { return Some(Counts::Bytes) };
    let counts =
        section.word("counts", &[("bytes", Counts::Bytes), ("characters", Counts::Characters)])?;
    let is_number =
        matches!(kind, Some(Kind::Struct { .. } | Kind::Digits { .. } | Kind::NumberUntil(_)));
    let has_keys = matches!(kind, Some(Kind::Json(_) | Kind::JsonUntil(_)));
    if kind.is_some() && !is_number && !has_keys {
        let what = "only a number counts anything";
        section.note(Mistake::new(what, value.span()));
    }
    Some(counts)
}

fn kind(section: &Section<'_>, before: &Frame) -> Option<Kind> {
    let there: Vec<&str> = KINDS.into_iter().filter(|key| section.get(key).is_some()).collect();
    let encoding = |is_text: bool| {
        let known = [
            ("utf-8", Encoding::Utf8),
            ("gbk", Encoding::Gbk),
            ("ascii", Encoding::Ascii),
            ("latin-1", Encoding::Latin1),
        ];
        let encoding = section.word("encoding", &known);
        if let Some(value) = section.get("encoding")
            && !is_text
        {
            section.note(Mistake::new("only text has an encoding", value.span()));
        }
        encoding.unwrap_or_default()
    };
    let is_text = there == ["text"] || there == ["text-until"];
    let encoding = encoding(is_text);
    let length = |key: &str| {
        let number = section.integer(key)?;
        if !(1..=PART_MAX_BYTES).contains(number.get_ref()) {
            let what = format!("expected 1 to {PART_MAX_BYTES} bytes");
            section.note(Mistake::new(what, number.span()));
            return None;
        }
        usize::try_from(number.into_inner()).ok()
    };
    match there[..] {
        ["struct"] => self::packed(section),
        ["digits"] => Some(Kind::Digits { width: length("digits")? }),
        ["number-until"] => delimiter(section, "number-until").map(Kind::NumberUntil),
        ["text-until"] => {
            let delimiter = delimiter(section, "text-until")?;
            Some(Kind::TextUntil { delimiter, encoding })
        }
        ["json-until"] => delimiter(section, "json-until").map(Kind::JsonUntil),
        ["json"] => size(section, "json", before).map(Kind::Json),
        ["text"] => size(section, "text", before).map(|size| Kind::Text { size, encoding }),
        ["bytes"] => size(section, "bytes", before).map(Kind::Bytes),
        ["const"] => delimiter(section, "const").map(Kind::Const),
        ["pad"] => length("pad").map(Kind::Pad),
        [] => {
            let what = "this part does not say what it is";
            let help = format!("one of: {}", KINDS.join(", "));
            section.note(Mistake::new(what, section.place()).with_help(help));
            None
        }
        _ => {
            let what = format!("a part is one thing, not {}", there.join(" and "));
            section.note(Mistake::new(what, section.place()));
            None
        }
    }
}

fn packed(section: &Section<'_>) -> Option<Kind> {
    let text = section.text("struct")?;
    let format = match Format::parse(text.get_ref()) {
        Ok(format) => format,
        Err(error) => {
            let what = format!("this is not a format of Python's struct: {error}");
            section.note(Mistake::new(what, text.span()).with_help("e.g. \">I\", \"!II\", \"i\""));
            return None;
        }
    };
    let fields = section.texts("fields");
    let count = format.values();
    let named = fields.as_ref().map_or(0, |fields| fields.get_ref().len());
    if count == 0 {
        let what = "this format packs no value; write a pad as const or bytes";
        section.note(Mistake::new(what, text.span()));
    } else if fields.is_none() && count > 1 {
        let what = format!("{:?} packs {count} values, which need names", text.get_ref());
        let help = "fields = [\"…\", \"…\"] gives them";
        section.note(Mistake::new(what, text.span()).with_help(help));
    } else if let Some(fields) = &fields
        && named != count
    {
        let what = format!("{:?} packs {count} values, and {named} are named", text.get_ref());
        section.note(Mistake::new(what, fields.span()));
    }
    let fields: Vec<Spanned<String>> = fields.map(Spanned::into_inner).unwrap_or_default();
    for field in &fields {
        path_word(section, field, "a field");
    }
    Some(Kind::Struct { format, fields: fields.into_iter().map(Spanned::into_inner).collect() })
}

/// Bytes that are not empty: a string, or `{ hex = "…" }`.
fn delimiter(section: &Section<'_>, key: &str) -> Option<Vec<u8>> {
    let value = section.get(key)?;
    let bytes = if value.get_ref().as_table().is_some() {
        hex(section, key)?
    } else {
        section.text(key)?.into_inner().into_bytes()
    };
    if bytes.is_empty() {
        section.note(Mistake::new("expected at least one byte", value.span()));
        return None;
    }
    Some(bytes)
}

fn size(section: &Section<'_>, key: &str, before: &Frame) -> Option<Size> {
    let value = section.get(key)?;
    if let DeValue::Integer(_) = value.get_ref() {
        let number = section.integer(key)?;
        let size = u64::try_from(*number.get_ref());
        if size.is_err() {
            section.note(Mistake::new("a size is not negative", number.span()));
        }
        return Some(Size::Fixed(size.ok()?));
    }
    let text = section.text(key)?;
    match text.get_ref().as_str() {
        "rest" => return Some(Size::Rest),
        "turn" => return Some(Size::Turn),
        _ => {}
    }
    let words: Vec<String> = text.get_ref().split('.').map(str::to_owned).collect();
    let Some(place) = before.resolve(&words, before.parts.len()) else {
        let mut known: Vec<&str> = before.parts.iter().map(|part| part.name.as_str()).collect();
        for part in &before.parts {
            if let Kind::Struct { fields, .. } = &part.kind {
                known.extend(fields.iter().map(String::as_str));
            }
        }
        known.extend(["rest", "turn"]);
        let what = format!("no part before this one gives the size {:?}", text.get_ref());
        let help = meant(text.get_ref(), &known);
        section.note(Mistake::new(what, text.span()).with_help(help));
        return None;
    };
    let of = before.parts.get(place.part)?;
    let is_number = match (&of.kind, &place.inner) {
        (Kind::Struct { .. }, Inner::Field(_)) => true,
        (Kind::Struct { fields, .. }, _) => fields.is_empty(),
        (Kind::Digits { .. } | Kind::NumberUntil(_), _) => true,
        // The whole part may be a number.
        (Kind::Json(_) | Kind::JsonUntil(_), _) => true,
        _ => false,
    };
    if !is_number {
        let what = format!("{:?} is not a number, so it can't be a size", text.get_ref());
        section.note(Mistake::new(what, text.span()));
        return None;
    }
    Some(Size::Of(words))
}
