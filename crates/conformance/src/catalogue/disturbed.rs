//! Which networks the fixed inputs are played over: every place of a frame's head, some of its body.

use crate::case::{Kind, Network};

/// Every network that cuts, and every fault, at every place of a frame on its way to the client:
/// each byte of header and dict, and where the body begins, goes on and ends.
pub(super) fn frame_everywhere(head_bytes: usize, body_bytes: usize) -> Vec<Network> {
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
