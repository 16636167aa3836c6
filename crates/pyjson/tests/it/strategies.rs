//! Values and texts that code is likely to treat wrongly.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use pyjson::{Dict, Int, PyString, Value};

/// A code point: of every length in UTF-8, those that JSON escapes, and surrogates.
pub(crate) fn code_point() -> impl Strategy<Value = u32> {
    prop_oneof![
        8 => 0x20_u32..0x7f,
        2 => select(vec![0x22_u32, 0x5c, 0x2f, 0x7f, 0x80, 0xff, 0x2028, 0xfeff, 0xfffd, 0xffff]),
        1 => 0_u32..0x20,
        1 => 0x80_u32..0x800,
        1 => 0x800_u32..0x1_0000,
        1 => 0xd800_u32..0xe000,
        1 => 0x1_0000_u32..=0x10_ffff,
    ]
}

pub(crate) fn string() -> impl Strategy<Value = PyString> {
    let ascii = "[ -~]{0,40}".prop_map(PyString::from);
    let any = vec(code_point(), 0..12);
    let any = any.prop_map(|points| PyString::from_code_points(points).unwrap());
    let long = (vec(code_point(), 0..6), 0_usize..80, vec(code_point(), 0..6));
    let long = long.prop_map(|(mut front, length, back)| {
        front.extend(std::iter::repeat_n(u32::from('x'), length));
        front.extend(back);
        PyString::from_code_points(front).unwrap()
    });
    let runs = vec(run(), 1..6).prop_map(|runs| runs.concat());
    let runs = runs.prop_map(|points| PyString::from_code_points(points).unwrap());
    prop_oneof![3 => ascii, 2 => any, 1 => long, 1 => runs]
}

/// Code points of one length in UTF-8, enough to be written together in blocks.
fn run() -> impl Strategy<Value = Vec<u32>> {
    prop_oneof![
        2 => vec(0x800_u32..0xd800, 1..40),
        1 => vec(0x80_u32..0x800, 1..20),
        1 => vec(0x20_u32..0x7f, 1..80),
        1 => vec(code_point(), 1..3),
    ]
}

pub(crate) fn int() -> impl Strategy<Value = Int> {
    let parse = |text: String| text.parse::<Int>().unwrap();
    prop_oneof![
        4 => (-1000_i64..1000).prop_map(Int::from),
        2 => any::<i64>().prop_map(Int::from),
        1 => any::<u64>().prop_map(Int::from),
        1 => (0_u32..64, -2_i64..3).prop_map(|(power, more)| {
            Int::from((1_i64 << power.min(62)).wrapping_mul(2).wrapping_add(more))
        }),
        1 => "-?[0-9]{1,50}".prop_map(parse),
    ]
}

pub(crate) fn float() -> impl Strategy<Value = f64> {
    let decimal = (any::<i32>(), -340_i32..320);
    prop_oneof![
        3 => any::<u64>().prop_map(f64::from_bits),
        3 => (-100_000_i32..100_000, 0_i32..7).prop_map(|(n, e)| f64::from(n) / 10_f64.powi(e)),
        2 => decimal.prop_map(|(n, e)| format!("{n}e{e}").parse().unwrap()),
        1 => (0_u64..1 << 53).prop_map(f64::from_bits),
        1 => select(vec![
            0.0, -0.0, 1e15, 1e16, 1e17, 1e22, 1e23, 1e-4, 1e-5, 9_999_999_999_999_998.0,
            f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::EPSILON, 9_007_199_254_740_993.0,
            f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.1, 2e-3, 123_456_789_012_345_680.0,
        ]),
    ]
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        3 => int().prop_map(Value::from),
        3 => float().prop_map(Value::from),
        4 => string().prop_map(Value::from),
    ];
    let nested = leaf.prop_recursive(6, 40, 12, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            vec((string(), inner), 0..14)
                .prop_map(|entries| entries.into_iter().collect::<Dict>().into()),
        ]
    });
    (nested, prop_oneof![20 => Just(0_usize), 1 => 0_usize..300]).prop_map(|(value, depth)| {
        (0..depth).fold(value, |value, level| match level % 3 {
            0 => Value::from(Dict::from([("k", value)])),
            _ => Value::from(vec![value]),
        })
    })
}

fn space() -> impl Strategy<Value = &'static str> {
    let odd = vec![" ", "\n", "\t", "\r", "\r\n", "  ", " \n\t ", "        ", "\u{a0}", "\u{b}"];
    prop_oneof![30 => Just(""), 6 => Just(" "), 1 => select(odd)]
}

/// A number in any of its spellings, and some invalid ones.
fn number_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?(0|[1-9][0-9]{0,19})",
        4 => "-?(0|[1-9][0-9]{0,19})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        1 => "-?(0|[1-9][0-9]{0,4})\\.[0-9]{1,4}",
        1 => "[-+]?[0-9]{0,3}\\.?[0-9]{0,3}([eE][+-]?[0-9]{0,5})?",
        1 => "-?[1-9][0-9]{10,40}\\.[0-9]{10,40}e-?[0-9]{1,2}",
    ]
}

/// The inside of a string, spelt with all kinds of escapes.
fn string_text() -> impl Strategy<Value = Vec<u32>> {
    let points = |text: String| points(&text);
    let piece = prop_oneof![
        6 => "[ !#-\\[\\]-~]{1,12}".prop_map(points),
        2 => "\\\\[\"\\\\/bfnrt]".prop_map(points),
        2 => "\\\\u[0-9a-fA-F]{4}".prop_map(points),
        1 => "(\\\\u[1-9a-cA-C][0-9a-fA-F]{3}){1,40}".prop_map(points),
        2 => "\\\\u[dD][89abAB][0-9a-f]{2}\\\\u[dD][c-fC-F][0-9a-f]{2}".prop_map(points),
        1 => "\\\\u[dD][89abAB][0-9a-f]{2}(\\\\u[0-9a-f]{4}|\\\\n|x)".prop_map(points),
        1 => vec(code_point().prop_filter("quotes", |c| ![0x22, 0x5c].contains(c)), 1..6),
    ];
    vec(piece, 0..4).prop_map(|pieces| {
        let mut text = vec![u32::from('"')];
        text.extend(pieces.concat());
        text.push(u32::from('"'));
        text
    })
}

/// A text's code points.
fn points(text: &str) -> Vec<u32> {
    text.chars().map(u32::from).collect()
}

fn between(before: &str, text: Vec<u32>, after: &str) -> Vec<u32> {
    [points(before), text, points(after)].concat()
}

/// A JSON text, nearly always a valid one, as code points.
pub(crate) fn text() -> impl Strategy<Value = Vec<u32>> {
    let constants = vec!["null", "true", "false", "NaN", "Infinity", "-Infinity", "-0", "1E400"];
    let leaf = prop_oneof![
        2 => select(constants).prop_map(points),
        3 => number_text().prop_map(|text| points(&text)),
        4 => string_text(),
    ];
    let nested = leaf.prop_recursive(5, 30, 6, |inner| {
        let item = (inner, space(), space());
        let item = item.prop_map(|(text, a, b)| between(a, text, b)).boxed();
        // Few keys, so that some repeat.
        let keys = vec!["\"a\"", "\"b\"", "\"\\u0061\"", "\"\""];
        let key = prop_oneof![3 => select(keys).prop_map(points), 1 => string_text()];
        let entry = (key, space(), space(), item.clone());
        let entry =
            entry.prop_map(|(key, a, b, item)| [between(a, key, b), points(":"), item].concat());
        let comma = u32::from(',');
        prop_oneof![
            vec(item, 0..6).prop_map(move |items| between("[", items.join(&comma), "]")),
            vec(entry, 0..12).prop_map(move |entries| between("{", entries.join(&comma), "}")),
        ]
    });
    (nested, space(), space()).prop_map(|(text, a, b)| between(a, text, b))
}

/// One small change of a text.
#[derive(Clone, Debug)]
enum Change {
    Insert(Vec<u32>),
    Replace(u32),
    Delete(usize),
    Repeat(usize),
    Truncate,
}

fn change() -> impl Strategy<Value = Change> {
    let signs =
        "{}[]\",:\\/ \n\t\r0123456789eE+-.nulltruefalseNaNInfinityu\u{feff}\u{0}\u{1f}\u{7f}";
    let sign = select(signs.chars().map(u32::from).collect::<Vec<_>>());
    let words =
        vec![",]", ",}", ", ]", "\\u", "\\ud800", "\\udc00", "null", "[[", "{\"a\":", "1e5"];
    let word = select(words).prop_map(|word| word.chars().map(u32::from).collect::<Vec<_>>());
    let point = prop_oneof![4 => sign, 1 => code_point()];
    prop_oneof![
        3 => point.clone().prop_map(|point| Change::Insert(vec![point])),
        1 => word.prop_map(Change::Insert),
        3 => point.prop_map(Change::Replace),
        3 => (1_usize..4).prop_map(Change::Delete),
        1 => (1_usize..6).prop_map(Change::Repeat),
        1 => Just(Change::Truncate),
    ]
}

/// A JSON text with a few small changes, as code points.
pub(crate) fn mutated_text() -> impl Strategy<Value = Vec<u32>> {
    (text(), vec((any::<Index>(), change()), 0..4)).prop_map(|(mut text, changes)| {
        for (place, change) in changes {
            let place = place.index(text.len() + 1);
            let end = |count: usize| (place + count).min(text.len());
            match change {
                Change::Insert(points) => drop(text.splice(place..place, points)),
                Change::Replace(point) => drop(text.splice(place..end(1), [point])),
                Change::Delete(count) => drop(text.drain(place..end(count))),
                Change::Repeat(count) => text.extend_from_within(place..end(count)),
                Change::Truncate => text.truncate(place),
            }
        }
        text
    })
}

/// A JSON text in one of the detected encodings, sometimes with a few bytes changed.
pub(crate) fn encoded_text() -> impl Strategy<Value = Vec<u8>> {
    let byte =
        prop_oneof![any::<u8>(), select(b"\x00\xd8\xdc\xed\xa0\xbf\xc3\xe2\xf0\xf4\xff".to_vec())];
    let changes = vec((any::<Index>(), 0_usize..3, vec(byte, 0..3)), 0..3);
    (mutated_text(), 0_usize..8, changes).prop_map(|(text, encoding, changes)| {
        let mut bytes = encode(&text, encoding);
        for (place, removed, added) in changes {
            let place = place.index(bytes.len() + 1);
            let end = (place + removed).min(bytes.len());
            bytes.splice(place..end, added);
        }
        bytes
    })
}

/// Encodes as Python does with `surrogatepass`, in one of eight ways.
fn encode(text: &[u32], encoding: usize) -> Vec<u8> {
    let marked = std::iter::once(0xfeff).chain(text.iter().copied());
    let text: Vec<u32> = if encoding % 2 == 1 { marked.collect() } else { text.to_vec() };
    match encoding / 2 {
        0 => PyString::from_code_points(text).unwrap().as_generalized_utf8().to_vec(),
        1 => units(&text).into_iter().flat_map(u16::to_le_bytes).collect(),
        2 => units(&text).into_iter().flat_map(u16::to_be_bytes).collect(),
        _ => text.into_iter().flat_map(u32::to_le_bytes).collect(),
    }
}

/// The UTF-16 of code points.
fn units(text: &[u32]) -> Vec<u16> {
    let mut units = Vec::new();
    for point in text {
        match char::from_u32(*point) {
            Some(character) => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            None => units.push(u16::try_from(*point).unwrap()),
        }
    }
    units
}
