//! How the programs of all scenarios are started, by the reference and by the port: the `peers.toml`
//! of every scenario, put together.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::tutorials;

/// The commands of a peer, by scenario: argument vectors with places to be filled in, as in a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commands {
    /// Those of its servers.
    pub server: BTreeMap<String, Vec<String>>,
    /// Those of its clients.
    pub client: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    python: Roles,
    rust: Roles,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    server: Vec<String>,
    client: Option<Vec<String>>,
}

/// The commands of the reference, and those of the port.
///
/// # Errors
/// A `peers.toml` is not as it should be: a defect of this program, which a test would have told.
pub fn commands() -> Result<(Commands, Commands), toml::de::Error> {
    let (mut python, mut rust) = (Commands::default(), Commands::default());
    for tutorial in tutorials() {
        let file: File = toml::from_str(tutorial.peers())?;
        for (commands, roles) in [(&mut python, file.python), (&mut rust, file.rust)] {
            let name = tutorial.name().to_owned();
            if let Some(client) = roles.client {
                commands.client.insert(name.clone(), client);
            }
            commands.server.insert(name, roles.server);
        }
    }
    Ok((python, rust))
}

#[cfg(test)]
mod tests {
    use model::case::Transport;

    use super::*;

    #[test]
    fn the_reference_and_the_port_declare_every_scenario_in_every_role_it_has() {
        let (python, rust) = commands().unwrap();
        for tutorial in tutorials() {
            let is_alone = tutorial.transports() == Transport::ALONE;
            for commands in [&python, &rust] {
                assert!(commands.server.contains_key(tutorial.name()), "{}", tutorial.name());
                let has_client = commands.client.contains_key(tutorial.name());
                assert!(has_client != is_alone, "{}", tutorial.name());
            }
        }
    }
}
