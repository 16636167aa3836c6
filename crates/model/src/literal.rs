//! Literals of a program that an input may change.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The literals that an input changes, by name, in the order in which they were set. In JSON, an object. The
/// scenario defines the meaning of the names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Literals(Vec<(String, Value)>);

/// The new value of a literal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A text.
    Text(String),
    /// An integer.
    Number(i64),
    /// Several texts, in order.
    Texts(Vec<String>),
}

impl Literals {
    /// Sets a literal, and replaces its earlier value.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Leaves a literal as its program has it.
    pub fn unset(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// The new value of a literal, if it is changed.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The text of a changed literal.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a changed literal.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The texts of a changed literal; empty if it is not changed.
    #[must_use]
    pub fn texts(&self, name: &str) -> &[String] {
        match self.value(name) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// The names of the changed literals, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl Serialize for Literals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Literals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Literals;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("literals by name: texts, numbers or lists of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Literals, A::Error> {
        let mut literals = Literals::default();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            literals.set(&name, value);
        }
        Ok(literals)
    }
}

/// The names of the placeholders in an argument of a command: words of lower-case letters, digits, `-` and `_`,
/// in braces.
pub fn places_in(argument: &str) -> impl Iterator<Item = &str> {
    let is_name = |name: &&str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
    };
    let after_brace = argument.split('{').skip(1);
    after_brace.filter_map(|rest| Some(rest.split_once('}')?.0)).filter(is_name)
}

/// A literal of a program, with its value in this case. In a command line, the value replaces `{name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// Its name.
    pub name: String,
    /// Its value in this case.
    pub value: String,
    /// Whether this differs from the program's own value. A program whose command has no placeholder for it
    /// can't play the case.
    pub is_changed: bool,
    /// Whether a program knows it without an option, like the name of a file that it is given.
    pub is_known: bool,
}

impl Literal {
    /// A literal that every program knows, with or without an option.
    pub fn known(name: &str, value: impl Into<String>) -> Self {
        let (name, value) = (name.to_owned(), value.into());
        Self { name, value, is_changed: false, is_known: true }
    }

    /// A literal that differs from the program's own value.
    pub fn changed(name: &str, value: impl Into<String>) -> Self {
        let (name, value) = (name.to_owned(), value.into());
        Self { name, value, is_changed: true, is_known: false }
    }

    /// A literal that may differ from `usual`, the program's own value.
    #[must_use]
    pub fn or(name: &str, given: Option<&str>, usual: &str) -> Self {
        let is_changed = given.is_some_and(|given| given != usual);
        let value = given.unwrap_or(usual).to_owned();
        Self { name: name.to_owned(), value, is_changed, is_known: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Input;

    #[test]
    fn literals_stand_beside_the_other_parts_of_an_input_in_the_order_in_which_they_were_set() {
        let mut input = Input::typed(["a line"]);
        input.literals.set("name", "b".to_owned());
        input.literals.set("count", 7);
        input.literals.set("messages", vec!["x".to_owned(), String::new()]);
        input.literals.set("name", "a".to_owned());
        let json = r#"{"name":"a","count":7,"messages":["x",""],"lines":["a line"]}"#;
        assert_eq!(serde_json::to_string(&input).unwrap(), json);
        assert_eq!(serde_json::from_str::<Input>(json).unwrap(), input);
        input.literals.unset("name");
        assert_eq!(input.literals.names().collect::<Vec<_>>(), ["count", "messages"]);
    }

    #[test]
    fn a_literal_has_one_value_of_one_kind() {
        let mut literals = Literals::default();
        literals.set("count", 7);
        assert_eq!((literals.number("count"), literals.text("count")), (Some(7), None));
        assert!(literals.texts("count").is_empty() && literals.value("name").is_none());
        for json in [r#"{"count": 1.5}"#, r#"{"count": null}"#, r#"{"count": [1]}"#, "[]"] {
            assert!(serde_json::from_str::<Literals>(json).is_err(), "{json}");
        }
    }
}
