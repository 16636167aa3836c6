//! The peers of a run, by name.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use model::Needs;
use model::case::Transport;
use model::mask::{JsonBy, JsonProfile};
use model::observation::Role;

use super::{Target, Template};

/// The program name of commands that may run warm.
const PYTHON: &str = "python3";

/// A peer: a name, and a command for each role and scenario that it declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its name in pairings.
    pub name: String,
    /// Its language, for reports.
    pub language: String,
    /// The version that its manifest gives.
    pub version: Option<String>,
    /// Whether its standard output is compared with the reference's.
    pub stdout: bool,
    /// How its JSON is compared.
    pub json: JsonBy,
    /// Which JSON text it can be given.
    pub json_profile: JsonProfile,
    /// Whether its error messages on standard error must name the clause: `[FR-5]`.
    pub names_clauses: bool,
    /// Whether its commands `python3 X.py …` run in the harness's own warm interpreter: each is forked from the
    /// launcher, if there is one. They behave as with `python3 -u`.
    pub warm: bool,
    /// Whether its programs are a stranger's. The harness measures their memory, and ends and names what they
    /// leave behind.
    pub is_stranger: bool,
    /// Its servers, by scenario.
    pub server: BTreeMap<String, Template>,
    /// Its clients, by scenario.
    pub client: BTreeMap<String, Template>,
    /// The addresses in the source of its programs, by role and scenario.
    pub fixed_addresses: BTreeMap<(Role, String), SocketAddr>,
    /// What those programs need besides their commands, by role and scenario.
    pub needs: BTreeMap<(Role, String), Needs>,
    /// Its servers that run already, by scenario.
    pub targets: BTreeMap<String, Target>,
    /// The scenarios whose client a person starts.
    pub by_hand: BTreeSet<String>,
    /// The directory that the paths of its programs are relative to.
    pub base: PathBuf,
    /// The manifest that describes it, unless it is built in.
    pub manifest: Option<PathBuf>,
    /// SHA-256 of that manifest, in hexadecimal.
    pub manifest_sha256: Option<String>,
}

/// Why a peer can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// Two peers have the same name.
    #[error("two peers are called {0:?}")]
    Taken(String),
}

impl Peer {
    /// Its command for a role of a scenario, if it declares one.
    #[must_use]
    pub fn template(&self, role: Role, scenario: &str) -> Option<&Template> {
        match role {
            Role::Server => self.server.get(scenario),
            Role::Client => self.client.get(scenario),
        }
    }

    /// What its program in a role of a scenario needs besides its command.
    #[must_use]
    pub fn needs_of(&self, role: Role, scenario: &str) -> Option<&Needs> {
        self.needs.get(&(role, scenario.to_owned()))
    }

    /// Its server of a scenario, if that runs already.
    #[must_use]
    pub fn target(&self, role: Role, scenario: &str) -> Option<&Target> {
        self.targets.get(scenario).filter(|_| role == Role::Server)
    }

    /// Whether a person starts its program in this role.
    #[must_use]
    pub fn is_by_hand(&self, role: Role, scenario: &str) -> bool {
        role == Role::Client && self.by_hand.contains(scenario)
    }

    /// Whether it declares a role of a scenario, by a command or in another way.
    #[must_use]
    pub fn plays(&self, role: Role, scenario: &str) -> bool {
        self.template(role, scenario).is_some()
            || self.target(role, scenario).is_some()
            || self.is_by_hand(role, scenario)
    }

    /// Every role that it declares, by the scenario's name.
    pub fn roles(&self) -> impl Iterator<Item = (Role, &str)> {
        let commands = self.declared().map(|(role, name, _)| (role, name));
        let targets = self.targets.keys().map(|name| (Role::Server, name.as_str()));
        let by_hand = self.by_hand.iter().map(|name| (Role::Client, name.as_str()));
        commands.chain(targets).chain(by_hand)
    }

    /// Every role that it declares by a command, with the scenario's name and the command.
    pub fn declared(&self) -> impl Iterator<Item = (Role, &str, &Template)> {
        let servers = self.server.iter().map(|(name, it)| (Role::Server, name.as_str(), it));
        let clients = self.client.iter().map(|(name, it)| (Role::Client, name.as_str(), it));
        servers.chain(clients)
    }

    /// The address in the source of its program for a role of a scenario.
    #[must_use]
    pub fn fixed_address(&self, role: Role, scenario: &str) -> Option<SocketAddr> {
        self.fixed_addresses.get(&(role, scenario.to_owned())).copied()
    }

    /// The transport of its program for a role of a scenario, when `asked` is wanted. `None` if it declares no
    /// such program.
    #[must_use]
    pub fn speaks(&self, role: Role, scenario: &str, asked: Transport) -> Option<Transport> {
        let template = self.template(role, scenario)?;
        Some(match self.fixed_address(role, scenario) {
            Some(SocketAddr::V4(_)) => asked.over_ipv4(),
            Some(SocketAddr::V6(_)) => asked.over_ipv6(),
            None => template.speaks(asked),
        })
    }

    /// Whether the launcher, or a fresh interpreter in its place, runs this command. Then it redirects a fixed
    /// address.
    #[must_use]
    pub fn is_redirected(&self, template: &Template) -> bool {
        self.python_program(&template.0).is_some()
    }

    /// Whether one of its programs for these scenarios needs a network namespace.
    #[must_use]
    pub fn needs_network(&self, is_played: impl Fn(&str) -> bool) -> bool {
        let needs = |role, name: &str, template: &Template| {
            self.fixed_address(role, name).is_some() && !self.is_redirected(template)
        };
        self.declared().any(|(role, name, it)| is_played(name) && needs(role, name, it))
    }

    /// The Python program of a command that can run warm, and its arguments: of `["python3", "X.py", …]`, or
    /// the same with `-u`, if the file exists.
    pub(super) fn python_program<'c>(&self, argv: &'c [String]) -> Option<(String, &'c [String])> {
        let (python, rest) = argv.split_first()?;
        let (mut program, mut arguments) = rest.split_first()?;
        if program == "-u" {
            (program, arguments) = arguments.split_first()?;
        }
        let path = self.base.join(program);
        let is_program = || path.extension().is_some_and(|it| it == "py") && path.is_file();
        let is_warm = self.warm && python == PYTHON && is_program();
        is_warm.then(|| (path.to_string_lossy().into_owned(), arguments))
    }

    /// Whether a manifest describes it.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.manifest.is_some()
    }
}

/// The peers of a run.
#[derive(Debug, Clone)]
pub struct Peers {
    peers: Vec<Peer>,
    missing: Vec<String>,
}

impl Peers {
    /// These built-in peers, the reference first. `missing` has a sentence for each program that was not found,
    /// which says what to do.
    #[must_use]
    pub const fn new(peers: Vec<Peer>, missing: Vec<String>) -> Self {
        Self { peers, missing }
    }

    /// Sets the directory of the built-in warm programs.
    pub fn locate_built_in(&mut self, directory: &Path) {
        let is_built_in = |peer: &&mut Peer| peer.warm && !peer.is_stranger;
        for peer in self.peers.iter_mut().filter(is_built_in) {
            directory.clone_into(&mut peer.base);
        }
    }

    /// A sentence for each built-in program that was not found, which says what to do.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Adds a peer.
    ///
    /// # Errors
    ///
    /// [`PeerError::Taken`].
    pub fn add(&mut self, peer: Peer) -> Result<(), PeerError> {
        if self.by_name(&peer.name).is_some() {
            return Err(PeerError::Taken(peer.name));
        }
        self.peers.push(peer);
        Ok(())
    }

    /// Adds the reference of a scenario from a file, which plays both roles. It may have the name of an
    /// existing peer.
    pub fn play_reference(&mut self, reference: Peer) {
        match self.peers.iter_mut().find(|peer| peer.name == reference.name) {
            Some(peer) => {
                peer.server.extend(reference.server);
                peer.client.extend(reference.client);
                peer.fixed_addresses.extend(reference.fixed_addresses);
                peer.needs.extend(reference.needs);
            }
            None => self.peers.insert(0, reference),
        }
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
