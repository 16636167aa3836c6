//! `frame-server`'s standard output with a slow reader, or without a reader.

#![cfg(test)]

use std::io::{Read, Write};
use std::process::Stdio;

use framecheck_tests::Sandbox;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;

use crate::peers::{Process, connect, gone, read_exactly, wait_until_gone};

#[test]
fn a_screen_that_is_gone_ends_the_server_with_status_1_as_it_ends_the_tutorials() {
    for scenario in ["tcp-upper", "remote-command"] {
        let sandbox = Sandbox::new();
        let (reader, writer) = std::io::pipe().unwrap();
        let screen = Stdio::from(writer.try_clone().unwrap());
        let (mut server, address) = Process::server(&sandbox, &[scenario], Some(screen));
        drop(reader);
        wait_until_gone(&writer);
        let mut stream = connect(&address);
        stream.write_all(b"true").unwrap();
        server.wait_for("cannot print: Broken pipe");
        assert_eq!(server.end().code(), Some(1), "{scenario}");
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    }
}

#[test]
fn a_screen_that_is_gone_ends_the_datagram_server_too() {
    let sandbox = Sandbox::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let screen = Stdio::from(writer.try_clone().unwrap());
    let (mut server, address) = Process::server(&sandbox, &["udp-upper"], Some(screen));
    drop(reader);
    wait_until_gone(&writer);
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"hi", &address).unwrap();
    server.wait_for("cannot print: Broken pipe");
    assert_eq!(server.end().code(), Some(1));
}

#[test]
fn a_server_without_a_screen_serves_what_needs_none() {
    let sandbox = Sandbox::new();
    sandbox.write("source", "content");
    let (server, address) =
        Process::server(&sandbox, &["file-transfer", "source"], Some(gone().into()));
    for _ in 0..2 {
        let mut wire = Vec::new();
        connect(&address).read_to_end(&mut wire).unwrap();
        assert!(wire.ends_with(b"content"));
    }
    assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
}

/// Fills a server's standard output: the pipe is not read, and clients have sent more than it
/// holds.
fn with_full_screen(sandbox: &Sandbox, options: &[&str]) -> (Process, String, impl Sized) {
    let (reader, writer) = std::io::pipe().unwrap();
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
    let arguments = [&["tcp-upper"], options].concat();
    let (server, address) = Process::server(sandbox, &arguments, Some(writer.into()));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = connect(&address);
            stream.write_all(&[b'x'; 4096]).unwrap();
            stream
        })
        .collect();
    // One client is answered, so the server is at it; there is no room for the lines of all.
    let mut ready: Vec<_> = clients.iter().map(|one| PollFd::new(one, PollFlags::IN)).collect();
    let deadline = Timespec { tv_sec: 30, tv_nsec: 0 };
    assert!(poll(&mut ready, Some(&deadline)).unwrap() > 0, "no client was answered");
    drop(ready);
    (server, address, (reader, clients))
}

#[test]
fn a_signal_ends_a_server_whose_screen_is_full() {
    let sandbox = Sandbox::new();
    // The running exchange can't finish, however long the server waits for it.
    let (server, _, _held) = with_full_screen(&sandbox, &["--drain-timeout=0.3"]);
    server.signal(Signal::TERM);
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn a_server_whose_screen_is_full_still_takes_clients_and_their_end() {
    let sandbox = Sandbox::new();
    let (server, address, _held) = with_full_screen(&sandbox, &[]);
    // These print nothing, so they wait for nothing.
    for _ in 0..4 {
        let mut stream = connect(&address);
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
    drop(server);
}

#[test]
fn lines_of_many_clients_are_never_mixed() {
    let sandbox = Sandbox::new();
    let (server, address) = Process::server(&sandbox, &["tcp-upper"], None);
    let mut streams: Vec<_> = (0..8).map(|_| connect(&address)).collect();
    for _ in 0..20 {
        for (number, stream) in (b'a'..).zip(&mut streams) {
            stream.write_all(&[number; 100]).unwrap();
        }
        for (number, stream) in (b'A'..).zip(&mut streams) {
            assert_eq!(read_exactly(stream, 100), [number; 100]);
        }
    }
    let screen = server.stop(Signal::TERM).1;
    assert_eq!(screen.lines().count(), 160);
    for line in screen.lines() {
        let shown = line.strip_prefix("接收客户端的数据: b'").unwrap().strip_suffix('\'').unwrap();
        assert_eq!(shown, shown[..1].repeat(100), "{line}");
    }
}
