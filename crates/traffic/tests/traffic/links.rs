//! Links and IP: each header before the same segment.

use pcap_file::DataLink;
use traffic::Options;

use super::support::{CLIENT, SERVER, pcap, read, told_of, udp};

/// The first events of a packet after this header.
fn behind(link: u32, header: &[u8], packet: &[u8]) -> Vec<String> {
    let file = pcap(DataLink::from(link), &[[header, packet].concat()]);
    told_of(&file, Options::default())
}

#[test]
fn each_link_that_is_read_gives_the_same() {
    let addresses = [2; 12];
    let ethernet = [&addresses[..], &[8, 0]].concat();
    let vlan = [&addresses[..], &[0x81, 0, 0, 5, 8, 0]].concat();
    let double_vlan = [&addresses[..], &[0x88, 0xA8, 0, 5, 0x81, 0, 0, 6, 8, 0]].concat();
    let cooked = [0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0];
    let cooked_2 = [8, 0, 0, 0, 0, 0, 0, 1, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0];
    let packet = udp(CLIENT, SERVER, b"hello");
    for (link, header) in [
        (0, &[2, 0, 0, 0][..]),
        (0, &[0, 0, 0, 2]),
        (1, &ethernet),
        (1, &vlan),
        (1, &double_vlan),
        (101, &[]),
        (108, &[0, 0, 0, 2]),
        (113, &cooked),
        (228, &[]),
        (276, &cooked_2),
    ] {
        let told = behind(link, header, &packet);
        assert_eq!(told.len(), 4, "link {link}");
        assert_eq!(told[1], "1 0> =hello", "link {link}");
    }
}

#[test]
fn bytes_behind_the_ip_packet_are_no_payload() {
    let packet = [&udp(CLIENT, SERVER, b"hello")[..], &[0; 20]].concat();
    assert_eq!(behind(101, &[], &packet)[1], "1 0> =hello");
}

#[test]
fn an_ip_packet_without_a_length_goes_on_to_its_end() {
    let mut packet = super::support::up("P.", (7, 8), b"hello");
    packet[2] = 0;
    packet[3] = 0;
    assert_eq!(behind(101, &[], &packet)[1], "1 0> 0 hello");
}

/// An IPv6 packet from fd00::1 to fd00::2, with this next header and its data.
fn v6(next: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, length[0], length[1], next, 64];
    for last in [1, 2] {
        packet.extend([0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    packet.extend(rest);
    packet
}

#[test]
fn ipv6_is_read_through_its_extension_headers() {
    let datagram = &udp(CLIENT, SERVER, b"hello")[20..];
    let hop_by_hop = [17, 0, 1, 4, 0, 0, 0, 0];
    let plain = v6(17, datagram);
    let extended = v6(0, &[&hop_by_hop, datagram].concat());
    for packet in [plain, extended] {
        for link in [101, 229] {
            let told = behind(link, &[], &packet);
            assert_eq!(told[0], "1 0> open [fd00::1]:50000 [fd00::2]:9000");
            assert_eq!(told[1], "1 0> =hello");
        }
    }
}

#[test]
fn fragments_of_ipv6_are_put_together() {
    let datagram = &udp(CLIENT, SERVER, b"sixteen and more")[20..];
    let (first, second) = datagram.split_at(16);
    let packets = [
        v6(44, &[&[17, 0, 0, 16, 9, 9, 9, 9], second].concat()),
        v6(44, &[&[17, 0, 0, 1, 9, 9, 9, 9], first].concat()),
    ];
    let told = told_of(&pcap(DataLink::RAW, &packets), Options::default());
    assert_eq!(told[1], "2 0> =sixteen and more");
}

#[test]
fn a_packet_that_goes_out_and_comes_in_again_counts_once() {
    let cooked = |kind: u8| [0, kind, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0];
    let one = |kind| [&cooked(kind)[..], &udp(CLIENT, SERVER, b"same")].concat();
    let file = pcap(DataLink::LINUX_SLL, &[one(4), one(0), one(4), one(0), one(0)]);
    let (events, _, summary) = read(&file, Options::default());
    assert_eq!((events.len(), summary.copies), (1 + 3 + 2, 2));
}

#[test]
fn packets_that_are_neither_tcp_nor_udp_or_make_no_sense_are_counted() {
    let mut icmp = udp(CLIENT, SERVER, b"x");
    icmp[9] = 1;
    let mut short_header = udp(CLIENT, SERVER, b"x");
    short_header[0] = 0x41;
    let cut = super::support::up("P.", (1, 1), b"x")[..30].to_vec();
    let file = pcap(DataLink::RAW, &[icmp, short_header, cut, vec![], vec![0x45]]);
    let (events, failure, summary) = read(&file, Options::default());
    assert_eq!((events.len(), failure), (0, None));
    assert_eq!((summary.packets, summary.other, summary.malformed), (5, 1, 4));
}
