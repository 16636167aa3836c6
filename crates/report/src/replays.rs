//! The command that plays a case again.

use std::path::Path;

use model::case::{CaseId, Pairing};
use model::event::{PeerInfo, Start};

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
        replay_command(id, self.manifests(&id.pairing))
    }

    /// What that line has behind the program's name.
    pub(super) fn arguments(&self, id: &CaseId) -> String {
        let words = replay_words(id, self.manifests(&id.pairing));
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
    }

    /// What that line has behind the id of each case of this pairing.
    pub(super) fn peer_options(&self, pairing: &Pairing) -> String {
        let words: Vec<String> = self.manifests(pairing).flat_map(peer_option).collect();
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
    }

    fn manifests(&self, pairing: &Pairing) -> impl Iterator<Item = &Path> {
        let takes_part =
            move |peer: &&PeerInfo| [&pairing.server, &pairing.client].contains(&&peer.name);
        self.guests.iter().filter(takes_part).filter_map(|guest| guest.manifest.as_deref())
    }
}

/// The line for a shell that plays a case again whose peers have these manifests.
pub fn replay_command<'a>(id: &CaseId, manifests: impl IntoIterator<Item = &'a Path>) -> String {
    let words = ["framecheck".to_owned()].into_iter().chain(replay_words(id, manifests));
    let words: Vec<String> = words.collect();
    // No word has a NUL in it, the one thing that no shell can be told.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}

fn replay_words<'a>(id: &CaseId, manifests: impl IntoIterator<Item = &'a Path>) -> Vec<String> {
    let mut words = vec!["replay".to_owned(), id.to_string()];
    words.extend(manifests.into_iter().flat_map(peer_option));
    words
}

fn peer_option(manifest: &Path) -> [String; 2] {
    ["--peer".to_owned(), manifest.to_string_lossy().into_owned()]
}
