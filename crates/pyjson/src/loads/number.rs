//! Numbers: CPython's `_match_number_unicode`.

use std::ops::RangeToInclusive;

use super::error::Message;
use super::float;
use super::long_float::Digits;
use super::parser::{Fault, Open, Parser};
use super::text::Text;
use crate::{Int, Value, swar};

/// This many decimal digits always fit an `i64`.
const SMALL_DIGITS: usize = 18;
/// This many decimal digits always fit a `u64`.
const DIGITS: RangeToInclusive<usize> = ..=19;
/// This many digits of an exponent are read here.
const EXPONENT_DIGITS: RangeToInclusive<usize> = ..=3;

impl<T: Text> Parser<'_, T> {
    /// A number that begins at [`Parser::at`], up to its end: in `1.x` it is `1`.
    #[inline]
    pub(super) fn number(&mut self, open: Open) -> Result<(), Fault> {
        let start = self.at;
        let number = self.bytes.get(start..).unwrap_or_default();
        let (negative, unsigned) = match number {
            [b'-', unsigned @ ..] => (true, unsigned),
            unsigned => (false, unsigned),
        };
        let (digits, whole) = match unsigned {
            [b'0', ..] => (1, 0),
            unsigned => swar::digits(unsigned, 0),
        };
        if digits == 0 {
            return Err(Fault::At(Message::ExpectingValue, start));
        }
        let behind = unsigned.get(digits..).unwrap_or_default();
        if let [b'.' | b'e' | b'E', ..] = behind
            && is_float(behind)
        {
            let (magnitude, length) = float(unsigned, digits, whole);
            self.at += length + usize::from(negative);
            self.place(open).set(Value::Float(if negative { -magnitude } else { magnitude }));
            return Ok(());
        }
        self.at += digits + usize::from(negative);
        if digits <= SMALL_DIGITS {
            let small = whole.cast_signed();
            self.place(open).set(Value::Int(Int::from(if negative { -small } else { small })));
            return Ok(());
        }
        if digits > self.limits.digits {
            return Err(Fault::IntDigits(digits));
        }
        let int = Int::from_json(self.text.ascii(start, self.at));
        self.place(open).set(Value::Int(int));
        Ok(())
    }
}

/// The float at the start of `number`, and its length. The caller knows that it is a float, the
/// number of digits in its whole part and, if there are not too many, their value.
#[inline]
fn float(number: &[u8], mut digits: usize, mut value: u64) -> (f64, usize) {
    let (mut length, mut power) = (digits, 0);
    if let Some([b'.', fraction @ ..]) = number.get(length..) {
        let places;
        (places, value) = swar::digits(fraction, value);
        digits += places;
        length += 1 + places;
        power = places;
    }
    if !DIGITS.contains(&digits) {
        return uncommon_float(number);
    }
    let mut power = -i32::try_from(power).unwrap_or_default();
    if let Some([b'e' | b'E', exponent @ ..]) = number.get(length..) {
        let (signs, exponent) = match exponent {
            [b'+' | b'-', exponent @ ..] => (1, exponent),
            exponent => (0, exponent),
        };
        let (places, magnitude) = swar::digits(exponent, 0);
        if !EXPONENT_DIGITS.contains(&places) {
            return uncommon_float(number);
        }
        // Without digits there is no exponent: the `e` is not part of the number.
        if places > 0 {
            let magnitude = i32::try_from(magnitude).unwrap_or_default();
            let negative = number.get(length + 1) == Some(&b'-');
            power += if negative { -magnitude } else { magnitude };
            length += 1 + signs + places;
        }
    }
    match float::nearest(value, power) {
        Some(float) => (float, length),
        None => uncommon_float(number),
    }
}

/// [`float`] for many digits or a large exponent.
#[cold]
fn uncommon_float(number: &[u8]) -> (f64, usize) {
    let digits = Digits::of(number);
    (digits.nearest(number), digits.length)
}

/// Whether these bytes after the digits of a whole number make it a float.
#[inline]
fn is_float(behind: &[u8]) -> bool {
    matches!(
        behind,
        [b'.', b'0'..=b'9', ..]
            | [b'e' | b'E', b'0'..=b'9', ..]
            | [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..]
    )
}
