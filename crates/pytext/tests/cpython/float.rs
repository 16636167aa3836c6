//! `repr(float)`.

use proptest::prelude::any;
use pytext::repr_float;

use crate::draw::draw;
use crate::python::{Python, same};

/// The doubles where a digit generator or the choice of notation is most likely wrong.
fn telling() -> Vec<f64> {
    let powers_of_two = (0..2047_u64).map(|exponent| f64::from_bits(exponent << 52));
    let subnormal_powers = (0..52).map(|bit| f64::from_bits(1 << bit));
    let powers_of_ten = (-330..310).map(|exponent| format!("1e{exponent}").parse().unwrap());
    let nines =
        (-310..300).map(|exponent| format!("9.999999999999999e{exponent}").parse().unwrap());
    let smallest = (0..2000).map(f64::from_bits);
    let whole = (0..4000).map(f64::from);
    let cents = (0..4000).map(|cents| f64::from(cents) / 100.0);
    let around: Vec<f64> = powers_of_two
        .chain(subnormal_powers)
        .chain(powers_of_ten)
        .chain(nines)
        .chain([f64::MAX, 0.1 + 0.2, 5e-324, 9_007_199_254_740_993.0])
        .flat_map(|value: f64| {
            [value.next_down().next_down(), value.next_down(), value, value.next_up()]
        })
        .collect();
    let special = [f64::INFINITY, f64::NAN, f64::from_bits(0xfff8_0000_0000_0001)];
    let mut all: Vec<f64> =
        smallest.chain(whole).chain(cents).chain(around).chain(special).collect();
    all.extend(all.clone().iter().map(|value| -value));
    all
}

#[test]
fn repr_of_telling_numbers_in_every_version() {
    for python in Python::all() {
        check(python, &telling());
    }
}

#[test]
fn repr_of_any_number() {
    let bits = draw(64, any::<u64>()).into_iter().map(f64::from_bits);
    let decimals = draw(64, (-99_999_999..99_999_999_i32, -25..25_i32));
    let decimals = decimals.iter().map(|(digits, e)| format!("{digits}e{e}").parse().unwrap());
    // Many of these have two equally near shortest texts.
    let ties = draw(64, (0..1_u64 << 53, 0x3e6..0x442_u64));
    let ties = ties.iter().map(|(bits, e)| f64::from_bits(e << 52 | bits >> (e % 8 * 6)));
    check(&Python::main(), &bits.chain(decimals).chain(ties).collect::<Vec<f64>>());
}

fn check(python: &Python, values: &[f64]) {
    let packed = values.iter().flat_map(|value| value.to_be_bytes()).collect();
    let script = "
import struct
for (a,) in struct.iter_unpack('>d', next(records())): put(repr(a))";
    same(python, values, |value| repr_float(**value), python.ask_text(script, &[packed]));
}
