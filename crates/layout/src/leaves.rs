//! Lists every value of a frame with its path and its place in the stream.

use std::ops::Range;

use pyjson::PyString;

use crate::read::Reading;
use crate::spans::{Key, Node, scan};
use crate::table::{Inner, Place};
use crate::{Frame, FrameRead, Kind, Layout, Part, PartRead, Scalar, Value};

/// A value of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf<'r> {
    /// Its path, such as `request.dict.filename`. In a list, the index is the key of an item.
    pub path: String,
    /// Its place in the frame.
    pub place: Place,
    /// Its kind.
    pub value: LeafValue<'r>,
    /// Its place in the stream: a part with its delimiter, a JSON value's own text, a string with
    /// its quotes.
    pub range: Range<usize>,
    /// The range without the part's delimiter.
    pub text: Range<usize>,
    /// Whether it contains other values, which follow it in the list.
    pub has_inner: bool,
    /// The indices of the parts whose size it is.
    pub sizes: Vec<usize>,
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LeafValue<'r> {
    /// A number.
    Scalar(&'r Scalar),
    /// Several numbers, which follow one by one.
    Fields(&'r [Scalar]),
    /// Text.
    Text(&'r str),
    /// JSON, or a value in it.
    Json(&'r pyjson::Value),
    /// The bytes of the range.
    Bytes,
}

impl FrameRead {
    /// Every value that has a path: parts, fields, and the values in JSON, to the depth of 64. A
    /// value that contains others comes before them. JSON that is not UTF-8 or has more than 65,536
    /// values counts as one value. For a repeated key, the last value counts.
    #[must_use]
    pub fn leaves<'r>(&'r self, layout: &Layout, stream: &[u8]) -> Vec<Leaf<'r>> {
        let Some(frame) = self.table(layout) else { return Vec::new() };
        let sizes = (0..frame.parts.len()).map(|part| frame.size_place(part)).collect();
        let mut leaves = Leaves { frame, sizes, found: Vec::new() };
        for read in &self.parts {
            if let Some(part) = frame.parts.get(read.part) {
                leaves.add_part(part, read, stream);
            }
        }
        leaves.found
    }

    /// The path of the innermost value with the byte at `offset` in the stream. For an incomplete
    /// part it is the part's own path.
    #[must_use]
    pub fn path_at(&self, layout: &Layout, stream: &[u8], offset: usize) -> Option<String> {
        if offset < self.at {
            return None;
        }
        if offset >= self.end() {
            let frame = self.table(layout).filter(|_| !self.is_whole)?;
            let next = frame.parts.get(self.parts.len())?;
            return Some(format!("{}.{}", frame.name, next.name));
        }
        let leaves = self.leaves(layout, stream).into_iter().rev();
        { leaves }.find(|leaf| leaf.range.contains(&offset)).map(|leaf| leaf.path)
    }
}

impl Reading {
    /// [`FrameRead::path_at`] of the byte's frame.
    #[must_use]
    pub fn path_at(&self, layout: &Layout, stream: &[u8], offset: usize) -> Option<String> {
        let frame = self.frames.iter().rev().find(|frame| frame.at <= offset)?;
        frame.path_at(layout, stream, offset)
    }
}

struct Leaves<'l, 'r> {
    frame: &'l Frame,
    /// The place of each part's size.
    sizes: Vec<Option<Place>>,
    found: Vec<Leaf<'r>>,
}

impl<'r> Leaves<'_, 'r> {
    fn add(&mut self, place: Place, value: LeafValue<'r>, range: Range<usize>, has_inner: bool) {
        let sizes = (0..).zip(&self.sizes).filter(|(_, size)| size.as_ref() == Some(&place));
        let sizes = sizes.map(|(part, _)| part).collect();
        let part = self.frame.parts.get(place.part).filter(|_| place.inner == Inner::Whole);
        let delimiter = part.map_or(0, |part| part.kind.delimiter().len());
        let text = range.start..range.end.saturating_sub(delimiter).max(range.start);
        let path = format!("{}.{}", self.frame.name, self.frame.path_of(&place));
        self.found.push(Leaf { path, place, value, range, text, has_inner, sizes });
    }

    fn add_part(&mut self, part: &Part, read: &'r PartRead, stream: &[u8]) {
        let place = Place { part: read.part, inner: Inner::Whole };
        let range = read.range.clone();
        match &read.value {
            Value::Scalar(scalar) => self.add(place, LeafValue::Scalar(scalar), range, false),
            Value::Text(text) => self.add(place, LeafValue::Text(text), range, false),
            Value::Bytes => self.add(place, LeafValue::Bytes, range, false),
            Value::Fields(fields) => {
                let start = range.start;
                self.add(place, LeafValue::Fields(fields), range, !fields.is_empty());
                let Kind::Struct { format, .. } = &part.kind else { return };
                for (index, (field, at)) in fields.iter().zip(format.ranges()).enumerate() {
                    let place = Place { part: read.part, inner: Inner::Field(index) };
                    let range = start + at.start..start + at.end;
                    self.add(place, LeafValue::Scalar(field), range, false);
                }
            }
            Value::Json(json) => {
                let end = range.end.saturating_sub(part.kind.delimiter().len());
                let text = stream.get(range.start..end).unwrap_or_default();
                let nodes = scan(text).unwrap_or_default();
                self.add_json(read, json, &nodes);
            }
        }
    }

    fn add_json(&mut self, read: &'r PartRead, json: &'r pyjson::Value, nodes: &[Node]) {
        let whole = Place { part: read.part, inner: Inner::Whole };
        let has_inner = nodes.len() > 1;
        self.add(whole, LeafValue::Json(json), read.range.clone(), has_inner);
        let mut values: Vec<Option<(&'r pyjson::Value, Vec<String>)>> = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let found = find(node, json, &values);
            if let Some((value, keys)) = found.as_ref().filter(|_| index > 0) {
                let place = Place { part: read.part, inner: Inner::Keys(keys.clone()) };
                let start = read.range.start;
                let range = start + node.range.start..start + node.range.end;
                let has_inner = nodes.get(index + 1).is_some_and(|next| next.parent == Some(index));
                self.add(place, LeafValue::Json(value), range, has_inner);
            }
            values.push(found);
        }
    }
}

/// The value of a node, and its keys.
fn find<'r>(
    node: &Node,
    root: &'r pyjson::Value,
    before: &[Option<(&'r pyjson::Value, Vec<String>)>],
) -> Option<(&'r pyjson::Value, Vec<String>)> {
    if node.is_hidden {
        return None;
    }
    let Some(parent) = node.parent else { return Some((root, Vec::new())) };
    let (parent, keys) = before.get(parent)?.as_ref()?;
    let (value, key) = match (&node.key, parent) {
        (Key::Name(name), pyjson::Value::Dict(dict)) => (dict.get_py(name)?, shown(name)),
        (Key::Index(index), pyjson::Value::List(items)) => (items.get(*index)?, index.to_string()),
        _ => return None,
    };
    Some((value, keys.iter().cloned().chain([key]).collect()))
}

fn shown(key: &PyString) -> String {
    key.to_string_lossy().into_owned()
}
