//! `same_value` against Python's `==`.

use layout::same_value;
use serde_json::json;

use crate::cpython::Python;

const TEXTS: [&str; 45] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "1.0",
    "-0.0",
    "0.0",
    "1e0",
    "10e-1",
    "0.1",
    "1e400",
    "-1e400",
    "Infinity",
    "-Infinity",
    "\"\"",
    "\"1\"",
    "\"a\"",
    "\"\\u0061\"",
    "\"\\ud83d\\ude00\"",
    "\"😀\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "[]",
    "{}",
    "[1, 2]",
    "[1.0, 2]",
    "[true, 2]",
    "[2, 1]",
    "[[1]]",
    "[[1.0]]",
    "{\"a\": 1, \"b\": 2}",
    "{\"b\": 2.0, \"a\": true}",
    "{\"a\": 1}",
    "{\"a\": 1, \"c\": 2}",
    "{\"a\": 0, \"a\": 1}",
    "9007199254740993",
    "9007199254740992",
    "9007199254740992.0",
    "18446744073709551616",
    "1.8446744073709552e19",
    "1e23",
    "100000000000000000000000",
    "99999999999999991611392",
];

#[test]
fn values_are_the_same_where_python_has_them_equal() {
    let pairs: Vec<[&str; 2]> = TEXTS.iter().flat_map(|a| TEXTS.map(|b| [*a, b])).collect();
    let theirs = Python::start().ask(&json!({"op": "same", "pairs": pairs})).unwrap();
    for (pair, theirs) in pairs.iter().zip(theirs.as_array().unwrap()) {
        let [left, right] = pair.map(|text| pyjson::loads(text).unwrap());
        assert_eq!(same_value(&left, &right), theirs.as_bool().unwrap(), "{pair:?}");
    }
}

#[test]
fn a_nan_is_the_same_as_another() {
    let [left, right] = ["[NaN, 1]", "[NaN, 1.0]"].map(|text| pyjson::loads(text).unwrap());
    assert!(same_value(&left, &right));
    assert!(!same_value(&pyjson::loads("NaN").unwrap(), &pyjson::loads("0").unwrap()));
}

#[test]
fn a_hundred_thousand_levels_are_compared_on_a_small_stack() {
    let nested = || (0..100_000).fold(pyjson::Value::Null, |inner, _| vec![inner].into());
    assert!(same_value(&nested(), &nested()));
}
