//! Which packets belong to one connection, which side is the client, and how many connections are kept.

use pcap_file::DataLink;
use traffic::{Limits, Options};

use super::support::{CLIENT, SERVER, down, pcap, read, tcp, told, told_of, up};

#[test]
fn packets_that_come_twice_are_one_connection() {
    let once = [
        up("S", (99, 0), b""),
        down("S.", (499, 100), b""),
        up(".", (100, 500), b""),
        up("P.", (100, 500), b"ask"),
        up("F.", (103, 500), b""),
        down("F.", (500, 104), b""),
        up(".", (104, 501), b""),
    ];
    let twice: Vec<_> = once.iter().flat_map(|packet| [packet.clone(), packet.clone()]).collect();
    assert_eq!(
        told(&twice),
        ["1 0> open 10.0.0.1:50000 10.0.0.2:9000", "7 0> 0 ask", "9 0> Fin", "11 0< Fin"]
    );
}

#[test]
fn a_syn_after_the_end_begins_a_new_connection_even_with_the_same_numbers() {
    let one = [
        up("S", (99, 0), b""),
        down("S.", (499, 100), b""),
        up("P.", (100, 500), b"ask"),
        up("F.", (103, 500), b""),
        down("F.", (500, 104), b""),
    ];
    let told = told(&[one.clone(), one].concat());
    assert_eq!(told[4], "6 1> open 10.0.0.1:50000 10.0.0.2:9000");
    assert_eq!(told[5..], ["8 1> 0 ask", "9 1> Fin", "10 1< Fin"]);
}

#[test]
fn a_syn_with_another_number_replaces_a_connection_whose_end_is_missing() {
    let packets = [up("S", (99, 0), b""), up(".", (100, 1), b"a"), up("S", (5000, 0), b"")];
    assert_eq!(told(&packets)[2..5], ["3 0> Replaced", "3 0< 0 lost ?", "3 0< Replaced"]);
}

#[test]
fn a_server_without_a_captured_syn_may_have_sent_more() {
    let packets = [up("S", (99, 0), b""), up(".", (100, 500), b""), down("P.", (500, 100), b"hi")];
    assert_eq!(told(&packets)[1..3], ["3 0< 0 lost ?", "3 0< 0 hi"]);
}

#[test]
fn a_refused_connection_ends_with_the_servers_reset() {
    let packets = [up("S", (99, 0), b""), down("R.", (0, 100), b"")];
    assert_eq!(told(&packets)[1..], ["2 0< Reset", "2 0> ResetByReceiver"]);
}

#[test]
fn the_answer_to_a_syn_tells_who_is_the_server() {
    let packets = [down("S.", (499, 100), b""), up("P.", (100, 500), b"ask")];
    assert_eq!(told(&packets)[..2], ["1 0< open 10.0.0.1:50000 10.0.0.2:9000", "2 0> 0 ask"]);
}

#[test]
fn who_speaks_first_is_the_client_unless_it_has_the_servers_port() {
    let packets = [down("P.", (500, 100), b"welcome"), up("P.", (100, 507), b"thanks")];
    assert_eq!(told(&packets)[0], "1 0> mid-stream 10.0.0.2:9000 10.0.0.1:50000");
    let options = Options { server: Some("9000".parse().unwrap()), ..Options::default() };
    let told = told_of(&pcap(DataLink::RAW, &packets), options);
    assert_eq!(told[0], "1 0< mid-stream 10.0.0.1:50000 10.0.0.2:9000");
}

#[test]
fn a_client_at_the_servers_port_is_left_out() {
    let packets =
        [tcp(SERVER, CLIENT, "S", (99, 0), b""), tcp(SERVER, CLIENT, "P.", (100, 0), b"ask")];
    let options = Options { server: Some("9000".parse().unwrap()), ..Options::default() };
    assert!(told_of(&pcap(DataLink::RAW, &packets), options).is_empty());
}

#[test]
fn what_is_left_of_an_ended_connection_opens_nothing() {
    let packets = [up("F.", (100, 500), b""), down(".", (500, 101), b""), down("R", (500, 0), b"")];
    assert!(told(&packets).is_empty());
}

#[test]
fn behind_an_end_a_late_segment_is_ignored_and_a_distant_one_begins_a_connection() {
    let ended = [
        up("S", (99, 0), b""),
        down("S.", (499, 100), b""),
        up("P.", (100, 500), b"ask"),
        down("R.", (500, 103), b""),
    ];
    let more =
        [up("P.", (100, 500), b"ask"), up("P.", (103, 500), b"on"), up(".", (103, 500), b"")];
    assert_eq!(told(&[&ended[..], &more].concat()).len(), 4);
    let distant = [up("P.", (0x1000_0000, 7), b"new")];
    let told = told(&[&ended[..], &distant].concat());
    assert_eq!(told[4..6], ["5 1> mid-stream 10.0.0.1:50000 10.0.0.2:9000", "5 1> 0 new"]);
}

#[test]
fn a_connection_that_nobody_asked_for_is_forgotten_without_a_word() {
    let foreign = |port| tcp(SERVER, port, "S", (99, 0), b"");
    let file = pcap(DataLink::RAW, &[foreign(1), foreign(2), foreign(3)]);
    let limits = Limits { connections: 1, ..Limits::default() };
    let options = Options { server: Some("9000".parse().unwrap()), limits };
    let (events, _, summary) = read(&file, options);
    assert_eq!((events.len(), summary.connections, summary.ended_early), (0, 0, 0));
}

#[test]
fn beyond_the_limit_the_longest_idle_connection_ends_early_and_comes_back_mid_stream() {
    let begin = |port| tcp(port, SERVER, "S", (99, 0), b"");
    let say = |port| tcp(port, SERVER, "P.", (100, 0), b"x");
    let packets = [begin(1), begin(2), say(1), begin(3), say(2)];
    let options =
        Options { limits: Limits { connections: 2, ..Limits::default() }, ..Options::default() };
    let file = pcap(DataLink::RAW, &packets);
    let told = told_of(&file, options.clone());
    assert_eq!(told[4..6], ["4 1> TooMany", "4 1< TooMany"]);
    assert_eq!(told[6], "5 3> mid-stream 10.0.0.1:2 10.0.0.2:9000");
    assert_eq!(read(&file, options).2.ended_early, 2);
}

#[test]
fn connections_that_have_ended_are_forgotten_first() {
    let mut packets = vec![tcp(1, SERVER, "S", (99, 0), b"")];
    for port in 2..100 {
        packets.push(tcp(port, SERVER, "S", (99, 0), b""));
        packets.push(tcp(SERVER, port, "R.", (0, 100), b""));
    }
    let options =
        Options { limits: Limits { connections: 2, ..Limits::default() }, ..Options::default() };
    let (_, _, summary) = read(&pcap(DataLink::RAW, &packets), options);
    assert_eq!((summary.connections, summary.ended_early), (99, 0));
}

#[test]
fn when_all_hold_too_much_the_longest_idle_give_up_their_gaps() {
    let mut packets = Vec::new();
    for port in 1..=10 {
        packets.push(tcp(port, SERVER, "S", (99, 0), b""));
        packets.push(tcp(port, SERVER, "P.", (101, 0), &[b'x'; 1000]));
    }
    let limits = Limits { held_bytes_in_all: 8000, ..Limits::default() };
    let told = told_of(&pcap(DataLink::RAW, &packets), Options { server: None, limits });
    let at = |line: &str| told.iter().position(|told| told == line).unwrap();
    // The seventh exceeds the limit, so four are given up at once, before the eighth comes.
    assert!(at("2 0> 0 lost 1") < at("8 3> 0 lost 1"));
    assert!(at("8 3> 0 lost 1") < at("15 7> open 10.0.0.1:8 10.0.0.2:9000"));
    assert!(at("15 7> open 10.0.0.1:8 10.0.0.2:9000") < at("10 4> 0 lost 1"));
}
