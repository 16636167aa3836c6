//! For any bytes, the frames that the search finds match all of them, and the search never panics.

use layout::{Direction, Item, Layout, read};
use learn::{Facts, Piece, Role, Transport, find};
use proptest::prelude::*;

fn piece() -> impl Strategy<Value = Piece> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(
            prop::sample::select(b"\0\x01\x02\x0512 :{}[]\"a,\n\r".to_vec()),
            0..60
        ),
        framed(),
    ];
    bytes.prop_flat_map(|bytes| {
        let len = bytes.len();
        let turns = prop::collection::btree_set(0..=len, 0..3);
        turns.prop_map(move |turns| Piece {
            bytes: bytes.clone(),
            turns: turns.into_iter().collect(),
        })
    })
}

/// Frames with a size, JSON and a body; the data may be cut.
fn framed() -> impl Strategy<Value = Vec<u8>> {
    let body = prop::collection::vec(any::<u8>(), 0..20);
    let frames = prop::collection::vec(body, 1..4);
    (frames, 0_usize..4).prop_map(|(bodies, cut)| {
        let mut bytes = Vec::new();
        for body in bodies {
            let dict = format!("{{\"size\": {}}}", body.len());
            bytes.extend_from_slice(&u16::try_from(dict.len()).unwrap_or(0).to_be_bytes());
            bytes.extend_from_slice(dict.as_bytes());
            bytes.extend_from_slice(&body);
        }
        bytes.truncate(bytes.len() - cut.min(bytes.len()));
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_found_reads_all_of_it(
        said in prop::collection::vec(piece(), 0..5),
        is_datagram: bool,
    ) {
        let transport = if is_datagram { Transport::Datagrams } else { Transport::Stream };
        let Ok(Some(found)) = find(&said, transport, &Facts::default(), Role::Server) else { return Ok(()) };
        let last = found.frames.len() - 1;
        let item = |frame| Item { frame, repeats: frame == last && !is_datagram };
        let items: Vec<Item> = (0..found.frames.len()).map(item).collect();
        let layout = Layout { frames: found.frames, to_server: Vec::new(), to_client: items };
        prop_assert_eq!(layout.problems(), &[]);
        for piece in said.iter().filter(|piece| !piece.bytes.is_empty()) {
            let reading = read(&layout, Direction::ToClient, &piece.bytes, &piece.turns, true);
            prop_assert_eq!(&reading.trouble, &None);
            prop_assert_eq!(&reading.mistakes, &[]);
        }
    }
}
