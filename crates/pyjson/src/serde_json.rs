//! Conversion from and to `serde_json::Value`.
//!
//! Nothing is lost silently. The conversion refuses what `serde_json::Value` can't hold: an
//! `int` beyond `i64` and `u64`, NaN and the infinities, a `str` with surrogates. It may lose
//! the order of keys, unless serde_json's feature `preserve_order` is on.

use std::fmt;

use serde_json::{Map, Number, Value as Json, map};

use crate::{Dict, Int, PyString, Value};

/// How many levels lists and dicts may nest: `serde_json::Value` is dropped by recursion.
const MAX_DEPTH: usize = 256;

/// What `serde_json::Value` cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SerdeJsonError {
    /// An `int` outside `i64` and `u64`.
    Int,
    /// NaN or an infinity.
    Float,
    /// A `str` with surrogates.
    Surrogates,
    /// Lists and dicts that nest more than 256 levels deep.
    Depth,
}

impl fmt::Display for SerdeJsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int => "the integer has more than 64 bits",
            Self::Float => "the float is not finite",
            Self::Surrogates => "the string holds surrogates",
            Self::Depth => "lists and dicts nest more than 256 levels deep",
        })
    }
}

impl std::error::Error for SerdeJsonError {}

impl TryFrom<&Value> for Json {
    type Error = SerdeJsonError;

    fn try_from(value: &Value) -> Result<Self, SerdeJsonError> {
        to_json(value, 0)
    }
}

fn to_json(value: &Value, depth: usize) -> Result<Json, SerdeJsonError> {
    let text =
        |string: &PyString| string.as_str().map(str::to_owned).ok_or(SerdeJsonError::Surrogates);
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(int) => Json::Number(number(int)?),
        Value::Float(float) => Json::Number(Number::from_f64(*float).ok_or(SerdeJsonError::Float)?),
        Value::Str(string) => Json::String(text(string)?),
        Value::List(_) | Value::Dict(_) if depth >= MAX_DEPTH => {
            return Err(SerdeJsonError::Depth);
        }
        Value::List(items) => {
            let items = items.iter().map(|item| to_json(item, depth + 1));
            Json::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Dict(dict) => {
            let entries =
                dict.iter().map(|(key, value)| Ok((text(key)?, to_json(value, depth + 1)?)));
            Json::Object(entries.collect::<Result<Map<_, _>, _>>()?)
        }
    })
}

fn number(int: &Int) -> Result<Number, SerdeJsonError> {
    match (int.as_i64(), int.as_u64()) {
        (Some(number), _) => Ok(number.into()),
        (None, Some(number)) => Ok(number.into()),
        (None, None) => Err(SerdeJsonError::Int),
    }
}

/// A list or dict during conversion: its rest, and the value so far.
enum Open {
    List(std::vec::IntoIter<Json>, Vec<Value>),
    /// The last field is the key of the current value.
    Dict(map::IntoIter, Dict, PyString),
}

impl Open {
    fn next(&mut self) -> Option<Json> {
        match self {
            Self::List(rest, _) => rest.next(),
            Self::Dict(rest, _, key) => {
                let (name, json) = rest.next()?;
                *key = name.into();
                Some(json)
            }
        }
    }

    fn push(&mut self, value: Value) {
        match self {
            Self::List(_, items) => items.push(value),
            Self::Dict(_, dict, key) => drop(dict.set(std::mem::take(key), value)),
        }
    }

    fn finish(self) -> Value {
        match self {
            Self::List(_, items) => items.into(),
            Self::Dict(_, dict, _) => dict.into(),
        }
    }
}

/// Accepts any depth. With serde_json's feature `arbitrary_precision`, a number that is neither
/// an `i64` nor a `u64` becomes a float.
impl From<Json> for Value {
    fn from(json: Json) -> Self {
        let mut outer: Vec<Open> = Vec::new();
        let mut next = json;
        loop {
            let mut done = match next {
                Json::Null => Some(Self::Null),
                Json::Bool(truth) => Some(truth.into()),
                Json::Number(number) => Some(from_number(&number)),
                Json::String(text) => Some(text.into()),
                Json::Array(items) => {
                    outer.push(Open::List(items.into_iter(), Vec::new()));
                    None
                }
                Json::Object(map) => {
                    outer.push(Open::Dict(map.into_iter(), Dict::new(), PyString::new()));
                    None
                }
            };
            next = loop {
                let Some(open) = outer.last_mut() else { return done.unwrap_or_default() };
                if let Some(value) = done.take() {
                    open.push(value);
                }
                match open.next() {
                    Some(json) => break json,
                    None => done = outer.pop().map(Open::finish),
                }
            };
        }
    }
}

fn from_number(number: &Number) -> Value {
    match (number.as_i64(), number.as_u64()) {
        (Some(number), _) => number.into(),
        (None, Some(number)) => number.into(),
        (None, None) => number.as_f64().unwrap_or(f64::NAN).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dumps, loads};

    #[test]
    fn values_pass_both_ways() {
        let text =
            r#"{"b": [null, [], {}, true, -1, 18446744073709551615, -0.0, "x"], "a": {"c": 1}}"#;
        let value = loads(text).unwrap();
        let json = Json::try_from(&value).unwrap();
        assert_eq!(json, serde_json::from_str::<Json>(text).unwrap());
        assert_eq!(dumps(&Value::from(json)), text);
        assert_eq!(Value::from(Json::try_from(&value).unwrap()), value);
    }

    #[test]
    fn as_many_levels_as_the_limit_pass_and_one_more_is_refused() {
        let nests = |depth: usize| {
            let lists = ["[".repeat(depth), "]".repeat(depth)].concat();
            let dicts = ["{\"k\": ".repeat(depth - 1), "{}".into(), "}".repeat(depth - 1)].concat();
            [lists, dicts].map(|text| loads(&text).unwrap())
        };
        for value in nests(MAX_DEPTH) {
            assert_eq!(Value::from(Json::try_from(&value).unwrap()), value);
        }
        for value in nests(MAX_DEPTH + 1) {
            assert_eq!(Json::try_from(&value), Err(SerdeJsonError::Depth));
        }
    }

    #[test]
    fn an_error_says_what_cannot_be_held() {
        let errors = [
            (SerdeJsonError::Int, "the integer has more than 64 bits"),
            (SerdeJsonError::Float, "the float is not finite"),
            (SerdeJsonError::Surrogates, "the string holds surrogates"),
            (SerdeJsonError::Depth, "lists and dicts nest more than 256 levels deep"),
        ];
        for (error, text) in errors {
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let deep = ["[".repeat(257), "]".repeat(257)].concat();
        let cases = [
            ("[18446744073709551616]", SerdeJsonError::Int),
            ("[NaN]", SerdeJsonError::Float),
            ("{\"\\ud800\": 1}", SerdeJsonError::Surrogates),
            (deep.as_str(), SerdeJsonError::Depth),
        ];
        for (text, error) in cases {
            assert_eq!(Json::try_from(&loads(text).unwrap()), Err(error));
        }
        let fits = ["[".repeat(256), "]".repeat(256)].concat();
        assert!(Json::try_from(&loads(&fits).unwrap()).is_ok());
    }
}
