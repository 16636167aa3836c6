//! The result of reading a stream.

use layout::{
    DigestKind, Direction, Encoding, Event, Kind, Parser, Part, Scalar, Size, Trouble, Value,
};

use crate::build::*;

fn values(reading: &layout::Reading) -> Vec<Value> {
    assert_eq!(reading.trouble, None);
    let parts = reading.frames.iter().flat_map(|frame| &frame.parts);
    parts.map(|part| part.value.clone()).collect()
}

fn int(int: i128) -> Value {
    Value::Scalar(Scalar::Int(int))
}

fn words(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn frames_one_behind_the_other_are_each_read() {
    let one = request_bytes(r#"{"filesize": 3}"#, b"abc");
    let two = request_bytes(r#"{"x": 1}"#, b"");
    let reading = read(&request(), &[one.clone(), two].concat());
    assert_eq!((reading.trouble, reading.frames.len()), (None, 2));
    assert_eq!(reading.frames[0].parts[2].range, 19..22);
    assert_eq!(reading.frames[1].at, one.len());
    assert_eq!(reading.frames[1].parts[2].range, 34..34, "an absent key is no bytes");
    assert!(reading.frames.iter().all(|frame| frame.is_whole));
}

#[test]
fn fields_are_sizes_by_their_names_alone_also_of_parts_of_the_same_name() {
    let parts = vec![
        structure("head", "!II", &["dict", "body"]),
        json("dict", of("dict")),
        bytes("body", of("body")),
        bytes("again", of("head.body")),
    ];
    let stream = b"\0\0\0\x02\0\0\0\x01{}xy";
    let reading = read(&layout(vec![frame("f", parts)]), stream);
    assert_eq!(reading.trouble, None);
    let ranges: Vec<_> = reading.frames[0].parts.iter().map(|part| part.range.clone()).collect();
    assert_eq!(ranges, [0..8, 8..10, 10..11, 11..12]);
}

#[test]
fn numbers_in_text_are_padded_on_either_side() {
    let digits = || Part::new("n", Kind::Digits { width: 4 });
    let lines = Part::new("line", Kind::NumberUntil(b"\r\n".to_vec()));
    let layout = layout(vec![frame("f*", vec![digits(), lines])]);
    let read = values(&read(&layout, b"  125\r\n12  -5\r\n0012 7 \r\n 12 +1\r\n"));
    assert_eq!(read, [12, 5, 12, -5, 12, 7, 12, 1].map(int));
}

#[test]
fn a_size_may_count_the_characters_of_text_in_its_encoding() {
    let count = || counting_characters(number("n", "B"));
    for (encoding, bytes) in [
        (Encoding::Utf8, "你a😀".as_bytes()),
        (Encoding::Gbk, b"\xc4\xe3a\xba\xc3"),
        (Encoding::Latin1, b"\xe9a\xff"),
        (Encoding::Ascii, b"abc"),
    ] {
        let layout = layout(vec![frame("f*", vec![count(), text("t", of("n"), encoding)])]);
        let stream = [b"\x03", bytes, b"\x00", b"\x01z"].concat();
        let read = values(&read(&layout, &stream));
        let expected = match encoding {
            Encoding::Utf8 => "你a😀",
            Encoding::Gbk => "你a好",
            Encoding::Latin1 => "éaÿ",
            Encoding::Ascii => "abc",
        };
        assert_eq!(read[1], words(expected));
        assert_eq!((&read[3], &read[5]), (&words(""), &words("z")));
    }
}

#[test]
fn a_size_may_count_the_characters_of_json_and_of_bytes_in_utf_8() {
    let parts = vec![
        counting_characters(number("n", "B")),
        counting_characters(json("dict", of("n"))),
        bytes("body", of("dict.size")),
    ];
    let text = r#"{"名": "é", "size": 3}"#;
    let stream =
        [&[text.chars().count() as u8], text.as_bytes(), "é!\u{1f600}".as_bytes()].concat();
    let reading = read(&layout(vec![frame("f", parts)]), &stream);
    assert_eq!(reading.trouble, None);
    assert_eq!(reading.frames[0].parts[2].range.len(), 7);
}

#[test]
fn a_turn_ends_what_goes_on_until_then_and_nothing_else() {
    let turn = layout(vec![frame("line*", vec![text("t", Size::Turn, Encoding::Utf8)])]);
    let lines = values(&read_turns(&turn, b"onetwothree", &[3, 6]));
    assert_eq!(lines, [words("one"), words("two"), words("three")]);
    let unmoved = values(&read_turns(&request(), &request_bytes("{}", b""), &[0, 2, 4, 5]));
    assert_eq!(unmoved.len(), 3);
    let parts = vec![number("n", "B"), bytes("body", Size::Turn)];
    let reading = read_turns(&layout(vec![frame("f*", parts)]), b"\x01\x02ab", &[1]);
    assert_eq!(reading.frames.len(), 2);
    assert_eq!(reading.frames[0].parts[1].range, 1..1, "a turn of no bytes");
}

#[test]
fn the_rest_goes_on_to_the_end_of_the_stream_and_may_be_nothing() {
    let page = || layout(vec![frame("page", vec![bytes("body", Size::Rest)])]);
    assert_eq!(read_turns(&page(), b"all of it", &[3]).frames[0].parts[0].range, 0..9);
    let reading = read(&page(), b"");
    assert_eq!((reading.trouble, reading.frames.len()), (None, 1));
    let going_on = layout::read(&page(), Direction::ToServer, b"all", &[], false);
    assert_eq!((going_on.trouble, going_on.frames[0].parts.len()), (None, 0));
}

#[test]
fn a_pad_fills_the_frame_up_and_is_nothing_where_the_frame_is_longer() {
    let line = Part::new("name", text_until(b"\0".to_vec()));
    let pad = Part::new("pad", Kind::Pad(6));
    let layout = layout(vec![frame("f*", vec![line, pad])]);
    let reading = read(&layout, b"ab\0xyzlonger\0c\0\0\0\0\0");
    assert_eq!(reading.trouble, None);
    let pads: Vec<_> = reading.frames.iter().map(|frame| frame.parts[1].range.clone()).collect();
    assert_eq!(pads, [3..6, 13..13, 15..19]);
}

#[test]
fn json_lines_and_text_lines_end_with_their_delimiter() {
    let line = Part::new("line", text_until(b"||".to_vec()));
    let dict = Part::new("dict", Kind::JsonUntil(b"\n".to_vec()));
    let layout = layout(vec![frame("f*", vec![line, dict])]);
    let read = values(&read(&layout, b"a|b||{\"n\": [1]}\n"));
    assert_eq!(read.len(), 2, "{read:?}");
    assert_eq!(read[0], words("a|b"));
}

#[test]
fn json_whose_size_is_an_absent_key_is_absent_itself_and_so_is_what_it_sizes() {
    let parts = vec![
        Part::new("head", Kind::JsonUntil(b"\n".to_vec())),
        json("info", of("head.info")),
        bytes("body", of("info.size")),
    ];
    let layout = layout(vec![frame("f", parts)]);
    assert_eq!(values(&read(&layout, b"{}\n"))[1..], [Value::Bytes, Value::Bytes]);
}

#[test]
fn a_wrong_checksum_is_a_mistake_and_the_next_frame_is_read() {
    let right = "900150983cd24fb0d6963f7d28e17f72";
    let dict = |sum: &str| format!(r#"{{"filesize": 3, "md5": "{sum}"}}"#);
    let upper = request_bytes(&dict(&right.to_uppercase()), b"abc");
    let wrong = request_bytes(&dict("beef"), b"abc");
    let absent = request_bytes(r#"{"filesize": 3}"#, b"xyz");
    let reading = read(&request(), &[upper.clone(), wrong, absent].concat());
    assert_eq!((reading.trouble, reading.frames.len()), (None, 3));
    let [mistake] = &reading.mistakes[..] else { panic!("{:?}", reading.mistakes) };
    let before = r#"{"filesize": 3, "md5": "#;
    assert_eq!(mistake.at, upper.len() + 4 + before.len());
    let shown = format!(
        "request.dict.md5 at byte {}: expected {right}, the MD5 of body, found beef",
        mistake.at
    );
    assert_eq!(mistake.to_string(), shown);
}

#[test]
fn a_checksum_is_text_bytes_or_a_number_before_or_behind_its_part() {
    let crc: u32 = 0x3524_41c2; // of b"abc"
    let sha1 = b"\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d";
    let of_body = |part, at, kind| with_digest(part, at, "body", kind);
    let parts = vec![
        of_body(bytes("sha1", Size::Fixed(20)), "sha1", DigestKind::Sha1),
        bytes("body", Size::Fixed(3)),
        of_body(number("crc", "<I"), "crc", DigestKind::Crc32),
        of_body(text("hex", Size::Fixed(8), Encoding::Ascii), "hex", DigestKind::Crc32),
        of_body(number("raw", "4s"), "raw", DigestKind::Crc32),
    ];
    let layout = layout(vec![frame("f", parts)]);
    let mut stream = [sha1.as_slice(), b"abc", &crc.to_le_bytes(), b"352441C2"].concat();
    stream.extend(crc.to_be_bytes());
    assert_eq!(read(&layout, &stream).mistakes, []);
    stream[20] = b'x';
    let reading = read(&layout, &stream);
    assert_eq!(reading.trouble, None);
    let paths: Vec<_> = reading.mistakes.iter().map(|mistake| mistake.path.as_str()).collect();
    assert_eq!(paths, ["sha1", "crc", "hex", "raw"]);
}

#[test]
fn a_parser_says_where_it_stands() {
    let layout = request();
    let (mut parser, mut events) = (Parser::new(&layout, Direction::ToServer), Vec::new());
    assert!(parser.is_between_frames());
    parser.push(b"\0\0\0\x02{", &mut events).unwrap();
    assert_eq!((parser.at(), parser.under_way()), (5, Some((0, 1, 4))));
    assert_eq!(events.len(), 2);
    parser.push(b"}", &mut events).unwrap();
    assert_eq!((parser.is_between_frames(), parser.under_way()), (true, None));
    assert_eq!(events.last(), Some(&Event::End { frame: 0, at: 6 }));
    parser.finish(&mut events).unwrap();
}

#[test]
fn announced_bytes_take_no_room() {
    let parts = vec![number("n", "<Q"), bytes("body", of("n"))];
    let layout = layout(vec![frame("f", parts)]);
    let (mut parser, mut events) = (Parser::new(&layout, Direction::ToServer), Vec::new());
    parser.push(&u64::MAX.to_le_bytes(), &mut events).unwrap();
    let piece = vec![7; 1 << 20];
    for _ in 0..64 {
        parser.push(&piece, &mut events).unwrap();
    }
    assert_eq!(events.len(), 2, "nothing is said of a part that is not whole");
    assert_eq!(parser.at(), 8 + (64 << 20));
}

#[test]
fn a_line_in_gbk_ends_at_its_delimiter() {
    let kind = Kind::TextUntil { delimiter: b"\n".to_vec(), encoding: Encoding::Gbk };
    let layout = layout(vec![frame("line*", vec![Part::new("text", kind)])]);
    let reading = read(&layout, b"\xc4\xe3\n\xba\xc3\n");
    let texts: Vec<&Value> = reading.frames.iter().map(|frame| &frame.parts[0].value).collect();
    assert_eq!(texts, [&Value::Text("\u{4f60}".to_owned()), &Value::Text("\u{597d}".to_owned())]);
}

#[test]
fn a_part_is_there_though_what_it_says_as_a_size_is_wrong() {
    let dict = Part::new("dict", Kind::JsonUntil(b"\n".to_vec()));
    let body = Part::new("body", Kind::Bytes(Size::Of(vec!["dict".to_owned(), "size".to_owned()])));
    let layout = layout(vec![frame("request*", vec![dict, body])]);
    let reading = read(&layout, b"{\"size\": \"3\"}\nabc");
    assert_eq!(reading.frames[0].parts.len(), 1);
    assert!(matches!(reading.trouble.unwrap().trouble, Trouble::BadSize { .. }));
}
