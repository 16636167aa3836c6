//! Randomly broken streams: the dissector finds what our own parser finds.

use std::path::Path;

use framecheck_tests::Sandbox;
use layout::{Direction, FrameRead, Layout, Trouble, read};
use protocols::Protocol;

use super::super::captures::has_tshark;
use super::wire::{Said, Way, tcp};
use super::{fields, write_capture, write_dissector, write_protocol};

/// The parts of a repeated frame, and a right stream. Each begins with the part `n`.
const FRAMES: [(&str, &[u8]); 4] = [
    (
        r#"parts = [{ name = "n", struct = ">H" }, { name = "dict", json = "n" }, { name = "body", bytes = "dict.a.size" }]"#,
        b"\0\x17{\"a\": {\"size\": 3}, \"b\":1}xyz\0\x02{}\0\x11{\"a\": {\"size\": 0}}",
    ),
    (
        r#"parts = [{ name = "n", digits = 3 }, { name = "t", text = "n" }, { name = "m", number-until = ";" },
            { name = "b", bytes = "m" }, { name = "j", json-until = "\n" }, { name = "c", const = "ok" }, { name = "p", pad = 24 }]"#,
        "  4\u{e9}\u{e9}2;ab[1, 2]\nok......005abcde0;{\"k\": \"\\u00e9\"}\nok".as_bytes(),
    ),
    (
        r#"parts = [{ name = "n", struct = "<b", counts = "characters" }, { name = "t", text = "n" },
            { name = "s", struct = "<hB", fields = ["x", "y"] }, { name = "g", text = "y", encoding = "gbk" }, { name = "l", text-until = "\r\n" }]"#,
        "\u{3}a\u{e9}\u{1f600}\0\0\u{4}".as_bytes(),
    ),
    (
        r#"parts = [{ name = "n", number-until = "\n" }, { name = "j", json = "n" }, { name = "rest", text = "j" }]"#,
        b"1\n3abc2\n12abcdefghijkl",
    ),
];

/// Several frames in an order, and a right stream of them.
const ORDERED: (&str, &[u8]) = (
    r#"[frames.hello]
parts = [{ name = "n", const = "HELLO\n" }]
[frames.put]
parts = [{ name = "n", const = "put " }, { name = "size", number-until = " " }, { name = "body", bytes = "size" }]
[frames.get]
parts = [{ name = "n", text-until = "?" }, { name = "count", digits = 1 }]
[frames.bye]
parts = [{ name = "n", const = "bye" }]
[streams]
to-server = ["hello", "put*", "get*", "bye"]
"#,
    b"HELLO\nput 3 abcput 0 get?1pu?2bye",
);

/// A generator of numbers that are the same each time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn broken(&mut self, right: &[u8]) -> Vec<u8> {
        let mut stream = right.to_vec();
        for _ in 0..self.below(3) {
            let at = self.below(stream.len());
            let bytes = b"\0\x01\xff\x7f\x80\"{}[],:;\n 019-eE.\\ut";
            let byte = bytes[self.below(bytes.len())];
            match self.below(4) {
                0 if at < stream.len() => stream[at] = byte,
                1 => stream.insert(at, byte),
                2 if at < stream.len() => drop(stream.remove(at)),
                _ => stream.truncate(at),
            }
        }
        stream
    }

    fn segments(&mut self, mut stream: &[u8]) -> Said {
        let mut said = Vec::new();
        while !stream.is_empty() {
            let longest = [3, 8, stream.len()][self.below(3)];
            let (segment, rest) = stream.split_at((1 + self.below(longest)).min(stream.len()));
            said.push((Way::Up, segment.to_vec()));
            stream = rest;
        }
        said
    }
}

/// The mistake, without its place and without the found value.
fn wrong_of(message: &str) -> String {
    let end =
        message.find(", found").or_else(|| message.find(" text: ").map(|at| at + " text".len()));
    message[..end.unwrap_or(message.len())].to_owned()
}

/// What the dissector found in each stream of a capture: how many frames have begun, and what is wrong.
fn found(script: &Path, capture: &Path, streams: usize) -> Vec<(usize, Vec<String>)> {
    let firsts = ["f", "hello", "put", "get", "bye"].map(|frame| format!("up_load.{frame}.n"));
    let text = std::fs::read_to_string(script).unwrap();
    let is_there = |name: &&String| {
        text.contains(&format!("filter = \"{}\"", name.trim_start_matches("up_load.")))
    };
    let firsts: Vec<&str> = firsts.iter().filter(is_there).map(String::as_str).collect();
    let names = [&["tcp.stream", "_ws.expert.message"][..], &firsts].concat();
    let mut found = vec![(0, Vec::new()); streams];
    for row in fields(script, capture, &names) {
        let (begun, wrong) = &mut found[row[0].parse::<usize>().unwrap()];
        let is_ours = |it: &&str| it.contains("expected ") || it.contains("not put together");
        wrong.extend(row[1].split('|').filter(is_ours).map(wrong_of));
        *begun += row[2..].iter().flat_map(|it| it.split('|')).filter(|it| !it.is_empty()).count();
    }
    found
}

/// The same by our parser. A frame that the stream's end cuts off does not show.
fn expected(layout: &Layout, stream: &[u8]) -> (usize, Vec<String>) {
    let reading = read(layout, Direction::ToServer, stream, &[], true);
    let trouble = reading.trouble.as_ref();
    let is_cut = matches!(trouble.map(|it| &it.trouble), Some(Trouble::UnexpectedEnd { .. }));
    let shows = |frame: &&FrameRead| if is_cut { frame.is_whole } else { !frame.parts.is_empty() };
    let wrong = trouble.map(|error| {
        let part = error.part.as_deref().map(|part| format!(".{part}")).unwrap_or_default();
        let frame = error.frame.as_deref().map(|frame| format!("{frame}{part}: "));
        wrong_of(&format!("{}{}", frame.unwrap_or_default(), error.trouble))
    });
    (reading.frames.iter().filter(shows).count(), wrong.into_iter().collect())
}

#[test]
fn the_dissector_and_the_parser_find_the_same_frames_and_the_same_fault() {
    if !has_tshark("dissecting streams broken at random") {
        return;
    }
    let mut draw = Draw(7);
    let over_and_over = |(parts, right): (&str, &[u8])| {
        (format!("[frames.f]\n{parts}\n[streams]\nto-server = [\"f*\"]\n"), right.to_vec())
    };
    let ordered = (ORDERED.0.to_owned(), ORDERED.1.to_vec());
    for (text, mut right) in FRAMES.into_iter().map(over_and_over).chain([ordered]) {
        let sandbox = Sandbox::new();
        write_protocol(&sandbox, "tcp4", &text);
        let protocol = Protocol::read(&sandbox.path().join("up.toml"), &[]).unwrap();
        let script = write_dissector(&sandbox, "up.toml", &[]);
        if text.contains("gbk") {
            right.extend(b"\xc4\xe3ab\xc4\xe3\r\n\x00\x00\x00\x00\r\n");
            right.extend(b"\x01z\x00\x00\x02\xc4\xe3end\r\n");
        }
        let streams: Vec<Vec<u8>> = (0..150).map(|_| draw.broken(&right)).collect();
        let streams: Vec<Vec<u8>> = streams.into_iter().filter(|it| !it.is_empty()).collect();
        let said: Vec<Said> = streams.iter().map(|stream| draw.segments(stream)).collect();
        let capture = write_capture(&sandbox, &tcp(&said));
        for (stream, found) in streams.iter().zip(found(&script, &capture, streams.len())) {
            // The parser cuts off what is too long to wait for.
            let is_not_followed = found.1.iter().any(|it| it.contains("not put together"));
            let expected = expected(protocol.layout(), stream);
            let shown = stream.escape_ascii();
            assert!(is_not_followed || found == expected, "{text}{shown}: {found:?}, {expected:?}");
        }
    }
}
