//! Compares with CPython: asks `python3`, or the interpreter in `FRAMECHECK_PYTHON`, about each
//! input.

use std::sync::{Mutex, MutexGuard, PoisonError};

use frame::{Decoder, Event, Limits};
use pyjson::PyString;
use serde_json::{Value as Json, json};

use crate::oracle::{Oracle, hex, redump, unhex};

static ORACLE: Mutex<Option<Oracle>> = Mutex::new(None);

fn with_oracle<T>(ask: impl FnOnce(&mut Oracle) -> T) -> T {
    let mut oracle: MutexGuard<'_, Option<Oracle>> =
        ORACLE.lock().unwrap_or_else(PoisonError::into_inner);
    ask(oracle.get_or_insert_with(Oracle::new))
}

/// Checks that our `json.loads` accepts and refuses the same bytes and text as CPython's, with the
/// same values and the same error messages.
pub fn json_differential(data: &[u8]) {
    with_oracle(|oracle| {
        let options = oracle.loads_options();
        assert_eq!(redump(options.loads_bytes(data)), oracle.loads_bytes(data), "as bytes");
        if let Ok(text) = std::str::from_utf8(data) {
            let ours = redump(options.loads(text));
            assert_eq!(ours, oracle.loads(&PyString::from(text)), "as text");
        }
    });
}

/// Checks that a right reader in Python reads a stream the same way: it gives the clause that the
/// stream breaks, or the dict and the body.
pub fn frame_differential(data: &[u8]) {
    let mut decoder = Decoder::new("file_size", Limits::default());
    let mut input = data;
    let (mut dict, mut body) = (String::new(), Vec::new());
    let clause = loop {
        match decoder.decode(&mut input) {
            // To a reader that waits for a frame, an empty stream is an error.
            Ok(None) if data.is_empty() => break Some("FR-1"),
            Ok(None) => break decoder.finish().err().map(|error| error.clause()),
            Ok(Some(Event::Head(head))) => {
                dict = with_oracle(|oracle| {
                    pytext::repr_value_as(oracle.python, &pyjson::Value::Dict(head.dict))
                });
            }
            Ok(Some(Event::Body(bytes))) => body.extend_from_slice(bytes),
            Ok(Some(Event::End)) => break None,
            Err(error) => break Some(error.clause()),
        }
    };
    let theirs = with_oracle(|oracle| {
        oracle.ask(&json!({
            "op": "read_frames",
            "data": hex(data),
            "size_key": "file_size",
            "body_max": Limits::default().body_max_bytes,
            "count": 1,
        }))
    });
    let theirs = theirs.pointer("/ok/0").expect("a frame");
    let text = |key: &str| theirs.get(key).and_then(Json::as_str).map(unhex).unwrap_or_default();
    let their_clause = theirs.get("clause").and_then(Json::as_str);
    assert_eq!(clause, their_clause, "CPython: {theirs}");
    assert_eq!(dict.as_bytes(), text("dict"), "the dict");
    assert_eq!(body, text("body"), "the body");
}
