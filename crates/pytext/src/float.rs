//! `repr(float)`.

/// `repr(float)`: the shortest digits that read back as the same number.
///
/// A number from 1e-4 up to but not including 1e16 is written out, with `.0` where it is whole;
/// any other has an exponent of at least two digits and always a sign: `1e-05`, `1.5e+16`.
/// Infinities are `inf` and `-inf`, and every NaN is `nan`. Source: `float_repr_style` short,
/// `format_float_short` in CPython's `Python/pystrtod.c`.
///
/// ```
/// assert_eq!(pytext::repr_float(3.0), "3.0");
/// assert_eq!(pytext::repr_float(0.1 + 0.2), "0.30000000000000004");
/// assert_eq!(pytext::repr_float(1e16), "1e+16");
/// assert_eq!(pytext::repr_float(-0.00001), "-1e-05");
/// ```
#[must_use]
pub fn repr_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
        // `Debug` of a float in this range writes no exponent and keeps the `.0`.
        return format!("{value:?}");
    }
    let scientific = format!("{value:e}");
    match scientific.split_once('e') {
        Some((digits, exponent)) => match exponent.strip_prefix('-') {
            Some(exponent) => format!("{digits}e-{exponent:0>2}"),
            None => format!("{digits}e+{exponent:0>2}"),
        },
        None => scientific,
    }
}
