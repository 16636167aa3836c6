//! Equality as in Python.

use pyjson::{Dict, Int, Value};

/// Whether two values of `json.loads` are equal by Python's `==`. `1`, `1.0` and `True` are
/// equal, an integer of any size is compared exactly with a float, and the order of a dict's
/// keys does not matter.
///
/// One difference: two NaNs are equal here, because both are written `NaN`.
#[must_use]
pub fn same_value(left: &Value, right: &Value) -> bool {
    let mut pending = vec![(left, right)];
    while let Some(pair) = pending.pop() {
        let is_same = match pair {
            (Value::Null, Value::Null) => true,
            (Value::Str(left), Value::Str(right)) => left == right,
            (Value::List(left), Value::List(right)) => {
                pending.extend(left.iter().zip(right));
                left.len() == right.len()
            }
            (Value::Dict(left), Value::Dict(right)) => add_values(left, right, &mut pending),
            (left, right) => match (Number::of(left), Number::of(right)) {
                (Some(left), Some(right)) => left.is(&right),
                _ => false,
            },
        };
        if !is_same {
            return false;
        }
    }
    true
}

fn add_values<'v>(
    left: &'v Dict,
    right: &'v Dict,
    pending: &mut Vec<(&'v Value, &'v Value)>,
) -> bool {
    left.len() == right.len()
        && left.iter().all(|(key, value)| {
            let other = right.get_py(key);
            pending.extend(other.map(|other| (value, other)));
            other.is_some()
        })
}

/// A number, because Python's `bool` is an `int`.
enum Number {
    Int(Int),
    Float(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(Self::Int(Int::from(i64::from(*truth)))),
            Value::Int(int) => Some(Self::Int(int.clone())),
            Value::Float(float) => Some(Self::Float(*float)),
            _ => None,
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => {
                left == right || (left.is_nan() && right.is_nan())
            }
            (Self::Int(int), Self::Float(float)) | (Self::Float(float), Self::Int(int)) => {
                exactly(*float).is_some_and(|exact| exact == *int)
            }
        }
    }
}

/// A float as an integer, if it is one.
fn exactly(float: f64) -> Option<Int> {
    if !float.is_finite() || float.fract() != 0.0 {
        return None;
    }
    format!("{float:.0}").parse().ok()
}
