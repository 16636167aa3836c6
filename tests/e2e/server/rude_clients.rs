//! `frame-server` and clients that reset, fall silent, flood it or read nothing: it serves the next
//! client, keeps nothing of them, and never spins.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::{Duration, Instant};

use framecheck_tests::{DEADLINE, Sandbox};
use rustix::process::{Pid, Signal};

use crate::peers::{Process, connect, framed, read_exactly, reset, server_command};
use crate::proc::{descriptors, ticks_in};

/// A scenario, what a client sends in it, and the beginning of the answer; empty if only the end
/// comes.
fn streams() -> Vec<(&'static str, Vec<u8>, &'static [u8])> {
    vec![
        ("file-transfer", b"".to_vec(), b"\x4a\0\0\0{\"file_name\""),
        ("remote-command", b"echo hi".to_vec(), b"\x10\0\0\0{\"data_size\": 3}hi"),
        ("tcp-upper", b"hello".to_vec(), b"HELLO"),
        ("tcp-hello", b"hello".to_vec(), b"hi"),
        ("line-upper", b"hello\n".to_vec(), b"HELLO"),
        ("line-upper-serial", b"hello\n".to_vec(), b"HELLO"),
        ("greeting", b"hello".to_vec(), b"Hello, client!"),
        ("first-message", b"hello".to_vec(), "萨瓦迪卡客户端".as_bytes()),
        ("length-ack", b"5".to_vec(), b"ok"),
        ("length-prefix", framed("hello"), b""),
        ("buffers", b"".to_vec(), b"xxxxx"),
        ("sticky", b"1234567abcdehhhhh".to_vec(), b""),
        ("sticky-sizes", b"hello".to_vec(), b""),
    ]
}

/// A sandbox with the file that `file-transfer` serves by default.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("04 struct模块.py", "content");
    sandbox
}

#[track_caller]
fn is_served(scenario: &str, address: &str, request: &[u8], answer: &[u8]) {
    let mut stream = connect(address);
    stream.write_all(request).unwrap();
    if answer.is_empty() || scenario == "buffers" {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    // The length of the dict differs with its content; the beginning does not.
    let found = read_exactly(&mut stream, answer.len());
    let compared = if scenario == "file-transfer" { 4.. } else { 0.. };
    assert_eq!(found[compared.clone()], answer[compared], "{scenario}");
    if answer.is_empty() {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"", "{scenario}");
    }
}

/// A client that leaves before its answer, in one of several ways.
fn be_rude(number: usize, address: &str, request: &[u8]) {
    let mut stream = connect(address);
    let (some, rest) = request.split_at(request.len() / 2);
    match number % 6 {
        0 => reset(stream),
        1 => drop(stream),
        2 => {
            let _ = stream.write_all(some);
            reset(stream);
        }
        3 => {
            let _ = stream.write_all(some);
            let _ = stream.write_all(rest);
            reset(stream);
        }
        4 => {
            let _ = stream.write_all(some);
            let _ = stream.shutdown(Shutdown::Write);
        }
        _ => {
            let _ = stream.write_all(&[request, &[0xff; 5000]].concat());
        }
    }
}

/// Serves one client after another until no more descriptors are open than these.
#[track_caller]
fn are_closed(pid: Pid, before: usize, mut serve_one: impl FnMut()) {
    let until = Instant::now() + DEADLINE;
    while descriptors(pid) > before {
        assert!(Instant::now() < until, "{} descriptors, {before} before", descriptors(pid));
        serve_one();
    }
}

#[test]
fn two_hundred_rude_clients_leave_no_descriptor_and_the_next_is_served() {
    let sandbox = sandbox();
    for (scenario, request, answer) in streams() {
        let (server, address) = Process::server(&sandbox, &[scenario], None);
        is_served(scenario, &address, &request, answer);
        let before = descriptors(server.pid());
        for number in 0..200 {
            be_rude(number, &address, &request);
        }
        are_closed(server.pid(), before, || is_served(scenario, &address, &request, answer));
        assert!(ticks_in(server.pid(), Duration::from_millis(100)) < 5, "{scenario}");
        assert_eq!(server.stop(Signal::TERM).0.code(), Some(0), "{scenario}");
    }
}

#[test]
fn clients_that_stay_and_do_nothing_take_no_processor_time() {
    let sandbox = sandbox();
    for (scenario, request, answer) in streams() {
        let (server, address) = Process::server(&sandbox, &[scenario], None);
        let idle = |sent: &[u8], ends: bool| {
            let mut stream = connect(&address);
            stream.write_all(sent).unwrap();
            if ends {
                stream.shutdown(Shutdown::Write).unwrap();
            }
            stream
        };
        let half = &request[..request.len() / 2];
        let _idle: Vec<TcpStream> =
            [(&b""[..], false), (b"", true), (half, false), (half, true), (&request, true)]
                .map(|(sent, ends)| idle(sent, ends))
                .into();
        is_served(scenario, &address, &request, answer);
        let used = ticks_in(server.pid(), Duration::from_millis(300));
        assert!(used < 10, "{scenario}: {used} ticks");
    }
}

#[test]
fn a_client_that_floods_and_takes_nothing_takes_no_processor_time_once_all_is_full() {
    let sandbox = Sandbox::new();
    let (server, address) = Process::server(&sandbox, &["tcp-upper"], None);
    let mut flood = connect(&address);
    flood.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    while flood.write_all(&[b'x'; 1 << 16]).is_ok() {}
    is_served("tcp-upper", &address, b"hello", b"HELLO");
    let used = ticks_in(server.pid(), Duration::from_millis(300));
    assert!(used < 10, "{used} ticks");
}

#[test]
fn a_chat_whose_client_has_ended_its_stream_waits_for_its_user_without_processor_time() {
    for scenario in ["chat", "chat-guarded", "chat-relisten"] {
        let sandbox = Sandbox::new();
        let mut command = server_command(&sandbox, &[scenario]);
        let (keyboard, _typist) = std::io::pipe().unwrap();
        let (server, address) = Process::listening(command.stdin(Stdio::from(keyboard)), None);
        let mut stream = connect(&address);
        stream.write_all(b"hi").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let used = ticks_in(server.pid(), Duration::from_millis(300));
        assert!(used < 10, "{scenario}: {used} ticks");
        assert_eq!(server.stop(Signal::TERM).0.code(), Some(0), "{scenario}");
    }
}

#[test]
fn rude_chatters_leave_no_descriptor_and_the_next_is_served() {
    let sandbox = Sandbox::new();
    let mut command = server_command(&sandbox, &["chat-relisten"]);
    let (keyboard, mut typist) = std::io::pipe().unwrap();
    let (server, address) = Process::listening(command.stdin(Stdio::from(keyboard)), None);
    // Each client takes one line at the most.
    typist.write_all(&b"yes\n".repeat(300)).unwrap();
    // The server serves them one after another: while an answered client stays, those before it are
    // done.
    let descriptors_while_one_is_served = || {
        let mut stream = connect(&address);
        stream.write_all(b"hi").unwrap();
        assert_eq!(read_exactly(&mut stream, 3), b"yes");
        descriptors(server.pid())
    };
    let before = descriptors_while_one_is_served();
    for number in 0..200 {
        be_rude(number, &address, b"hi");
        // More than its queue holds would wait for accept.
        if number % 4 == 3 {
            assert_eq!(descriptors_while_one_is_served(), before, "after {number} rude clients");
        }
    }
    assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
}

#[test]
fn a_unix_client_that_takes_no_datagrams_keeps_nobody_waiting() {
    for (scenario, answer) in
        [("udp-upper", &b"HELLO"[..]), ("udp-hello", b"hi"), ("line-upper-udp", b"HELLO")]
    {
        let sandbox = Sandbox::new();
        let (mut server, _) = Process::server(&sandbox, &[scenario, "--listen=unix:server"], None);
        let server_path = sandbox.path().join("server");
        let rude = UnixDatagram::bind(sandbox.path().join("rude")).unwrap();
        rude.set_write_timeout(Some(DEADLINE)).unwrap();
        let room: usize = std::fs::read_to_string("/proc/sys/net/unix/max_dgram_qlen")
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        for _ in 0..room + 3 {
            rude.send_to(b"hello", &server_path).unwrap();
        }
        let clause = server.wait_for("WARN [");
        assert!(clause.contains("-2] cannot answer: Resource temporarily"), "{clause}");
        let polite = UnixDatagram::bind(sandbox.path().join("polite")).unwrap();
        polite.set_read_timeout(Some(DEADLINE)).unwrap();
        polite.send_to(b"hello", server_path).unwrap();
        let mut buffer = [0; 64];
        let len = polite.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..len], answer, "{scenario}");
        assert!(ticks_in(server.pid(), Duration::from_millis(100)) < 5, "{scenario}");
        assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
    }
}
