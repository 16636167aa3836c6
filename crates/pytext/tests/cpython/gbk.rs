//! `bytes.decode('gbk')`.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use pytext::decode_gbk;

use crate::draw::{cases, draw};
use crate::python::{Python, same};

/// The first and the last byte of each class in any rule of gbk or gb18030.
const BORDERS: [u8; 18] = [
    0x00, 0x2f, 0x30, 0x39, 0x3a, 0x3f, 0x40, 0x41, 0x7e, 0x7f, 0x80, 0x81, 0xa0, 0xa1, 0xaa, 0xf8,
    0xfe, 0xff,
];

/// The text, or `!` and the error's.
fn decoded(bytes: &[u8]) -> String {
    decode_gbk(bytes).unwrap_or_else(|error| format!("! {error}"))
}

const DECODE: &str = "for a in records(): attempt(a.decode, 'gbk')";

#[test]
fn every_byte_and_pair_in_every_version() {
    let pairs = (0..=u16::MAX).map(|pair| pair.to_be_bytes().to_vec());
    let all: Vec<_> = (0..=u8::MAX).map(|byte| vec![byte]).chain(pairs).collect();
    for python in Python::all() {
        same(python, &all, |bytes| decoded(bytes), python.ask_text(DECODE, &all));
    }
}

/// With 1,000 cases or more, before every byte.
#[test]
fn every_pair_before_a_byte_of_each_kind() {
    let python = Python::main();
    let tails = if cases() < 1000 { vec![0x30, 0x41, 0x81, 0xff] } else { (0..=u8::MAX).collect() };
    for tail in tails {
        let script = format!(
            "for a in range(256):\n for b in range(256): attempt(bytes([a, b, {tail}]).decode, 'gbk')"
        );
        let all = (0..=u16::MAX).map(|pair| [pair.to_be_bytes()[0], pair.to_be_bytes()[1], tail]);
        same(&python, all, |bytes| decoded(bytes), python.ask_text(&script, &[]));
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
                if a > 0x7f {
                    all.extend(BORDERS.map(|d| vec![a, b, c, d]));
                }
            }
        }
    }
    same(&python, &all, |bytes| decoded(bytes), python.ask_text(DECODE, &all));
}

#[test]
fn any_bytes() {
    let python = Python::main();
    let mut all = draw(8, vec(any::<u8>(), 0..8));
    all.extend(draw(8, vec(select(BORDERS.to_vec()), 0..8)));
    // Mostly characters, so that some texts are long and valid.
    let pair = proptest::prop_oneof![
        4 => (0xb0..=0xd6_u8, 0xa1..=0xfe_u8).prop_map(|(a, b)| vec![a, b]),
        2 => (0x20..0x7f_u8).prop_map(|byte| vec![byte]),
        1 => (0x81..=0xa0_u8, 0x40..=0x7e_u8).prop_map(|(a, b)| vec![a, b]),
    ];
    all.extend(draw(8, vec(pair, 0..40)).into_iter().map(|pairs| pairs.concat()));
    same(&python, &all, |bytes| decoded(bytes), python.ask_text(DECODE, &all));
}
