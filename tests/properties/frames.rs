//! Compares frames with those that CPython makes.

use std::sync::OnceLock;

use frame::{Decoder, Event, FrameError, Limits, encode_head};
use framecheck::interpreters;
use framecheck_tests::{python, repository};
use proptest::prelude::*;
use pyjson::Dict;
use serde_json::json;
use tutorials::Oracle;

fn oracle() -> &'static Oracle {
    static ORACLE: OnceLock<Oracle> = OnceLock::new();
    ORACLE.get_or_init(|| {
        let oracle = Oracle::default();
        interpreters::start(&oracle, &python(), &repository().join("python-ref")).unwrap();
        oracle
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{0,40}", "[\u{0}-\u{ff}]{0,40}"]
}

/// The head of a file's frame as CPython makes it, and its dict.
fn file_head(name: &str, desc: &str, size: usize) -> (Vec<u8>, Dict) {
    let dict = json!({"file_name": name, "file_desc": desc, "file_size": size});
    let mut ours = Dict::default();
    ours.insert("file_name", name);
    ours.insert("file_desc", desc);
    ours.insert("file_size", size as u64);
    (oracle().frame_head(&dict).unwrap(), ours)
}

/// Everything that comes out of `cuts`: the dict and the body.
fn decode<'c>(cuts: impl IntoIterator<Item = &'c [u8]>) -> (Option<Dict>, Vec<u8>, bool) {
    let mut decoder = Decoder::new("file_size", Limits::default());
    let (mut dict, mut body, mut ended) = (None, Vec::new(), false);
    for cut in cuts {
        let mut input = cut;
        while let Some(event) = decoder.decode(&mut input).unwrap() {
            match event {
                Event::Head(head) => dict = Some(head.dict),
                Event::Body(bytes) => body.extend_from_slice(bytes),
                Event::End => ended = true,
            }
        }
    }
    decoder.finish().unwrap();
    (dict, body, ended)
}

/// The decoder's result for `cuts`: each head, body and end, and how it ended. A body's bytes
/// count, not its pieces.
fn outcome<'c>(cuts: impl IntoIterator<Item = &'c [u8]>) -> (Vec<String>, Option<FrameError>) {
    let limits = Limits { dict_max_bytes: 200, body_max_bytes: 1000 };
    let mut decoder = Decoder::new("file_size", limits);
    let (mut events, mut body) = (Vec::new(), Vec::new());
    for cut in cuts {
        let mut input = cut;
        loop {
            match decoder.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(Event::Body(bytes))) => body.extend_from_slice(bytes),
                Ok(Some(Event::Head(head))) => events.push(format!("{head:?}")),
                Ok(Some(Event::End)) => events.push(format!("{:?}", std::mem::take(&mut body))),
                Err(error) => return (events, Some(error)),
            }
        }
    }
    events.push(format!("{body:?}"));
    (events, decoder.finish().err())
}

/// Frames that are right, nearly right and wrong, one after another.
fn any_wire() -> impl Strategy<Value = Vec<u8>> {
    let size = prop_oneof![
        4 => (0..30_i64).prop_map(|size| size.to_string()),
        1 => prop::sample::select(vec!["-1", "2.0", "1e3", "true", "\"4\"", "NaN", "null", "1001"])
            .prop_map(str::to_owned),
    ];
    let right = "[ -~]{0,8}".prop_map(|text| json!(text).to_string());
    let dict = (size, right).prop_map(|(size, name)| {
        format!("{{\"file_name\": {name}, \"file_size\": {size}}}").into_bytes()
    });
    let dict = prop_oneof![
        6 => dict,
        1 => prop::sample::select(vec!["[]", "7", "{}", "{", "\u{feff}{}"]).prop_map(|text| text.into()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    let longer = prop_oneof![8 => Just(0_i32), 1 => -300..300_i32];
    let frame = (dict, longer, prop::collection::vec(any::<u8>(), 0..40)).prop_map(
        |(dict, longer, body)| {
            let len = i32::try_from(dict.len()).unwrap() + longer;
            [&frame::header::pack(len)[..], &dict, &body].concat()
        },
    );
    prop::collection::vec(frame, 0..4).prop_map(|frames| frames.concat())
}

proptest! {
    #[test]
    fn any_cut_of_any_bytes_gives_the_same_events_and_the_same_error(
        wire in any_wire(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let expected = outcome([&wire[..]]);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
        places.extend([0, wire.len()]);
        places.sort_unstable();
        let pieces = places.windows(2).map(|pair| &wire[pair[0]..pair[1]]);
        prop_assert_eq!(outcome(pieces), expected.clone());
        prop_assert_eq!(outcome(wire.chunks(1)), expected);
    }

    #[test]
    fn heads_are_cpythons_to_the_byte(name in any_text(), desc in any_text(), size: u32) {
        let (expected, dict) = file_head(&name, &desc, size as usize);
        let head = encode_head(&dict, &Limits::default()).unwrap();
        prop_assert_eq!(head.into_bytes(), expected);
    }

    #[test]
    fn cpythons_frames_decode_to_the_same_at_every_cut(
        name in any_text(),
        desc in any_text(),
        body in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let (mut wire, dict) = file_head(&name, &desc, body.len());
        wire.extend_from_slice(&body);
        let expected = (Some(dict), body, true);
        for at in 0..=wire.len() {
            let (first, second) = wire.split_at(at);
            prop_assert_eq!(decode([first, second]), expected.clone(), "cut at {}", at);
        }
        prop_assert_eq!(decode(wire.chunks(1)), expected);
    }

    #[test]
    fn cpythons_frames_decode_to_the_same_in_any_cuts(
        desc in any_text(),
        body in prop::collection::vec(any::<u8>(), 0..200),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let (mut wire, dict) = file_head("name", &desc, body.len());
        wire.extend_from_slice(&body);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
        places.extend([0, wire.len()]);
        places.sort_unstable();
        let pieces = places.windows(2).map(|pair| &wire[pair[0]..pair[1]]);
        prop_assert_eq!(decode(pieces), (Some(dict), body, true));
    }

    #[test]
    fn no_bytes_make_the_decoder_panic_or_want_more_than_the_limits(
        wire in prop::collection::vec(any::<u8>(), 0..300),
        announced in prop::option::of(0..400_i32),
    ) {
        let mut bytes = announced.map(|len| frame::header::pack(len).to_vec()).unwrap_or_default();
        bytes.extend_from_slice(&wire);
        let mut decoder = Decoder::new("file_size", Limits::default());
        let mut input = &bytes[..];
        while let Ok(Some(_)) = decoder.decode(&mut input) {}
        prop_assert!(decoder.wants() <= Limits::default().body_max_bytes);
        let taken = bytes.len() - input.len();
        prop_assert!(decoder.finish().is_ok() || taken > 0);
    }
}
