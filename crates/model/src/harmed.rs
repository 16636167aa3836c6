//! What is right for a client after a fault of the network or of its server, given what it received.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::blob::Blob;
use crate::case::Network;
use crate::observation::{Direction, Observation};
use crate::{Beside, Ending, Expected, ExpectedEnd, Input};

/// What is right for the client; `None` where the clauses leave it open.
#[derive(Debug, Clone, Default)]
pub struct Harmed {
    /// How it ends, if it does.
    pub ending: Option<Ending>,
    /// What it prints.
    pub stdout: Option<Blob>,
    /// The final files in its directory.
    pub files: Option<BTreeMap<String, Blob>>,
    /// The clause for its message on standard error, if it must print one.
    pub clause: Option<Cow<'static, str>>,
    /// Whether the clauses require it to wait for more.
    pub is_left_waiting: bool,
}

impl Harmed {
    /// Only that it writes no files is known.
    #[must_use]
    pub fn writing_nothing(input: &Input) -> Self {
        Self { files: Some(files_beside(input)), ..Self::default() }
    }

    /// What remains right if it is random how far the exchange came.
    #[must_use]
    pub fn without_exchange(self) -> Self {
        Self { stdout: None, clause: None, ..self }
    }

    /// The complete requirement: this one, with `right` where this leaves something open.
    #[must_use]
    pub fn given(&self, right: &Expected) -> Expected {
        let client = ExpectedEnd {
            stdout: self.stdout.clone().unwrap_or_else(|| right.client.stdout.clone()),
            ending: self.ending.unwrap_or(right.client.ending),
            files: self.files.clone().unwrap_or_else(|| right.client.files.clone()),
            by_itself: right.client.by_itself,
        };
        Expected { client, ..right.clone() }
    }
}

/// The bytes that the client received over its first connection, or would have received if it had stayed: a
/// harmless network forwards everything.
#[must_use]
pub fn given_to_client(network: &Network, seen: &Observation) -> Vec<u8> {
    if network.is_harmless() {
        seen.wire.stream(Direction::ToClient)
    } else {
        seen.wire.delivered(0, Direction::ToClient).flatten().copied().collect()
    }
}

/// The initial files of a client's directory, in the form in which they are collected afterwards.
#[must_use]
pub fn files_beside(input: &Input) -> BTreeMap<String, Blob> {
    as_seen(&input.beside)
}

/// The initial files of a server's directory, in the form in which they are collected afterwards.
#[must_use]
pub fn files_beside_server(input: &Input) -> BTreeMap<String, Blob> {
    as_seen(&input.server_beside)
}

fn as_seen(beside: &BTreeMap<String, Beside>) -> BTreeMap<String, Blob> {
    let seen = |what: &Beside| match what {
        Beside::File(bytes) => bytes.clone(),
        Beside::Symlink(target) => Blob::from(&format!("(a link to {target})")),
        Beside::Directory => Blob::from("(a directory)"),
        Beside::Fifo => Blob::from("(a named pipe)"),
    };
    beside.iter().map(|(name, what)| (name.clone(), seen(what))).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::observation::{PeerEnd, WireEvent, WireItem, WireLog};

    /// A client that rejects a frame leaves before the rest of it arrives.
    #[test]
    fn a_client_that_left_early_is_held_to_all_that_a_harmless_network_would_have_brought() {
        let event = |what| WireEvent {
            at: Duration::ZERO,
            connection: 0,
            direction: Direction::ToClient,
            what,
        };
        let events =
            vec![event(WireItem::Segment("hello".into())), event(WireItem::Delivered("he".into()))];
        let seen = Observation {
            wire: WireLog { events },
            server: PeerEnd::default(),
            client: PeerEnd::default(),
            listening_elsewhere: Vec::new(),
            stopped: None,
            at_rest: None,
            control: None,
            took: Duration::ZERO,
        };
        for (network, given) in [("bytewise", "hello"), ("split@2", "hello"), ("cut@2", "he")] {
            let network: Network = network.parse().unwrap();
            assert_eq!(given_to_client(&network, &seen), given.as_bytes(), "{network}");
        }
    }
}
