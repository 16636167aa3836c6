//! What documents say about the scenarios' programs, and how to start the programs: the `scenario.toml` of every
//! scenario.

use std::collections::BTreeMap;

use model::QuickCase;
use serde::Deserialize;

use crate::tutorial::Tutorial;

/// A `scenario.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    /// The cases that `--quick` plays in addition to those of its rule.
    #[serde(default)]
    quick: Vec<String>,
    /// The text for the documents.
    pub(crate) documents: Documents,
    /// The commands of the tutorial's own programs.
    python: Roles,
    /// The commands of the port. `None` for a scenario that the port does not play.
    rust: Option<Roles>,
}

/// A row of the documents' tables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Documents {
    /// What the server does, or the only program of a scenario.
    pub(crate) server: String,
    /// What the client does.
    pub(crate) client: String,
    /// The tutorial's title and number.
    pub(crate) tutorial: String,
    /// The section with the programs.
    pub(crate) section: String,
    /// The default address of the programs.
    pub(crate) address: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    server: Vec<String>,
    client: Option<Vec<String>>,
}

impl About {
    /// Reads a tutorial's `scenario.toml`.
    ///
    /// # Errors
    /// The `scenario.toml` is invalid. This is a defect of this program that a test would have found.
    pub(crate) fn of(tutorial: &dyn Tutorial) -> Result<Self, toml::de::Error> {
        toml::from_str(tutorial.about())
    }
}

/// The quick cases that a tutorial's `scenario.toml` names. It leaves out what it can't read; a test would have
/// found that.
pub(crate) fn quick(tutorial: &dyn Tutorial) -> Vec<QuickCase> {
    let named = About::of(tutorial).map(|about| about.quick).unwrap_or_default();
    named.iter().filter_map(|name| name.parse().ok()).collect()
}

/// The commands of a peer, by scenario: argument vectors with placeholders, as in a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commands {
    /// The commands of its servers.
    pub server: BTreeMap<String, Vec<String>>,
    /// The commands of its clients.
    pub client: BTreeMap<String, Vec<String>>,
}

impl Commands {
    fn add(&mut self, scenario: &str, roles: Roles) {
        self.server.insert(scenario.to_owned(), roles.server);
        if let Some(client) = roles.client {
            self.client.insert(scenario.to_owned(), client);
        }
    }
}

/// The commands of the reference, and the commands of the port, for these scenarios.
///
/// # Errors
/// Those of [`About::of`].
pub(crate) fn commands(
    tutorials: &[&'static dyn Tutorial],
) -> Result<(Commands, Commands), toml::de::Error> {
    let (mut python, mut rust) = (Commands::default(), Commands::default());
    for tutorial in tutorials {
        let about = About::of(*tutorial)?;
        python.add(tutorial.name(), about.python);
        if let Some(roles) = about.rust {
            rust.add(tutorial.name(), roles);
        }
    }
    Ok((python, rust))
}

#[cfg(test)]
mod tests {
    use model::case::Transport;

    use super::*;
    use crate::tutorials;

    #[test]
    fn every_scenario_has_the_roles_that_it_has_and_no_other() {
        let (python, rust) = commands(tutorials()).unwrap();
        for tutorial in tutorials() {
            let (name, is_alone) = (tutorial.name(), tutorial.transports() == Transport::ALONE);
            assert!(python.client.contains_key(name) != is_alone, "{name}");
            assert!(!(is_alone && rust.client.contains_key(name)), "{name}");
        }
    }

    #[test]
    fn every_quick_case_that_is_named_is_a_fixed_input_over_a_network() {
        for tutorial in tutorials() {
            let named = About::of(*tutorial).unwrap().quick;
            let (cases, vectors) = (quick(*tutorial), tutorial.vectors());
            for case in &cases {
                assert!(vectors.iter().any(|vector| vector.name == case.input), "{case}");
            }
            assert_eq!(cases.len(), named.len(), "{named:?}");
        }
    }
}
