//! The values of `json.loads` and `json.dumps`. This module reads and writes no text.
//!
//! A value holds dicts and a dict holds values, so [`dict`] is in this module. [`deep`] drops, clones and
//! compares both without a deep stack.

mod deep;
mod dict;

use crate::{Int, PyString};

pub(crate) use dict::Entry;
pub use dict::{Dict, Iter};

/// A Python value that JSON can hold.
///
/// Values may nest to any depth: dropping, cloning, comparing and showing one never overflows the stack.
/// For that, `Value` implements `Drop`, which has a price: no pattern can move a part out of a value
/// (`E0509`). The `into_` methods do, and return the value itself if it has another type.
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

    /// A value of each type, and not the type's default.
    fn one_of_each_type() -> [Value; 7] {
        [
            Value::Null,
            Value::Bool(true),
            Value::Int(Int::from(7_i64)),
            Value::Float(2.5),
            Value::Str(PyString::from("x")),
            Value::List(vec![Value::Bool(true), Value::Null]),
            Value::Dict(Dict::from([("k", 7_i64)])),
        ]
    }

    /// Checks an accessor: it returns `right` for the value at `place`, and nothing for the others.
    fn only_at<T: Clone>(place: usize, right: T) -> [Option<T>; 7] {
        std::array::from_fn(|other| (other == place).then(|| right.clone()))
    }

    #[test]
    fn types_have_the_names_that_python_gives_them() {
        let names = one_of_each_type().map(|value| value.type_name());
        assert_eq!(names, ["NoneType", "bool", "int", "float", "str", "list", "dict"]);
    }

    #[test]
    fn an_accessor_gives_what_is_of_its_type_and_nothing_of_another() {
        let values = &one_of_each_type();
        let int = Int::from(7_i64);
        let string = PyString::from("x");
        let items = [Value::Bool(true), Value::Null];
        let dict = Dict::from([("k", 7_i64)]);
        let nulls = [true, false, false, false, false, false, false];
        assert_eq!(values.each_ref().map(Value::is_null), nulls);
        assert_eq!(values.each_ref().map(Value::as_bool), only_at(1, true));
        assert_eq!(values.each_ref().map(Value::as_int), only_at(2, &int));
        assert_eq!(values.each_ref().map(Value::as_i64), only_at(2, 7));
        assert_eq!(values.each_ref().map(Value::as_u64), only_at(2, 7));
        assert_eq!(values.each_ref().map(Value::as_f64), only_at(3, 2.5));
        assert_eq!(values.each_ref().map(Value::as_py_string), only_at(4, &string));
        assert_eq!(values.each_ref().map(Value::as_str), only_at(4, "x"));
        assert_eq!(values.each_ref().map(Value::as_list), only_at(5, &items[..]));
        assert_eq!(values.each_ref().map(Value::as_dict), only_at(6, &dict));
        assert_eq!(Value::Bool(false).as_bool(), Some(false));
    }

    #[test]
    fn into_methods_give_what_is_of_their_type_and_another_back() {
        let ok =
            |of: usize, place: usize, value: Value| if of == place { Ok(()) } else { Err(value) };
        for (place, value) in one_of_each_type().into_iter().enumerate() {
            let back = |of: usize| ok(of, place, value.clone());
            let int = value.clone().into_int().map(|int| assert_eq!(int, Int::from(7_i64)));
            assert_eq!(int, back(2));
            let string = value.clone().into_py_string().map(|string| assert_eq!(string, "x"));
            assert_eq!(string, back(4));
            let items = value.clone().into_list().map(|items| assert_eq!(items.len(), 2));
            assert_eq!(items, back(5));
            let dict = value.clone().into_dict();
            let dict = dict.map(|dict| assert_eq!(dict, Dict::from([("k", 7_i64)])));
            assert_eq!(dict, back(6));
        }
    }

    #[test]
    fn each_rust_type_becomes_the_python_type_that_holds_it() {
        let int = |number: u64| Value::Int(Int::from(number));
        let [null, truth, seven, float, string, list, dict] = one_of_each_type();
        assert_eq!(Value::from(()), null);
        assert_eq!(Value::from(true), truth);
        assert_eq!(Value::from(Int::from(7_i64)), seven);
        assert_eq!(Value::from(2.5), float);
        assert_eq!(Value::from("x"), string);
        assert_eq!(Value::from(String::from("x")), string);
        assert_eq!(Value::from(PyString::from("x")), string);
        assert_eq!(Value::from(vec![Value::Bool(true), Value::Null]), list);
        assert_eq!([Some(true), None].into_iter().collect::<Value>(), list);
        assert_eq!(Value::from(Dict::from([("k", 7_i64)])), dict);
        assert_eq!(
            [Value::from(7_i8), Value::from(7_i16), Value::from(7_i32)],
            [int(7), int(7), int(7)]
        );
        assert_eq!(
            [Value::from(7_u8), Value::from(7_u16), Value::from(7_u32)],
            [int(7), int(7), int(7)]
        );
        assert_eq!([Value::from(7_i64), Value::from(7_usize)], [int(7), int(7)]);
        assert_eq!(Value::from(u64::MAX), int(u64::MAX));
        assert_eq!((Value::from(Some("x")), Value::from(None::<&str>)), (string, Value::Null));
    }

    #[test]
    fn a_value_is_shown_as_its_json_text() {
        let [.., list, dict] = one_of_each_type();
        assert_eq!(format!("{list:?} {dict:?}"), r#"[true, null] {"k": 7}"#);
    }
}
