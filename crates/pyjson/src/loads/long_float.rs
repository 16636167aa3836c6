//! Floats of any number of digits and any exponent.
//!
//! A library's exponent stops growing at some limit, while the number of digits may go on: `1` with a
//! million zeros and `e-1000000` is 1. So this first turns a long number into a short one with the
//! same float, in one pass over its digits.

/// Rust's own `str::parse` reads a number of at most this many bytes. It rounds correctly, half to
/// even, as CPython does. An exponent that is too large for it already decides the result.
const SHORT: usize = 1000;
/// How many significant digits are kept. No float and no middle of two floats has more than 768, so
/// later digits only matter as zero or not zero.
const KEPT: usize = 800;
/// A number of at least ten to this power is infinite.
const INFINITE: i64 = 310;
/// A number below ten to this power is zero.
const ZERO: i64 = -330;

/// The parts of a float's text in JSON, without its sign.
pub(super) struct Digits<'a> {
    whole: &'a [u8],
    fraction: &'a [u8],
    negative_exponent: bool,
    exponent: &'a [u8],
    /// How many bytes the number takes.
    pub(super) length: usize,
}

impl<'a> Digits<'a> {
    /// The parts of the number at the start of `text`. A point or an `e` without digits after it is
    /// not part of the number.
    pub(super) fn of(text: &'a [u8]) -> Self {
        let (whole, mut rest) = digits(text);
        let mut length = whole.len();
        let mut fraction: &[u8] = &[];
        if let [b'.', behind @ ..] = rest
            && let [b'0'..=b'9', ..] = behind
        {
            (fraction, rest) = digits(behind);
            length += 1 + fraction.len();
        }
        let (mut exponent, mut negative_exponent): (&[u8], _) = (&[], false);
        if let [b'e' | b'E', behind @ ..] = rest {
            let (signs, unsigned) = match behind {
                [b'+' | b'-', unsigned @ ..] => (1, unsigned),
                unsigned => (0, unsigned),
            };
            (exponent, _) = digits(unsigned);
            if !exponent.is_empty() {
                negative_exponent = behind.starts_with(b"-");
                length += 1 + signs + exponent.len();
            }
        }
        Self { whole, fraction, negative_exponent, exponent, length }
    }

    /// The float nearest to the number, half to even. `text` is the text of the parts.
    pub(super) fn nearest(&self, text: &[u8]) -> f64 {
        match text.get(..self.length) {
            Some(short) if short.len() <= SHORT => parse(short),
            _ => self.shortened(),
        }
    }

    /// [`Digits::nearest`] through a shorter number.
    fn shortened(&self) -> f64 {
        let all = || self.whole.iter().chain(self.fraction);
        let zeros = all().take_while(|digit| **digit == b'0').count();
        let mut significant = all().skip(zeros).copied();
        let mut short = b"0.".to_vec();
        short.extend(significant.by_ref().take(KEPT));
        if short.len() == 2 {
            return 0.0;
        }
        if significant.any(|digit| digit != b'0') {
            short.push(b'1');
        }
        // The number is 0.d times ten to this power, where d are the significant digits.
        let power = count(self.whole).saturating_sub(i64::try_from(zeros).unwrap_or(i64::MAX));
        match power.saturating_add(self.exponent()) {
            ..ZERO => 0.0,
            INFINITE.. => f64::INFINITY,
            power => {
                short.extend_from_slice(format!("e{power}").as_bytes());
                parse(&short)
            }
        }
    }

    /// The exponent; at most a quarter of an `i64`'s range, which is more than any text has digits.
    fn exponent(&self) -> i64 {
        let magnitude = self.exponent.iter().fold(0_i64, |magnitude, digit| {
            let magnitude = magnitude.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
            magnitude.min(i64::MAX / 4)
        });
        if self.negative_exponent { -magnitude } else { magnitude }
    }
}

/// The decimal digits at the start of `text`, and the rest.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, &[]))
}

fn count(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

/// `str::parse` of a number in JSON's grammar, which is a part of Rust's.
fn parse(number: &[u8]) -> f64 {
    std::str::from_utf8(number).ok().and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(text: &str) -> f64 {
        Digits::of(text.as_bytes()).nearest(text.as_bytes())
    }

    #[test]
    fn a_short_number_and_its_long_spelling_are_the_same_float() {
        let zeros = "0".repeat(SHORT);
        for number in
            ["1", "17976931348623157e292", "49e-325", "25e-325", "2.4e-324", "0", "0.5e-1"]
        {
            let (digits, exponent) = number.split_once('e').unwrap_or((number, "0"));
            let point = if digits.contains('.') { "" } else { "." };
            let long = format!("{digits}{point}{zeros}e{exponent}");
            assert_eq!(nearest(&long).to_bits(), nearest(number).to_bits(), "{number}");
        }
    }

    #[test]
    fn the_parts_end_where_the_grammar_does() {
        for (text, length) in [
            ("1", 1),
            ("1.", 1),
            ("1.e5", 1),
            ("1.5", 3),
            ("1.5e", 3),
            ("1.5e+", 3),
            ("1.5e+7", 6),
            ("1e-7x", 4),
            ("1E77.5", 4),
        ] {
            assert_eq!(Digits::of(text.as_bytes()).length, length, "{text}");
        }
    }

    #[test]
    fn the_powers_beyond_which_nothing_is_parsed_decide_by_themselves() {
        let long = |power: i64| nearest(&format!("0.{}1e{}", "0".repeat(SHORT), power + 1001));
        assert_eq!((long(308), long(309)), (1e308, f64::INFINITY));
        assert_eq!((long(-323), long(-324)), (1e-323, 0.0));
        assert_eq!((long(10_000), long(-10_000)), (f64::INFINITY, 0.0));
    }
}
