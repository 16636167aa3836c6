//! Streams: what is right, what is wrong and where, and what can't be judged.

use framecheck_tests::repository;

use super::super::manifests::says;
use super::wire::{Talk, Wire};
use super::{REPLY, json, not_judged, request, right, told};

#[test]
fn traffic_that_keeps_to_the_frames_passes_in_whatever_cuts() {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    for byte in right() {
        wire.up(&mut talk, &[byte]);
    }
    wire.down(&mut talk, REPLY);
    wire.up(&mut talk, &[right(), right()].concat());
    wire.down(&mut talk, &[REPLY, REPLY].concat());
    wire.close(&mut talk);
    let told = told(&wire.pcap(), 0);
    for line in [
        "wire.pcap: 25 packets, 1 connection, checked against the frames of parcels",
        "  to-server: 3 request",
        "  to-client: 3 reply",
        "ok    87 bytes judged, no mistake",
    ] {
        assert!(told.lines().any(|said| said == line), "{line}: {told}");
    }
}

#[test]
fn a_size_that_is_text_is_found_in_the_packet_that_has_its_first_byte() {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    let mut other = wire.open(50_001);
    wire.up(&mut talk, &right());
    wire.down(&mut talk, REPLY);
    let wrong = request(r#"{"size": "3"}"#, b"abc");
    // The dict is 4..17, its size 13..16.
    wire.up(&mut talk, &wrong[..10]);
    let packet = wire.up(&mut talk, &[&wrong[10..14]].concat());
    wire.up(&mut talk, &wrong[14..]);
    wire.up(&mut talk, &right());
    wire.up(&mut other, &right());
    wire.down(&mut other, REPLY);
    wire.close(&mut talk);
    wire.close(&mut other);
    let expected = format!(
        "wire.pcap: packet {packet}, byte 3 of its payload: request.dict.size at stream offset 31 \
         (client 10.0.0.1:50000 to server 10.0.0.2:9000, frame 2): expected dict.size to be the size \
         of body, found str"
    );
    let said = told(&wire.pcap(), 1);
    assert!(said.lines().any(|line| line == expected), "{said}");
    let told = json(&wire.pcap(), 1);
    let mistake = &told["mistakes"][0];
    assert_eq!((&mistake["packet"], &mistake["byte"]), (&packet.into(), &3.into()));
    assert_eq!((&mistake["path"], &mistake["frame"]), (&"request.dict.size".into(), &2.into()));
    assert_eq!(mistake["direction"], "to-server");
    // The rest of that direction is not judged; everything else is.
    assert_eq!(not_judged(&told), [("after-mistake".to_owned(), 1)]);
    assert_eq!(told["frames"]["to-server"]["request"], 2);
    assert_eq!(told["directions"]["kept"], 3);
    assert_eq!(told["directions"]["broken"], 1);
}

#[test]
fn a_length_that_is_one_too_many_is_named_where_its_json_is_none() {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    let mut wrong = right();
    wrong[3] += 1;
    let packet = wire.up(&mut talk, &wrong);
    wire.up(&mut talk, &right());
    wire.close(&mut talk);
    let told = json(&wire.pcap(), 1);
    let mistake = &told["mistakes"][0];
    assert_eq!((&mistake["packet"], &mistake["byte"]), (&packet.into(), &4.into()));
    assert_eq!(mistake["path"], "request.dict");
    assert_eq!(mistake["expected"], "JSON as long as request.length says");
    assert_eq!(mistake["found"], "Extra data: line 1 column 12 (char 11)");
}

#[test]
fn a_length_in_the_other_byte_order_is_at_fault_itself() {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    wire.up(&mut talk, &right());
    let mut wrong = right();
    wrong[..4].reverse();
    let packet = wire.up(&mut talk, &wrong[..3]);
    wire.up(&mut talk, &wrong[3..]);
    wire.close(&mut talk);
    let expected = format!(
        "packet {packet}, byte 0 of its payload: request.length at stream offset 18 (client \
         10.0.0.1:50000 to server 10.0.0.2:9000, frame 2): expected the size of dict to be at most \
         16777216, found 184549376"
    );
    let told = told(&wire.pcap(), 1);
    assert!(told.contains(&expected), "{told}");
}

#[test]
fn what_the_server_sends_wrong_is_its_mistake() {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    wire.up(&mut talk, &right());
    wire.down(&mut talk, b"{\"got\": 3}\n{\"got\"");
    wire.up(&mut talk, &right());
    wire.down(&mut talk, b" 3}\n");
    wire.close(&mut talk);
    let told = told(&wire.pcap(), 1);
    let expected = "packet 4, byte 11 of its payload: reply.line at stream offset 11 (server \
                    10.0.0.2:9000 to client 10.0.0.1:50000, frame 2): expected JSON, found Expecting \
                    ':' delimiter: line 1 column 8 (char 7)";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn a_wrong_checksum_is_a_mistake_and_the_frames_behind_it_are_judged() {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    wire.up(&mut talk, &request(r#"{"crc": 891568578, "size": 3}"#, b"abc"));
    let packet = wire.up(&mut talk, &request(r#"{"crc": 891568579, "size": 3}"#, b"ab"));
    wire.up(&mut talk, b"c");
    wire.up(&mut talk, &right());
    wire.close(&mut talk);
    let told = json(&wire.pcap(), 1);
    assert_eq!(told["mistake_count"], 1);
    let mistake = &told["mistakes"][0];
    assert_eq!((&mistake["packet"], &mistake["byte"]), (&packet.into(), &12.into()));
    assert_eq!(mistake["path"], "request.dict.crc");
    assert_eq!(mistake["expected"], "352441c2, the crc32 of body");
    assert_eq!(told["frames"]["to-server"]["request"], 3);
    assert_eq!(not_judged(&told), []);
}

#[test]
fn a_stream_that_ends_inside_a_frame_is_a_mistake_of_who_ended_it() {
    for (flags, found) in [
        ("F.", "the end of the stream after 1 of them"),
        ("R.", "the end of the stream after 1 of them, by a reset"),
    ] {
        let mut wire = Wire::default();
        let mut talk = wire.open(50_000);
        let whole = right();
        wire.up(&mut talk, &whole[..whole.len() - 2]);
        wire.down(&mut talk, b"{\"got\": ");
        let packet = wire.segment(&mut talk, true, flags, b"");
        let told = json(&wire.pcap(), 1);
        assert_eq!(told["mistake_count"], 1, "{told}");
        let mistake = &told["mistakes"][0];
        assert_eq!(mistake["found"], found);
        assert_eq!(
            (&mistake["packet"], &mistake["path"]),
            (&packet.into(), &"request.body".into())
        );
        // The server is not at fault.
        let why = if flags == "F." { "capture-ends" } else { "reset-by-receiver" };
        assert!(not_judged(&told).contains(&(why.to_owned(), 1)), "{told}");
    }
}

#[test]
fn a_reset_between_frames_and_a_refused_connection_are_no_mistakes() {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    wire.up(&mut talk, &right());
    wire.segment(&mut talk, false, "R.", b"");
    let mut refused = Talk::from(50_001);
    wire.segment(&mut refused, true, "S", b"");
    wire.segment(&mut refused, false, "R.", b"");
    let told = json(&wire.pcap(), 0);
    assert_eq!(told["directions"]["kept"], 4, "{told}");
}

#[test]
fn lost_bytes_are_said_and_are_nobodys_mistake() {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    wire.up(&mut talk, &right());
    wire.down(&mut talk, REPLY);
    talk.lose(&right()[..5]);
    wire.up(&mut talk, &right()[5..]);
    wire.down(&mut talk, REPLY);
    wire.close(&mut talk);
    let said = told(&wire.pcap(), 0);
    assert!(said.contains("not judged: 1 direction, 13 bytes: the capture lost bytes"), "{said}");
    assert!(said.contains("no mistake; 1 direction not judged to the end"), "{said}");
    let told = json(&wire.pcap(), 0);
    assert_eq!(told["frames"]["to-server"]["request"], 1);
    assert_eq!(told["frames"]["to-client"]["reply"], 2);
}

#[test]
fn a_capture_that_begins_or_ends_inside_a_connection_blames_nobody() {
    let mut wire = Wire::default();
    let mut begun = Talk::from(50_000);
    wire.up(&mut begun, &right()[7..]);
    wire.down(&mut begun, REPLY);
    wire.close(&mut begun);
    let mut talk = wire.open(50_001);
    wire.up(&mut talk, &right());
    wire.up(&mut talk, &right()[..7]);
    let told = json(&wire.pcap(), 0);
    let expected = [("not-from-start".to_owned(), 2), ("capture-ends".to_owned(), 1)];
    assert_eq!(not_judged(&told), expected);
    assert_eq!(told["frames"]["to-server"]["request"], 1);
}

#[test]
fn a_frame_that_ends_with_its_turn_is_not_blamed_for_bytes_that_were_lost() {
    let protocol = super::PARCELS.replace(
        r#"parts = [{ name = "line", json-until = "\n" }]"#,
        r#"parts = [{ name = "text", json = "turn" }]"#,
    );
    let audit = |is_lost: bool, status: i32| {
        let mut wire = Wire::default();
        let mut talk = wire.open(50_000);
        wire.up(&mut talk, &right());
        wire.down(&mut talk, b"{\"got\"");
        if is_lost {
            // Bytes of the server in no packet, and the client's answer, which acknowledges them.
            let at = wire.down(&mut talk, b": 3}");
            wire.forget(at);
        }
        wire.up(&mut talk, &right());
        wire.down(&mut talk, b"{\"got\": 3}");
        wire.close(&mut talk);
        let sandbox = super::sandbox(&wire.pcap());
        sandbox.write("turns.toml", &protocol);
        let arguments = ["audit", "wire.pcap", "--protocol", "turns.toml"];
        says(&sandbox, &arguments, status).0
    };
    let said = audit(true, 0);
    assert!(said.contains("the capture lost bytes"), "{said}");
    let said = audit(false, 1);
    assert!(said.contains("packet 4, byte 0 of its payload: reply.text"), "{said}");
}

#[test]
fn a_direction_without_frames_is_left_out_and_an_empty_one_must_stay_empty() {
    let mut wire = Wire::default();
    let mut talk = wire.open(50_000);
    wire.up(&mut talk, &right());
    let packet = wire.down(&mut talk, REPLY);
    wire.close(&mut talk);
    let sandbox = super::sandbox(&wire.pcap());
    let (before, _) = super::PARCELS.split_once("[frames.reply]").unwrap();
    let streams = "[streams]\nto-server = [\"request*\"]\n";
    sandbox.write("one-way.toml", format!("{before}{streams}"));
    let audit = ["audit", "wire.pcap", "--protocol", "one-way.toml"];
    let (said, _) = says(&sandbox, &audit, 0);
    assert!(
        said.contains("11 bytes: the protocol file has no frames for this direction"),
        "{said}"
    );
    sandbox.write("one-way.toml", format!("{before}{streams}to-client = []\n"));
    let (said, _) = says(&sandbox, &audit, 1);
    let expected = format!(
        "packet {packet}, byte 0 of its payload: no frame at stream offset 0 (server 10.0.0.2:9000 \
         to client 10.0.0.1:50000, frame 1): expected the end of the stream, found 0x7b behind the \
         last frame"
    );
    assert!(said.contains(&expected), "{said}");
}

/// The recorder is between both programs, so each connection is there twice, and right both times.
#[test]
fn a_capture_of_our_own_keeps_to_the_frames_on_both_of_its_sides() {
    let sandbox = framecheck_tests::Sandbox::new();
    let example = repository().join("examples/upload/upload.toml");
    let example = example.to_str().unwrap();
    let id = "upload/python->python/tcp4/asis/small-file";
    says(&sandbox, &["capture", id, example, "--no-cache", "--out", "wire.pcapng"], 0);
    let audit = ["audit", "wire.pcapng", "--protocol", example];
    let (said, _) = says(&sandbox, &audit, 0);
    assert!(said.contains(" 2 connections,") && said.contains("to-server: 2 upload"), "{said}");
    let (said, _) = says(&sandbox, &[&audit[..], &["--server", "127.0.0.3"]].concat(), 0);
    assert!(said.contains(" 1 connection,") && said.contains("to-server: 1 upload"), "{said}");
}
