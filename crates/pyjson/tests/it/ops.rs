//! The oracle's other ops, which this repository's other tests use.

use serde_json::json;

use crate::oracle::{Oracle, hex, text_or_raised};

#[test]
fn a_frame_is_the_length_and_the_json_of_a_dict() {
    let mut oracle = Oracle::new();
    let dict = r#"{"name": "r\u00e9sum\u00e9", "size": 1e16}"#;
    let text = pyjson::dumps(&pyjson::loads(dict).unwrap());
    let length = i32::try_from(text.len()).unwrap().to_ne_bytes();
    let frame = hex(&[&length[..], text.as_bytes()].concat());
    assert_eq!(oracle.ask(&json!({"op": "frame", "dict": dict})), json!({"ok": frame}));
    let packed = oracle.ask(&json!({"op": "struct_pack", "format": "<i", "values": [-2]}));
    assert_eq!(packed, json!({"ok": "feffffff"}));
    let error = oracle.ask(&json!({"op": "struct_pack", "format": "i", "values": [1_u64 << 31]}));
    assert_eq!(error["error"], "error");
}

#[test]
fn texts_and_bytes_are_shown_and_decoded_as_python_does() {
    let mut oracle = Oracle::new();
    let mut text = |request| text_or_raised(&oracle.ask(&request)).map(|text| text.to_string());
    let shown = text(json!({"op": "repr", "text": "{\"a\": [1.0, null, \"'\"]}"}));
    assert_eq!(shown.as_deref(), Ok("{'a': [1.0, None, \"'\"]}"));
    assert_eq!(text(json!({"op": "repr", "data": "00ff61"})).as_deref(), Ok("b'\\x00\\xffa'"));
    let decoded = text(json!({"op": "decode", "data": "c4e3bac3", "codec": "gbk"}));
    assert_eq!(decoded.as_deref(), Ok("你好"));
    let error = text(json!({"op": "decode", "data": "ff"})).unwrap_err();
    assert_eq!(error.exception, "UnicodeDecodeError");
}
