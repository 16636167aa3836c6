//! Reads `[[hostile]]` of a protocol's file.

use layout::{Layout, Scalar, Value};
use located::{Mistake, meant};
use toml::Spanned;
use toml::de::DeValue;

use crate::hex::hex;
use crate::reader::Section;

/// A frame that the owner gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Given {
    /// The frame's index.
    pub(crate) frame: usize,
    /// Paths without the frame's name, and their new values.
    pub(crate) set: Vec<(String, Put)>,
    /// JSON keys to remove.
    pub(crate) unset: Vec<String>,
    /// The change, in words.
    pub(crate) what: String,
}

/// The new value of a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Put {
    Value(Value),
    /// The bytes of a whole part, unchanged.
    Bytes(Vec<u8>),
}

/// All of them.
pub(crate) fn read(root: &Section<'_>, layout: Option<&Layout>) -> Vec<Given> {
    let mut all = Vec::new();
    for section in root.sections("hostile") {
        let frame = section.required("frame");
        let index = frame.as_ref().and_then(|name| layout.and_then(|it| it.frame(name.get_ref())));
        if let Some(name) = frame.as_ref().filter(|_| index.is_none()) {
            let frames = layout.map(|it| &it.frames[..]).unwrap_or_default();
            let known: Vec<&str> = frames.iter().map(|frame| frame.name.as_str()).collect();
            let what = format!("no frame is called {:?}", name.get_ref());
            section.note(Mistake::new(what, name.span()).with_help(meant(name.get_ref(), &known)));
        }
        let mut given = Given {
            frame: index.unwrap_or_default(),
            set: Vec::new(),
            unset: Vec::new(),
            what: String::new(),
        };
        let mut words = Vec::new();
        let mut is_said = false;
        if let Some(set) = section.section("set") {
            for (path, value) in set.entries() {
                is_said = true;
                check(&set, layout, index, &path);
                let Some((read, shown)) = put_of(&set, &path, value) else { continue };
                words.push(format!("{} is {shown}", path.get_ref()));
                given.set.push((path.into_inner(), read));
            }
        }
        for path in section.texts("unset").map(Spanned::into_inner).unwrap_or_default() {
            check(&section, layout, index, &path);
            words.push(format!("{} is missing", path.get_ref()));
            given.unset.push(path.into_inner());
        }
        if words.is_empty() && !is_said {
            let help = "set = { \"dict.size\" = -1 }, or unset = [\"dict.size\"]";
            let what = "this changes no value";
            section.note(Mistake::new(what, section.place()).with_help(help));
        }
        let name = frame.map(Spanned::into_inner).unwrap_or_default();
        given.what = format!("{name}.{}", words.join(" and "));
        section.finish();
        if index.is_some() {
            all.push(given);
        }
    }
    all
}

/// Reports a path that the frame does not have.
fn check(
    section: &Section<'_>,
    layout: Option<&Layout>,
    frame: Option<usize>,
    path: &Spanned<String>,
) {
    let Some(frame) = frame.and_then(|index| layout?.frames.get(index)) else { return };
    if frame.resolve_dotted(path.get_ref()).is_none() {
        let known: Vec<&str> = frame.parts.iter().map(|part| part.name.as_str()).collect();
        let first = path.get_ref().split('.').next().unwrap_or_default();
        let what = format!("{:?} has no part {first:?}", frame.name);
        section.note(Mistake::new(what, path.span()).with_help(meant(first, &known)));
    }
}

/// The new value of a path: a value, or the bytes of a part.
fn put_of(
    section: &Section<'_>,
    path: &Spanned<String>,
    value: &Spanned<DeValue<'_>>,
) -> Option<(Put, String)> {
    if !matches!(value.get_ref(), DeValue::Table(_)) {
        let (value, shown) = value_of(section, value)?;
        return Some((Put::Value(value), shown));
    }
    let bytes = hex(section, path.get_ref())?;
    if path.get_ref().contains('.') {
        let what = "bytes replace a whole part, but this is a value inside a part";
        let part = path.get_ref().split('.').next().unwrap_or_default();
        let help = format!("{part:?} = {{ hex = \"…\" }}");
        section.note(Mistake::new(what, path.span()).with_help(help));
        return None;
    }
    let shown = format!("{}", bytes.escape_ascii());
    Some((Put::Bytes(bytes), format!("the bytes {shown}")))
}

/// A value of TOML as a value of a frame, and in words.
fn value_of(section: &Section<'_>, value: &Spanned<DeValue<'_>>) -> Option<(Value, String)> {
    let read = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            let number = i128::from_str_radix(number.as_str(), number.radix()).ok()?;
            Value::Scalar(Scalar::Int(number))
        }
        DeValue::Float(number) => Value::Scalar(Scalar::Float(number.as_str().parse().ok()?)),
        DeValue::Boolean(flag) => Value::Scalar(Scalar::Bool(*flag)),
        _ => {
            let what = "expected a string, a number, true, false or { hex = \"…\" }";
            section.note(Mistake::new(what, value.span()));
            return None;
        }
    };
    let shown = match &read {
        Value::Text(text) => format!("{text:?}"),
        Value::Scalar(Scalar::Int(number)) => number.to_string(),
        Value::Scalar(Scalar::Float(number)) => format!("{number:?}"),
        Value::Scalar(Scalar::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    };
    Some((read, shown))
}
