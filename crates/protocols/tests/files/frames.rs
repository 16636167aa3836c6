//! Frames: mistakes in their tables, the wrong value, and what may replace a masked value.

use model::mask::{JsonBy, Place};
use model::observation::Direction;
use model::{Breaks, Said, Scenario};
use protocols::Protocol;

use super::common::Home;

const HEAD: &str = r#"name = "up"
[reference]
server = ["python3", "s.py", "{port}"]
client = ["python3", "c.py", "{port}"]
[[input]]
name = "one"
typed = ["x"]
"#;

const FRAMES: &str = r#"[frames.request]
parts = [
    { name = "length", struct = ">I" },
    { name = "dict", json = "length", digests = { "dict.md5" = { of = "body", kind = "md5" } } },
    { name = "body", bytes = "dict.size" },
]
[streams]
to-server = ["request*"]
"#;

fn read(rest: &str) -> Result<Protocol, String> {
    Home::new().read(format!("{HEAD}{rest}"))
}

fn request(dict: &str, body: &str) -> Vec<u8> {
    let mut made = u32::try_from(dict.len()).unwrap().to_be_bytes().to_vec();
    made.extend_from_slice(dict.as_bytes());
    made.extend_from_slice(body.as_bytes());
    made
}

/// The message about the first value that differs.
fn explained(protocol: &Protocol, right: &[u8], seen: &[u8]) -> String {
    let (right, seen) = (Said::whole(right), Said::whole(seen));
    let found = protocol.explain(Direction::ToServer, right, seen, JsonBy::Bytes).unwrap();
    format!("{}: {}", found.part, found.what)
}

fn filled(protocol: &Protocol, right: &[u8], seen: &[u8]) -> Vec<u8> {
    let place = Place::Stream(Direction::ToServer);
    protocol.with_seen(place, Said::whole(right), Said::whole(seen), JsonBy::Bytes)
}

#[test]
fn the_value_that_is_wrong_is_named_with_what_explains_it() {
    let protocol = read(FRAMES).unwrap();
    let right = request(r#"{"name": "a.txt", "size": 6}"#, "hé…");
    let swapped = [&[0x1c, 0, 0, 0], &right[4..]].concat();
    for (seen, said) in [
        (
            request(r#"{"name": "/tmp/a.txt", "size": 6}"#, "hé…"),
            "request.dict.name: expected \"a.txt\", found \"/tmp/a.txt\", with a path before the name",
        ),
        (
            request(r#"{"name": "a.txt", "size": 3}"#, "hé…"),
            "request.dict.size: expected 6, found 3, a number of characters, not of bytes",
        ),
        (
            request(r#"{"name": "a.txt", "size": 1}"#, "h"),
            "request.body: expected \"h\\xc3\\xa9\\xe2\\x80\\xa6\", found \"h\", the first 1 of them; \
             request.dict.size: expected 6, found 1",
        ),
        (
            request(r#"{"name": "a.txt", "size": "6"}"#, "hé…"),
            "request.dict.size: expected 6, found \"6\", a string, not a number",
        ),
        (
            request(r#"{"name": "a.txt", "size": 7}"#, "hé…?"),
            "request.dict.size: expected 6, found 7, one more",
        ),
        (
            request(r#"{"size": 6}"#, "hé…"),
            "request.dict.name: expected \"a.txt\", found no such key",
        ),
        (
            request(r#"{"name": "a.txt", "size": 6, "x": null}"#, "hé…"),
            "request.dict.x: expected no such key, found null",
        ),
        (swapped, "request.length: expected 28, found 469762048, the other byte order"),
        (
            request(r#"{"name":"a.txt","size":6}"#, "hé…"),
            "request.dict: the same value in another text: expected {\"name\": \"a.txt\", \"size\": 6}, \
             found {\"name\":\"a.txt\",\"size\":6}, without the spaces",
        ),
        (
            request(r#"{"size": 6, "name": "a.txt"}"#, "hé…"),
            "request.dict: the same value in another text: expected {\"name\": \"a.txt\", \"size\": 6}, \
             found {\"size\": 6, \"name\": \"a.txt\"}, with its keys in another order",
        ),
        (
            request(r#"{"name": "a.txt", "size": 6}"#, "hE…?"),
            "request.body: expected \"h\\xc3\\xa9\\xe2\\x80\\xa6\", found \"hE\\xe2\\x80\\xa6?\", from its \
             byte 1 on",
        ),
        (Vec::new(), "request: expected it as frame 1 in this direction, found none"),
    ] {
        assert_eq!(explained(&protocol, &right, &seen), said);
    }
    let twice = [&right[..], &right].concat();
    assert_eq!(
        explained(&protocol, &right, &twice),
        "request: expected 1 frames in this direction, found one more"
    );
    let short = explained(&protocol, &right, &right[..right.len() - 1]);
    assert!(short.starts_with("request.body: expected 6 bytes"), "{short}");
    assert!(
        protocol
            .explain(Direction::ToClient, Said::whole(b"a"), Said::whole(b"b"), JsonBy::Bytes)
            .is_none()
    );
}

#[test]
fn a_masked_value_is_held_to_its_form() {
    let mask = "[[mask]]\npart = \"request.dict.time\"\nas = \"number\"\n";
    let protocol = read(&format!("{FRAMES}{mask}")).unwrap();
    let right = request(r#"{"time": 1.5, "n": 1}"#, "");
    for (dict, is_right) in [
        (r#"{"time": 22.25, "n": 1}"#, true),
        (r#"{"time": 7, "n": 1}"#, true),
        (r#"{"time": "1", "n": 1}"#, false),
        (r#"{"time": true, "n": 1}"#, false),
        (r#"{"time": 2.5, "n": 2}"#, false),
    ] {
        // The length is that of the text.
        let seen = request(dict, "");
        assert_eq!(filled(&protocol, &right, &seen) == seen, is_right, "{dict}");
    }
    let seen = request(r#"{"time": "1", "n": 1}"#, "");
    assert_eq!(
        explained(&protocol, &right, &seen),
        "request.dict.time: expected a number, as its mask says, found \"1\""
    );
}

#[test]
fn behind_a_masked_value_the_value_that_is_wrong_is_named() {
    let mask = "[[mask]]\npart = \"request.dict.time\"\nas = \"number\"\n";
    let protocol = read(&format!("{FRAMES}{mask}")).unwrap();
    let dict = |time: &str| format!("{{\"time\": {time}, \"size\": 2}}");
    let right = request(&dict("12.5"), "hi");
    let seen = request(&dict("9.25001"), "ho");
    let said = explained(&protocol, &right, &seen);
    assert!(said.starts_with("request.body: expected \"hi\", found \"ho\""), "{said}");
    let spaced = request("{\"time\":9.25001, \"size\": 2}", "hi");
    let said = explained(&protocol, &right, &spaced);
    assert!(said.starts_with("request.dict: the same value in another text"), "{said}");
}

#[test]
fn json_by_value_leaves_its_text_and_its_length_free() {
    let frames = FRAMES.replace("[streams]", "[compare]\njson = \"value\"\n[streams]");
    let protocol = read(&frames).unwrap();
    let right = [request(r#"{"a": 1.0, "size": 2, "b": "é"}"#, "hi"), request("{}", "")].concat();
    let same = [request(r#"{"b":"\u00e9","size":2,"a":1}"#, "hi"), request("{ }", "")].concat();
    assert_eq!(filled(&protocol, &right, &same), same);
    for other in [
        [request(r#"{"b":"\u00e8","size":2,"a":1}"#, "hi"), request("{}", "")].concat(),
        [request(r#"{"b":"\u00e9","size":2,"a":1}"#, "ho"), request("{}", "")].concat(),
        [request(r#"{"b":"\u00e9","size":2,"a":1} "#, "i"), request("{}", "")].concat(),
        request(r#"{"b":"\u00e9","size":2,"a":1}"#, "hi"),
    ] {
        assert_ne!(filled(&protocol, &right, &other), other);
    }
    // A length that is one too high includes the first byte of the body.
    let mut long = request(r#"{"b":"\u00e9","size":2,"a":1}"#, "hi");
    long[3] += 1;
    assert_ne!(filled(&protocol, &right, &long), long);
}

#[test]
fn turns_end_a_part_that_goes_to_the_turn() {
    let frames = "[frames.command]\nparts = [{ name = \"text\", text = \"turn\" }]\n[streams]\n\
                  to-server = [\"command*\"]\n";
    let protocol = read(frames).unwrap();
    let breaks = Breaks { turns: vec![2], connections: vec![] };
    let [right, seen] = [b"lspwd", b"lsPWD"].map(|bytes| Said { bytes, breaks: &breaks });
    let found = protocol.explain(Direction::ToServer, right, seen, JsonBy::Bytes).unwrap();
    assert_eq!(found.what, "expected \"pwd\", found \"PWD\", in another case");
}

#[test]
fn every_mistake_in_frames_is_shown_in_its_line_at_once() {
    let frames = r#"[frames."a.b"]
parts = [{ name = "x", struct = "Z" }]
[frames.reply]
parts = [
    { name = "n", struct = "!II" },
    { name = "n", digits = 0 },
    { name = "t" },
    { name = "u", json = "m", bytes = 3 },
    { name = "v", bytes = "lenght" },
    { name = "w", const = "" },
    { name = "r", bytes = "rest", digest = { of = "nothing", kind = "md6" } },
    { name = "s", pad = 4, counts = "characters" },
]
[streams]
to-server = ["replay*"]
[compare]
json = "value"
[[mask]]
part = "reply.q"
as = "nmber"
[[hostile]]
frame = "reply"
set = { "q" = [1] }
unset = ["z.k"]
"#;
    let message = read(frames).unwrap_err();
    for words in [
        "\"a.b\" can't be the name of a frame",
        "this is not a format of Python's struct",
        "\"!II\" packs 2 values, which need names",
        "expected 1 to 1048576 bytes",
        "this part does not say what it is",
        "a part is one thing, not json and bytes",
        "no part before this one gives the size \"lenght\"",
        "expected at least one byte",
        "\"md6\" is no kind",
        "no part can follow \"r\", which goes on to the end",
        "only a number counts anything",
        "no frame is called \"replay\"",
        "no frame of this file says where its JSON stands",
        "\"reply\" has no part \"q\"",
        "\"nmber\" is no as",
        "\"reply\" has no part \"z\"",
        "expected a string, a number, true, false or { hex = \"…\" }",
    ] {
        assert!(message.contains(words), "{words:?} is not in:\n{message}");
    }
    for (rest, words) in [
        ("[streams]\nto-server = [\"a\"]\n", "[streams] names frames, and this file has none"),
        (
            "[frames.a]\nparts = [{ name = \"x\", bytes = 1 }]\n",
            "no direction in [streams] uses these",
        ),
        ("[[mask]]\npart = \"a.b\"\nas = \"text\"\n", "no frame is called \"a\""),
    ] {
        let message = read(rest).unwrap_err();
        assert!(message.contains(words), "{words:?} is not in:\n{message}");
    }
}

#[test]
fn a_mask_is_proposed_by_the_name_of_what_differs() {
    let protocol = read(FRAMES).unwrap();
    let place = Place::Stream(Direction::ToServer);
    let play = |time: &str, id: &str| {
        let dict = format!("{{\"time\": {time}, \"id\": \"{id}\", \"n\": 1}}");
        [request(&dict, ""), request(&dict, "")].concat()
    };
    let plays = [play("1.5", "00ff"), play("22.25", "abcd"), play("7", "0a1b")];
    let plays: Vec<&[u8]> = plays.iter().map(Vec::as_slice).collect();
    let (entries, agree) = protocol.masks_for(place, &plays);
    assert_eq!(
        entries,
        [
            "[[mask]]\npart = \"request.dict.id\"\nas = \"hex\"",
            "[[mask]]\npart = \"request.dict.time\"\nas = \"number\""
        ]
    );
    assert!(agree);
    let text = format!("{FRAMES}{}\n", entries.join("\n"));
    let masked = read(&text).unwrap();
    assert_eq!(filled(&masked, plays[0], plays[1]), plays[1]);
}
