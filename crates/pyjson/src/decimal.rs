//! Whole numbers in decimal digits, written where they stay.

/// The least number of more than eight digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// How many digits a number has; 0 has one.
pub(crate) fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |power| power as usize + 1)
}

/// Writes a number's digits.
#[inline]
pub(crate) fn write(number: u64, out: &mut Vec<u8>) {
    if number >= EIGHT_DIGITS {
        return write_long(number, out);
    }
    let digits = eight(number);
    // The last digit stays, even if it is a zero.
    let zeros = (digits | 1 << 56).trailing_zeros() / 8;
    out.extend_from_slice(&((digits + ZEROS) >> (8 * zeros)).to_le_bytes());
    out.truncate(out.len() - zeros as usize);
}

/// [`write`] of more than eight digits.
fn write_long(number: u64, out: &mut Vec<u8>) {
    write(number / EIGHT_DIGITS, out);
    out.extend_from_slice(&(eight(number % EIGHT_DIGITS) + ZEROS).to_le_bytes());
}

/// Eight zeros as text.
const ZEROS: u64 = u64::from_ne_bytes([b'0'; 8]);

/// The values of eight digits, the first one in the lowest byte.
#[inline]
const fn eight(number: u64) -> u64 {
    // Each step makes twice as many numbers of half as many digits. The products divide by a
    // hundred and by ten, exactly for numbers that are this small.
    let fours = (number / 10_000) + ((number % 10_000) << 32);
    let hundreds = ((fours * 5243) >> 19) & 0x0000_007f_0000_007f;
    let pairs = hundreds + ((fours - hundreds * 100) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens + ((pairs - tens * 10) << 8)
}

/// Writes a number's sign and digits.
#[inline]
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
                assert_eq!(super::digits(number), out.len());
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
