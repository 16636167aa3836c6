//! The peers of a trial: the reference, the base, and each mutant. A mutant is the reference's peer with
//! another program in one role.

use std::path::Path;

use engine::peer::{Peer, Peers};
use model::observation::Role;

use super::subject::Program;

/// The peer with a program in the reference's place.
pub(super) fn stand_in(
    (reference, is_tutorial): (&Peer, bool),
    (name, scenario): (&str, &str),
    program: &Program,
    path: &Path,
) -> Option<Peer> {
    let template = program.command(reference.template(program.role, scenario)?, path);
    let mut peer = Peer {
        name: name.to_owned(),
        server: [].into(),
        client: [].into(),
        // The reference of a file may have the name of the tutorials' reference, whose screens are compared.
        stdout: reference.stdout && is_tutorial,
        // It counts as a guest: framecheck ends what it leaves behind, and may keep a warm interpreter of its
        // own.
        is_stranger: true,
        manifest: Some(path.to_owned()),
        ..reference.clone()
    };
    let templates = match program.role {
        Role::Server => &mut peer.server,
        Role::Client => &mut peer.client,
    };
    templates.insert(scenario.to_owned(), template);
    Some(peer)
}

/// The peers of a plan, without mutants.
pub(super) fn with_bases(mut peers: Peers, bases: &[Peer]) -> anyhow::Result<Peers> {
    for base in bases {
        peers.add(base.clone())?;
    }
    Ok(peers)
}
