//! Captures of a real exchange, made with tcpdump. captures/README.md says how they were made.

use std::time::Duration;

use super::support::{read, told_of};
use traffic::{Options, Transport, What};

const LO: &[u8] = include_bytes!("../captures/lo.pcap");
const LO_V6: &[u8] = include_bytes!("../captures/lo-v6-nanoseconds.pcap");
const COOKED_V1: &[u8] = include_bytes!("../captures/any-cooked-v1.pcap");
const COOKED_V2: &[u8] = include_bytes!("../captures/any-cooked-v2.pcap");

/// The data of the two programs as tshark shows them, without addresses and packets.
const SAID: [&str; 27] = [
    "0> open",
    "0> 0 hello 0\n",
    "0< 0 hello 0\n",
    "0> 8 hello 1\n",
    "0< 8 hello 1\n",
    "0> 16 hello 2\n",
    "0< 16 hello 2\n",
    "0> Fin",
    "0< Fin",
    "1> open",
    "1> 0 a second client 0\n",
    "1< 0 a second client 0\n",
    "1> 18 a second client 1\n",
    "1< 18 a second client 1\n",
    "1> 36 a second client 2\n",
    "1< 36 a second client 2\n",
    "1> Fin",
    "1< Fin",
    "2> open",
    "2> =one",
    "2< =ONE",
    "2> =two",
    "2< =TWO",
    "2> =",
    "2< =",
    "3> open",
    "3> 0 reset me\n",
];

#[test]
fn each_real_capture_gives_what_the_programs_said() {
    for file in [LO, LO_V6, COOKED_V1, COOKED_V2] {
        let told = told_of(file, Options::default());
        let said: Vec<&str> = told
            .iter()
            .map(|line| {
                let line = line.split_once(' ').unwrap().1;
                if line.contains("open") { &line[..7] } else { line }
            })
            .collect();
        assert_eq!(said[..SAID.len()], SAID);
        assert_eq!(
            said[SAID.len()..],
            [
                "3< 0 reset me\n",
                "3> Reset",
                "3< ResetByReceiver",
                "2> CaptureEnds",
                "2< CaptureEnds"
            ]
        );
    }
}

#[test]
fn packets_addresses_and_times_are_those_that_tshark_shows() {
    let (events, _, summary) = read(LO, Options::default());
    let open = &events[0];
    let What::Open { transport, client, server, seen_from_start } = open.what else { panic!() };
    assert_eq!((transport, seen_from_start), (Transport::Tcp, true));
    assert_eq!(client.to_string(), "127.0.0.1:35402");
    assert_eq!(server.to_string(), "127.0.0.1:9000");
    let since_open: Vec<(u64, Option<Duration>)> = events[..4]
        .iter()
        .map(|event| (event.packet, event.time.zip(open.time).map(|(here, first)| here - first)))
        .collect();
    let micros = |micros| Some(Duration::from_micros(micros));
    assert_eq!(since_open, [(1, micros(0)), (4, micros(82)), (6, micros(239)), (8, micros(277))]);
    assert_eq!((summary.packets, summary.connections, summary.other), (42, 4, 0));
    assert_eq!(summary.cut_short, None);
}

#[test]
fn a_server_that_is_asked_for_leaves_the_others_out() {
    let options = Options { server: Some("127.0.0.1:9001".parse().unwrap()), ..Options::default() };
    let (events, _, summary) = read(LO, options);
    assert!(events.iter().all(|event| event.connection == 0));
    assert_eq!(events.len(), 9);
    assert_eq!((summary.connections, summary.filtered), (1, 36));
}
