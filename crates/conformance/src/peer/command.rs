//! A peer's command: an argument vector with places to be filled in.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::catalogue::Input;

/// An argument vector as a manifest gives it: `["./acme", "fetch", "{host}", "{port}"]`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Template(pub Vec<String>);

/// A command that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program, then its arguments.
    pub argv: Vec<String>,
    /// The directory it runs in.
    pub directory: PathBuf,
}

/// What the places in a template stand for.
#[derive(Debug, Clone)]
pub struct Places<'a> {
    /// Where the server listens, or where the client connects: `{host}` and `{port}`.
    pub address: SocketAddr,
    /// The file that a file server serves: `{file}`.
    pub file: Option<PathBuf>,
    /// The literals of the case: `{name}` and `{desc}`, where it has them.
    pub input: &'a Input,
}

impl Template {
    /// Whether the place `{name}` occurs in it.
    #[must_use]
    pub fn mentions(&self, name: &str) -> bool {
        let place = format!("{{{name}}}");
        self.0.iter().any(|argument| argument.contains(&place))
    }

    /// Fill the places in. Text that comes from a place is not looked at again.
    #[must_use]
    pub fn fill(&self, places: &Places<'_>) -> Vec<String> {
        self.0.iter().map(|argument| fill(argument, places)).collect()
    }
}

fn fill(argument: &str, places: &Places<'_>) -> String {
    let mut filled = String::new();
    let mut rest = argument;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}').and_then(|(name, tail)| Some((value(name, places)?, tail))) {
            Some((value, tail)) => {
                filled.push_str(&value);
                rest = tail;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

fn value(place: &str, places: &Places<'_>) -> Option<String> {
    match place {
        "host" => Some(places.address.ip().to_string()),
        "port" => Some(places.address.port().to_string()),
        "file" => places.file.as_ref().map(|file| file.to_string_lossy().into_owned()),
        "name" => Some(places.input.name().to_owned()),
        "desc" => Some(places.input.desc().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_in_and_what_fills_them_is_left_alone() {
        let input = Input { name: Some("{port}{".into()), ..Input::default() };
        let places = Places { address: "127.0.0.1:80".parse().unwrap(), file: None, input: &input };
        let template = Template(vec!["{host}:{port}".into(), "-n={name}}".into(), "{x}{".into()]);
        assert_eq!(template.fill(&places), ["127.0.0.1:80", "-n={port}{}", "{x}{"]);
        assert!(template.mentions("name") && !template.mentions("file"));
    }
}
