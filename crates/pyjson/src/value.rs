//! What `json.loads` gives and `json.dumps` takes. No text is read or written here.

use std::fmt;

use crate::{Dict, Int, PyString};

/// A Python value that JSON can hold.
///
/// Values may nest to any depth: dropping, cloning, comparing and showing one never runs out of
/// stack. The price is that `Value` implements `Drop`, so a `match` cannot move out of it; the
/// `into_` methods do that.
///
/// ```
/// use pyjson::{Value, loads};
///
/// let header = loads(r#"{"byteorder": "little", "content-length": 41}"#)?;
/// let Value::Dict(dict) = &header else { panic!("not a dict") };
/// assert_eq!(dict.get("content-length").and_then(Value::as_i64), Some(41));
/// assert_eq!(header.type_name(), "dict");
/// assert_eq!(header.into_dict().map(|dict| dict.len()), Ok(2));
/// # Ok::<(), pyjson::LoadsError>(())
/// ```
#[derive(Default)]
pub enum Value {
    /// `None`.
    #[default]
    Null,
    /// `True` or `False`.
    Bool(bool),
    /// An `int` of any size.
    Int(Int),
    /// A `float`, NaN and the infinities included.
    Float(f64),
    /// A `str`, lone surrogates included.
    Str(PyString),
    /// A `list`.
    List(Vec<Value>),
    /// A `dict` with `str` keys.
    Dict(Dict),
}

impl Value {
    /// The name of its Python type: `type(value).__name__`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Dict(_) => "dict",
        }
    }

    /// Whether it is `None`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The truth value, if it is a `bool`.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number, if it is an `int`.
    #[must_use]
    pub const fn as_int(&self) -> Option<&Int> {
        match self {
            Self::Int(int) => Some(int),
            _ => None,
        }
    }

    /// The number, if it is an `int` and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_int().and_then(Int::as_i64)
    }

    /// The number, if it is an `int` and fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_int().and_then(Int::as_u64)
    }

    /// The number, if it is a `float`.
    #[must_use]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(float) => Some(*float),
            _ => None,
        }
    }

    /// The text, if it is a `str`.
    #[must_use]
    pub const fn as_py_string(&self) -> Option<&PyString> {
        match self {
            Self::Str(string) => Some(string),
            _ => None,
        }
    }

    /// The text, if it is a `str` without surrogates.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.as_py_string().and_then(PyString::as_str)
    }

    /// The items, if it is a `list`.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The dict, if it is one.
    #[must_use]
    pub const fn as_dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// The text.
    ///
    /// # Errors
    /// Gives the value back when it is not a `str`.
    pub fn into_py_string(mut self) -> Result<PyString, Self> {
        match &mut self {
            Self::Str(string) => Ok(std::mem::take(string)),
            _ => Err(self),
        }
    }

    /// The number.
    ///
    /// # Errors
    /// Gives the value back when it is not an `int`.
    pub fn into_int(mut self) -> Result<Int, Self> {
        match &mut self {
            Self::Int(int) => Ok(std::mem::replace(int, Int::from(0_i64))),
            _ => Err(self),
        }
    }

    /// The items.
    ///
    /// # Errors
    /// Gives the value back when it is not a `list`.
    pub fn into_list(mut self) -> Result<Vec<Self>, Self> {
        match &mut self {
            Self::List(items) => Ok(std::mem::take(items)),
            _ => Err(self),
        }
    }

    /// The dict.
    ///
    /// # Errors
    /// Gives the value back when it is not a `dict`.
    pub fn into_dict(mut self) -> Result<Dict, Self> {
        match &mut self {
            Self::Dict(dict) => Ok(std::mem::take(dict)),
            _ => Err(self),
        }
    }
}

/// The text of [`dumps`](crate::dumps), which tells all types apart.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::dumps(self))
    }
}

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::Null
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self::Float(float)
    }
}

impl From<Int> for Value {
    fn from(int: Int) -> Self {
        Self::Int(int)
    }
}

macro_rules! from_integers {
    ($wide:ty: $($narrow:ty),+) => {$(
        impl From<$narrow> for Value {
            fn from(number: $narrow) -> Self {
                Self::Int(Int::from(<$wide>::from(number)))
            }
        }
    )+};
}

from_integers!(i64: i8, i16, i32, i64, u8, u16, u32);
from_integers!(u64: u64);

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        // No platform has a usize wider than 64 bits.
        Self::Int(Int::from(u64::try_from(number).unwrap_or(u64::MAX)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}

impl From<PyString> for Value {
    fn from(string: PyString) -> Self {
        Self::Str(string)
    }
}

impl From<Vec<Self>> for Value {
    fn from(items: Vec<Self>) -> Self {
        Self::List(items)
    }
}

impl From<Dict> for Value {
    fn from(dict: Dict) -> Self {
        Self::Dict(dict)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Self>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_takes_four_words() {
        assert_eq!(size_of::<Value>(), 32);
    }

    #[test]
    fn into_methods_give_back_what_is_of_another_type() {
        assert_eq!(Value::from("x").into_list(), Err(Value::from("x")));
        assert_eq!(Value::from(vec![Value::Null]).into_list(), Ok(vec![Value::Null]));
        assert_eq!(Value::from(5_u8).into_int().unwrap().as_i64(), Some(5));
        assert_eq!(Value::from("x").into_py_string().unwrap(), "x");
        assert!(Value::from(1.5).into_dict().is_err());
    }
}
