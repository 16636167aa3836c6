//! Datagrams: each is one frame.

use framecheck_tests::repository;

use super::super::manifests::says;
use super::not_judged;
use super::wire::Wire;

fn example() -> String {
    repository().join("examples/json-datagrams/json-datagrams.toml").to_str().unwrap().to_owned()
}

#[test]
fn each_datagram_is_judged_by_itself() {
    let mut wire = Wire::default();
    wire.datagram(true, b"{\"id\": 1}");
    wire.datagram(false, b"{\"id\": 1}");
    let packet = wire.datagram(true, b"{\"id\": 2");
    wire.datagram(true, b"{\"id\": 3}");
    let empty = wire.datagram(true, b"");
    let sandbox = super::sandbox(&wire.pcap());
    let example = example();
    let arguments = ["audit", "wire.pcap", "--protocol", &example];
    let (said, _) = says(&sandbox, &arguments, 1);
    for line in [
        &format!(
            "wire.pcap: packet {packet}, byte 0 of its payload: request.json (client \
             10.0.0.1:50000 to server 10.0.0.2:9000, datagram 2): expected JSON, found Expecting \
             ',' delimiter: line 1 column 9 (char 8)"
        ),
        "wire.pcap: 5 packets, datagrams between 1 pair of ports, checked against the frames of \
         json-datagrams",
        "  to-server: 2 request",
        "  to-client: 1 answer",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}: {said}");
    }
    assert!(said.contains(&format!("packet {empty}, byte 0 of its payload: request")), "{said}");
    assert!(said.contains("FAIL  2 mistakes in 1 direction"), "{said}");
}

#[test]
fn a_datagram_that_was_captured_in_part_is_not_judged() {
    let mut wire = Wire::default();
    wire.datagram(true, b"{\"id\": 1, \"op\": \"a long one\"}");
    wire.datagram(true, b"{\"id\": 2}");
    let sandbox = super::sandbox(&wire.snapped(40));
    let example = example();
    let arguments = ["audit", "wire.pcap", "--protocol", &example, "--format", "json"];
    let told = serde_json::from_str(&says(&sandbox, &arguments, 0).0).unwrap();
    assert_eq!(not_judged(&told), [("cut-datagram".to_owned(), 1)]);
    assert_eq!(told["frames"]["to-server"]["request"], 1);
}

#[test]
fn a_protocol_of_datagrams_has_nothing_to_say_about_streams() {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    wire.up(&mut talk, b"no JSON");
    let sandbox = super::sandbox(&wire.pcap());
    let example = example();
    let (_, stderr) = says(&sandbox, &["audit", "wire.pcap", "--protocol", &example], 2);
    assert!(stderr.contains("has no connection of the protocol's transports"), "{stderr}");
    wire.datagram(true, b"{}");
    sandbox.write("wire.pcap", wire.pcap());
    let (said, _) = says(&sandbox, &["audit", "wire.pcap", "--protocol", &example], 0);
    assert!(said.contains("7 bytes: the protocol has another transport"), "{said}");
}
