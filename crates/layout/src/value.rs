//! The value of a part, and its meaning as the size of another.

use std::ops::Range;

use crate::table::Inner;
use crate::{Frame, Kind, Layout, Part, Scalar};

/// The value of a part.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number of any kind: a struct of one value, digits, a number up to a delimiter.
    Scalar(Scalar),
    /// The values of a struct of several.
    Fields(Vec<Scalar>),
    /// Text, without its delimiter.
    Text(String),
    /// JSON, without its delimiter.
    Json(pyjson::Value),
    /// Bytes, constants and pads, whose bytes are in the stream at the part's place. Also JSON
    /// whose size is an absent key, which has no bytes.
    Bytes,
}

/// A frame, or the beginning of a frame at the end of the bytes that have come.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameRead {
    /// Index in [`Layout::frames`].
    pub frame: usize,
    /// Offset in the stream where it begins.
    pub at: usize,
    /// The complete parts, in order.
    pub parts: Vec<PartRead>,
    /// Whether all of its parts are there.
    pub is_whole: bool,
}

/// A part of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct PartRead {
    /// Index in [`Frame::parts`].
    pub part: usize,
    /// Its place in the stream, delimiter included.
    pub range: Range<usize>,
    /// Its value.
    pub value: Value,
}

impl FrameRead {
    /// The bytes after its last complete part.
    #[must_use]
    pub fn end(&self) -> usize {
        self.parts.last().map_or(self.at, |part| part.range.end)
    }

    /// Its frame in the table.
    #[must_use]
    pub fn table<'l>(&self, layout: &'l Layout) -> Option<&'l Frame> {
        layout.frames.get(self.frame)
    }
}

/// A value as a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SizeError {
    /// A key of a value that is not a dict. The keys up to there, and the type found.
    NotAnObject(Vec<String>, &'static str),
    /// Not a size: what was found.
    NotASize(String),
}

/// The size in a part's value; `None` if a key is absent.
pub(crate) fn size_of_value(value: &Value, inner: &Inner) -> Result<Option<u64>, SizeError> {
    match (value, inner) {
        (Value::Scalar(scalar), _) => size_of_scalar(scalar).map(Some),
        (Value::Fields(fields), Inner::Field(index)) => match fields.get(*index) {
            Some(scalar) => size_of_scalar(scalar).map(Some),
            None => Err(SizeError::NotASize("nothing".to_owned())),
        },
        (Value::Json(json), Inner::Keys(keys)) => lookup(json, keys)?.map(size_of_json).transpose(),
        (Value::Json(json), _) => size_of_json(json).map(Some),
        // A JSON part that is absent itself.
        (Value::Bytes, Inner::Keys(_)) => Ok(None),
        (Value::Text(_), _) => Err(SizeError::NotASize("text".to_owned())),
        (Value::Bytes | Value::Fields(_), _) => Err(SizeError::NotASize("bytes".to_owned())),
    }
}

fn size_of_scalar(scalar: &Scalar) -> Result<u64, SizeError> {
    match scalar {
        Scalar::Int(int) => u64::try_from(*int).map_err(|_| SizeError::NotASize(int.to_string())),
        other => Err(SizeError::NotASize(other.type_name().to_owned())),
    }
}

fn size_of_json(value: &pyjson::Value) -> Result<u64, SizeError> {
    match value {
        pyjson::Value::Int(int) => {
            int.as_u64().ok_or_else(|| SizeError::NotASize(shortened(&int.to_string())))
        }
        other => Err(SizeError::NotASize(other.type_name().to_owned())),
    }
}

/// A number of thousands of digits would fill the whole message.
fn shortened(digits: &str) -> String {
    match digits.get(..40) {
        Some(start) if digits.len() > 43 => format!("{start}..."),
        _ => digits.to_owned(),
    }
}

/// The value under a path of keys; in a list, a key is an index.
///
/// # Errors
/// A key of a value that has none.
pub(crate) fn lookup<'v>(
    json: &'v pyjson::Value,
    keys: &[String],
) -> Result<Option<&'v pyjson::Value>, SizeError> {
    let mut value = json;
    for (depth, key) in keys.iter().enumerate() {
        let inner = match value {
            pyjson::Value::Dict(dict) => dict.get(key),
            pyjson::Value::List(items) if is_index(key) => {
                key.parse().ok().and_then(|index: usize| items.get(index))
            }
            other => {
                let path = keys.iter().take(depth).cloned().collect();
                return Err(SizeError::NotAnObject(path, other.type_name()));
            }
        };
        match inner {
            Some(inner) => value = inner,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// The value of a struct: a single value is the part itself.
pub(crate) fn scalars(part: &Part, mut values: Vec<Scalar>) -> Value {
    match (&part.kind, values.len()) {
        (Kind::Struct { .. }, 1) if !part.is_of_several() => {
            values.pop().map_or(Value::Bytes, Value::Scalar)
        }
        _ => Value::Fields(values),
    }
}
