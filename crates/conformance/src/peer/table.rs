//! The peers of a run, by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{REFERENCE, Template};
use crate::observation::Role;

/// The port's programs.
const SERVER_PROGRAM: &str = "frame-server";
const CLIENT_PROGRAM: &str = "frame-client";

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
    missing: Vec<String>,
}

impl Peers {
    /// `python`, and `rust`, whose programs must both be in `programs`.
    ///
    /// # Errors
    /// See [`PeerError`].
    pub fn built_in(programs: &Path) -> Result<Self, PeerError> {
        for what in [SERVER_PROGRAM, CLIENT_PROGRAM] {
            if !programs.join(what).is_file() {
                let directory = programs.to_owned();
                let hint = "run `cargo build --workspace --bins` first";
                return Err(PeerError::NotBuilt { what, directory, hint });
            }
        }
        Self::with_port(Some(programs), Some(programs))
    }

    /// `python`, and of `rust` the programs that are in `beside` or on the PATH; [`Self::missing`]
    /// tells of those that are not.
    ///
    /// # Errors
    /// See [`PeerError`].
    pub fn installed(beside: &Path) -> Result<Self, PeerError> {
        let found = |what: &str| {
            if beside.join(what).is_file() {
                return Some(beside.to_owned());
            }
            Some(which::which(what).ok()?.canonicalize().ok()?.parent()?.to_owned())
        };
        Self::with_port(found(SERVER_PROGRAM).as_deref(), found(CLIENT_PROGRAM).as_deref())
    }

    /// `python`, and `rust` in the roles whose program is in a directory that is given.
    fn with_port(server: Option<&Path>, client: Option<&Path>) -> Result<Self, PeerError> {
        let python: Peer = toml::from_str(include_str!("python.toml"))?;
        let mut rust: Peer = toml::from_str(include_str!("rust.toml"))?;
        let mut missing = Vec::new();
        for (what, directory, role) in
            [(SERVER_PROGRAM, server, &mut rust.server), (CLIENT_PROGRAM, client, &mut rust.client)]
        {
            if let Some(directory) = directory {
                for template in role.values_mut() {
                    *template = std::mem::take(template).beside(directory);
                }
            } else {
                role.clear();
                missing.push(format!(
                    "{what} is neither beside framecheck nor on the PATH, so nothing is played \
                     with it; `cargo install {what}` gets it"
                ));
            }
        }
        let is_there = server.or(client).is_some();
        Ok(Self { peers: if is_there { vec![python, rust] } else { vec![python] }, missing })
    }

    /// Say where the programs of `python` are.
    pub fn locate_reference(&mut self, directory: &Path) {
        for peer in self.peers.iter_mut().filter(|peer| peer.is_reference()) {
            directory.clone_into(&mut peer.base);
        }
    }

    /// The built-in programs that were not found, each in a sentence that says what to do.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
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
    fn a_program_that_is_not_installed_takes_its_role_and_is_named() {
        let here = Path::new("/somewhere");
        let peers = Peers::with_port(Some(here), None).unwrap();
        let rust = peers.by_name("rust").unwrap();
        assert!(rust.template(Role::Server, "tcp-upper").is_some());
        assert!(rust.template(Role::Client, "tcp-upper").is_none());
        assert_eq!(peers.missing().len(), 1);
        assert!(peers.missing()[0].contains("cargo install frame-client"));
        let peers = Peers::with_port(None, None).unwrap();
        assert_eq!((peers.iter().count(), peers.missing().len()), (1, 2));
    }

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
