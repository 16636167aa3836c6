//! JSON alone.

use pyjson::{PyString, Value, dumps, loads_bytes};

use crate::memory::{A_BYTE_OF_JSON, bounded};

/// Any bytes are taken or refused. What is taken can be written, and that is read as what it was
/// written from; so from there on it stays. The one exception is CPython's, too: bytes can hold the
/// two surrogates of a character apart, and the text that is written of them joins them.
pub fn json_loads(data: &[u8]) {
    let loaded = bounded(data.len(), A_BYTE_OF_JSON, || loads_bytes(data));
    if let Ok(text) = std::str::from_utf8(data)
        && !text.starts_with('\u{feff}')
    {
        // As text it is what it is as bytes, unless those are UTF-16 or UTF-32 to look at.
        let as_text = pyjson::loads(text);
        if !data.contains(&0) {
            assert_eq!(as_text.is_ok(), loaded.is_ok(), "{as_text:?} as text, {loaded:?} as bytes");
        }
    }
    let Ok(value) = loaded else { return };
    assert!(depth(&value) <= data.len(), "a level takes a bracket");
    let written = dumps(&value);
    let again = loads_bytes(written.as_bytes()).expect("what is written can be read");
    let rewritten = dumps(&again);
    if has_split_pair(&value) {
        // Two keys may have become one by that, once.
        assert_eq!(dumps(&loads_bytes(rewritten.as_bytes()).expect("read again")), rewritten);
    } else {
        assert_eq!(written, rewritten);
    }
}

/// Whether some string has a high surrogate and a low one behind it, each by itself.
fn has_split_pair(value: &Value) -> bool {
    let split = |text: &PyString| {
        let next = text.code_points().skip(1);
        let mut pairs = text.code_points().zip(next);
        pairs.any(|(high, low)| (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low))
    };
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Str(text) if split(text) => return true,
            Value::List(items) => left.extend(items),
            Value::Dict(dict) => {
                if dict.iter().any(|(key, _)| split(key)) {
                    return true;
                }
                left.extend(dict.iter().map(|(_, item)| item));
            }
            _ => {}
        }
    }
    false
}

fn depth(value: &Value) -> usize {
    let mut deepest = 0;
    let mut left = vec![(value, 0)];
    while let Some((value, depth)) = left.pop() {
        deepest = deepest.max(depth);
        match value {
            Value::List(items) => left.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Dict(dict) => left.extend(dict.iter().map(|(_, item)| (item, depth + 1))),
            _ => {}
        }
    }
    deepest
}
