//! Whole numbers in decimal digits, written where they stay.

/// The digits of 0 to 99, two each.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
        {
            let digits = b"0123456789";
            pairs[number] = [digits[number / 10], digits[number % 10]];
        }
        number += 1;
    }
    pairs
};

/// The most digits that a `u64` has.
const MOST_DIGITS: usize = 20;

/// How many digits a number has; 0 has one.
pub(crate) fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |power| power as usize + 1)
}

/// Writes a number's digits. They are not put together elsewhere and then copied: what was just
/// written cannot be read again at once without waiting for it.
pub(crate) fn write(mut number: u64, out: &mut Vec<u8>) {
    let end = out.len() + digits(number);
    let start = out.len();
    out.extend_from_slice(&[b'0'; MOST_DIGITS]);
    out.truncate(end);
    let (odd, pairs) = out.get_mut(start..).unwrap_or_default().as_rchunks_mut::<2>();
    for pair in pairs.iter_mut().rev() {
        if let Ok(rest) = usize::try_from(number % 100) {
            *pair = PAIRS.get(rest).copied().unwrap_or_default();
        }
        number /= 100;
    }
    if let [first] = odd {
        *first = b'0' | number.to_le_bytes()[0];
    }
}

/// Writes a number's sign and digits.
pub(crate) fn write_signed(number: i64, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    write(number.unsigned_abs(), out);
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_of_every_length_are_written_as_rust_writes_them() {
        let mut power = 1_u64;
        loop {
            for number in [power - 1, power, power + 1, power / 3, u64::MAX - power] {
                let mut out = Vec::new();
                super::write(number, &mut out);
                assert_eq!(out, number.to_string().as_bytes());
                for signed in [number.cast_signed(), number.cast_signed().wrapping_neg()] {
                    let mut out = vec![b'x'];
                    super::write_signed(signed, &mut out);
                    assert_eq!(out, format!("x{signed}").as_bytes());
                }
            }
            match power.checked_mul(10) {
                Some(next) => power = next,
                None => break,
            }
        }
    }
}
