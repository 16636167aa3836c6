//! Writes frames in the form of a protocol file.

use layout::{Counts, Digest, DigestKind, Encoding, Frame, Kind, Part, Size};

use crate::reasons::Reason;

/// The maximum length of a comment's lines.
const LINE_MAX: usize = 100;

/// A text as a TOML string on one line: a JSON string, with the further escapes that TOML needs.
#[must_use]
pub fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\x7f', "\\u007f")
}

/// A comment on as many lines as needed, each after `indent`.
#[must_use]
pub fn comment(text: &str, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let is_full =
                indent.len() + 2 + line.chars().count() + 1 + word.chars().count() > LINE_MAX;
            if is_full && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.iter().map(|line| format!("{indent}{}\n", format!("# {line}").trim_end())).collect()
}

/// A frame's table. A comment before each part gives the evidence.
#[must_use]
pub fn frame_text(frame: &Frame, reasons: &[Reason]) -> String {
    let mut text = format!("[frames.{}]\nparts = [\n", frame.name);
    for (nth, part) in frame.parts.iter().enumerate() {
        if let Some(Reason { sure, why }) = reasons.get(nth) {
            text.push_str(&comment(&format!("{}: {why}", sure.word()), "    "));
        }
        text.push_str(&format!("    {},\n", part_text(part)));
    }
    text.push_str("]\n");
    text
}

/// The parts of a frame on one line.
pub(crate) fn parts_line(frame: &Frame) -> String {
    let parts: Vec<String> = frame.parts.iter().map(part_text).collect();
    parts.join(", ")
}

fn part_text(part: &Part) -> String {
    let mut entries = vec![format!("name = {}", string(&part.name))];
    match &part.kind {
        Kind::Struct { format, fields } => {
            entries.push(format!("struct = {}", string(format.as_str())));
            if fields.len() > 1 {
                let fields: Vec<String> = fields.iter().map(|field| string(field)).collect();
                entries.push(format!("fields = [{}]", fields.join(", ")));
            }
        }
        Kind::Digits { width } => entries.push(format!("digits = {width}")),
        Kind::NumberUntil(until) => entries.push(format!("number-until = {}", delimiter(until))),
        Kind::TextUntil { delimiter: until, encoding } => {
            entries.push(format!("text-until = {}", delimiter(until)));
            entries.extend(encoding_text(*encoding));
        }
        Kind::Json(size) => entries.push(format!("json = {}", size_text(size))),
        Kind::JsonUntil(until) => entries.push(format!("json-until = {}", delimiter(until))),
        Kind::Text { size, encoding } => {
            entries.push(format!("text = {}", size_text(size)));
            entries.extend(encoding_text(*encoding));
        }
        Kind::Bytes(size) => entries.push(format!("bytes = {}", size_text(size))),
        Kind::Const(bytes) => entries.push(format!("const = {}", constant(bytes))),
        Kind::Pad(size) => entries.push(format!("pad = {size}")),
    }
    if part.counts == Counts::Characters {
        entries.push("counts = \"characters\"".to_owned());
    }
    let (own, of_keys): (Vec<&Digest>, Vec<&Digest>) =
        part.digests.iter().partition(|digest| digest.at.len() == 1);
    entries.extend(own.iter().map(|digest| format!("digest = {}", digest_text(digest))));
    if !of_keys.is_empty() {
        let entry = |it: &&Digest| format!("{} = {}", string(&it.at.join(".")), digest_text(it));
        let list: Vec<String> = of_keys.iter().map(entry).collect();
        entries.push(format!("digests = {{ {} }}", list.join(", ")));
    }
    format!("{{ {} }}", entries.join(", "))
}

fn size_text(size: &Size) -> String {
    match size {
        Size::Fixed(count) => count.to_string(),
        Size::Of(path) => string(&path.join(".")),
        Size::Rest => "\"rest\"".to_owned(),
        Size::Turn => "\"turn\"".to_owned(),
    }
}

fn encoding_text(encoding: Encoding) -> Option<String> {
    (encoding != Encoding::Utf8).then(|| format!("encoding = {}", string(encoding.name())))
}

/// A delimiter as an escaped string on one line.
fn delimiter(bytes: &[u8]) -> String {
    match bytes {
        b"\n" => "\"\\n\"".to_owned(),
        b"\r\n" => "\"\\r\\n\"".to_owned(),
        b"\0" => "\"\\u0000\"".to_owned(),
        other => string(&String::from_utf8_lossy(other)),
    }
}

fn constant(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(_) if matches!(bytes, b"\n" | b"\r\n" | b"\0") => delimiter(bytes),
        Ok(text) if !text.contains(char::is_control) => string(text),
        _ => format!("{{ hex = \"{}\" }}", crate::facts::hex(bytes)),
    }
}

fn digest_text(digest: &Digest) -> String {
    let kind = match digest.kind {
        DigestKind::Md5 => "md5",
        DigestKind::Sha1 => "sha1",
        DigestKind::Sha256 => "sha256",
        DigestKind::Sha512 => "sha512",
        DigestKind::Crc32 => "crc32",
    };
    format!("{{ of = {}, kind = \"{kind}\" }}", string(&digest.of))
}
