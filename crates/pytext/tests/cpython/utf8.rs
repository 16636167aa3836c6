//! `bytes.decode('utf-8')`.

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::sample::select;
use pytext::decode_utf8;

use crate::draw::{cases, draw};
use crate::python::{Python, same};

/// The first and the last byte of each class in any rule of UTF-8.
const BORDERS: [u8; 25] = [
    0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
    0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
];

/// The text, or `!` and the error's.
fn decoded(bytes: &[u8]) -> String {
    decode_utf8(bytes).map_or_else(|error| format!("! {error}"), str::to_owned)
}

const DECODE: &str = "for a in records(): attempt(a.decode)";

#[test]
fn every_byte_and_pair_in_every_version() {
    let pairs = (0..=u16::MAX).map(|pair| pair.to_be_bytes().to_vec());
    let all: Vec<_> = (0..=u8::MAX).map(|byte| vec![byte]).chain(pairs).collect();
    for python in Python::all() {
        same(python, &all, |bytes| decoded(bytes), python.ask_text(DECODE, &all));
    }
}

#[test]
fn every_three_and_four_bytes_at_the_borders_of_a_class() {
    let python = Python::main();
    let mut all = vec![];
    for a in BORDERS {
        for b in BORDERS {
            for c in BORDERS {
                all.push(vec![a, b, c]);
                if a >= 0xe0 {
                    all.extend(BORDERS.map(|d| vec![a, b, c, d]));
                }
            }
        }
    }
    same(&python, &all, |bytes| decoded(bytes), python.ask_text(DECODE, &all));
}

/// The lead bytes with a special rule for the second byte; with 1,000 cases or more, every
/// lead byte.
#[test]
fn every_two_bytes_behind_a_lead() {
    let python = Python::main();
    let leads = if cases() < 1000 { vec![0xe0, 0xed, 0xf4] } else { (0..=u8::MAX).collect() };
    for lead in leads {
        let script = format!(
            "for b in range(256):\n for c in range(256): attempt(bytes([{lead}, b, c]).decode)"
        );
        let all = (0..=u16::MAX).map(|pair| [lead, pair.to_be_bytes()[0], pair.to_be_bytes()[1]]);
        same(&python, all, |bytes| decoded(bytes), python.ask_text(&script, &[]));
    }
}

#[test]
fn any_bytes() {
    let python = Python::main();
    let mut all = draw(8, vec(any::<u8>(), 0..12));
    all.extend(draw(8, vec(select(BORDERS.to_vec()), 0..9)));
    for (text, tail) in draw(8, (any::<String>(), vec(select(BORDERS.to_vec()), 0..4))) {
        all.push([text.as_bytes(), &tail].concat());
    }
    same(&python, &all, |bytes| decoded(bytes), python.ask_text(DECODE, &all));
}
