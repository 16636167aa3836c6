//! Streams that end early because their receiver left.

use model::observation::{Observation, Role, WireEvent, WireItem};
use model::{Check, Difference, Expected, Wire};

use super::pace::{is_blameless, sent_by};

/// A stream that is right as far as it goes, and that ends early because its receiver reset the connection, is
/// the receiver's failure. Such a difference comes after the others, and names the receiver.
pub(super) fn put_last(expected: &Expected, seen: &Observation, differences: &mut [Difference]) {
    let sender = |difference: &Difference| match difference.check {
        Some(Check::ToServer) => Some(Role::Client),
        Some(Check::ToClient) => Some(Role::Server),
        _ => None,
    };
    let is_cut = |difference: &Difference| {
        let sender = sender(difference).filter(|sender| is_blameless(expected, *sender, seen));
        sender.filter(|sender| resets_first(sender.other(), seen))
    };
    for difference in differences.iter_mut() {
        if let Some(sender) = is_cut(difference)
            && let Wire::Stream(right) = expected.wire(sent_by(sender))
        {
            let (due, sent) = (right.0.len(), seen.wire.stream(sent_by(sender)).len());
            let receiver = sender.other();
            difference.what = format!(
                "the {receiver} reset the connection when the {sender} had sent {sent} of {due} bytes"
            );
            difference.part = None;
        }
    }
    differences.sort_by_key(|difference| is_cut(difference).is_some());
}

/// Whether this side reset a connection while the other side had not ended it.
fn resets_first(role: Role, seen: &Observation) -> bool {
    let is_end = |event: &&WireEvent| match event.what {
        WireItem::Reset => true,
        WireItem::Fin => event.direction == sent_by(role.other()),
        _ => false,
    };
    let first = seen.wire.events.iter().find(is_end);
    first.is_some_and(|event| event.direction == sent_by(role))
}
