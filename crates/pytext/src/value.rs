//! `repr` of the values of `json.loads`.

use std::fmt::Write as _;

use pyjson::Value;

use crate::{PythonVersion, repr_code_points_as, repr_float};

/// `repr(value)`, which is also what `print` shows of a `dict` or a `list`, as CPython 3.13 writes
/// it.
///
/// ```
/// let value = pyjson::loads(r#"{"name": "it's", "size": [1, 2.0, null, true]}"#)?;
/// assert_eq!(pytext::repr_value(&value), r#"{'name': "it's", 'size': [1, 2.0, None, True]}"#);
/// # Ok::<(), pyjson::LoadsError>(())
/// ```
#[must_use]
pub fn repr_value(value: &Value) -> String {
    repr_value_as(PythonVersion::default(), value)
}

/// `repr(value)` as this version of CPython writes it.
///
/// A deep value needs no deep stack.
#[must_use]
pub fn repr_value_as(version: PythonVersion, value: &Value) -> String {
    let mut text = String::new();
    let mut pending = vec![Piece::Value(value)];
    while let Some(piece) = pending.pop() {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Key(key) => {
                text += &repr_code_points_as(version, key.code_points());
                text.push_str(": ");
            }
            Piece::Value(Value::List(items)) => {
                text.push('[');
                pending.push(Piece::Text("]"));
                for (index, item) in items.iter().enumerate().rev() {
                    pending.push(Piece::Value(item));
                    pending.push(Piece::Text(if index == 0 { "" } else { ", " }));
                }
            }
            Piece::Value(Value::Dict(dict)) => {
                text.push('{');
                pending.push(Piece::Text("}"));
                let entries: Vec<_> = dict.iter().collect();
                for (index, (key, item)) in entries.into_iter().enumerate().rev() {
                    pending.push(Piece::Value(item));
                    pending.push(Piece::Key(key));
                    pending.push(Piece::Text(if index == 0 { "" } else { ", " }));
                }
            }
            Piece::Value(value) => write_scalar(&mut text, version, value),
        }
    }
    text
}

enum Piece<'v> {
    Text(&'static str),
    Key(&'v pyjson::PyString),
    Value(&'v Value),
}

fn write_scalar(text: &mut String, version: PythonVersion, value: &Value) {
    match value {
        Value::Bool(true) => text.push_str("True"),
        Value::Bool(false) => text.push_str("False"),
        Value::Int(int) => {
            let _ = write!(text, "{int}");
        }
        Value::Float(float) => *text += &repr_float(*float),
        Value::Str(string) => *text += &repr_code_points_as(version, string.code_points()),
        Value::Null | Value::List(_) | Value::Dict(_) => text.push_str("None"),
    }
}
