//! Generated captures: a conversation, as packets.

use etherparse::PacketBuilder;
use pcap_file::DataLink;
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};

/// The server's port, which is that of framecheck's own captures.
pub(super) const PORT: u16 = 10_080;
/// The first client's port; each further client has the next one.
pub(super) const FIRST_CLIENT: u16 = 50_000;

/// The direction of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
}

/// The bytes of a connection, segment by segment; at the end both sides close.
pub(super) type Said = Vec<(Way, Vec<u8>)>;

/// All of a stream in one segment.
pub(super) fn whole(way: Way, bytes: &[u8]) -> Said {
    vec![(way, bytes.to_vec())]
}

/// One segment per byte.
pub(super) fn bytewise(way: Way, bytes: &[u8]) -> Said {
    bytes.iter().map(|byte| (way, vec![*byte])).collect()
}

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 0, 2];

/// An unfinished capture.
struct Capture {
    writer: PcapWriter<Vec<u8>>,
    packets: u64,
}

impl Capture {
    fn new() -> Self {
        let header = PcapHeader { datalink: DataLink::RAW, ..PcapHeader::default() };
        Self { writer: PcapWriter::with_header(Vec::new(), header).unwrap(), packets: 0 }
    }

    fn add(&mut self, packet: &[u8]) {
        let time = std::time::Duration::from_micros(self.packets);
        let length = u32::try_from(packet.len()).unwrap();
        self.writer.write_packet(&PcapPacket::new(time, length, packet)).unwrap();
        self.packets += 1;
    }
}

/// A capture of connections, one after another.
pub(super) fn tcp(connections: &[Said]) -> Vec<u8> {
    tcp_at(PORT, connections)
}

/// [`tcp`] with a server that has this port.
pub(super) fn tcp_at(port: u16, connections: &[Said]) -> Vec<u8> {
    let mut capture = Capture::new();
    for (client, said) in (FIRST_CLIENT..).zip(connections) {
        let mut next = [1_u32, 1];
        let mut send = |way: Way, flags: &str, payload: &[u8]| {
            let (from, to, ports, side) = match way {
                Way::Up => (CLIENT, SERVER, (client, port), 0),
                Way::Down => (SERVER, CLIENT, (port, client), 1),
            };
            let mut tcp =
                PacketBuilder::ipv4(from, to, 64).tcp(ports.0, ports.1, next[side], 65_000);
            for flag in flags.chars() {
                tcp = match flag {
                    'S' => tcp.syn(),
                    'F' => tcp.fin(),
                    'R' => tcp.rst(),
                    _ => tcp.ack(next[1 - side]),
                };
            }
            let mut packet = Vec::new();
            tcp.write(&mut packet, payload).unwrap();
            let counted = u32::from(flags.contains('S') || flags.contains('F'));
            next[side] += u32::try_from(payload.len()).unwrap() + counted;
            capture.add(&packet);
        };
        send(Way::Up, "S", b"");
        send(Way::Down, "SA", b"");
        send(Way::Up, "A", b"");
        for (way, payload) in said {
            // The longest datagram that fits into an IPv4 packet.
            for piece in payload.chunks(60_000) {
                send(*way, "A", piece);
            }
        }
        for way in [Way::Up, Way::Down] {
            send(way, "FA", b"");
        }
    }
    capture.writer.into_writer()
}

/// A capture of datagrams.
pub(super) fn udp(datagrams: &[(Way, Vec<u8>)]) -> Vec<u8> {
    let mut capture = Capture::new();
    for (way, payload) in datagrams {
        let (from, to, ports) = match way {
            Way::Up => (CLIENT, SERVER, (FIRST_CLIENT, PORT)),
            Way::Down => (SERVER, CLIENT, (PORT, FIRST_CLIENT)),
        };
        let mut packet = Vec::new();
        let builder = PacketBuilder::ipv4(from, to, 64).udp(ports.0, ports.1);
        builder.write(&mut packet, payload).unwrap();
        capture.add(&packet);
    }
    capture.writer.into_writer()
}
