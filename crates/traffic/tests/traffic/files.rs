//! Files: both formats in all their byte orders and units, and files that end early or are damaged.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Read};
use std::time::Duration;

use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::interface_statistics::InterfaceStatisticsBlock;
use pcap_file::pcapng::blocks::section_header::SectionHeaderBlock;
use pcap_file::pcapng::blocks::simple_packet::SimplePacketBlock;
use pcap_file::{DataLink, Endianness, TsResolution};
use traffic::{CaptureError, CutShort, Damage, Options, Traffic};

use super::support::{CLIENT, SERVER, pcap, read, told_of, udp};

const AT: Duration = Duration::new(1_700_000_000, 123_456_789);

fn times(file: &[u8]) -> Vec<Option<Duration>> {
    let (events, failure, _) = read(file, Options::default());
    assert_eq!(failure, None);
    events.iter().step_by(2).map(|event| event.time).collect()
}

#[test]
fn pcap_is_read_in_both_byte_orders_and_both_units() {
    let micros = Duration::new(AT.as_secs(), 123_456_000);
    for endianness in [Endianness::Little, Endianness::Big] {
        for (ts_resolution, time) in
            [(TsResolution::MicroSecond, micros), (TsResolution::NanoSecond, AT)]
        {
            let header = PcapHeader {
                datalink: DataLink::RAW,
                endianness,
                ts_resolution,
                ..Default::default()
            };
            let mut writer = PcapWriter::with_header(Vec::new(), header).unwrap();
            let bytes = udp(CLIENT, SERVER, b"x");
            let length = u32::try_from(bytes.len()).unwrap();
            writer.write_packet(&PcapPacket::new(AT, length, &bytes)).unwrap();
            assert_eq!(times(&writer.into_writer())[0], Some(time));
        }
    }
}

/// A section with one interface with these options, and a packet at this time in ticks.
fn section(
    endianness: Endianness,
    options: &[InterfaceDescriptionOption<'static>],
    ticks: u64,
) -> Vec<u8> {
    let header = SectionHeaderBlock { endianness, ..Default::default() };
    let mut writer = PcapNgWriter::with_section_header(Vec::new(), header).unwrap();
    let options = options.to_vec();
    writer.write_pcapng_block(interface(DataLink::RAW, 0, options)).unwrap();
    writer.write_pcapng_block(enhanced(0, ticks, &udp(CLIENT, SERVER, b"x"))).unwrap();
    writer.into_inner()
}

fn interface(
    linktype: DataLink,
    snaplen: u32,
    options: Vec<InterfaceDescriptionOption<'static>>,
) -> InterfaceDescriptionBlock<'static> {
    InterfaceDescriptionBlock { linktype, snaplen, options }
}

fn enhanced(interface_id: u32, ticks: u64, bytes: &[u8]) -> EnhancedPacketBlock<'_> {
    EnhancedPacketBlock {
        interface_id,
        timestamp: Duration::from_nanos(ticks),
        original_len: u32::try_from(bytes.len()).unwrap(),
        data: Cow::Borrowed(bytes),
        options: Vec::new(),
    }
}

#[test]
fn pcapng_is_read_in_both_byte_orders_and_in_the_units_of_its_interface() {
    use InterfaceDescriptionOption::{IfTsOffset, IfTsResol};
    for endianness in [Endianness::Little, Endianness::Big] {
        for (options, ticks, expected) in [
            (vec![], 1_500_000, Duration::from_millis(1500)),
            (vec![IfTsResol(9)], 1_500_000_000, Duration::from_millis(1500)),
            (vec![IfTsResol(0x81)], 3, Duration::from_millis(1500)),
            (vec![IfTsResol(0)], 3, Duration::from_secs(3)),
            (vec![IfTsOffset(40)], 2_000_000, Duration::from_secs(42)),
        ] {
            let file = section(endianness, &options, ticks);
            assert_eq!(times(&file)[0], Some(expected), "{options:?}");
        }
    }
}

#[test]
fn each_section_has_its_own_byte_order_and_interfaces() {
    let nanos = [InterfaceDescriptionOption::IfTsResol(9)];
    let sections = [
        section(Endianness::Little, &[], 1_000_000),
        section(Endianness::Big, &nanos, 2_000_000_000),
        section(Endianness::Little, &nanos, 3_000_000_000),
    ];
    let (events, _, summary) = read(&sections.concat(), Options::default());
    assert_eq!(summary.packets, 3);
    let times: Vec<_> = events[1..4].iter().filter_map(|event| event.time).collect();
    assert_eq!(times, [1, 2, 3].map(Duration::from_secs));
}

#[test]
fn interfaces_of_a_section_have_their_own_links_and_other_blocks_are_skipped() {
    let mut writer = PcapNgWriter::new(Vec::new()).unwrap();
    writer.write_pcapng_block(interface(DataLink::RAW, 0, vec![])).unwrap();
    writer.write_pcapng_block(interface(DataLink::NULL, 0, vec![])).unwrap();
    let raw = udp(CLIENT, SERVER, b"raw");
    let null = [&[2, 0, 0, 0], &udp(CLIENT, SERVER, b"null")[..]].concat();
    writer.write_pcapng_block(enhanced(0, 0, &raw)).unwrap();
    let statistics =
        InterfaceStatisticsBlock { interface_id: 0, timestamp: 0, options: Vec::new() };
    writer.write_pcapng_block(statistics).unwrap();
    writer.write_pcapng_block(enhanced(1, 0, &null)).unwrap();
    let told = told_of(&writer.into_inner(), Options::default());
    assert_eq!(told[1..3], ["1 0> =raw", "2 0> =null"]);
}

#[test]
fn simple_packets_have_no_time_and_as_many_bytes_as_the_interface_captures() {
    let mut writer = PcapNgWriter::new(Vec::new()).unwrap();
    writer.write_pcapng_block(interface(DataLink::RAW, 20 + 8 + 2, vec![])).unwrap();
    let bytes = udp(CLIENT, SERVER, b"abcd");
    let original_len = u32::try_from(bytes.len()).unwrap();
    let data = Cow::Borrowed(&bytes[..30]);
    writer.write_pcapng_block(SimplePacketBlock { original_len, data }).unwrap();
    let file = writer.into_inner();
    assert_eq!(times(&file)[0], None);
    assert_eq!(told_of(&file, Options::default())[1], "1 0> =ab and 2 missing");
}

/// Two packets in each format, and the offset of the second record.
fn two_packets() -> [(Vec<u8>, usize); 2] {
    let packet = udp(CLIENT, SERVER, b"abc");
    let legacy = pcap(DataLink::RAW, &[packet.clone(), packet.clone()]);
    let legacy_start = legacy.len() - 16 - packet.len();
    let mut writer = PcapNgWriter::new(Vec::new()).unwrap();
    writer.write_pcapng_block(interface(DataLink::RAW, 0, vec![])).unwrap();
    writer.write_pcapng_block(enhanced(0, 0, &packet)).unwrap();
    let start = writer.get_ref().len();
    writer.write_pcapng_block(enhanced(0, 0, &packet)).unwrap();
    [(legacy, legacy_start), (writer.into_inner(), start)]
}

#[test]
fn a_file_that_stops_inside_a_record_gives_what_was_before_and_says_where() {
    for (file, start) in two_packets() {
        for length in start + 1..file.len() {
            let (events, failure, summary) = read(&file[..length], Options::default());
            assert_eq!((events.len(), failure, summary.packets), (4, None, 1));
            let offset = u64::try_from(start).unwrap();
            assert_eq!(summary.cut_short, Some(CutShort { packet: 2, offset }));
        }
        assert_eq!(read(&file, Options::default()).2.cut_short, None);
        assert_eq!(read(&file[..start], Options::default()).2.cut_short, None);
    }
}

#[test]
fn a_damaged_record_is_an_error_behind_all_that_was_before() {
    let [(legacy, start), (ng, ng_start)] = two_packets();
    let damaged = |file: &[u8], at: usize, bytes: &[u8]| {
        let mut file = file.to_vec();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        let (events, failure, _) = read(&file, Options::default());
        assert_eq!(events.len(), 4);
        failure.unwrap()
    };
    let error = |start: usize, what| CaptureError::Damaged {
        packet: 2,
        offset: u64::try_from(start).unwrap(),
        what,
    };
    let length = damaged(&legacy, start + 8, &[0, 0, 0, 1]);
    assert_eq!(length, error(start, Damage::Length(1 << 24)));
    assert_eq!(
        length.to_string(),
        "packet 2, at offset 71: expected a record of at most 1048576 bytes, found a length of 16777216"
    );
    assert_eq!(damaged(&ng, ng_start + 4, &[13]), error(ng_start, Damage::Length(13)));
    assert_eq!(damaged(&ng, ng.len() - 4, &[0]), error(ng_start, Damage::Lengths));
    assert_eq!(damaged(&ng, ng_start + 8, &[9]), error(ng_start, Damage::Interface(9)));
    assert_eq!(damaged(&ng, ng_start + 20, &[250]), error(ng_start, Damage::Content));
}

#[test]
fn a_file_of_another_kind_is_no_capture() {
    let found = |file: &[u8]| read(file, Options::default()).1.unwrap();
    for file in [&b"\x1f\x8b\x08\x00 something compressed, or so"[..], b"ab", b""] {
        let first = file[..file.len().min(4)].to_vec();
        assert_eq!(found(file), CaptureError::NotACapture { found: first });
    }
    assert_eq!(
        found(b"GET / HTTP/1.1\r\n\r\n and more").to_string(),
        "expected a pcap or pcapng file, found a file that begins with [47, 45, 54, 20]"
    );
}

#[test]
fn a_link_that_is_not_read_is_an_error_with_its_number() {
    let file = pcap(DataLink::USB_LINUX, &[vec![0; 64]]);
    let failure = read(&file, Options::default()).1.unwrap();
    assert_eq!(failure, CaptureError::LinkType { packet: 1, offset: 24, link_type: 189 });
}

/// Gives one byte at a time, then fails.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else {
            return Err(ErrorKind::ConnectionReset.into());
        };
        buffer[0] = *first;
        self.0 = rest;
        Ok(1)
    }
}

#[test]
fn a_reader_that_gives_bytes_one_by_one_and_fails_gives_all_before_it_and_the_failure() {
    for (file, _) in two_packets() {
        let traffic = Traffic::new(Slow(&file), Options::default()).unwrap();
        let all: Vec<_> = traffic.collect();
        assert_eq!(all.len(), 6);
        let offset = u64::try_from(file.len()).unwrap();
        let kind = ErrorKind::ConnectionReset;
        assert_eq!(all[5], Err(CaptureError::Read { offset, kind }));
    }
}

/// What crates/report writes: one interface for each side of the recorder.
#[test]
fn a_capture_of_framecheck_shows_a_connection_for_each_side_of_the_recorder() {
    use etherparse::{PacketBuilder, TcpHeader};
    let mut writer = PcapNgWriter::new(Vec::new()).unwrap();
    let nanos = || vec![InterfaceDescriptionOption::IfTsResol(9)];
    writer.write_pcapng_block(interface(DataLink::RAW, 0, nanos())).unwrap();
    writer.write_pcapng_block(interface(DataLink::RAW, 0, nanos())).unwrap();
    let mut add = |side: u8, is_up: bool, flags: &str, numbers: (u32, u32), payload: &[u8]| {
        let (from, to) = if is_up { (side + 1, side + 2) } else { (side + 2, side + 1) };
        let ports = if is_up { (50_000, 10_080) } else { (10_080, 50_000) };
        let mut header = TcpHeader::new(ports.0, ports.1, numbers.0, u16::MAX);
        header.acknowledgment_number = numbers.1;
        header.syn = flags.contains('S');
        header.fin = flags.contains('F');
        header.ack = flags.contains('.');
        let builder = PacketBuilder::ipv4([127, 0, 0, from], [127, 0, 0, to], 64);
        let mut packet = Vec::new();
        builder.tcp_header(header).write(&mut packet, payload).unwrap();
        writer.write_pcapng_block(enhanced(side.into(), 7, &packet)).unwrap();
    };
    // A case, and its positive control with the same sequence numbers.
    for _ in 0..2 {
        for side in [0, 1] {
            add(side, true, "S", (1_000_000, 0), b"");
            add(side, false, "S.", (2_000_000, 1_000_001), b"");
            add(side, true, ".", (1_000_001, 2_000_001), b"");
        }
        add(0, true, ".", (1_000_001, 2_000_001), b"ask");
        add(1, true, ".", (1_000_001, 2_000_001), b"as");
        for side in [0, 1] {
            add(side, true, "F.", (1_000_004 - u32::from(side), 2_000_001), b"");
        }
    }
    let file = writer.into_inner();
    let (_, _, summary) = read(&file, Options::default());
    assert_eq!((summary.connections, summary.packets), (4, 20));
    let options = Options { server: Some("127.0.0.3".parse().unwrap()), ..Options::default() };
    assert_eq!(
        told_of(&file, options),
        [
            "4 0> open 127.0.0.2:50000 127.0.0.3:10080",
            "8 0> 0 as",
            "10 0> Fin",
            "14 0< Replaced",
            "14 1> open 127.0.0.2:50000 127.0.0.3:10080",
            "18 1> 0 as",
            "20 1> Fin",
            "20 1< CaptureEnds"
        ]
    );
}
