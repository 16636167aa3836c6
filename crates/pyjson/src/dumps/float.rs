//! `float.__repr__`: the shortest digits that read back as the same number, in CPython's layout
//! (`float_repr_style` "short" of `Python/pystrtod.c`).

/// Writes a float as `json.dumps` does.
#[inline]
pub(super) fn write(float: f64, out: &mut Vec<u8>) {
    let magnitude = float.abs();
    if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
        push(zmij::Buffer::new().format_finite(float).as_bytes(), out);
    } else if float.is_finite() {
        scientific(zmij::Buffer::new().format_finite(float).as_bytes(), out);
    } else if float.is_nan() {
        out.extend_from_slice(b"NaN");
    } else {
        out.extend_from_slice(if float.is_sign_positive() { b"Infinity" } else { b"-Infinity" });
    }
}

/// Appends a few bytes; for the common lengths, without counting them.
#[inline]
fn push(bytes: &[u8], out: &mut Vec<u8>) {
    let (Some(head), Some(tail), ..24) =
        (bytes.first_chunk::<16>(), bytes.last_chunk::<8>(), bytes.len())
    else {
        return out.extend_from_slice(bytes);
    };
    // Copies the end from the end, over bytes that were already copied.
    let start = out.len();
    out.extend_from_slice(&[0; 24]);
    if let Some(front) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        *front = *head;
    }
    out.truncate(start + bytes.len());
    if let Some(last) = out.last_chunk_mut() {
        *last = *tail;
    }
}

/// Rewrites a number in any layout as `d.ddde+XX`: no `.0`, and at least two exponent digits.
fn scientific(number: &[u8], out: &mut Vec<u8>) {
    let (negative, number) = match number {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let place = number.iter().position(|byte| *byte == b'e').unwrap_or(number.len());
    let (mantissa, exponent) = number.split_at_checked(place).unwrap_or((number, &[]));
    let exponent = exponent.get(1..).and_then(|digits| std::str::from_utf8(digits).ok());
    let mut exponent: i32 = exponent.and_then(|digits| digits.parse().ok()).unwrap_or(0);

    // The power of ten of the first digit, then the digits from the first to the last that is
    // not zero.
    let point = mantissa.iter().position(|byte| *byte == b'.').unwrap_or(mantissa.len());
    let digits: Vec<u8> = mantissa.iter().copied().filter(|byte| *byte != b'.').collect();
    let zeros = digits.iter().position(|byte| *byte != b'0').unwrap_or(0);
    let last = digits.iter().rposition(|byte| *byte != b'0').unwrap_or(0);
    let places = i32::try_from(point).unwrap_or(0) - i32::try_from(zeros).unwrap_or(0) - 1;
    exponent += places;

    if negative {
        out.push(b'-');
    }
    match digits.get(zeros..=last).unwrap_or_default() {
        [] => out.push(b'0'),
        [first] => out.push(*first),
        [first, rest @ ..] => {
            out.extend_from_slice(&[*first, b'.']);
            out.extend_from_slice(rest);
        }
    }
    out.extend_from_slice(if exponent.is_negative() { b"e-" } else { b"e+" });
    if exponent.unsigned_abs() < 10 {
        out.push(b'0');
    }
    out.extend_from_slice(itoa::Buffer::new().format(exponent.unsigned_abs()).as_bytes());
}

#[cfg(test)]
mod tests {
    /// The result of `repr()` in CPython.
    #[test]
    fn floats_are_laid_out_as_cpython_lays_them_out() {
        let reprs = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (1e15, "1000000000000000.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (12_345_678_901_234_567.0, "1.2345678901234568e+16"),
            (1e22, "1e+22"),
            (1e100, "1e+100"),
            (1.5e-7, "1.5e-07"),
            (0.0001, "0.0001"),
            (0.000_123_456, "0.000123456"),
            (0.000_099_99, "9.999e-05"),
            (1e-5, "1e-05"),
            (-1.25e-5, "-1.25e-05"),
            (5e-324, "5e-324"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (f64::MAX, "1.7976931348623157e+308"),
            (-1.234e-10, "-1.234e-10"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (float, repr) in reprs {
            let mut out = Vec::new();
            super::write(float, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), repr);
        }
    }
}
