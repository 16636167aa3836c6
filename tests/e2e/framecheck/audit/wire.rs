//! Generated captures: a conversation over TCP or UDP, packet by packet, on raw IP.

use std::time::Duration;

use etherparse::{PacketBuilder, TcpHeader};
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::{DataLink, Endianness, TsResolution};

/// The server's port.
pub(super) const SERVER: u16 = 9000;

/// An unfinished capture.
#[derive(Debug, Default)]
pub(super) struct Wire {
    packets: Vec<Vec<u8>>,
}

/// A connection: its client's port, and the next sequence number of each side.
#[derive(Debug)]
pub(super) struct Talk {
    port: u16,
    up: u32,
    down: u32,
}

impl Talk {
    /// A connection from this port.
    pub(super) const fn from(port: u16) -> Self {
        Self { port, up: 1000, down: 5_000_000 }
    }

    /// Bytes of the client that are in no packet.
    pub(super) fn lose(&mut self, bytes: &[u8]) {
        self.up += u32::try_from(bytes.len()).unwrap();
    }
}

impl Wire {
    /// SYN and its answer.
    pub(super) fn open(&mut self, port: u16) -> Talk {
        let mut talk = Talk::from(port);
        self.segment(&mut talk, true, "S", b"");
        self.segment(&mut talk, false, "S.", b"");
        talk
    }

    /// Bytes of the client in one packet. Returns its number.
    pub(super) fn up(&mut self, talk: &mut Talk, bytes: &[u8]) -> usize {
        self.segment(talk, true, "P.", bytes)
    }

    /// Bytes of the server in one packet.
    pub(super) fn down(&mut self, talk: &mut Talk, bytes: &[u8]) -> usize {
        self.segment(talk, false, "P.", bytes)
    }

    /// Both sides finish.
    pub(super) fn close(&mut self, talk: &mut Talk) {
        self.segment(talk, true, "F.", b"");
        self.segment(talk, false, "F.", b"");
    }

    /// A segment with flags as tcpdump writes them, of the client or the server.
    pub(super) fn segment(
        &mut self,
        talk: &mut Talk,
        is_up: bool,
        flags: &str,
        bytes: &[u8],
    ) -> usize {
        let (ports, hosts) = if is_up {
            ((talk.port, SERVER), ([10, 0, 0, 1], [10, 0, 0, 2]))
        } else {
            ((SERVER, talk.port), ([10, 0, 0, 2], [10, 0, 0, 1]))
        };
        let (own, other) =
            if is_up { (&mut talk.up, talk.down) } else { (&mut talk.down, talk.up) };
        let mut header = TcpHeader::new(ports.0, ports.1, *own, 1000);
        header.syn = flags.contains('S');
        header.fin = flags.contains('F');
        header.rst = flags.contains('R');
        header.psh = flags.contains('P');
        header.ack = flags.contains('.');
        header.acknowledgment_number = if header.ack { other } else { 0 };
        *own += u32::try_from(bytes.len()).unwrap() + u32::from(header.syn || header.fin);
        let mut packet = Vec::new();
        let ip = PacketBuilder::ipv4(hosts.0, hosts.1, 64);
        ip.tcp_header(header).write(&mut packet, bytes).unwrap();
        self.packets.push(packet);
        self.packets.len()
    }

    /// Removes the packet of this number, the last one, from the capture.
    pub(super) fn forget(&mut self, packet: usize) {
        assert_eq!(packet, self.packets.len());
        self.packets.pop();
    }

    /// A datagram of the client, or of the server.
    pub(super) fn datagram(&mut self, is_up: bool, bytes: &[u8]) -> usize {
        let (ports, hosts) = if is_up {
            ((50_000, SERVER), ([10, 0, 0, 1], [10, 0, 0, 2]))
        } else {
            ((SERVER, 50_000), ([10, 0, 0, 2], [10, 0, 0, 1]))
        };
        let mut packet = Vec::new();
        let ip = PacketBuilder::ipv4(hosts.0, hosts.1, 64);
        ip.udp(ports.0, ports.1).write(&mut packet, bytes).unwrap();
        self.packets.push(packet);
        self.packets.len()
    }

    /// The capture.
    pub(super) fn pcap(&self) -> Vec<u8> {
        self.snapped(usize::MAX)
    }

    /// The capture, with at most this many bytes of each packet.
    pub(super) fn snapped(&self, most: usize) -> Vec<u8> {
        let header = PcapHeader {
            datalink: DataLink::RAW,
            endianness: Endianness::Little,
            ts_resolution: TsResolution::MicroSecond,
            ..PcapHeader::default()
        };
        let mut writer = PcapWriter::with_header(Vec::new(), header).unwrap();
        for (packet, second) in self.packets.iter().zip(1..) {
            let length = u32::try_from(packet.len()).unwrap();
            let bytes = &packet[..packet.len().min(most)];
            let packet = PcapPacket::new(Duration::from_secs(second), length, bytes);
            writer.write_packet(&packet).unwrap();
        }
        writer.into_writer()
    }
}
