//! Streams and datagrams: order, directions, cuts, ends.

use std::path::Path;

use framecheck_tests::Sandbox;

use super::super::captures::has_tshark;
use super::wire::{Way, bytewise, tcp, tcp_at, udp, whole};
use super::{ERRORS, fields, tshark, write_capture, write_dissector, write_protocol};

const ORDERED: &str = r#"[frames.hello]
parts = [{ name = "word", const = "HELLO\n" }]
[frames.put]
parts = [{ name = "verb", const = "put " }, { name = "name", text-until = "\n" }]
[frames.get]
parts = [{ name = "verb", const = "get " }, { name = "name", text-until = "\n" }]
[frames.bye]
parts = [{ name = "word", const = "bye\n" }]
[frames.banner]
parts = [{ name = "n", struct = "B" }, { name = "text", text = "n" }]
[streams]
to-server = ["hello", "put*", "get*", "bye"]
to-client = ["banner"]
"#;

const NAMES: [&str; 6] = [
    "up_load.hello",
    "up_load.put.name",
    "up_load.get.name",
    "up_load.bye",
    "up_load.banner.text",
    "up_load.rest",
];

/// The mistakes that the dissector reports.
fn messages(script: &Path, capture: &Path) -> Vec<String> {
    let arguments =
        ["-Y", ERRORS, "-T", "fields", "-E", "aggregator=|", "-e", "_ws.expert.message"];
    let text = tshark(script, capture, &arguments);
    let is_ours = |it: &&str| !it.is_empty() && !it.contains("onnection ");
    text.split(['\n', '|']).filter(is_ours).map(str::to_owned).collect()
}

#[test]
fn the_order_of_frames_is_kept_by_connection_and_direction() {
    if !has_tshark("dissecting ordered frames") {
        return;
    }
    let sandbox = Sandbox::new();
    write_protocol(&sandbox, "tcp4", ORDERED);
    let script = write_dissector(&sandbox, "up.toml", &[]);
    let up = b"HELLO\nput a\nput b\nget c\nbye\n";
    let mut first = bytewise(Way::Up, up);
    first.insert(4, (Way::Down, b"\x02hi".to_vec()));
    let capture = write_capture(&sandbox, &tcp(&[first, whole(Way::Up, b"HELLO\nbye\n")]));
    let found = fields(&script, &capture, &NAMES);
    let column = |nth: usize| found.iter().filter(|row| !row[nth].is_empty()).count();
    assert_eq!([0, 1, 2, 3, 4, 5].map(column), [2, 2, 1, 2, 1, 0], "{found:?}");
    // The second connection has no banner, and so ends too early.
    assert_eq!(messages(&script, &capture).len(), 1, "{:?}", messages(&script, &capture));
    let (get, put) = (b"HELLO\nget a\nput b\nbye\n", b"HELLO\nput a\nbye\nmore");
    let both = [get, put.as_slice()].map(|up| {
        vec![
            (Way::Up, up.to_vec()),
            (Way::Down, b"\x02hi".to_vec()),
            (Way::Up, b"and more".to_vec()),
        ]
    });
    let capture = write_capture(&sandbox, &tcp(&both));
    let found = messages(&script, &capture);
    assert!(found[0].contains("get.verb: expected 0x67, found 0x70"), "{found:?}");
    assert!(found[1].contains("expected the end of the stream"), "{found:?}");
    let rest = fields(&script, &capture, &["up_load.rest"]);
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(rest, [[hex("put b\nbye\n")], [hex("and more")], [hex("more")], [hex("and more")]]);
}

#[test]
fn a_stream_that_ends_inside_a_frame_says_where_and_one_without_a_frame_says_which() {
    if !has_tshark("dissecting ends") {
        return;
    }
    let sandbox = Sandbox::new();
    write_protocol(&sandbox, "tcp4", ORDERED);
    let script = write_dissector(&sandbox, "up.toml", &[]);
    let banner = (Way::Down, b"\x02hi".to_vec());
    let cut = vec![(Way::Up, b"HELLO\nput a".to_vec()), banner.clone()];
    let short = vec![(Way::Up, b"HELLO\n".to_vec()), banner, (Way::Up, b"put a\n".to_vec())];
    let torn = vec![(Way::Up, b"HELLO\nbye\n".to_vec()), (Way::Down, b"\x09hi".to_vec())];
    let capture = write_capture(&sandbox, &tcp(&[cut, short, torn]));
    let found = messages(&script, &capture).join("\n");
    for expected in [
        "put.name: expected a delimiter behind the bytes, found the end of the stream after 1 of them",
        "bye: expected this frame, found the end of the stream",
        "banner.text: expected 9 bytes, found the end of the stream after 2 of them",
    ] {
        assert!(found.contains(expected), "{expected} is not in {found}");
    }
}

#[test]
fn the_server_is_known_by_its_port_by_the_handshake_or_by_decode_as() {
    if !has_tshark("dissecting other ports") {
        return;
    }
    let sandbox = Sandbox::new();
    write_protocol(&sandbox, "tcp4", ORDERED);
    let talk = vec![(Way::Down, b"\x02hi".to_vec()), (Way::Up, b"HELLO\nbye\n".to_vec())];
    // A port above the client's.
    let capture = write_capture(&sandbox, &tcp_at(60_000, std::slice::from_ref(&talk)));
    let usual = write_dissector(&sandbox, "up.toml", &[]);
    let banner = ["-Y", "up_load.banner.text == \"hi\"", "-T", "fields", "-e", "tcp.srcport"];
    let ask = |script: &Path, more: &[&str]| {
        tshark(script, &capture, &[more, &banner].concat()).trim().to_owned()
    };
    assert_eq!(ask(&usual, &[]), "");
    assert_eq!(ask(&usual, &["-o", "up_load.ports:60000"]), "60000");
    assert_eq!(ask(&usual, &["-d", "tcp.port==60000,up_load"]), "60000");
    let other = write_dissector(&sandbox, "up.toml", &["--port", "9000", "--port", "60000"]);
    assert_eq!(ask(&other, &[]), "60000");
}

#[test]
fn a_turn_goes_on_until_the_other_side_speaks() {
    if !has_tshark("dissecting turns") {
        return;
    }
    let sandbox = Sandbox::new();
    let frames = r#"[frames.ask]
parts = [{ name = "line", text = "turn" }]
[frames.answer]
parts = [{ name = "n", struct = "B" }, { name = "out", bytes = "turn" }]
[streams]
to-server = ["ask*"]
to-client = ["answer*"]
"#;
    write_protocol(&sandbox, "tcp4", frames);
    let script = write_dissector(&sandbox, "up.toml", &[]);
    let said = [
        (Way::Up, "ls"),
        (Way::Down, "\u{1}"),
        (Way::Down, "ab"),
        (Way::Down, "cd"),
        (Way::Up, "pwd"),
        (Way::Down, "\u{2}ef"),
    ];
    let said = said.map(|(way, text)| (way, text.as_bytes().to_vec())).to_vec();
    let capture = write_capture(&sandbox, &tcp(&[said]));
    let names = ["up_load.ask.line", "up_load.answer.n", "up_load.answer.out", "up_load.turn"];
    let found = fields(&script, &capture, &names);
    let expected = [
        ["ls", "", "", ""],
        ["", "1", "6162", ""],
        ["", "", "", "6364"],
        ["pwd", "", "", ""],
        ["", "2", "6566", ""],
    ];
    assert_eq!(found, expected);
    assert!(messages(&script, &capture).is_empty());
}

#[test]
fn a_datagram_is_the_first_frame_that_it_can_be() {
    if !has_tshark("dissecting datagrams") {
        return;
    }
    let sandbox = Sandbox::new();
    write_protocol(&sandbox, "udp4", &ORDERED.replace("to-client = [\"banner\"]\n", ""));
    let script = write_dissector(&sandbox, "up.toml", &[]);
    let said = [
        (Way::Up, "get a\n"),
        (Way::Up, "HELLO\n"),
        (Way::Down, "x"),
        (Way::Up, "put a"),
        (Way::Up, "bye\n."),
    ];
    let said = said.map(|(way, text)| (way, text.as_bytes().to_vec()));
    let capture = write_capture(&sandbox, &udp(&said));
    let found = fields(&script, &capture, &["up_load.get.name", "up_load.hello", "up_load.plain"]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!((found[0][0].as_str(), found[2][2].as_str()), ("a", "78"));
    // The mistake is that of the first frame that may come there.
    let found = messages(&script, &capture);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|it| it.contains("hello.word: expected 0x48")), "{found:?}");
}

#[test]
fn a_length_that_nobody_sends_is_not_waited_for() {
    if !has_tshark("dissecting a hostile length") {
        return;
    }
    let sandbox = Sandbox::new();
    let frames = r#"[frames.f]
parts = [{ name = "n", struct = ">I" }, { name = "body", bytes = "n" }]
[streams]
to-server = ["f*"]
"#;
    write_protocol(&sandbox, "tcp4", frames);
    let script = write_dissector(&sandbox, "up.toml", &[]);
    let said = vec![(Way::Up, b"\x80\0\0\0abc".to_vec()), (Way::Up, b"more".to_vec())];
    let capture = write_capture(&sandbox, &tcp(&[said]));
    let rows = fields(&script, &capture, &["up_load.f.n", "up_load.not_followed", "up_load.rest"]);
    assert_eq!((rows[0][0].as_str(), rows[0][2].as_str()), ("2147483648", "616263"));
    assert!(!rows[0][1].is_empty());
    assert_eq!(rows[1][2], "6d6f7265");
}
