//! The examples' protocols: the reference's own streams, and broken ones.

use framecheck_tests::{Sandbox, repository};

use super::super::captures::has_tshark;
use super::super::manifests::says;
use super::{ERRORS, fields, tshark, write_dissector};

/// An example whose protocol file has frames.
struct Example {
    name: &'static str,
    input: &'static str,
    transport: &'static str,
    /// Fields of its frames.
    fields: &'static [&'static str],
    /// How their values begin in the first packet that has any.
    first: &'static [&'static str],
}

const fn example(
    name: &'static str,
    input: &'static str,
    fields: &'static [&'static str],
    first: &'static [&'static str],
) -> Example {
    Example { name, input, transport: "tcp4", fields, first }
}

const EXAMPLES: [Example; 10] = [
    example("command", "each-command", &["command.length", "command.text"], &["10", "echo hello"]),
    example("content", "large-file", &["message.header.content_length"], &["70000"]),
    example("gbk-command", "echo-and-dir", &["command.line"], &["echo hello"]),
    example("login", "get-and-sum", &["login.dict.key"], &["user|password_sha256"]),
    example("getput", "put-then-get", &["request.dict.size", "request.file"], &["23"]),
    Example {
        transport: "udp4",
        ..example("json-datagrams", "put-get-list", &["request.json.key"], &["id|op|key|value"])
    },
    example("json-lines", "add-done-list", &["request.line.key"], &["op|text|nonce"]),
    example("shout", "lines", &["line.text"], &["hello"]),
    example(
        "two-parts",
        "each-mode",
        &["request.sizes.body_size", "request.dict.value"],
        &["12", "a.txt|upper"],
    ),
    example("upload", "small-file", &["upload.dict.filesize"], &["23"]),
];

fn dissect(example: &Example) {
    let Example { name, input, transport, first, .. } = example;
    let sandbox = Sandbox::new();
    let path = repository().join(format!("examples/{name}/{name}.toml"));
    let file = path.to_str().unwrap();
    let script = write_dissector(&sandbox, file, &[]);
    let filter = name.replace('-', "_");
    let capture = |network: &str| {
        let id = format!("{name}/python->python/{transport}/{network}/{input}");
        let arguments = ["capture", &id, file, "--no-cache", "--out", "wire.pcapng"];
        says(&sandbox, &arguments, 0);
        sandbox.path().join("wire.pcapng")
    };
    let names: Vec<String> = example.fields.iter().map(|it| format!("{filter}.{it}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let networks = if *transport == "udp4" { &["asis"][..] } else { &["asis", "random"] };
    for network in networks {
        let wire = capture(network);
        assert_eq!(tshark(&script, &wire, &["-Y", ERRORS, "-V"]), "", "{name} over {network}");
        let found = fields(&script, &wire, &names);
        assert!(!found.is_empty(), "{name} over {network}");
        for (value, first) in found[0].iter().zip(*first) {
            assert!(value.starts_with(first), "{name} over {network}: {found:?}");
        }
        // Every packet with bytes belongs to a frame, or to one that is reassembled in a later
        // packet.
        let no_frame = format!("(tcp.len > 0 || udp) && !{filter} && !tcp.segment_data");
        let left = tshark(&script, &wire, &["-Y", &no_frame]);
        assert!(left.is_empty(), "{name} over {network}: {left}");
    }
    // The network cuts what goes to the client, and an upload has no answer.
    if *transport == "tcp4" && *name != "upload" {
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
            "{name}: {wrong}"
        );
    }
}

#[test]
fn every_example_that_has_frames_is_dissected() {
    for entry in std::fs::read_dir(repository().join("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let file = repository().join(format!("examples/{name}/{name}.toml"));
        let has_frames =
            std::fs::read_to_string(file).is_ok_and(|text| text.contains("\n[frames."));
        assert_eq!(has_frames, EXAMPLES.iter().any(|it| it.name == name), "{name}");
    }
}

#[test]
fn the_frames_of_every_example_are_shown_and_nothing_is_wrong_with_them() {
    if !has_tshark("dissecting the examples") {
        return;
    }
    std::thread::scope(|scope| {
        for example in &EXAMPLES {
            scope.spawn(move || dissect(example));
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
