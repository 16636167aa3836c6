//! `repr` of the values of `json.loads`: what `print` shows of a dict.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use pytext::repr_value_as;

use crate::draw::draw;
use crate::python::{Python, same};

/// JSON texts, all of them valid.
fn json() -> impl Strategy<Value = String> {
    let numbers = ["0", "-0", "-0.0", "1E400", "-1e16", "1e-5", "0.1", "12345678901234567890123"];
    let words = ["null", "true", "false", "NaN", "Infinity", "-Infinity", "[]", "{}", "\"\""];
    let scalar = select([&numbers[..], &words[..]].concat()).prop_map(str::to_owned);
    let float = any::<f64>().prop_filter("JSON has no others", |float| float.is_finite());
    let float = float.prop_map(|float| format!("{float:e}"));
    let leaf = proptest::prop_oneof![2 => scalar, 1 => float, 3 => string()];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let list = vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", ")));
        let entry = (string(), inner).prop_map(|(key, item)| format!("{key}: {item}"));
        let dict = vec(entry, 0..4).prop_map(|entries| format!("{{{}}}", entries.join(", ")));
        proptest::prop_oneof![list, dict]
    })
}

/// A string, by its escapes: quotes, lone surrogates, pairs, unprintable characters.
fn string() -> impl Strategy<Value = String> {
    let telling = [
        "a",
        "it's",
        "\\\"",
        "\\\\",
        "\\/",
        "\\n",
        "\\t",
        "\\r",
        "\\b",
        "\\u0000",
        "\\u007f",
        "\\u00a0",
        "\\u00ad",
        "\\u2028",
        "\\ud800",
        "\\udce9",
        "\\ud83d\\ude00",
        "\u{1f600}",
        "é",
        "你",
        "\u{378}",
        "\u{e000}",
    ];
    vec(select(telling.to_vec()), 0..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

#[test]
fn repr_of_any_json_in_every_version() {
    let drawn = draw(8, json());
    let asked: Vec<_> = drawn.iter().map(|text| text.clone().into_bytes()).collect();
    let script = "import json\nfor a in records(): put(repr(json.loads(a.decode())))";
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        let ours = |text: &String| repr_value_as(version, &pyjson::loads(text).unwrap());
        same(python, drawn.clone(), ours, python.ask_text(script, &asked));
    }
}
