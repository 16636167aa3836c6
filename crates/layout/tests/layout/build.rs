//! Builds layouts in few words.

use layout::{
    Counts, Digest, DigestKind, Direction, Encoding, Format, Frame, Item, Kind, Layout, Part,
    Reading, Size,
};

pub(crate) fn path(text: &str) -> Vec<String> {
    text.split('.').map(str::to_owned).collect()
}

pub(crate) fn of(text: &str) -> Size {
    Size::Of(path(text))
}

pub(crate) fn structure(name: &str, format: &str, fields: &[&str]) -> Part {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Part::new(name, Kind::Struct { format: Format::parse(format).unwrap(), fields })
}

pub(crate) fn number(name: &str, format: &str) -> Part {
    structure(name, format, &[])
}

pub(crate) fn json(name: &str, size: Size) -> Part {
    Part::new(name, Kind::Json(size))
}

pub(crate) fn bytes(name: &str, size: Size) -> Part {
    Part::new(name, Kind::Bytes(size))
}

pub(crate) fn text(name: &str, size: Size, encoding: Encoding) -> Part {
    Part::new(name, Kind::Text { size, encoding })
}

pub(crate) fn constant(name: &str, bytes: &[u8]) -> Part {
    Part::new(name, Kind::Const(bytes.to_vec()))
}

pub(crate) fn counting_characters(mut part: Part) -> Part {
    part.counts = Counts::Characters;
    part
}

pub(crate) fn with_digest(mut part: Part, at: &str, of: &str, kind: DigestKind) -> Part {
    part.digests.push(Digest { at: path(at), of: of.to_owned(), kind });
    part
}

pub(crate) fn frame(name: &str, parts: Vec<Part>) -> Frame {
    Frame { name: name.to_owned(), parts }
}

/// A layout whose client sends these frames, each once, or any number of times if its name ends
/// in a star.
pub(crate) fn layout(frames: Vec<Frame>) -> Layout {
    let (mut to_server, mut plain) = (Vec::new(), Vec::new());
    for (index, mut frame) in frames.into_iter().enumerate() {
        let name = frame.name.strip_suffix('*').map(str::to_owned);
        to_server.push(Item { frame: index, repeats: name.is_some() });
        frame.name = name.unwrap_or(frame.name);
        plain.push(frame);
    }
    Layout { frames: plain, to_server, to_client: Vec::new() }
}

/// The layout of the documentation: length, dict, body.
pub(crate) fn request() -> Layout {
    let digest = with_digest(json("dict", of("length")), "dict.md5", "body", DigestKind::Md5);
    let parts = vec![number("length", ">I"), digest, bytes("body", of("dict.filesize"))];
    layout(vec![frame("request*", parts)])
}

/// A frame of [`request`].
pub(crate) fn request_bytes(dict: &str, body: &[u8]) -> Vec<u8> {
    [&(dict.len() as u32).to_be_bytes(), dict.as_bytes(), body].concat()
}

/// Reads an ended stream of the client, with turns.
pub(crate) fn read_turns(layout: &Layout, stream: &[u8], turns: &[usize]) -> Reading {
    layout::read(layout, Direction::ToServer, stream, turns, true)
}

/// Reads an ended stream of the client.
pub(crate) fn read(layout: &Layout, stream: &[u8]) -> Reading {
    read_turns(layout, stream, &[])
}

/// UTF-8 text up to a delimiter.
pub(crate) fn text_until(delimiter: Vec<u8>) -> Kind {
    Kind::TextUntil { delimiter, encoding: layout::Encoding::Utf8 }
}
