//! Numbers: CPython's `_match_number_unicode`.

use super::error::Message;
use super::parser::{Fault, Parser};
use super::text::Text;
use crate::{Int, Value};

impl<T: Text> Parser<'_, T> {
    /// A number that begins at [`Parser::at`], as far as it goes: in `1.x` it is `1`.
    pub(super) fn number(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        let first = start + usize::from(self.peek() == Some(b'-'));
        let whole = match self.bytes.get(first) {
            Some(b'0') => first + 1,
            Some(b'1'..=b'9') => self.digits_end(first),
            _ => return Err(Fault::At(Message::ExpectingValue, start)),
        };
        let fraction = match self.bytes.get(whole) {
            Some(b'.') if self.digits_end(whole + 1) > whole + 1 => self.digits_end(whole + 1),
            _ => whole,
        };
        self.at = self.exponent_end(fraction);
        let number = self.text.ascii(start, self.at);
        if self.at > whole {
            // Never fails: the grammar of JSON numbers is part of Rust's. Both round correctly,
            // and to infinity.
            return Ok(Value::Float(number.parse().unwrap_or(f64::NAN)));
        }
        if whole - first > self.limits.digits {
            return Err(Fault::IntDigits(whole - first));
        }
        Ok(Value::Int(Int::from_json(number)))
    }

    /// Where the digits from `start` end.
    fn digits_end(&self, start: usize) -> usize {
        let rest = self.bytes.get(start..).unwrap_or_default();
        start + rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len())
    }

    /// The end of an exponent that begins at `start`, or `start` when none does.
    fn exponent_end(&self, start: usize) -> usize {
        let sign = match self.bytes.get(start..) {
            Some([b'e' | b'E', b'+' | b'-', ..]) => 2,
            Some([b'e' | b'E', ..]) => 1,
            _ => return start,
        };
        let end = self.digits_end(start + sign);
        if end > start + sign { end } else { start }
    }
}
