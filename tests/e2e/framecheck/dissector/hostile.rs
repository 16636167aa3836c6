//! Streams that are broken at random: the dissector finds what our own parser finds.

use framecheck_tests::Sandbox;
use layout::{Direction, Trouble, read};
use protocols::Protocol;

use super::super::captures::has_tshark;
use super::wire::{Said, Way, tcp};
use super::{fields, write_capture, write_dissector, write_protocol};

/// Frames, the name of a part that each begins with, and a right stream.
const PROTOCOLS: [(&str, &str, &[u8]); 4] = [
    (
        r#"parts = [{ name = "n", struct = ">H" }, { name = "dict", json = "n" }, { name = "body", bytes = "dict.a.size" }]"#,
        "n",
        b"\0\x17{\"a\": {\"size\": 3}, \"b\":1}xyz\0\x02{}\0\x11{\"a\": {\"size\": 0}}",
    ),
    (
        r#"parts = [{ name = "n", digits = 3 }, { name = "t", text = "n" }, { name = "m", number-until = ";" },
            { name = "b", bytes = "m" }, { name = "j", json-until = "\n" }, { name = "c", const = "ok" }, { name = "p", pad = 24 }]"#,
        "n",
        "  4\u{e9}\u{e9}2;ab[1, 2]\nok......005abcde0;{\"k\": \"\\u00e9\"}\nok".as_bytes(),
    ),
    (
        r#"parts = [{ name = "n", struct = "<b", counts = "characters" }, { name = "t", text = "n" },
            { name = "s", struct = "<hB", fields = ["x", "y"] }, { name = "g", text = "y", encoding = "gbk" }, { name = "l", text-until = "\r\n" }]"#,
        "n",
        "\u{3}a\u{e9}\u{1f600}\0\0\u{4}".as_bytes(),
    ),
    (
        r#"parts = [{ name = "n", number-until = "\n" }, { name = "j", json = "n" }, { name = "rest", text = "j" }]"#,
        "n",
        b"1\n3abc2\n12abcdefghijkl",
    ),
];

/// A generator of numbers, the same each time.
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

/// What is wrong, without its place and what exactly was found.
fn wrong_of(message: &str) -> String {
    let end =
        message.find(", found").or_else(|| message.find(" text: ").map(|at| at + " text".len()));
    message[..end.unwrap_or(message.len())].to_owned()
}

#[test]
fn the_dissector_and_the_parser_find_the_same_frames_and_the_same_fault() {
    if !has_tshark("dissecting streams broken at random") {
        return;
    }
    let mut draw = Draw(7);
    for (parts, first, right) in PROTOCOLS {
        let sandbox = Sandbox::new();
        let text = format!("[frames.f]\n{parts}\n[streams]\nto-server = [\"f*\"]\n");
        write_protocol(&sandbox, "tcp4", &text);
        let protocol = Protocol::read(&sandbox.path().join("up.toml"), &[]).unwrap();
        let script = write_dissector(&sandbox, "up.toml", &[]);
        let mut right = right.to_vec();
        if parts.contains("gbk") {
            right.extend(b"\xc4\xe3ab\xc4\xe3\r\n\x00\x00\x00\x00\r\n");
            right.extend(b"\x01z\x00\x00\x02\xc4\xe3end\r\n");
        }
        let streams: Vec<Vec<u8>> = (0..150).map(|_| draw.broken(&right)).collect();
        let streams: Vec<Vec<u8>> = streams.into_iter().filter(|it| !it.is_empty()).collect();
        let said: Vec<Said> = streams.iter().map(|stream| draw.segments(stream)).collect();
        let capture = write_capture(&sandbox, &tcp(&said));
        let first = format!("up_load.f.{first}");
        let rows = fields(&script, &capture, &["tcp.stream", &first, "_ws.expert.message"]);
        for (nth, stream) in streams.iter().enumerate() {
            let reading = read(protocol.layout(), Direction::ToServer, stream, &[], true);
            let of_stream = rows.iter().filter(|row| row[0] == nth.to_string());
            let (mut begun, mut found) = (0, Vec::new());
            for row in of_stream {
                begun += row[1].split('|').filter(|it| !it.is_empty()).count();
                found.extend(row[2].split('|').filter(|it| it.starts_with("f")).map(wrong_of));
            }
            let shown = String::from_utf8_lossy(stream);
            let is_cut = matches!(
                reading.trouble.as_ref().map(|it| &it.trouble),
                Some(Trouble::UnexpectedEnd { .. })
            );
            let frames = reading
                .frames
                .iter()
                .filter(|frame| if is_cut { frame.is_whole } else { !frame.parts.is_empty() });
            let expected: Vec<String> = reading
                .trouble
                .iter()
                .map(|error| {
                    let part =
                        error.part.as_deref().map(|part| format!(".{part}")).unwrap_or_default();
                    wrong_of(&format!("f{part}: {}", error.trouble))
                })
                .collect();
            let is_not_followed = |it: &String| it.contains("not put together here");
            if is_cut && found.iter().any(is_not_followed) {
                continue;
            }
            assert_eq!(found, expected, "stream {nth} of {parts}: {shown:?}: {reading:?}");
            assert_eq!(begun, frames.count(), "stream {nth} of {parts}: {shown:?}: {reading:?}");
        }
    }
}
