//! The peers of a run, by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{REFERENCE, Template};
use crate::observation::Role;

/// A peer: a name, and a command for each role and scenario it declares.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Peer {
    /// Its name in pairings.
    pub name: String,
    /// What it is written in, for reports.
    #[serde(default)]
    pub language: String,
    /// Its version, as its manifest says it.
    #[serde(default)]
    pub version: Option<String>,
    /// Whether its standard output is held against the reference's.
    #[serde(default)]
    pub stdout: bool,
    /// Whether what it says on standard error of an error is to name the clause: `[FR-5]`.
    #[serde(default)]
    pub names_clauses: bool,
    #[serde(default)]
    pub(super) server: BTreeMap<String, Template>,
    #[serde(default)]
    pub(super) client: BTreeMap<String, Template>,
    /// Where its programs are, if their paths are relative.
    #[serde(skip)]
    pub base: PathBuf,
    /// The manifest that describes it, unless it is built in.
    #[serde(skip)]
    pub manifest: Option<PathBuf>,
    /// SHA-256 of that manifest, in hexadecimal.
    #[serde(skip)]
    pub manifest_sha256: Option<String>,
}

/// A peer can't be had.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// A built-in table is not as it should be: a defect of this program.
    #[error("built-in peer: {0}")]
    BuiltIn(#[from] toml::de::Error),
    /// Two peers have one name.
    #[error("two peers are called {0:?}")]
    Taken(String),
    /// The programs of a built-in peer are not where they should be.
    #[error("{what} not found in {}: {hint}", directory.display())]
    NotBuilt {
        /// What is missing.
        what: &'static str,
        /// Where it was looked for.
        directory: PathBuf,
        /// What to do about it.
        hint: &'static str,
    },
}

impl Peer {
    /// Its command for a role of a scenario, if it declares that.
    #[must_use]
    pub fn template(&self, role: Role, scenario: &str) -> Option<&Template> {
        match role {
            Role::Server => self.server.get(scenario),
            Role::Client => self.client.get(scenario),
        }
    }

    /// Every role that it declares, by the scenario's name, with its command.
    pub fn declared(&self) -> impl Iterator<Item = (Role, &str, &Template)> {
        let servers = self.server.iter().map(|(name, it)| (Role::Server, name.as_str(), it));
        let clients = self.client.iter().map(|(name, it)| (Role::Client, name.as_str(), it));
        servers.chain(clients)
    }

    /// Whether a manifest describes it.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.manifest.is_some()
    }

    /// Whether this is the reference.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.name == REFERENCE
    }
}

/// The peers of a run.
#[derive(Debug, Clone)]
pub struct Peers {
    peers: Vec<Peer>,
}

impl Peers {
    /// `python`, whose programs are in `reference`, and `rust`, whose programs are in `programs`.
    ///
    /// # Errors
    /// See [`PeerError`].
    pub fn built_in(reference: &Path, programs: &Path) -> Result<Self, PeerError> {
        let mut python: Peer = toml::from_str(include_str!("python.toml"))?;
        python.base = reference.to_owned();
        let mut rust: Peer = toml::from_str(include_str!("rust.toml"))?;
        rust.base = programs.to_owned();
        for template in rust.server.values_mut().chain(rust.client.values_mut()) {
            *template = std::mem::take(template).beside(programs);
        }
        for what in ["frame-server", "frame-client"] {
            if !programs.join(what).is_file() {
                let directory = programs.to_owned();
                let hint = "run `cargo build --workspace --bins` first";
                return Err(PeerError::NotBuilt { what, directory, hint });
            }
        }
        Ok(Self { peers: vec![python, rust] })
    }

    /// Let another peer take part.
    ///
    /// # Errors
    /// [`PeerError::Taken`].
    pub fn add(&mut self, peer: Peer) -> Result<(), PeerError> {
        if self.by_name(&peer.name).is_some() {
            return Err(PeerError::Taken(peer.name));
        }
        self.peers.push(peer);
        Ok(())
    }

    /// Those that manifests describe.
    pub fn guests(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter().filter(|peer| peer.is_guest())
    }

    /// The peer of this name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.name == name)
    }

    /// Every peer, the reference first.
    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Transport;

    #[test]
    fn built_in_tables_declare_every_scenario_in_every_role_it_has() {
        for text in [include_str!("python.toml"), include_str!("rust.toml")] {
            let peer: Peer = toml::from_str(text).unwrap();
            for scenario in crate::catalogue::scenarios() {
                assert!(peer.template(Role::Server, scenario.name()).is_some());
                let is_alone = scenario.transports() == Transport::ALONE;
                assert!(peer.template(Role::Client, scenario.name()).is_some() != is_alone);
            }
        }
    }
}
