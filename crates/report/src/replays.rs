//! The command that plays a case again.

use std::ffi::OsString;
use std::path::Path;

use model::case::{CaseId, Pairing};
use model::event::{PeerInfo, ProtocolInfo, Start};
use model::shell;

/// Knows the manifests of the peers and the files of the scenarios.
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

    /// The replay command of a case, for a shell.
    pub(super) fn command(&self, id: &CaseId) -> String {
        let files =
            self.protocols_of(&id.scenario).map(|it| it.as_typed.as_deref().unwrap_or(&it.file));
        replay_command(id, files, self.guests_of(&id.pairing).filter_map(typed))
    }

    /// The arguments of that command, with paths that are valid in any directory.
    pub(super) fn arguments(&self, id: &CaseId) -> String {
        let files = self.protocols_of(&id.scenario).map(|it| it.file.as_path());
        let manifests = self.guests_of(&id.pairing).filter_map(|it| it.manifest.as_deref());
        let words = replay_words(id, files, manifests);
        shell::line(words)
    }

    /// The options in that command for the cases of this pairing.
    pub(super) fn peer_options(&self, pairing: &Pairing) -> String {
        // Files of other scenarios have no effect there.
        let file = |it: &ProtocolInfo| shown(it.as_typed.as_deref().unwrap_or(&it.file));
        let manifests = self.guests_of(pairing).filter_map(typed).flat_map(peer_option);
        let words = self.protocols.iter().map(file).chain(manifests);
        shell::line(words)
    }

    /// The file that describes this scenario, if one does.
    fn protocols_of(&self, scenario: &str) -> impl Iterator<Item = &ProtocolInfo> {
        self.protocols.iter().filter(move |protocol| protocol.scenario == scenario)
    }

    fn guests_of(&self, pairing: &Pairing) -> impl Iterator<Item = &PeerInfo> {
        let takes_part =
            move |peer: &&PeerInfo| [&pairing.server, &pairing.client].contains(&&peer.name);
        self.guests.iter().filter(takes_part)
    }
}

/// The path of a peer's manifest; as the user typed it, if that is known.
fn typed(guest: &PeerInfo) -> Option<&Path> {
    guest.as_typed.as_deref().or(guest.manifest.as_deref())
}

/// The shell command that plays a case again, with the protocol files of its scenario and the manifests of its
/// peers.
pub fn replay_command<'a>(
    id: &CaseId,
    files: impl IntoIterator<Item = &'a Path>,
    manifests: impl IntoIterator<Item = &'a Path>,
) -> String {
    let words = replay_words(id, files, manifests);
    shell::line([OsString::from("framecheck")].into_iter().chain(words))
}

fn replay_words<'a>(
    id: &CaseId,
    files: impl IntoIterator<Item = &'a Path>,
    manifests: impl IntoIterator<Item = &'a Path>,
) -> Vec<OsString> {
    let mut words = vec![OsString::from("replay"), id.to_string().into()];
    words.extend(files.into_iter().map(shown));
    words.extend(manifests.into_iter().flat_map(peer_option));
    words
}

fn peer_option(manifest: &Path) -> [OsString; 2] {
    [OsString::from("--peer"), shown(manifest)]
}

fn shown(path: &Path) -> OsString {
    shell::argument(path).into_os_string()
}

#[cfg(test)]
mod tests {
    use model::event::Chosen;

    use super::*;

    #[test]
    fn a_line_has_the_paths_that_were_typed_and_a_script_whole_ones() {
        let start = Start {
            framecheck: "0".to_owned(),
            seed: 0,
            generated: 0,
            selection: Chosen::default(),
            shard: None,
            cases: 1,
            peers: vec![PeerInfo {
                name: "acme".to_owned(),
                manifest: Some("/home/me/my peers/-acme.toml".into()),
                as_typed: Some("-acme.toml".into()),
                ..PeerInfo::default()
            }],
            protocols: vec![ProtocolInfo {
                scenario: "upload".to_owned(),
                file: "/home/me/it's.toml".into(),
                as_typed: Some("../it's.toml".into()),
                sha256: String::new(),
            }],
            pairings: Vec::new(),
            missing: Vec::new(),
            not_judged: Vec::new(),
        };
        let replays = Replays::new(&start);
        let id: CaseId = "upload/acme->python/tcp4/asis/00000001".parse().unwrap();
        let line = replays.command(&id);
        let right = "framecheck replay 'upload/acme->python/tcp4/asis/00000001' \"../it's.toml\" --peer ./-acme.toml";
        assert_eq!(line, right);
        assert_eq!(replays.peer_options(&id.pairing), "\"../it's.toml\" --peer ./-acme.toml");
        let words = replays.arguments(&id);
        assert!(
            words.ends_with("\"/home/me/it's.toml\" --peer '/home/me/my peers/-acme.toml'"),
            "{words}"
        );
    }
}
