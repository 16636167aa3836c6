//! Wrong usage, and files that are not captures.

use super::super::manifests::says;
use super::wire::Wire;
use super::{PARCELS, right, sandbox};

fn good() -> Vec<u8> {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    wire.up(&mut talk, &right());
    wire.close(&mut talk);
    wire.pcap()
}

#[test]
fn wrong_usage_is_told_from_a_failure() {
    let sandbox = sandbox(&good());
    sandbox.write("text.txt", "this is no capture");
    sandbox.write("empty.pcap", "");
    sandbox.write("none.pcap", &good()[..24]);
    let (without, _) = PARCELS.split_once("[frames.request]").unwrap();
    sandbox.write("frameless.toml", without);
    sandbox.write("wrong.toml", PARCELS.replace("json-until", "json-untill"));
    let file = "parcels.toml";
    for (capture, protocol, more, what) in [
        ("no.pcap", file, "", "there is no file no.pcap"),
        (".", file, "", "found the directory ."),
        ("text.txt", file, "", "text.txt: expected a pcap or pcapng file"),
        ("empty.pcap", file, "", "empty.pcap: expected a pcap or pcapng file"),
        ("none.pcap", file, "", "none.pcap has no connection"),
        ("wire.pcap", "no.toml", "", "no.toml"),
        ("wire.pcap", "frameless.toml", "", "frameless.toml has no [frames]"),
        ("wire.pcap", "wrong.toml", "", "json-untill"),
        ("wire.pcap", file, "--server=10.0.0.9", "no connection to the server of --server"),
        ("wire.pcap", file, "--server=localhost", "expected a server such as"),
    ] {
        let mut arguments = vec!["audit", capture, "--protocol", protocol];
        arguments.extend(Some(more).filter(|more| !more.is_empty()));
        let (_, stderr) = says(&sandbox, &arguments, 2);
        assert!(stderr.contains(what), "{what}: {stderr}");
    }
    says(&sandbox, &["audit", "wire.pcap"], 2);
    let unwritable = ["audit", "wire.pcap", "--protocol", file, "--junit", "no/junit.xml"];
    let (_, stderr) = says(&sandbox, &unwritable, 3);
    assert!(stderr.contains("cannot write to no/junit.xml"), "{stderr}");
}

#[test]
fn standard_input_is_a_capture_as_well() {
    let sandbox = sandbox(&[]);
    let mut command = sandbox.framecheck();
    command.args(["audit", "-", "--protocol", "parcels.toml"]).write_stdin(good());
    let output = command.assert().success().get_output().clone();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("standard input: 5 packets"), "{said}");
}

#[test]
fn a_capture_that_stops_in_the_middle_or_is_damaged_is_judged_as_far_as_it_goes() {
    let whole = good();
    let sandbox = sandbox(&whole[..whole.len() - 3]);
    let audit = ["audit", "wire.pcap", "--protocol", "parcels.toml"];
    let (said, _) = says(&sandbox, &audit, 0);
    assert!(said.contains("the capture stops in the middle of packet 5"), "{said}");
    assert!(said.contains("to-server: 1 request"), "{said}");
    // An impossible length of a packet.
    sandbox.write("wire.pcap", [&whole[..], &[0xff; 40]].concat());
    let (said, stderr) = says(&sandbox, &audit, 2);
    assert!(said.contains("to-server: 1 request"), "{said}");
    assert!(stderr.contains("wire.pcap: packet 6, at offset"), "{stderr}");
}

/// Changes every byte of a capture, one at a time, and cuts it at every length: audit always
/// gives an answer.
#[test]
fn hostile_captures_get_an_answer() {
    let whole = good();
    let sandbox = sandbox(&whole);
    let mut hostile: Vec<Vec<u8>> = Vec::new();
    for at in (0..whole.len()).step_by(7) {
        hostile.push(whole[..at].to_vec());
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        hostile.push(changed);
    }
    for capture in hostile {
        let mut command = sandbox.framecheck();
        command.args(["audit", "-", "--protocol", "parcels.toml"]).write_stdin(capture);
        let status = command.output().unwrap().status.code();
        assert!(matches!(status, Some(0..=2)), "{status:?}");
    }
}
