//! Chooses the networks of an input besides `asis`, from the lengths of both directions.

use model::case::{Kind, Network};
use model::observation::Direction;
use model::{Expected, Said, Wire};

use crate::framing::Framing;

/// The longest stream for a network that takes one byte per step.
const BYTEWISE_MAX_BYTES: usize = 512;
/// How much fits into the buffers on the way of a slow network, so that no sender has to wait.
const FITS_BYTES: usize = 128 << 10;
/// For longer streams, the cases cover this many places, evenly spread.
const PLACES_MAX: usize = 2048;

/// A network of a kind, in one direction.
type MakeNetwork = fn(Kind) -> Network;

/// How many of its networks an input is played over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Networks {
    None,
    #[default]
    Some,
    EveryPlace,
}

/// The amount in each direction, in bytes or datagrams.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sizes {
    /// To the server.
    pub to_server: usize,
    /// To the client.
    pub to_client: usize,
    /// Where parts of frames begin and end in each stream, the one to the server first.
    pub bounds: [Vec<usize>; 2],
}

/// At the start of a stream, this many bounds of frames are tried,
const BOUNDS_FIRST: usize = 6;
/// and this many at its end.
const BOUNDS_LAST: usize = 3;

/// The bounds of frames where an input is cut.
fn chosen(bounds: &[usize]) -> Vec<usize> {
    let last = bounds.len().saturating_sub(BOUNDS_LAST).max(BOUNDS_FIRST);
    let last = bounds.get(last..).unwrap_or_default();
    bounds.iter().take(BOUNDS_FIRST).chain(last).copied().collect()
}

/// The amount in each direction, and the places of the parts of frames.
pub(crate) fn sizes(framing: &Framing, expected: &Expected) -> Sizes {
    let size = |wire: &Wire| match wire {
        Wire::Stream(bytes) => bytes.0.len(),
        Wire::Datagrams(datagrams) => datagrams.len(),
    };
    let bounds = [Direction::ToServer, Direction::ToClient].map(|way| match expected.wire(way) {
        Wire::Stream(bytes) => {
            let said = Said { bytes: &bytes.0, breaks: expected.breaks(way) };
            framing.bounds(way, said)
        }
        Wire::Datagrams(_) => Vec::new(),
    });
    let (to_server, to_client) = (size(&expected.to_server), size(&expected.to_client));
    Sizes { to_server, to_client, bounds }
}

/// The networks of a fixed input. Without known sizes, those that need none.
pub(crate) fn of_fixed(
    networks: Networks,
    is_datagram: bool,
    sizes: Option<&Sizes>,
) -> Vec<Network> {
    let chosen = match (networks, is_datagram) {
        (Networks::None, _) => Vec::new(),
        (_, true) => of_datagrams(sizes),
        (Networks::Some, false) => of_stream(sizes),
        (Networks::EveryPlace, false) => {
            [of_stream(sizes), sizes.map(every_place).unwrap_or_default()].concat()
        }
    };
    let mut chosen: Vec<Network> =
        chosen.into_iter().filter(|it| *it != Network::both(Kind::Split(vec![0]))).collect();
    chosen.sort();
    chosen.dedup();
    chosen
}

/// The networks of the `nth` generated input: one or two, in turn.
pub(crate) fn of_generated(networks: Networks, is_datagram: bool, nth: usize) -> Vec<Network> {
    if networks == Networks::None {
        return Vec::new();
    }
    let at = nth / 6;
    if is_datagram {
        match nth % 3 {
            0 => vec![Network::both(Kind::Delayed)],
            1 => vec![Network::up(Kind::Drop(0))],
            _ => vec![Network::down(Kind::Drop(0))],
        }
    } else {
        match nth % 6 {
            0 => vec![Network::both(Kind::Random)],
            1 => vec![Network::up(Kind::Cut(at * 7 + 1))],
            2 => vec![Network::both(Kind::Coalesced)],
            3 => vec![Network::down(Kind::Cut(at * 5 + 1))],
            4 => vec![
                Network::down(Kind::Split(vec![at + 1])),
                Network::up(Kind::Split(vec![at + 1])),
            ],
            _ => vec![Network::up(Kind::HalfClose(at * 11 + 2))],
        }
    }
}

fn of_stream(sizes: Option<&Sizes>) -> Vec<Network> {
    let none = Sizes::default();
    let Sizes { to_server, to_client, bounds } = sizes.unwrap_or(&none);
    let (to_server, to_client) = (*to_server, *to_client);
    let [up, down] = bounds;
    let mut networks = [Kind::Coalesced, Kind::Random, Kind::Delayed].map(Network::both).to_vec();
    if sizes.is_some() && to_server.max(to_client) <= BYTEWISE_MAX_BYTES {
        networks.push(Network::both(Kind::Bytewise));
    }
    if to_server.max(to_client) > FITS_BYTES {
        networks.push(Network::both(Kind::Slow));
    }
    // A header of two or four bytes, cut inside and after it; the middle; the last byte.
    let of = |way: MakeNetwork, size: usize, bounds: &[usize]| {
        let bounds = chosen(bounds);
        let middle = size / 2;
        let within = |at: &usize| *at > 0 && *at < size;
        let cuts = [1, 3, 4, middle, size.saturating_sub(1)];
        let splits = cuts.into_iter().chain(bounds.clone());
        let splits = splits.filter(within).map(|at| Kind::Split(vec![at]));
        let harm_at_bounds = bounds.into_iter().flat_map(|at| [Kind::Cut(at), Kind::HalfClose(at)]);
        let harm = [
            Kind::Cut(1),
            Kind::Cut(middle),
            Kind::Cut(size.saturating_sub(1)),
            Kind::Reset(middle),
            Kind::Stall(middle),
            Kind::HalfClose(middle),
            Kind::Flip(middle),
        ];
        let place = |kind: &Kind| match kind {
            Kind::Cut(at) | Kind::HalfClose(at) => within(at),
            _ => size > 1,
        };
        let harm = harm.into_iter().chain(harm_at_bounds).filter(place);
        splits.chain(harm).map(way).collect::<Vec<_>>()
    };
    networks.extend(of(Network::up, to_server, up));
    networks.extend(of(Network::down, to_client, down));
    if sizes.is_some() && to_server > 0 {
        networks.push(Network::up(Kind::Cut(0)));
    }
    networks
}

fn every_place(sizes: &Sizes) -> Vec<Network> {
    let ways: [(MakeNetwork, usize); 2] =
        [(Network::up, sizes.to_server), (Network::down, sizes.to_client)];
    let of = |(way, size): (MakeNetwork, usize)| {
        let step = size.div_ceil(PLACES_MAX).max(1);
        let places = (1..size).step_by(step);
        places.flat_map(move |at| [way(Kind::Split(vec![at])), way(Kind::Cut(at))])
    };
    ways.into_iter().flat_map(of).collect()
}

fn of_datagrams(sizes: Option<&Sizes>) -> Vec<Network> {
    let mut networks = vec![Network::both(Kind::Delayed)];
    let Some(Sizes { to_server, to_client, .. }) = sizes else { return networks };
    let (to_server, to_client) = (*to_server, *to_client);
    for (way, count) in [(Network::up as MakeNetwork, to_server), (Network::down, to_client)] {
        let places = [0, count / 2].into_iter().filter(|at| *at < count);
        networks.extend(places.flat_map(|at| [way(Kind::Drop(at)), way(Kind::Dup(at))]));
        if count > 1 {
            networks.push(way(Kind::Reorder(0)));
        }
        if count > 0 {
            networks.push(way(Kind::Truncate(3)));
        }
    }
    networks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(to_server: usize, to_client: usize) -> Sizes {
        Sizes { to_server, to_client, bounds: Default::default() }
    }

    #[test]
    fn streams_are_cut_where_parts_of_frames_begin() {
        let bounds = [vec![0, 4, 20, 31, 35, 40, 60], vec![]];
        let sizes = Sizes { to_server: 60, to_client: 0, bounds };
        let some = names(&of_fixed(Networks::Some, false, Some(&sizes)));
        for name in ["split-up@20", "cut-up@31", "halfclose-up@40"] {
            assert!(some.iter().any(|it| it == name), "{name} is not in {some:?}");
        }
        assert!(!some.iter().any(|it| it == "split-up@60" || it == "cut-up@60"), "{some:?}");
    }

    fn names(networks: &[Network]) -> Vec<String> {
        networks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn places_lie_within_what_is_sent() {
        let sizes = sizes(3, 0);
        let some = names(&of_fixed(Networks::Some, false, Some(&sizes)));
        for name in ["bytewise", "split-up@1", "split-up@2", "cut-up@1", "stall-up@1"] {
            assert!(some.iter().any(|it| it == name), "{name} is not in {some:?}");
        }
        assert!(!some.iter().any(|it| it == "split-up@3" || it == "cut@1"), "{some:?}");
        assert!(of_fixed(Networks::None, false, Some(&sizes)).is_empty());
    }

    #[test]
    fn every_place_is_every_place_of_both_ways() {
        let sizes = sizes(10, 5);
        let every = names(&of_fixed(Networks::EveryPlace, false, Some(&sizes)));
        for at in 1..10 {
            assert!(
                every.contains(&format!("split-up@{at}"))
                    && every.contains(&format!("cut-up@{at}"))
            );
        }
        assert_eq!(every.iter().filter(|name| name.starts_with("split@")).count(), 4);
        let long = Sizes { to_server: 1_000_000, ..sizes };
        let count = of_fixed(Networks::EveryPlace, false, Some(&long)).len();
        assert!((3000..5000).contains(&count), "{count}");
    }

    #[test]
    fn every_network_fits_what_travels() {
        let sizes = sizes(4, 4);
        for is_datagram in [false, true] {
            let fixed = of_fixed(Networks::EveryPlace, is_datagram, Some(&sizes));
            let generated = (0..12).flat_map(|nth| of_generated(Networks::Some, is_datagram, nth));
            for network in fixed.into_iter().chain(generated) {
                assert!(network.fits(is_datagram), "{network}");
                assert_eq!(network.to_string().parse::<Network>().unwrap(), network);
            }
        }
    }
}
