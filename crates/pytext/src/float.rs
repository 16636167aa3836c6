//! `repr(float)`.

/// `repr(float)`: the shortest digits that read back as the same number.
///
/// A number from 1e-4 up to but not including 1e16 is written out, with `.0` where it is whole;
/// any other has an exponent of at least two digits and always a sign: `1e-05`, `1.5e+16`.
/// Infinities are `inf` and `-inf`, and every NaN is `nan`. Source: `format_float_short` in
/// CPython's `Python/pystrtod.c`.
///
/// ```
/// assert_eq!(pytext::repr_float(3.0), "3.0");
/// assert_eq!(pytext::repr_float(0.1 + 0.2), "0.30000000000000004");
/// assert_eq!(pytext::repr_float(1e16), "1e+16");
/// assert_eq!(pytext::repr_float(-0.00001), "-1e-05");
/// ```
///
/// Where two texts are as short and as near as each other, CPython takes the one whose last digit
/// is even; Rust's own `{:?}` takes the greater.
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
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let magnitude = value.abs();
    if magnitude.is_infinite() {
        return format!("{sign}inf");
    }
    let scientific = shortest(magnitude);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse() {
        Ok(exponent @ -4..16) => format!("{sign}{}", written_out(mantissa, exponent)),
        _ => match exponent.strip_prefix('-') {
            Some(exponent) => format!("{sign}{mantissa}e-{exponent:0>2}"),
            None => format!("{sign}{mantissa}e+{exponent:0>2}"),
        },
    }
}

/// The shortest digits, as `d.ddde-x`.
fn shortest(magnitude: f64) -> String {
    let greater = format!("{magnitude:e}");
    let places = greater.bytes().take_while(|byte| *byte != b'e').count().saturating_sub(2);
    // Rust rounds to a number of places as CPython does, half to even. The nearest text of that
    // length need not read back where the numbers below are closer than those above.
    let even = format!("{magnitude:.places$e}");
    if even.parse() == Ok(magnitude) { even } else { greater }
}

/// `d.ddd` times ten to the exponent, without an exponent.
fn written_out(mantissa: &str, exponent: i8) -> String {
    let digits = mantissa.replace('.', "");
    let before = usize::from(exponent.unsigned_abs()).saturating_add(1);
    if exponent < 0 {
        format!("{:0<before$}{digits}", "0.")
    } else if let Some((whole, part)) = digits.split_at_checked(before)
        && !part.is_empty()
    {
        format!("{whole}.{part}")
    } else {
        format!("{digits:0<before$}.0")
    }
}
