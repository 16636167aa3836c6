//! The built-in peers: `python`, the reference, and `rust`, its port. The port's programs lie beside framecheck
//! or on the PATH.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engine::peer::{Peer, Peers, Template};
use tutorials::{Commands, REFERENCE};

/// The port of the reference that comes with framecheck.
pub const RUST: &str = "rust";

/// The names of the port's programs.
const SERVER_PROGRAM: &str = "frame-server";
const CLIENT_PROGRAM: &str = "frame-client";

/// The built-in peers are not available.
#[derive(Debug, thiserror::Error)]
pub enum BuiltInError {
    /// A built-in table is invalid: a defect of this program.
    #[error("built-in peer: {0}")]
    Table(#[from] toml::de::Error),
    /// The port's programs are not in the expected directory.
    #[error("{what} not found in {}: {hint}", directory.display())]
    NotBuilt {
        /// The missing program.
        what: &'static str,
        /// The directory that should contain it.
        directory: PathBuf,
        /// What to do about it.
        hint: &'static str,
    },
}

/// `python`, and `rust` if both of its programs are in `programs`.
///
/// # Errors
/// See [`BuiltInError`].
pub fn built(programs: &Path) -> Result<Peers, BuiltInError> {
    for what in [SERVER_PROGRAM, CLIENT_PROGRAM] {
        if !programs.join(what).is_file() {
            let directory = programs.to_owned();
            let hint = "run `cargo build` first";
            return Err(BuiltInError::NotBuilt { what, directory, hint });
        }
    }
    with_port(Some(programs), Some(programs))
}

/// `python`, and each program of `rust` that is in `beside` or on the PATH. [`Peers::missing`] lists the
/// programs that were not found.
///
/// # Errors
/// See [`BuiltInError`].
pub fn installed(beside: &Path) -> Result<Peers, BuiltInError> {
    let found = |what: &str| {
        if beside.join(what).is_file() {
            return Some(beside.to_owned());
        }
        Some(which::which(what).ok()?.canonicalize().ok()?.parent()?.to_owned())
    };
    with_port(found(SERVER_PROGRAM).as_deref(), found(CLIENT_PROGRAM).as_deref())
}

/// `python`, and `rust` in each role that has a directory here.
fn with_port(server: Option<&Path>, client: Option<&Path>) -> Result<Peers, BuiltInError> {
    let (of_python, of_rust) = tutorials::commands()?;
    let (mut python, mut rust) =
        (peer(REFERENCE, "Python", of_python), peer(RUST, "Rust", of_rust));
    python.warm = true;
    rust.names_clauses = true;
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
                "{what} is neither beside framecheck nor on the PATH, so nothing is played with it; \
                 the wheel and the tarball have it, and docs/install.md says how to build it"
            ));
        }
    }
    let is_there = server.or(client).is_some();
    Ok(Peers::new(if is_there { vec![python, rust] } else { vec![python] }, missing))
}

fn peer(name: &str, language: &str, commands: Commands) -> Peer {
    let templates = |commands: BTreeMap<String, Vec<String>>| {
        commands.into_iter().map(|(scenario, argv)| (scenario, Template(argv))).collect()
    };
    Peer {
        name: name.to_owned(),
        language: language.to_owned(),
        stdout: true,
        server: templates(commands.server),
        client: templates(commands.client),
        ..Peer::default()
    }
}

#[cfg(test)]
mod tests {
    use model::observation::Role;

    use super::*;

    /// Whether a built-in peer plays a role of a scenario.
    fn declares(peers: &Peers, peer: &str, role: Role, scenario: &str) -> bool {
        peers.by_name(peer).is_some_and(|peer| peer.template(role, scenario).is_some())
    }

    #[test]
    fn a_program_that_is_not_installed_takes_its_role_and_is_named() {
        let here = Path::new("/somewhere");
        let peers = with_port(Some(here), None).unwrap();
        assert!(declares(&peers, RUST, Role::Server, "tcp-upper"));
        assert!(!declares(&peers, RUST, Role::Client, "tcp-upper"));
        assert_eq!(peers.missing().len(), 1);
        assert!(peers.missing()[0].starts_with("frame-client is neither beside framecheck"));
        let peers = with_port(None, None).unwrap();
        assert_eq!((peers.iter().count(), peers.missing().len()), (1, 2));
    }
}
