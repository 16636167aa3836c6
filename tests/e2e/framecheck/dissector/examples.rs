//! The examples' protocols: what the reference is seen to say, and the same broken.

use framecheck_tests::{Sandbox, repository};

use super::super::captures::has_tshark;
use super::super::manifests::says;
use super::{ERRORS, fields, tshark, write_dissector};

/// An example, an input of it, fields of its frames, and what it takes to be whole in the first of them.
const EXAMPLES: [(&str, &str, &str, &[&str], &[&str]); 7] = [
    ("command", "each-command", "tcp4", &["command.length", "command.text"], &["10", "echo hello"]),
    ("content", "large-file", "tcp4", &["message.header.content_length"], &["70000"]),
    ("getput", "put-then-get", "tcp4", &["request.dict.size", "request.file"], &["23"]),
    ("json-datagrams", "put-get-list", "udp4", &["request.json.key"], &["id|op|key|value"]),
    ("json-lines", "add-done-list", "tcp4", &["request.line.key"], &["op|text|nonce"]),
    (
        "two-parts",
        "each-mode",
        "tcp4",
        &["request.sizes.body_size", "request.dict.value"],
        &["12", "a.txt|upper"],
    ),
    ("upload", "small-file", "tcp4", &["upload.dict.filesize"], &["23"]),
];

fn dissect(example: &str, input: &str, transport: &str, names: &[&str], first: &[&str]) {
    let sandbox = Sandbox::new();
    let path = repository().join(format!("examples/{example}/{example}.toml"));
    let file = path.to_str().unwrap();
    let script = write_dissector(&sandbox, file, &[]);
    let filter = example.replace('-', "_");
    let capture = |network: &str| {
        let id = format!("{example}/python->python/{transport}/{network}/{input}");
        let arguments = ["capture", &id, file, "--no-cache", "--out", "wire.pcapng"];
        says(&sandbox, &arguments, 0);
        sandbox.path().join("wire.pcapng")
    };
    let names: Vec<String> = names.iter().map(|name| format!("{filter}.{name}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let networks = if transport == "udp4" { &["asis"][..] } else { &["asis", "random"] };
    for network in networks {
        let wire = capture(network);
        assert_eq!(tshark(&script, &wire, &["-Y", ERRORS, "-V"]), "", "{example} over {network}");
        let found = fields(&script, &wire, &names);
        assert!(!found.is_empty(), "{example} over {network}");
        for (value, first) in found[0].iter().zip(first) {
            assert!(value.starts_with(first), "{example} over {network}: {found:?}");
        }
        // Every packet with bytes is of a frame, or of one that is put together in a later packet.
        let no_frame = format!("(tcp.len > 0 || udp) && !{filter} && !tcp.segment_data");
        let left = tshark(&script, &wire, &["-Y", &no_frame]);
        assert_eq!(left, "", "{example} over {network}");
    }
    // The network cuts what goes to the client, and an upload has no answer.
    if transport == "tcp4" && example != "upload" {
        let wire = capture("cut@3");
        let wrong = tshark(
            &script,
            &wire,
            &[
                "-Y",
                &format!("{filter}.unexpected_end"),
                "-T",
                "fields",
                "-e",
                "_ws.expert.message",
            ],
        );
        assert!(
            wrong.contains("expected ") && wrong.contains("the end of the stream"),
            "{example}: {wrong}"
        );
    }
}

#[test]
fn the_frames_of_every_example_are_shown_and_nothing_is_wrong_with_them() {
    if !has_tshark("dissecting the examples") {
        return;
    }
    std::thread::scope(|scope| {
        for (example, input, transport, names, first) in EXAMPLES {
            scope.spawn(move || dissect(example, input, transport, names, first));
        }
    });
}

#[test]
fn a_frame_is_json_for_programs() {
    if !has_tshark("dissecting into JSON") {
        return;
    }
    let sandbox = Sandbox::new();
    let path = repository().join("examples/upload/upload.toml");
    let file = path.to_str().unwrap();
    let script = write_dissector(&sandbox, file, &[]);
    let id = "upload/python->python/tcp4/asis/small-file";
    says(&sandbox, &["capture", id, file, "--no-cache", "--out", "wire.pcapng"], 0);
    let wire = sandbox.path().join("wire.pcapng");
    let text =
        tshark(&script, &wire, &["-Y", "upload.upload.dict.key == \"filename\"", "-T", "json"]);
    let packets: serde_json::Value = serde_json::from_str(&text).unwrap();
    let frame = &packets[0]["_source"]["layers"]["upload"]["upload.upload"];
    assert_eq!(frame["upload.upload.dict_tree"]["upload.upload.dict.filesize"], "23", "{packets}");
}
