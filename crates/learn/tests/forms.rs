//! Tests of the forms of frames that are found, from bytes alone and with the programs' records.

#![allow(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use layout::{DigestKind, digest};
use learn::{Facts, Nearest, Piece, Role, Transport, find, frame_text};

fn pieces(said: &[Vec<u8>]) -> Vec<Piece> {
    said.iter().map(|bytes| Piece { bytes: bytes.clone(), turns: Vec::new() }).collect()
}

/// The lines of the parts, without comments.
fn lines(said: &[Vec<u8>], transport: Transport, facts: &Facts) -> Vec<String> {
    let found = find(&pieces(said), transport, facts, Role::Client).unwrap().unwrap();
    let frames = found.frames.iter().flat_map(|frame| {
        let text = frame_text(frame, &[]);
        let parts = text.lines().filter(|line| line.starts_with("    "));
        parts.map(|line| line.trim().trim_end_matches(',').to_owned()).collect::<Vec<_>>()
    });
    frames.collect()
}

fn streams(said: &[Vec<u8>]) -> Vec<String> {
    lines(said, Transport::Stream, &Facts::default())
}

fn sized(prefix: impl Fn(usize) -> Vec<u8>, text: &str) -> Vec<u8> {
    [prefix(text.len()), text.as_bytes().to_vec()].concat()
}

fn big(size: usize) -> Vec<u8> {
    u32::try_from(size).unwrap().to_be_bytes().to_vec()
}

fn little(size: usize) -> Vec<u8> {
    u32::try_from(size).unwrap().to_le_bytes().to_vec()
}

#[test]
fn a_length_and_json_and_a_body_whose_size_a_key_says() {
    let upload = |name: &str, body: &[u8]| {
        let dict = format!("{{\"name\": \"{name}\", \"mode\": 7, \"size\": {}}}", body.len());
        [sized(big, &dict), body.to_vec()].concat()
    };
    let said = [
        [upload("a.txt", b"hello\n"), upload("b", b"\x00\xff\n")].concat(),
        upload("empty", b""),
        upload("big.bin", &[7; 3000]),
    ];
    let expected = [
        r#"{ name = "length", struct = ">I" }"#,
        r#"{ name = "dict", json = "length" }"#,
        r#"{ name = "body", bytes = "dict.size" }"#,
    ];
    assert_eq!(streams(&said), expected);
}

#[test]
fn a_body_that_only_a_later_frame_has() {
    let reply = |text: &str, body: &[u8]| [sized(big, text), body.to_vec()].concat();
    let said = [
        [reply("{\"ok\": true}", b""), reply("{\"ok\": true, \"size\": 4}", b"\x00\x01\x02\r")]
            .concat(),
        [reply("{\"ok\": false}", b""), reply("{\"size\": 2}", b"\xff\xff"), reply("{}", b"")]
            .concat(),
    ];
    assert_eq!(streams(&said)[2], r#"{ name = "body", bytes = "dict.size" }"#);
}

#[test]
fn what_follows_json_up_to_the_other_sides_turn() {
    let reply = |text: &str, rest: &[u8]| [sized(big, text), rest.to_vec()].concat();
    let turns = |replies: &[Vec<u8>]| {
        let mut turns = Vec::new();
        for reply in replies {
            turns.push(turns.last().unwrap_or(&0) + reply.len());
        }
        turns.pop();
        Piece { bytes: replies.concat(), turns }
    };
    let digest = [big(32), b"5d41402abc4b2a76b9719d911017c592".to_vec()].concat();
    let said = [
        turns(&[reply("{\"status\": \"ok\"}", b""), reply("{\"size\": 5}", &digest)]),
        turns(&[
            reply("{\"status\": \"ok\"}", b""),
            reply("{\"size\": 5, \"offset\": 0}", &[b"hello", &digest[..]].concat()),
            reply("{\"error\": \"no such file\"}", b""),
        ]),
        turns(&[reply("{\"status\": \"denied\"}", b"")]),
    ];
    let found = find(&said, Transport::Stream, &Facts::default(), Role::Server).unwrap().unwrap();
    let text = frame_text(&found.frames[0], &[]);
    for part in [
        r#"{ name = "length", struct = ">I" }"#,
        r#"{ name = "dict", json = "length" }"#,
        r#"{ name = "rest", bytes = "turn" }"#,
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

/// A frame with a magic number, a version, the sizes of a dict and a body, then both, and a checksum.
fn note(dict: &str, body: &[u8], sum: impl Fn(&[u8], &[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = b"NS\x01".to_vec();
    bytes.extend_from_slice(&u16::try_from(dict.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
    [bytes, dict.as_bytes().to_vec(), body.to_vec(), sum(dict.as_bytes(), body)].concat()
}

/// A program was seen to pack this.
fn packed(format: &str, bytes: &[u8]) -> Facts {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut facts = Facts::default();
    facts.add(&format!(
        "{{\"call\": \"start\", \"cwd\": \"/x/client\"}}\n\
         {{\"call\": \"struct.pack\", \"format\": \"{format}\", \"bytes\": \"{digits}\"}}\n"
    ));
    facts
}

#[test]
fn a_body_that_is_empty_in_every_first_frame_and_its_checksum() {
    let of_body = |_: &[u8], body: &[u8]| digest(DigestKind::Crc32, body);
    let said = [
        [note("{\"ok\": 1}", b"", of_body), note("{\"ok\": 22}", b"\x00body", of_body)].concat(),
        [note("{}", b"", of_body), note("{}", b"", of_body), note("{\"a\": 3}", b"\xff", of_body)]
            .concat(),
    ];
    let facts = packed("!2sBHI", &said[0][..9]);
    let expected = [
        r#"{ name = "sizes", struct = "!2sBHI", fields = ["value-0", "value-1", "dict-size", "body-size"] }"#,
        r#"{ name = "dict", json = "dict-size" }"#,
        r#"{ name = "body", bytes = "body-size" }"#,
        r#"{ name = "digest", bytes = 4, digest = { of = "body", kind = "crc32" } }"#,
    ];
    assert_eq!(lines(&said, Transport::Stream, &facts), expected);
}

#[test]
fn a_field_that_looks_like_a_size_hides_no_body_behind_it() {
    let of_body = |_: &[u8], body: &[u8]| digest(DigestKind::Crc32, body);
    // The version is 1, which could also be the size of the brace.
    let said = [[
        note("{\"op\": \"put\", \"seq\": 1}", b"two litres", of_body),
        note("{\"op\": \"put\", \"seq\": 2}", "crème brûlée".as_bytes(), of_body),
        note("{\"op\": \"list\", \"seq\": 3}", b"", of_body),
    ]
    .concat()];
    let facts = packed("!2sBHI", &said[0][..9]);
    let expected = [
        r#"{ name = "sizes", struct = "!2sBHI", fields = ["value-0", "value-1", "dict-size", "text-size"] }"#,
        r#"{ name = "dict", json = "dict-size" }"#,
        r#"{ name = "text", text = "text-size" }"#,
        r#"{ name = "digest", bytes = 4, digest = { of = "text", kind = "crc32" } }"#,
    ];
    assert_eq!(lines(&said, Transport::Stream, &facts), expected);
}

#[test]
fn a_checksum_of_two_parts_is_bytes_that_nothing_explains() {
    let of_both = |dict: &[u8], body: &[u8]| digest(DigestKind::Crc32, &[dict, body].concat());
    let said = [
        [note("{\"ok\": 1}", b"", of_both), note("{\"ok\": 22}", b"\x00body", of_both)].concat(),
        [note("{}", b"", of_both), note("{\"b\": 0}", b"\xff", of_both)].concat(),
    ];
    let facts = packed("!2sBHI", &said[0][..9]);
    let found = lines(&said, Transport::Stream, &facts);
    assert_eq!(
        found[2..],
        [r#"{ name = "body", bytes = "body-size" }"#, r#"{ name = "body-2", bytes = 4 }"#,]
    );
}

#[test]
fn a_number_alone_is_no_frame_unless_a_program_packed_each() {
    let said = [b"\0\0\0\x01\x9f\x13\x07\x88".to_vec()];
    let some = packed("!I", &said[0][..4]);
    assert!(find(&pieces(&said), Transport::Stream, &some, Role::Client).is_err());
    let mut all = packed("!I", &said[0][..4]);
    all.add(concat!(
        "{\"call\": \"start\", \"cwd\": \"/x/client\"}\n",
        "{\"call\": \"struct.pack\", \"format\": \"!I\", \"bytes\": \"9f130788\"}\n",
    ));
    assert_eq!(lines(&said, Transport::Stream, &all), [r#"{ name = "number", struct = "!I" }"#]);
}

#[test]
fn a_native_int_is_told_from_a_little_endian_one_by_the_notes_alone() {
    let said = [sized(little, "{\"a\": 1}"), sized(little, "{\"a\": \"longer\"}")];
    assert_eq!(streams(&said)[0], r#"{ name = "length", struct = "<I" }"#);
    let mut facts = Facts::default();
    facts.add(concat!(
        "{\"call\": \"start\", \"cwd\": \"/x/client\"}\n",
        "{\"call\": \"struct.pack\", \"at\": \"c.py:3\", \"format\": \"i\", \"bytes\": \"08000000\"}\n",
    ));
    let known = lines(&said, Transport::Stream, &facts);
    assert_eq!(known[0], r#"{ name = "length", struct = "i" }"#);
}

#[test]
fn two_sizes_in_front_and_a_checksum_in_the_dict() {
    let message = |body: &[u8]| {
        let sum: String =
            digest(DigestKind::Md5, body).iter().map(|it| format!("{it:02x}")).collect();
        let dict = format!("{{\"md5\": \"{sum}\", \"lines\": 3}}");
        [big(dict.len()), big(body.len()), dict.into_bytes(), body.to_vec()].concat()
    };
    let said = [message(b"\x01two"), [message(b""), message(b"\xff\xfe")].concat()];
    let expected = [
        r#"{ name = "sizes", struct = ">II", fields = ["dict-size", "body-size"] }"#,
        r#"{ name = "dict", json = "dict-size", digests = { "dict.md5" = { of = "body", kind = "md5" } } }"#,
        r#"{ name = "body", bytes = "body-size" }"#,
    ];
    assert_eq!(streams(&said), expected);
}

#[test]
fn decimal_sizes_padded_or_up_to_a_delimiter() {
    let padded = |size: usize| format!("{size:<8}").into_bytes();
    let said = [sized(padded, "hello"), sized(padded, "good morning")];
    let expected = [r#"{ name = "length", digits = 8 }"#, r#"{ name = "text", text = "length" }"#];
    assert_eq!(streams(&said), expected);
    let until = |size: usize| format!("{size}:").into_bytes();
    let said = [sized(until, "hello"), sized(until, "good morning"), sized(until, "")];
    let expected =
        [r#"{ name = "length", number-until = ":" }"#, r#"{ name = "text", text = "length" }"#];
    assert_eq!(streams(&said), expected);
}

#[test]
fn a_size_that_counts_characters() {
    let said = ["{\"name\": \"你好\"}", "{\"name\": \"a\"}"]
        .map(|text| [big(text.chars().count()), text.as_bytes().to_vec()].concat());
    let expected = [
        r#"{ name = "length", struct = ">I", counts = "characters" }"#,
        r#"{ name = "dict", json = "length" }"#,
    ];
    assert_eq!(streams(&said), expected);
}

#[test]
fn lines_of_json_and_of_text() {
    let said = [b"{\"op\": \"add\"}\n{\"op\": \"list\"}\n".to_vec(), b"[1]\n".to_vec()];
    assert_eq!(streams(&said), [r#"{ name = "line", json-until = "\n" }"#]);
    let said = [b"put a\r\nquit\r\n".to_vec(), b"list\r\n".to_vec()];
    assert_eq!(streams(&said), [r#"{ name = "line", text-until = "\r\n" }"#]);
    let said = [b"\xc4\xe3\xba\xc3\ndir\n".to_vec()];
    assert_eq!(streams(&said), [r#"{ name = "line", text-until = "\n", encoding = "gbk" }"#]);
}

#[test]
fn a_name_a_size_and_a_body_in_lines() {
    let said = [b"a.txt\n5\nhello".to_vec(), b"b.bin\n3\n\x00\x01\x02".to_vec()];
    let expected = [
        r#"{ name = "line", text-until = "\n" }"#,
        r#"{ name = "length", number-until = "\n" }"#,
        r#"{ name = "body", bytes = "length" }"#,
    ];
    assert_eq!(streams(&said), expected);
}

#[test]
fn a_name_of_fixed_width_in_a_struct() {
    let head = |name: &str, size: u32| {
        let mut bytes = name.as_bytes().to_vec();
        bytes.resize(16, 0);
        [bytes, size.to_le_bytes().to_vec()].concat()
    };
    let said = [
        [head("a", 3), b"\x00ab".to_vec()].concat(),
        [head("b", 5), b"\x01abcd".to_vec()].concat(),
    ];
    let mut facts = Facts::default();
    let bytes: String = head("a", 3).iter().map(|byte| format!("{byte:02x}")).collect();
    facts.add(&format!(
        "{{\"call\": \"start\", \"cwd\": \"/x/client\"}}\n\
         {{\"call\": \"struct.pack\", \"format\": \"<16sI\", \"bytes\": \"{bytes}\"}}\n"
    ));
    let expected = [
        r#"{ name = "sizes", struct = "<16sI", fields = ["value-0", "body-size"] }"#,
        r#"{ name = "body", bytes = "body-size" }"#,
    ];
    assert_eq!(lines(&said, Transport::Stream, &facts), expected);
}

#[test]
fn a_greeting_comes_once() {
    let reply = |text: &str| sized(big, text);
    let said = [
        [b"READY\n".to_vec(), reply("{\"a\": 1}"), reply("{\"a\": \"long enough\"}")].concat(),
        [b"READY\n".to_vec(), reply("{}")].concat(),
    ];
    let expected = [
        r#"{ name = "line", text-until = "\n" }"#,
        r#"{ name = "length", struct = ">I" }"#,
        r#"{ name = "dict", json = "length" }"#,
    ];
    assert_eq!(streams(&said), expected);
}

#[test]
fn a_checksum_behind_the_body() {
    let frame =
        |body: &[u8]| [big(body.len()), body.to_vec(), digest(DigestKind::Md5, body)].concat();
    let said = [frame(b"\x00one"), [frame(b"\x01three"), frame(b"\x02")].concat()];
    let expected = [
        r#"{ name = "length", struct = ">I" }"#,
        r#"{ name = "body", bytes = "length" }"#,
        r#"{ name = "digest", bytes = 16, digest = { of = "body", kind = "md5" } }"#,
    ];
    assert_eq!(streams(&said), expected);
}

#[test]
fn datagrams_are_a_frame_each() {
    let said = [b"{\"id\": 1}".to_vec(), b"{\"id\": 2, \"op\": \"get\"}".to_vec()];
    let expected = [r#"{ name = "dict", json = "rest" }"#];
    assert_eq!(lines(&said, Transport::Datagrams, &Facts::default()), expected);
    let said = [b"ping".to_vec(), b"pong".to_vec()];
    let expected = [r#"{ name = "text", text = "rest" }"#];
    assert_eq!(lines(&said, Transport::Datagrams, &Facts::default()), expected);
}

#[test]
fn what_nothing_speaks_for_is_not_described() {
    let nothing = find(&[], Transport::Stream, &Facts::default(), Role::Server).unwrap();
    assert_eq!(nothing, None);
    let noise = pieces(&[b"\x9f\x13\x07\x88\x01\x02".to_vec(), b"\x00\x99\xfe".to_vec()]);
    assert_eq!(find(&noise, Transport::Stream, &Facts::default(), Role::Server), Err(None));
    // The second frame has no size for its tail.
    let said =
        pieces(&[[sized(big, "{\"a\": 1}"), sized(big, "{\"b\": 22}"), b"tail".to_vec()].concat()]);
    let nearest =
        find(&said, Transport::Stream, &Facts::default(), Role::Server).unwrap_err().unwrap();
    let Nearest { guess, fails } = nearest;
    assert!(guess.contains("json = \"length\""), "{guess}");
    // The tail is read as a length.
    assert!(fails.starts_with("frame.dict at byte 29"), "{fails}");
}
