//! Each value's path and place.

use layout::{Kind, LeafValue, Part, Scalar};

use crate::build::*;

fn shown(layout: &layout::Layout, stream: &[u8]) -> Vec<(String, String)> {
    let reading = read(layout, stream);
    assert_eq!(reading.trouble, None);
    let leaves = reading.frames.iter().flat_map(|frame| frame.leaves(layout, stream));
    let text = |range: std::ops::Range<usize>| String::from_utf8_lossy(&stream[range]).into_owned();
    leaves.map(|leaf| (leaf.path, text(leaf.range))).collect()
}

#[test]
fn json_is_told_apart_to_its_innermost_values_and_the_last_of_equal_keys_counts() {
    let line = Part::new("d", Kind::JsonUntil(b"\n".to_vec()));
    let layout = layout(vec![frame("f", vec![line])]);
    let text = "{\"a\": [1, {\"b\" : \"x\\\"]\" }, -1.5e3] , \"\\u0061\\\"\":{ },\"e\":NaN, \
                \"dup\": {\"gone\": 1}, \"n\": {\"m\": [ ]}, \"dup\":\ttrue}\n";
    let leaves = shown(&layout, text.as_bytes());
    let reading = read(&layout, text.as_bytes());
    let whole = &reading.frames[0].leaves(&layout, text.as_bytes())[0];
    assert_eq!(whole.text, 0..text.len() - 1, "without its delimiter");
    let expected = [
        ("f.d", text),
        ("f.d.a", "[1, {\"b\" : \"x\\\"]\" }, -1.5e3]"),
        ("f.d.a.0", "1"),
        ("f.d.a.1", "{\"b\" : \"x\\\"]\" }"),
        ("f.d.a.1.b", "\"x\\\"]\""),
        ("f.d.a.2", "-1.5e3"),
        ("f.d.a\"", "{ }"),
        ("f.d.e", "NaN"),
        ("f.d.n", "{\"m\": [ ]}"),
        ("f.d.n.m", "[ ]"),
        ("f.d.dup", "true"),
    ];
    let expected = expected.map(|(path, text)| (path.to_owned(), text.to_owned()));
    assert_eq!(leaves, expected);
}

#[test]
fn numbers_say_which_parts_they_size() {
    let parts = vec![
        structure("head", "!xBxB", &["dict", "body"]),
        json("dict", of("dict")),
        bytes("body", of("body")),
        bytes("more", of("dict.more.size")),
    ];
    let layout = layout(vec![frame("f", parts)]);
    let stream = b"_\x13_\x01{\"more\":{\"size\":2}}abc";
    let reading = read(&layout, stream);
    assert_eq!(reading.trouble, None);
    let leaves = reading.frames[0].leaves(&layout, stream);
    let sizes: Vec<_> = leaves
        .iter()
        .map(|leaf| (leaf.path.as_str(), leaf.range.clone(), &leaf.sizes[..]))
        .collect();
    let expected: [(_, _, &[usize]); 8] = [
        ("f.head", 0..4, &[]),
        ("f.head.dict", 1..2, &[1]),
        ("f.head.body", 3..4, &[2]),
        ("f.dict", 4..23, &[]),
        ("f.dict.more", 12..22, &[]),
        ("f.dict.more.size", 20..21, &[3]),
        ("f.body", 23..24, &[]),
        ("f.more", 24..26, &[]),
    ];
    assert_eq!(sizes, expected);
    assert_eq!(leaves[1].value, LeafValue::Scalar(&Scalar::Int(19)));
    assert_eq!(layout.frames[0].sized_by("dict.more.size"), [3]);
    assert_eq!(layout.frames[0].sized_by("head.body"), [2]);
}

#[test]
fn each_byte_has_the_path_of_the_innermost_value_that_it_belongs_to() {
    let layout = request();
    let stream = request_bytes(r#"{"filesize": 2, "n": [7]}"#, b"ab");
    let cut = &stream[..stream.len() - 1];
    let reading = layout::read(&layout, layout::Direction::ToServer, cut, &[], false);
    let at = |offset| reading.path_at(&layout, cut, offset);
    for (offset, path) in [
        (0, "request.length"),
        (3, "request.length"),
        (4, "request.dict"),
        (16, "request.dict"),
        (17, "request.dict.filesize"),
        (18, "request.dict"),
        (25, "request.dict.n"),
        (26, "request.dict.n.0"),
        (29, "request.body"),
    ] {
        assert_eq!(at(offset).as_deref(), Some(path), "{offset}");
    }
}

#[test]
fn json_in_utf_16_is_one_value() {
    let layout = layout(vec![frame("f", vec![json("d", layout::Size::Rest)])]);
    let stream: Vec<u8> = "{\"a\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let reading = read(&layout, &stream);
    assert_eq!(reading.frames[0].leaves(&layout, &stream).len(), 1);
}

#[test]
fn json_that_is_deep_or_long_is_not_told_apart_for_ever() {
    let layout = layout(vec![frame("f", vec![json("d", layout::Size::Rest)])]);
    let deep = format!("{}1{}", "[".repeat(900), "]".repeat(900));
    let reading = read(&layout, deep.as_bytes());
    assert_eq!(reading.trouble, None);
    assert_eq!(reading.frames[0].leaves(&layout, deep.as_bytes()).len(), 65);
    let long = format!("[{}1]", "1,".repeat(100_000));
    let reading = read(&layout, long.as_bytes());
    assert_eq!(reading.frames[0].leaves(&layout, long.as_bytes()).len(), 1);
}
