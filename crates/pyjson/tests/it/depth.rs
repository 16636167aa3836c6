//! Near the recursion limit: what CPython counts besides lists and dicts, for each version.

use std::io::Write;
use std::process::{Command, Stdio};

use pyjson::{DumpsError, DumpsOptions, Indent, LoadsOptions, PyString, PythonVersion, Value};

use crate::oracle::{Oracle, hex};

/// `inner` in this many levels of `outer`, which repeats.
struct Nested {
    count: usize,
    outer: &'static str,
    inner: String,
}

/// The answers of a version of CPython to each text, by a call at module level.
fn ask(version: PythonVersion, call: &str, lowered: usize, all: &[Nested]) -> Option<Vec<String>> {
    let python = Oracle::executable_of_version(version)?;
    let script = include_str!("depth.py").replace("CALL", call);
    let script = script.replace("LOWERED", &lowered.to_string());
    let mut child = Command::new(python)
        .args(["-S", "-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut requests = child.stdin.take().unwrap();
    let lines: String = all
        .iter()
        .map(|Nested { count, outer, inner }| {
            format!("{count} {outer} {}\n", hex(inner.as_bytes()))
        })
        .collect();
    let asked = std::thread::spawn(move || requests.write_all(lines.as_bytes()));
    let answers = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    asked.join().unwrap().unwrap();
    let answers: Vec<String> = answers.lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), all.len(), "{version}: {call}");
    Some(answers)
}

/// Asks each installed version about the texts of `of_version`, and compares `here` with the answers.
/// It shows all differences at once.
fn compare(
    call: &str,
    lowered: impl Fn(PythonVersion) -> usize,
    of_version: impl Fn(PythonVersion) -> Vec<Nested>,
    here: impl Fn(PythonVersion, &Nested) -> String,
) {
    let mut wrong = Vec::new();
    // 3.14 counts no levels, but bytes of its stack.
    let counting = PythonVersion::ALL.into_iter().filter(|it| *it < PythonVersion::V3_14);
    for version in counting {
        let all = of_version(version);
        let Some(answers) = ask(version, call, lowered(version), &all) else {
            // Bypasses the test harness, which would capture it.
            let name = format!("python3.{}", version.minor());
            let _ =
                writeln!(std::io::stderr(), "skipped: {name} is neither on the path nor in pyenv");
            continue;
        };
        for (nested, expected) in all.iter().zip(answers) {
            let found = here(version, nested);
            if found != expected {
                let Nested { count, outer, inner } = nested;
                wrong.push(format!(
                    "{version}, {inner:.20} in {count} {outer}: {found} for {expected}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{call}: {} differ\n{}", wrong.len(), wrong.join("\n"));
}

/// Everything that can be in a list, right and wrong.
const INNER: &[&str] = &[
    // Constants; CPython calls a function for some of them.
    "NaN",
    "Infinity",
    "-Infinity",
    "null",
    "true",
    "false",
    "[NaN",
    "NaN,",
    "1,NaN",
    "{\"a\":NaN}",
    // Numbers.
    "0",
    "-1",
    "1.5",
    "-2e-5",
    "1e999",
    "123456789012345678901234567890",
    "-",
    "1.",
    "01",
    "1e",
    // Strings, as values and as keys.
    "\"a\"",
    "\"\\n\\u00e9\\ud83d\\ude00\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\ud800\\u1\"",
    "\"\u{1}\"",
    "\"abc",
    "\"abc\\",
    "\"é😀\\x\"",
    "{\"a\\n\":1}",
    "{\"\\x\":1}",
    "{\"\\u1\":1}",
    "{\"\n\":1}",
    "{\"a",
    // Something missing, or too much.
    "",
    "x",
    ",",
    "[",
    "{",
    "[1",
    "[1,",
    "[1,]",
    "[,]",
    "[1 2]",
    "1 2",
    "1,",
    "1,2",
    "{x}",
    "{1:1}",
    "{\"a\"",
    "{\"a\"}",
    "{\"a\" 1}",
    "{\"a\":}",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{\"a\":1 2}",
    "{\"a\":1,2}",
    "{,}",
    "]",
    "}",
    "\u{feff}",
    "é",
    "nul",
    "tru",
    "NaNx",
    "Infinit",
    // Valid lists and dicts.
    "[]",
    "{}",
    "[ ]",
    "[[]]",
    "[{}]",
    "{\"a\":[]}",
    "{\"a\":1,\"a\":2}",
    "[1,2,3]",
    "[],[]",
    "[],NaN",
    "[],x",
    "[[]],\"\\x\"",
];

#[test]
fn a_text_near_the_limit_is_refused_as_each_version_refuses_it() {
    let of_version = |version: PythonVersion| {
        let deepest = version.max_depth();
        let digits = "1".repeat(4301);
        let inner = || INNER.iter().copied().chain([&*digits]);
        let mut all = Vec::new();
        for count in deepest - 6..=deepest + 2 {
            for outer in ["[", "{", "[{"] {
                all.extend(inner().map(|inner| Nested { count, outer, inner: inner.to_owned() }));
            }
        }
        all
    };
    compare(
        "json.loads(text)",
        |_| 0,
        of_version,
        |version, Nested { count, outer, inner }| {
            let levels: String = outer.chars().cycle().take(*count).collect();
            let closing: String =
                levels.chars().rev().map(|level| if level == '[' { ']' } else { '}' }).collect();
            let text = [&*levels.replace('{', "{\"k\":"), inner, &closing].concat();
            match LoadsOptions::new().python(version).loads(&text) {
                Ok(_) => "ok".to_owned(),
                Err(error) => format!("{}: {error}", error.exception()),
            }
        },
    );
}

/// What can be in a list that is written: a Python expression, and the same as JSON.
const VALUES: &[(&str, &str)] = &[
    ("None", "null"),
    ("True", "true"),
    ("7", "7"),
    ("-2.5", "-2.5"),
    ("float('nan')", "NaN"),
    ("-float('inf')", "-Infinity"),
    ("'a\\n'", "\"a\\n\""),
    ("'é'", "\"é\""),
    ("[]", "[]"),
    ("{}", "{}"),
    ("[1]", "[1]"),
    ("[[], 1]", "[[], 1]"),
    ("[1.5, []]", "[1.5, []]"),
    ("{'a': 1}", "{\"a\": 1}"),
    ("{'a': 1.5}", "{\"a\": 1.5}"),
    ("{'b': 1, 'a': 2}", "{\"b\": 1, \"a\": 2}"),
    ("{'é': 1, 'a': [], 'b': {}}", "{\"é\": 1, \"a\": [], \"b\": {}}"),
    ("{'a': 'b', 'c': float('inf')}", "{\"a\": \"b\", \"c\": Infinity}"),
];

/// Compares [`DumpsOptions`] with a call of `json.dumps`, near a version's limit.
fn compare_dumps(
    call: &str,
    deepest: impl Fn(PythonVersion) -> usize,
    lowered: impl Fn(PythonVersion) -> usize,
    options: DumpsOptions,
) {
    // In 3.11 a check takes one level more in code that has hardly run before. With both kinds around
    // it, the encoder's code for either has run.
    let outers = |version| match version {
        PythonVersion::V3_11 => ["[{", "{["],
        _ => ["[", "{"],
    };
    let read = LoadsOptions::new().max_depth(usize::MAX).int_max_str_digits(None);
    let of_version = |version: PythonVersion| {
        let mut all = Vec::new();
        for count in deepest(version) - 4..=deepest(version) + 2 {
            for outer in outers(version) {
                let values = VALUES.iter().map(|(python, _)| *python).chain(["10 ** 4300"]);
                all.extend(values.map(|inner| Nested { count, outer, inner: inner.to_owned() }));
            }
        }
        all
    };
    compare(call, lowered, of_version, |version, Nested { count, outer, inner }| {
        let json = VALUES.iter().find(|(python, _)| python == inner);
        let big = ["1", &"0".repeat(4300)].concat();
        let value = read.loads(json.map_or(&*big, |(_, json)| *json)).unwrap();
        let levels: Vec<char> = outer.chars().cycle().take(*count).collect();
        let value = levels.iter().rfold(value, |value, level| match level {
            '[' => Value::from(vec![value]),
            _ => pyjson::Dict::from([("k", value)]).into(),
        });
        shown(options.clone().python(version).dumps(&value))
    });
}

fn shown(written: Result<PyString, DumpsError>) -> String {
    match written {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{}: {error}", error.exception()),
    }
}

#[test]
fn a_value_near_the_limit_is_refused_as_each_version_refuses_it() {
    let cases = [
        ("json.dumps(value)", DumpsOptions::new()),
        ("json.dumps(value, sort_keys=True)", DumpsOptions::new().sort_keys(true)),
        ("json.dumps(value, allow_nan=False)", DumpsOptions::new().allow_nan(false)),
        ("json.dumps(value, ensure_ascii=False)", DumpsOptions::new().ensure_ascii(false)),
    ];
    for (call, options) in cases {
        compare_dumps(call, PythonVersion::max_depth, |_| 0, options);
    }
}

/// Near here are the limits of an encoder written in Python and of one written in C.
fn deepest_with_indent(version: PythonVersion) -> usize {
    if version >= PythonVersion::V3_13 { version.max_depth() } else { 995 }
}

#[test]
fn with_indent_a_value_is_refused_near_the_limit_of_the_encoder_in_python() {
    // The encoder in C ignores this limit.
    let lowered = |version| if version >= PythonVersion::V3_13 { 0 } else { 850 };
    let all = DumpsOptions::new().indent(Indent::Spaces(0));
    compare_dumps("json.dumps(value, indent=0)", deepest_with_indent, lowered, all.clone());
    compare_dumps(
        "json.dumps(value, indent=0, sort_keys=True, allow_nan=False)",
        deepest_with_indent,
        lowered,
        all.sort_keys(true).allow_nan(false),
    );
}

#[test]
fn with_indent_the_limit_that_cpython_has_by_itself_is_kept() {
    let of_version = |version: PythonVersion| {
        let counts = deepest_with_indent(version) - 1..=deepest_with_indent(version) + 2;
        let nested = |count| Nested { count, outer: "[", inner: "None".to_owned() };
        counts.map(nested).collect()
    };
    let options = DumpsOptions::new().indent(Indent::Spaces(0));
    compare(
        "json.dumps(value, indent=0)",
        |_| 0,
        of_version,
        |version, nested| {
            let value = (0..nested.count).fold(Value::Null, |value, _| Value::from(vec![value]));
            shown(options.clone().python(version).dumps(&value))
        },
    );
}
