//! Edge cases of texts, and the texts of CPython's own tests.

use std::io::Write;

use pyjson::{PyString, PythonVersion};
use serde_json::{Value as Json, json};

use crate::oracle::{Oracle, hex, loads_request, redump, text_or_raised, unhex};

/// Texts on which all versions of CPython agree.
pub(crate) const TEXTS: &[&str] = &[
    // Empty text, and white space of all kinds, of which JSON knows four.
    "",
    " ",
    "\n\n",
    "\u{c}1",
    "\u{b}1",
    "\u{a0}1",
    "\u{2028}1",
    "\u{feff}1",
    "\u{feff}",
    " \u{feff}1",
    "1\u{0}",
    "\u{0}",
    " \t\r\n1 \t\r\n",
    "1\u{c}",
    "1 \u{feff}",
    "\u{1680}",
    // Constants.
    "null",
    "true",
    "false",
    "nul",
    "nulll",
    "null x",
    "True",
    "None",
    "NULL",
    "tru",
    "fals",
    "t",
    "NaN",
    "-NaN",
    "+NaN",
    "nan",
    "NaNN",
    "Infinity",
    "-Infinity",
    "+Infinity",
    "-Infinit",
    "Infinit",
    "-I",
    "inf",
    "-inf",
    "[NaN,-Infinity,Infinity]",
    "[-Infinity1]",
    "undefined",
    // Numbers.
    "0",
    "-0",
    "-",
    "--1",
    "+1",
    "- 1",
    "01",
    "-01",
    "00",
    "-00",
    "1.",
    "1.e1",
    ".5",
    "-.5",
    "0.",
    "0.e1",
    "1e",
    "1E",
    "1e+",
    "1e-",
    "1e5",
    "1E5",
    "1e+5",
    "1e-5",
    "1e05",
    "1e-05",
    "1.5e",
    "1.5e+",
    "1.5.5",
    "1e5e5",
    "1e5.5",
    "0e0",
    "0e",
    "0e+1",
    "-0e-0",
    "-0.0",
    "0.0",
    "0x10",
    "1_000",
    "1,000",
    "1a",
    "1 2",
    "1e400",
    "-1e400",
    "1e-400",
    "-1e-400",
    "1e999999999999999999999",
    "1e-999999999999999999999",
    "0e999999999999999999999",
    "-0e-999999999999999999999",
    "4.9e-324",
    "2.4703282292062327e-324",
    "2.4703282292062328e-324",
    "2.2250738585072011e-308",
    "1.7976931348623157e308",
    "1.7976931348623158e308",
    "1.7976931348623159e308",
    "9007199254740993",
    "9007199254740993.0",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "123456789012345678901234567890",
    "1E400000",
    "0.1",
    "0.30000000000000004",
    "1e15",
    "1e16",
    "123456789012345680",
    "1e22",
    "1e23",
    "1e-4",
    "1e-5",
    "9999999999999998.0",
    "9999999999999999.0",
    "0.00001234",
    "1.0",
    "100.0",
    "1e1",
    "1e0",
    "١",
    "1٢",
    "[1e]",
    "[1.]",
    "[-]",
    "[- ]",
    "{\"a\":-}",
    "[1.5e+]",
    "[0 1]",
    "[1e1 2]",
    "1e1x",
    "٣.5",
    "１",
    // Strings.
    "\"",
    "\"\"",
    "\"a",
    "\"a\\",
    "\"\\\"",
    "\"\\\\",
    "\"\\\\\"",
    "\"\\a\"",
    "\"\\'\"",
    "\"\\x41\"",
    "\"\\u\"",
    "\"\\u1\"",
    "\"\\u12\"",
    "\"\\u123\"",
    "\"\\u1234\"",
    "\"\\u1234",
    "\"\\u123",
    "\"\\U0041\"",
    "\"\\u 123\"",
    "\"\\u+123\"",
    "\"\\u-123\"",
    "\"\\u12_4\"",
    "\"\\uABCD\\uabcd\\uAbCd\"",
    "\"\\u004g\"",
    "\"\\ug004\"",
    "\"\\u00é0\"",
    "\"\\u００４１\"",
    "\"\\u0000\"",
    "\"\\u007f\u{7f}\"",
    "\"\\ud800\"",
    "\"\\udc00\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\\ude0\"",
    "\"\\ud83d\\ude00",
    "\"\\ud83d\\ude0",
    "\"\\ud83d\\ud83d\\ude00\"",
    "\"\\ude00\\ud83d\"",
    "\"\\ud83d\\n\"",
    "\"\\ud83dx\"",
    "\"\\ud83d\\u0041\"",
    "\"\\ud83d\\\\\"",
    "\"\\ud83d\\\"",
    "\"\\ud83d\\",
    "\"\\ud83d\\u",
    "\"\\ud83d\\u\"",
    "\"\\ud83d\\ug000\"",
    "\"\\ud83d\\uDE0\u{e9}\"",
    "\"\\udbff\\udfff\"",
    "\"\\udbff\\udfff",
    "\"\\ud800\\udc00\"",
    "\"\\uD834\\uDd20\"",
    "\"\\b\\f\\n\\r\\t\\/\\\\\\\"\"",
    "\"\n\"",
    "\"\t\"",
    "\"\u{0}\"",
    "\"\u{1f}\"",
    "\"\u{7f}\u{80}\u{9f}\"",
    "\"a\u{1}",
    "'a'",
    "a",
    "\"a\"b",
    "\"a\"\"b\"",
    "\"\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}\u{10ffff}\"",
    "\"éé\nx\"",
    "\"\\é\"",
    "\"😀\\q\"",
    "\"😀",
    "😀",
    "\"0123456789abcdef0123456789abcdef\\u00e90123456789abcdef\"",
    "\"0123456\\\"",
    "\"01234567\\",
    // Lists.
    "[",
    "]",
    "[]",
    "[ ]",
    "[\n",
    "[1",
    "[1 ",
    "[1,",
    "[1, ",
    "[,",
    "[,1]",
    "[1,,2]",
    "[1 2]",
    "[1:2]",
    "[1;2]",
    "[1]]",
    "[[1]",
    "[}",
    "[1}",
    "[\"a\"",
    "[\"a",
    "[\"a\",\n4\n,1,",
    "[1,\n1\n,1",
    "[{}",
    "[*]",
    "[1,#]",
    "[\"x\", truth]",
    "[][]",
    "[] []",
    "[1]x",
    "[\"\": 1]",
    "[x",
    "[nul]",
    "[\u{c}]",
    "[⍂]",
    "[1,\u{feff}]",
    "[\"a\" \"b\"]",
    "[\\n]",
    "[\"éé\", x]",
    "[\"\n\"]",
    "[1,\n\n  x]",
    "[\"😀😀\",\n😀]",
    "[\r1,\r\nx]",
    "[1\r\n2]",
    "[1\u{2028}\n2]",
    // Dicts.
    "{",
    "}",
    "{}",
    "{ }",
    "{\n",
    "{\"a\"",
    "{\"a",
    "{\"a\" ",
    "{\"a\":",
    "{\"a\": ",
    "{\"a\":1",
    "{\"a\":1 ",
    "{\"a\":1,",
    "{\"a\":1, ",
    "{,",
    "{,\"a\":1}",
    "{\"a\":1,,\"b\":2}",
    "{\"a\" 1}",
    "{\"a\"::1}",
    "{\"a\":}",
    "{\"a\",1}",
    "{\"a\"}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1;\"b\":2}",
    "{1:1}",
    "{null:1}",
    "{a:1}",
    "{'a':1}",
    "{\"a\":1}}",
    "{\"a\":1}x",
    "{]",
    "{\"a\":1]",
    "{\"a\":1,b}",
    "{\"a\":1,\"b\"}",
    "{\"a\":1,\"b\":}",
    "{\"a\":1,1}",
    "{\"a\":x}",
    "{\"a\\z\":1}",
    "{\"a\n\":1}",
    "{[]:1}",
    "{\"a\":1,\"a\":2}",
    "{\"b\":1,\"a\":2,\"b\":3}",
    "{\"\\u0061\":1,\"a\":2}",
    "{\"\":1,\"\":2}",
    "{\"a\":{\"a\":1},\"a\":[]}",
    "{\"\\ud800\":1,\"\\ud800\":2}",
    "{\"a\" \n : \t 1 \r , \"b\" : [ ] }",
    "{\"a\":/*c*/1}",
    "{\"a\":1}//c",
    "{\"a\":1}#c",
    "{\"k0\":0,\"k1\":1,\"k2\":2,\"k3\":3,\"k4\":4,\"k5\":5,\"k6\":6,\"k7\":7,\"k8\":8,\"k9\":9,\"k0\":10,\"k9\":11,\"k5\":12}",
    // Texts that a framing bug leaves.
    "{\"a\": 1}{\"a\": 1}",
    "{\"a\": 1}\u{0}\u{0}",
    "\u{0}\u{0}{\"a\": 1}",
    "{\"a\": 1",
    "\"a\": 1}",
    "}{",
    "<html>",
    "{\"a\": 1}\n\n",
];

/// Both CPython and pyjson read these; the answers must be the same.
pub(crate) fn check(oracle: &mut Oracle, texts: &[PyString]) {
    for batch in texts.chunks(500) {
        let answers = oracle.ask(&batch.iter().map(loads_request).collect());
        let answers = answers.as_array().unwrap();
        assert_eq!(answers.len(), batch.len());
        for (text, answer) in batch.iter().zip(answers) {
            let expected = text_or_raised(answer);
            let loaded = redump(oracle.loads_options().loads_py(text));
            assert_eq!(loaded, expected, "{:.200}", text.to_string_lossy());
            if oracle.python == PythonVersion::default() {
                assert_eq!(redump(pyjson::loads_py(text)), expected);
            }
        }
    }
}

#[test]
fn texts_with_an_edge_are_read_as_cpython_reads_them() {
    let texts: Vec<PyString> = TEXTS.iter().map(|text| PyString::from(*text)).collect();
    check(&mut Oracle::new(), &texts);
}

#[test]
fn every_beginning_of_a_text_with_an_edge_is_read_as_cpython_reads_it() {
    let mut texts = Vec::new();
    for text in TEXTS {
        let cuts = text.char_indices().map(|(cut, _)| PyString::from(&text[..cut]));
        texts.extend(cuts);
        texts.push(PyString::from(format!("[{text}")));
        texts.push(PyString::from(format!("{{\"a\": {text}")));
        texts.push(PyString::from(format!("{{\"a\": [{text}]}}")));
    }
    check(&mut Oracle::new(), &texts);
}

#[test]
fn surrogates_in_a_text_are_read_as_cpython_reads_them() {
    let (high, low) = (0xd83d, 0xde00);
    let quoted = |inside: &[u32]| [&[0x22], inside, &[0x22]].concat();
    let mut texts = vec![
        vec![high],
        vec![0x20, high],
        vec![0xfeff, high],
        vec![0x31, low],
        quoted(&[high])[..2].to_vec(),
        [&[0x5b][..], &quoted(&[high, low]), &[0x2c], &[low]].concat(),
        // An int that fits no word, and other numbers, in a text that is not UTF-8.
        [&[0x5b][..], &[0x39; 40], &[0x2c], &quoted(&[high]), &[0x5d]].concat(),
        [&[0x5b][..], &[0x2d, 0x31, 0x2e, 0x35, 0x2c], &quoted(&[high]), &[0x5d]].concat(),
    ];
    for inside in [
        &[high][..],
        &[low],
        &[high, low],
        &[low, high],
        &[high, 0x41, 0x1_f600],
        // Half a pair as an escape, half unescaped.
        &[0x5c, 0x75, 0x64, 0x38, 0x33, 0x64, low],
        &[high, 0x5c, 0x75, 0x64, 0x65, 0x30, 0x30],
        &[0x5c, high],
        &[0x5c, 0x75, high, 0x30, 0x30, 0x30],
        &[high, 0x0a],
        &[0x5c, 0x6e, high, 0x5c, 0x6e],
    ] {
        texts.push(quoted(inside));
        // As a key, twice, and before an error whose place counts it as one.
        let key = quoted(inside);
        let colon = [&[0x7b][..], &key, &[0x3a, 0x31, 0x2c], &key, &[0x3a, 0x32, 0x7d]].concat();
        texts.push([&colon[..], &[0x78]].concat());
        texts.push(colon);
    }
    let texts = texts.into_iter().map(|text| PyString::from_code_points(text).unwrap());
    check(&mut Oracle::new(), &texts.collect::<Vec<_>>());
}

#[test]
fn the_texts_of_cpythons_own_tests_are_read_as_cpython_reads_them() {
    let mut oracle = Oracle::new();
    let suite = oracle.ask(&json!({"op": "suite"}));
    let Json::Object(suite) = &suite["ok"] else {
        let said = "skipped: this python is installed without its own tests";
        return drop(writeln!(std::io::stderr(), "{said}"));
    };
    let hexes = |name: &str| {
        let hexes = suite[name].as_array().unwrap().iter();
        hexes.map(|hex| unhex(hex.as_str().unwrap())).collect::<Vec<_>>()
    };
    let texts: Vec<PyString> = hexes("texts")
        .into_iter()
        .map(|bytes| text_or_raised(&json!({"ok": hex(&bytes)})).unwrap())
        .collect();
    assert!(texts.len() > 100, "{}", texts.len());
    check(&mut oracle, &texts);
    for bytes in hexes("data") {
        let loaded = redump(oracle.loads_options().loads_bytes(&bytes));
        assert_eq!(loaded, oracle.loads_bytes(&bytes), "{bytes:?}");
    }
}
