//! Fuzzes only the JSON part.

use pyjson::{PyString, Value, dumps, loads_bytes};

use crate::memory::{A_BYTE_OF_JSON, bounded};

/// Checks that any bytes are accepted or refused, and that an accepted value can be written and
/// read again without a change. CPython has the same one exception: bytes can contain the two
/// surrogates of a character separately, and the text written from them joins them.
pub fn json_loads(data: &[u8]) {
    let loaded = bounded(data.len(), A_BYTE_OF_JSON, || loads_bytes(data));
    if let Ok(text) = std::str::from_utf8(data)
        && !text.starts_with('\u{feff}')
    {
        // The text gives the same result as its bytes, unless the bytes look like UTF-16 or UTF-32.
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
        // This may have merged two keys into one, once.
        assert_eq!(dumps(&loads_bytes(rewritten.as_bytes()).expect("read again")), rewritten);
    } else {
        assert_eq!(written, rewritten);
    }
}

/// Whether a string has a high surrogate and a low one after it, each separately encoded.
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
