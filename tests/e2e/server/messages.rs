//! `frame-server length-ack`, `length-prefix`, `buffers`, `sticky` and `sticky-sizes`: the output is the
//! same for all cuts.

#![cfg(test)]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Receiver;

use framecheck_tests::{DEADLINE, Sandbox};

use crate::peers::{Process, ask_python, connect, framed, lines, read_exactly};

/// A server of a scenario, its address and its output.
fn server(sandbox: &Sandbox, arguments: &[&str]) -> (Process, String, Receiver<String>) {
    let (screen, writer) = std::io::pipe().unwrap();
    let (server, address) = Process::server(sandbox, arguments, Some(writer.into()));
    (server, address, lines(screen))
}

#[track_caller]
fn shows(screen: &Receiver<String>, line: &str) {
    assert_eq!(screen.recv_timeout(DEADLINE).unwrap(), line);
}

/// The server has closed, in order or by a reset, and sent nothing before.
#[track_caller]
fn is_closed(mut stream: TcpStream) {
    match stream.read(&mut [0; 16]) {
        Ok(0) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        other => panic!("expected the end, found {other:?}"),
    }
}

#[test]
fn a_length_that_is_none_gets_no_ok_and_the_next_client_is_served() {
    let sandbox = Sandbox::new();
    let (_server, address, screen) = server(&sandbox, &["length-ack", "--max-message=10"]);
    let too_many = "9".repeat(1024);
    for length in ["", "six", "-6", "+6", " 6", "6\n", "6hello!", "11", "2147483648", &too_many] {
        let mut stream = connect(&address);
        stream.write_all(length.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        is_closed(stream);
    }
    let mut stream = connect(&address);
    stream.write_all(b"10").unwrap();
    assert_eq!(read_exactly(&mut stream, 2), b"ok");
    stream.write_all(b"ten bytes!").unwrap();
    shows(&screen, "b'ten bytes!'");
}

#[test]
fn a_message_in_single_bytes_is_one_message() {
    let sandbox = Sandbox::new();
    for (scenario, length) in [("length-ack", b"6".to_vec()), ("length-prefix", framed("abcdef"))] {
        let (_server, address, screen) = server(&sandbox, &[scenario]);
        let mut stream = connect(&address);
        if scenario == "length-ack" {
            stream.write_all(&length).unwrap();
            assert_eq!(read_exactly(&mut stream, 2), b"ok");
        }
        let rest = if scenario == "length-ack" { b"abcdef".to_vec() } else { length };
        for byte in rest {
            stream.write_all(&[byte]).unwrap();
        }
        shows(&screen, "b'abcdef'");
    }
}

#[test]
fn a_long_message_behind_a_header_is_read_to_its_end() {
    let sandbox = Sandbox::new();
    let (_server, address, screen) = server(&sandbox, &["length-prefix"]);
    let long = "y".repeat(5 << 20);
    let mut stream = connect(&address);
    stream.write_all(&framed(&long)).unwrap();
    shows(&screen, &format!("b'{long}'"));
    is_closed(stream);
}

/// The standard library's error, "out of range integral type conversion", was no help.
#[test]
fn a_negative_length_is_told_with_the_limits() {
    let sandbox = Sandbox::new();
    let mut server = sandbox.server(&["length-prefix", "--max-message=10"]);
    let mut stream = connect(server.address.clone());
    stream.write_all(b"\xff\xff\xff\xff").unwrap();
    is_closed(stream);
    let line = server.wait_for_log("length of a message");
    let told = "expected the length of a message in the header, 0 to 10, found -1";
    assert!(line.contains(told) && !line.contains("integral"), "{line}");
}

#[test]
fn a_frame_that_is_none_shows_nothing_and_the_next_client_is_served() {
    let sandbox = Sandbox::new();
    let (_server, address, screen) = server(&sandbox, &["length-prefix", "--max-message=10"]);
    let headers: [&[u8]; 5] =
        [b"", b"\x06\0\0", b"\x06\0\0\0hello", b"\xff\xff\xff\xff", b"\x0b\0\0\0"];
    for bytes in headers {
        let mut stream = connect(&address);
        stream.write_all(bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        is_closed(stream);
    }
    connect(&address).write_all(&framed("ten bytes!")).unwrap();
    shows(&screen, "b'ten bytes!'");
}

#[test]
fn clients_that_say_nothing_keep_nobody_waiting() {
    let sandbox = Sandbox::new();
    for scenario in ["length-ack", "length-prefix", "sticky", "sticky-sizes", "buffers"] {
        let (_server, address, screen) = server(&sandbox, &[scenario]);
        if scenario == "buffers" {
            for _ in 0..2 {
                screen.recv_timeout(DEADLINE).unwrap();
            }
        }
        let _silent: Vec<TcpStream> = (0..20).map(|_| connect(&address)).collect();
        let mut stream = connect(&address);
        let (sent, shown): (&[u8], _) = match scenario {
            "length-ack" => (b"0", "b''"),
            "length-prefix" => (b"\0\0\0\0", "b''"),
            "sticky" => (b"12345", "b'12345'"),
            _ => (b"hello", "b'hello'"),
        };
        stream.write_all(sent).unwrap();
        if scenario == "sticky-sizes" {
            stream.shutdown(Shutdown::Write).unwrap();
        }
        shows(&screen, shown);
    }
}

#[test]
fn what_sticks_is_shown_as_the_tutorial_shows_it_however_it_comes() {
    let sandbox = Sandbox::new();
    let (_server, address, screen) = server(&sandbox, &["sticky"]);
    let cuts: [&[&str]; 3] = [
        &["1234567abcdehhhhh"],
        &["1234567", "abcde", "hhhhh"],
        &["1", "234567abc", "dehhh", "hh"],
    ];
    for sends in cuts {
        let mut stream = connect(&address);
        for send in sends {
            stream.write_all(send.as_bytes()).unwrap();
        }
        for line in ["b'12345'", "b'67abc'", "b'dehhh'"] {
            shows(&screen, line);
        }
    }
}

#[test]
fn each_part_of_a_stream_is_shown_as_soon_as_it_is_whole() {
    let sandbox = Sandbox::new();
    let (_server, address, screen) = server(&sandbox, &["sticky-sizes"]);
    let mut stream = connect(&address);
    stream.write_all(b"hello").unwrap();
    stream.write_all(&[b'x'; 1020]).unwrap();
    shows(&screen, &format!("b'hello{}'", "x".repeat(1019)));
    stream.shutdown(Shutdown::Write).unwrap();
    shows(&screen, "b'x'");
    is_closed(stream);
}

#[test]
fn closing_over_unread_input_is_a_reset_over_tcp_and_over_a_unix_socket() {
    let sandbox = Sandbox::new();
    let sizes = "import socket, sys\n\
                 s = socket.socket(getattr(socket, sys.argv[1]))\n\
                 print('SO_SNDBUF', s.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))\n\
                 print('SO_RCVBUF', s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))";
    for (family, listen) in [
        ("AF_INET", "--listen=127.0.0.1:0"),
        ("AF_INET6", "--listen=[::1]:0"),
        ("AF_UNIX", "--listen=unix:socket"),
    ] {
        let (_server, address, screen) = server(&sandbox, &["buffers", "--size=300000", listen]);
        for line in String::from_utf8(ask_python(sizes, &[family], "")).unwrap().lines() {
            shows(&screen, line);
        }
        let (mut done, mut talking): (Box<dyn ReadWrite>, Box<dyn ReadWrite>);
        if family == "AF_UNIX" {
            let open = || UnixStream::connect(sandbox.path().join("socket")).unwrap();
            let first = open();
            first.shutdown(Shutdown::Write).unwrap();
            (done, talking) = (Box::new(first), Box::new(open()));
        } else {
            let first = connect(&address);
            first.shutdown(Shutdown::Write).unwrap();
            (done, talking) = (Box::new(first), Box::new(connect(&address)));
        }
        shows(&screen, "b''");
        let mut block = Vec::new();
        done.read_to_end(&mut block).unwrap();
        assert!(block == vec![b'x'; 300_000], "{family}: {} bytes", block.len());
        talking.write_all(b"unread").unwrap();
        shows(&screen, "b'unread'");
        let ended = talking.read(&mut [0; 16]);
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset, "{family}");
    }
}

trait ReadWrite: Read + Write {}

impl<S: Read + Write> ReadWrite for S {}
