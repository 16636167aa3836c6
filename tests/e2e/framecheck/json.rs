//! Compares `framecheck json` with `json.dumps(json.loads(...))` of the installed
//! interpreter.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use assert_cmd::assert::OutputAssertExt;
use framecheck_tests::{Sandbox, program, python};

/// Edge cases of texts, one per line; each is also a separate text.
const TEXTS: [&[u8]; 22] = [
    br#"{"file_name": "xyyyhtl.txt", "file_desc": "what fuck", "file_size": 4}"#,
    br#" { "b" : [ 1 , 2.50 , 1E400 , -0 , -0.0 ] , "a" : null , "b" : {} } "#,
    br#"[1e16, 1e-5, 123456789012345678901234567890, NaN, -Infinity]"#,
    "\"caf\u{e9} 天 \u{1f600} \u{7f}\"".as_bytes(),
    br#""\ud83d\ude00 \ud800 \udc00\ud800 \/ \b\f\n\r\t""#,
    b"",
    b" ",
    b"\r",
    b"[1,]",
    b"{\"a\": 1,}",
    b"[1 2]",
    b"{'a': 1}",
    b"nul",
    b"01",
    b"1.",
    b"\"\x01\"",
    br#""\x""#,
    b"\"\xff\"",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf{}",
    b"1\0",
    b"\xff\xfe1\0",
];

/// What CPython answers, one line per text, and its version.
fn cpython(expression: &str) -> (String, String) {
    let script = format!(
        "import json, sys\n\
         print('%d.%d' % sys.version_info[:2])\n\
         for line in sys.stdin.buffer.read().split(b'\\n')[:-1]:\n\
         \x20   try:\n\
         \x20       print(json.dumps(json.loads({expression})))\n\
         \x20   except ValueError as error:\n\
         \x20       print('error:', error)\n"
    );
    let mut child = Command::new(python())
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&lines()).unwrap();
    let output = child.wait_with_output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let (version, answers) = output.split_once('\n').unwrap();
    (version.to_owned(), answers.to_owned())
}

fn lines() -> Vec<u8> {
    TEXTS.iter().flat_map(|text| [text, &b"\n"[..]].concat()).collect()
}

#[test]
fn every_line_is_answered_as_cpython_answers_its_bytes() {
    let (version, answers) = cpython("line");
    let arguments = ["json", "--lines", "--python-version", &version];
    let assert = Sandbox::new().framecheck().args(arguments).write_stdin(lines()).assert();
    assert.success().stdout(answers).stderr("");
}

#[test]
fn every_line_is_answered_as_cpython_answers_its_text() {
    let (version, answers) = cpython("line.decode('utf-8', 'surrogateescape')");
    let arguments = ["json", "--lines", "--text", "--python-version", &version];
    let assert = Sandbox::new().framecheck().args(arguments).write_stdin(lines()).assert();
    assert.success().stdout(answers).stderr("");
}

#[test]
fn a_whole_input_is_one_text_and_its_refusal_is_status_1() {
    let (version, answers) = cpython("line");
    let sandbox = Sandbox::new();
    for (text, answer) in TEXTS.into_iter().zip(answers.lines()) {
        let arguments = ["json", "--python-version", &version];
        let assert = sandbox.framecheck().args(arguments).write_stdin(text).assert();
        if answer.starts_with("error: ") {
            assert.code(1).stdout("").stderr(format!("{answer}\n"));
        } else {
            assert.success().stdout(format!("{answer}\n")).stderr("");
        }
    }
}

#[test]
fn the_last_line_needs_no_end_and_no_lines_are_no_answers() {
    let sandbox = Sandbox::new();
    let lines = |input: &'static str| {
        sandbox.framecheck().args(["json", "--lines"]).write_stdin(input).assert().success()
    };
    lines("[1]\n[2]").stdout("[1]\n[2]\n");
    lines("").stdout("");
}

#[test]
fn an_answer_does_not_wait_for_the_next_line() {
    let mut child = Command::new(program("framecheck"))
        .args(["json", "--lines"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut requests = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for number in 0..3 {
        writeln!(requests, "[ {number} ]").unwrap();
        assert_eq!(answers.next().unwrap().unwrap(), format!("[{number}]"));
    }
    drop(requests);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_version_changes_the_message_and_an_unknown_one_is_wrong_usage() {
    let json = |version: &str| {
        let arguments = ["json", "--python-version", version];
        Sandbox::new().framecheck().args(arguments).write_stdin("[1,]").assert()
    };
    json("3.12").code(1).stderr("error: Expecting value: line 1 column 4 (char 3)\n");
    let trailing = "error: Illegal trailing comma before end of array: line 1 column 3 (char 2)\n";
    json("3.13").code(1).stderr(trailing);
    json("3.14").code(1).stderr(trailing);
    json("2.7").code(2);
}

#[test]
fn a_depth_bomb_is_an_error_and_no_crash() {
    let bomb = "[".repeat(10_000_000);
    let mut command = Command::new(program("framecheck"));
    command.arg("json").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(bomb.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    output.assert().code(1).stdout("").stderr(
        "error: maximum recursion depth exceeded while decoding a JSON array from a unicode \
         string\n",
    );
}
