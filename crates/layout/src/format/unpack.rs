//! Unpacks bytes into values.

use super::{Code, Format, Item, Order, Scalar, half};

pub(super) fn unpack(format: &Format, bytes: &[u8]) -> Option<Vec<Scalar>> {
    if bytes.len() != format.size {
        return None;
    }
    let mut values = Vec::with_capacity(format.values());
    for item in &format.items {
        let Item { at, count, size, code } = *item;
        for index in 0..count {
            let start = at.checked_add(index.checked_mul(size)?)?;
            values.push(value(code, format.order, bytes.get(start..start.checked_add(size)?)?));
        }
    }
    Some(values)
}

fn value(code: Code, order: Order, bytes: &[u8]) -> Scalar {
    match code {
        Code::Int { signed, .. } => Scalar::Int(int(signed, order, bytes)),
        Code::Float { .. } => Scalar::Float(float(order, bytes)),
        Code::Bool => Scalar::Bool(bytes != [0]),
        Code::Char | Code::String => Scalar::Bytes(bytes.to_vec()),
        Code::Pascal => Scalar::Bytes(match bytes.split_first() {
            Some((length, rest)) => rest.get(..usize::from(*length)).unwrap_or(rest).to_vec(),
            None => Vec::new(),
        }),
    }
}

fn int(signed: bool, order: Order, bytes: &[u8]) -> i128 {
    let add = |sum: i128, byte: &u8| sum << 8 | i128::from(*byte);
    let (unsigned, top) = match order {
        Order::Big => (bytes.iter().fold(0, add), bytes.first()),
        Order::Little => (bytes.iter().rev().fold(0, add), bytes.last()),
    };
    let is_negative = signed && top.is_some_and(|top| *top >= 0x80);
    if is_negative { unsigned - (1 << (8 * bytes.len())) } else { unsigned }
}

fn float(order: Order, bytes: &[u8]) -> f64 {
    let mut big = bytes.to_vec();
    if order == Order::Little {
        big.reverse();
    }
    match *big.as_slice() {
        [a, b] => half::to_f64(u16::from_be_bytes([a, b])),
        [a, b, c, d] => f64::from(f32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => f64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => 0.0,
    }
}
