//! `Line`: `encode`, `strip`, `repr` and the code points of a surrogate-escaped `str`.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use pytext::Line;

use crate::draw::draw;
use crate::python::{Python, same};

/// Text, space, stray bytes and broken characters, in any order.
fn typed() -> impl Strategy<Value = Vec<u8>> {
    let pieces: [&[u8]; 16] = [
        b" ",
        b"\r",
        b"\x1f",
        b"\x85",
        b"\xa0",
        "\u{85}".as_bytes(),
        "\u{3000}".as_bytes(),
        b"\xff",
        b"\xe3\x80",
        b"\xe3",
        b"\xed\xb3\xbf",
        b"\xf0\x9f\x90",
        "🐍".as_bytes(),
        b"a",
        b"'",
        b"\"",
    ];
    let piece = select(pieces.map(<[u8]>::to_vec).to_vec());
    let byte = any::<u8>().prop_map(|byte| vec![byte]);
    vec(proptest::prop_oneof![4 => piece, 1 => byte], 0..8).prop_map(|pieces| pieces.concat())
}

fn answers(line: &Line) -> [String; 4] {
    let codes = line.code_points().map(|code| code.to_string()).collect::<Vec<_>>().join(" ");
    let stripped = line.strip().code_points().map(|code| format!("{code:x}")).collect::<Vec<_>>();
    let encoded = match line.encode_utf8() {
        Ok(text) => text.to_owned(),
        Err(error) => format!("! {error}"),
    };
    [codes, stripped.join(" "), encoded, line.is_empty().to_string()]
}

const SCRIPT: &str = "
for a in records():
    a = a.decode('utf-8', 'surrogateescape')
    put(' '.join(str(ord(c)) for c in a))
    put(' '.join('%x' % ord(c) for c in a.strip()))
    attempt(a.encode)
    put(str(not a).lower())
";

#[test]
fn any_typed_line_in_every_version() {
    let drawn = draw(16, typed());
    for python in Python::all() {
        let theirs = python.ask_text(SCRIPT, &drawn);
        let theirs = theirs.chunks(4).map(|four| <[String; 4]>::try_from(four.to_vec()).unwrap());
        same(python, &drawn, |bytes| answers(&Line::from((*bytes).clone())), theirs);
    }
}

#[test]
fn every_pair_of_bytes() {
    let python = Python::main();
    let pairs: Vec<_> = (0..=u16::MAX).map(|pair| pair.to_be_bytes().to_vec()).collect();
    let theirs = python.ask_text(SCRIPT, &pairs);
    let theirs = theirs.chunks(4).map(|four| <[String; 4]>::try_from(four.to_vec()).unwrap());
    same(&python, &pairs, |bytes| answers(&Line::from((*bytes).clone())), theirs);
}

#[test]
fn repr_of_any_typed_line() {
    let python = Python::main();
    let Some(version) = python.version() else { return };
    let drawn = draw(16, typed());
    let script = "for a in records(): put(repr(a.decode('utf-8', 'surrogateescape')))";
    let theirs = python.ask_text(script, &drawn);
    same(&python, &drawn, |bytes| Line::from((*bytes).clone()).repr_as(version), theirs);
}
