//! The networks of the fixed inputs: faults at every place of a frame's head, and at some places of
//! its body.

use model::case::{Kind, Network, Way};

/// Every network that cuts, and every fault, at every place of a frame on its way to the client:
/// each byte of header and dict, and the body's beginning, middle and end.
pub(crate) fn frame_everywhere(head_bytes: usize, body_bytes: usize) -> Vec<Network> {
    let whole = head_bytes + body_bytes;
    let places: Vec<usize> =
        (0..=head_bytes + 1).chain([head_bytes + body_bytes / 2, whole - 1, whole]).collect();
    let mut networks: Vec<Network> =
        [Kind::Bytewise, Kind::Coalesced, Kind::Random, Kind::Delayed].map(Network::down).into();
    let mut places = places;
    places.dedup();
    for at in places {
        if (1..whole).contains(&at) {
            networks.push(Network::down(Kind::Split(vec![at])));
        }
        networks.push(Network::down(Kind::Cut(at)));
        networks.push(Network::down(Kind::Reset(at)));
        networks.push(Network::down(Kind::Stall(at)));
        networks.push(Network::down(Kind::HalfClose(at)));
        if at < whole {
            networks.push(Network::down(Kind::Flip(at)));
        }
    }
    networks
}

/// Networks that cut, where cuts have no meaning, and every fault at a few places of a stream of
/// this many bytes to the client.
pub(crate) fn answer(bytes: usize) -> Vec<Network> {
    let mut networks = cuts(bytes, Way::Down);
    networks.extend(faults(bytes, Way::Down));
    networks
}

/// The same for a stream to the server, without cuts where they would have a meaning.
pub(crate) fn message(bytes: usize, cuts_mean_nothing: bool) -> Vec<Network> {
    let mut networks = if cuts_mean_nothing { cuts(bytes, Way::Up) } else { Vec::new() };
    networks.extend(faults(bytes, Way::Up));
    networks
}

fn cuts(bytes: usize, way: Way) -> Vec<Network> {
    let everywhere = (1..bytes.min(4)).map(|at| Kind::Split(vec![at]));
    let kinds = [Kind::Bytewise, Kind::Coalesced, Kind::Random, Kind::Delayed];
    kinds.into_iter().chain(everywhere).map(|kind| Network { kind, way }).collect()
}

fn faults(bytes: usize, way: Way) -> Vec<Network> {
    let mut places = vec![0, 1, bytes / 2, bytes];
    places.dedup();
    let kinds = [Kind::Cut, Kind::Reset, Kind::Stall, Kind::HalfClose, Kind::Flip];
    let at_place = |at: usize| kinds.map(|kind: fn(usize) -> Kind| kind(at));
    let faults = places.into_iter().flat_map(at_place);
    let happens = |kind: &Kind| !matches!(kind, Kind::Flip(at) if *at >= bytes);
    faults.filter(happens).map(|kind| Network { kind, way }).collect()
}

/// Networks that delay a stream's messages, so that a sender that does not wait for them shows.
pub(crate) fn late(way: Way) -> Vec<Network> {
    [Kind::Coalesced, Kind::Delayed].map(|kind| Network { kind, way }).into()
}

/// A slow receiver, for an input that is larger than the buffers on the way.
pub(crate) fn slow(way: Way) -> Vec<Network> {
    vec![Network { kind: Kind::Slow, way }]
}

/// Networks that cut a generated input's frames, one kind after another.
pub(crate) fn generated(nth: usize) -> Vec<Network> {
    let kinds = [Kind::Random, Kind::Bytewise, Kind::Coalesced, Kind::Delayed];
    kinds.into_iter().cycle().nth(nth % 4).map(Network::down).into_iter().collect()
}

/// Networks that lose, repeat, delay or cut datagrams, in each direction.
pub(crate) fn datagrams() -> Vec<Network> {
    let kinds = [
        Kind::Delayed,
        Kind::Drop(0),
        Kind::Drop(1),
        Kind::Dup(0),
        Kind::Dup(1),
        Kind::Reorder(0),
        Kind::Truncate(0),
        Kind::Truncate(3),
    ];
    let both = |kind: Kind| [Network::up(kind.clone()), Network::down(kind)];
    kinds.into_iter().flat_map(both).collect()
}
