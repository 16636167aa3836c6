//! `framecheck audit`: generated captures, and the findings about them.

mod datagrams;
mod forms;
mod streams;
mod usage;
mod wire;

use framecheck_tests::Sandbox;
use serde_json::Value;

use super::manifests::says;

/// Requests of a length, JSON with the body's size and CRC, and the body; a JSON line answers each.
pub(super) const PARCELS: &str = r#"
name = "parcels"

[reference]
server = ["python3", "server.py", "{host}", "{port}"]
client = ["python3", "client.py", "{host}", "{port}"]

[[input]]
name = "none"
typed = ["quit"]

[frames.request]
parts = [
    { name = "length", struct = ">I" },
    { name = "dict", json = "length", digests = { "dict.crc" = { of = "body", kind = "crc32" } } },
    { name = "body", bytes = "dict.size" },
]

[frames.reply]
parts = [{ name = "line", json-until = "\n" }]

[streams]
to-server = ["request*"]
to-client = ["reply*"]
"#;

pub(super) const REPLY: &[u8] = b"{\"got\": 3}\n";

/// A request with this JSON and body.
pub(super) fn request(dict: &str, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(dict.len()).unwrap();
    [&length.to_be_bytes()[..], dict.as_bytes(), body].concat()
}

/// A right request.
pub(super) fn right() -> Vec<u8> {
    request(r#"{"size": 3}"#, b"abc")
}

/// A sandbox with a capture, and the protocol's file.
pub(super) fn sandbox(capture: &[u8]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("parcels.toml", PARCELS);
    // Audit never starts them.
    sandbox.write("server.py", "");
    sandbox.write("client.py", "");
    sandbox.write("wire.pcap", capture);
    sandbox
}

/// The findings about a capture, for people.
fn told(capture: &[u8], status: i32) -> String {
    let arguments = ["audit", "wire.pcap", "--protocol", "parcels.toml"];
    says(&sandbox(capture), &arguments, status).0
}

/// The same, for programs.
fn json(capture: &[u8], status: i32) -> Value {
    let arguments = ["audit", "wire.pcap", "--protocol", "parcels.toml", "--format", "json"];
    serde_json::from_str(&says(&sandbox(capture), &arguments, status).0).unwrap()
}

/// The reasons why parts were not judged, with their directions.
pub(super) fn not_judged(told: &Value) -> Vec<(String, u64)> {
    let entries = told["not_judged"].as_array().unwrap().iter();
    let entry =
        |it: &Value| (it["why"].as_str().unwrap().to_owned(), it["directions"].as_u64().unwrap());
    entries.map(entry).collect()
}
