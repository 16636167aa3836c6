//! Half floats: IEEE 754's binary16, one bit of sign, five of exponent, ten of fraction.

/// The number of a half float.
pub(super) fn to_f64(half: u16) -> f64 {
    let fraction = f64::from(half & 0x3ff);
    let exponent = i32::from(half >> 10 & 0x1f);
    let magnitude = match exponent {
        0 => fraction * 2_f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    };
    if half & 0x8000 == 0 { magnitude } else { -magnitude }
}

/// The half float nearest to a number, the even one of two; `None` if the number is finite and
/// the half would be infinite. A NaN keeps only its sign, as in CPython before 3.14.
pub(super) fn of_f64(number: f64) -> Option<u16> {
    let sign = if number.is_sign_negative() { 0x8000 } else { 0 };
    if number.is_nan() {
        return Some(sign | 0x7e00);
    }
    let magnitude = number.abs();
    if magnitude.is_infinite() {
        return Some(sign | 0x7c00);
    }
    if magnitude >= 65520.0 {
        return None;
    }
    // Half floats grow with their bits, so a binary search finds the half.
    let (mut below, mut above) = (0_u16, 0x7c00_u16);
    while above - below > 1 {
        let middle = below.midpoint(above);
        if to_f64(middle) <= magnitude { below = middle } else { above = middle }
    }
    let (low, high) = (to_f64(below), if above == 0x7c00 { 65536.0 } else { to_f64(above) });
    let is_up = match (magnitude - low).total_cmp(&(high - magnitude)) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => below % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    Some(sign | if is_up { above } else { below })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_that_is_no_nan_comes_back_from_its_number() {
        for half in 0..=u16::MAX {
            let number = to_f64(half);
            if !number.is_nan() {
                assert_eq!(of_f64(number), Some(half), "{half:#06x}");
            }
        }
    }
}
