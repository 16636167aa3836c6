//! The stream of one direction: order, gaps, copies, ends.

use etherparse::{PacketBuilder, TcpHeader, TcpOptionElement};
use pcap_file::DataLink;
use traffic::{Limits, Options};

use super::support::{CLIENT, SERVER, down, pcap, snapped, told, told_of, up};

/// The handshake, with sequence numbers 100 and 500 for the first bytes.
fn begun(rest: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let begin = [up("S", (99, 0), b""), down("S.", (499, 100), b""), up(".", (100, 500), b"")];
    [&begin, rest].concat()
}

/// The events after the opening, without the ends that the capture's end causes.
fn behind(rest: &[Vec<u8>]) -> Vec<String> {
    let mut told = told(&begun(rest));
    assert_eq!(told.remove(0), "1 0> open 10.0.0.1:50000 10.0.0.2:9000");
    told.retain(|line| !line.ends_with("CaptureEnds"));
    told
}

#[test]
fn an_exchange_in_order_gives_each_packets_bytes_and_both_ends() {
    let rest = [
        up("P.", (100, 500), b"ask"),
        down("P.", (500, 103), b"answer"),
        up("F.", (103, 506), b""),
        down("PF.", (506, 104), b"!"),
        up(".", (104, 508), b""),
    ];
    assert_eq!(behind(&rest), ["4 0> 0 ask", "5 0< 0 answer", "6 0> Fin", "7 0< 6 !", "7 0< Fin"]);
}

#[test]
fn segments_out_of_order_are_delivered_in_order_with_their_own_packets() {
    let rest =
        [up("P.", (103, 500), b"def"), up("F.", (106, 500), b""), up(".", (100, 500), b"abc")];
    assert_eq!(behind(&rest), ["6 0> 0 abc", "4 0> 3 def", "5 0> Fin"]);
}

#[test]
fn retransmissions_and_overlaps_give_each_byte_once_and_say_where_it_was() {
    let rest = [
        up("P.", (100, 500), b"abc"),
        up("P.", (100, 500), b"abc"),
        up("P.", (101, 500), b"bcdef"),
        up("P.", (108, 500), b"ij"),
        up("P.", (105, 500), b"fghijk"),
    ];
    assert_eq!(
        behind(&rest),
        [
            "4 0> 0 abc",
            "6 0> 3 def (payload 2)",
            "8 0> 6 gh (payload 1)",
            "7 0> 8 ij",
            "8 0> 10 k (payload 5)"
        ]
    );
}

#[test]
fn sequence_numbers_that_wrap_around_are_one_stream() {
    let packets = [
        up("S", (u32::MAX - 2, 0), b""),
        up(".", (u32::MAX - 1, 0), b"abc"),
        up(".", (4, 0), b"gh"),
        up(".", (1, 0), b"def"),
    ];
    let told = told(&packets);
    assert_eq!(told[1..4], ["2 0> 0 abc", "4 0> 3 def", "3 0> 6 gh"]);
}

#[test]
fn a_keep_alive_brings_no_byte() {
    let rest = [
        up("P.", (100, 500), b"abc"),
        up(".", (102, 500), b""),
        up(".", (102, 500), b"?"),
        up("P.", (103, 500), b"d"),
    ];
    assert_eq!(behind(&rest), ["4 0> 0 abc", "7 0> 3 d"]);
}

#[test]
fn bytes_beside_a_syn_are_the_first_of_the_stream() {
    let packets = [up("S", (99, 0), b"ab"), down("S.", (499, 102), b""), up(".", (102, 500), b"c")];
    assert_eq!(told(&packets)[1..3], ["1 0> 0 ab", "3 0> 2 c"]);
}

#[test]
fn a_connection_whose_beginning_is_missing_begins_with_its_first_payload() {
    let packets =
        [up(".", (700, 900), b""), up("P.", (700, 900), b"ask"), down("P.", (902, 703), b"c")];
    assert_eq!(
        told(&packets),
        [
            "2 0> mid-stream 10.0.0.1:50000 10.0.0.2:9000",
            "2 0> 0 ask",
            // The client had acknowledged 900, so two bytes are missing.
            "3 0> CaptureEnds",
            "3 0< 0 lost 2",
            "3 0< 2 c",
            "3 0< CaptureEnds"
        ]
    );
}

#[test]
fn a_gap_is_lost_when_it_was_acknowledged_and_enough_packets_have_followed() {
    let limits = Limits { patience_packets: 2, ..Limits::default() };
    let rest = [
        up("P.", (103, 500), b"def"),
        up("P.", (106, 500), b"g"),
        up("P.", (107, 500), b"h"),
        down(".", (500, 103), b""),
        up("P.", (108, 500), b"i"),
    ];
    let options = Options { server: None, limits };
    let told = told_of(&pcap(DataLink::RAW, &begun(&rest)), options);
    assert_eq!(told[1..6], ["4 0> 0 lost 3", "4 0> 3 def", "5 0> 6 g", "6 0> 7 h", "8 0> 8 i"]);
}

#[test]
fn a_gap_that_nobody_acknowledged_is_waited_for() {
    let limits = Limits { patience_packets: 1, ..Limits::default() };
    let mut rest: Vec<_> = (0..50).map(|nth| up("P.", (101 + nth, 500), b"x")).collect();
    rest.push(up("P.", (100, 500), b"a"));
    let options = Options { server: None, limits };
    let told = told_of(&pcap(DataLink::RAW, &begun(&rest)), options);
    assert_eq!(told[1..3], ["54 0> 0 a", "4 0> 1 x"]);
    assert!(told.iter().all(|line| !line.contains("lost")));
}

#[test]
fn of_a_gap_only_what_was_acknowledged_is_lost_and_the_rest_may_still_come() {
    let limits = Limits { patience_packets: 1, ..Limits::default() };
    let rest =
        [up("P.", (104, 500), b"ef"), down(".", (500, 102), b""), up("P.", (102, 500), b"cd")];
    let options = Options { server: None, limits };
    let told = told_of(&pcap(DataLink::RAW, &begun(&rest)), options);
    assert_eq!(told[1..4], ["5 0> 0 lost 2", "6 0> 2 cd", "4 0> 4 ef"]);
}

#[test]
fn a_gap_with_too_much_behind_it_is_lost() {
    let limits = Limits { held_bytes: 1000, ..Limits::default() };
    let rest = [
        up(".", (101, 500), &[b'x'; 500]),
        up(".", (601, 500), &[b'y'; 500]),
        up(".", (100, 500), b"a"),
    ];
    let options = Options { server: None, limits };
    let told = told_of(&pcap(DataLink::RAW, &begun(&rest)), options);
    assert_eq!(told[1], "4 0> 0 lost 1");
}

#[test]
fn what_the_receiver_has_and_the_capture_has_not_is_lost_at_the_end() {
    let rest = [up("P.", (100, 500), b"abc"), down(".", (500, 110), b"")];
    assert_eq!(behind(&rest), ["4 0> 0 abc", "5 0> 3 lost 7"]);
}

#[test]
fn an_acknowledged_fin_that_was_not_captured_is_no_lost_byte() {
    let rest = [up("P.", (100, 500), b"abc"), down(".", (500, 104), b"")];
    assert_eq!(behind(&rest), ["4 0> 0 abc"]);
}

#[test]
fn a_missing_end_in_front_of_a_fin_is_lost_before_it() {
    let rest = [up("P.", (100, 500), b"abc"), up("F.", (105, 500), b"")];
    assert_eq!(behind(&rest), ["4 0> 0 abc", "5 0> 3 lost 2", "5 0> Fin"]);
}

#[test]
fn a_gap_is_lost_as_soon_as_the_end_behind_it_is_acknowledged() {
    let rest = [
        up("P.", (102, 500), b"cd"),
        up("F.", (106, 500), b""),
        down(".", (500, 107), b""),
        down("P.", (500, 107), b"answer"),
    ];
    assert_eq!(
        behind(&rest),
        ["4 0> 0 lost 2", "4 0> 2 cd", "6 0> 4 lost 2", "5 0> Fin", "7 0< 0 answer"]
    );
}

#[test]
fn bytes_that_a_short_snap_length_left_out_are_lost() {
    let rest = [
        up("P.", (100, 500), b"abcdef"),
        up("P.", (106, 500), b"ghijkl"),
        up("F.", (112, 500), b""),
    ];
    let told = told_of(&snapped(DataLink::RAW, &begun(&rest), 20 + 20 + 2), Options::default());
    assert_eq!(
        told[1..6],
        ["4 0> 0 ab", "5 0> 2 lost 4", "5 0> 6 gh", "6 0> 8 lost 4", "6 0> Fin"]
    );
}

#[test]
fn a_packet_that_was_cut_in_its_tcp_options_tells_how_much_is_lost() {
    let mut header = TcpHeader::new(CLIENT, SERVER, 100, 1000);
    header.set_options(&[TcpOptionElement::Timestamp(1, 2)]).unwrap();
    let builder = PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).tcp_header(header);
    let mut packet = Vec::new();
    builder.write(&mut packet, b"abcdef").unwrap();
    let told = told_of(&snapped(DataLink::RAW, &begun(&[packet]), 20 + 20), Options::default());
    assert_eq!(told[1], "4 0> 0 lost 6");
}

#[test]
fn headers_alone_tell_how_much_is_lost() {
    let rest = [up("P.", (100, 500), b"abcdef"), up("F.", (106, 500), b"")];
    let told = told_of(&snapped(DataLink::RAW, &begun(&rest), 20 + 20), Options::default());
    assert_eq!(told[1..3], ["5 0> 0 lost 6", "5 0> Fin"]);
}

#[test]
fn an_old_fin_ends_nothing() {
    let rest =
        [up("P.", (100, 500), b"abc"), up("F.", (101, 500), b""), up("P.", (103, 500), b"d")];
    assert_eq!(behind(&rest), ["4 0> 0 abc", "6 0> 3 d"]);
}

#[test]
fn where_all_hold_too_much_the_acknowledged_part_of_a_gap_is_lost_first() {
    let rest = [down(".", (500, 102), b""), up("P.", (104, 500), &[b'x'; 300])];
    let limits = Limits { held_bytes_in_all: 400, ..Limits::default() };
    let options = Options { server: None, limits };
    let told = told_of(&pcap(DataLink::RAW, &begun(&rest)), options);
    assert_eq!(told[1..3], ["5 0> 0 lost 2", "5 0> 2 lost 2"]);
}

#[test]
fn a_reset_ends_both_directions_and_gives_up_their_gaps() {
    let rest = [
        up("P.", (103, 500), b"def"),
        down("P.", (500, 100), b"x"),
        down("R.", (501, 100), b""),
        up("P.", (106, 500), b"g"),
    ];
    assert_eq!(
        behind(&rest),
        ["5 0< 0 x", "6 0< Reset", "4 0> 0 lost 3", "4 0> 3 def", "6 0> ResetByReceiver"]
    );
}

#[test]
fn a_segment_far_outside_any_window_is_dropped_and_counted() {
    let rest = [up("P.", (100, 500), b"a"), up("P.", (0x8000_0000, 500), b"z")];
    let file = pcap(DataLink::RAW, &begun(&rest));
    let (events, failure, summary) = super::support::read(&file, Options::default());
    assert_eq!((events.len(), failure, summary.out_of_window), (4, None, 1));
}
