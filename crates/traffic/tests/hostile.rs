//! Malicious captures: they cause no panic, and use no more memory than the limits allow.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and its helpers with it"
)]

use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};

use etherparse::{IpFragOffset, IpHeaders, IpNumber, Ipv4Header, PacketBuilder, TcpHeader};
use peak_alloc::PeakAlloc;
use proptest::prelude::*;
use traffic::{CaptureError, Limits, Options, Summary, Traffic};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The memory limit for any capture with the default limits, in bytes.
const MEMORY_MAX_BYTES: usize = 24 << 20;
/// The tests share an allocator, so they take turns: the memory of one must not count for another.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

const LO: &[u8] = include_bytes!("captures/lo.pcap");
const COOKED_V2: &[u8] = include_bytes!("captures/any-cooked-v2.pcap");

/// Reads everything, event by event, and measures the memory.
fn read(input: impl Read, options: Options) -> (Summary, Option<CaptureError>) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let mut failure = None;
    let summary = match Traffic::new(input, options) {
        Ok(mut traffic) => {
            failure = traffic.by_ref().find_map(Result::err);
            traffic.summary()
        }
        Err(error) => {
            failure.get_or_insert(error);
            Summary::default()
        }
    };
    let took = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(took < MEMORY_MAX_BYTES, "{took} bytes of memory, {summary:?}");
    (summary, failure)
}

/// A capture of raw IP packets that are generated while it is read.
struct Endless<F> {
    make: F,
    left: u32,
    nth: u32,
    ready: Vec<u8>,
    given: usize,
}

impl<F: FnMut(u32) -> Vec<u8>> Endless<F> {
    fn new(count: u32, make: F) -> Self {
        let mut ready = 0xA1B2_C3D4_u32.to_le_bytes().to_vec();
        ready.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0]);
        Self { make, left: count, nth: 0, ready, given: 0 }
    }
}

impl<F: FnMut(u32) -> Vec<u8>> Read for Endless<F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.given == self.ready.len() && self.left > 0 {
            let packet = (self.make)(self.nth);
            let length = u32::try_from(packet.len()).unwrap().to_le_bytes();
            self.ready.clear();
            self.ready.extend([0; 8]);
            self.ready.extend([length, length].concat());
            self.ready.extend(packet);
            (self.given, self.left, self.nth) = (0, self.left - 1, self.nth + 1);
        }
        let rest = &self.ready[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

/// A segment of the client with this number to the one server.
fn segment(client: u32, sequence: u32, is_syn: bool, payload: &[u8]) -> Vec<u8> {
    let [high, middle, port @ ..] = client.to_be_bytes();
    let mut header = TcpHeader::new(u16::from_be_bytes(port), 9000, sequence, 1000);
    header.syn = is_syn;
    let builder = PacketBuilder::ipv4([10, 1, high, middle], [10, 0, 0, 2], 64).tcp_header(header);
    let mut packet = Vec::new();
    builder.write(&mut packet, payload).unwrap();
    packet
}

#[test]
fn connections_without_end_take_no_more_memory_than_the_limit_of_them() {
    let _turn = turn();
    let flood = Endless::new(300_000, |nth| segment(nth, 1, true, b""));
    let (summary, failure) = read(flood, Options::default());
    assert_eq!((summary.packets, summary.connections, failure), (300_000, 300_000, None));
    assert_eq!(
        summary.ended_early,
        300_000 - u64::try_from(Limits::default().connections).unwrap()
    );
}

#[test]
fn gaps_on_all_connections_take_no_more_memory_than_the_limit_of_all() {
    let _turn = turn();
    let payload = [7; 1200];
    let flood = Endless::new(200_000, |nth| {
        let (client, round) = (nth % 5000, nth / 5000);
        segment(client, round * 2000, round == 0, &payload)
    });
    let (summary, failure) = read(flood, Options::default());
    assert_eq!((summary.connections, failure), (5000, None));
}

#[test]
fn single_bytes_with_a_gap_before_each_take_no_more_memory_than_the_limit_of_one() {
    let _turn = turn();
    let flood = Endless::new(200_000, |nth| segment(1, nth * 2, nth == 0, b"x"));
    let (summary, failure) = read(flood, Options::default());
    assert_eq!((summary.connections, failure), (1, None));
}

#[test]
fn single_bytes_with_gaps_on_all_connections_take_no_more_memory_than_the_limit_of_all() {
    let _turn = turn();
    let flood = Endless::new(400_000, |nth| {
        let (client, round) = (nth % 200, nth / 200);
        segment(client, round * 2, round == 0, b"x")
    });
    let (summary, failure) = read(flood, Options::default());
    assert_eq!((summary.connections, failure), (200, None));
}

#[test]
fn fragments_that_never_become_a_packet_are_forgotten() {
    let _turn = turn();
    let flood = Endless::new(50_000, |nth| {
        let [_, _, identification @ ..] = nth.to_be_bytes();
        let header = Ipv4Header {
            identification: u16::from_be_bytes(identification),
            more_fragments: false,
            fragment_offset: IpFragOffset::try_new(8000).unwrap(),
            source: [10, 0, 0, 1],
            destination: [10, 0, 0, 2],
            time_to_live: 64,
            ..Ipv4Header::default()
        };
        let mut packet = Vec::new();
        let builder = PacketBuilder::ip(IpHeaders::Ipv4(header, Default::default()));
        builder.write(&mut packet, IpNumber::UDP, &[0; 64]).unwrap();
        packet
    });
    let (summary, failure) = read(flood, Options::default());
    assert_eq!((summary.fragments, summary.connections, failure), (50_000, 0, None));
}

/// A section of pcapng with a raw IP interface.
const SECTION: [u8; 28 + 20] = [
    0x0A, 0x0D, 0x0D, 0x0A, 28, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0, 255, 255, 255, 255,
    255, 255, 255, 255, 28, 0, 0, 0, // The section's header, then its interface.
    1, 0, 0, 0, 20, 0, 0, 0, 101, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0,
];

#[test]
fn a_length_that_the_file_does_not_have_takes_no_memory() {
    let _turn = turn();
    for kind in [0_u8, 1, 3, 6, 11] {
        let head = [kind, 0, 0, 0, 0xFC, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4];
        let (_, failure) = read(&[&SECTION[..], &head].concat()[..], Options::default());
        // A damaged record with a packet is an error; a damaged record without one is skipped, and the file
        // ends inside it.
        assert_eq!(failure.is_some(), [1, 3, 6].contains(&kind));
    }
}

#[test]
fn interfaces_without_end_are_damage() {
    let _turn = turn();
    let (section, interface) = SECTION.split_at(28);
    let file = [section, &interface.repeat(500_000)].concat();
    let (_, failure) = read(&file[..], Options::default());
    assert!(matches!(failure, Some(CaptureError::Damaged { .. })), "{failure:?}");
}

/// The start of a file of each kind.
fn starts() -> impl Strategy<Value = Vec<u8>> {
    let link = prop_oneof![Just(0_u8), Just(1), Just(101), Just(113), Just(228)];
    prop_oneof![
        Just(SECTION.to_vec()),
        link.prop_map(|link| {
            let mut header = LO[..24].to_vec();
            header[20] = link;
            header
        }),
        Just(COOKED_V2[..24].to_vec()),
        Just(Vec::new()),
    ]
}

/// Records of random bytes with valid lengths.
fn records(is_ng: bool) -> impl Strategy<Value = Vec<u8>> {
    let record = proptest::collection::vec(any::<u8>(), 0..120).prop_map(move |mut bytes| {
        if let Some(first) = bytes.first_mut() {
            // Mostly IP.
            *first = if *first < 128 { 0x45 } else { 0x60 };
        }
        if let Some(protocol) = bytes.get_mut(9) {
            *protocol = if *protocol < 128 { 6 } else { 17 };
        }
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        if !is_ng {
            return [&[0; 8][..], &length, &length, &bytes].concat();
        }
        let block = u32::try_from(bytes.len() + 32).unwrap().to_le_bytes();
        [&[6, 0, 0, 0][..], &block, &[0; 12], &length, &length, &bytes, &block].concat()
    });
    proptest::collection::vec(record, 0..20).prop_map(|records| records.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn random_bytes_never_panic(
        start in starts(),
        rest in proptest::collection::vec(any::<u8>(), 0..2000),
    ) {
        let _turn = turn();
        read(&[start, rest].concat()[..], Options::default());
    }

    #[test]
    fn random_packets_never_panic(
        (start, rest) in starts().prop_flat_map(|start| {
            let is_ng = start.starts_with(&SECTION[..4]);
            (Just(start), records(is_ng))
        }),
    ) {
        let _turn = turn();
        read(&[start, rest].concat()[..], Options::default());
    }

    #[test]
    fn real_captures_with_changed_bytes_never_panic(
        is_cooked in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        length in any::<prop::sample::Index>(),
    ) {
        let _turn = turn();
        let mut file = if is_cooked { COOKED_V2.to_vec() } else { LO.to_vec() };
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file.truncate(length.index(file.len()) + 1);
        read(&file[..], Options::default());
    }

    #[test]
    fn any_limits_are_kept_without_a_panic(
        connections in 0_usize..4,
        held_bytes in 0_usize..3000,
        held_bytes_in_all in 0_usize..3000,
        patience_packets in 0_u64..5,
        packets in proptest::collection::vec((0_u32..5, 0_u32..3000, any::<bool>(), 0_usize..300), 0..100),
    ) {
        let _turn = turn();
        let limits = Limits { connections, held_bytes, held_bytes_in_all, patience_packets };
        let count = u32::try_from(packets.len()).unwrap();
        let mut packets = packets.into_iter();
        let file = Endless::new(count, |_| {
            let (client, sequence, is_syn, length) = packets.next().unwrap();
            segment(client, sequence, is_syn, &vec![7; length])
        });
        let (summary, failure) = read(file, Options { server: None, limits });
        prop_assert_eq!((summary.packets, failure), (u64::from(count), None));
    }
}
