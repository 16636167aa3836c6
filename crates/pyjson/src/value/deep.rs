//! Drop, clone and equality of values of any depth.
//!
//! A text of a few kilobytes can nest deeper than a stack allows, so nothing here recurses: the
//! remaining work is kept on the heap.

use super::{Dict, Entry, Value};
use crate::PyString;

/// How deep a value is dropped by recursion, which is fast, before the heap takes over.
const RECURSION: usize = 64;

impl Drop for Value {
    #[inline]
    fn drop(&mut self) {
        if is_nested(self) {
            let mut deeper = Vec::new();
            empty(self, 0, &mut deeper);
            while let Some(mut value) = deeper.pop() {
                empty(&mut value, 0, &mut deeper);
            }
        }
    }
}

/// Whether dropping this value would drop others.
#[inline]
fn is_nested(value: &Value) -> bool {
    match value {
        Value::List(items) => !items.is_empty(),
        Value::Dict(dict) => !dict.is_empty(),
        _ => false,
    }
}

/// Drops everything in a value, except for what is too deep; that goes into `deeper`.
fn empty(value: &mut Value, depth: usize, deeper: &mut Vec<Value>) {
    match value {
        Value::List(items) => {
            empty_all(items.iter_mut(), depth, deeper);
            *items = Vec::new();
        }
        Value::Dict(dict) => {
            empty_all(dict.values_mut(), depth, deeper);
            *dict = Dict::new();
        }
        _ => {}
    }
}

fn empty_all<'a>(
    values: impl Iterator<Item = &'a mut Value>,
    depth: usize,
    deeper: &mut Vec<Value>,
) {
    for value in values {
        if !is_nested(value) {
            continue;
        }
        if depth < RECURSION {
            empty(value, depth + 1, deeper);
        } else {
            deeper.push(std::mem::take(value));
        }
    }
}

impl Clone for Value {
    fn clone(&self) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Bool(truth) => Self::Bool(*truth),
            Self::Int(int) => Self::Int(int.clone()),
            Self::Float(float) => Self::Float(*float),
            Self::Str(string) => Self::Str(string.clone()),
            Self::List(_) | Self::Dict(_) => clone_nested(self),
        }
    }
}

/// A list or dict during cloning: its rest, and the clone so far.
enum Cloning<'a> {
    List(std::slice::Iter<'a, Value>, Vec<Value>),
    Dict(std::slice::Iter<'a, Entry>, Vec<Entry>),
}

impl<'a> Cloning<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::List(items) => Some(Self::List(items.iter(), Vec::with_capacity(items.len()))),
            Value::Dict(dict) => {
                Some(Self::Dict(dict.entries().iter(), Vec::with_capacity(dict.len())))
            }
            _ => None,
        }
    }

    fn next_source(&mut self) -> Option<&'a Value> {
        match self {
            Self::List(items, _) => items.next(),
            Self::Dict(entries, _) => entries.as_slice().first().map(|(_, value)| value),
        }
    }

    fn push(&mut self, value: Value) {
        match self {
            Self::List(_, clone) => clone.push(value),
            Self::Dict(entries, clone) => {
                let key = entries.next().map_or_else(PyString::new, |(key, _)| key.clone());
                clone.push((key, value));
            }
        }
    }

    fn finish(self) -> Value {
        match self {
            Self::List(_, clone) => Value::List(clone),
            Self::Dict(_, clone) => Value::Dict(Dict::from_unique(clone)),
        }
    }
}

fn clone_nested(root: &Value) -> Value {
    let Some(mut current) = Cloning::of(root) else { return Value::Null };
    let mut outer = Vec::new();
    loop {
        if let Some(source) = current.next_source() {
            match Cloning::of(source) {
                Some(inner) => outer.push(std::mem::replace(&mut current, inner)),
                None => current.push(source.clone()),
            }
        } else {
            let done = current.finish();
            match outer.pop() {
                Some(parent) => current = parent,
                None => return done,
            }
            current.push(done);
        }
    }
}

/// Types are distinguished (`Int(1)` is not `Float(1.0)`), NaN does not equal itself, and the order
/// of a dict's keys does not matter.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        all_equal(vec![(self, other)])
    }
}

pub(super) fn dicts_equal(left: &Dict, right: &Dict) -> bool {
    let mut pending = Vec::new();
    push_entries(left, right, &mut pending) && all_equal(pending)
}

fn all_equal<'a>(mut pending: Vec<(&'a Value, &'a Value)>) -> bool {
    while let Some(pair) = pending.pop() {
        let equal = match pair {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::List(a), Value::List(b)) => {
                pending.extend(a.iter().zip(b));
                a.len() == b.len()
            }
            (Value::Dict(a), Value::Dict(b)) => push_entries(a, b, &mut pending),
            _ => false,
        };
        if !equal {
            return false;
        }
    }
    true
}

/// Adds the pairs of values with the same key; `false` if the keys differ.
fn push_entries<'a>(
    left: &'a Dict,
    right: &'a Dict,
    pending: &mut Vec<(&'a Value, &'a Value)>,
) -> bool {
    left.len() == right.len()
        && left.iter().all(|(key, value)| match right.get_py(key) {
            Some(other) => {
                pending.push((value, other));
                true
            }
            None => false,
        })
}

#[cfg(test)]
mod tests {
    use super::{RECURSION, empty};
    use crate::{Dict, Value};

    /// Alternating lists and dicts with this many levels, with a scalar and an empty list innermost.
    fn nest(levels: usize) -> Value {
        let innermost = Value::List(vec![Value::Bool(true), Value::List(Vec::new())]);
        (1..levels).fold(innermost, |value, level| match level % 2 {
            0 => Value::List(vec![Value::Null, value]),
            _ => Value::Dict(Dict::from([("a", Value::Null), ("b", value)])),
        })
    }

    #[test]
    fn only_what_lies_deeper_than_the_recursion_goes_waits_on_the_heap() {
        for levels in [1, 2, RECURSION, RECURSION + 1, RECURSION + 2, RECURSION + 3, 1000] {
            let mut value = nest(levels);
            let mut deeper = Vec::new();
            empty(&mut value, 0, &mut deeper);
            assert!(value == Value::List(Vec::new()) || value == Value::Dict(Dict::new()));
            let expected = levels.checked_sub(RECURSION + 1).filter(|levels| *levels > 0);
            assert_eq!(deeper, expected.map(nest).into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_million_levels_are_dropped_cloned_compared_and_shown_on_a_small_stack() {
        let check = || {
            let mut value = Value::Null;
            for level in 0..1_000_000 {
                value = if level % 2 == 0 {
                    Value::List(vec![value])
                } else {
                    Value::Dict(Dict::from([("k", value)]))
                };
            }
            let clone = value.clone();
            assert!(clone == value);
            assert_eq!(format!("{clone:?}").len(), 500_000 * 2 + 500_000 * 7 + 4);
            drop(value);
        };
        std::thread::Builder::new().stack_size(128 << 10).spawn(check).unwrap().join().unwrap();
    }

    #[test]
    fn equality_tells_types_apart_and_nan_from_itself() {
        assert_ne!(Value::from(1_i64), Value::from(1.0));
        assert_ne!(Value::from(f64::NAN), Value::from(f64::NAN));
        assert_eq!(Value::from(0.0), Value::from(-0.0));
        assert_ne!(Value::from(vec![Value::Null]), Value::from(Vec::new()));
        assert_ne!(Value::from(true), Value::from(1_i64));
        assert_eq!(Value::from(true), Value::from(true));
        assert_ne!(Value::from(true), Value::from(false));
        assert_ne!(Value::from(0_i64), Value::from(1_i64));
        assert_ne!(Value::from("a"), Value::from("b"));
    }

    #[test]
    fn dicts_are_equal_if_each_key_of_one_is_in_the_other_with_an_equal_value() {
        let dict = Dict::from([("a", 1_i64), ("b", 2)]);
        assert_eq!(dict, Dict::from([("b", 2_i64), ("a", 1)]));
        for other in [
            Dict::from([("a", 1_i64)]),
            Dict::from([("a", 1_i64), ("c", 2)]),
            Dict::from([("a", 1_i64), ("b", 3)]),
            Dict::from([("a", 1_i64), ("b", 2), ("c", 3)]),
        ] {
            assert_ne!(dict, other);
            assert_ne!(other, dict);
            assert_ne!(Value::from(dict.clone()), Value::from(other));
        }
    }
}
