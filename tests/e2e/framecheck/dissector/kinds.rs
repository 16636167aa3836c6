//! Each kind of part, each size and each encoding.

use framecheck_tests::Sandbox;

use super::super::captures::has_tshark;
use super::wire::{Way, bytewise, tcp, udp, whole};
use super::{ERRORS, fields, tshark, write_capture, write_dissector, write_protocol};

/// A frame with these parts, repeated, to the server.
fn frame(parts: &str) -> String {
    format!("[frames.f]\nparts = [{parts}]\n[streams]\nto-server = [\"f*\"]\n")
}

/// For a stream of frames with these parts, the fields' values in each frame. One segment shows the same as one
/// segment per byte, and there is no error.
fn shown(parts: &str, stream: &[u8], names: &[&str]) -> Vec<Vec<String>> {
    let sandbox = Sandbox::new();
    write_protocol(&sandbox, "tcp4", &frame(parts));
    let script = write_dissector(&sandbox, "up.toml", &[]);
    let names: Vec<String> = names.iter().map(|name| format!("up_load.f.{name}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let at_once = write_capture(&sandbox, &tcp(&[whole(Way::Up, stream)]));
    let once = fields(&script, &at_once, &names);
    assert_eq!(tshark(&script, &at_once, &["-Y", ERRORS, "-V"]), "");
    let bytewise = write_capture(&sandbox, &tcp(&[bytewise(Way::Up, stream)]));
    let by_frame = fields(&script, &bytewise, &names);
    assert_eq!(tshark(&script, &bytewise, &["-Y", ERRORS, "-V"]), "");
    let joined = |rows: &[Vec<String>], nth: usize| {
        let values = rows.iter().flat_map(|row| row[nth].split('|'));
        values.filter(|it| !it.is_empty()).collect::<Vec<_>>().join("|")
    };
    for (nth, name) in names.iter().enumerate() {
        assert_eq!(joined(&once, nth), joined(&by_frame, nth), "{name}");
    }
    by_frame
}

#[test]
fn every_code_of_struct_shows_its_value_in_either_byte_order() {
    if !has_tshark("dissecting structs") {
        return;
    }
    let codes = [
        ("b", &b"\xfe"[..], "-2"),
        ("B", b"\xfe", "254"),
        (">h", b"\xff\xfe", "-2"),
        ("<H", b"\xfe\xff", "65534"),
        (">i", b"\xff\xff\xff\xfe", "-2"),
        ("<i", b"\xfe\xff\xff\xff", "-2"),
        ("!I", b"\xff\xff\xff\xfe", "4294967294"),
        ("<l", b"\xfe\xff\xff\xff", "-2"),
        (">L", b"\0\0\x01\0", "256"),
        (">q", b"\x80\0\0\0\0\0\0\x01", "-9223372036854775807"),
        ("<Q", b"\x01\0\0\0\0\0\0\x80", "9223372036854775809"),
        ("<f", b"\0\0\xc0\x3f", "1.5"),
        (">d", b"\xbf\xf8\0\0\0\0\0\0", "-1.5"),
        (">e", b"\xbe\0", "-1.5"),
        ("c", b"A", "41"),
        ("6s", b"a.txt\0", "a.txt"),
        ("6p", b"\x03abcde", "abc"),
    ];
    let native =
        [("i", i32::to_ne_bytes(-2).to_vec(), "-2"), ("@Q", 7_u64.to_ne_bytes().to_vec(), "7")];
    let codes = codes.iter().map(|(code, bytes, shown)| (*code, bytes.to_vec(), *shown));
    let (mut parts, mut stream, mut names, mut expected) = (vec![], vec![], vec![], vec![]);
    for (nth, (code, bytes, shown)) in codes.chain(native).enumerate() {
        parts.push(format!("{{ name = \"p{nth}\", struct = \"{code}\" }}"));
        stream.extend(bytes);
        names.push(format!("p{nth}"));
        expected.push(shown);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(shown(&parts.join(", "), &stream, &names), [expected]);
    // Alignment, and several values with names. The version decides whether a bool is printed as 1 or True.
    let parts = r#"{ name = "head", struct = "@BI?", fields = ["Kind", "dict-size", "last"] }"#;
    let stream = [&[3, 0, 0, 0][..], &5_u32.to_ne_bytes(), &[2]].concat();
    let found = shown(parts, &stream, &["head.kind", "head.dict_size", "head.last"]);
    assert_eq!(found[0][..2], ["3", "5"]);
    assert!(["1", "True"].contains(&found[0][2].as_str()), "{found:?}");
}

#[test]
fn numbers_in_text_are_sizes() {
    if !has_tshark("dissecting numbers in text") {
        return;
    }
    let parts = r#"{ name = "n", digits = 5 }, { name = "t", text = "n" },
        { name = "m", number-until = "\r\n" }, { name = "b", bytes = "m" }"#;
    let stream = b"   03abc2\r\n\x00\xff00001x+0\r\n";
    let names = ["n", "t", "m", "b"];
    assert_eq!(shown(parts, stream, &names), [["3", "abc", "2", "00ff"], ["1", "x", "0", ""]]);
}

#[test]
fn json_shows_its_members_by_their_paths() {
    if !has_tshark("dissecting JSON") {
        return;
    }
    let parts = r#"{ name = "n", struct = ">I" }, { name = "dict", json = "n" }, { name = "body", bytes = "dict.file.size" }"#;
    let json = r#"{"a": [1, {"b": null}], "file": {"name": "\u4f60\ud83d\ude00\\n", "size": 1, "size": 3}, "big": 123456789012345678901234567890}"#;
    let stream =
        [&u32::try_from(json.len()).unwrap().to_be_bytes(), json.as_bytes(), b"xyz"].concat();
    let names = ["dict.key", "dict.value", "dict.file.size", "body"];
    let found = shown(parts, &stream, &names);
    assert_eq!(found[0][0], "a|a.0|a.1|a.1.b|file|file.name|file.size|file.size|big");
    assert!(found[0][1].contains("|你😀\\n|1|3|123456789012345678901234567890"), "{found:?}");
    assert_eq!(found[0][2..], ["3", "78797a"]);
    // An absent size means no bytes.
    let none = b"\0\0\0\x0c{\"file\": {}}\0\0\0\x02{}";
    assert_eq!(shown(parts, none, &["n", "body"]), [["12", ""], ["2", ""]]);
}

#[test]
fn what_goes_up_to_a_delimiter_ends_there() {
    if !has_tshark("dissecting lines") {
        return;
    }
    let parts = r#"{ name = "t", text-until = "; " }, { name = "j", json-until = "\n" }"#;
    let stream = "a;b; [1]\n; \"é\"\n".as_bytes();
    assert_eq!(shown(parts, stream, &["t", "j"]), [["a;b", "[1]"], ["", "\"é\""]]);
}

#[test]
fn sizes_that_count_characters_and_every_encoding_are_read() {
    if !has_tshark("dissecting text") {
        return;
    }
    let parts = r#"{ name = "n", struct = "B", counts = "characters" }, { name = "t", text = "n" },
        { name = "m", struct = "B", counts = "characters" }, { name = "g", text = "m", encoding = "gbk" },
        { name = "l", text = 2, encoding = "latin-1" }, { name = "a", text = 1, encoding = "ascii" },
        { name = "k", struct = "B", counts = "characters" }, { name = "j", json = "k" }"#;
    let stream =
        ["\u{3}né😀\u{2}".as_bytes(), b"\xc4\xe3a\xe9zA", "\u{3}\"😀\"".as_bytes()].concat();
    let found = shown(parts, &stream, &["t", "g", "l", "a", "j"]);
    assert_eq!(found, [["né😀", "你a", "éz", "A", "\"😀\""]]);
}

#[test]
fn constants_and_pads_are_shown_and_the_rest_ends_with_the_stream() {
    if !has_tshark("dissecting constants") {
        return;
    }
    let parts = r#"{ name = "magic", const = { hex = "00ff" } }, { name = "t", text-until = "\n" }, { name = "fill", pad = 8 },
        { name = "rest", bytes = "rest" }"#;
    let stream = b"\0\xffab\n\0\0\0to the end";
    let found = shown(parts, stream, &["magic", "t", "fill", "rest"]);
    assert_eq!(found, [["00ff", "ab", "000000", "746f2074686520656e64"]]);
    // A frame that is longer than its pad has no pad.
    let found = shown(
        &parts.replace("rest\"", "end\"").replace("bytes = \"end\"", "bytes = 1"),
        b"\0\xffabcdefgh\n.",
        &["t", "fill", "end"],
    );
    assert_eq!(found, [["abcdefgh", "", "2e"]]);
}

#[test]
fn a_checksum_is_checked_in_each_form_and_one_that_is_not_says_so() {
    if !has_tshark("dissecting checksums") {
        return;
    }
    let hash = |kind: &str| {
        format!(
            "{{ name = \"{kind}\", text-until = \",\", digest = {{ of = \"body\", kind = \"{kind}\" }} }}"
        )
    };
    let parts = format!(
        r#"{{ name = "body", bytes = 9 }}, {{ name = "sum", struct = ">I", digest = {{ of = "body", kind = "crc32" }} }},
        {{ name = "signed", struct = "<i", digest = {{ of = "body", kind = "crc32" }} }}, {}, {}, {}, {},
        {{ name = "dict", json-until = "\n", digests = {{ "dict.sum" = {{ of = "body", kind = "md5" }} }} }}"#,
        hash("md5"),
        hash("sha1"),
        hash("sha256"),
        hash("sha512")
    );
    let sandbox = Sandbox::new();
    write_protocol(&sandbox, "udp4", &frame(&parts));
    let script = write_dissector(&sandbox, "up.toml", &[]);
    let behind = "\u{cb}\u{f4}\u{39}\u{26}\u{26}\u{39}\u{f4}\u{cb}25f9e794323b453885f5181f1b624d0b,\
        F7C3BC1D808E04732ADF679965CCC34CA7AE3441,15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225,?,\
        {\"sum\": \"25f9e794323b453885f5181f1b624d0b\"}\n";
    let behind: Vec<u8> = behind.chars().map(|it| u8::try_from(it).unwrap()).collect();
    let datagrams =
        ["123456789", "123456780"].map(|body| (Way::Up, [body.as_bytes(), &behind].concat()));
    let capture = write_capture(&sandbox, &udp(&datagrams));
    let text = tshark(&script, &capture, &["-V"]);
    let (right, wrong) = text.split_once("Frame 2:").unwrap();
    for said in [
        "crc32 of body: cbf43926, right",
        "md5 of body: 25f9e794323b453885f5181f1b624d0b, right",
        "sha1 of body: f7c3bc1d808e04732adf679965ccc34ca7ae3441, right",
        "sha256 of body: 15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225, right",
        "sha512 of body: not checked here",
    ] {
        assert!(right.contains(said), "{said} is not in {right}");
    }
    assert_eq!(right.matches(", right]").count(), 6, "{right}");
    assert_eq!(wrong.matches(", wrong]").count(), 6, "{wrong}");
    for said in [
        ", the crc32 of body, found 3421780262",
        ", the md5 of body, found 25f9e7",
        "f.dict.sum: expected ",
    ] {
        assert!(wrong.contains(said), "{said} is not in {wrong}");
    }
    let found = fields(&script, &capture, &["up_load.f.sum", "up_load.wrong_digest"]);
    assert!(found[0][1].is_empty() && !found[1][1].is_empty(), "{found:?}");
}
