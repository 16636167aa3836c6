//! Right and wrong frames, while they pass.

use std::io::{Read, Write};

use super::super::audit::{not_judged, request};
use super::{Proxy, REPLY, accept, carry, exchange, is_at_end, right, sandbox, server};

#[test]
fn right_frames_pass_and_a_signal_ends_it_with_a_summary() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let proxy = Proxy::start(&sandbox, to, &[]);
    let address = proxy.address;
    exchange(&proxy, &listener);
    exchange(&proxy, &listener);
    let (status, said) = proxy.stop();
    assert_eq!(status, 0, "{said}");
    for line in [
        &format!("{address} to {to}: 2 connections, checked against the frames of parcels"),
        "  to-server: 2 request",
        "  to-client: 2 reply",
        "ok    58 bytes judged, no mistake",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}: {said}");
    }
}

#[test]
fn a_wrong_frame_is_shown_as_soon_as_it_is_seen_and_everything_passes_all_the_same() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let mut proxy = Proxy::start(&sandbox, to, &["--connections", "2"]);
    let (client, server) = (proxy.connect(), accept(&listener));
    let from = client.local_addr().unwrap();
    carry(&client, &server, &right());
    carry(&server, &client, REPLY);
    carry(&client, &server, &request(r#"{"size": "3"}"#, b"abc"));
    let expected = format!(
        "connection 0, to-server, byte 31: request.dict.size (client {from} to server {to}, frame 2): \
         expected dict.size to be the size of body, found str; the rest of this direction is not \
         judged"
    );
    // While the connection goes on.
    assert_eq!(proxy.line(), expected);
    carry(&client, &server, b"no frame at all, but bytes that pass");
    carry(&server, &client, REPLY);
    exchange(&proxy, &listener);
    drop(client);
    is_at_end(&server);
    drop(server);
    let (status, said) = proxy.wait();
    assert_eq!(status, 1, "{said}");
    assert!(!said.contains("connection 0, to-server, byte"), "shown once: {said}");
    for line in ["  to-server: 2 request", "  to-client: 3 reply", "FAIL  1 mistake in 1 direction"]
    {
        assert!(said.lines().any(|said| said == line), "{line}: {said}");
    }
    let left = format!("(first: connection 0, client {from} to server {to})");
    assert!(said.contains(&left), "{said}");
}

#[test]
fn a_wrong_checksum_is_a_mistake_and_judging_goes_on() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let mut proxy = Proxy::start(&sandbox, to, &[]);
    let (client, server) = (proxy.connect(), accept(&listener));
    carry(&client, &server, &request(r#"{"crc": 891568579, "size": 3}"#, b"abc"));
    let said = proxy.line();
    assert!(said.starts_with("connection 0, to-server, byte 12: request.dict.crc ("), "{said}");
    assert!(!said.contains("not judged"), "{said}");
    carry(&client, &server, &right());
    drop(client);
    is_at_end(&server);
    drop(server);
    let (status, said) = proxy.stop();
    assert!(said.contains("  to-server: 2 request"), "{said}");
    assert_eq!(status, 1);
}

#[test]
fn a_server_that_sends_a_wrong_frame_is_found_and_the_json_has_it() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let arguments = ["--format", "json", "--junit", "junit.xml", "--connections", "1"];
    let mut proxy = Proxy::start(&sandbox, to, &arguments);
    let (client, server) = (proxy.connect(), accept(&listener));
    carry(&client, &server, &right());
    carry(&server, &client, b"{\"got\": 3}\n{got: 3}\n");
    let said = super::next_line(&mut proxy.err);
    assert!(said.starts_with("connection 0, to-client, byte 11: reply.line ("), "{said}");
    drop(server);
    is_at_end(&client);
    drop(client);
    let (status, said) = proxy.wait();
    assert_eq!(status, 1);
    let told: serde_json::Value = serde_json::from_str(&said).unwrap();
    let text =
        std::fs::read_to_string(framecheck_tests::repository().join("docs/proxy.schema.json"));
    let schema: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(&told).map(|it| it.to_string()).collect();
    assert_eq!(faults, [""; 0], "{told}");
    let mistake = &told["mistakes"][0];
    assert_eq!((&mistake["offset"], &mistake["frame"]), (&11.into(), &2.into()));
    assert_eq!(
        (&mistake["path"], &mistake["direction"]),
        (&"reply.line".into(), &"to-client".into())
    );
    assert_eq!(mistake.get("packet"), None, "there is no capture: {mistake}");
    assert_eq!(not_judged(&told), [("after-mistake".to_owned(), 1)]);
    super::super::report_forms::is_valid_junit(&sandbox.path().join("junit.xml")).unwrap();
    let junit = std::fs::read_to_string(sandbox.path().join("junit.xml")).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&junit).unwrap();
    assert_eq!((report.tests, report.failures), (2, 1));
}

/// How many mebibytes pass.
const PIECES: usize = 48;

#[test]
fn a_frame_that_announces_2_gib_reserves_nothing_and_passes() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let mut proxy = Proxy::start(&sandbox, to, &[]);
    let before = peak_kib(&proxy);
    // JSON of 2 GiB is a mistake at once; a body of 2 GiB is not, and passes on as it comes.
    let (client, server) = (proxy.connect(), accept(&listener));
    carry(&client, &server, &[0x7f, 0xff, 0xff, 0xff, b'{']);
    assert!(proxy.line().contains("request.length"));
    let (other, its_server) = (proxy.connect(), accept(&listener));
    carry(&other, &its_server, &request(r#"{"size": 2147483647}"#, b""));
    let piece = vec![b'x'; 1 << 20];
    for (mut from, mut to) in [(&client, &server), (&other, &its_server)] {
        std::thread::scope(|scope| {
            scope.spawn(|| (0..PIECES).for_each(|_| from.write_all(&piece).unwrap()));
            let mut came = vec![0; piece.len()];
            (0..PIECES).for_each(|_| to.read_exact(&mut came).unwrap());
        });
    }
    let grown = peak_kib(&proxy) - before;
    assert!(grown < 8 << 10, "{grown} KiB for 96 MiB that passed");
    proxy.stop();
}

/// The peak of its memory, as proc_pid_status(5) reports it.
fn peak_kib(proxy: &Proxy) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", proxy.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn ipv6_speaks_with_ipv4() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let proxy = Proxy::start(&sandbox, to, &["--listen", "[::1]:0", "--out", "wire.pcapng"]);
    assert!(proxy.address.is_ipv6());
    exchange(&proxy, &listener);
    let (status, said) = proxy.stop();
    assert_eq!(status, 0, "{said}");
    let audit = ["audit", "wire.pcapng", "--protocol", "parcels.toml"];
    let (said, _) = super::super::manifests::says(&sandbox, &audit, 0);
    assert!(said.contains("  to-server: 1 request"), "{said}");
}
