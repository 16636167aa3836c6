//! Floats from their digits and power of ten, by Eisel and Lemire's algorithm ("Number Parsing at a
//! Gigabyte per Second", 2021). It covers the powers that are exact in 128 bits, which are nearly
//! all that occur. It rounds correctly, half to even, as CPython does.
//!
//! It is not a library's, because the scanner has already counted the digits when a number turns
//! out to be a float; a library would read them again.

/// The smallest and the largest power of ten in the table. Beyond these, the product of digits and
/// power would need more than 128 bits.
const POWERS: std::ops::RangeInclusive<i32> = -27..=55;
/// How many powers the table has.
const COUNT: usize = 83;
/// The bits of a float's fraction.
const FRACTION: u32 = 52;

/// The float nearest to `digits * 10^power`, or `None` for an uncommon power.
#[inline]
pub(super) fn nearest(digits: u64, power: i32) -> Option<f64> {
    if !POWERS.contains(&power) {
        return None;
    }
    if digits == 0 {
        return Some(0.0);
    }
    let index = usize::try_from(power - POWERS.start()).ok()?;
    let [upper, lower] = *FIVES.get(index)?;
    let zeros = digits.leading_zeros();
    let digits = digits << zeros;

    let (mut low, mut high) = digits.widening_product(upper);
    if high & 0x1ff == 0x1ff {
        // The bits below the kept ones might all change.
        let (_, more) = digits.widening_product(lower);
        let carry;
        (low, carry) = low.overflowing_add(more);
        high += u64::from(carry);
    }
    let top = u32::from(high >> 63 != 0);
    let shift = top + 64 - FRACTION - 3;
    let mut fraction = high >> shift;
    if low <= 1 && (-4..=23).contains(&power) && fraction & 3 == 1 && fraction << shift == high {
        // Exactly between two floats: rounds down, to the even one.
        fraction &= !1;
    }
    fraction = (fraction + (fraction & 1)) >> 1;
    let mut exponent = binary_exponent(power) + i64::from(top) - i64::from(zeros) + 1023;
    if fraction >= 2 << FRACTION {
        fraction = 1 << FRACTION;
        exponent += 1;
    }
    fraction &= !(1 << FRACTION);
    Some(f64::from_bits(fraction | exponent.cast_unsigned() << FRACTION))
}

/// The exponent of two of the highest bit of `10^power`, plus 63.
const fn binary_exponent(power: i32) -> i64 {
    // 217706 / 2^16 is log2(10), near enough for these powers.
    ((power as i64 * 217_706) >> 16) + 63
}

/// The two halves of a product of two words.
trait WideningProduct {
    /// The lower and the upper word.
    fn widening_product(self, other: Self) -> (u64, u64);
}

impl WideningProduct for u64 {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it takes the halves apart")]
    fn widening_product(self, other: Self) -> (u64, u64) {
        let product = u128::from(self) * u128::from(other);
        (product as Self, (product >> 64) as Self)
    }
}

/// The highest 128 bits of `5^power` for each of [`POWERS`], as two words, the upper one first.
/// Negative powers are rounded up, the others are exact.
const FIVES: [[u64; 2]; COUNT] = {
    let mut fives = [[0; 2]; COUNT];
    let (mut index, mut power) = (0, *POWERS.start());
    while index < COUNT {
        let bits = if power < 0 { reciprocal(power) } else { exact(power) };
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "checked when it is compiled; it takes the halves apart"
        )]
        {
            fives[index] = [(bits >> 64) as u64, bits as u64];
        }
        index += 1;
        power += 1;
    }
    fives
};

/// `5^power`, shifted to the top of 128 bits.
const fn exact(power: i32) -> u128 {
    let five = 5_u128.pow(power.unsigned_abs());
    five << five.leading_zeros()
}

/// The highest 128 bits of `5^power` for a negative power, rounded up, by long division.
const fn reciprocal(power: i32) -> u128 {
    let divisor = 5_u128.pow(power.unsigned_abs());
    let (mut quotient, mut remainder) = (0_u128, 1_u128);
    while quotient >> 127 == 0 {
        (quotient, remainder) = (quotient << 1, remainder << 1);
        if remainder >= divisor {
            (quotient, remainder) = (quotient + 1, remainder - divisor);
        }
    }
    quotient + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_float_is_the_one_that_rust_reads() {
        let mut state = 88_172_645_463_325_252_u64;
        for round in 0..400_000_u32 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let digits = state >> (round % 64);
            let power = POWERS.start() + i32::try_from(state.rotate_left(32) % 83).unwrap();
            let float: f64 = format!("{digits}e{power}").parse().unwrap();
            assert_eq!(nearest(digits, power), Some(float), "{digits}e{power}");
        }
    }

    #[test]
    fn halfway_between_two_floats_it_is_the_even_one() {
        for odd in [1_u64 << 53 | 1, (1 << 53) + 3, (1 << 54) - 1, (1 << 54) + 2, (1 << 54) + 6] {
            for power in -4..=4 {
                for near in [odd - 1, odd, odd + 1] {
                    let float: f64 = format!("{near}e{power}").parse().unwrap();
                    assert_eq!(nearest(near, power), Some(float), "{near}e{power}");
                }
            }
            // As quarters and as hundredths of a float's last place.
            for (digits, power) in [(odd * 5, -1), (odd * 25, -2), (odd * 125, -3)] {
                let float: f64 = format!("{digits}e{power}").parse().unwrap();
                assert_eq!(nearest(digits, power), Some(float), "{digits}e{power}");
            }
        }
    }

    #[test]
    fn what_is_beyond_the_table_is_left_to_others() {
        assert_eq!((nearest(1, -28), nearest(1, 56)), (None, None));
        assert_eq!((nearest(0, -27), nearest(1, 55)), (Some(0.0), Some(1e55)));
        assert_eq!(nearest(u64::MAX, -27), Some(1.844_674_407_370_955_2e-8));
    }
}
