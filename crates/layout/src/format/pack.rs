//! Packs values into bytes.

use super::{Code, Format, Item, Order, Scalar, half};

/// Why values can't be packed. The texts are CPython's, with other numbers in them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Too many values, or too few.
    #[error("pack expected {expected} items for packing (got {found})")]
    Count {
        /// How many the format holds.
        expected: usize,
        /// How many the caller gave.
        found: usize,
    },
    /// A value of another type than the code accepts.
    #[error("expected {expected} for a value of '{letter}', found {found}")]
    Type {
        /// The code.
        letter: char,
        /// The type that it accepts.
        expected: &'static str,
        /// The type of the value.
        found: &'static str,
    },
    /// An integer that its bytes can't hold.
    #[error("'{letter}' format requires {least} <= number <= {greatest}")]
    Range {
        /// The code.
        letter: char,
        /// The lowest integer that the code accepts.
        least: i128,
        /// The highest integer that the code accepts.
        greatest: i128,
    },
    /// A finite float that is too large for its bytes.
    #[error("float too large to pack with {letter} format")]
    FloatTooLarge {
        /// The code.
        letter: char,
    },
}

pub(super) fn pack(format: &Format, values: &[Scalar]) -> Result<Vec<u8>, PackError> {
    let expected = format.values();
    if values.len() != expected {
        return Err(PackError::Count { expected, found: values.len() });
    }
    let mut out = Vec::with_capacity(format.size);
    let mut values = values.iter();
    for Item { at, count, size, code } in &format.items {
        out.resize(*at, 0);
        for value in values.by_ref().take(*count) {
            let start = out.len();
            put(*code, *size, format.order, value, &mut out)?;
            out.resize(start + size, 0);
        }
    }
    out.resize(format.size, 0);
    Ok(out)
}

fn put(
    code: Code,
    size: usize,
    order: Order,
    value: &Scalar,
    out: &mut Vec<u8>,
) -> Result<(), PackError> {
    let refuse = |letter, expected| PackError::Type { letter, expected, found: value.type_name() };
    match (code, value) {
        (Code::Int { signed, letter }, _) => {
            let int = match value {
                Scalar::Int(int) => *int,
                Scalar::Bool(truth) => i128::from(*truth),
                _ => return Err(refuse(letter, "int")),
            };
            put_int(int, size, order, (signed, letter), out)
        }
        (Code::Float { letter, is_native }, _) => {
            let float = match value {
                Scalar::Float(float) => *float,
                Scalar::Bool(truth) => f64::from(u8::from(*truth)),
                // The nearest float, which is how a number's text is read.
                Scalar::Int(int) => int.to_string().parse().unwrap_or(f64::NAN),
                Scalar::Bytes(_) => return Err(refuse(letter, "float")),
            };
            put_float(float, (letter, is_native), order, out)
        }
        (Code::Bool, _) => {
            out.push(u8::from(match value {
                Scalar::Bool(truth) => *truth,
                Scalar::Int(int) => *int != 0,
                Scalar::Float(float) => *float != 0.0,
                Scalar::Bytes(bytes) => !bytes.is_empty(),
            }));
            Ok(())
        }
        (Code::Char, Scalar::Bytes(bytes)) if bytes.len() == 1 => {
            out.extend_from_slice(bytes);
            Ok(())
        }
        (Code::Char, _) => Err(refuse('c', "bytes of length 1")),
        (Code::String, Scalar::Bytes(bytes)) => {
            out.extend(bytes.iter().take(size));
            Ok(())
        }
        (Code::String, _) => Err(refuse('s', "bytes")),
        (Code::Pascal, Scalar::Bytes(bytes)) => {
            let text = bytes.get(..bytes.len().min(size.saturating_sub(1))).unwrap_or_default();
            if size > 0 {
                out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
                out.extend_from_slice(text);
            }
            Ok(())
        }
        (Code::Pascal, _) => Err(refuse('p', "bytes")),
    }
}

/// The lowest and the highest integer of this many bytes.
pub(super) const fn bounds(signed: bool, size: usize) -> (i128, i128) {
    let all = 1_i128 << (8 * size);
    if signed { (-(all / 2), all / 2 - 1) } else { (0, all - 1) }
}

fn put_int(
    int: i128,
    size: usize,
    order: Order,
    (signed, letter): (bool, char),
    out: &mut Vec<u8>,
) -> Result<(), PackError> {
    let (least, greatest) = bounds(signed, size);
    if int < least || int > greatest {
        return Err(PackError::Range { letter, least, greatest });
    }
    match order {
        Order::Little => out.extend(int.to_le_bytes().iter().take(size)),
        Order::Big => out.extend(int.to_be_bytes().iter().skip(size_of::<i128>() - size)),
    }
    Ok(())
}

fn put_float(
    float: f64,
    (letter, is_native): (char, bool),
    order: Order,
    out: &mut Vec<u8>,
) -> Result<(), PackError> {
    let too_large = PackError::FloatTooLarge { letter };
    let start = out.len();
    match letter {
        'e' => {
            let half = half::of_f64(float).ok_or(too_large)?;
            out.extend_from_slice(&half.to_be_bytes());
        }
        'f' => {
            #[allow(clippy::cast_possible_truncation, reason = "rounding is what is wanted")]
            let single = float as f32;
            if single.is_infinite() && float.is_finite() && !is_native {
                return Err(too_large);
            }
            out.extend_from_slice(&single.to_be_bytes());
        }
        _ => out.extend_from_slice(&float.to_be_bytes()),
    }
    if order == Order::Little {
        out.get_mut(start..).unwrap_or_default().reverse();
    }
    Ok(())
}
