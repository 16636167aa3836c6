//! The name of a case that `--quick` plays in addition to its rule.

use std::fmt;
use std::str::FromStr;

use crate::case::Network;
use crate::observation::Role;

/// `ROLE/NETWORK/INPUT`, such as `server/split-up@3/two-lines`. The reference plays the other role, or the
/// harness, if the input says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuickCase {
    /// The role of the program under test.
    pub role: Role,
    /// The network.
    pub network: Network,
    /// The input: its name, or the last part of its cases' ids.
    pub input: String,
}

impl fmt::Display for QuickCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.role, self.network, self.input)
    }
}

impl FromStr for QuickCase {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, '/');
        let (role, network, input) = (parts.next(), parts.next(), parts.next());
        let role = match role {
            Some("server") => Role::Server,
            Some("client") => Role::Client,
            _ => return Err("a quick case begins with \"server/\" or \"client/\"".to_owned()),
        };
        let (Some(network), Some(input)) = (network, input.filter(|it| !it.is_empty())) else {
            let form =
                "a quick case is \"ROLE/NETWORK/INPUT\", such as \"server/split-up@3/notes\"";
            return Err(form.to_owned());
        };
        let network = network.parse().map_err(|_| format!("no network is called {network:?}"))?;
        Ok(Self { role, network, input: input.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for text in ["server/split-up@3/two-lines", "client/asis/00fa0ea9"] {
            assert_eq!(text.parse::<QuickCase>().unwrap().to_string(), text);
        }
        for (text, expected) in [
            ("both/asis/notes", "a quick case begins with"),
            ("server/asis", "a quick case is"),
            ("server/asis/", "a quick case is"),
            ("server/fast/notes", "no network is called \"fast\""),
        ] {
            let error = text.parse::<QuickCase>().unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
