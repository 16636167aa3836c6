//! Texts with variables in them: `put {name}`. `{{` and `}}` are literal braces.

use std::collections::BTreeMap;

/// A name with a place in a program's command that is not a variable.
pub(crate) const PLACES: [&str; 5] = ["host", "port", "path", "address", "dir"];

/// A text, in parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Text(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(String),
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    Bytes(Vec<u8>),
}

/// The values of variables.
pub(crate) type Values = BTreeMap<String, Value>;

/// The variables in a command.
pub(crate) fn words_in(command: &[String]) -> Vec<String> {
    let places = command.iter().flat_map(|argument| model::places_in(argument));
    let mut words: Vec<String> =
        places.filter(|place| !PLACES.contains(place)).map(str::to_owned).collect();
    words.sort();
    words.dedup();
    words
}

impl Value {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Number(number) => number.to_string().into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }
}

impl Text {
    /// Reads a text; an error says in words what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = brace.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = brace.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if brace.starts_with('}') {
                return Err("this '}' closes no variable; '}}' is a brace".to_owned());
            } else {
                let Some((name, after)) = brace.trim_start_matches('{').split_once('}') else {
                    return Err("this '{' is not closed; '{{' is a brace".to_owned());
                };
                if !is_name(name) {
                    return Err(format!(
                        "{{{name}}} is not a variable; '{{{{' and '}}}}' are braces"
                    ));
                }
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(Part::Variable(name.to_owned()));
                rest = after;
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self(parts))
    }

    /// Its variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The text with each variable replaced by its value. A variable without a value disappears.
    pub(crate) fn fill(&self, values: &Values) -> Vec<u8> {
        let mut filled = Vec::new();
        for part in &self.0 {
            match part {
                Part::Literal(text) => filled.extend_from_slice(text.as_bytes()),
                Part::Variable(name) => {
                    filled.extend(values.get(name).map(Value::to_bytes).unwrap_or_default());
                }
            }
        }
        filled
    }
}

/// Whether it can be the name of a variable: lower-case letters, digits, `-` and `_`, a letter first.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
}

/// Whether it consists of words of lower-case letters and digits, joined by hyphens.
pub(crate) fn is_kebab(name: &str) -> bool {
    name.split('-').all(|word| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

/// The same text with its braces doubled, so that they are literal.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_doubled_braces_are_braces() {
        let text = Text::parse("put {name} {{x}} {n}").unwrap();
        assert_eq!(text.variables().collect::<Vec<_>>(), ["name", "n"]);
        let values = Values::from([
            ("name".to_owned(), Value::Text("{n}".to_owned())),
            ("n".to_owned(), Value::Number(-3)),
        ]);
        assert_eq!(text.fill(&values), b"put {n} {x} -3");
        let any = "a{b}}c{{";
        assert_eq!(Text::parse(&escaped(any)).unwrap().fill(&Values::new()), any.as_bytes());
    }

    #[test]
    fn a_brace_that_means_nothing_is_a_mistake() {
        for (text, why) in [
            ("put {name", "not closed"),
            ("put name}", "closes no variable"),
            ("{Name}", "is not a variable"),
            ("{}", "is not a variable"),
            ("{a b}", "is not a variable"),
        ] {
            let refused = Text::parse(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
