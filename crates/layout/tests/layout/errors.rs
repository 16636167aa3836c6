//! Bytes that are not a frame: where, which part, what was expected and what was found.

use layout::{
    Direction, Encoding, Kind, Layout, Limits, Part, ReadError, Size, Trouble, read_within,
};

use crate::build::*;

fn error(layout: &Layout, stream: &[u8]) -> ReadError {
    read(layout, stream).trouble.unwrap()
}

/// The part, the offset and the message.
fn shown(layout: &Layout, stream: &[u8]) -> (Option<String>, usize, String) {
    let error = error(layout, stream);
    (error.part.as_deref().map(str::to_owned), error.at, error.trouble.to_string())
}

fn at(part: &str, at: usize, message: &str) -> (Option<String>, usize, String) {
    (Some(part.to_owned()), at, message.to_owned())
}

#[test]
fn an_end_inside_each_part_says_how_much_was_expected_and_came() {
    let stream = request_bytes(r#"{"filesize": 3}"#, b"abc");
    let frame = request();
    for end in 1..stream.len() {
        let error = error(&frame, &stream[..end]);
        let (part, expected, found) = match end {
            0..4 => ("length", 4, end),
            4..19 => ("dict", 15, end - 4),
            _ => ("body", 3, end - 19),
        };
        let found = found as u64;
        let expected = Some(expected);
        assert_eq!((error.part.as_deref(), error.at), (Some(part), end));
        let trouble = Trouble::UnexpectedEnd { expected, found, counts_characters: false };
        assert_eq!(error.trouble, trouble);
    }
    assert_eq!(
        error(&frame, &stream[..6]).to_string(),
        "request.dict at byte 6: expected 15 bytes, found the end of the stream after 2 of them"
    );
}

#[test]
fn an_end_inside_characters_or_before_a_delimiter_says_so() {
    let parts = vec![counting_characters(number("n", "B")), text("t", of("n"), Encoding::Utf8)];
    let message = "expected 3 characters, found the end of the stream after 1 of them";
    let counted = layout(vec![frame("f", parts)]);
    assert_eq!(shown(&counted, b"\x03\xc3\xa9\xc3"), at("t", 4, message));
    let line = Part::new("line", text_until(b"\n".to_vec()));
    let message =
        "expected a delimiter behind the bytes, found the end of the stream after 2 of them";
    assert_eq!(shown(&layout(vec![frame("f", vec![line])]), b"ab"), at("line", 2, message));
}

#[test]
fn json_that_is_none_says_what_cpython_says() {
    let message = "expected JSON, found Expecting ',' delimiter: line 1 column 4 (char 3)";
    assert_eq!(shown(&request(), &request_bytes("[1 2]", b"")), at("dict", 4, message));
}

#[test]
fn a_size_that_can_be_none_names_its_path_and_what_stands_there() {
    for (value, found) in [
        ("-1", "-1"),
        ("\"3\"", "str"),
        ("3.0", "float"),
        ("true", "bool"),
        ("null", "NoneType"),
        ("[]", "list"),
        ("{}", "dict"),
        ("18446744073709551616", "18446744073709551616"),
    ] {
        let stream = request_bytes(&format!("{{\"filesize\": {value}}}"), b"abc");
        let message = format!("expected dict.filesize to be the size of body, found {found}");
        // The value begins after the length and `{"filesize": `.
        assert_eq!(shown(&request(), &stream), at("dict", 4 + 13, &message));
    }
    for (dict, found) in
        [("[]", "list"), ("1", "int"), ("\"filesize\"", "str"), ("null", "NoneType")]
    {
        let message = format!("expected an object for dict, found {found}");
        assert_eq!(shown(&request(), &request_bytes(dict, b"")), at("dict", 4, &message));
    }
    let parts = vec![json("d", Size::Fixed(10)), bytes("body", of("d.a.b"))];
    let nested = layout(vec![frame("f", parts)]);
    let message = "expected an object for d.a, found int";
    assert_eq!(shown(&nested, b"{\"a\":   1}"), at("d", 8, message));
}

#[test]
fn a_negative_or_broken_number_is_no_size() {
    let parts = vec![number("n", "<i"), bytes("body", of("n"))];
    let message = "expected n to be the size of body, found -2";
    let signed = layout(vec![frame("f", parts)]);
    assert_eq!(shown(&signed, b"\xfe\xff\xff\xff"), at("n", 0, message));
    let line = Part::new("n", Kind::NumberUntil(b"\n".to_vec()));
    let lines = layout(vec![frame("f*", vec![line, bytes("body", of("n"))])]);
    for found in ["", "x", "1.5", "0x10", "1_0", "--1", "-", "\\xff"] {
        let bytes = if found == "\\xff" { b"\xff" } else { found.as_bytes() };
        let stream = [b"1\na", bytes, b"\n"].concat();
        let message = format!("expected a decimal number, found {found}");
        assert_eq!(shown(&lines, &stream), at("n", 3, &message));
    }
}

#[test]
fn a_constant_that_differs_names_the_first_byte_that_does() {
    let parts = vec![number("n", "B"), constant("magic", b"ok!")];
    let trouble = Trouble::ConstDiffers { expected: b'!', found: b'?' };
    let error = error(&layout(vec![frame("f", parts)]), b"\x00ok?");
    assert_eq!((error.at, error.trouble), (3, trouble));
}

#[test]
fn bytes_behind_the_last_frame_and_a_frame_that_does_not_come_are_errors() {
    let once = layout(vec![frame("f", vec![number("n", "H")])]);
    let behind = error(&once, b"abc");
    assert_eq!((behind.at, &behind.frame, &behind.part), (2, &None, &None));
    assert_eq!(behind.trouble, Trouble::BytesBehind { found: b'c' });
    assert_eq!(
        error(&once, b"").to_string(),
        "f at byte 0: expected this frame, found the end of the stream"
    );
    assert_eq!(error(&layout(vec![]), b"a").trouble, Trouble::BytesBehind { found: b'a' });
}

#[test]
fn text_that_its_encoding_lacks_says_what_cpython_says() {
    let message = "expected gbk text: \
                   'gbk' codec can't decode byte 0xff in position 1: illegal multibyte sequence";
    let gbk = layout(vec![frame("f", vec![text("t", Size::Fixed(3), Encoding::Gbk)])]);
    assert_eq!(shown(&gbk, b"a\xffb"), at("t", 0, message));
    let ascii = layout(vec![frame("f", vec![text("t", Size::Rest, Encoding::Ascii)])]);
    let message = "expected ascii text: \
                   'ascii' codec can't decode byte 0xe9 in position 1: ordinal not in range(128)";
    assert_eq!(shown(&ascii, b"a\xe9"), at("t", 0, message));
}

#[test]
fn what_is_kept_has_limits_whether_announced_or_not() {
    let limits =
        Limits { json_max_bytes: 10, text_max_bytes: 4, line_max_bytes: 3, number_max_bytes: 2 };
    let until = |kind: fn(Vec<u8>) -> Kind| Part::new("p", kind(b"\r\n".to_vec()));
    let count = |part| vec![counting_characters(number("n", "B")), part];
    for (parts, stream, found) in [
        (vec![number("n", ">I"), json("p", of("n"))], b"\xff\xff\xff\xff".as_slice(), 0xffff_ffff),
        (count(text("p", of("n"), Encoding::Utf8)), "\x03éé!".as_bytes(), 5),
        (vec![text("p", Size::Rest, Encoding::Utf8)], b"12345", 5),
        (vec![text("p", Size::Turn, Encoding::Utf8)], b"12345", 5),
        (vec![until(Kind::NumberUntil)], b"123\r\n", 4),
        (vec![until(text_until)], b"1234\r\n", 5),
        (vec![until(Kind::JsonUntil)], b"[1,2,3,4,5,6]\r\n", 12),
    ] {
        let layout = layout(vec![frame("f", parts)]);
        let reading = read_within(&layout, Direction::ToServer, stream, &[], true, limits);
        let error = reading.trouble.unwrap();
        let Trouble::TooLong { found: ours, .. } = error.trouble else { panic!("{error}") };
        assert_eq!((error.part.as_deref(), ours), (Some("p"), found), "{error}");
    }
    for (parts, stream) in [
        (vec![until(Kind::NumberUntil)], b"12\r\n".as_slice()),
        (vec![until(text_until)], b"123\r\n"),
        (vec![text("p", Size::Rest, Encoding::Utf8)], b"1234"),
        (vec![bytes("p", Size::Rest)], b"1234567890123456"),
    ] {
        let layout = layout(vec![frame("f", parts)]);
        let reading = read_within(&layout, Direction::ToServer, stream, &[], true, limits);
        assert_eq!(reading.trouble, None, "exactly as long as it may be");
    }
}

#[test]
fn a_size_that_no_earlier_part_has_is_an_error_and_no_panic() {
    let parts = vec![bytes("body", of("later")), number("later", "B")];
    let message = "expected later to be the size of body, found no such value";
    assert_eq!(shown(&layout(vec![frame("f", parts)]), b"a"), at("body", 0, message));
}

#[test]
fn an_error_stays() {
    let layout = layout(vec![frame("f", vec![constant("c", b"a")])]);
    let mut parser = layout::Parser::new(&layout, Direction::ToServer);
    let mut events = Vec::new();
    let error = parser.push(b"b", &mut events).unwrap_err();
    assert_eq!(error.path().as_deref(), Some("f.c"));
    assert_eq!(parser.push(b"a", &mut events), Err(error.clone()));
    assert_eq!(parser.turn(&mut events), Err(error.clone()));
    assert_eq!(parser.finish(&mut events), Err(error));
}
