//! `repr(float)`.

/// `repr(float)`: the shortest digits that read back as the same number.
///
/// A number from 1e-4 up to but not including 1e16 has no exponent, and ends in `.0` if it is
/// whole. Any other number has an exponent of at least two digits and always a sign: `1e-05`,
/// `1.5e+16`. Infinities are `inf` and `-inf`, and every NaN is `nan`. Source:
/// `format_float_short` in CPython's `Python/pystrtod.c`.
///
/// ```
/// assert_eq!(pytext::repr_float(3.0), "3.0");
/// assert_eq!(pytext::repr_float(0.1 + 0.2), "0.30000000000000004");
/// assert_eq!(pytext::repr_float(1e16), "1e+16");
/// assert_eq!(pytext::repr_float(-0.00001), "-1e-05");
/// ```
///
/// If two texts are equally short and equally near, CPython takes the one with the even last
/// digit; Rust's own `{:?}` takes the greater.
///
/// ```
/// let tie = 1.0 / 33_554_432.0; // 2.98023223876953125e-08
/// assert_eq!(pytext::repr_float(tie), "2.9802322387695312e-08");
/// assert_eq!(format!("{tie:?}"), "2.9802322387695313e-8");
/// ```
#[must_use]
pub fn repr_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    // JSON's text of a finite float is its repr.
    pyjson::dumps(&pyjson::Value::Float(value))
}
