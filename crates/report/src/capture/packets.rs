//! Makes packets from steps, with correct sequence numbers, lengths and checksums.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use etherparse::{IpHeaders, PacketBuilder, PacketBuilderStep, TcpHeader, TcpOptionElement};
use model::case::Transport;
use model::observation::Direction;

use super::steps::{Link, Step, What};

const CLIENT: usize = 0;
const RECORDER: usize = 1;
const SERVER: usize = 2;

/// The hosts and their addresses: the client, the recorder, the server.
pub(super) const HOSTS: [(&str, Ipv4Addr, Ipv6Addr); 3] = [
    ("client", Ipv4Addr::new(127, 0, 0, 1), Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1)),
    ("recorder", Ipv4Addr::new(127, 0, 0, 2), Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2)),
    ("server", Ipv4Addr::new(127, 0, 0, 3), Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 3)),
];

/// The port of a case's first client. Each later client has the next port.
const CLIENT_PORT: u16 = 50_000;
pub(super) const HOPS: u8 = 64;
/// How many bytes fit into a packet of IPv4 or IPv6 after the headers that are made here.
pub(super) const SEGMENT_MAX_BYTES: u16 = 65_535 - 20 - 20;
pub(super) const DATAGRAM_MAX_BYTES: usize = 65_535 - 20 - 8;
/// The first sequence numbers. They differ, so that the two directions can't be confused.
pub(super) const FIRST_NUMBERS: [u32; 2] = [1_000_000, 2_000_000];
/// A window with a scale of 14, which no case fills.
const WINDOW: u16 = u16::MAX;
/// The TCP options of both sides' SYN.
const GREETING: [TcpOptionElement; 4] = [
    TcpOptionElement::MaximumSegmentSize(SEGMENT_MAX_BYTES),
    TcpOptionElement::Noop,
    TcpOptionElement::WindowScale(14),
    TcpOptionElement::SelectiveAcknowledgementPermitted,
];

/// A packet as a capture tool would see it.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) at: Duration,
    pub(super) link: Link,
    pub(super) comments: Vec<String>,
    /// The bytes from the IP header on.
    pub(super) bytes: Vec<u8>,
}

/// Makes packets, step by step.
#[derive(Debug)]
pub(super) struct Packets {
    transport: Transport,
    port: u16,
    /// The next sequence number to the server and to the client, by connection.
    next: BTreeMap<(u32, Link), [u32; 2]>,
    pub(super) made: Vec<Packet>,
}

/// The kind of a TCP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    Syn,
    Ack,
    Push,
    Fin,
    Reset,
}

impl Flag {
    /// A TCP header from one port to another, with the sequence numbers of both sides. The very first packet
    /// acknowledges nothing.
    pub(super) fn header(
        self,
        (from, to): (u16, u16),
        (own, other): (u32, u32),
        is_first: bool,
    ) -> TcpHeader {
        let mut header = TcpHeader::new(from, to, own, WINDOW);
        if !is_first {
            header.ack = true;
            header.acknowledgment_number = other;
        }
        match self {
            Self::Ack => {}
            Self::Push => header.psh = true,
            Self::Fin => header.fin = true,
            Self::Reset => header.rst = true,
            Self::Syn => {
                header.syn = true;
                // The options fit.
                let _ = header.set_options(&GREETING);
            }
        }
        header
    }

    /// How many sequence numbers the flag itself uses.
    pub(super) fn counts(self) -> u32 {
        u32::from(matches!(self, Self::Syn | Self::Fin))
    }
}

impl Packets {
    pub(super) const fn new(transport: Transport, port: u16) -> Self {
        Self { transport, port, next: BTreeMap::new(), made: Vec::new() }
    }

    pub(super) fn add(&mut self, step: &Step<'_>) {
        let back = opposite(step.direction);
        match step.what {
            What::Data(bytes) if self.transport.is_datagram() => self.datagram(step, bytes),
            What::Open => {
                self.next.insert((step.connection, step.link), FIRST_NUMBERS);
                self.tcp(step, step.direction, Flag::Syn, &[], &step.comments);
                self.tcp(step, back, Flag::Syn, &[], &[]);
                self.tcp(step, step.direction, Flag::Ack, &[], &[]);
            }
            What::Data(bytes) => {
                let parts: Vec<&[u8]> = bytes.chunks(SEGMENT_MAX_BYTES.into()).collect();
                for (index, part) in parts.iter().enumerate() {
                    let is_last = index + 1 == parts.len();
                    let flag = if is_last { Flag::Push } else { Flag::Ack };
                    let comments = part_comments(step, index, parts.len());
                    self.tcp(step, step.direction, flag, part, &comments);
                }
            }
            What::Fin => {
                self.tcp(step, step.direction, Flag::Fin, &[], &step.comments);
                self.tcp(step, back, Flag::Ack, &[], &[]);
            }
            What::Reset => self.tcp(step, step.direction, Flag::Reset, &[], &step.comments),
        }
    }

    /// A datagram. If it is longer than UDP allows, it becomes several, with comments that say so.
    fn datagram(&mut self, step: &Step<'_>, bytes: &[u8]) {
        let mut parts: Vec<&[u8]> = bytes.chunks(DATAGRAM_MAX_BYTES).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for (index, part) in parts.iter().enumerate() {
            let (from, to) = self.ports(step, step.direction);
            let builder = self.ip(step, step.direction).udp(from, to);
            let mut packet = Vec::with_capacity(builder.size(part.len()));
            // The part fits, and writing to memory can't fail.
            let _ = builder.write(&mut packet, part);
            self.push(step, packet, part_comments(step, index, parts.len()));
        }
    }

    fn tcp(
        &mut self,
        step: &Step<'_>,
        direction: Direction,
        flag: Flag,
        bytes: &[u8],
        comments: &[String],
    ) {
        let (from, to) = self.ports(step, direction);
        let builder = self.ip(step, direction);
        let numbers = self.next.entry((step.connection, step.link)).or_insert(FIRST_NUMBERS);
        let (own, other) = match (direction, numbers) {
            (Direction::ToServer, [up, down]) => (up, down),
            (Direction::ToClient, [up, down]) => (down, up),
        };
        let is_first = flag == Flag::Syn && direction == step.direction;
        let header = flag.header((from, to), (*own, *other), is_first);
        let builder = builder.tcp_header(header);
        let taken = u32::try_from(bytes.len()).unwrap_or_default();
        *own = own.wrapping_add(taken + flag.counts());
        let mut packet = Vec::with_capacity(builder.size(bytes.len()));
        // The bytes fit, and writing to memory can't fail.
        let _ = builder.write(&mut packet, bytes);
        self.push(step, packet, comments.to_vec());
    }

    fn push(&mut self, step: &Step<'_>, bytes: Vec<u8>, comments: Vec<String>) {
        self.made.push(Packet { at: step.at, link: step.link, comments, bytes });
    }

    /// The source port and the destination port.
    fn ports(&self, step: &Step<'_>, direction: Direction) -> (u16, u16) {
        let nth = u16::try_from(step.connection % u32::from(u16::MAX - CLIENT_PORT));
        let client = CLIENT_PORT + nth.unwrap_or_default();
        match direction {
            Direction::ToServer => (client, self.port),
            Direction::ToClient => (self.port, client),
        }
    }

    fn ip(&self, step: &Step<'_>, direction: Direction) -> PacketBuilderStep<IpHeaders> {
        let (upper, lower) = match step.link {
            Link::Client => (HOSTS[CLIENT], HOSTS[RECORDER]),
            Link::Server => (HOSTS[RECORDER], HOSTS[SERVER]),
        };
        let (from, to) = match direction {
            Direction::ToServer => (upper, lower),
            Direction::ToClient => (lower, upper),
        };
        if matches!(self.transport, Transport::Tcp6 | Transport::Udp6) {
            PacketBuilder::ipv6(from.2.octets(), to.2.octets(), HOPS)
        } else {
            PacketBuilder::ipv4(from.1.octets(), to.1.octets(), HOPS)
        }
    }
}

pub(super) const fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::ToServer => Direction::ToClient,
        Direction::ToClient => Direction::ToServer,
    }
}

/// The comments of one of the packets of a step.
fn part_comments(step: &Step<'_>, index: usize, count: usize) -> Vec<String> {
    let mut comments = if index == 0 { step.comments.clone() } else { Vec::new() };
    if count > 1 {
        comments.push(format!("part {} of {count} of one piece", index + 1));
    }
    comments
}
