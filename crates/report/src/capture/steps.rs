//! Converts a wire log to what each side of the recorder would see, packet by packet.
//!
//! A log records what a sender sent (a segment, an end) and, if the network disturbs, what the receiver got.
//! Undisturbed data are recorded once. The ends that the recorder forwards or makes itself are not recorded.
//! This module derives both from the rest.

use std::collections::BTreeSet;
use std::time::Duration;

use model::case::{Kind, Network};
use model::observation::{Direction, WireEvent, WireItem, WireLog};

/// A side of the recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Link {
    /// Between the client and the recorder.
    Client,
    /// Between the recorder and the server.
    Server,
}

impl Link {
    /// The side where the sender of this direction is.
    pub(super) const fn near(direction: Direction) -> Self {
        match direction {
            Direction::ToServer => Self::Client,
            Direction::ToClient => Self::Server,
        }
    }

    /// The side where the receiver of this direction is.
    const fn far(direction: Direction) -> Self {
        match direction {
            Direction::ToServer => Self::Server,
            Direction::ToClient => Self::Client,
        }
    }
}

/// One event on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step<'a> {
    pub(super) at: Duration,
    pub(super) connection: u32,
    pub(super) link: Link,
    pub(super) direction: Direction,
    pub(super) what: What<'a>,
    pub(super) comments: Vec<String>,
}

/// What happens in a [`Step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What<'a> {
    /// A connection is opened.
    Open,
    /// A segment, or a datagram.
    Data(&'a [u8]),
    /// The sender will send no more.
    Fin,
    /// The sender resets the connection.
    Reset,
}

/// All steps in order. `disturbed` is the network, if it disturbs.
pub(super) fn steps<'a>(
    wire: &'a WireLog,
    disturbed: Option<&Network>,
    is_datagram: bool,
) -> Vec<Step<'a>> {
    let disturbed = disturbed.filter(|network| network.kind != Kind::AsIs);
    let opened = wire.events.iter().filter(|event| event.what == WireItem::Open);
    let mut walk = Walk {
        events: &wire.events,
        network: disturbed,
        is_datagram,
        opened: opened.map(|event| event.connection).collect(),
        ended: BTreeSet::new(),
        due: Vec::new(),
        faults: Vec::new(),
        steps: Vec::new(),
    };
    for (index, event) in wire.events.iter().enumerate() {
        walk.leave_alone(event);
        if is_datagram {
            walk.datagram(index, event)
        } else {
            walk.stream(index, event)
        }
        walk.pass_on_what_is_due(index, event.at);
    }
    walk.steps
}

/// An end that the recorder forwards once everything before it is forwarded.
struct Due {
    after: usize,
    connection: u32,
    direction: Direction,
    is_reset: bool,
    comments: Vec<String>,
}

struct Walk<'a, 'n> {
    events: &'a [WireEvent],
    network: Option<&'n Network>,
    is_datagram: bool,
    /// The connections whose server was reached.
    opened: BTreeSet<u32>,
    /// The directions that have ended, by connection and side.
    ended: BTreeSet<(u32, Link, bool)>,
    due: Vec<Due>,
    /// Faults that become comments of the next forwarded piece.
    faults: Vec<(u32, Direction, String)>,
    steps: Vec<Step<'a>>,
}

impl<'a> Walk<'a, '_> {
    fn push(&mut self, event: &WireEvent, link: Link, what: What<'a>) {
        let WireEvent { at, connection, direction, .. } = *event;
        self.push_at(at, (connection, link, direction), what, Vec::new());
    }

    fn push_at(
        &mut self,
        at: Duration,
        (connection, link, direction): (u32, Link, Direction),
        what: What<'a>,
        comments: Vec<String>,
    ) {
        if matches!(what, What::Fin | What::Reset) {
            let is_up = direction == Direction::ToServer;
            if !self.ended.insert((connection, link, is_up)) {
                return;
            }
        }
        self.steps.push(Step { at, connection, link, direction, what, comments });
    }

    fn stream(&mut self, index: usize, event: &'a WireEvent) {
        let (near, far) = (Link::near(event.direction), Link::far(event.direction));
        let is_passed_on = self.network.is_none() && self.opened.contains(&event.connection);
        match &event.what {
            WireItem::Connect => self.push(event, Link::Client, What::Open),
            WireItem::Open => self.push(event, Link::Server, What::Open),
            WireItem::Segment(bytes) => {
                self.push(event, near, What::Data(&bytes.0));
                if is_passed_on {
                    self.push(event, far, What::Data(&bytes.0));
                }
            }
            WireItem::Delivered(bytes) => self.deliver(event, &bytes.0),
            WireItem::Fin | WireItem::Reset => {
                let is_reset = event.what == WireItem::Reset;
                self.push(event, near, if is_reset { What::Reset } else { What::Fin });
                self.end_was_heard(index, event, is_reset);
            }
            WireItem::Fault => self.fault(index, event),
        }
    }

    fn datagram(&mut self, index: usize, event: &'a WireEvent) {
        let (near, far) = (Link::near(event.direction), Link::far(event.direction));
        match &event.what {
            WireItem::Segment(bytes) => {
                self.push(event, near, What::Data(&bytes.0));
                // The first event waits until the server is reached.
                let after = self.events.get(index..).unwrap_or_default();
                let is_first = after.iter().any(|event| event.what == WireItem::Open);
                let up = self.events.get(index + 1).filter(|next| next.what == WireItem::Open);
                if self.network.is_none() && (up.is_some() || !is_first) && self.is_reached() {
                    let at = up.unwrap_or(event).at;
                    let place = (event.connection, far, event.direction);
                    self.push_at(at, place, What::Data(&bytes.0), Vec::new());
                }
            }
            WireItem::Delivered(bytes) => self.deliver(event, &bytes.0),
            WireItem::Fault => self.fault(index, event),
            WireItem::Connect | WireItem::Open | WireItem::Fin | WireItem::Reset => {}
        }
    }

    /// Whether the server of datagrams was reached before the log's end, or in an earlier part.
    fn is_reached(&self) -> bool {
        !self.opened.is_empty()
            || self.events.iter().any(|event| event.direction == Direction::ToClient)
    }

    fn deliver(&mut self, event: &WireEvent, bytes: &'a [u8]) {
        self.push(event, Link::far(event.direction), What::Data(bytes));
        let concerns = |(connection, direction, _): &mut (u32, Direction, String)| {
            (*connection, *direction) == (event.connection, event.direction)
        };
        let comments: Vec<String> =
            self.faults.extract_if(.., concerns).map(|(_, _, comment)| comment).collect();
        if let Some(step) = self.steps.last_mut() {
            step.comments.extend(comments);
        }
    }

    /// If no server accepts, the client sees its connection end before it is heard.
    fn leave_alone(&mut self, event: &WireEvent) {
        let is_alone = !self.is_datagram && !self.opened.contains(&event.connection);
        if is_alone && event.what != WireItem::Connect {
            let place = (event.connection, Link::Client, Direction::ToClient);
            let comment = "nothing accepts at the server's address".to_owned();
            self.push_at(event.at, place, What::Fin, vec![comment]);
        }
    }

    /// What the recorder does when a sender ends.
    fn end_was_heard(&mut self, index: usize, event: &WireEvent, is_reset: bool) {
        let (connection, direction) = (event.connection, event.direction);
        if !self.opened.contains(&connection) {
            return;
        }
        let Some((at, way, kind)) = self.fate(connection) else {
            return self.end(index, connection, direction, is_reset, Vec::new());
        };
        match kind {
            Kind::Stall(_) if direction == Direction::ToServer => {
                for direction in [Direction::ToServer, Direction::ToClient] {
                    self.end(index.max(at), connection, direction, is_reset, Vec::new());
                }
            }
            // What is sent after the fault is not forwarded.
            _ if way == direction => {}
            Kind::Cut(_) | Kind::Reset(_) | Kind::Stall(_) if at < index => {}
            _ => self.end(index, connection, direction, is_reset, Vec::new()),
        }
    }

    /// The fault that ends a connection or one of its directions, its index in the log, and its direction.
    fn fate(&self, connection: u32) -> Option<(usize, Direction, Kind)> {
        let kind = &self.network?.kind;
        let is_end =
            matches!(kind, Kind::Cut(_) | Kind::Reset(_) | Kind::Stall(_) | Kind::HalfClose(_));
        let is_fault =
            |event: &WireEvent| event.connection == connection && event.what == WireItem::Fault;
        let at = self.events.iter().position(is_fault).filter(|_| is_end)?;
        Some((at, self.events.get(at)?.direction, kind.clone()))
    }

    fn fault(&mut self, index: usize, event: &WireEvent) {
        let Some(network) = self.network else { return };
        let (connection, direction) = (event.connection, event.direction);
        let comment = format!("the network's fault: {network}");
        let other = match direction {
            Direction::ToServer => Direction::ToClient,
            Direction::ToClient => Direction::ToServer,
        };
        match network.kind {
            Kind::Cut(_) | Kind::Reset(_) => {
                let is_reset = matches!(network.kind, Kind::Reset(_));
                self.end(index, connection, direction, is_reset, vec![comment.clone()]);
                self.end(index, connection, other, is_reset, vec![comment]);
            }
            Kind::HalfClose(_) => self.end(index, connection, direction, false, vec![comment]),
            Kind::Stall(_) | Kind::Drop(_) => {
                // The fault shows at the last forwarded piece, or at the lost one.
                let is_stall = matches!(network.kind, Kind::Stall(_));
                let link = if is_stall { Link::far(direction) } else { Link::near(direction) };
                let ours =
                    |step: &&mut Step<'_>| (step.connection, step.link) == (connection, link);
                if let Some(last) = self.steps.iter_mut().rev().find(ours) {
                    last.comments.push(format!("{comment}, from here on"));
                }
            }
            _ => self.faults.push((connection, direction, comment)),
        }
    }

    /// Ends this direction on the receiver's side, once everything before is forwarded.
    fn end(
        &mut self,
        index: usize,
        connection: u32,
        direction: Direction,
        is_reset: bool,
        comments: Vec<String>,
    ) {
        let concerns = |event: &WireEvent| {
            (event.connection, event.direction) == (connection, direction)
                && matches!(event.what, WireItem::Delivered(_))
        };
        let last = self.events.iter().rposition(concerns).unwrap_or_default();
        self.due.push(Due { after: last.max(index), connection, direction, is_reset, comments });
    }

    fn pass_on_what_is_due(&mut self, index: usize, at: Duration) {
        let due: Vec<Due> = self.due.extract_if(.., |due| due.after <= index).collect();
        for Due { connection, direction, is_reset, comments, .. } in due {
            let what = if is_reset { What::Reset } else { What::Fin };
            let place = (connection, Link::far(direction), direction);
            self.push_at(at, place, what, comments);
        }
    }
}

#[cfg(test)]
mod tests {
    use Direction::{ToClient, ToServer};
    use WireItem::{Connect, Delivered, Fault, Fin, Open, Reset, Segment};
    use model::blob::Blob;

    use super::*;

    fn segment(text: &str) -> WireItem {
        Segment(Blob::from(text))
    }

    fn delivered(text: &str) -> WireItem {
        Delivered(Blob::from(text))
    }

    /// The steps of a log, one line each: milliseconds, side, direction, event.
    fn told(network: &str, events: &[(Direction, WireItem)]) -> Vec<String> {
        let network: Network = network.parse().unwrap();
        let numbered = events.iter().zip(0..).map(|((direction, what), at)| WireEvent {
            at: Duration::from_millis(at),
            connection: 0,
            direction: *direction,
            what: what.clone(),
        });
        let wire = WireLog { events: numbered.collect() };
        let is_datagram = network.fits(true) && !network.fits(false);
        let all = steps(&wire, Some(&network), is_datagram);
        all.iter()
            .map(|step| {
                let Step { at, link, direction, what, comments, .. } = step;
                let what = match what {
                    What::Data(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    other => format!("{other:?}"),
                };
                let arrow = if *direction == ToServer { "->" } else { "<-" };
                let comment = if comments.is_empty() { "" } else { " !" };
                format!("{} {link:?} {arrow} {what}{comment}", at.as_millis())
            })
            .collect()
    }

    const BEGIN: [(Direction, WireItem); 2] = [(ToServer, Connect), (ToServer, Open)];

    #[test]
    fn what_passes_as_it_comes_shows_on_both_sides_at_once() {
        let events =
            [(ToClient, segment("a")), (ToClient, Fin), (ToServer, segment("b")), (ToServer, Fin)];
        assert_eq!(
            told("asis", &[&BEGIN[..], &events].concat()),
            [
                "0 Client -> Open",
                "1 Server -> Open",
                "2 Server <- a",
                "2 Client <- a",
                "3 Server <- Fin",
                "3 Client <- Fin",
                "4 Client -> b",
                "4 Server -> b",
                "5 Client -> Fin",
                "5 Server -> Fin",
            ]
        );
    }

    #[test]
    fn an_end_is_passed_on_behind_the_last_of_what_was_delivered() {
        let events = [
            (ToClient, segment("ab")),
            (ToClient, Fin),
            (ToClient, delivered("a")),
            (ToClient, delivered("b")),
            (ToServer, Reset),
        ];
        assert_eq!(
            told("bytewise", &[&BEGIN[..], &events].concat())[2..],
            [
                "2 Server <- ab",
                "3 Server <- Fin",
                "4 Client <- a",
                "5 Client <- b",
                "5 Client <- Fin",
                "6 Client -> Reset",
                "6 Server -> Reset",
            ]
        );
    }

    #[test]
    fn a_fault_ends_what_it_ends_and_what_its_sender_says_later_goes_no_further() {
        let events = [
            (ToClient, segment("abc")),
            (ToClient, Fin),
            (ToClient, delivered("a")),
            (ToClient, Fault),
            (ToServer, segment("x")),
            (ToServer, Fin),
        ];
        let said = |network| told(network, &[&BEGIN[..], &events].concat())[4..].to_vec();
        let heard = ["6 Client -> x", "7 Client -> Fin"];
        let cut = ["4 Client <- a", "5 Client <- Fin !", "5 Server -> Fin !"];
        assert_eq!(said("cut@1"), [&cut[..], &heard].concat());
        let reset = ["4 Client <- a", "5 Client <- Reset !", "5 Server -> Reset !"];
        assert_eq!(said("reset@1"), [&reset[..], &heard].concat());
        let half = ["4 Client <- a", "5 Client <- Fin !"];
        assert_eq!(said("halfclose@1"), [&half[..], &heard, &["7 Server -> Fin"]].concat());
        let stall = ["4 Client <- a !"];
        let ends = ["7 Server -> Fin", "7 Client <- Fin"];
        assert_eq!(said("stall@1"), [&stall[..], &heard, &ends].concat());
    }

    #[test]
    fn a_client_that_nobody_serves_sees_an_end_and_is_heard() {
        let events = [(ToServer, Connect), (ToServer, segment("a")), (ToServer, Fin)];
        assert_eq!(
            told("asis", &events),
            ["0 Client -> Open", "1 Client <- Fin !", "1 Client -> a", "2 Client -> Fin"]
        );
    }

    #[test]
    fn datagrams_are_lost_on_the_receivers_side_alone() {
        let events = [
            (ToServer, segment("a")),
            (ToServer, Open),
            (ToServer, Fault),
            (ToServer, segment("b")),
            (ToServer, delivered("b")),
            (ToClient, segment("B")),
            (ToClient, delivered("B")),
        ];
        assert_eq!(
            told("drop-up@0", &events),
            ["0 Client -> a !", "3 Client -> b", "4 Server -> b", "5 Server <- B", "6 Client <- B"]
        );
    }
}
