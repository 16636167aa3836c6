//! What documents say of the scenarios' programs, and how these are started: the `scenario.toml` of every
//! scenario.

use std::collections::BTreeMap;

use model::QuickCase;
use serde::Deserialize;

use crate::tutorial::Tutorial;

/// A `scenario.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    /// The cases that `--quick` plays besides those that its rule chooses.
    #[serde(default)]
    quick: Vec<String>,
    /// What the documents say.
    pub(crate) documents: Documents,
    /// How the tutorial's own programs are started.
    python: Roles,
    /// How the port's are. A scenario that the port doesn't play has none.
    rust: Option<Roles>,
}

/// A row of the documents' tables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Documents {
    /// What the server does; of a scenario of one program, what that does.
    pub(crate) server: String,
    /// What the client does.
    pub(crate) client: String,
    /// The tutorial's title and number.
    pub(crate) tutorial: String,
    /// Where it has the programs.
    pub(crate) section: String,
    /// Where they listen and connect unless told otherwise.
    pub(crate) address: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    server: Vec<String>,
    client: Option<Vec<String>>,
}

impl About {
    /// What is said of a tutorial's scenario.
    ///
    /// # Errors
    /// Its `scenario.toml` is not as it should be: a defect of this program, which a test would have told.
    pub(crate) fn of(tutorial: &dyn Tutorial) -> Result<Self, toml::de::Error> {
        toml::from_str(tutorial.about())
    }
}

/// The quick cases that a tutorial's `scenario.toml` names. What can't be read is left out; a test would have told.
pub(crate) fn quick(tutorial: &dyn Tutorial) -> Vec<QuickCase> {
    let named = About::of(tutorial).map(|about| about.quick).unwrap_or_default();
    named.iter().filter_map(|name| name.parse().ok()).collect()
}

/// The commands of a peer, by scenario: argument vectors with places to be filled in, as in a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commands {
    /// Those of its servers.
    pub server: BTreeMap<String, Vec<String>>,
    /// Those of its clients.
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

/// The commands of the reference, and those of the port, for these scenarios.
///
/// # Errors
/// As [`About::of`].
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
