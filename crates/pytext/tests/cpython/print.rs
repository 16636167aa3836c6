//! `print()` of text that standard output can't encode, and of text that it escapes.

use std::iter::once;

use proptest::collection::vec;
use proptest::sample::select;
use pytext::{Console, PyString, PythonVersion, encode_surrogateescape};

use crate::draw::draw;
use crate::python::{Python, same};

/// Prints each record, and each error.
const PROGRAM: &str = "
import sys
data = sys.stdin.buffer.read().decode('utf-32-be', 'surrogatepass')
for text in data.split('\\0'):
    try:
        print(text)
    except UnicodeEncodeError as error:
        print('!', error.start, error.end, error)
";

/// [`PROGRAM`], made of this crate's parts.
fn program(texts: &[PyString]) -> Vec<u8> {
    let mut screen = Vec::new();
    let mut console = Console::new(&b""[..], &mut screen);
    for text in texts {
        match console.print_str(text) {
            Ok(()) => {}
            Err(pytext::ConsoleError::Encode(error)) => {
                console.print(&format!("! {} {} {error}", error.start, error.end)).unwrap();
            }
            Err(error) => panic!("{error}"),
        }
    }
    screen
}

fn typed(texts: &[PyString]) -> Vec<u8> {
    let codes: Vec<Vec<u32>> = texts.iter().map(|text| text.code_points().collect()).collect();
    codes.join(&0).into_iter().flat_map(u32::to_be_bytes).collect()
}

fn text(codes: impl IntoIterator<Item = u32>) -> PyString {
    PyString::from_code_points(codes).unwrap()
}

#[track_caller]
fn compare(texts: &[PyString]) {
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        if version == PythonVersion::V3_6 {
            continue; // It writes strictly: see `versions`.
        }
        let ours = program(texts);
        for flags in [&["-u"][..], &[]] {
            let theirs = python.shown(flags, PROGRAM, &[&typed(texts)]);
            let first = ours.split(|&byte| byte == b'\n').zip(theirs.split(|&byte| byte == b'\n'));
            let differ = first.into_iter().find(|(ours, theirs)| ours != theirs);
            let shown = differ.map(|(ours, theirs)| (ours.escape_ascii(), theirs.escape_ascii()));
            assert!(ours == theirs, "{python} {flags:?}: {shown:?}");
        }
    }
}

#[test]
fn every_surrogate_alone_and_inside_text() {
    let all = 0xd800..0xe000_u32;
    let texts = all.flat_map(|code| [text([code]), text([0x61, 0xe9, code, 0x0a, 0x62])]);
    compare(&texts.collect::<Vec<_>>());
}

#[test]
fn every_run_of_up_to_four_of_each_kind() {
    // The neighbours of the surrogates that stand for bytes, the first and last of these, a low
    // one of a pair, and a character that is not a surrogate.
    let kinds = [0xd800, 0xdc7f, 0xdc80, 0xdcff, 0xdd00, 0x1_f600];
    let mut runs: Vec<Vec<u32>> = vec![vec![]];
    for length in 1..=4 {
        let shorter: Vec<_> = runs.iter().filter(|run| run.len() == length - 1).cloned().collect();
        runs.extend(shorter.iter().flat_map(|run| kinds.map(|kind| [&run[..], &[kind]].concat())));
    }
    compare(&runs.into_iter().map(text).collect::<Vec<_>>());
}

#[test]
fn any_text() {
    let telling = select(vec![0x0a, 0x0d, 0x61, 0xe9, 0x4f60, 0xfffd, 0x1_f600, 0xdc80, 0xdcff]);
    let code = proptest::prop_oneof![8 => telling, 1 => 0xd7f0..0xe010_u32];
    let drawn = draw(4, vec(code, 0..12));
    compare(&drawn.into_iter().map(text).collect::<Vec<_>>());
}

#[test]
fn encoding_of_every_code_point() {
    let python = Python::main();
    let script = "for c in range(0x110000): attempt(chr(c).encode, 'utf-8', 'surrogateescape')";
    let ours = |&code: &u32| {
        let encoded = encode_surrogateescape(&text(once(code)));
        encoded.unwrap_or_else(|error| format!("! {error}").into_bytes())
    };
    same(&python, 0..=0x10_ffff, ours, python.ask(script, &[]));
}
