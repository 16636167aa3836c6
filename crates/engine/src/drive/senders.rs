//! Checks which client's address a server shows with each datagram. This must happen before all client
//! addresses are replaced by one placeholder.

use model::observation::{Direction, Observation, WireItem, WireLog};
use model::{Addresses, Endpoint};

/// The placeholder for the address of a client that did not send the datagram.
const OF_ANOTHER: &[u8] = b"{address of another client}";

/// Marks each address on the server's screen that is not the sender's, in CPython's notation. If the server
/// does not show exactly one address per datagram, marks nothing.
pub(super) fn mark_wrong(addresses: &Addresses, seen: &mut Observation) {
    let control = seen.control.as_ref().map(|control| &control.wire);
    let mut senders = of_datagrams(&seen.wire);
    senders.extend(control.into_iter().flat_map(of_datagrams));
    mark(addresses, &senders, &mut seen.server.stdout.0);
}

fn mark(addresses: &Addresses, senders: &[usize], screen: &mut Vec<u8>) {
    let printed: Vec<Vec<u8>> =
        addresses.clients.iter().map(Endpoint::printed_by_python).map(String::into_bytes).collect();
    let shown = addresses_on(screen, &printed);
    if shown.len() != senders.len() {
        return;
    }
    // From the end, so that earlier offsets stay valid.
    for (&(at, client), &sender) in shown.iter().zip(senders).rev() {
        let length = printed.get(client).map_or(0, Vec::len);
        if client != sender {
            screen.splice(at..at + length, OF_ANOTHER.iter().copied());
        }
    }
}

/// The number of the client that sent each datagram that the server received.
fn of_datagrams(wire: &WireLog) -> Vec<usize> {
    let to_server = || wire.events.iter().filter(|event| event.direction == Direction::ToServer);
    let disturbed = to_server().any(|event| matches!(event.what, WireItem::Delivered(_)));
    let is_given = |what: &WireItem| match what {
        WireItem::Delivered(_) => disturbed,
        WireItem::Segment(_) => !disturbed,
        _ => false,
    };
    let given = to_server().filter(|event| is_given(&event.what));
    given.filter_map(|event| usize::try_from(event.connection).ok()).collect()
}

/// The offsets of the addresses on a screen, and the numbers of their clients.
fn addresses_on(screen: &[u8], printed: &[Vec<u8>]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = screen.get(at..).filter(|rest| !rest.is_empty()) {
        let is_here = |text: &&Vec<u8>| !text.is_empty() && rest.starts_with(text);
        // A path may be a prefix of another.
        let here = printed.iter().enumerate().filter(|(_, text)| is_here(text));
        match here.max_by_key(|(_, text)| text.len()) {
            Some((client, text)) => {
                found.push((at, client));
                at += text.len();
            }
            None => at += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::observation::{Direction, WireEvent, WireItem, WireLog};
    use model::{Addresses, Endpoint};

    use super::{mark, of_datagrams};

    fn marked(screen: &str, senders: &[u32]) -> String {
        let client = |port: u16| Endpoint::Inet(([127, 0, 0, 1], port).into());
        let clients = vec![client(4001), client(4002)];
        let addresses = Addresses { clients, server: client(9000) };
        let event = |&connection: &u32| WireEvent {
            at: Duration::ZERO,
            connection,
            direction: Direction::ToServer,
            what: WireItem::Segment("x".into()),
        };
        let wire = WireLog { events: senders.iter().map(event).collect() };
        let mut screen = screen.as_bytes().to_vec();
        mark(&addresses, &of_datagrams(&wire), &mut screen);
        String::from_utf8(screen).unwrap()
    }

    #[test]
    fn the_address_of_another_client_is_marked() {
        let right = "1 ('127.0.0.1', 4001)\n2 ('127.0.0.1', 4002)\n";
        assert_eq!(marked(right, &[0, 1]), right);
        let wrong = "1 ('127.0.0.1', 4001)\n2 ('127.0.0.1', 4001)\n3 ('127.0.0.1', 4001)\n";
        let expected =
            "1 ('127.0.0.1', 4001)\n2 {address of another client}\n3 ('127.0.0.1', 4001)\n";
        assert_eq!(marked(wrong, &[0, 1, 0]), expected);
        assert_eq!(marked(wrong, &[0, 1]), wrong, "the server shows more than it was given");
    }
}
