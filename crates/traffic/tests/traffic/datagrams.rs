//! UDP: which side is the server, lengths, and fragments of IP.

use etherparse::{IpFragOffset, IpHeaders, IpNumber, Ipv4Header, PacketBuilder};
use pcap_file::DataLink;
use traffic::Options;

use super::support::{CLIENT, SERVER, pcap, read, snapped, told, told_of, udp};

#[test]
fn datagrams_between_two_ports_are_one_connection_of_who_spoke_first() {
    let packets = [udp(CLIENT, SERVER, b"ask"), udp(SERVER, CLIENT, b""), udp(7, SERVER, b"me")];
    assert_eq!(
        told(&packets),
        [
            "1 0> open 10.0.0.1:50000 10.0.0.2:9000",
            "1 0> =ask",
            "2 0< =",
            "3 1> open 10.0.0.1:7 10.0.0.2:9000",
            "3 1> =me",
            "3 0> CaptureEnds",
            "3 0< CaptureEnds",
            "3 1> CaptureEnds",
            "3 1< CaptureEnds"
        ]
    );
}

#[test]
fn the_servers_port_tells_who_is_the_server() {
    let file = pcap(DataLink::RAW, &[udp(SERVER, CLIENT, b"late answer")]);
    let options = Options { server: Some("9000".parse().unwrap()), ..Options::default() };
    let told = told_of(&file, options);
    assert_eq!(told[..2], ["1 0< open 10.0.0.1:50000 10.0.0.2:9000", "1 0< =late answer"]);
}

#[test]
fn a_datagram_that_was_captured_in_part_says_what_is_missing() {
    let file = snapped(DataLink::RAW, &[udp(CLIENT, SERVER, b"abcdef")], 20 + 8 + 2);
    assert_eq!(told_of(&file, Options::default())[1], "1 0> =ab and 4 missing");
}

#[test]
fn bytes_behind_the_length_of_a_datagram_are_no_payload() {
    let mut packet = udp(CLIENT, SERVER, b"abcdef");
    packet[25] -= 4;
    assert_eq!(told(&[packet])[1], "1 0> =ab");
}

/// The fragments of a datagram; `ends` are their end offsets, including the header.
fn fragments(payload: &[u8], ends: &[usize]) -> Vec<Vec<u8>> {
    let whole = udp(CLIENT, SERVER, payload);
    let (header, rest) = Ipv4Header::from_slice(&whole).unwrap();
    let starts = [&[0], ends].concat();
    let ends = [ends, &[rest.len()]].concat();
    let fragment = |(start, end): (&usize, &usize)| {
        let mut header = header.clone();
        header.dont_fragment = false;
        header.identification = 77;
        header.fragment_offset = IpFragOffset::try_new(u16::try_from(start / 8).unwrap()).unwrap();
        header.more_fragments = *end < rest.len();
        let ip = IpHeaders::Ipv4(header, Default::default());
        let mut packet = Vec::new();
        PacketBuilder::ip(ip).write(&mut packet, IpNumber::UDP, &rest[*start..*end]).unwrap();
        packet
    };
    starts.iter().zip(&ends).map(fragment).collect()
}

#[test]
fn fragments_in_any_order_are_one_datagram_of_the_last_of_them() {
    let mut packets = fragments(b"a datagram in three fragments", &[16, 32]);
    packets.reverse();
    packets.insert(1, udp(CLIENT, SERVER, b"between"));
    assert_eq!(packets.len(), 4);
    let told = told(&packets);
    assert_eq!(told[1..3], ["2 0> =between", "4 0> =a datagram in three fragments"]);
}

#[test]
fn fragments_whose_others_are_missing_are_counted() {
    let mut packets = fragments(b"a datagram in three fragments", &[16, 32]);
    packets.remove(1);
    let (events, _, summary) = read(&pcap(DataLink::RAW, &packets), Options::default());
    assert_eq!((events.len(), summary.fragments), (0, 2));
}

#[test]
fn a_fragment_that_was_captured_in_part_completes_nothing() {
    let packets = fragments(b"a datagram in two fragments", &[8]);
    let file = snapped(DataLink::RAW, &packets, 20 + 16);
    let (events, _, summary) = read(&file, Options::default());
    assert_eq!((events.len(), summary.fragments), (0, 2));
}
