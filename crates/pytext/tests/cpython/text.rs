//! `repr(str)`, `str.isprintable` and `str.strip`.

use std::iter::once;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use pytext::{PythonVersion, is_space, repr_str};
use pytext::{is_printable, repr_code_points, repr_code_points_as, repr_str_as, str_strip};

use crate::draw::draw;
use crate::python::{Python, same};

const CODE_POINTS: std::ops::RangeInclusive<u32> = 0..=0x10_ffff;

/// Code points of every kind, including surrogates and those near the borders of a kind.
fn code_point() -> impl Strategy<Value = u32> {
    let ascii = 0..0x80_u32;
    let telling = select(vec![0x27, 0x22, 0x5c, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000]);
    proptest::prop_oneof![ascii, telling, 0xd7f0..0xe010_u32, 0..=0x10_ffff_u32]
}

/// Python's `utf-32-be`, which with `surrogatepass` encodes any `str`.
fn utf32(text: &[u32]) -> Vec<u8> {
    text.iter().flat_map(|code| code.to_be_bytes()).collect()
}

#[test]
fn isprintable_of_every_code_point_in_every_version() {
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        let script = "put(bytes(chr(c).isprintable() for c in range(0x110000)))";
        let theirs = python.ask(script, &[]).concat();
        same(python, CODE_POINTS, |&code| u8::from(is_printable(version, code)), theirs);
    }
}

#[test]
fn repr_of_every_code_point() {
    let python = Python::main();
    let Some(version) = python.version() else { return };
    let theirs = python.ask_text("for c in range(0x110000): put(repr(chr(c)))", &[]);
    same(&python, CODE_POINTS, |&code| repr_code_points_as(version, once(code)), theirs);
}

#[test]
fn repr_of_any_text() {
    let python = Python::main();
    let Some(version) = python.version() else { return };
    let drawn = draw(16, vec(code_point(), 0..12));
    let asked: Vec<_> = drawn.iter().map(|text| utf32(text)).collect();
    let script = "for a in records(): put(repr(a.decode('utf-32-be', 'surrogatepass')))";
    let theirs = python.ask_text(script, &asked);
    let ours = |text: &Vec<u32>| repr_code_points_as(version, text.iter().copied());
    same(&python, drawn, ours, theirs);
}

#[test]
fn repr_of_every_ascii_pair() {
    let python = Python::main();
    let script = "for a in range(128):\n for b in range(128): put(repr(chr(a) + chr(b)))";
    let pairs = (0..128_u8).flat_map(|a| (0..128_u8).map(move |b| [char::from(a), char::from(b)]));
    let ours = |pair: &[char; 2]| repr_str(&String::from_iter(pair));
    same(&python, pairs, ours, python.ask_text(script, &[]));
}

#[test]
fn one_text_has_one_repr_whichever_function_writes_it() {
    for text in draw(8, any::<String>()) {
        let points = text.chars().map(u32::from);
        assert_eq!(repr_str(&text), repr_code_points(points.clone()));
        for version in PythonVersion::ALL {
            let by_points = repr_code_points_as(version, points.clone());
            assert_eq!(repr_str_as(version, &text), by_points);
        }
    }
}

#[test]
fn strip_and_isspace_of_every_character() {
    for python in Python::all() {
        // An interpreter that is not under test strips only what it calls a space.
        let script = "
def flags(c):
    if not (main or c.isspace()): return 0
    return c.isspace() + 2 * (c.strip() == '') + 4 * ((c + 'x' + c).strip() == 'x')
put(bytes(flags(chr(c)) for c in range(0x110000) if not 0xd800 <= c < 0xe000))
put(bytes(flags(chr(c)) for c in range(0xd800, 0xe000)))";
        let main = if python.main { "main = True" } else { "main = False" };
        let theirs = python.ask(&format!("{main}{script}"), &[]);
        let ours = |c: &char| {
            let alone = str_strip(&c.to_string()).is_empty();
            let around = str_strip(&format!("{c}x{c}")) == "x";
            u8::from(is_space(*c)) + 2 * u8::from(alone) + 4 * u8::from(around)
        };
        same(python, '\0'..=char::MAX, ours, theirs[0].clone());
        assert!(theirs[1].iter().all(|&flags| flags == 0), "a surrogate is no space");
    }
}

#[test]
fn strip_of_any_text() {
    let python = Python::main();
    let spaces = ('\0'..='\u{3001}').filter(|&c| is_space(c)).collect::<Vec<_>>();
    let near = select(vec!['\x08', '\x0e', '!', '\u{200b}', '\u{feff}', 'é']);
    let c = proptest::prop_oneof![3 => select(spaces), 1 => near];
    let drawn = draw(16, vec(c, 0..10).prop_map(String::from_iter));
    let asked: Vec<_> = drawn.iter().map(|text| text.clone().into_bytes()).collect();
    let theirs = python.ask_text("for a in records(): put(a.decode().strip())", &asked);
    same(&python, drawn, |text| str_strip(text).to_owned(), theirs);
}
