//! A peer that reads only JSON as RFC 8259 defines it: `json-profile = "rfc8259"` in its manifest.

use framecheck_tests::Sandbox;

use super::manifests::says;

const CLIENT: &str = r#"
import json, socket, struct, sys

def refuse(constant):
    raise ValueError(constant)

stream = socket.create_connection((sys.argv[1], int(sys.argv[2]))).makefile("rb")
size, = struct.unpack("<i", stream.read(4))
about = json.loads(stream.read(size).decode(), parse_constant=refuse)
with open(about["file_name"], "wb") as file:
    file.write(stream.read(about["file_size"]))
"#;

const MANIFEST: &str = r#"
name = "strict"
[client]
file-transfer = ["python3", "client.py", "{host}", "{port}"]
"#;

#[test]
fn a_strict_reader_of_json_is_not_given_what_only_cpython_reads() {
    let sandbox = Sandbox::new();
    sandbox.write("client.py", CLIENT);
    sandbox.write("peer.toml", MANIFEST);
    sandbox.write("strict.toml", format!("json-profile = \"rfc8259\"\n{MANIFEST}"));
    let inputs =
        ["nan-beside", "dict-in-utf-16", "dict-in-utf-32", "bytes-behind-the-body", "size-zero"];
    let chosen: Vec<&str> = inputs.iter().flat_map(|input| ["--input", input]).collect();
    for (peer, status, counts) in
        [("peer.toml", 1, "3 fail, 2 pass in"), ("strict.toml", 0, "3 not-applicable, 2 pass in")]
    {
        let fixed = ["--pairing", "*->strict", "--cases", "0", "--out", "out", "--peer", peer];
        let (said, _) = says(
            &sandbox,
            &[&["run", "--scenario", "file-transfer"], &fixed[..], &chosen].concat(),
            status,
        );
        assert!(said.contains(counts), "{said}");
    }
    let junit = std::fs::read_to_string(sandbox.path().join("out/junit.xml")).unwrap();
    assert!(
        junit.contains("its json-profile is rfc8259, and of answer.dict: it has NaN"),
        "{junit}"
    );
}
