//! Tests texts and values at every place and in every length that some code treats specially: words
//! and blocks of bytes, short strings, digits that fit a machine's word.

use pyjson::{Dict, PyString, Value};
use serde_json::json;

use crate::oracle::{Oracle, raised};
use crate::texts::check;

/// Code points that are escaped, or take more than one byte, and their neighbours.
const CODE_POINTS: [u32; 29] = [
    0, 0x8, 0x9, 0xa, 0xb, 0xc, 0xd, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7e, 0x7f,
    0x80, 0x7ff, 0x800, 0xfff, 0x1000, 0xd7ff, 0xd800, 0xdfff, 0xe000, 0xffff, 0x1_0000, 0x10_ffff,
];

/// A few of them, one of each kind.
const KINDS: [u32; 7] = [0x1f, 0x22, 0x5c, 0x7f, 0xe9, 0x5929, 0x1_f600];

/// A string of `length` letters with these code points between them, the later places first.
fn letters(length: usize, others: &[(usize, u32)]) -> Vec<u32> {
    let mut points: Vec<u32> = (0x61..=0x7a).cycle().take(length).collect();
    for (place, point) in others {
        points.insert(*place, *point);
    }
    points
}

/// Strings in which one or two code points differ from the rest.
fn strings() -> Vec<Vec<u32>> {
    let mut strings = Vec::new();
    for length in (0..=26).chain([31, 32, 33, 61, 62, 63, 64, 65, 66, 71, 72, 95, 96, 97]) {
        let points = if length <= 26 { &CODE_POINTS[..] } else { &KINDS[..] };
        for place in 0..=length {
            strings.extend(points.iter().map(|point| letters(length, &[(place, *point)])));
        }
    }
    for length in [16, 20, 64, 80] {
        for first in 0..=length {
            let pair = |second| letters(length, &[(second, 0x22), (first, 0x22)]);
            strings.extend((first..=length).map(pair));
        }
    }
    strings
}

#[test]
fn a_code_point_at_any_place_is_written_as_cpython_writes_it() {
    let mut oracle = Oracle::new();
    let strings = strings().into_iter().map(|points| PyString::from_code_points(points).unwrap());
    // A separate function writes keys.
    let entries = strings.map(|string| Value::from(Dict::from([(string.clone(), string)])));
    let entries: Vec<Value> = entries.collect();
    for batch in entries.chunks(1000) {
        let value = Value::from(batch.to_vec());
        let expected = oracle.dumps(&value, &json!({}));
        assert!(Ok(PyString::from(pyjson::dumps(&value))) == expected, "{:?}", differing(batch));
        for ascii in [true, false] {
            let options = oracle.dumps_options().ensure_ascii(ascii);
            let text = options.dumps(&value).map_err(|error| raised(&error));
            assert!(text == oracle.dumps(&value, &json!({"ensure_ascii": ascii})));
        }
    }
}

/// The first of these values that is not written as CPython writes it.
fn differing(values: &[Value]) -> Option<&Value> {
    let mut oracle = Oracle::new();
    values
        .iter()
        .find(|value| Ok(PyString::from(pyjson::dumps(value))) != oracle.dumps(value, &json!({})))
}

#[test]
fn a_code_point_at_any_place_is_read_as_cpython_reads_it() {
    let quoted = |points: Vec<u32>| {
        PyString::from_code_points([&[0x22], &points[..], &[0x22]].concat()).unwrap()
    };
    let texts: Vec<PyString> = strings().into_iter().map(quoted).collect();
    check(&mut Oracle::new(), &texts);
}

#[test]
fn escapes_in_a_row_are_read_as_cpython_reads_them() {
    let tails = [
        "",
        "\"",
        "x\"",
        "\\n\"",
        "\\u00e9\"",
        "\\u07FF\"",
        "\\u0800\"",
        "\\ud83d\\ude00\"",
        "\\ud83d\"",
        "\\ude00\"",
        "\\ud83d\\u5929\"",
        "\\u592\"",
        "\\u592",
        "\\u5929",
        "\\u592g\"",
        "\\u 929\"",
        "\\",
        "\\u",
        "\\x",
        "\n",
        "\u{e9}\"",
        "é\\u5929天\"",
    ];
    let mut texts = Vec::new();
    // Other characters at one of the four places, or at two or more of them, instead of digits.
    for wrong in 0..16 {
        for sign in ['g', '@', '/', ':', '`', 'G', '\u{20}', 'é'] {
            let digits = (0..4).map(|place| if wrong >> place & 1 == 1 { sign } else { 'f' });
            texts.push(format!("\"\\u{}\"", digits.collect::<String>()));
        }
    }
    // Resembles the second half of a pair, but is not one.
    texts
        .extend(["\"\\ud83dxxde00\"", "\"\\ud83d\\xde00\"", "\"\\ud83dxude00\""].map(String::from));
    for count in 0..=20 {
        let row = "\\u5929".repeat(count);
        texts.extend(tails.iter().map(|tail| format!("\"{row}{tail}")));
        for place in 0..count {
            for tail in ["\\u00e9", "\\ud83d", "\\ude00", "\\u59", "\\n", "x"] {
                let (before, after) = row.split_at(6 * place);
                texts.push(format!("[\"{before}{tail}{after}\"]"));
            }
        }
    }
    check(&mut Oracle::new(), &texts.into_iter().map(PyString::from).collect::<Vec<_>>());
}

#[test]
fn digits_of_every_count_are_read_as_cpython_reads_them() {
    let exponents = [
        "",
        "e0",
        "E1",
        "e-5",
        "e+22",
        "e-27",
        "e-28",
        "e55",
        "e56",
        "e100",
        "e-100",
        "e308",
        "e-330",
        "e0001",
        "e00000000001",
        "e4294967297",
        "e-18446744073709551617",
    ];
    let digits = "7309182645500000000003141592653589793238";
    let mut texts = Vec::new();
    for whole in 0..=22 {
        for fraction in 0..=22 {
            let point = if fraction > 0 { "." } else { "" };
            let whole = if whole > 0 { &digits[..whole] } else { "0" };
            let number = [whole, point, &digits[digits.len() - fraction..]].concat();
            let sign = if (whole.len() + fraction) % 2 == 0 { "-" } else { "" };
            texts.extend(exponents.map(|exponent| format!("{sign}{number}{exponent}")));
        }
    }
    check(&mut Oracle::new(), &texts.into_iter().map(PyString::from).collect::<Vec<_>>());
}

#[test]
fn lists_and_dicts_of_many_sizes_in_one_another_are_read_as_cpython_reads_them() {
    let mut texts = Vec::new();
    for count in [0, 1, 3, 4, 5, 8, 9, 31, 32, 33, 63, 64, 65, 127, 128, 1023, 1024, 1025, 3000] {
        let items = (0..count).map(|item| item.to_string()).collect::<Vec<_>>().join(",");
        let entries = (0..count).map(|item| format!("\"key {item}\":{item}"));
        let entries = entries.collect::<Vec<_>>().join(",");
        for (all, open, close) in [(items, "[", "]"), (entries, "{", "}")] {
            let text = [open, &all, close].concat();
            texts.push(format!("[{text}]"));
            texts.push(format!("[0,{text},{text},1]"));
            texts.push(format!("{{\"a\":0,\"b\":{text},\"c\":{text},\"d\":1}}"));
            texts.push(format!("[[{text},[{text}]],{{\"a\":{{\"b\":{text}}},\"c\":{text}}}]"));
            texts.push(text);
        }
    }
    check(&mut Oracle::new(), &texts.into_iter().map(PyString::from).collect::<Vec<_>>());
}
