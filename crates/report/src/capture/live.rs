//! A capture that is written packet by packet while connections are relayed.
//!
//! Addresses, ports, bytes, segment bounds and times are real. Handshakes, acknowledgements, sequence numbers
//! and checksums are generated to match, as a relay above the kernel sees no packets.

use std::borrow::Cow;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use etherparse::{IpHeaders, PacketBuilder, PacketBuilderStep};
use model::observation::Direction;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};

use super::packets::{DATAGRAM_MAX_BYTES, FIRST_NUMBERS, Flag, HOPS, SEGMENT_MAX_BYTES, opposite};
use super::{as_io, begin};

/// The receiver acknowledges a stream at least this often, so that no window fills.
const ACKNOWLEDGED_EACH: usize = 1 << 20;

/// The name and the description of a capture's interface.
pub type Side = (&'static str, &'static str);

/// A capture that is being written.
pub struct LiveCapture<W: Write> {
    writer: PcapNgWriter<W>,
    packets: u64,
    /// A buffer for the next packet; reused.
    packet: Vec<u8>,
}

impl<W: Write> std::fmt::Debug for LiveCapture<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveCapture").field("packets", &self.packets).finish_non_exhaustive()
    }
}

/// Two addresses that exchange packets on one interface of a capture.
#[derive(Debug, Clone)]
pub struct Talk {
    interface: u32,
    client: SocketAddr,
    server: SocketAddr,
    /// The next sequence number to the server and to the client.
    next: [u32; 2],
    /// How many bytes each way are not acknowledged yet.
    unacknowledged: [usize; 2],
}

impl<W: Write> LiveCapture<W> {
    /// Starts a capture. `about` is its comment.
    ///
    /// # Errors
    ///
    /// Writing failed.
    pub fn new(out: W, about: String, sides: &[Side]) -> io::Result<Self> {
        Ok(Self { writer: begin(out, about, sides)?, packets: 0, packet: Vec::new() })
    }

    /// The writer.
    pub fn get_mut(&mut self) -> &mut W {
        self.writer.get_mut()
    }

    /// The number of packets so far.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// Adds a packet from the buffer.
    fn push(&mut self, talk: &Talk, at: Duration, comment: Option<&str>) -> io::Result<()> {
        self.packets += 1;
        let options = comment.into_iter();
        let block = EnhancedPacketBlock {
            interface_id: talk.interface,
            timestamp: at,
            original_len: u32::try_from(self.packet.len()).unwrap_or(u32::MAX),
            data: Cow::Borrowed(&self.packet),
            options: options
                .map(|comment| EnhancedPacketOption::Comment(Cow::Borrowed(comment)))
                .collect(),
        };
        self.writer.write_pcapng_block(block).map_err(as_io)?;
        Ok(())
    }
}

impl Talk {
    /// The longest piece of a stream, or datagram, that fits into one packet, in bytes.
    pub const PIECE_MAX_BYTES: usize = SEGMENT_MAX_BYTES as usize;

    /// A talk on the interface with this index. If one address is IPv4 and the other IPv6, the packets show
    /// both as IPv6.
    #[must_use]
    pub fn new(interface: u32, client: SocketAddr, server: SocketAddr) -> Self {
        let (mut client, mut server) = (client, server);
        if client.is_ipv4() != server.is_ipv4() {
            client.set_ip(mapped(client.ip()));
            server.set_ip(mapped(server.ip()));
        }
        Self { interface, client, server, next: FIRST_NUMBERS, unacknowledged: [0; 2] }
    }

    /// Adds the handshake of a connection. Returns the number of its first packet.
    ///
    /// # Errors
    ///
    /// Writing failed.
    pub fn open<W: Write>(
        &mut self,
        capture: &mut LiveCapture<W>,
        at: Duration,
    ) -> io::Result<u64> {
        use Direction::{ToClient, ToServer};
        self.tcp(capture, at, ToServer, Flag::Syn, &[], None)?;
        let first = capture.packets;
        self.tcp(capture, at, ToClient, Flag::Syn, &[], None)?;
        self.tcp(capture, at, ToServer, Flag::Ack, &[], None)?;
        Ok(first)
    }

    /// Adds a piece of a stream, at most [`PIECE_MAX_BYTES`](Self::PIECE_MAX_BYTES) long. Returns the number of
    /// its packet.
    ///
    /// # Errors
    ///
    /// Writing failed, or the piece is too long.
    pub fn bytes<W: Write>(
        &mut self,
        capture: &mut LiveCapture<W>,
        at: Duration,
        direction: Direction,
        piece: &[u8],
    ) -> io::Result<u64> {
        self.tcp(capture, at, direction, Flag::Push, piece, None)?;
        let packet = capture.packets;
        let [up, down] = &mut self.unacknowledged;
        let (own, other) = match direction {
            Direction::ToServer => (up, down),
            Direction::ToClient => (down, up),
        };
        *other = 0;
        *own += piece.len();
        if *own >= ACKNOWLEDGED_EACH {
            *own = 0;
            self.tcp(capture, at, opposite(direction), Flag::Ack, &[], None)?;
        }
        Ok(packet)
    }

    /// Adds the end of a direction. Returns the number of its packet.
    ///
    /// # Errors
    ///
    /// Writing failed.
    pub fn end<W: Write>(
        &mut self,
        capture: &mut LiveCapture<W>,
        at: Duration,
        direction: Direction,
        is_reset: bool,
    ) -> io::Result<u64> {
        let flag = if is_reset { Flag::Reset } else { Flag::Fin };
        self.tcp(capture, at, direction, flag, &[], None)?;
        let packet = capture.packets;
        if !is_reset {
            self.tcp(capture, at, opposite(direction), Flag::Ack, &[], None)?;
        }
        Ok(packet)
    }

    /// Adds an empty packet with a comment.
    ///
    /// # Errors
    ///
    /// Writing failed.
    pub fn say<W: Write>(
        &mut self,
        capture: &mut LiveCapture<W>,
        at: Duration,
        direction: Direction,
        what: &str,
    ) -> io::Result<()> {
        self.tcp(capture, at, direction, Flag::Ack, &[], Some(what))
    }

    /// Adds a datagram, cut off if it does not fit into a packet. Returns the number of its packet.
    ///
    /// # Errors
    ///
    /// Writing failed.
    pub fn datagram<W: Write>(
        &mut self,
        capture: &mut LiveCapture<W>,
        at: Duration,
        direction: Direction,
        bytes: &[u8],
        comment: Option<&str>,
    ) -> io::Result<u64> {
        let bytes = bytes.get(..DATAGRAM_MAX_BYTES).unwrap_or(bytes);
        let (from, to) = self.way(direction);
        let builder = ip(from.ip(), to.ip()).udp(from.port(), to.port());
        capture.packet.clear();
        builder.write(&mut capture.packet, bytes).map_err(io::Error::other)?;
        capture.push(self, at, comment)?;
        Ok(capture.packets)
    }

    fn tcp<W: Write>(
        &mut self,
        capture: &mut LiveCapture<W>,
        at: Duration,
        direction: Direction,
        flag: Flag,
        bytes: &[u8],
        comment: Option<&str>,
    ) -> io::Result<()> {
        let (from, to) = self.way(direction);
        let [up, down] = &mut self.next;
        let (own, other) = match direction {
            Direction::ToServer => (up, down),
            Direction::ToClient => (down, up),
        };
        let is_first = flag == Flag::Syn && direction == Direction::ToServer;
        let header = flag.header((from.port(), to.port()), (*own, *other), is_first);
        let taken = u32::try_from(bytes.len()).unwrap_or_default();
        *own = own.wrapping_add(taken + flag.counts());
        capture.packet.clear();
        let builder = ip(from.ip(), to.ip()).tcp_header(header);
        builder.write(&mut capture.packet, bytes).map_err(io::Error::other)?;
        capture.push(self, at, comment)
    }

    const fn way(&self, direction: Direction) -> (SocketAddr, SocketAddr) {
        match direction {
            Direction::ToServer => (self.client, self.server),
            Direction::ToClient => (self.server, self.client),
        }
    }
}

/// An address as an IPv6 address.
fn mapped(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().into(),
        v6 @ IpAddr::V6(_) => v6,
    }
}

fn ip(from: IpAddr, to: IpAddr) -> PacketBuilderStep<IpHeaders> {
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => PacketBuilder::ipv4(from.octets(), to.octets(), HOPS),
        (from, to) => {
            let octets = |ip| match mapped(ip) {
                IpAddr::V6(v6) => v6.octets(),
                IpAddr::V4(_) => [0; 16],
            };
            PacketBuilder::ipv6(octets(from), octets(to), HOPS)
        }
    }
}

#[cfg(test)]
mod tests {
    use pcap_file::pcapng::{Block, PcapNgReader};

    use super::*;

    /// The payload lengths of a capture's packets, with sequence and acknowledgement numbers.
    fn packets(capture: Vec<u8>) -> Vec<(usize, u32, u32)> {
        let mut reader = PcapNgReader::new(&capture[..]).unwrap();
        let mut found = Vec::new();
        while let Some(block) = reader.next_block() {
            if let Block::EnhancedPacket(packet) = block.unwrap() {
                let sliced = etherparse::SlicedPacket::from_ip(&packet.data).unwrap();
                let Some(etherparse::TransportSlice::Tcp(tcp)) = sliced.transport else {
                    panic!("{sliced:?}")
                };
                let numbers = (tcp.sequence_number(), tcp.acknowledgment_number());
                found.push((tcp.payload().len(), numbers.0, numbers.1));
            }
        }
        found
    }

    #[test]
    fn sequence_numbers_go_on_and_a_long_stream_is_acknowledged() {
        let mut capture = LiveCapture::new(Vec::new(), String::new(), &[("a", "b")]).unwrap();
        let [client, server] = ["[::1]:5000", "127.0.0.1:9000"].map(|it| it.parse().unwrap());
        let mut talk = Talk::new(0, client, server);
        let at = Duration::from_secs(1);
        assert_eq!(talk.open(&mut capture, at).unwrap(), 1);
        let piece = vec![b'x'; Talk::PIECE_MAX_BYTES];
        for nth in 0..17 {
            let packet = talk.bytes(&mut capture, at, Direction::ToServer, &piece).unwrap();
            assert_eq!(packet, 4 + nth);
        }
        assert_eq!(talk.end(&mut capture, at, Direction::ToServer, false).unwrap(), 22);
        let all = packets(std::mem::take(capture.get_mut()));
        let [up, down] = FIRST_NUMBERS;
        assert_eq!(all[3], (piece.len(), up + 1, down + 1));
        assert_eq!(all[4].1 as usize, up as usize + 1 + piece.len());
        // The acknowledgement after the 17th piece.
        let said = u32::try_from(17 * piece.len()).unwrap();
        assert_eq!(all[20], (0, down + 1, up + 1 + said));
        assert_eq!(all.len(), 23);
        assert!(talk.bytes(&mut capture, at, Direction::ToServer, &[0; 70_000]).is_err());
    }
}
