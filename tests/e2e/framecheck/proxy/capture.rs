//! The traffic as a capture, and networks with faults.

use std::process::Command;

use serde_json::Value;

use super::super::audit::request;
use super::super::captures::has_tshark;
use super::super::manifests::says;
use super::{Proxy, REPLY, accept, carry, exchange, is_at_end, right, sandbox, server};

/// Packets that Wireshark warns of: 0x600000 is its severity of a warning.
const WARNINGS: &str = "_ws.expert.severity >= 0x600000";

/// What tshark prints of these fields for the packets that match `filter`.
fn tshark(capture: &std::path::Path, filter: &str, fields: &[&str]) -> Vec<String> {
    let mut command = Command::new("tshark");
    for preference in ["tcp.check_checksum", "udp.check_checksum", "ip.check_checksum"] {
        command.args(["-o", &format!("{preference}:TRUE")]);
    }
    command.arg("-r").arg(capture).args(["-Y", filter, "-T", "fields"]);
    fields.iter().for_each(|field| {
        command.args(["-e", field]);
    });
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn an_audit_of_the_capture_finds_what_the_proxy_found() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let arguments = ["--out", "wire.pcapng", "--format", "json", "--connections", "3"];
    let proxy = Proxy::start(&sandbox, to, &arguments);
    exchange(&proxy, &listener);
    let (client, server) = (proxy.connect(), accept(&listener));
    carry(&client, &server, &right());
    carry(&server, &client, REPLY);
    carry(&client, &server, &request("[]", b""));
    carry(&client, &server, &vec![b'x'; 200_000]);
    drop(client);
    is_at_end(&server);
    drop(server);
    exchange(&proxy, &listener);
    let (status, said) = proxy.wait();
    assert_eq!(status, 1, "{said}");
    let (_, said) = said.split_at(said.find('{').unwrap());
    let (said, _) = said.split_once('\n').unwrap();
    let proxys: Value = serde_json::from_str(said).unwrap();
    let audit = ["audit", "wire.pcapng", "--protocol", "parcels.toml", "--format", "json"];
    let audits: Value = serde_json::from_str(&says(&sandbox, &audit, 1).0).unwrap();
    for key in ["packets", "mistakes", "frames", "directions", "judged_bytes", "not_judged"] {
        assert_eq!(proxys[key], audits[key], "{key}");
    }
    assert_eq!(audits["left_out"]["out_of_window"], 0);
    let server = ["audit", "wire.pcapng", "--protocol", "parcels.toml", "--server"];
    says(&sandbox, &[&server[..], &[&to.to_string()]].concat(), 1);
    if has_tshark("a capture of the proxy") {
        let wire = sandbox.path().join("wire.pcapng");
        assert_eq!(tshark(&wire, WARNINGS, &["frame.number", "_ws.expert.message"]), [""; 0]);
        let fins = tshark(&wire, "tcp.flags.fin == 1", &["tcp.dstport"]);
        assert_eq!(fins.len(), 6, "{fins:?}");
    }
}

#[test]
fn a_network_does_its_harm_and_what_the_sender_said_is_judged() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let arguments = ["--network", "flip-up@5", "--out", "wire.pcapng", "--connections", "1"];
    let proxy = Proxy::start(&sandbox, to, &arguments);
    let (client, server) = (proxy.connect(), accept(&listener));
    let mut flipped = right();
    flipped[5] ^= 1;
    std::io::Write::write_all(&mut &client, &right()).unwrap();
    let mut came = vec![0; flipped.len()];
    std::io::Read::read_exact(&mut &server, &mut came).unwrap();
    assert_eq!(came, flipped);
    carry(&server, &client, REPLY);
    drop(client);
    is_at_end(&server);
    drop(server);
    let (status, said) = proxy.wait();
    assert_eq!(status, 0, "{said}");
    assert!(said.contains(" over flip-up@5: 1 connection"), "{said}");
    // The server received what is wrong, the client received what is right.
    let audit = ["audit", "wire.pcapng", "--protocol", "parcels.toml", "--server"];
    says(&sandbox, &[&audit[..], &[&to.to_string()]].concat(), 1);
    let listening = said.split(" to ").next().unwrap();
    says(&sandbox, &[&audit[..], &[listening]].concat(), 0);
    if has_tshark("a capture of a disturbed connection") {
        let wire = sandbox.path().join("wire.pcapng");
        let comments = tshark(&wire, "frame.comment", &["frame.comment"]);
        assert_eq!(comments, ["the network's fault: flip-up@5"]);
        let notes = tshark(&wire, WARNINGS, &["_ws.expert.message"]);
        assert_eq!(notes, [""; 0]);
    }
}

#[test]
fn a_cut_ends_both_ways_and_no_sender_is_blamed() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let proxy = Proxy::start(&sandbox, to, &["--network", "reset@4", "--connections", "1"]);
    let (client, server) = (proxy.connect(), accept(&listener));
    carry(&client, &server, &right());
    std::io::Write::write_all(&mut &server, &REPLY[..8]).unwrap();
    let mut came = [0; 4];
    std::io::Read::read_exact(&mut &client, &mut came).unwrap();
    let error = std::io::Read::read(&mut &client, &mut came).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let (status, said) = proxy.wait();
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("the network of --network ended the connection"), "{said}");
}
