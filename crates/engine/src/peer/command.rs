//! A peer's command: an argument vector with placeholders.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use model::case::Transport;
use model::{Endpoint, Literal};

use crate::platform::Place;

/// An argument vector from a manifest: `["./acme", "fetch", "{host}", "{port}"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Template(pub Vec<String>);

/// A command that can be started.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program, then its arguments.
    pub argv: Vec<String>,
    /// Additions to its environment. A Python program with additions gets an interpreter of its own, as a
    /// running one has already read its environment.
    pub env: Vec<(String, String)>,
    /// The working directory.
    pub directory: PathBuf,
    /// Whether it is a stranger's program. The harness measures its memory, and ends and names what it leaves
    /// behind.
    pub is_stranger: bool,
    /// Whether a warm program still gets an interpreter of its own.
    pub is_fresh: bool,
    /// How an address in its source is handled.
    pub address: OwnAddress,
}

/// How the address of a program is handled.
#[derive(Debug, Clone, Default)]
pub enum OwnAddress {
    /// The command contains the address.
    #[default]
    Told,
    /// In a Python program, the second address replaces the first, which is in its source.
    Redirected(SocketAddr, SocketAddr),
    /// It runs in this network namespace, where its address is free.
    In(Place),
}

/// The values of a template's placeholders.
#[derive(Debug, Clone)]
pub struct Places<'a> {
    /// Where the server listens, or where the client connects: `{host}` and `{port}`, or `{path}`, or either
    /// form as `{address}`.
    pub endpoint: &'a Endpoint,
    /// The file that a file server serves: `{file}`.
    pub file: Option<&'a Path>,
    /// The literals of the case, each for the placeholder with its name.
    pub literals: &'a [Literal],
}

impl OwnAddress {
    /// The command that starts a program in its network namespace; empty for that of this process.
    pub(super) fn entry(&self) -> Vec<String> {
        match self {
            Self::In(place) => place.entry(),
            Self::Told | Self::Redirected(..) => Vec::new(),
        }
    }
}

impl Template {
    /// Whether the placeholder `{name}` occurs in it.
    #[must_use]
    pub fn mentions(&self, name: &str) -> bool {
        let place = format!("{{{name}}}");
        self.0.iter().any(|argument| argument.contains(&place))
    }

    /// The template with paths relative to `directory` made absolute: the program, unless it is searched on the
    /// PATH, and each argument that contains a dot or a slash and names a file there, as in
    /// `["node", "peer.js"]`. `{dir}` becomes the directory itself.
    #[must_use]
    pub fn beside(self, directory: &Path) -> Self {
        let whole = |(index, argument): (usize, String)| {
            let is_path = argument.contains('/');
            let path = directory.join(argument.trim_start_matches("./"));
            let is_there = path.is_file() && (index == 0 || is_path || argument.contains('.'));
            if is_there || index == 0 && is_path && !argument.contains("{dir}") {
                path.to_string_lossy().into_owned()
            } else {
                argument.replace("{dir}", &directory.to_string_lossy())
            }
        };
        Self(self.0.into_iter().enumerate().map(whole).collect())
    }

    /// The program's transport when `asked` is wanted: `asked`, if the program takes any `{address}`; otherwise
    /// the one kind of address that it takes.
    #[must_use]
    pub fn speaks(&self, asked: Transport) -> Transport {
        if self.mentions("address") {
            asked
        } else if self.mentions("path") {
            asked.over_paths()
        } else {
            asked.over_ipv4()
        }
    }

    /// Fills in the placeholders. Placeholders in the inserted text are not replaced.
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
    match (place, places.endpoint) {
        ("address", endpoint) => Some(endpoint.to_string()),
        ("host", Endpoint::Inet(address)) => Some(address.ip().to_string()),
        ("port", Endpoint::Inet(address)) => Some(address.port().to_string()),
        ("path", Endpoint::Path(path)) => Some(path.to_string_lossy().into_owned()),
        // A user's protocol may have a variable of this name, and no such file.
        ("file", _) if places.file.is_some() => {
            places.file.map(|file| file.to_string_lossy().into_owned())
        }
        _ => {
            let literal = places.literals.iter().find(|literal| literal.name == place)?;
            Some(literal.value.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(arguments: &[&str]) -> Template {
        Template(arguments.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn places_are_filled_in_and_what_fills_them_is_left_alone() {
        let endpoint = Endpoint::Inet("127.0.0.1:80".parse().unwrap());
        let literals = [Literal::changed("name", "{port}{")];
        let places = Places { endpoint: &endpoint, file: None, literals: &literals };
        let template = template(&["{host}:{port}", "-n={name}}", "{x}{", "{address}", "{path}"]);
        assert_eq!(
            template.fill(&places),
            ["127.0.0.1:80", "-n={port}{}", "{x}{", "127.0.0.1:80", "{path}"]
        );
        assert!(template.mentions("name") && !template.mentions("file"));
    }

    #[test]
    fn a_literal_called_file_is_filled_in_where_no_file_is_served() {
        let endpoint = Endpoint::Inet("127.0.0.1:80".parse().unwrap());
        let literals = [Literal::changed("file", "a.txt")];
        let template = template(&["--file={file}"]);
        let own = Places { endpoint: &endpoint, file: None, literals: &literals };
        assert_eq!(template.fill(&own), ["--file=a.txt"]);
        let served = Places { file: Some(Path::new("/served")), ..own };
        assert_eq!(template.fill(&served), ["--file=/served"]);
    }

    #[test]
    fn a_program_speaks_what_its_places_let_it() {
        let any = template(&["--listen={address}"]);
        let inet = template(&["{host}", "{port}"]);
        let path = template(&["{path}"]);
        for asked in Transport::STREAMS.iter().chain(Transport::DATAGRAMS) {
            assert_eq!(any.speaks(*asked), *asked);
        }
        assert_eq!(inet.speaks(Transport::Unix), Transport::Tcp4);
        assert_eq!(inet.speaks(Transport::Udp6), Transport::Udp4);
        assert_eq!(path.speaks(Transport::Tcp4), Transport::Unix);
        assert_eq!(path.speaks(Transport::Udp4), Transport::Unixgram);
    }
}
