//! The command that plays a case again.

use std::path::Path;

use model::case::{CaseId, Pairing};
use model::event::{PeerInfo, ProtocolInfo, Start};

/// Knows the manifests that a case's peers came from, and the file that describes its scenario.
#[derive(Debug, Default)]
pub(super) struct Replays {
    guests: Vec<PeerInfo>,
    protocols: Vec<ProtocolInfo>,
}

impl Replays {
    pub(super) fn new(start: &Start) -> Self {
        let guests = start.peers.iter().filter(|peer| peer.manifest.is_some());
        Self { guests: guests.cloned().collect(), protocols: start.protocols.clone() }
    }

    /// A line for a shell.
    pub(super) fn command(&self, id: &CaseId) -> String {
        replay_command(id, self.files(&id.scenario), self.manifests(&id.pairing))
    }

    /// What that line has behind the program's name.
    pub(super) fn arguments(&self, id: &CaseId) -> String {
        let words = replay_words(id, self.files(&id.scenario), self.manifests(&id.pairing));
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
    }

    /// What that line has behind the id of each case of this pairing.
    pub(super) fn peer_options(&self, pairing: &Pairing) -> String {
        // Files of other scenarios do no harm there.
        let files = self.protocols.iter().map(|protocol| shown(&protocol.file));
        let words: Vec<String> =
            files.chain(self.manifests(pairing).flat_map(peer_option)).collect();
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
    }

    /// The file that describes this scenario, if one does.
    fn files(&self, scenario: &str) -> impl Iterator<Item = &Path> {
        let is_its = move |protocol: &&ProtocolInfo| protocol.scenario == scenario;
        self.protocols.iter().filter(is_its).map(|protocol| protocol.file.as_path())
    }

    fn manifests(&self, pairing: &Pairing) -> impl Iterator<Item = &Path> {
        let takes_part =
            move |peer: &&PeerInfo| [&pairing.server, &pairing.client].contains(&&peer.name);
        self.guests.iter().filter(takes_part).filter_map(|guest| guest.manifest.as_deref())
    }
}

/// The line for a shell that plays a case again whose scenario is described by these files, if by one, and
/// whose peers have these manifests.
pub fn replay_command<'a>(
    id: &CaseId,
    files: impl IntoIterator<Item = &'a Path>,
    manifests: impl IntoIterator<Item = &'a Path>,
) -> String {
    let words = replay_words(id, files, manifests);
    let words: Vec<String> = ["framecheck".to_owned()].into_iter().chain(words).collect();
    // No word has a NUL in it, the one thing that no shell can be told.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}

fn replay_words<'a>(
    id: &CaseId,
    files: impl IntoIterator<Item = &'a Path>,
    manifests: impl IntoIterator<Item = &'a Path>,
) -> Vec<String> {
    let mut words = vec!["replay".to_owned(), id.to_string()];
    words.extend(files.into_iter().map(shown));
    words.extend(manifests.into_iter().flat_map(peer_option));
    words
}

fn peer_option(manifest: &Path) -> [String; 2] {
    ["--peer".to_owned(), shown(manifest)]
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
