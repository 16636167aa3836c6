//! Any stream, divided and reordered in any way, is delivered unchanged, or without exactly the lost bytes.

use pcap_file::DataLink;
use proptest::prelude::*;
use traffic::{Direction, End, Event, Limits, Options, Server, What};

use super::support::{down, pcap, read, up};

/// The client's first sequence number, often close to where the numbers wrap around.
fn first_number() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), u32::MAX - 2000..=u32::MAX, Just(0)]
}

/// A way to send a stream.
#[derive(Debug, Clone)]
struct Plan {
    stream: Vec<u8>,
    first: u32,
    /// For each segment: its length, and how many bytes before it are sent again with it.
    cuts: Vec<(usize, usize)>,
    /// For each segment: how often it arrives (0 is not captured), and how far it is delayed.
    fates: Vec<(u8, usize)>,
    is_finished: bool,
}

fn plan(least: u8) -> impl Strategy<Value = Plan> {
    (
        proptest::collection::vec(any::<u8>(), 1..4000),
        first_number(),
        proptest::collection::vec((1_usize..200, 0_usize..100), 1..60),
        proptest::collection::vec((least..3, 0_usize..12), 60),
        any::<bool>(),
    )
        .prop_map(|(stream, first, cuts, fates, is_finished)| Plan {
            stream,
            first,
            cuts,
            fates,
            is_finished,
        })
}

impl Plan {
    /// The segments as start and end offsets. They cover the whole stream.
    fn segments(&self) -> Vec<(usize, usize)> {
        let (mut segments, mut at) = (Vec::new(), 0);
        for (length, again) in self.cuts.iter().cycle() {
            if at == self.stream.len() {
                break;
            }
            let end = (at + length).min(self.stream.len());
            // This makes the number of segments equal to the number of fates.
            let end = if segments.len() + 1 == self.fates.len() { self.stream.len() } else { end };
            segments.push((at.saturating_sub(*again), end));
            at = end;
        }
        segments
    }

    /// The capture, and which bytes of the stream it has.
    fn play(&self) -> (Vec<Vec<u8>>, Vec<bool>) {
        let mut has = vec![false; self.stream.len()];
        let number =
            |at: usize| self.first.wrapping_add(1).wrapping_add(u32::try_from(at).unwrap());
        let mut sent: Vec<(usize, Vec<u8>)> = Vec::new();
        for (nth, ((start, end), (times, later))) in
            self.segments().iter().zip(&self.fates).enumerate()
        {
            for copy in 0..usize::from(*times) {
                let segment = up("P.", (number(*start), 1), &self.stream[*start..*end]);
                sent.push((nth + later * (copy + 1), segment));
                has[*start..*end].fill(true);
            }
        }
        sent.sort_by_key(|(when, _)| *when);
        let mut packets = vec![up("S", (self.first, 0), b""), down("S.", (0, number(0)), b"")];
        packets.extend(sent.into_iter().map(|(_, segment)| segment));
        let end = number(self.stream.len());
        if self.is_finished {
            packets.push(up("F.", (end, 1), b""));
            packets.push(down(".", (1, end.wrapping_add(1)), b""));
        } else {
            packets.push(down(".", (1, end), b""));
        }
        (packets, has)
    }
}

/// The stream to the server according to the events: `None` for each lost byte. Offsets must be consecutive.
fn told(events: &[Event], packets: &[Vec<u8>]) -> (Vec<Option<u8>>, End) {
    let (mut stream, mut end) = (Vec::new(), None);
    for event in events.iter().filter(|event| event.direction == Direction::ToServer) {
        assert_eq!(end, None, "an end is the last event");
        match &event.what {
            What::Open { .. } => {}
            What::Bytes { offset, payload_offset, data } => {
                assert_eq!(usize::try_from(*offset).unwrap(), stream.len());
                let packet = &packets[usize::try_from(event.packet).unwrap() - 1];
                assert_eq!(&packet[40 + payload_offset..][..data.len()], data);
                stream.extend(data.iter().copied().map(Some));
            }
            What::Lost { offset, count } => {
                assert_eq!(usize::try_from(*offset).unwrap(), stream.len());
                let count = usize::try_from(count.unwrap()).unwrap();
                stream.extend(std::iter::repeat_n(None, count));
            }
            What::End(why) => end = Some(*why),
            What::Datagram { .. } => panic!("no datagram was sent"),
        }
    }
    (stream, end.unwrap())
}

fn check(plan: &Plan, limits: Limits) -> Result<(), TestCaseError> {
    let (packets, has) = plan.play();
    let server = Some(Server { ip: None, port: Some(9000) });
    let file = pcap(DataLink::RAW, &packets);
    let (events, failure, summary) = read(&file, Options { server, limits });
    prop_assert_eq!(failure, None);
    prop_assert_eq!((summary.connections, summary.out_of_window), (1, 0));
    let (stream, end) = told(&events, &packets);
    let mut expected: Vec<Option<u8>> =
        plan.stream.iter().zip(&has).map(|(byte, has)| has.then_some(*byte)).collect();
    // Without the FIN, a last byte that was acknowledged and not captured may be the FIN.
    let tail = has.iter().rev().take_while(|has| !**has).count();
    if tail == 1 && !plan.is_finished {
        expected.pop();
    }
    prop_assert_eq!(stream, expected);
    let expected_end = if plan.is_finished { End::Fin } else { End::CaptureEnds };
    prop_assert_eq!(end, expected_end);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_stream_that_was_captured_whole_comes_out_whole(plan in plan(1)) {
        check(&plan, Limits::default())?;
    }

    #[test]
    fn a_stream_with_losses_comes_out_with_exactly_those(plan in plan(0)) {
        check(&plan, Limits::default())?;
    }

    #[test]
    fn little_patience_and_room_lose_bytes_and_never_move_or_change_one(
        plan in plan(0),
        patience_packets in 0_u64..4,
        held_bytes in 0_usize..2000,
    ) {
        let (packets, has) = plan.play();
        let limits = Limits { patience_packets, held_bytes, ..Limits::default() };
        let (events, _, _) = read(&pcap(DataLink::RAW, &packets), Options { server: None, limits });
        let (stream, _) = told(&events, &packets);
        for ((byte, has), right) in stream.iter().zip(&has).zip(&plan.stream) {
            prop_assert!(byte.is_none_or(|byte| *has && byte == *right));
        }
        let known = has.iter().rposition(|has| *has).map_or(0, |last| last + 1);
        prop_assert!((known..=plan.stream.len()).contains(&stream.len()));
    }
}
