//! `frame-client tcp-upper` and `udp-upper` against servers that answer late, partly or not at all.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::thread;

use framecheck_tests::{DEADLINE, Sandbox};

use crate::peers::{FakeServer, ask_python, client, client_with, finish, read_exactly};

const PROMPT: &str = "请输入你要发送给服务端的数据:";

#[test]
fn an_answer_that_comes_byte_by_byte_is_read_whole() {
    let server = FakeServer::new(|mut stream| {
        assert_eq!(read_exactly(&mut stream, 5), b"hello");
        for byte in b"HELLO" {
            stream.write_all(&[*byte]).unwrap();
        }
        finish(stream);
    });
    let run = client(&Sandbox::new(), "tcp-upper", &server.address, "hello\n");
    server.join();
    run.completed_with(&format!("{PROMPT}服务端发来的消息: b'HELLO'\n{PROMPT}"));
}

#[test]
fn an_answer_is_shown_as_cpython_shows_bytes_whatever_the_server_sends() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let shown = ask_python("print(bytes(range(256)))", &[], "");
    let server = FakeServer::new(move |mut stream| {
        read_exactly(&mut stream, 256);
        stream.write_all(&every_byte).unwrap();
        finish(stream);
    });
    let typed = "x".repeat(256) + "\n";
    let run = client(&Sandbox::new(), "tcp-upper", &server.address, typed);
    server.join();
    let shown = String::from_utf8(shown).unwrap();
    run.completed_with(&format!("{PROMPT}服务端发来的消息: {shown}{PROMPT}"));
}

#[test]
fn an_empty_line_sends_nothing_and_waits_for_nothing() {
    let server = FakeServer::new(|mut stream| {
        let mut sent = Vec::new();
        stream.read_to_end(&mut sent).unwrap();
        sent
    });
    let run = client(&Sandbox::new(), "tcp-upper", &server.address, "\n\n");
    assert_eq!(server.join(), b"");
    run.completed_with(&PROMPT.repeat(3));
}

#[test]
fn a_line_longer_than_all_buffers_together_is_answered_whole() {
    // A server that answers as it reads, and stops reading while its answers are unread.
    let server = FakeServer::new(|mut stream| {
        let mut buffer = [0; 1024];
        loop {
            let read = stream.read(&mut buffer).unwrap();
            if read == 0 {
                return;
            }
            stream.write_all(&buffer[..read].to_ascii_uppercase()).unwrap();
        }
    });
    let len = 24 << 20;
    let typed = "x".repeat(len) + "\n";
    let run = client(&Sandbox::new(), "tcp-upper", &server.address, typed);
    server.join();
    let expected = format!("{PROMPT}服务端发来的消息: b'{}'\n{PROMPT}", "X".repeat(len));
    assert!(run.stdout() == expected, "{run}");
}

#[test]
fn a_server_that_closes_before_the_whole_answer_is_an_error() {
    for answered in [&b""[..], b"H", b"HELL"] {
        let server = FakeServer::new(move |mut stream| {
            read_exactly(&mut stream, 5);
            stream.write_all(answered).unwrap();
            finish(stream);
        });
        let run = client(&Sandbox::new(), "tcp-upper", &server.address, "hello\n");
        server.join();
        run.failed_saying("the server closed before it answered");
        assert_eq!(run.stdout(), PROMPT);
    }
}

#[test]
fn a_server_that_resets_before_it_answers_is_an_error() {
    let server = FakeServer::new(|mut stream| {
        read_exactly(&mut stream, 5);
        crate::peers::reset(stream);
    });
    let run = client(&Sandbox::new(), "tcp-upper", &server.address, "hello\n");
    server.join();
    run.failed_saying("Connection reset by peer");
}

#[test]
fn the_end_of_input_closes_the_clients_side_before_the_servers() {
    let server = FakeServer::new(|mut stream| {
        read_exactly(&mut stream, 2);
        stream.write_all(b"HI").unwrap();
        stream.read(&mut [0])
    });
    let run = client(&Sandbox::new(), "tcp-upper", &server.address, "hi\n");
    assert_eq!(run.status(), Some(0), "{run}");
    assert_eq!(server.join().ok(), Some(0));
}

/// A server that answers each of the datagrams with this.
fn datagram_server(answers: Vec<Vec<u8>>) -> (String, thread::JoinHandle<Vec<Vec<u8>>>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let thread = thread::spawn(move || {
        let answer = |answer: Vec<u8>| {
            let (received, client) = receive(&socket);
            socket.send_to(&answer, client).unwrap();
            received
        };
        answers.into_iter().map(answer).collect()
    });
    (address, thread)
}

fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 65536];
    let (len, client) = socket.recv_from(&mut buffer).unwrap();
    buffer.truncate(len);
    (buffer, client)
}

#[test]
fn an_empty_line_is_an_empty_datagram_and_an_empty_answer_is_shown() {
    let (address, server) = datagram_server(vec![vec![], b"X".to_vec(), vec![]]);
    let run = client(&Sandbox::new(), "udp-upper", &address, "\n \t \nlast\n");
    assert_eq!(server.join().unwrap(), [&b""[..], b"", b"last"]);
    run.completed_with(">>: b''\n>>: b'X'\n>>: b''\n>>: ");
}

#[test]
fn an_answer_of_1024_bytes_is_shown_whole_and_the_1025th_byte_is_cut_off() {
    let answer = |len: usize| vec![b'A'; len];
    let (address, server) = datagram_server(vec![answer(1024), answer(1025), answer(60_000)]);
    let run = client(&Sandbox::new(), "udp-upper", &address, "a\nb\nc\n");
    server.join().unwrap();
    let shown = format!(">>: b'{}'\n", "A".repeat(1024));
    run.completed_with(&format!("{}>>: ", shown.repeat(3)));
}

#[test]
fn a_line_longer_than_a_datagram_is_an_error_and_the_longest_is_sent() {
    let (address, server) = datagram_server(vec![b"OK".to_vec()]);
    let typed = format!("{}\n{}\n", "a".repeat(65507), "a".repeat(65508));
    let run = client(&Sandbox::new(), "udp-upper", &address, typed);
    assert_eq!(server.join().unwrap()[0].len(), 65507);
    run.failed_saying("cannot send: Message too long");
    assert_eq!(run.stdout(), ">>: b'OK'\n>>: ");
}

#[test]
fn an_answer_that_never_comes_is_an_error_after_the_timeout() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let arguments = ["udp-upper", "--connect", &address, "--timeout", "1"];
    let run = client_with(&Sandbox::new(), &arguments, "a\nb\n");
    run.failed_saying("no answer within 1 s");
    assert_eq!(run.stdout(), ">>: ");
    silent.set_nonblocking(true).unwrap();
    assert_eq!(receive(&silent).0, b"a");
    assert!(silent.recv(&mut [0]).is_err(), "the next line was sent all the same");
}

#[test]
fn an_answer_from_another_address_is_taken_because_recvfrom_takes_it() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_read_timeout(Some(DEADLINE)).unwrap();
    let address = server.local_addr().unwrap().to_string();
    let thread = thread::spawn(move || {
        let (_, client) = receive(&server);
        let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
        stranger.send_to(b"from elsewhere", client).unwrap();
    });
    let run = client(&Sandbox::new(), "udp-upper", &address, "a\n");
    thread.join().unwrap();
    run.completed_with(">>: b'from elsewhere'\n>>: ");
}
