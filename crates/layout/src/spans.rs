//! Finds the place of each value in a part, above all in a JSON text that `pyjson` has accepted.

use std::collections::HashMap;
use std::ops::Range;

use pyjson::PyString;

use crate::Kind;
use crate::table::Inner;

/// A value in a JSON text. Parents come before their contents.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Index of the list or dict that contains it.
    pub(crate) parent: Option<usize>,
    /// Its key or index there.
    pub(crate) key: Key,
    /// The place of its text, quotes included.
    pub(crate) range: Range<usize>,
    /// Whether a later value of the same key in the dict hides it; the last value counts.
    pub(crate) is_hidden: bool,
}

/// The key or index of a value in a dict or list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Root,
    Name(PyString),
    Index(usize),
}

/// Deeper values are not distinguished.
const DEPTH_MAX: usize = 64;
/// A text with more values counts as one value.
const NODES_MAX: usize = 1 << 16;

/// All values of a text; `None` if it is not UTF-8, or has too many values.
pub(crate) fn scan(text: &[u8]) -> Option<Vec<Node>> {
    let start = text.get(..4).unwrap_or(text);
    if start.contains(&0) || text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return None;
    }
    let at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut scanner = Scanner { text, at, nodes: Vec::new(), open: Vec::new() };
    scanner.value(Key::Root)?;
    while !scanner.open.is_empty() {
        scanner.step()?;
    }
    hide(&mut scanner.nodes);
    Some(scanner.nodes)
}

/// Where a value begins in the bytes of its part. If that is unknown, where the part begins.
pub(crate) fn offset_in(kind: &Kind, inner: &Inner, bytes: &[u8]) -> usize {
    let offset = match (kind, inner) {
        (Kind::Struct { format, .. }, Inner::Field(index)) => {
            format.ranges().get(*index).map(|range| range.start)
        }
        (Kind::Json(_) | Kind::JsonUntil(_), Inner::Keys(keys)) => offset_of_keys(bytes, keys),
        _ => None,
    };
    offset.unwrap_or(0)
}

fn offset_of_keys(text: &[u8], keys: &[String]) -> Option<usize> {
    let nodes = scan(text)?;
    let mut at = 0;
    for key in keys {
        let is_it = |node: &Node| {
            let is_key = match &node.key {
                Key::Name(name) => name.to_string_lossy() == *key,
                Key::Index(index) => index.to_string() == *key,
                Key::Root => false,
            };
            node.parent == Some(at) && !node.is_hidden && is_key
        };
        at = nodes.iter().position(is_it)?;
    }
    Some(nodes.get(at)?.range.start)
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    nodes: Vec<Node>,
    /// The open lists and dicts.
    open: Vec<Open>,
}

struct Open {
    /// `None` for one that is too deep.
    node: Option<usize>,
    is_dict: bool,
    count: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&is_skipped) {
            self.at += 1;
        }
    }

    fn skip_space(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    /// The key or index of the next value in the innermost list or dict.
    fn step(&mut self) -> Option<()> {
        self.skip_space();
        let open = self.open.last_mut()?;
        let (is_dict, index) = (open.is_dict, open.count);
        match self.text.get(self.at)? {
            b',' => {
                self.at += 1;
                Some(())
            }
            b']' | b'}' => {
                self.at += 1;
                let node = self.open.pop()?.node;
                if let Some(node) = node.and_then(|node| self.nodes.get_mut(node)) {
                    node.range.end = self.at;
                }
                Some(())
            }
            _ => {
                open.count += 1;
                let key = if is_dict { Key::Name(self.key()?) } else { Key::Index(index) };
                self.value(key)
            }
        }
    }

    fn key(&mut self) -> Option<PyString> {
        let start = self.at;
        self.string();
        let key = pyjson::loads_bytes(self.text.get(start..self.at)?).ok()?;
        self.skip(|byte| byte != b':');
        self.at += 1;
        key.into_py_string().ok()
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
    }

    fn value(&mut self, key: Key) -> Option<()> {
        self.skip_space();
        let start = self.at;
        let first = self.peek()?;
        let is_container = matches!(first, b'[' | b'{');
        match first {
            b'[' | b'{' => self.at += 1,
            b'"' => self.string(),
            _ => self.skip(|byte| !b" \t\n\r,]}".contains(&byte)),
        }
        let parent = self.open.last().and_then(|open| open.node);
        let is_kept = self.open.is_empty() || (parent.is_some() && self.open.len() <= DEPTH_MAX);
        let node = is_kept.then_some(self.nodes.len());
        if is_kept {
            if self.nodes.len() >= NODES_MAX {
                return None;
            }
            self.nodes.push(Node { parent, key, range: start..self.at, is_hidden: false });
        }
        if is_container {
            self.open.push(Open { node, is_dict: first == b'{', count: 0 });
        }
        Some(())
    }
}

/// Marks a value that a later value of the same key hides, and everything in it.
fn hide(nodes: &mut [Node]) {
    let mut last = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        last.insert((node.parent, node.key.clone()), index);
    }
    let mut hidden = vec![false; nodes.len()];
    for (index, node) in nodes.iter_mut().enumerate() {
        let is_last = last.get(&(node.parent, node.key.clone())) == Some(&index);
        let in_hidden = node.parent.and_then(|parent| hidden.get(parent)).is_some_and(|is| *is);
        node.is_hidden = !is_last || in_hidden;
        if let Some(slot) = hidden.get_mut(index) {
            *slot = node.is_hidden;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Size};

    #[test]
    fn a_value_begins_where_its_own_text_does() {
        let text = br#"{"a": 1, "b": [10, {"a": "x"}], "a" : 22}"#;
        let begin = |keys: &[&str]| {
            let keys = keys.iter().map(|key| (*key).to_owned()).collect();
            offset_in(&Kind::Json(Size::Rest), &Inner::Keys(keys), text)
        };
        // For a repeated key, the last value counts.
        assert_eq!(begin(&["a"]), 38);
        assert_eq!(begin(&["b", "0"]), 15);
        assert_eq!(begin(&["b", "1", "a"]), 25);
        assert_eq!(begin(&[]), 0);
        assert_eq!(begin(&["c"]), 0);
    }

    #[test]
    fn a_field_begins_behind_those_before_it() {
        let fields = vec!["kind".to_owned(), "size".to_owned()];
        let kind = Kind::Struct { format: Format::parse(">HI").unwrap(), fields };
        assert_eq!(offset_in(&kind, &Inner::Field(1), b"\0\x01\0\0\0\x02"), 2);
        assert_eq!(offset_in(&kind, &Inner::Whole, b"\0\x01\0\0\0\x02"), 0);
    }
}
