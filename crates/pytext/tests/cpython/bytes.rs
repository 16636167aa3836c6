//! `bytes.upper`, `bytes.strip` and `repr(bytes)`.

use proptest::collection::vec;
use proptest::prelude::any;
use pytext::{bytes_strip, bytes_upper, repr_bytes};

use crate::draw::draw;
use crate::python::{Python, same};

/// Every byte, and every pair of bytes.
fn one_and_two() -> Vec<Vec<u8>> {
    let pairs = (0..=u16::MAX).map(|pair| pair.to_be_bytes().to_vec());
    (0..=u8::MAX).map(|byte| vec![byte]).chain(pairs).collect()
}

const ONE_AND_TWO: &str = "
space = [bytes([a]) for a in range(256)]
space += [bytes([a, b]) for a in range(256) for b in range(256)]
";

#[test]
fn upper_of_every_byte() {
    for python in Python::all() {
        let theirs = python.ask("put(bytes(range(256)).upper())", &[]);
        let all: Vec<u8> = (0..=u8::MAX).collect();
        same(python, [all], |all| bytes_upper(all), theirs);
    }
}

#[test]
fn strip_of_every_byte_and_pair_at_both_ends() {
    for python in Python::all() {
        let script = format!("{ONE_AND_TWO}\nfor a in space: put((a + b'x' + a).strip())");
        let theirs = python.ask(&script, &[]);
        let ours = |a: &Vec<u8>| bytes_strip(&[a, &b"x"[..], a].concat()).to_vec();
        same(python, one_and_two(), ours, theirs);
    }
}

#[test]
fn strip_of_nothing_but_space() {
    let python = Python::main();
    let theirs = python.ask("for a in range(256): put(bytes([a, a]).strip())", &[]);
    same(&python, 0..=u8::MAX, |&a| bytes_strip(&[a, a]).to_vec(), theirs);
}

#[test]
fn repr_of_every_byte_and_pair() {
    for python in Python::all() {
        let script = format!("{ONE_AND_TWO}\nfor a in space: put(repr(a))");
        same(python, one_and_two(), |a| repr_bytes(a), python.ask_text(&script, &[]));
    }
}

#[test]
fn repr_strip_and_upper_of_any_bytes() {
    let python = Python::main();
    let mut drawn = draw(8, vec(any::<u8>(), 0..40));
    drawn.extend(draw(8, vec(proptest::sample::select(b"'\"\\ \t\x0b\x1cab\xff".to_vec()), 0..8)));
    let script = "for a in records(): put(repr(a)); put(repr(a.strip())); put(repr(a.upper()))";
    let theirs = python.ask_text(script, &drawn);
    let ours =
        |a: &Vec<u8>| [a.clone(), bytes_strip(a).to_vec(), bytes_upper(a)].map(|a| repr_bytes(&a));
    same(
        &python,
        drawn,
        ours,
        theirs.chunks(3).map(|a| [a[0].clone(), a[1].clone(), a[2].clone()]),
    );
}
