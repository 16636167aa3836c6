//! One part of a frame to write.

use super::WriteError;
use super::style::Style;
use crate::digest::Shown;
use crate::digest::hex;
use crate::table::Inner;
use crate::{Encoding, Kind, Part, Scalar, Value};

/// A part: the bytes as read, and its new value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    pub(super) raw: Vec<u8>,
    pub(super) value: Value,
    /// Whether the value differs from that of `raw`.
    pub(super) is_changed: bool,
}

impl Slot {
    /// The part's bytes.
    pub(super) fn render(&self, part: &Part) -> Result<Vec<u8>, WriteError> {
        if !self.is_changed {
            return Ok(self.raw.clone());
        }
        let name = || part.name.clone();
        let not_encodable = |encoding: Encoding| WriteError::NotEncodable {
            part: name(),
            encoding: encoding.name(),
        };
        match (&part.kind, &self.value) {
            (Kind::Struct { format, .. }, Value::Scalar(scalar)) => format
                .pack(std::slice::from_ref(scalar))
                .map_err(|error| WriteError::Pack { part: name(), error }),
            (Kind::Struct { format, .. }, Value::Fields(fields)) => {
                format.pack(fields).map_err(|error| WriteError::Pack { part: name(), error })
            }
            (Kind::Digits { width }, Value::Scalar(number)) => {
                digits(&number.to_string(), *width, &self.raw).ok_or_else(|| {
                    let number = number.to_string();
                    WriteError::DoesNotFit { part: name(), width: *width, number }
                })
            }
            (Kind::NumberUntil(delimiter), Value::Scalar(number)) => {
                Ok([number.to_string().as_bytes(), delimiter].concat())
            }
            (Kind::TextUntil { delimiter, encoding }, Value::Text(text)) => {
                let text = encoding.encode(text).ok_or_else(|| not_encodable(*encoding))?;
                Ok([&text[..], delimiter].concat())
            }
            (Kind::Text { encoding, .. }, Value::Text(text)) => {
                encoding.encode(text).ok_or_else(|| not_encodable(*encoding))
            }
            (Kind::Json(_), Value::Json(json)) => Ok(self.json(json, &[])),
            (Kind::JsonUntil(delimiter), Value::Json(json)) => Ok(self.json(json, delimiter)),
            _ => Ok(self.raw.clone()),
        }
    }

    fn json(&self, json: &pyjson::Value, delimiter: &[u8]) -> Vec<u8> {
        let text = self.raw.strip_suffix(delimiter).unwrap_or(&self.raw);
        // These options refuse nothing.
        let mut text = Style::of(text).write(json).unwrap_or_default();
        text.extend_from_slice(delimiter);
        text
    }

    /// Sets the value of a place in this part.
    pub(super) fn set(&mut self, inner: &Inner, value: Value) -> Result<(), &'static str> {
        match (inner, &mut self.value, value) {
            (Inner::Field(index), Value::Fields(fields), Value::Scalar(scalar)) => {
                *fields.get_mut(*index).ok_or("an index of a field")? = scalar;
            }
            (Inner::Keys(keys), json @ (Value::Json(_) | Value::Bytes), value) => {
                let value = json_of(value).ok_or("JSON, a number or text")?;
                let Value::Json(json) = json else { return Err("a JSON part that is there") };
                set_key(json, keys, Some(value))?;
            }
            (Inner::Whole, old @ Value::Scalar(_), new @ Value::Scalar(_))
            | (Inner::Whole, old @ Value::Text(_), new @ Value::Text(_))
            | (Inner::Whole, old @ Value::Fields(_), new @ Value::Fields(_)) => *old = new,
            (Inner::Whole, Value::Json(old), new) => {
                *old = json_of(new).ok_or("JSON, a number or text")?;
            }
            (_, Value::Scalar(_), _) | (Inner::Field(_), ..) => return Err("a number"),
            (_, Value::Text(_), _) => return Err("text"),
            (_, Value::Fields(_), _) => return Err("all fields"),
            _ => return Err("its bytes"),
        }
        self.is_changed = true;
        Ok(())
    }

    /// Removes a key from JSON.
    pub(super) fn unset(&mut self, keys: &[String]) -> Result<(), &'static str> {
        let Value::Json(json) = &mut self.value else { return Err("a key of JSON") };
        set_key(json, keys, None)?;
        self.is_changed = true;
        Ok(())
    }

    /// A checksum in the form of the present one in a place.
    pub(super) fn checksum(
        &self,
        part: &Part,
        inner: &Inner,
        old: &Shown,
        right: &[u8],
    ) -> Option<Sum> {
        let mut digits = hex(right);
        Some(match old {
            Shown::Text(text) => {
                let is_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
                if is_upper && !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
                    digits.make_ascii_uppercase();
                }
                Sum::Value(Value::Text(digits))
            }
            Shown::Bytes(bytes) => {
                let is_hex = bytes.len() == digits.len();
                let bytes = if is_hex { digits.into_bytes() } else { right.to_vec() };
                match self.value {
                    Value::Bytes => Sum::Raw(bytes),
                    _ => Sum::Value(Value::Scalar(Scalar::Bytes(bytes))),
                }
            }
            Shown::Int(old) => {
                let bits = <[u8; 4]>::try_from(right).ok()?;
                let unsigned = Value::Scalar(Scalar::Int(u32::from_be_bytes(bits).into()));
                let mut trial = self.clone();
                let fits = trial.set(inner, unsigned.clone()).is_ok() && trial.render(part).is_ok();
                if fits && *old >= 0 {
                    Sum::Value(unsigned)
                } else {
                    Sum::Value(Value::Scalar(Scalar::Int(i32::from_be_bytes(bits).into())))
                }
            }
            Shown::Other(_) => return None,
        })
    }
}

/// The value to set for a checksum.
pub(super) enum Sum {
    Value(Value),
    Raw(Vec<u8>),
}

/// A value as JSON; `None` for bytes.
fn json_of(value: Value) -> Option<pyjson::Value> {
    Some(match value {
        Value::Json(json) => json,
        Value::Text(text) => text.into(),
        Value::Scalar(Scalar::Int(int)) => pyjson::Value::Int(int.to_string().parse().ok()?),
        Value::Scalar(Scalar::Float(float)) => float.into(),
        Value::Scalar(Scalar::Bool(truth)) => truth.into(),
        _ => return None,
    })
}

/// Sets or removes a key. Missing dicts on the way to it are created.
fn set_key(
    json: &mut pyjson::Value,
    keys: &[String],
    value: Option<pyjson::Value>,
) -> Result<(), &'static str> {
    let Some((key, rest)) = keys.split_first() else {
        *json = value.unwrap_or_default();
        return Ok(());
    };
    match json {
        pyjson::Value::Dict(dict) => match (dict.get_mut(key), value) {
            (Some(_), None) if rest.is_empty() => {
                dict.remove(key);
                Ok(())
            }
            (Some(inner), value) => set_key(inner, rest, value),
            (None, Some(value)) => {
                let mut inner = pyjson::Value::Dict(pyjson::Dict::new());
                set_key(&mut inner, rest, Some(value))?;
                dict.insert(key.as_str(), inner);
                Ok(())
            }
            (None, None) => Ok(()),
        },
        pyjson::Value::List(items) => {
            let index: usize = key.parse().map_err(|_| "an index")?;
            match value {
                None if rest.is_empty() && index < items.len() => {
                    items.remove(index);
                    Ok(())
                }
                value => set_key(items.get_mut(index).ok_or("an index of the list")?, rest, value),
            }
        }
        _ => Err("a dict or list around it"),
    }
}

/// A number in this many characters, padded like the number that was read; `None` if it
/// has more digits.
fn digits(number: &str, width: usize, raw: &[u8]) -> Option<Vec<u8>> {
    let lacks = width.checked_sub(number.len())?;
    let pad = if raw.contains(&0) { 0 } else { b' ' };
    let is_padded = |byte: Option<&u8>| byte == Some(&pad);
    Some(match (is_padded(raw.first()), is_padded(raw.last())) {
        (true, true) => {
            let before = lacks / 2;
            [vec![pad; before].as_slice(), number.as_bytes(), &vec![pad; lacks - before]].concat()
        }
        (true, false) => [vec![pad; lacks].as_slice(), number.as_bytes()].concat(),
        (false, true) => [number.as_bytes(), &vec![pad; lacks]].concat(),
        (false, false) => {
            let (sign, digits) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
            [sign, "0".repeat(lacks).as_str(), digits].concat().into_bytes()
        }
    })
}
