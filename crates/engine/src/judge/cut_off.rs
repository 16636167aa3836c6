//! Streams that end early because their receiver left.

use model::observation::{Observation, Role, WireEvent, WireItem};
use model::{Check, Difference, Expected, Wire};

use super::pace::sent_by;

/// A stream that is right as far as it goes, and that ends early because its receiver left, is the receiver's
/// failure. Such a difference comes after the others, and names the receiver.
pub(super) fn put_last(expected: &Expected, seen: &Observation, differences: &mut [Difference]) {
    let cut_off = |difference: &Difference| {
        let sender = match difference.check? {
            Check::ToServer => Role::Client,
            Check::ToClient => Role::Server,
            _ => return None,
        };
        let Wire::Stream(right) = expected.wire(sent_by(sender)) else { return None };
        let sent = seen.wire.stream(sent_by(sender));
        let is_short = sent.len() < right.0.len() && right.0.starts_with(&sent);
        (is_short && leaves(sender.other(), seen)).then_some((sender, sent.len(), right.0.len()))
    };
    for difference in differences.iter_mut() {
        if let Some((sender, sent, due)) = cut_off(difference) {
            let receiver = sender.other();
            difference.what =
                format!("the {receiver} left when the {sender} had sent {sent} of {due} bytes");
            difference.part = None;
        }
    }
    differences.sort_by_key(|difference| cut_off(difference).is_some());
}

/// Whether this side left, and so cut off what the other side sent: it reset a connection that the other side had
/// not ended, or its program ended, and the other side never came to its end. A program that only ends its own
/// stream may still read.
fn leaves(role: Role, seen: &Observation) -> bool {
    let is_end = |event: &&WireEvent| match event.what {
        WireItem::Reset => true,
        WireItem::Fin => event.direction == sent_by(role.other()),
        _ => false,
    };
    match seen.wire.events.iter().find(is_end) {
        Some(event) => event.direction == sent_by(role),
        None => seen.end(role).by_itself,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use Direction::{ToClient, ToServer};
    use model::observation::{Direction, PeerEnd, WireLog};
    use model::{Ending, ExpectedEnd};

    use super::*;

    fn expected() -> Expected {
        let end = || ExpectedEnd {
            stdout: "".into(),
            ending: Ending::Complete,
            files: [].into(),
            by_itself: None,
        };
        Expected {
            to_server: Wire::stream(b"get".to_vec()),
            to_client: Wire::stream(b"a long answer".to_vec()),
            server: end(),
            client: end(),
            notes: [].into(),
            breaks: Default::default(),
        }
    }

    /// A server that has sent a part of its answer, and then these events. The client ended by itself.
    fn seen(then: &[(Direction, WireItem)]) -> Observation {
        let said = [
            (ToServer, WireItem::Segment("get".into())),
            (ToClient, WireItem::Segment("a long".into())),
        ];
        let event =
            |(direction, what)| WireEvent { at: Duration::ZERO, connection: 0, direction, what };
        Observation {
            wire: WireLog { events: said.into_iter().chain(then.to_vec()).map(event).collect() },
            server: PeerEnd::default(),
            client: PeerEnd { by_itself: true, ..PeerEnd::default() },
            listening_elsewhere: Vec::new(),
            stopped: None,
            at_rest: None,
            control: None,
            took: Duration::ZERO,
        }
    }

    /// The checks of the differences, in their order, and the words of the last one.
    fn sorted(then: &[(Direction, WireItem)]) -> (Vec<Check>, String) {
        let found =
            |check: Check| Difference { check: Some(check), ..Difference::told("X-1", "short") };
        let mut differences = vec![found(Check::ToClient), found(Check::ClientExit)];
        put_last(&expected(), &seen(then), &mut differences);
        let checks = differences.iter().filter_map(|difference| difference.check).collect();
        (checks, differences.pop().unwrap().what)
    }

    #[test]
    fn a_stream_that_its_receiver_cut_off_comes_last() {
        let (fin, reset) = (WireItem::Fin, WireItem::Reset);
        for then in [
            &[(ToServer, reset.clone())][..],
            &[(ToServer, reset.clone()), (ToClient, fin.clone())],
            &[(ToServer, fin.clone())],
            &[],
        ] {
            let what = "the client left when the server had sent 6 of 13 bytes".to_owned();
            assert_eq!(sorted(then), (vec![Check::ClientExit, Check::ToClient], what), "{then:?}");
        }
    }

    #[test]
    fn a_stream_that_its_sender_ended_stays_the_senders() {
        let (fin, reset) = (WireItem::Fin, WireItem::Reset);
        for then in [
            &[(ToClient, fin.clone()), (ToServer, reset.clone())][..],
            &[(ToServer, fin.clone()), (ToClient, fin.clone())],
            &[(ToClient, reset.clone())],
        ] {
            let checks = vec![Check::ToClient, Check::ClientExit];
            assert_eq!(sorted(then), (checks, "short".to_owned()), "{then:?}");
        }
    }
}
