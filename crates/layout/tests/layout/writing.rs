//! Writing frames: unchanged, and with changes.

use layout::{
    Digest, DigestKind, Encoding, Kind, Layout, Part, Scalar, Size, Value, Values, WriteError,
};

use crate::build::*;

/// A stream's first frame after a change.
fn changed(
    layout: &Layout,
    stream: &[u8],
    change: impl Fn(&mut Values<'_>) -> Result<(), WriteError>,
) -> Result<Vec<u8>, WriteError> {
    let reading = read(layout, stream);
    assert_eq!(reading.trouble, None);
    let mut values = Values::of(&layout.frames[0], &reading.frames[0], stream).unwrap();
    assert_eq!(values.write().unwrap(), stream, "unchanged");
    change(&mut values)?;
    values.write()
}

fn int(int: i128) -> Value {
    Value::Scalar(Scalar::Int(int))
}

const DICT: &str = r#"{"filename": "a", "filesize": 3, "md5": "900150983cd24fb0d6963f7d28e17f72"}"#;

#[test]
fn sizes_and_checksums_follow_what_is_changed() {
    let stream = request_bytes(DICT, b"abc");
    let written = changed(&request(), &stream, |values| values.set_raw("body", b"abcd")).unwrap();
    let dict = r#"{"filename": "a", "filesize": 4, "md5": "e2fc714c4727ee9395f324cd2e7f331f"}"#;
    assert_eq!(written, request_bytes(dict, b"abcd"));
    let renamed = changed(&request(), &stream, |values| {
        values.set("dict.filename", Value::Text("longer".to_owned()))
    });
    assert_eq!(renamed.unwrap(), request_bytes(&DICT.replace("\"a\"", "\"longer\""), b"abc"));
}

#[test]
fn what_is_set_stays_wrong() {
    let stream = request_bytes(DICT, b"abc");
    let set = |path: &str, value: Value| {
        changed(&request(), &stream, |values| values.set(path, value.clone())).unwrap()
    };
    let dict = DICT.replace("\"filesize\": 3", "\"filesize\": 1000");
    assert_eq!(set("dict.filesize", int(1000)), request_bytes(&dict, b"abc"));
    let dict = DICT.replace("900150983cd24fb0d6963f7d28e17f72", "x");
    assert_eq!(set("dict.md5", Value::Text("x".to_owned())), request_bytes(&dict, b"abc"));
    let length = set("length", int(7));
    assert_eq!((&length[..4], &length[4..]), (b"\0\0\0\x07".as_slice(), &stream[4..]));
    let dict = DICT.replace("\"filesize\": 3", "\"filesize\": \"3\"");
    assert_eq!(set("dict.filesize", Value::Text("3".to_owned())), request_bytes(&dict, b"abc"));
    let raw = changed(&request(), &stream, |values| values.set_raw("dict", b"{nope"));
    assert_eq!(raw.unwrap(), request_bytes("{nope", b"abc"));
}

#[test]
fn a_key_that_is_taken_out_stays_out_and_one_that_is_new_comes_last() {
    let stream = request_bytes(DICT, b"abc");
    let written = changed(&request(), &stream, |values| {
        values.unset("dict.filesize")?;
        values.unset("dict.md5")?;
        values.set("dict.info.deep", int(1))
    });
    let dict = r#"{"filename": "a", "info": {"deep": 1}}"#;
    assert_eq!(written.unwrap(), request_bytes(dict, b"abc"));
}

#[test]
fn changed_json_keeps_the_style_it_was_read_in() {
    for (read, written) in [
        (r#"{"filename": "é","x":1}"#, r#"{"filename": "ü","x": 1}"#),
        (r#"{"filename":"e","x":[1,2]}"#, r#"{"filename":"\u00fc","x":[1,2]}"#),
        ("{\"filename\": \"e\"}\n", "{\"filename\": \"\\u00fc\"}\n"),
        ("{\n  \"filename\": \"e\"\n}", "{\n  \"filename\": \"\\u00fc\"\n}"),
    ] {
        let name = Value::Text("ü".to_owned());
        let ours = changed(&request(), &request_bytes(read, b""), |values| {
            values.set("dict.filename", name.clone())
        });
        assert_eq!(ours.unwrap(), request_bytes(written, b""), "{read}");
    }
}

#[test]
fn digits_keep_their_width_and_the_side_of_their_padding() {
    let digits = Part::new("n", Kind::Digits { width: 4 });
    let layout = layout(vec![frame("f", vec![digits, bytes("body", of("n"))])]);
    for (read, written) in [
        ("0001", "0012"),
        ("   1", "  12"),
        ("1   ", "12  "),
        ("1\0\0\0", "12\0\0"),
        (" 1  ", " 12 "),
    ] {
        let ours = changed(&layout, format!("{read}x").as_bytes(), |values| {
            values.set_raw("body", &[b'y'; 12])
        });
        let expected = format!("{written}{}", "y".repeat(12));
        assert_eq!(String::from_utf8(ours.unwrap()).unwrap(), expected);
    }
    let error = changed(&layout, b"0001x", |values| values.set("n", int(12345))).unwrap_err();
    assert_eq!(error.to_string(), "n: expected at most 4 characters, found 12345");
    let negative = changed(&layout, b"0001x", |values| values.set("n", int(-1)));
    assert_eq!(negative.unwrap(), b"-001x");
}

#[test]
fn sizes_in_characters_are_counted_in_the_encoding() {
    let parts = vec![counting_characters(number("n", "B")), text("t", of("n"), Encoding::Gbk)];
    let layout = layout(vec![frame("f", parts)]);
    let set = |text: &str| {
        changed(&layout, b"\x01a", |values| values.set("t", Value::Text(text.to_owned())))
    };
    assert_eq!(set("你好!").unwrap(), b"\x03\xc4\xe3\xba\xc3!");
    assert_eq!(set("😀").unwrap_err().to_string(), "t: expected text that gbk has");
}

#[test]
fn a_pad_gives_way_and_checksums_keep_their_form() {
    let sums = |part, at, of| with_digest(part, at, of, DigestKind::Crc32);
    let parts = vec![
        Part::new("line", text_until(b"\n".to_vec())),
        Part::new("pad", Kind::Pad(8)),
        sums(number("crc", "<i"), "crc", "line"),
        sums(bytes("raw", Size::Fixed(4)), "raw", "line"),
        sums(text("hex", Size::Fixed(8), Encoding::Ascii), "hex", "line"),
    ];
    let layout = layout(vec![frame("f", parts)]);
    let frame_of = |line: &[u8], upper: bool| {
        let crc = layout::digest(DigestKind::Crc32, line);
        let hex: String = crc.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = if upper { hex.to_uppercase() } else { hex };
        let mut bytes = [line, &vec![b'_'; 8 - line.len()]].concat();
        bytes.extend(crc.iter().rev());
        bytes.extend(crc);
        bytes.extend(hex.bytes());
        bytes
    };
    for text in ["", "abcdefg", "xyz", "1234"] {
        let line = format!("{text}\n");
        let written = changed(&layout, &frame_of(b"ab\n", true), |values| {
            values.set("line", Value::Text(text.to_owned()))
        });
        assert_eq!(written.unwrap(), frame_of(line.as_bytes(), true), "{text}");
    }
}

#[test]
fn what_cannot_be_set_or_written_says_why() {
    let stream = request_bytes(DICT, b"abc");
    let set = |path: &str, value: Value| {
        changed(&request(), &stream, |values| values.set(path, value.clone()))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(set("nope", int(1)), "no value has the path nope");
    assert_eq!(set("length", Value::Text(String::new())), "expected a number for length");
    assert_eq!(set("body", int(1)), "expected its bytes for body");
    assert_eq!(
        set("length", int(1 << 32)),
        "length: 'I' format requires 0 <= number <= 4294967295"
    );
    assert_eq!(
        set("dict.filename.x", int(1)),
        "expected a dict or list around it for dict.filename.x"
    );
    let reading = read(&request(), &stream[..5]);
    let frame = &request().frames[0];
    assert_eq!(Values::of(frame, &reading.frames[0], &stream), None, "not whole");
}

#[test]
fn a_checksum_of_the_part_that_it_stands_in_is_circular() {
    let mut dict = json("dict", Size::Rest);
    dict.digests.push(Digest {
        at: path("dict.sum"),
        of: "dict".to_owned(),
        kind: DigestKind::Md5,
    });
    let layout = layout(vec![frame("f", vec![dict])]);
    let stream = br#"{"sum": "x"}"#;
    let reading = read(&layout, stream);
    let values = Values::of(&layout.frames[0], &reading.frames[0], stream).unwrap();
    assert_eq!(values.write(), Err(WriteError::Circular { frame: "f".to_owned() }));
}
