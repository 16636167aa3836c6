//! `wire.pcapng` and `framecheck capture`: what was recorded, and how Wireshark reads it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use framecheck_tests::{Sandbox, repository};
use model::case::InputId;
use model::{Catalogue, Scenario};
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::{Block, PcapNgReader};

use super::broken_peer::{BIG_ENDIAN_SERVER, programs};

/// Whether tshark is installed. Without it, the test prints that past the test harness, which would
/// capture it. Where tshark is required, its absence is a failure.
pub(super) fn has_tshark(what: &str) -> bool {
    let mut asking = Command::new("tshark");
    asking.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    let is_there = asking.status().is_ok_and(|status| status.success());
    if !is_there {
        let must = std::env::var_os("FRAMECHECK_NEEDS_TSHARK").is_some();
        assert!(!must, "FRAMECHECK_NEEDS_TSHARK is set, and there is no tshark");
        let _ = writeln!(std::io::stderr(), "SKIPPED: {what}: no tshark here");
    }
    is_there
}

/// What tshark, with the dissector, prints of these fields for each packet that matches `filter`.
/// Commas join the values of one field.
fn dissected(capture: &Path, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
    let script = repository().join("docs/wireshark/framecheck.lua");
    let mut command = Command::new("tshark");
    command.arg("-X").arg(format!("lua_script:{}", script.display()));
    for preference in ["tcp.check_checksum", "udp.check_checksum", "ip.check_checksum"] {
        command.args(["-o", &format!("{preference}:TRUE")]);
    }
    command.arg("-r").arg(capture).args(["-Y", filter, "-T", "fields"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !stderr.contains("Lua"), "{command:?}: {stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Every scenario. This test does not ask what is right for an input.
fn catalogue() -> Catalogue {
    tutorials::catalogue(&Arc::default())
}

/// The id of a vector's case, played by the reference, or by the harness instead. Where the network
/// triggers the reference's errata, ours plays.
fn id_of(scenario_name: &str, vector: &str, transport: &str, network: &str) -> String {
    let catalogue = catalogue();
    let played = catalogue.scenario(scenario_name).unwrap();
    let vector = played.vectors().into_iter().find(|it| it.name == vector).unwrap();
    let pairing = played.reference_pairing(&vector.input);
    let pairing = match network {
        "asis" => pairing.to_string(),
        _ => pairing.to_string().replace("python", "rust"),
    };
    let input = InputId::of_vector(&vector.name);
    format!("{scenario_name}/{pairing}/{transport}/{network}/{input}")
}

/// PI_ERROR of Wireshark's expert infos, as tshark prints it.
const ERROR: &str = "8388608";

/// Plays a case and returns its capture, and the number of packets that it reports.
fn capture(sandbox: &Sandbox, id: &str) -> (PathBuf, usize) {
    let out = sandbox.path().join(id.replace('/', "_") + ".pcapng");
    let output = sandbox.framecheck().args(["capture", id, "--out"]).arg(&out).assert().success();
    let stdout = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let (_, said) = stdout.split_once(": ").unwrap();
    (out, said.split(' ').next().unwrap().parse().unwrap())
}

/// tshark finds nothing wrong with any packet, and each checksum right. On the sides that have
/// frames, it finds frames on each.
fn is_sound(capture: &Path, packets: usize, id: &str) -> Vec<String> {
    let checksums = ["ip.checksum.status", "tcp.checksum.status", "udp.checksum.status"];
    let wrong = ["tcp.analysis.flags", "_ws.lua.error"];
    let others =
        ["_ws.expert.severity", "frame.interface_id", "pyframe.length", "pyframe.truncated"];
    let all = dissected(capture, "frame", &[&checksums[..], &wrong, &others].concat());
    assert_eq!(all.len(), packets, "{id}");
    let mut sides = Vec::new();
    for packet in all {
        let (checksums, rest) = packet.split_at(checksums.len());
        let checked: Vec<&String> = checksums.iter().filter(|it| !it.is_empty()).collect();
        assert!(!checked.is_empty() && checked.iter().all(|it| *it == "1"), "{id}: {packet:?}");
        let (wrong, rest) = rest.split_at(wrong.len());
        assert!(wrong.iter().all(String::is_empty), "{id}: {packet:?}");
        // tshark reports a frame that a fault has cut off.
        assert!(!rest[0].contains(ERROR) || !rest[3].is_empty(), "{id}: {packet:?}");
        assert!(rest[3].is_empty() || id.contains("/reset@"), "{id}: {packet:?}");
        if !rest[2].is_empty() {
            sides.push(rest[1].clone());
        }
    }
    sides
}

/// Dissects the first cases of these scenarios; returns how many of those have frames.
fn dissect_first(sandbox: &Sandbox, part: &[Arc<dyn Scenario>]) -> usize {
    let mut framed = 0;
    for scenario in part {
        let first = scenario.vectors()[0].name.clone();
        for transport in scenario.transports() {
            // One transport shows what a scenario consists of; two transports show what a transport
            // consists of.
            let is_home = *transport == scenario.transports()[0];
            let is_told = ["file-transfer", "udp-upper"].contains(&scenario.name());
            if !is_home && !is_told {
                continue;
            }
            let id = id_of(scenario.name(), &first, transport.name(), "asis");
            let (file, packets) = capture(sandbox, &id);
            let sides = is_sound(&file, packets, &id);
            assert_eq!(packets == 0, transport.name() == "none", "{id}");
            if scenario.framing().is_some() {
                assert!(["0", "1"].iter().all(|side| sides.iter().any(|it| it == side)), "{id}");
                framed += 1;
            } else {
                assert_eq!(sides, [""; 0], "{id}");
            }
            // And faults: bytes that are lost or cut off do not make a packet wrong.
            let network = if transport.is_datagram() { "drop@0" } else { "reset@1" };
            if is_home && packets > 0 {
                let id = id_of(scenario.name(), &first, transport.name(), network);
                let (file, packets) = capture(sandbox, &id);
                is_sound(&file, packets, &id);
            }
        }
    }
    framed
}

#[test]
fn tshark_dissects_the_first_case_of_every_scenario_over_every_transport() {
    if !has_tshark("dissecting every scenario") {
        return;
    }
    let sandbox = Sandbox::new();
    // Most of the time is waiting: for faults to show, and for tshark to start.
    let scenarios: Vec<_> = catalogue().iter().cloned().collect();
    let framed: usize = std::thread::scope(|scope| {
        let parts = scenarios.chunks(5).map(|part| scope.spawn(|| dissect_first(&sandbox, part)));
        let parts: Vec<_> = parts.collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    });
    assert_eq!(framed, 4);
}

#[test]
fn the_dissector_shows_length_members_size_and_body_of_the_tutorials_own_file() {
    if !has_tshark("dissecting a frame") {
        return;
    }
    let sandbox = Sandbox::new();
    // Byte by byte, so that tshark has to reassemble what the client gets.
    for (network, segments) in [("asis", 1..=3), ("bytewise", 75..=75)] {
        let id = id_of("file-transfer", "one-byte", "tcp4", network);
        let (capture, packets) = capture(&sandbox, &id);
        is_sound(&capture, packets, &id);
        let sent = "frame.interface_id == 0 && tcp.srcport == 8080 && tcp.len > 0";
        let count = dissected(&capture, sent, &["tcp.len"]).len();
        assert!(segments.contains(&count), "{id}: {count}");
        let fields = ["length", "key", "value", "size", "body"].map(|it| format!("pyframe.{it}"));
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let frames = dissected(&capture, "pyframe.length && frame.interface_id == 0", &fields);
        assert_eq!(
            frames,
            [["70", "file_name,file_desc,file_size", "\"xyyyhtl.txt\",\"what fuck\",1", "1", "78"]],
            "{id}"
        );
    }
}

#[test]
fn each_kind_of_malformed_frame_is_an_expert_info_of_its_own() {
    if !has_tshark("dissecting malformed frames") {
        return;
    }
    let sandbox = Sandbox::new();
    let kinds = [
        ("hostile-length-minus-one", "negative_length"),
        ("hostile-length-one-over-the-cap", "dict_too_long"),
        ("hostile-length-big-endian", "dict_too_long"),
        ("hostile-no-json", "not_json"),
        ("hostile-length-zero", "not_json"),
        ("hostile-dict-not-utf8", "not_json"),
        ("hostile-dict-bomb", "not_json"),
        ("hostile-trailing-comma", "not_json"),
        ("hostile-no-dict-but-a-list", "not_object"),
        ("hostile-empty-dict", "no_size"),
        ("hostile-size-true", "size_no_int"),
        ("hostile-size-whole-float", "size_no_int"),
        ("hostile-size-minus-one", "negative_size"),
        ("hostile-size-over-the-cap", "body_too_long"),
        ("hostile-size-one-more", "truncated"),
        ("hostile-one-byte", "truncated"),
        ("hostile-dict-broken-off", "truncated"),
    ];
    for (vector, kind) in kinds {
        let (capture, _) = capture(&sandbox, &id_of("file-transfer", vector, "tcp4", "asis"));
        let kind_field = format!("pyframe.{kind}");
        let fields = ["tcp.stream", &kind_field, "pyframe.size", "_ws.expert.severity"];
        let filter = "pyframe && frame.interface_id == 1 && ip.src == 127.0.0.3";
        let found = dissected(&capture, filter, &fields);
        // The first connection; in the second, the positive control, all is well.
        let (wrong, well): (Vec<_>, Vec<_>) = found.iter().partition(|row| row[0] == "1");
        assert!(wrong.iter().any(|row| !row[1].is_empty()), "{vector} is no {kind}: {found:?}");
        let errors = wrong.iter().flat_map(|row| row[3].split(',')).filter(|it| *it == ERROR);
        assert_eq!(errors.count(), 1, "{vector}: {found:?}");
        assert_eq!(well.len(), 1, "{vector}: {found:?}");
        assert!(!well[0][2].is_empty() && !well[0][3].contains(ERROR), "{vector}: {found:?}");
    }
    for (vector, is_warned) in [("dict-in-utf-16", false), ("bytes-behind-the-body", true)] {
        let (capture, _) = capture(&sandbox, &id_of("file-transfer", vector, "tcp4", "asis"));
        let errors = dissected(&capture, "_ws.expert.severity == 0x00800000", &["frame.number"]);
        assert_eq!(errors, [[""; 0]; 0], "{vector}");
        let warned = dissected(&capture, "pyframe.behind_last", &["frame.number"]);
        assert_eq!(!warned.is_empty(), is_warned, "{vector}");
    }
}

#[test]
fn what_a_network_does_shows_on_the_receivers_side_alone() {
    if !has_tshark("dissecting faults") {
        return;
    }
    let sandbox = Sandbox::new();
    let fault = "frame.comment contains \"the network's fault\"";
    for (network, filter) in [
        ("cut@9", "tcp.flags.fin == 1 && frame.interface_id == 0 && tcp.srcport == 8080"),
        ("reset@9", "tcp.flags.reset == 1 && frame.interface_id == 0"),
        ("halfclose@9", "tcp.flags.fin == 1 && frame.interface_id == 0"),
        ("stall@9", "frame.interface_id == 0"),
        ("flip@9", "pyframe || tcp.len > 0"),
    ] {
        let (capture, _) = capture(&sandbox, &id_of("file-transfer", "one-byte", "tcp4", network));
        let commented = dissected(&capture, &format!("{fault} && {filter}"), &["frame.number"]);
        assert!(!commented.is_empty(), "{network}");
        let first = "tcp.stream == 0 && tcp.srcport == 8080";
        let given = dissected(&capture, &format!("{first} && tcp.len > 0"), &["tcp.len"]);
        let given: usize = given.iter().map(|len| len[0].parse::<usize>().unwrap()).sum();
        assert_eq!(given, if network.starts_with("flip") { 75 } else { 9 }, "{network}");
        let cut_off =
            dissected(&capture, &format!("{first} && pyframe.truncated"), &["frame.number"]);
        assert_eq!(cut_off.len(), usize::from(given == 9), "{network}");
    }
    let datagrams = |network: &str, side: u8| {
        let (capture, _) = capture(&sandbox, &id_of("udp-upper", "three-lines", "udp4", network));
        let filter = format!("udp.dstport == 10080 && frame.interface_id == {side}");
        let texts = dissected(&capture, &filter, &["data.data"]);
        texts.into_iter().flatten().collect::<Vec<_>>()
    };
    let once = datagrams("asis", 0);
    assert_eq!(datagrams("asis", 1), once);
    // On both sides, the positive control adds one connection.
    assert_eq!(datagrams("dup-up@1", 1).len(), datagrams("dup-up@1", 0).len() + 1);
    assert_eq!(datagrams("truncate-up@2", 1)[0], once[0][..4]);
}

/// The fields of one packet.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    interface: u32,
    nanoseconds: u128,
    from_server: bool,
    bytes: Vec<u8>,
}

/// All packets with bytes in them, whose sequence numbers follow each other; and all comments.
fn read(capture: &Path) -> (Vec<Said>, Vec<String>) {
    let mut reader = PcapNgReader::new(std::fs::File::open(capture).unwrap()).unwrap();
    let (mut said, mut comments) = (Vec::new(), Vec::new());
    let mut next: BTreeMap<(u32, u16, u16), u32> = BTreeMap::new();
    while let Some(block) = reader.next_block() {
        let Block::EnhancedPacket(packet) = block.unwrap() else { continue };
        for option in &packet.options {
            if let EnhancedPacketOption::Comment(comment) = option {
                comments.push(comment.clone().into_owned());
            }
        }
        let sliced = SlicedPacket::from_ip(&packet.data).unwrap();
        let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else { panic!("{sliced:?}") };
        let Some(NetSlice::Ipv4(ip)) = &sliced.net else { panic!("{sliced:?}") };
        let (from, to) = (ip.header().source(), ip.header().destination());
        assert_eq!(tcp.calc_checksum_ipv4(from, to).unwrap(), tcp.checksum());
        let flow = (packet.interface_id, tcp.source_port(), tcp.destination_port());
        let taken = u32::try_from(tcp.payload().len()).unwrap() + u32::from(tcp.syn() || tcp.fin());
        if let Some(expected) = next.insert(flow, tcp.sequence_number() + taken) {
            assert_eq!(tcp.sequence_number(), expected);
        }
        if tcp.ack() {
            let back = (packet.interface_id, tcp.destination_port(), tcp.source_port());
            assert_eq!(tcp.acknowledgment_number(), next[&back]);
        }
        if !tcp.payload().is_empty() {
            said.push(Said {
                interface: packet.interface_id,
                nanoseconds: packet.timestamp.as_nanos(),
                from_server: tcp.source_port() == 8080,
                bytes: tcp.payload().to_vec(),
            });
        }
    }
    (said, comments)
}

#[test]
fn a_failures_capture_has_the_bytes_the_cuts_and_the_times_of_its_recording() {
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-server", BIG_ENDIAN_SERVER);
    sandbox
        .framecheck()
        .args(["run", "--cases", "0", "--scenario", "file-transfer", "--transport", "tcp4"])
        .args(["--pairing", "rust->python", "--network", "asis", "--network", "split@3"])
        .args(["--skip", "*[0-9a-b]", "--out", "out", "--no-shrink", "--programs"])
        .arg(&programs)
        .assert()
        .code(1);
    let mut looked_at = 0;
    for folder in std::fs::read_dir(sandbox.path().join("out/failures")).unwrap() {
        let folder = folder.unwrap().path();
        let (said, comments) = read(&folder.join("wire.pcapng"));
        let text = std::fs::read_to_string(folder.join("case.json")).unwrap();
        let case: serde_json::Value = serde_json::from_str(&text).unwrap();
        let events = case["evidence"]["observed"]["wire"]["events"].as_array().unwrap();
        // What the server sent, as it sent it, between the server and the recorder.
        let recorded: Vec<(u128, usize)> = events
            .iter()
            .filter_map(|event| {
                let segment = event["what"].get("segment")?;
                let len = segment
                    .as_str()
                    .map_or_else(|| segment["hex"].as_str().unwrap().len() / 2, str::len);
                let at = std::time::Duration::from_secs_f64(event["at"].as_f64().unwrap());
                Some((at.as_nanos(), len))
            })
            .collect();
        let captured = said.iter().filter(|it| it.interface == 1 && it.from_server);
        let captured: Vec<_> = captured.map(|it| (it.nanoseconds, it.bytes.len())).collect();
        assert!(!recorded.is_empty());
        assert_eq!(captured, recorded, "{}", folder.display());
        // What the client got: the same bytes, in any cuts.
        let stream = |interface: u32| -> Vec<u8> {
            said.iter()
                .filter(|it| it.interface == interface)
                .flat_map(|it| it.bytes.clone())
                .collect()
        };
        assert_eq!(stream(0), stream(1));
        let id = case["result"]["id"].as_str().unwrap();
        assert!(comments.iter().any(|it| it.starts_with(id) && it.ends_with("[FT-2]")));
        assert!(comments.iter().any(|it| it.starts_with("[FT-2] answer.header: expected ")));
        looked_at += 1;
    }
    assert!(looked_at >= 2);
}

#[test]
fn a_capture_goes_to_standard_output_or_to_a_file_named_after_its_case() {
    let sandbox = Sandbox::new();
    let id = id_of(
        "tcp-upper",
        &catalogue().scenario("tcp-upper").unwrap().vectors()[0].name,
        "tcp4",
        "asis",
    );
    let output = sandbox.framecheck().args(["capture", &id, "--out", "-"]).assert().success();
    assert_eq!(output.get_output().stdout[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
    assert_eq!(sandbox.names(), [""; 0]);
    sandbox.framecheck().args(["capture", &id]).assert().success();
    assert_eq!(sandbox.names(), [id.replace('/', "_") + ".pcapng"]);
    sandbox
        .framecheck()
        .args(["capture", "tcp-upper/nobody->rust/tcp4/asis/00000000"])
        .assert()
        .code(2);
}
