//! `Serialize` and `Deserialize`, to pass values on in other formats.
//!
//! serde supports less than Python: this refuses an `int` beyond 128 bits and a `str` with
//! surrogates. serde also recurses, so this refuses values that nest more than [`MAX_DEPTH`]
//! levels.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde::{Deserialize, de::Error as _};

use crate::{Dict, Int, PyString, Value};

/// How many levels lists and dicts may nest.
const MAX_DEPTH: usize = 256;
const TOO_DEEP: &str = "lists and dicts nest more than 256 levels deep";

/// As a string; refuses a string with surrogates.
impl Serialize for PyString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            Some(text) => serializer.serialize_str(text),
            None => Err(S::Error::custom("the string holds surrogates")),
        }
    }
}

/// As the narrowest of `i64`, `u64`, `i128` and `u128` that holds it; refuses a larger number.
impl Serialize for Int {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(number) = self.as_i64() {
            return serializer.serialize_i64(number);
        }
        if let Some(number) = self.as_u64() {
            return serializer.serialize_u64(number);
        }
        let digits = self.to_string();
        match (digits.parse::<i128>(), digits.parse::<u128>()) {
            (Ok(number), _) => serializer.serialize_i128(number),
            (_, Ok(number)) => serializer.serialize_u128(number),
            _ => Err(S::Error::custom("the integer has more than 128 bits")),
        }
    }
}

impl Serialize for Dict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_dict(self, 1, serializer)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Nested { value: self, depth: 0 }.serialize(serializer)
    }
}

/// A value and its depth.
struct Nested<'a> {
    value: &'a Value,
    depth: usize,
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let depth = self.depth.saturating_add(1);
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Int(int) => int.serialize(serializer),
            Value::Float(float) => serializer.serialize_f64(*float),
            Value::Str(string) => string.serialize(serializer),
            Value::Dict(dict) => serialize_dict(dict, depth, serializer),
            Value::List(_) if depth > MAX_DEPTH => Err(S::Error::custom(TOO_DEEP)),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for value in items {
                    list.serialize_element(&Nested { value, depth })?;
                }
                list.end()
            }
        }
    }
}

fn serialize_dict<S: Serializer>(
    dict: &Dict,
    depth: usize,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if depth > MAX_DEPTH {
        return Err(S::Error::custom(TOO_DEEP));
    }
    let mut map = serializer.serialize_map(Some(dict.len()))?;
    for (key, value) in dict {
        map.serialize_entry(key, &Nested { value, depth })?;
    }
    map.end()
}

impl<'de> Deserialize<'de> for PyString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringVisitor;

        impl Visitor<'_> for StringVisitor {
            type Value = PyString;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<PyString, E> {
                Ok(text.into())
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<PyString, E> {
                Ok(text.into())
            }
        }

        deserializer.deserialize_string(StringVisitor)
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let name = value.type_name();
        value.into_int().map_err(|_| D::Error::custom(format_args!("expected int, found {name}")))
    }
}

impl<'de> Deserialize<'de> for Dict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let name = value.type_name();
        value.into_dict().map_err(|_| D::Error::custom(format_args!("expected dict, found {name}")))
    }
}

/// Of two equal keys, the first decides the place and the last decides the value, as in Python.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Depth(0).deserialize(deserializer)
    }
}

/// The depth of the next value.
#[derive(Clone, Copy)]
struct Depth(usize);

impl Depth {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.0 < MAX_DEPTH { Ok(Self(self.0 + 1)) } else { Err(E::custom(TOO_DEEP)) }
    }
}

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON can hold")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Value, E> {
        Ok(truth.into())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Value, E> {
        number.to_string().parse().map(Value::Int).map_err(E::custom)
    }

    fn visit_u128<E: de::Error>(self, number: u128) -> Result<Value, E> {
        number.to_string().parse().map(Value::Int).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(depth)? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut dict = Dict::new();
        while let Some(key) = access.next_key::<PyString>()? {
            dict.set(key, access.next_value_seed(depth)?);
        }
        Ok(dict.into())
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::Error;
    use serde::de::{Deserialize, Deserializer, IntoDeserializer, Visitor};
    use serde_json::{from_str, to_string};

    use super::{MAX_DEPTH, TOO_DEEP};
    use crate::{Dict, Int, PyString, Value, loads};

    /// This many nested lists or dicts.
    fn nests(depth: usize) -> [String; 2] {
        let lists = ["[".repeat(depth), "]".repeat(depth)].concat();
        let dicts = ["{\"k\":".repeat(depth - 1), "{}".into(), "}".repeat(depth - 1)].concat();
        [lists, dicts]
    }

    #[test]
    fn values_pass_through_another_format() {
        let text = r#"{"b":[null,true,-1,18446744073709551615,1.5,"\u00e9"],"a":{},"b":{"a":[]}}"#;
        let value: Value = from_str(text).unwrap();
        assert_eq!(value, loads(text).unwrap());
        assert_eq!(to_string(&value).unwrap(), r#"{"b":{"a":[]},"a":{}}"#);
        assert_eq!(from_str::<Dict>(text).unwrap(), value.into_dict().unwrap());
        let scalars = r#"[null,true,false,-1,18446744073709551615,1.5,"a"]"#;
        let value: Value = from_str(scalars).unwrap();
        assert_eq!(value, loads(scalars).unwrap());
        assert_eq!(to_string(&value).unwrap(), scalars);
        assert_eq!(to_string(&Dict::from([("a", 1_i64)])).unwrap(), r#"{"a":1}"#);
        assert_eq!(from_str::<Int>("7").unwrap(), Int::from(7_i64));
        assert_eq!(from_str::<PyString>("\"x\"").unwrap(), "x");
    }

    #[test]
    fn an_int_of_128_bits_passes_and_a_longer_one_is_refused() {
        for text in [i128::MIN.to_string(), i128::MAX.to_string(), u128::MAX.to_string()] {
            let int: Int = text.parse().unwrap();
            assert_eq!(to_string(&int).unwrap(), text);
        }
        for text in
            ["340282366920938463463374607431768211456", "-170141183460469231731687303715884105729"]
        {
            let error = to_string(&text.parse::<Int>().unwrap()).unwrap_err();
            assert_eq!(error.to_string(), "the integer has more than 128 bits");
        }
        let int = |text: &str| Value::Int(text.parse().unwrap());
        let low = IntoDeserializer::<Error>::into_deserializer(i128::MIN);
        assert_eq!(Value::deserialize(low), Ok(int("-170141183460469231731687303715884105728")));
        let high = IntoDeserializer::<Error>::into_deserializer(u128::MAX);
        assert_eq!(Value::deserialize(high), Ok(int("340282366920938463463374607431768211455")));
    }

    #[test]
    fn a_string_with_surrogates_is_refused_as_a_value_and_as_a_key() {
        for text in [r#""\ud800""#, r#"{"\udc00":1}"#] {
            let error = to_string(&loads(text).unwrap()).unwrap_err();
            assert_eq!(error.to_string(), "the string holds surrogates");
        }
    }

    #[test]
    fn as_many_levels_as_the_limit_pass_and_one_more_is_refused() {
        // serde_json's own limit for texts is lower; its values have no limit.
        let json = |text: &str| serde_json::Value::try_from(&loads(text).unwrap());
        for text in nests(MAX_DEPTH) {
            let value = loads(&text).unwrap();
            assert_eq!(to_string(&value).unwrap(), text);
            assert_eq!(Value::deserialize(json(&text).unwrap()).unwrap(), value);
        }
        for text in nests(MAX_DEPTH + 1) {
            let error = to_string(&loads(&text).unwrap()).unwrap_err();
            assert_eq!(error.to_string(), TOO_DEEP);
        }
        let [lists, dicts] = nests(MAX_DEPTH).map(|text| json(&text).unwrap());
        for deeper in [serde_json::json!([lists]), serde_json::json!({"k": dicts})] {
            assert_eq!(Value::deserialize(deeper).unwrap_err().to_string(), TOO_DEEP);
        }
        let [_, dicts] = nests(MAX_DEPTH + 1);
        let error = to_string(&loads(&dicts).unwrap().into_dict().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), TOO_DEEP);
    }

    #[test]
    fn what_is_of_another_type_is_refused_by_name() {
        let refused = |error: serde_json::Error| error.to_string();
        let error = refused(from_str::<Int>("7.5").unwrap_err());
        assert!(error.starts_with("expected int, found float"), "{error}");
        let error = refused(from_str::<Dict>("[]").unwrap_err());
        assert!(error.starts_with("expected dict, found list"), "{error}");
        let error = refused(from_str::<PyString>("1").unwrap_err());
        assert!(error.starts_with("invalid type: integer `1`, expected a string"), "{error}");
        let bytes = serde::de::value::BytesDeserializer::<Error>::new(b"x");
        let error = Value::deserialize(bytes).unwrap_err().to_string();
        assert_eq!(error, "invalid type: byte array, expected a value that JSON can hold");
    }

    #[test]
    fn owned_strings_are_taken_as_borrowed_ones_are() {
        let owned = || IntoDeserializer::<Error>::into_deserializer(String::from("x"));
        assert_eq!(PyString::deserialize(owned()), Ok("x".into()));
        assert_eq!(Value::deserialize(owned()), Ok("x".into()));
        let borrowed = || IntoDeserializer::<Error>::into_deserializer("x");
        assert_eq!(PyString::deserialize(borrowed()), Ok("x".into()));
        assert_eq!(Value::deserialize(borrowed()), Ok("x".into()));
    }

    /// A format that distinguishes an optional value from others, which JSON does not.
    struct Optional(Option<i64>);

    impl<'de> Deserializer<'de> for Optional {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0 {
                Some(number) => visitor.visit_some(number.into_deserializer()),
                None => visitor.visit_none(),
            }
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
            option unit unit_struct newtype_struct seq tuple tuple_struct map struct enum
            identifier ignored_any
        }
    }

    #[test]
    fn an_optional_value_is_itself_or_null() {
        assert_eq!(Value::deserialize(Optional(Some(5))), Ok(Value::from(5_i64)));
        assert_eq!(Value::deserialize(Optional(None)), Ok(Value::Null));
    }
}
