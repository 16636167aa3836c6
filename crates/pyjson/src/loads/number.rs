//! Numbers: CPython's `_match_number_unicode`.

use super::error::Message;
use super::parser::{Fault, Open, Parser};
use super::text::Text;
use crate::{Int, Value};

/// As many decimal digits always fit an `i64`.
const SMALL_DIGITS: usize = 18;

impl<T: Text> Parser<'_, T> {
    /// A number that begins at [`Parser::at`], as far as it goes: in `1.x` it is `1`.
    #[inline]
    pub(super) fn number(&mut self, open: Open) -> Result<(), Fault> {
        let start = self.at;
        let number = self.bytes.get(start..).unwrap_or_default();
        let (negative, unsigned) = match number {
            [b'-', unsigned @ ..] => (true, unsigned),
            unsigned => (false, unsigned),
        };
        let (mut digits, mut small) = (0, 0_i64);
        for byte in unsigned {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            digits += 1;
            small = small.wrapping_mul(10).wrapping_add(i64::from(digit));
            if digits == 1 && digit == 0 {
                break;
            }
        }
        if digits == 0 {
            return Err(Fault::At(Message::ExpectingValue, start));
        }
        if is_float(unsigned.get(digits..).unwrap_or_default()) {
            let (float, length) = float(number);
            self.at += length;
            self.place(open, Value::Float(float));
            return Ok(());
        }
        self.at += digits + usize::from(negative);
        if digits <= SMALL_DIGITS {
            self.place(open, Value::Int(Int::from(if negative { -small } else { small })));
            return Ok(());
        }
        if digits > self.limits.digits {
            return Err(Fault::IntDigits(digits));
        }
        let int = Int::from_json(self.text.ascii(start, self.at));
        self.place(open, Value::Int(int));
        Ok(())
    }
}

/// The float that `number` begins with, and its length. It is known to be one; JSON's grammar is
/// part of the function's, and both it and CPython round correctly, and to infinity.
fn float(number: &[u8]) -> (f64, usize) {
    fast_float2::parse_partial(number).unwrap_or_default()
}

/// Whether these bytes, behind the digits of a whole number, make a float of it.
fn is_float(behind: &[u8]) -> bool {
    matches!(
        behind,
        [b'.', b'0'..=b'9', ..]
            | [b'e' | b'E', b'0'..=b'9', ..]
            | [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..]
    )
}
