//! `frame-client` against servers that break off, announce wrong lengths, or send bytes that are
//! not a frame. In each case the client ends with status 1 and one line that gives the place,
//! leaves no file, and allocates no memory for bytes that were only announced.

#![cfg(test)]

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use framecheck_tests::{DEADLINE, Sandbox, program};
use rustix::process::{Pid, Signal, kill_process};

use crate::peers::{FakeServer, Run, client, client_with, file_frame, framed, in_time, lines};

/// More memory than the programs ever need, and far less than the servers here announce.
const MEMORY_MAX_KIB: u64 = 256 << 10;

/// Every cut of the head, and some cuts of the body.
fn cuts(frame: &[u8], body_len: usize) -> Vec<usize> {
    let head_len = frame.len() - body_len;
    let sampled = [0, 1, 2, body_len / 3, body_len / 2, body_len - 2, body_len - 1];
    (0..head_len).chain(sampled.map(|at| head_len + at)).collect()
}

/// Clause and message of a frame that ends there.
fn expected_at(cut: usize, dict_len: usize, body_len: usize) -> (&'static str, String) {
    let (clause, part, start, len) = match cut {
        0 => return ("FR-1", "the server closed before it sent a header".to_owned()),
        1..4 => ("FR-1", "header", 0, 4),
        _ if cut < 4 + dict_len => ("FR-3", "dict", 4, dict_len),
        _ => ("FR-5", "body", 4 + dict_len, body_len),
    };
    let found = cut - start;
    (clause, format!("stream ended at byte {cut}: expected {len} bytes of {part}, found {found}"))
}

#[test]
fn a_file_that_ends_early_is_an_error_that_says_where_and_leaves_no_file() {
    let body = vec![b'b'; 20_000];
    let frame = file_frame("x.txt", &body);
    let dict_len = frame.len() - body.len() - 4;
    let sandbox = Sandbox::new();
    for cut in cuts(&frame, body.len()) {
        let server = FakeServer::sending(&frame[..cut]);
        let run = client(&sandbox, "file-transfer", &server.address, "");
        server.join();
        let (clause, message) = expected_at(cut, dict_len, body.len());
        run.failed_by(clause, &message);
        assert_eq!(sandbox.names(), Vec::<String>::new(), "cut at {cut}");
    }
}

#[test]
fn a_file_that_a_reset_breaks_off_is_an_error_and_leaves_no_file() {
    let body = vec![b'b'; 20_000];
    let frame = file_frame("x.txt", &body);
    let sandbox = Sandbox::new();
    for cut in cuts(&frame, body.len()) {
        let server = FakeServer::resetting_after(&frame[..cut]);
        let run = client(&sandbox, "file-transfer", &server.address, "");
        server.join();
        // A reset loses what the kernel has not delivered yet, so the place where the stream broke
        // off is chance.
        run.failed_saying("Connection reset by peer");
        assert_eq!(sandbox.names(), Vec::<String>::new(), "cut at {cut}");
    }
}

#[test]
fn an_answer_that_ends_early_is_an_error_that_says_where() {
    let frame = crate::peers::answer("12 byte body");
    let dict_len = frame.len() - 12 - 4;
    let sandbox = Sandbox::new();
    for cut in 0..frame.len() {
        let sent = frame[..cut].to_vec();
        let server = FakeServer::new(move |mut stream| {
            crate::peers::read_exactly(&mut stream, 2);
            stream.write_all(&sent).unwrap();
            crate::peers::finish(stream);
        });
        let run = client(&sandbox, "remote-command", &server.address, "ls\n");
        server.join();
        let (clause, message) = expected_at(cut, dict_len, 12);
        run.failed_by(clause, &message);
        assert_eq!(run.stdout(), ">>: ", "{run}");
    }
}

/// Heads that are wrong in any scenario, with their messages. `KEY` stands for the size key.
fn wrong_heads() -> Vec<(Vec<u8>, &'static str, &'static str)> {
    let nines = "9".repeat(4000);
    let too_many_nines = "9".repeat(5000);
    let dicts = vec![
        (framed("{\"KEY\": 0, \"KEY\": -2}"), "FR-4", "is negative: -2"),
        (framed("{\"KEY\": 0, \"KEY\": \"\"}"), "FR-4", "found str"),
        (
            framed(""),
            "FR-3",
            "dict at byte 4 is not JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        (framed("[1, 2]"), "FR-4", "expected a dict at byte 4, found list"),
        (framed("7"), "FR-4", "expected a dict at byte 4, found int"),
        (framed("\"KEY\""), "FR-4", "expected a dict at byte 4, found str"),
        (framed("null"), "FR-4", "expected a dict at byte 4, found NoneType"),
        (framed("{}"), "FR-4", "dict at byte 4 has no key \"KEY\""),
        (framed("{\"SIZE\": 1}"), "FR-4", "dict at byte 4 has no key \"KEY\""),
        (framed("{\"KEY\": -1}"), "FR-4", "\"KEY\" of the dict at byte 4 is negative: -1"),
        (
            framed("{\"KEY\": 4.0}"),
            "FR-4",
            "expected an int as \"KEY\" of the dict at byte 4, found float",
        ),
        (framed("{\"KEY\": 1e3}"), "FR-4", "found float"),
        (framed("{\"KEY\": NaN}"), "FR-4", "found float"),
        (framed("{\"KEY\": Infinity}"), "FR-4", "found float"),
        (framed("{\"KEY\": true}"), "FR-4", "found bool"),
        (framed("{\"KEY\": \"4\"}"), "FR-4", "found str"),
        (framed("{\"KEY\": null}"), "FR-4", "found NoneType"),
        (framed("{\"KEY\": [4]}"), "FR-4", "found list"),
        (
            framed("{\"KEY\": 18446744073709551615}"),
            "FR-4",
            "is 18446744073709551615, over the limit of",
        ),
        (
            framed("{\"KEY\": 18446744073709551616}"),
            "FR-4",
            "is 18446744073709551616, over the limit of",
        ),
        (framed(format!("{{\"KEY\": {nines}}}")), "FR-4", "9999, over the limit of"),
        (framed(format!("{{\"KEY\": -{nines}}}")), "FR-4", "is negative: -9999"),
        (
            framed(format!("{{\"KEY\": {too_many_nines}}}")),
            "FR-3",
            "Exceeds the limit (4300 digits)",
        ),
        (
            framed(b"{\"KEY\": \"\xff\"}"),
            "FR-3",
            "dict at byte 4 is not JSON: 'utf-8' codec can't decode",
        ),
        (framed("{'KEY': 1}"), "FR-3", "Expecting property name enclosed in double quotes"),
        (framed("{\"KEY\": 1} x"), "FR-3", "Extra data: line 1 column"),
        (framed("{\"KEY\": 1"), "FR-3", "Expecting ',' delimiter"),
        (framed(b"\xef\xbb\xbf{\"KEY\": -1}"), "FR-4", "is negative"),
        (
            framed("[".repeat(1 << 20)),
            "FR-3",
            "dict at byte 4 is not JSON: maximum recursion depth",
        ),
        (
            framed("{\"a\":".repeat(200_000)),
            "FR-3",
            "dict at byte 4 is not JSON: maximum recursion depth",
        ),
    ];
    [wrong_lengths(), dicts].concat()
}

/// Heads whose header is wrong, or does not fit the dict.
fn wrong_lengths() -> Vec<(Vec<u8>, &'static str, &'static str)> {
    let header = |length: i32| length.to_ne_bytes().to_vec();
    vec![
        (header(-1), "FR-2", "negative dict length -1 in the header at byte 0"),
        (header(i32::MIN), "FR-2", "negative dict length -2147483648"),
        (
            header(1_048_577),
            "FR-2",
            "dict length 1048577 in the header at byte 0 is over the limit",
        ),
        (
            header(i32::MAX),
            "FR-2",
            "dict length 2147483647 in the header at byte 0 is over the limit",
        ),
        (b"HTTP/1.1 400 Bad Request".to_vec(), "FR-2", "in the header at byte 0 is over the limit"),
        (wrongly_framed("{\"KEY\": 0}", 9), "FR-3", "Expecting ',' delimiter"),
        (wrongly_framed("{\"KEY\": 1}x", 11), "FR-3", "Extra data: line 1 column"),
        (wrongly_framed("{\"KEY\": 1}x", 90), "FR-3", " bytes of dict, found "),
    ]
}

/// A dict behind the header of another length.
fn wrongly_framed(dict: &str, length: i32) -> Vec<u8> {
    [&length.to_ne_bytes()[..], dict.as_bytes()].concat()
}

/// The head with the scenario's size key, and with its length as right or wrong as before.
fn with_key(head: &[u8], key: &str) -> Vec<u8> {
    let (header, dict) = head.split_at(4);
    let mut wrong_by = i32::from_ne_bytes(header.try_into().unwrap());
    wrong_by = wrong_by.wrapping_sub(i32::try_from(dict.len()).unwrap());
    let mut dict = dict.to_vec();
    while let Some(at) = dict.windows(3).position(|three| three == b"KEY") {
        dict.splice(at..at + 3, key.bytes());
    }
    let length = i32::try_from(dict.len()).unwrap().wrapping_add(wrong_by);
    [&length.to_ne_bytes()[..], &dict].concat()
}

#[test]
fn a_file_whose_head_is_wrong_is_refused_with_what_and_where_and_leaves_no_file() {
    let sandbox = Sandbox::new();
    for (head, clause, message) in wrong_heads() {
        let server = FakeServer::sending(with_key(&head, "file_size"));
        let run = client(&sandbox, "file-transfer", &server.address, "");
        server.join();
        run.failed_by(clause, &message.replace("KEY", "file_size"));
        assert_eq!(sandbox.names(), Vec::<String>::new(), "{message}");
    }
}

#[test]
fn an_answer_whose_head_is_wrong_is_refused_with_what_and_where() {
    let sandbox = Sandbox::new();
    for (head, clause, message) in wrong_heads() {
        let server = FakeServer::sending(with_key(&head, "data_size"));
        let run = client(&sandbox, "remote-command", &server.address, "ls\n");
        server.join();
        run.failed_by(clause, &message.replace("KEY", "data_size"));
    }
}

#[test]
fn the_limits_are_the_users_to_set() {
    let sandbox = Sandbox::new();
    let frame = file_frame("x", "12345");
    let dict_len = (frame.len() - 9).to_string();
    let short = (frame.len() - 10).to_string();
    let over_dict = format!("dict length {dict_len} in the header at byte 0 is over the limit");
    for (options, outcome) in [
        (["--max-dict", dict_len.as_str()], Ok(())),
        (["--max-dict", &short], Err(over_dict.as_str())),
        (["--max-body", "5"], Ok(())),
        (["--max-body", "4"], Err("is 5, over the limit of 4 bytes")),
        (["--max-body", "0"], Err("is 5, over the limit of 0 bytes")),
        (["--max-body", "18446744073709551615"], Ok(())),
    ] {
        let server = FakeServer::sending(&frame[..]);
        let arguments = ["file-transfer", "--connect", &server.address, options[0], options[1]];
        let run = client_with(&sandbox, &arguments, "");
        server.join();
        match outcome {
            Ok(()) => run.completed_with("{'file_name': 'x', 'file_size': 5}\n"),
            Err(message) => run.failed_saying(message),
        }
    }
}

/// Runs `frame-client` with no more address space than this test allows.
fn client_with_little_memory(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let script = format!("ulimit -v {MEMORY_MAX_KIB}; exec \"$@\"");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script, "sh"]).arg(program("frame-client")).args(arguments);
    command.current_dir(sandbox.path()).env_remove("FRAME_LOG");
    let mut command = assert_cmd::Command::from_std(command);
    let output = command.write_stdin("ls\n").timeout(DEADLINE).output().unwrap();
    Run::new(output, format!("{arguments:?} with little memory"))
}

#[test]
fn a_huge_dict_that_was_only_announced_takes_no_memory() {
    let sandbox = Sandbox::new();
    for scenario in ["file-transfer", "remote-command"] {
        let server = FakeServer::sending(i32::MAX.to_ne_bytes());
        let max = i32::MAX.to_string();
        let arguments = [scenario, "--connect", &server.address, "--max-dict", &max];
        let run = client_with_little_memory(&sandbox, &arguments);
        server.join();
        run.failed_by("FR-3", "stream ended at byte 4: expected 2147483647 bytes of dict, found 0");
    }
}

#[test]
fn a_huge_answer_that_was_only_announced_takes_no_memory() {
    let sandbox = Sandbox::new();
    let size = u64::MAX.to_string();
    let server = FakeServer::sending(framed(format!("{{\"data_size\": {size}}}")));
    let arguments = ["remote-command", "--connect", &server.address, "--max-body", &size];
    let run = client_with_little_memory(&sandbox, &arguments);
    server.join();
    run.failed_by("FR-5", "expected 18446744073709551615 bytes of body, found 0");
}

#[test]
fn a_huge_file_that_was_only_announced_takes_no_memory() {
    let sandbox = Sandbox::new();
    let (done, finish) = mpsc::channel::<()>();
    let server = FakeServer::new(move |mut stream| {
        stream.write_all(&framed(r#"{"file_name": "x", "file_size": 1099511627776}"#)).unwrap();
        finish.recv_timeout(DEADLINE).unwrap();
    });
    let mut child = Command::new(program("frame-client"))
        .args(["file-transfer", "--connect", &server.address])
        .current_dir(sandbox.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Once it shows the dict, it has accepted the size.
    let shown = lines(child.stdout.take().unwrap()).recv_timeout(DEADLINE).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    in_time(move || child.wait()).unwrap();
    done.send(()).unwrap();
    server.join();
    assert_eq!(shown, "{'file_name': 'x', 'file_size': 1099511627776}");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak_kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak_kib < MEMORY_MAX_KIB / 4, "{peak_kib} KiB");
    assert_eq!(sandbox.names(), Vec::<String>::new());
}
