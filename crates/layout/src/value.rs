//! What a part holds, and what it says as the size of another.

use std::ops::Range;

use crate::table::Inner;
use crate::{Frame, Kind, Layout, Part, Scalar};

/// What a part holds.
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
    /// Bytes, constants and pads: they are where the part lies in the stream. Also JSON whose size
    /// is an absent key, which has no bytes.
    Bytes,
}

/// A frame, or the beginning of one at the end of what has come.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameRead {
    /// Index in [`Layout::frames`].
    pub frame: usize,
    /// Offset in the stream at which it begins.
    pub at: usize,
    /// The parts that are whole, in order.
    pub parts: Vec<PartRead>,
    /// Whether all of its parts are there.
    pub is_whole: bool,
}

/// A part of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct PartRead {
    /// Index in [`Frame::parts`].
    pub part: usize,
    /// Where it lies in the stream, delimiter included.
    pub range: Range<usize>,
    /// What it holds.
    pub value: Value,
}

impl FrameRead {
    /// The bytes behind its last whole part.
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

/// What a value says as a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SizeError {
    /// Keys are asked of what is no dict. The keys to there, and the type found.
    NotAnObject(Vec<String>, &'static str),
    /// No size: what was found.
    NotASize(String),
}

/// The size that stands in a part's value; `None` where a key is absent.
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

/// A number of thousands of digits would be all there is to read.
fn shortened(digits: &str) -> String {
    match digits.get(..40) {
        Some(start) if digits.len() > 43 => format!("{start}..."),
        _ => digits.to_owned(),
    }
}

/// The value of a key of a key; in a list, the item of an index.
///
/// # Errors
/// A key is asked of what has none.
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

/// The value of a struct: a single one is the part itself.
pub(crate) fn scalars(part: &Part, mut values: Vec<Scalar>) -> Value {
    match (&part.kind, values.len()) {
        (Kind::Struct { .. }, 1) if !part.is_of_several() => {
            values.pop().map_or(Value::Bytes, Value::Scalar)
        }
        _ => Value::Fields(values),
    }
}
