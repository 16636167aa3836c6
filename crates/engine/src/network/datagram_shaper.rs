//! What a network does to one direction of datagrams: takes datagrams, and returns what to send and when.
//!
//! It knows no sockets, no clock and no other direction, and never waits.

use std::time::Duration;

use model::case::Kind;
use model::observation::Direction;

use super::Disturbance;
use super::seeded::Seeded;

/// A datagram that should be overtaken by the next one is sent after this time, if there is no next one.
const LAST_OF_ALL: Duration = Duration::from_millis(50);

/// One action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// The fault happens.
    Fault,
    /// Send this datagram, this long after the current datagram arrived.
    Send(Vec<u8>, Duration),
    /// Keep this datagram until the next one in this direction is sent, or for this long.
    Hold(Vec<u8>, Duration),
}

/// One direction.
#[derive(Debug)]
pub(super) struct DatagramShaper {
    kind: Kind,
    seeded: Seeded,
    /// The number of datagrams so far.
    count: usize,
}

impl DatagramShaper {
    /// The shaper for `disturbance` in this direction.
    pub(super) fn new(disturbance: &Disturbance, direction: Direction) -> Self {
        let concerned = disturbance.disturbs(true) && disturbance.network.way.concerns(direction);
        let kind = if concerned { disturbance.network.kind.clone() } else { Kind::AsIs };
        let user = u64::from(direction == Direction::ToClient);
        Self { kind, seeded: Seeded::new(disturbance.seed, user), count: 0 }
    }

    /// Handles the next datagram.
    pub(super) fn datagram(&mut self, bytes: &[u8]) -> Vec<Deed> {
        let nth = self.count;
        self.count += 1;
        let send = || Deed::Send(bytes.to_vec(), Duration::ZERO);
        match self.kind {
            Kind::Drop(at) if at == nth => vec![Deed::Fault],
            Kind::Dup(at) if at == nth => vec![Deed::Fault, send(), send()],
            Kind::Reorder(at) if at == nth => {
                vec![Deed::Fault, Deed::Hold(bytes.to_vec(), LAST_OF_ALL)]
            }
            Kind::Truncate(len) if len < bytes.len() => {
                let left = bytes.split_at(len).0;
                vec![Deed::Fault, Deed::Send(left.to_vec(), Duration::ZERO)]
            }
            Kind::Delayed => vec![Deed::Send(bytes.to_vec(), self.seeded.delay())],
            _ => vec![send()],
        }
    }
}

#[cfg(test)]
mod tests {
    use model::case::Network;

    use super::*;

    fn deeds(kind: Kind, datagrams: &[&str]) -> Vec<Deed> {
        let mut shaper = shaper(Network::both(kind));
        datagrams.iter().flat_map(|datagram| shaper.datagram(datagram.as_bytes())).collect()
    }

    fn shaper(network: Network) -> DatagramShaper {
        DatagramShaper::new(&Disturbance::new(network, 3), Direction::ToServer)
    }

    fn send(text: &str) -> Deed {
        Deed::Send(text.into(), Duration::ZERO)
    }

    #[test]
    fn drop_loses_its_datagram_alone() {
        assert_eq!(deeds(Kind::Drop(1), &["a", "b", "c"]), [send("a"), Deed::Fault, send("c")]);
    }

    #[test]
    fn dup_sends_its_datagram_twice() {
        let expected = [send("a"), Deed::Fault, send("b"), send("b"), send("c")];
        assert_eq!(deeds(Kind::Dup(1), &["a", "b", "c"]), expected);
    }

    #[test]
    fn reorder_holds_its_datagram() {
        let expected = [Deed::Fault, Deed::Hold("a".into(), LAST_OF_ALL), send("b")];
        assert_eq!(deeds(Kind::Reorder(0), &["a", "b"]), expected);
    }

    #[test]
    fn truncate_shortens_what_is_longer() {
        let expected = [send("ab"), Deed::Fault, send("ab"), send("")];
        assert_eq!(deeds(Kind::Truncate(2), &["ab", "abc", ""]), expected);
    }

    #[test]
    fn delayed_sends_each_datagram_at_most_5_ms_late_by_the_seed() {
        let sent = deeds(Kind::Delayed, &["a", "b"]);
        assert!(sent.iter().all(|deed| match deed {
            Deed::Send(_, delay) => *delay <= Duration::from_millis(5),
            _ => false,
        }));
        assert_eq!(sent, deeds(Kind::Delayed, &["a", "b"]));
    }

    #[test]
    fn what_goes_the_other_way_or_is_no_network_for_datagrams_passes_as_it_comes() {
        for network in [Network::down(Kind::Drop(0)), Network::both(Kind::Cut(0))] {
            assert_eq!(shaper(network).datagram(b"a"), [send("a")]);
        }
    }
}
