//! A peer of the tutorials' scenarios whose JSON is compared by its value: `json = "value"` in its
//! manifest.

use framecheck_tests::{Sandbox, repository};

use super::example_peers::is_there;
use super::manifests::says;

/// The JavaScript peer with its own style of JSON: compact, with sorted keys, without escapes.
fn with_own_json() -> Sandbox {
    let sandbox = Sandbox::new();
    let directory = repository().join("tests/peers/node");
    for entry in directory.read_dir().unwrap() {
        let from = entry.unwrap().path();
        std::fs::copy(&from, sandbox.path().join(from.file_name().unwrap())).unwrap();
    }
    let text = std::fs::read_to_string(sandbox.path().join("peer.mjs")).unwrap();
    let (before, rest) = text.split_once("function dumps(pairs) {").unwrap();
    let (_, after) = rest.split_once("\n}\n").unwrap();
    let dumps = "function dumps(pairs) {\n  const sorted = [...pairs].sort(([one], [two]) => (one < two ? -1 : 1));\n\
                 \x20 const spell = (value) => (typeof value === 'string' ? JSON.stringify(value) : String(value));\n\
                 \x20 return `{${sorted.map(([key, value]) => `${spell(key)}:${spell(value)}`).join(',')}}`;\n}\n";
    let ascii = "Buffer.from(dumps(pairs), 'ascii')";
    assert!(after.contains(ascii));
    let own = format!("{before}{dumps}{}", after.replace(ascii, "Buffer.from(dumps(pairs))"));
    let wrong = own.replace("LE(dict.length)", "LE(dict.length + 1)");
    assert_ne!(own, wrong);
    std::fs::copy(sandbox.path().join("peer.mjs"), sandbox.path().join("wrong.mjs")).unwrap();
    sandbox.write("peer.mjs", own);
    sandbox.write("wrong.mjs", wrong);
    sandbox
}

#[test]
fn a_peer_with_json_of_its_own_is_green_by_its_value_and_red_by_its_bytes() {
    if !is_there("node", "node") {
        return;
    }
    let sandbox = with_own_json();
    let manifest = std::fs::read_to_string(sandbox.path().join("node.toml")).unwrap();
    sandbox.write("value.toml", format!("json = \"value\"\n{manifest}"));
    let wrong = manifest.replace("./peer.mjs", "./wrong.mjs");
    sandbox.write("wrong.toml", format!("json = \"value\"\n{wrong}"));
    let chosen = ["--cases", "0", "--transport", "tcp4", "--skip", "*[0-9a-d]", "--out", "out"];
    let scenarios = ["--scenario", "file-transfer", "--scenario", "remote-command"];
    let pairing = ["--pairing", "node->*"];
    for (peer, status) in [("value.toml", 0), ("node.toml", 1), ("wrong.toml", 1)] {
        let run = [&["run", "--peer", peer][..], &scenarios, &pairing, &chosen].concat();
        says(&sandbox, &run, status);
    }
}
