//! Malformed frames for the two clients that read frames. The harness serves them.

use model::case::{Kind, Network};
use model::{Beside, Input, Leaving, Vector};

/// A header in the machine's byte order, as `struct.pack('i', n)` makes it.
fn header(announced: i32) -> Vec<u8> {
    announced.to_ne_bytes().to_vec()
}

/// A header with the right length of this text, the text, and a body.
fn frame(dict: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Vec<u8> {
    let len = i32::try_from(dict.as_ref().len()).unwrap_or(i32::MAX);
    announced(len, dict, body)
}

/// A header that announces this many bytes, and a dict and a body of any length.
fn announced(len: i32, dict: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Vec<u8> {
    [&header(len), dict.as_ref(), body.as_ref()].concat()
}

/// A dict with a file's name and size, in this spelling.
fn file(name: &str, size: &str) -> String {
    format!("{{\"file_name\": {name}, \"file_desc\": \"d\", \"file_size\": {size}}}")
}

/// The frames for the client of `file-transfer`.
pub(crate) fn files() -> Vec<Vector> {
    let served = |name, bytes: Vec<u8>| Vector::new(name, Input::served([bytes]));
    let dict = |size: &str| file("\"a.txt\"", size);
    let named = |name, file_name: &str| served(name, frame(file(file_name, "5"), "hello"));
    let mut vectors = lengths(&dict("5"), served);
    vectors.extend(dicts("file_size", &dict, served));
    vectors.extend([
        named("hostile-name-absolute", "\"/no/such/directory/a.txt\""),
        // On Linux these paths lead to the case's own directory and can be opened. Other systems have no such
        // directory.
        named("hostile-name-absolute-into-this-directory", "\"/proc/self/cwd/escaped\""),
        named("hostile-name-absolute-out-of-this-directory", "\"/proc/self/cwd/../escaped\""),
        Vector {
            input: named("", "\"out/escaped\"")
                .input
                .beside("out", Beside::Symlink("..".to_owned())),
            ..named("hostile-name-through-a-link-out", "")
        },
        named("hostile-name-parent", "\"../escaped\""),
        named("hostile-name-of-five-thousand", &format!("\"{}\"", "n".repeat(5000))),
        named("name-with-backslashes", "\"..\\\\escaped\""),
        named("hostile-name-dot-dot", "\"..\""),
        named("hostile-name-dot", "\".\""),
        named("hostile-name-empty", "\"\""),
        named("hostile-name-in-a-directory", "\"sub/a.txt\""),
        Vector {
            input: named("", "\"sub/a.txt\"").input.beside("sub", Beside::Directory),
            ..named("hostile-name-in-a-directory-that-is-there", "")
        },
        named("hostile-name-in-this-directory", "\"./a.txt\""),
        named("hostile-name-trailing-slash", "\"a.txt/\""),
        named("hostile-name-nul", "\"a\\u0000b\""),
        named("hostile-name-too-long", &format!("\"{}\"", "n".repeat(256))),
        named("hostile-name-too-long-in-bytes", &format!("\"{}\"", "名".repeat(86))),
        named("hostile-name-null", "null"),
        named("hostile-name-number", "7"),
        named("hostile-name-list", "[\"a.txt\"]"),
        named("hostile-name-device", "\"/dev/null\""),
        named("hostile-name-lone-surrogate", "\"\\ud800\""),
        named("name-drive-letter", "\"C:\\\\a.txt\""),
        named("name-surrogate-escape", "\"caf\\udce9\""),
        served("hostile-no-name", frame("{\"file_size\": 5}", "hello")),
        served("hostile-name-before-a-short-body", frame(file("\"../x\"", "9"), "hello")),
    ]);
    vectors.extend(directories());
    vectors
}

/// The content of the client's directory before the case.
fn directories() -> Vec<Vector> {
    let whole = || Input::served([frame(file("\"a.txt\"", "5"), "hello")]);
    let short = || Input::served([frame(file("\"a.txt\"", "9"), "hello")]);
    let head = frame(file("\"a.txt\"", "9"), "").len();
    let old = || Beside::File("what was there before".into());
    vec![
        Vector::new("over-a-file", whole().beside("a.txt", old())),
        Vector::new("hostile-short-body-over-a-file", short().beside("a.txt", old()))
            .over([Network::down(Kind::Reset(head + 3)), Network::down(Kind::Reset(head))]),
        Vector::new(
            "hostile-over-a-link-out",
            whole().beside("a.txt", Beside::Symlink("../escaped".to_owned())),
        ),
        Vector::new(
            "hostile-over-a-link-to-a-device",
            whole().beside("a.txt", Beside::Symlink("/dev/null".to_owned())),
        ),
        Vector::new("hostile-over-a-directory", whole().beside("a.txt", Beside::Directory)),
        Vector::new(
            "hostile-over-a-named-pipe",
            whole().beside("a.txt", Beside::Fifo).leaving(Leaving::Hold),
        ),
    ]
}

/// The frames for the client of `remote-command`.
pub(crate) fn answers() -> Vec<Vector> {
    let served = |name, bytes: Vec<u8>| {
        let input = Input::served([bytes]);
        Vector::new(name, Input { lines: vec!["echo 1".into()], ..input })
    };
    let dict = |size: &str| format!("{{\"data_size\": {size}}}");
    let mut vectors = lengths(&dict("5"), served);
    vectors.extend(dicts("data_size", &dict, served));
    vectors.extend([
        served("hostile-body-not-gbk", frame(dict("2"), b"\xff\xff")),
        served("hostile-body-gbk-broken-off", frame(dict("1"), b"\xc4")),
        served(
            "hostile-second-frame-unasked",
            [frame(dict("1"), "a"), frame(dict("1"), "b")].concat(),
        ),
    ]);
    vectors
}

/// Headers, and streams that break off.
fn lengths(dict: &str, served: impl Fn(&'static str, Vec<u8>) -> Vector) -> Vec<Vector> {
    let len = i32::try_from(dict.len()).unwrap_or(i32::MAX);
    let whole = frame(dict, "hello");
    let held = |name, bytes: Vec<u8>| {
        let vector = served(name, bytes);
        Vector { input: vector.input.leaving(Leaving::Hold), ..vector }
    };
    let mut vectors = vec![
        held("hostile-silence", Vec::new()),
        held("hostile-header-then-silence", header(len)),
        held("hostile-huge-length-then-silence", header(i32::MAX)),
        held("hostile-dict-then-silence", frame(dict, "")),
        held("hostile-body-then-silence", frame(dict, "hell")),
        held("whole-then-silence", whole.clone()),
    ];
    vectors.extend([
        served("hostile-nothing", Vec::new()),
        served("hostile-one-byte", vec![b'x']),
        served("hostile-length-minus-one", announced(-1, dict, "hello")),
        served("hostile-length-minimum", announced(i32::MIN, dict, "hello")),
        served("hostile-length-maximum", announced(i32::MAX, dict, "hello")),
        served("hostile-length-one-over-the-cap", announced((1 << 20) + 1, dict, "hello")),
        served("hostile-length-of-the-cap", announced(1 << 20, dict, "hello")),
        served("dict-of-the-cap", frame(padded(dict, 1 << 20), "hello")),
        served("hostile-dict-one-over-the-cap", frame(padded(dict, (1 << 20) + 1), "hello")),
        served("hostile-length-zero", announced(0, dict, "hello")),
        served("hostile-length-one-short", announced(len - 1, dict, "hello")),
        served("hostile-length-one-long", announced(len + 1, dict, "hello")),
        served("hostile-length-big-endian", [&len.to_be_bytes()[..], dict.as_bytes()].concat()),
        served("hostile-garbage-first", [&b"HTTP/1.1 400 \r\n"[..], &whole].concat()),
        served("hostile-newline-first", [&b"\n"[..], &whole].concat()),
        served("hostile-dict-broken-off", announced(len, &dict[..dict.len() / 2], "")),
        served("hostile-body-broken-off", frame(dict, "hell")),
        served("hostile-no-body", frame(dict, "")),
        served("bytes-behind-the-body", frame(dict, "hello, and more that nobody announced")),
    ]);
    vectors
}

/// JSON that is not a dict, and wrong sizes.
fn dicts(
    key: &str,
    dict: &impl Fn(&str) -> String,
    served: impl Fn(&'static str, Vec<u8>) -> Vector,
) -> Vec<Vector> {
    let size = |name, size: &str| served(name, frame(dict(size), "hello"));
    let text = |name, text: &str| served(name, frame(text, "hello"));
    let twice = |first: &str, second: &str| {
        dict(second).replacen('{', &format!("{{\"{key}\": {first}, "), 1)
    };
    vec![
        size("hostile-size-minus-one", "-1"),
        size("hostile-size-negative-huge", &format!("-{}", "9".repeat(40))),
        size("hostile-size-fraction", "2.5"),
        size("hostile-size-whole-float", "5.0"),
        size("hostile-size-exponent", "5e0"),
        size("hostile-size-string", "\"5\""),
        size("hostile-size-true", "true"),
        size("hostile-size-null", "null"),
        size("hostile-size-list", "[5]"),
        size("hostile-size-nan", "NaN"),
        size("hostile-size-infinity", "Infinity"),
        size("hostile-size-over-the-cap", "1099511627777"),
        size("hostile-size-two-to-the-64", "18446744073709551616"),
        size("hostile-size-of-forty-digits", &"9".repeat(40)),
        size("hostile-size-of-five-thousand-digits", &"9".repeat(5000)),
        size("hostile-size-one-more", "6"),
        size("hostile-size-of-two-to-the-31", "2147483648"),
        size("hostile-size-four-gibibytes-more", "4294967301"),
        size("hostile-size-of-the-cap", "1099511627776"),
        size("size-one-less", "4"),
        size("size-zero", "0"),
        size("size-minus-zero", "-0"),
        served("duplicate-size-last-wins", frame(twice("9", "5"), "hello")),
        served("hostile-duplicate-size-last-is-wrong", frame(twice("5", "-1"), "hello")),
        served("nan-beside", frame(twice("5", "5").replacen("5", "5, \"x\": NaN", 1), "hello")),
        text("hostile-no-dict-but-a-list", "[1, 2]"),
        text("hostile-no-dict-but-a-string", "\"file_size\""),
        text("hostile-no-dict-but-a-number", "5"),
        text("hostile-no-dict-but-null", "null"),
        text("hostile-empty-dict", "{}"),
        text("hostile-no-json", "hello"),
        text("hostile-single-quotes", "{'file_size': 5}"),
        text("hostile-trailing-comma", "{\"file_size\": 5,}"),
        text("hostile-control-character", "{\"file_size\": 5, \"x\": \"\u{1}\"}"),
        text("hostile-two-dicts", &dict("5").repeat(2)),
        text("hostile-spaces-only", "    "),
        served("hostile-dict-not-utf8", frame(b"{\"x\": \"\xff\xfe\"}", "hello")),
        served(
            "hostile-dict-latin-1",
            frame(b"{\"file_name\": \"caf\xe9\", \"file_size\": 5}", "hello"),
        ),
        served("dict-in-utf-16", frame(utf16(&dict("5")), "hello")),
        served("dict-in-utf-32", frame(utf32(&dict("5")), "hello")),
        text("hostile-number-with-a-zero-before", &dict("05")),
        text("hostile-number-with-a-plus", &dict("+5")),
        text("hostile-comment", &dict("5 /* hello */")),
        text("hostile-form-feed", &dict("5 \u{c}")),
        served("all-kinds-of-values", frame(dict(&format!("5, {ALL_KINDS}")), "hello")),
        served("hostile-dict-with-a-bom", frame(format!("\u{feff}{}", dict("5")), "hello")),
        text("hostile-list-bomb", &"[".repeat(100_000)),
        text("hostile-dict-bomb", &"{\"a\":".repeat(100_000)),
        text("hostile-closed-list-bomb", &("[".repeat(50_000) + &"]".repeat(50_000))),
        served("spaces-around-the-dict", frame(format!(" \n\t{}\r\n", dict("5")), "hello")),
    ]
}

/// A value of each kind, as members of a dict: `print` shows them differently from their JSON.
const ALL_KINDS: &str = r#""t": true, "f": false, "n": null, "x": 1e16, "y": 1E-7, "z": -0.0, "w": 0.1e2, "i": -12345678901234567890123, "l": [1, [2.50], {}], "d": {"é": "\ud83d\ude00\t", "'": "\"'"}"#;

/// A dict padded with spaces after its brace to this length in bytes.
fn padded(dict: &str, len: usize) -> String {
    dict.replacen('{', &format!("{{{}", " ".repeat(len.saturating_sub(dict.len()))), 1)
}

fn utf32(text: &str) -> Vec<u8> {
    text.chars().flat_map(|char| u32::from(char).to_le_bytes()).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
