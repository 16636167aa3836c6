//! `frame-server`'s life: many clients, silent clients, and signals.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use framecheck_tests::{Sandbox, program};
use rustix::process::Signal;

use crate::peers::{Process, connect, read_exactly};

const SCENARIOS: [&str; 14] = [
    "file-transfer",
    "remote-command",
    "tcp-upper",
    "udp-upper",
    "tcp-hello",
    "udp-hello",
    "line-upper",
    "line-upper-serial",
    "line-upper-udp",
    "greeting",
    "first-message",
    "chat",
    "chat-guarded",
    "chat-relisten",
];

/// A sandbox with the file that `file-transfer` serves by default.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("04 struct模块.py", "content");
    sandbox
}

#[test]
fn either_signal_ends_an_idle_server_with_status_0() {
    let sandbox = sandbox();
    for scenario in SCENARIOS {
        for signal in [Signal::TERM, Signal::INT] {
            let (server, _) = Process::server(&sandbox, &[scenario], None);
            let (status, screen) = server.stop(signal);
            assert_eq!((status.code(), screen.as_str()), (Some(0), ""), "{scenario} {signal:?}");
        }
    }
}

#[test]
fn either_signal_ends_a_server_with_clients_and_closes_them() {
    let sandbox = sandbox();
    for signal in [Signal::TERM, Signal::INT] {
        let (server, address) = Process::server(&sandbox, &["tcp-upper"], None);
        let mut stream = connect(&address);
        stream.write_all(b"hi").unwrap();
        read_exactly(&mut stream, 2);
        assert_eq!(server.stop(signal).0.code(), Some(0));
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn clients_that_never_speak_keep_nobody_from_being_served() {
    let sandbox = sandbox();
    for (scenario, request, answer) in [
        ("file-transfer", &b""[..], &b"\"file_size\": 7}content"[..]),
        ("remote-command", b"echo hi", b"hi\n"),
        ("tcp-upper", b"hi", b"HI"),
    ] {
        let server = sandbox.server(&[scenario]);
        let _silent: Vec<TcpStream> = (0..20).map(|_| connect(server.socket_address())).collect();
        let mut stream = connect(server.socket_address());
        stream.write_all(request).unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(answer) {
            seen.extend(read_exactly(&mut stream, 1));
        }
    }
}

#[test]
fn two_hundred_quick_connections_are_all_served() {
    let sandbox = sandbox();
    for (scenario, request, answer) in
        [("file-transfer", &b""[..], &b"content"[..]), ("tcp-upper", b"hi", b"HI")]
    {
        let (server, address) = Process::server(&sandbox, &[scenario], None);
        for number in 0..200 {
            let mut stream = connect(&address);
            stream.write_all(request).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut seen = Vec::new();
            stream.read_to_end(&mut seen).unwrap();
            assert!(seen.ends_with(answer), "{scenario} {number}");
        }
        assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
    }
}

#[test]
fn two_hundred_clients_at_once_that_leave_at_once_do_no_harm() {
    let sandbox = sandbox();
    for scenario in ["file-transfer", "remote-command", "tcp-upper"] {
        let (server, address) = Process::server(&sandbox, &[scenario], None);
        let clients: Vec<TcpStream> = (0..200).map(|_| connect(&address)).collect();
        for (number, stream) in clients.into_iter().enumerate() {
            if number % 2 == 0 {
                crate::peers::reset(stream);
            }
        }
        let mut stream = connect(&address);
        stream.write_all(b"echo hi").unwrap();
        assert_eq!(read_exactly(&mut stream, 1).len(), 1, "{scenario}");
        assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
    }
}

#[test]
fn a_server_out_of_descriptors_goes_on_once_some_clients_have_left() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "ulimit -n 24; exec \"$@\"", "sh"]).arg(program("frame-server"));
    command.args(["tcp-upper", "--listen", "127.0.0.1:0"]).env_remove("FRAME_LOG");
    let mut server = Process::start(&mut command, None);
    let address = server.wait_for("listening on ");
    let clients: Vec<TcpStream> = (0..40).map(|_| connect(&address)).collect();
    server.wait_for("cannot accept: Too many open files");
    server.wait_for(" more failures since the last line)");
    drop(clients);
    let mut stream = connect(&address);
    stream.write_all(b"hi").unwrap();
    assert_eq!(read_exactly(&mut stream, 2), b"HI");
    assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
}

#[test]
fn a_port_is_free_again_as_soon_as_the_server_has_ended() {
    let sandbox = Sandbox::new();
    let server = sandbox.server(&["tcp-upper"]);
    let address = server.socket_address();
    let mut stream = connect(address);
    stream.write_all(b"hi").unwrap();
    read_exactly(&mut stream, 2);
    // The server closes first, so the connection lingers on its side.
    assert_eq!(server.stop().0.code(), Some(0));
    let again = sandbox.server(&["tcp-upper", &format!("--listen={address}")]);
    assert_eq!(again.socket_address(), address);
}
