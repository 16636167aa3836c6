//! JSON alone.

use pyjson::{Value, dumps, loads_bytes};

use crate::memory::{A_BYTE_OF_JSON, bounded};

/// Any bytes are taken or refused. What is taken can be written, and that is read as what it was
/// written from; so from there on it stays.
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
    assert_eq!(written, rewritten);
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
