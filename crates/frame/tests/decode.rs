//! Tests the decoder over the ways in which bytes can come and be wrong.
//!
//! CPython 3.11 printed the frames here on a little-endian machine. `wire` puts the header into
//! this machine's byte order.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

use frame::{Decoder, Event, FrameError, Head, Limits, Part, encode_head, header};
use pyjson::Value;

/// `json.dumps` of the tutorial's own dict, of a command's, and of one with every kind of escape.
const FILE: &str = r#"{"file_name": "xyyyhtl.txt", "file_desc": "what fuck", "file_size": 5}"#;
const COMMAND: &str = r#"{"data_size": 3}"#;
const ESCAPED: &str =
    r#"{"file_name": "\u5b66\u4e60\ud83d\ude00\u007f\"", "file_desc": "", "file_size": 2}"#;

fn wire(dict: &str, body: &[u8]) -> Vec<u8> {
    let len = i32::try_from(dict.len()).unwrap();
    [&header::pack(len)[..], dict.as_bytes(), body].concat()
}

/// The events, without the division of the body.
#[derive(Debug, PartialEq)]
enum Seen {
    Head(Head),
    Body(Vec<u8>),
    End,
}

/// Feeds `cuts` one after another and collects the events, up to an error or the end.
fn feed<'c>(
    decoder: &mut Decoder,
    cuts: impl IntoIterator<Item = &'c [u8]>,
) -> (Vec<Seen>, Result<(), FrameError>) {
    let mut seen = Vec::new();
    for cut in cuts {
        let mut input = cut;
        loop {
            match decoder.decode(&mut input) {
                Ok(None) => {
                    assert!(input.is_empty(), "asked for more with {} bytes left", input.len());
                    break;
                }
                Ok(Some(Event::Head(head))) => seen.push(Seen::Head(head)),
                Ok(Some(Event::Body(bytes))) => {
                    assert!(!bytes.is_empty());
                    match seen.last_mut() {
                        Some(Seen::Body(body)) => body.extend_from_slice(bytes),
                        _ => seen.push(Seen::Body(bytes.to_vec())),
                    }
                }
                Ok(Some(Event::End)) => seen.push(Seen::End),
                Err(error) => return (seen, Err(error)),
            }
        }
    }
    let end = decoder.finish();
    (seen, end)
}

fn decode(key: &str, limits: Limits, bytes: &[u8]) -> Result<(), FrameError> {
    feed(&mut Decoder::new(key, limits), [bytes]).1
}

fn head_of(text: &str, key: &str) -> Head {
    let dict = pyjson::loads(text).unwrap().into_dict().unwrap();
    let body_len = dict.get(key).and_then(Value::as_u64).unwrap();
    Head { dict, dict_len: u32::try_from(text.len()).unwrap(), body_len }
}

#[test]
fn every_two_cuts_of_a_frame_give_the_same_events() {
    for (text, key, body) in [
        (FILE, "file_size", &b"hello"[..]),
        (COMMAND, "data_size", b"abc"),
        (ESCAPED, "file_size", b"\0\xff"),
    ] {
        let bytes = wire(text, body);
        let expected = [Seen::Head(head_of(text, key)), Seen::Body(body.to_vec()), Seen::End];
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let cuts = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                let (seen, end) = feed(&mut Decoder::new(key, Limits::default()), cuts);
                assert_eq!(seen, expected, "cut at {first} and {second}");
                assert_eq!(end, Ok(()));
            }
        }
    }
}

#[test]
fn frames_byte_by_byte_and_stuck_together_are_the_same_frames() {
    let mut bytes = wire(COMMAND, b"one");
    bytes.extend(wire(r#"{"data_size": 0}"#, b""));
    bytes.extend(wire(COMMAND, b"two"));
    let expected = [
        Seen::Head(head_of(COMMAND, "data_size")),
        Seen::Body(b"one".to_vec()),
        Seen::End,
        Seen::Head(head_of(r#"{"data_size": 0}"#, "data_size")),
        Seen::End,
        Seen::Head(head_of(COMMAND, "data_size")),
        Seen::Body(b"two".to_vec()),
        Seen::End,
    ];
    for size in [1, 2, 3, 7, bytes.len()] {
        let (seen, end) =
            feed(&mut Decoder::new("data_size", Limits::default()), bytes.chunks(size));
        assert_eq!(seen, expected, "{size} bytes at a time");
        assert_eq!(end, Ok(()));
    }
}

#[test]
fn every_place_to_end_too_early_is_named() {
    let bytes = wire(COMMAND, b"abc");
    for len in 1..bytes.len() {
        let (part, start, expected) = match len {
            1..4 => (Part::Header, 0, 4),
            4..20 => (Part::Dict, 4, 16),
            _ => (Part::Body, 20, 3),
        };
        let offset = len as u64;
        let error = FrameError::UnexpectedEnd { part, offset, expected, found: offset - start };
        let decoded = decode("data_size", Limits::default(), &bytes[..len]);
        assert_eq!(decoded, Err(error), "{len} bytes");
    }
    assert_eq!(decode("data_size", Limits::default(), b""), Ok(()));
}

#[test]
fn announced_lengths_are_refused_before_anything_is_taken() {
    let limits = Limits { dict_max_bytes: 100, body_max_bytes: 1000 };
    for (len, error) in [
        (-1, FrameError::NegativeLength { found: -1 }),
        (i32::MIN, FrameError::NegativeLength { found: i32::MIN }),
        (101, FrameError::DictTooLong { found: 101, limit: 100 }),
        (i32::MAX, FrameError::DictTooLong { found: i32::MAX.unsigned_abs(), limit: 100 }),
    ] {
        assert_eq!(decode("data_size", limits.clone(), &header::pack(len)), Err(error));
    }
}

#[test]
fn exactly_the_longest_dict_and_body_are_taken() {
    let limits = Limits { dict_max_bytes: 16, body_max_bytes: 3 };
    assert_eq!(decode("data_size", limits.clone(), &wire(COMMAND, b"abc")), Ok(()));
    let longer = wire(r#"{"data_size": 4}"#, b"abcd");
    let error = FrameError::BodyTooLong { key: "data_size".into(), found: "4".into(), limit: 3 };
    assert_eq!(decode("data_size", limits, &longer), Err(error));
}

#[test]
fn dicts_that_give_no_size_are_refused_for_what_they_are() {
    let key = || "data_size".to_owned();
    let type_error = |found| FrameError::SizeNotAnInt { key: key(), found };
    for (text, error) in [
        ("[]", FrameError::NotADict { found: "list" }),
        ("3", FrameError::NotADict { found: "int" }),
        ("null", FrameError::NotADict { found: "NoneType" }),
        ("{}", FrameError::NoSize { key: key() }),
        (r#"{"file_size": 3}"#, FrameError::NoSize { key: key() }),
        (r#"{"data_size": 3.0}"#, type_error("float")),
        (r#"{"data_size": "3"}"#, type_error("str")),
        (r#"{"data_size": true}"#, type_error("bool")),
        (r#"{"data_size": null}"#, type_error("NoneType")),
        (r#"{"data_size": NaN}"#, type_error("float")),
        (r#"{"data_size": -1}"#, FrameError::NegativeSize { key: key(), found: "-1".into() }),
    ] {
        assert_eq!(decode("data_size", Limits::default(), &wire(text, b"")), Err(error), "{text}");
    }
    let astronomical = format!("{{\"data_size\": 1{}}}", "0".repeat(60));
    let refused = decode("data_size", Limits::default(), &wire(&astronomical, b""));
    assert!(matches!(refused, Err(FrameError::BodyTooLong { .. })), "{refused:?}");
}

#[test]
fn text_that_is_no_json_is_refused_in_cpythons_words() {
    for (text, message) in [
        (&b""[..], "Expecting value: line 1 column 1 (char 0)"),
        (b"{\"data_size\": }", "Expecting value: line 1 column 15 (char 14)"),
        (b"{\"data_size\": 1} x", "Extra data: line 1 column 18 (char 17)"),
    ] {
        let bytes = [&header::pack(i32::try_from(text.len()).unwrap())[..], text].concat();
        let error = decode("data_size", Limits::default(), &bytes).unwrap_err();
        assert_eq!(error.to_string(), format!("dict at byte 4 is not JSON: {message}"));
    }
}

#[test]
fn the_last_of_duplicate_keys_gives_the_size() {
    let text = r#"{"data_size": 9, "data_size": 2}"#;
    assert_eq!(decode("data_size", Limits::default(), &wire(text, b"ok")), Ok(()));
}

#[test]
fn after_an_error_every_call_answers_that_error() {
    let mut decoder = Decoder::new("data_size", Limits::default());
    let error = FrameError::NegativeLength { found: -1 };
    assert_eq!(decoder.decode(&mut &header::pack(-1)[..]), Err(error.clone()));
    assert_eq!(decoder.decode(&mut &wire(COMMAND, b"abc")[..]), Err(error.clone()));
    assert_eq!(decoder.wants(), 0);
    assert_eq!(decoder.finish(), Err(error));
}

#[test]
fn wants_never_reaches_into_the_next_frame() {
    let bytes = wire(COMMAND, b"abc");
    let mut decoder = Decoder::new("data_size", Limits::default());
    let mut at = 0;
    while at < bytes.len() {
        let wants = usize::try_from(decoder.wants()).unwrap();
        assert!(wants > 0 && at + wants <= bytes.len());
        let mut input = &bytes[at..at + wants.div_ceil(2)];
        at += input.len();
        while decoder.decode(&mut input).unwrap().is_some() {}
    }
    assert!(decoder.is_between_frames());
}

#[test]
fn encoded_heads_are_cpythons() {
    for (text, body) in [(FILE, &b"hello"[..]), (COMMAND, b"abc"), (ESCAPED, b"ok")] {
        let dict = pyjson::loads(text).unwrap().into_dict().unwrap();
        let head = encode_head(&dict, &Limits::default()).unwrap();
        assert_eq!([head.as_bytes(), body].concat(), wire(text, body));
    }
}

#[test]
fn a_dict_over_the_limit_is_not_encoded() {
    let dict = pyjson::loads(COMMAND).unwrap().into_dict().unwrap();
    let limit = |dict_max_bytes| Limits { dict_max_bytes, ..Limits::default() };
    assert!(encode_head(&dict, &limit(16)).is_ok());
    let error = encode_head(&dict, &limit(15)).unwrap_err();
    assert_eq!(error.to_string(), "dict of 16 bytes is over the limit of 15 bytes");
}

#[test]
fn each_error_goes_by_the_clause_of_what_is_wrong() {
    let limits = Limits { dict_max_bytes: 40, body_max_bytes: 1000 };
    let text = |text: &str| wire(text, b"");
    for (bytes, clause, part) in [
        (vec![1], "FR-1", Part::Header),
        (header::pack(-1).to_vec(), "FR-2", Part::Header),
        (header::pack(41).to_vec(), "FR-2", Part::Header),
        (header::pack(40).to_vec(), "FR-3", Part::Dict),
        (text("{\"data_size\": }"), "FR-3", Part::Dict),
        (text("[3]"), "FR-4", Part::Dict),
        (text("{}"), "FR-4", Part::Dict),
        (text("{\"data_size\": true}"), "FR-4", Part::Dict),
        (text("{\"data_size\": -1}"), "FR-4", Part::Dict),
        (text("{\"data_size\": 1001}"), "FR-4", Part::Dict),
        (text(COMMAND), "FR-5", Part::Body),
    ] {
        let mut decoder = Decoder::new("data_size", limits.clone());
        let error = feed(&mut decoder, [&bytes[..]]).1.unwrap_err();
        assert_eq!((error.clause(), error.part()), (clause, part), "{error}");
        assert_eq!(decoder.part(), part, "{error}");
    }
}

#[test]
fn the_part_under_way_is_that_of_the_next_byte() {
    let bytes = wire(COMMAND, b"abc");
    for (len, byte) in bytes.iter().enumerate() {
        let mut decoder = Decoder::new("data_size", Limits::default());
        let (_, _) = feed(&mut decoder, [&bytes[..len]]);
        let part = match len {
            0..4 => Part::Header,
            4..20 => Part::Dict,
            _ => Part::Body,
        };
        assert_eq!(decoder.part(), part, "before byte {len}, {byte}");
    }
}
