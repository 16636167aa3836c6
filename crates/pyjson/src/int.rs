//! A Python `int`: a whole number of any size. It has no arithmetic, only what a JSON text needs.

use std::fmt;
use std::str::FromStr;

/// A Python `int` of any size.
///
/// ```
/// use pyjson::Int;
///
/// let huge: Int = "-123456789012345678901234567890".parse()?;
/// assert_eq!(huge.as_i64(), None);
/// assert_eq!(huge.to_string(), "-123456789012345678901234567890");
/// assert_eq!(Int::from(7_u64).as_i64(), Some(7));
/// # Ok::<(), pyjson::ParseIntError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Int(Repr);

/// Each number has one representation, so that equal numbers are equal.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Small(i64),
    /// Decimal digits of a number outside `i64`, with a `-` before a negative one and no leading
    /// zeros. JSON text is decimal in both directions, so a number never needs another form.
    Big(Box<str>),
}

/// A text that is not a decimal number: an optional `-`, then digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseIntError;

impl fmt::Display for ParseIntError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an optional '-' and decimal digits")
    }
}

impl std::error::Error for ParseIntError {}

impl Int {
    /// The number, if it fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Small(number) => Some(number),
            Repr::Big(_) => None,
        }
    }

    /// The number, if it fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Small(number) => u64::try_from(*number).ok(),
            Repr::Big(digits) => digits.parse().ok(),
        }
    }

    /// Whether it is negative.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small(number) => *number < 0,
            Repr::Big(digits) => digits.starts_with('-'),
        }
    }

    /// How many decimal digits it has, without the sign; zero has one.
    #[must_use]
    pub fn digits(&self) -> usize {
        match &self.0 {
            Repr::Small(number) => {
                number.unsigned_abs().checked_ilog10().map_or(1, |power| power as usize + 1)
            }
            Repr::Big(digits) => digits.len() - usize::from(self.is_negative()),
        }
    }

    /// From a JSON number without fraction or exponent: `-?(0|[1-9][0-9]*)`.
    pub(crate) fn from_json(digits: &str) -> Self {
        digits.parse().map_or_else(|_| Self(Repr::Big(digits.into())), |n| Self(Repr::Small(n)))
    }

    /// Writes the sign and the decimal digits.
    #[inline]
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match &self.0 {
            Repr::Small(number) => {
                out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
            }
            Repr::Big(digits) => out.extend_from_slice(digits.as_bytes()),
        }
    }
}

impl FromStr for Int {
    type Err = ParseIntError;

    /// Reads decimal digits of any number, with an optional `-` before them.
    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseIntError);
        }
        match digits.trim_start_matches('0') {
            "" => Ok(Self::from(0_i64)),
            significant => Ok(Self::from_json(&format!("{sign}{significant}"))),
        }
    }
}

impl From<i64> for Int {
    fn from(number: i64) -> Self {
        Self(Repr::Small(number))
    }
}

impl From<u64> for Int {
    fn from(number: u64) -> Self {
        match i64::try_from(number) {
            Ok(number) => Self(Repr::Small(number)),
            Err(_) => Self(Repr::Big(number.to_string().into())),
        }
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Small(number) => number.fmt(f),
            Repr::Big(digits) => {
                let unsigned = digits.strip_prefix('-').unwrap_or(digits);
                f.pad_integral(!self.is_negative(), "", unsigned)
            }
        }
    }
}

impl fmt::Debug for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Int({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_the_edges_of_the_machine_types_have_one_representation() {
        for text in ["9223372036854775807", "-9223372036854775808"] {
            let int: Int = text.parse().unwrap();
            assert_eq!((int.as_i64(), int.to_string()), (text.parse().ok(), text.to_owned()));
        }
        let max = Int::from(u64::MAX);
        assert_eq!(max, "18446744073709551615".parse().unwrap());
        assert_eq!((max.as_u64(), max.as_i64()), (Some(u64::MAX), None));
        let over: Int = "18446744073709551616".parse().unwrap();
        assert_eq!((over.as_u64(), over.is_negative(), over.digits()), (None, false, 20));
        let under: Int = "-9223372036854775809".parse().unwrap();
        assert_eq!((under.as_i64(), under.is_negative(), under.digits()), (None, true, 19));
    }

    #[test]
    fn zeros_in_front_and_minus_zero_are_dropped() {
        for (text, shown) in [("-0", "0"), ("000", "0"), ("-007", "-7"), ("00", "0")] {
            assert_eq!(text.parse::<Int>().unwrap().to_string(), shown);
        }
        for text in ["", "-", "+1", "1_0", " 1", "1e3", "٣"] {
            assert_eq!(text.parse::<Int>(), Err(ParseIntError), "{text:?}");
        }
        assert_eq!(ParseIntError.to_string(), "expected an optional '-' and decimal digits");
    }

    #[test]
    fn signs_and_digits_are_those_of_the_number() {
        let cases = [
            ("0", false, 1, Some(0), Some(0)),
            ("7", false, 1, Some(7), Some(7)),
            ("-7", true, 1, Some(-7), None),
            ("-10", true, 2, Some(-10), None),
            ("9223372036854775808", false, 19, None, Some(1 << 63)),
            ("-9223372036854775809", true, 19, None, None),
        ];
        for (text, is_negative, digits, signed, unsigned) in cases {
            let int: Int = text.parse().unwrap();
            assert_eq!((int.is_negative(), int.digits()), (is_negative, digits), "{text}");
            assert_eq!((int.as_i64(), int.as_u64()), (signed, unsigned), "{text}");
            assert_eq!(format!("{int} {int:?}"), format!("{text} Int({text})"));
            let padded = text.parse::<i128>().unwrap();
            assert_eq!(format!("{int:025} {int:>+25}"), format!("{padded:025} {padded:>+25}"));
        }
        assert_eq!(Int::from(u64::MAX).to_string(), u64::MAX.to_string());
        assert_eq!(Int::from(1_u64 << 63), "9223372036854775808".parse().unwrap());
    }

    #[test]
    fn an_int_takes_two_words() {
        assert_eq!(size_of::<Int>(), 16);
    }
}
