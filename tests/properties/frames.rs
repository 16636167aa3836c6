//! Frames, against those that CPython makes.

use std::sync::OnceLock;

use frame::{Decoder, Event, Limits, encode_head};
use framecheck::oracle::Oracle;
use framecheck_tests::{python, repository};
use proptest::prelude::*;
use pyjson::Dict;
use serde_json::json;

fn oracle() -> &'static Oracle {
    static ORACLE: OnceLock<Oracle> = OnceLock::new();
    ORACLE.get_or_init(|| Oracle::start_up(&python(), &repository().join("python-ref")).unwrap())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{0,40}", "[\u{0}-\u{ff}]{0,40}"]
}

/// The head of a file's frame as CPython makes it, and the dict that it is made of.
fn file_head(name: &str, desc: &str, size: usize) -> (Vec<u8>, Dict) {
    let dict = json!({"file_name": name, "file_desc": desc, "file_size": size});
    let mut ours = Dict::default();
    ours.insert("file_name", name);
    ours.insert("file_desc", desc);
    ours.insert("file_size", size as u64);
    (oracle().frame_head(&dict).unwrap(), ours)
}

/// All that comes out of `cuts`: the dict and the body.
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

proptest! {
    #[test]
    fn heads_are_cpythons_to_the_byte(name in any_text(), desc in any_text(), size: u32) {
        let (expected, dict) = file_head(&name, &desc, size as usize);
        let head = encode_head(&dict, &Limits::default()).unwrap();
        prop_assert_eq!(head.to_bytes(), expected);
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
