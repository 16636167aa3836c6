//! `frame-server tcp-upper` and `udp-upper`: the answers, and the output.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::{Shutdown, UdpSocket};

use framecheck_tests::{DEADLINE, Sandbox, Server};

use crate::peers::{Process, ask_python, connect, lines, read_exactly};

fn every_byte() -> Vec<u8> {
    (0..=255).collect()
}

#[test]
fn a_stream_comes_back_as_cpythons_bytes_upper_and_is_shown_as_its_repr() {
    let sandbox = Sandbox::new();
    let server = sandbox.server(&["tcp-upper"]);
    let mut stream = connect(server.socket_address());
    stream.write_all(&every_byte()).unwrap();
    let upper =
        ask_python("import sys; sys.stdout.buffer.write(bytes(range(256)).upper())", &[], "");
    assert_eq!(read_exactly(&mut stream, 256), upper);
    let shown = ask_python("print('接收客户端的数据:', bytes(range(256)))", &[], "");
    assert_eq!(server.stop().1.as_bytes(), shown);
}

#[test]
fn a_long_stream_is_taken_in_parts_of_at_most_1024_bytes_and_all_of_it_comes_back() {
    let sandbox = Sandbox::new();
    let server = sandbox.server(&["tcp-upper"]);
    let mut stream = connect(server.socket_address());
    let sent = "abcdefghij".repeat(1000);
    stream.write_all(sent.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, sent.to_uppercase());
    let screen = server.stop().1;
    let part = |line: &str| {
        let part = line.strip_prefix("接收客户端的数据: b'")?.strip_suffix("'")?;
        (1..=1024).contains(&part.len()).then(|| part.to_owned())
    };
    let parts: Vec<String> = screen.lines().map(|line| part(line).expect("a part")).collect();
    assert_eq!(parts.concat(), sent);
}

#[test]
fn the_end_of_a_clients_stream_is_answered_by_the_end_and_shown_nowhere() {
    let sandbox = Sandbox::new();
    let server = sandbox.server(&["tcp-upper"]);
    let mut stream = connect(server.socket_address());
    stream.write_all(b"hi").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"HI");
    assert_eq!(server.stop().1, "接收客户端的数据: b'hi'\n");
}

#[test]
fn a_client_that_resets_is_shown_as_pythons_error_and_the_next_is_served() {
    let sandbox = Sandbox::new();
    let (screen, writer) = std::io::pipe().unwrap();
    let (_server, address) = Process::server(&sandbox, &["tcp-upper"], Some(writer.into()));
    let screen = lines(screen);
    let mut stream = connect(&address);
    stream.write_all(b"a").unwrap();
    assert_eq!(read_exactly(&mut stream, 1), b"A");
    crate::peers::reset(stream);
    assert_eq!(screen.recv_timeout(DEADLINE).unwrap(), "接收客户端的数据: b'a'");
    let error = ask_python(
        "import errno; print(ConnectionResetError(errno.ECONNRESET, 'Connection reset by peer'))",
        &[],
        "",
    );
    let shown = screen.recv_timeout(DEADLINE).unwrap() + "\n";
    assert_eq!(shown.as_bytes(), error);
    let mut next = connect(&address);
    next.write_all(b"b").unwrap();
    assert_eq!(read_exactly(&mut next, 1), b"B");
}

#[test]
fn a_client_that_never_reads_keeps_nobody_from_being_served() {
    let sandbox = Sandbox::new();
    let (server, address) = Process::server(&sandbox, &["tcp-upper"], None);
    let mut greedy = connect(&address);
    greedy.set_nonblocking(true).unwrap();
    // Until the server has stopped reading: its answers fill every buffer on the way.
    let mut writes = 0;
    while greedy.write(&[b'g'; 65536]).is_ok() && writes < 10_000 {
        writes += 1;
    }
    let mut stream = connect(&address);
    stream.write_all(b"served").unwrap();
    assert_eq!(read_exactly(&mut stream, 6), b"SERVED");
    drop(greedy);
    assert_eq!(server.stop(rustix::process::Signal::TERM).0.code(), Some(0));
}

fn datagram_client(server: &Server) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server.socket_address()).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket
}

fn exchange(socket: &UdpSocket, message: &[u8]) -> Vec<u8> {
    assert_eq!(socket.send(message).unwrap(), message.len());
    let mut answer = vec![0; 65536];
    let len = socket.recv(&mut answer).unwrap();
    answer.truncate(len);
    answer
}

#[test]
fn a_datagram_comes_back_as_cpythons_bytes_upper_and_is_shown_with_its_address() {
    let sandbox = Sandbox::new();
    let server = sandbox.server(&["udp-upper"]);
    let socket = datagram_client(&server);
    let upper =
        ask_python("import sys; sys.stdout.buffer.write(bytes(range(256)).upper())", &[], "");
    assert_eq!(exchange(&socket, &every_byte()), upper);
    let port = socket.local_addr().unwrap().port().to_string();
    let code = "import sys; print('===>', bytes(range(256)), ('127.0.0.1', int(sys.argv[1])))";
    assert_eq!(server.stop().1.as_bytes(), ask_python(code, &[&port], ""));
}

#[test]
fn an_empty_datagram_is_answered_by_an_empty_one() {
    let sandbox = Sandbox::new();
    let server = sandbox.server(&["udp-upper"]);
    let socket = datagram_client(&server);
    assert_eq!(exchange(&socket, b""), b"");
    let port = socket.local_addr().unwrap().port();
    assert_eq!(server.stop().1, format!("===> b'' ('127.0.0.1', {port})\n"));
}

#[test]
fn a_datagram_of_1024_bytes_comes_back_whole_and_of_a_longer_one_the_first_1024() {
    let sandbox = Sandbox::new();
    let server = sandbox.server(&["udp-upper"]);
    let socket = datagram_client(&server);
    for len in [1, 1023, 1024, 1025, 2048, 65507] {
        let answer = exchange(&socket, &vec![b'a'; len]);
        assert_eq!(answer, vec![b'A'; len.min(1024)], "{len}");
    }
    let (status, screen) = server.stop();
    assert_eq!((status.code(), screen.lines().count()), (Some(0), 6));
}

#[test]
fn a_client_that_is_gone_before_its_answer_is_nobody_elses_matter() {
    let sandbox = Sandbox::new();
    let server = sandbox.server(&["udp-upper"]);
    for _ in 0..10 {
        datagram_client(&server).send(b"gone").unwrap();
    }
    assert_eq!(exchange(&datagram_client(&server), b"served"), b"SERVED");
}
