//! Packets and captures for tests, and events in short form.

use std::io::Write as _;
use std::time::Duration;

use etherparse::{PacketBuilder, TcpHeader};
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::{DataLink, Endianness, TsResolution};
use traffic::{CaptureError, Direction, Event, Options, Summary, Traffic, What};

/// The client's port in most tests.
pub(crate) const CLIENT: u16 = 50_000;
/// The server's port in most tests.
pub(crate) const SERVER: u16 = 9000;

/// A TCP segment over IPv4 from 10.0.0.1, as a client sends it, or from 10.0.0.2 if `from` is [`SERVER`].
///
/// `flags` uses tcpdump's letters: S, F, R, P, and `.` for an acknowledgement.
pub(crate) fn tcp(from: u16, to: u16, flags: &str, numbers: (u32, u32), payload: &[u8]) -> Vec<u8> {
    let mut header = TcpHeader::new(from, to, numbers.0, 1000);
    header.acknowledgment_number = numbers.1;
    for flag in flags.chars() {
        match flag {
            'S' => header.syn = true,
            'F' => header.fin = true,
            'R' => header.rst = true,
            'P' => header.psh = true,
            '.' => header.ack = true,
            other => panic!("no flag {other}"),
        }
    }
    let (source, destination) = addresses(from);
    let builder = PacketBuilder::ipv4(source, destination, 64).tcp_header(header);
    let mut packet = Vec::new();
    builder.write(&mut packet, payload).unwrap();
    packet
}

/// A segment from the client.
pub(crate) fn up(flags: &str, numbers: (u32, u32), payload: &[u8]) -> Vec<u8> {
    tcp(CLIENT, SERVER, flags, numbers, payload)
}

/// A segment from the server.
pub(crate) fn down(flags: &str, numbers: (u32, u32), payload: &[u8]) -> Vec<u8> {
    tcp(SERVER, CLIENT, flags, numbers, payload)
}

/// A UDP datagram over IPv4.
pub(crate) fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let (source, destination) = addresses(from);
    let mut packet = Vec::new();
    PacketBuilder::ipv4(source, destination, 64).udp(from, to).write(&mut packet, payload).unwrap();
    packet
}

fn addresses(from: u16) -> ([u8; 4], [u8; 4]) {
    if from == SERVER { ([10, 0, 0, 2], [10, 0, 0, 1]) } else { ([10, 0, 0, 1], [10, 0, 0, 2]) }
}

/// A capture of these packets, one per second from second 1 on.
pub(crate) fn pcap(link: DataLink, packets: &[Vec<u8>]) -> Vec<u8> {
    snapped(link, packets, usize::MAX)
}

/// A capture that has at most this many bytes of each packet.
pub(crate) fn snapped(link: DataLink, packets: &[Vec<u8>], most: usize) -> Vec<u8> {
    let header = PcapHeader {
        datalink: link,
        endianness: Endianness::Little,
        ts_resolution: TsResolution::MicroSecond,
        snaplen: 1 << 20,
        ..PcapHeader::default()
    };
    let mut writer = PcapWriter::with_header(Vec::new(), header).unwrap();
    for (packet, second) in packets.iter().zip(1..) {
        let length = u32::try_from(packet.len()).unwrap();
        let bytes = &packet[..packet.len().min(most)];
        let packet = PcapPacket::new(Duration::from_secs(second), length, bytes);
        writer.write_packet(&packet).unwrap();
    }
    let mut file = writer.into_writer();
    file.flush().unwrap();
    file
}

/// All that a capture gives.
pub(crate) fn read(file: &[u8], options: Options) -> (Vec<Event>, Option<CaptureError>, Summary) {
    let mut traffic = match Traffic::new(file, options) {
        Ok(traffic) => traffic,
        Err(error) => return (Vec::new(), Some(error), Summary::default()),
    };
    let (mut events, mut failure) = (Vec::new(), None);
    for event in traffic.by_ref() {
        assert!(failure.is_none(), "an error is the last item");
        match event {
            Ok(event) => events.push(event),
            Err(error) => failure = Some(error),
        }
    }
    assert!(traffic.next().is_none());
    (events, failure, traffic.summary())
}

/// The events of raw IP packets in short form: packet, connection, direction, event.
pub(crate) fn told(packets: &[Vec<u8>]) -> Vec<String> {
    told_of(&pcap(DataLink::RAW, packets), Options::default())
}

/// The events of a capture in short form.
pub(crate) fn told_of(file: &[u8], options: Options) -> Vec<String> {
    let (events, failure, _) = read(file, options);
    assert_eq!(failure, None);
    events.iter().map(words).collect()
}

fn words(event: &Event) -> String {
    let arrow = if event.direction == Direction::ToServer { ">" } else { "<" };
    let what = match &event.what {
        What::Open { client, server, seen_from_start, .. } => {
            let from = if *seen_from_start { "open" } else { "mid-stream" };
            format!("{from} {client} {server}")
        }
        What::Bytes { offset, payload_offset, data } => {
            let data = String::from_utf8_lossy(data);
            if *payload_offset == 0 {
                format!("{offset} {data}")
            } else {
                format!("{offset} {data} (payload {payload_offset})")
            }
        }
        What::Lost { offset, count: Some(count) } => format!("{offset} lost {count}"),
        What::Lost { offset, count: None } => format!("{offset} lost ?"),
        What::End(end) => format!("{end:?}"),
        What::Datagram { data, missing: 0 } => format!("={}", String::from_utf8_lossy(data)),
        What::Datagram { data, missing } => {
            format!("={} and {missing} missing", String::from_utf8_lossy(data))
        }
    };
    format!("{} {}{arrow} {what}", event.packet, event.connection)
}
