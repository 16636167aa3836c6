//! `frame-client` with one message and one answer, against servers that answer late, partly,
//! wrongly or not at all.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::UdpSocket;
use std::thread;

use framecheck_tests::{DEADLINE, Sandbox};

use crate::peers::{FakeServer, Run, client, client_with, finish, read_exactly, reset};

/// A scenario, what its client sends, and what it shows of the answer `HI`.
const STREAMS: [(&str, &str, &str); 5] = [
    ("tcp-hello", "hello!", "b'HI'\n"),
    ("greeting", "Hello, server!", "b'HI'\n"),
    ("first-message", "qiubabi munieniu", "收到来自服务端的消息:HI\n"),
    ("line-upper", "hello\n", "Sent:     hello\nReceived: HI\n"),
    ("line-upper-serial", "hello\n", "Sent:     hello\nReceived: HI\n"),
];

/// The client against a server that reads its message, sends this one byte at a time, and closes.
fn answered_by(scenario: &str, message: &str, answer: impl Into<Vec<u8>>) -> Run {
    let (message, answer) = (message.as_bytes().to_vec(), answer.into());
    let server = FakeServer::new(move |mut stream| {
        assert_eq!(read_exactly(&mut stream, message.len()), message);
        for byte in answer {
            // The client may have closed already: it reads no more than it shows.
            if stream.write_all(&[byte]).is_err() {
                break;
            }
        }
        finish(stream);
    });
    let run = client(&Sandbox::new(), scenario, &server.address, "");
    server.join();
    run
}

#[test]
fn an_answer_that_comes_byte_by_byte_is_shown_whole() {
    for (scenario, message, shown) in STREAMS {
        answered_by(scenario, message, "HI").completed_with(shown);
    }
    answered_by("first-message", "qiubabi munieniu", "萨瓦迪卡")
        .completed_with("收到来自服务端的消息:萨瓦迪卡\n");
}

#[test]
fn of_a_longer_answer_the_first_1024_bytes_are_shown() {
    for (scenario, message, shown) in STREAMS {
        let answer = format!("{}y", "x".repeat(1024));
        let shown = shown.replace("HI", &"x".repeat(1024));
        answered_by(scenario, message, answer).completed_with(&shown);
    }
}

#[test]
fn a_server_that_closes_without_an_answer_is_an_error_and_nothing_is_shown() {
    for (scenario, message, _) in STREAMS {
        let run = answered_by(scenario, message, "");
        run.failed_saying("the server closed before it answered");
        assert_eq!(run.stdout(), "", "{run}");
    }
}

#[test]
fn a_server_that_resets_is_an_error_and_nothing_is_shown() {
    for (scenario, message, _) in STREAMS {
        let server = FakeServer::new(move |mut stream| {
            read_exactly(&mut stream, message.len());
            reset(stream);
        });
        let run = client(&Sandbox::new(), scenario, &server.address, "");
        server.join();
        run.failed_saying("Connection reset by peer");
        assert_eq!(run.stdout(), "", "{run}");
    }
}

#[test]
fn an_answer_that_is_no_text_is_an_error_and_nothing_is_shown() {
    for (scenario, message, _) in STREAMS.into_iter().skip(2) {
        for answer in [&b"\xff"[..], b"ok \xe4\xbd", "汉".repeat(342).as_bytes()] {
            let run = answered_by(scenario, message, answer);
            run.failed_saying("the answer is not UTF-8: 'utf-8' codec can't decode");
            assert_eq!(run.stdout(), "", "{run}");
        }
    }
}

#[test]
fn the_answer_to_a_blank_line_is_empty() {
    for message in ["", " \t\r", "\u{b}\n\u{c}"] {
        let sent = message.len() + 1;
        let server = FakeServer::new(move |mut stream| {
            read_exactly(&mut stream, sent);
            finish(stream);
        });
        let arguments = ["line-upper", "--connect", &server.address, "--message", message];
        let run = client_with(&Sandbox::new(), &arguments, "");
        server.join();
        run.completed_with(&format!("Sent:     {message}\nReceived: \n"));
    }
}

#[test]
fn a_message_of_no_bytes_is_the_end_of_the_clients_stream() {
    for scenario in ["tcp-hello", "greeting", "first-message"] {
        let server = FakeServer::new(|mut stream| {
            assert_eq!(stream.read(&mut [0]).unwrap(), 0);
            stream.write_all(b"HI").unwrap();
            finish(stream);
        });
        let arguments = [scenario, "--connect", &server.address, "--message="];
        let run = client_with(&Sandbox::new(), &arguments, "");
        server.join();
        assert_eq!(run.status(), Some(0), "{run}");
        assert!(run.stdout().contains("HI"), "{run}");
    }
}

#[test]
fn tcp_connect_connects_and_says_nothing_also_where_it_is_reset() {
    let server = FakeServer::new(|mut stream| {
        let mut said = Vec::new();
        stream.read_to_end(&mut said).unwrap();
        said
    });
    client(&Sandbox::new(), "tcp-connect", &server.address, "typed\n").completed_with("");
    assert_eq!(server.join(), b"");
    let server = FakeServer::resetting_after("");
    client(&Sandbox::new(), "tcp-connect", &server.address, "").completed_with("");
    server.join();
}

/// The client against a socket that answers one datagram with this.
fn answered_by_datagram(scenario: &str, answer: &[u8]) -> (Run, String, Vec<u8>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let address = socket.local_addr().unwrap();
    let answer = answer.to_vec();
    let thread = thread::spawn(move || {
        let mut buffer = vec![0; 65536];
        let (len, client) = socket.recv_from(&mut buffer).unwrap();
        socket.send_to(&answer, client).unwrap();
        buffer.truncate(len);
        buffer
    });
    let run = client(&Sandbox::new(), scenario, &address.to_string(), "");
    (run, format!("('127.0.0.1', {})", address.port()), thread.join().unwrap())
}

#[test]
fn a_datagrams_answer_is_shown_as_text_up_to_1024_bytes_and_an_empty_one_too() {
    let long = format!("{}z", "y".repeat(1024));
    for (answer, text) in [("hi", "hi"), ("", ""), ("你好", "你好"), (&long, &long[..1024])] {
        let (run, address, sent) = answered_by_datagram("udp-hello", answer.as_bytes());
        run.completed_with(&format!("{text} {address}\n"));
        assert_eq!(sent, b"hello");
        let (run, _, sent) = answered_by_datagram("line-upper-udp", answer.as_bytes());
        run.completed_with(&format!("Sent:     hello\nReceived: {text}\n"));
        assert_eq!(sent, b"hello\n");
    }
}

#[test]
fn a_datagram_that_is_no_text_or_never_comes_is_an_error() {
    for scenario in ["udp-hello", "line-upper-udp"] {
        for answer in [&b"\xff"[..], "汉".repeat(342).as_bytes()] {
            let run = answered_by_datagram(scenario, answer).0;
            run.failed_saying("the answer is not UTF-8");
            assert_eq!(run.stdout(), "", "{run}");
        }
        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = silent.local_addr().unwrap().to_string();
        let arguments = [scenario, "--connect", &address, "--timeout", "1"];
        let run = client_with(&Sandbox::new(), &arguments, "");
        run.failed_saying("no answer within 1 s");
        let long = "a".repeat(65_508);
        let arguments = [scenario, "--connect", &address, "--message", &long];
        client_with(&Sandbox::new(), &arguments, "").failed_saying("Message too long");
    }
}
