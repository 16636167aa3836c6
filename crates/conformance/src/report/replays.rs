//! The command that plays a case again.

use std::path::Path;

use crate::case::CaseId;
use crate::event::{PeerInfo, Start};

/// Knows the manifests that a case's peers came from.
#[derive(Debug, Default)]
pub(super) struct Replays {
    guests: Vec<PeerInfo>,
}

impl Replays {
    pub(super) fn new(start: &Start) -> Self {
        let guests = start.peers.iter().filter(|peer| peer.manifest.is_some());
        Self { guests: guests.cloned().collect() }
    }

    /// A line for a shell.
    pub(super) fn command(&self, id: &CaseId) -> String {
        let takes_part =
            |peer: &&PeerInfo| [&id.pairing.server, &id.pairing.client].contains(&&peer.name);
        let guests = self.guests.iter().filter(takes_part);
        replay_command(id, guests.filter_map(|guest| guest.manifest.as_deref()))
    }
}

/// The line for a shell that plays a case again whose peers have these manifests.
pub fn replay_command<'a>(id: &CaseId, manifests: impl IntoIterator<Item = &'a Path>) -> String {
    let mut words = vec!["framecheck".to_owned(), "replay".to_owned(), id.to_string()];
    for manifest in manifests {
        words.extend(["--peer".to_owned(), manifest.to_string_lossy().into_owned()]);
    }
    // No word has a NUL in it, the one thing that no shell can be told.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}
