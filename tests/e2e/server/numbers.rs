//! The numbers of `frame-server`: `/metrics`, the JSON log, the last line.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStderr, Stdio};
use std::time::Instant;

use framecheck_tests::{DEADLINE, Sandbox};
use rustix::process::{Pid, Signal, kill_process};

use crate::peers::{Process, connect, in_time, read_exactly, server_command};

fn http(address: &str, request: &str) -> String {
    let mut stream = connect(address);
    write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A server of `tcp-upper` with metrics, and the address of each.
fn server(sandbox: &Sandbox, options: &[&str]) -> (Process, String, String) {
    let arguments = [&["tcp-upper", "--metrics=127.0.0.1:0"], options].concat();
    let (mut server, address) = Process::server(sandbox, &arguments, None);
    let metrics = server.wait_for("metrics on ");
    (server, address, metrics)
}

#[test]
fn metrics_count_connections_bytes_and_limits() {
    let sandbox = Sandbox::new();
    let (server, address, metrics) = server(&sandbox, &["--max-connections=1"]);
    let mut stream: TcpStream = connect(&address);
    stream.write_all(b"hello").unwrap();
    read_exactly(&mut stream, 5);
    assert_eq!(connect(&address).read(&mut [0]).unwrap(), 0);
    // A byte may arrive here a moment before it is counted there.
    let until = Instant::now() + DEADLINE;
    let answer = loop {
        let answer = http(&metrics, "GET /metrics");
        if answer.contains("\nframe_server_sent_bytes_total 5\n") || Instant::now() > until {
            break answer;
        }
    };
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: application/openmetrics-text"), "{answer}");
    for line in [
        "# TYPE frame_server_connections counter",
        "frame_server_connections_total 1",
        "frame_server_open_connections 1",
        "frame_server_refused_total{reason=\"max-connections\"} 1",
        "frame_server_received_bytes_total 5",
        "frame_server_sent_bytes_total 5",
        "frame_server_failed_total 0",
        "# EOF",
    ] {
        assert!(answer.lines().any(|found| found == line), "{line} in {answer}");
    }
    assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
}

#[test]
fn anything_but_get_metrics_is_refused_and_who_says_nothing_keeps_nobody_waiting() {
    let sandbox = Sandbox::new();
    let (_server, _, metrics) = server(&sandbox, &[]);
    let _silent = connect(&metrics);
    assert!(http(&metrics, "GET /").starts_with("HTTP/1.1 404 Not Found\r\n"));
    let refused = http(&metrics, "POST /metrics");
    assert!(refused.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{refused}");
    assert!(refused.contains("allow: GET"), "{refused}");
    assert!(http(&metrics, "\0\0").starts_with("HTTP/1.1 400 Bad Request\r\n"));
    assert!(http(&metrics, "GET /metrics").ends_with("# EOF\n"));
}

#[test]
fn the_log_is_json_where_that_is_asked_for() {
    let sandbox = Sandbox::new();
    let arguments = ["tcp-upper", "--log-format=json", "--max-connections=1"];
    let (mut server, address) = Process::server(&sandbox, &arguments, None);
    // What follows is the rest of the JSON string.
    let address = address.split('"').next().unwrap();
    let mut stream = connect(address);
    stream.write_all(b"hi").unwrap();
    read_exactly(&mut stream, 2);
    assert_eq!(connect(address).read(&mut [0]).unwrap(), 0);
    let rest = server.wait_for("{");
    let line: serde_json::Value = serde_json::from_str(&format!("{{{rest}")).unwrap();
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["fields"]["limit"], "max-connections");
    let client = text(&line["fields"]["client"]);
    assert!(client.starts_with("127.0.0.1:"), "{line}");
    let message = text(&line["fields"]["message"]);
    assert_eq!(message, format!("[TU-7] refused: max-connections (client {client})"));
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn the_last_line_sums_up() {
    let sandbox = Sandbox::new();
    let (mut server, address) = Process::server(&sandbox, &["tcp-upper"], None);
    for _ in 0..3 {
        let mut stream = connect(&address);
        stream.write_all(b"four").unwrap();
        read_exactly(&mut stream, 4);
        crate::peers::finish(stream);
    }
    server.signal(Signal::TERM);
    server.wait_for(
        "3 connections: 0 failed, 0 cut short; 0 more refused; 12 bytes received, 12 sent",
    );
    assert_eq!(server.end().code(), Some(0));
}

/// More lines than the queue (10,000) and a pipe hold.
const BAD_CLIENTS: usize = 12_000;

/// A server that has got a signal to end, and has had so many clients to log that no queue could
/// hold all lines. Nothing of its log has been read.
fn ending_with_an_unread_log(sandbox: &Sandbox, options: &[&str]) -> (Child, ChildStderr) {
    let arguments = [&["length-ack", "--listen=unix:socket"], options].concat();
    let mut command = server_command(sandbox, &arguments);
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let path = sandbox.path().join("socket");
    let at = path.clone();
    let first = in_time(move || {
        std::iter::repeat_with(|| UnixStream::connect(&at)).find_map(Result::ok).unwrap()
    });
    let others = std::iter::repeat_with(|| UnixStream::connect(&path).unwrap());
    for mut stream in std::iter::once(first).chain(others).take(BAD_CLIENTS) {
        stream.write_all(b"x").unwrap();
        // The server has closed, and logged the reason before that.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    let log = server.stderr.take().unwrap();
    (server, log)
}

#[test]
fn lines_that_are_lost_are_counted_behind_the_line_that_sums_up() {
    let sandbox = Sandbox::new();
    for format in ["human", "json"] {
        let (mut server, mut log) = ending_with_an_unread_log(&sandbox, &["--log-format", format]);
        let mut said = String::new();
        log.read_to_string(&mut said).unwrap();
        assert_eq!(server.wait().unwrap().code(), Some(0));
        let lines: Vec<&str> = said.lines().collect();
        let [rest @ .., sum, lost] = &lines[..] else { panic!("{said}") };
        let expected = format!("{BAD_CLIENTS} connections: {BAD_CLIENTS} failed, ");
        assert!(sum.contains(&expected), "{sum}");
        let (lost, _) = lost.split_once(" lines of this log are lost").unwrap();
        let lost: usize =
            lost.rsplit(|other: char| !other.is_ascii_digit()).next().unwrap().parse().unwrap();
        let clients = rest.iter().filter(|line| line.contains("[LA-7]")).count();
        assert_eq!(lost + clients, BAD_CLIENTS);
        assert!(lost > 0);
    }
}

#[test]
fn a_log_that_nobody_ever_reads_does_not_keep_the_server_from_ending() {
    let sandbox = Sandbox::new();
    let (mut server, log) = ending_with_an_unread_log(&sandbox, &[]);
    assert_eq!(in_time(move || server.wait()).unwrap().code(), Some(0));
    drop(log);
}
