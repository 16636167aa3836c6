//! Numbers of any length: the digits or the exponent may fill the text.

use pyjson::PyString;

use crate::oracle::Oracle;
use crate::texts::check;

/// As many zeros as an exponent of 16 bits can express, and one more; the same with 655,360 digits,
/// where an exponent was once cut off; and a few.
const ZEROS: [i64; 8] = [0, 1, 342, 769, 65_535, 65_536, 655_359, 655_360];
/// The powers of ten at which a float becomes zero, subnormal, normal and infinite, and a common one.
const POWERS: [i64; 12] = [-400, -325, -324, -323, -309, -308, -1, 0, 1, 308, 309, 400];

fn zeros(count: i64) -> String {
    "0".repeat(usize::try_from(count).unwrap())
}

/// Asks only about the text: some are long.
fn check_each(texts: impl IntoIterator<Item = String>) {
    let mut oracle = Oracle::new();
    for text in texts {
        check(&mut oracle, &[PyString::from(text)]);
    }
}

#[test]
fn an_exponent_makes_up_for_zeros_of_any_number() {
    let texts = ZEROS.into_iter().flat_map(|count| {
        POWERS.into_iter().enumerate().map(move |(place, power)| {
            let zeros = zeros(count);
            match place % 3 {
                0 => format!("0.{zeros}1e{}", count + 1 + power),
                1 => format!("-1{zeros}e{}", power - count),
                _ => format!("[17976931348623157{zeros}.{zeros}5E{}]", power - count - 16),
            }
        })
    });
    check_each(texts);
}

#[test]
fn an_exponent_of_thousands_of_digits_is_read_to_its_end() {
    let (nines, zeros) = ("9".repeat(5000), zeros(5000));
    let texts = ["1", "0", "0.0", "-1.5", "12345678901234567890123", "0.000000000000000000000001"];
    let exponents = [
        format!("e{nines}"),
        format!("e-{nines}"),
        format!("e+{zeros}3"),
        format!("e-{zeros}3"),
        format!("E{zeros}"),
        format!("e{zeros}{nines}"),
        "e9223372036854775807".to_owned(),
        "e-9223372036854775808".to_owned(),
        "e18446744073709551616".to_owned(),
        "e-18446744073709551617".to_owned(),
        "e4294967296".to_owned(),
    ];
    check_each(texts.iter().flat_map(|text| exponents.iter().map(move |e| format!("{text}{e}"))));
}

/// Ten times `odd * 2^-1075`, exactly. A tenth of it is halfway between two subnormal floats if `odd` is
/// odd.
fn halfway(odd: u32) -> String {
    let least = format!("{:.1074}", f64::from_bits(1));
    // Half of the smallest float is a tenth of five times it.
    let (mut carry, mut digits) = (0, Vec::new());
    for digit in least.strip_prefix("0.").unwrap().bytes().rev() {
        let product = u32::from(digit - b'0') * 5 * odd + carry;
        digits.push(char::from(b'0' + u8::try_from(product % 10).unwrap()));
        carry = product / 10;
    }
    format!("{carry}.{}", digits.iter().rev().collect::<String>())
}

#[test]
fn a_digit_however_far_away_decides_between_two_floats() {
    let mut texts = Vec::new();
    for odd in [1, 3, 5, 4_503_599] {
        let digits = halfway(odd);
        for tail in ["", "0", "1", &zeros(1), &(zeros(2000) + "1"), &(zeros(700_000) + "1")] {
            texts.push(format!("{digits}{tail}e-1"));
        }
        // Just below the middle.
        let below = digits.trim_end_matches('5').to_owned() + "4";
        texts.push(format!("{below}{}e-1", "9".repeat(2000)));
    }
    for middle in ["9007199254740993", "9007199254740995", "1797693134862315807"] {
        for tail in ["", "0", "1"] {
            texts.push(format!("{middle}.{}{tail}", zeros(3000)));
            texts.push(format!("{middle}{}{tail}e-3000", zeros(3000)));
            texts.push(format!("0.{}{middle}{}{tail}E+70000", zeros(70_000), zeros(900)));
        }
    }
    check_each(texts);
}

#[test]
fn a_number_ends_where_its_grammar_ends_whatever_its_length() {
    let long = zeros(2000);
    let tails =
        ["e", "e+", "e-", "e5x", "e5.5", "e+5e", ".", ".e5", "..5", "x", " 1", ",", "]", "é"];
    let numbers = [format!("1{long}.5"), format!("0.{long}1"), format!("1.5e{long}7")];
    check_each(tails.iter().flat_map(|tail| numbers.iter().map(move |n| format!("[{n}{tail}]"))));
}

#[test]
fn a_number_takes_time_by_its_length_alone() {
    // Forty million digits. Comparing each with all others would take minutes.
    let digits = "7".repeat(20_000_000);
    let text = format!("{digits}.{digits}e-19999999");
    assert_eq!(pyjson::loads(&text), Ok(pyjson::Value::from(7.777_777_777_777_778)));
}
