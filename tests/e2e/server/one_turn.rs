//! `frame-server` with one message and one answer: `tcp-hello`, `greeting`,
//! `first-message`, the lines, `udp-hello`; and scenarios that serve no client.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::unix::ffi::OsStrExt;

use framecheck_tests::{DEADLINE, Sandbox};
use rustix::process::Signal;

use crate::peers::{Process, Run, ask_python, connect, reset};

/// The answer to a message.
const STREAMS: [(&str, &str, &str); 5] = [
    ("tcp-hello", "hello!", "hi"),
    ("greeting", "hey", "Hello, client!"),
    ("first-message", "hello", "萨瓦迪卡客户端"),
    ("line-upper", "  hello \n", "HELLO"),
    ("line-upper-serial", "hello\n", "HELLO"),
];

fn answer_to(mut stream: TcpStream, message: &[u8]) -> Vec<u8> {
    stream.write_all(message).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn a_client_that_says_nothing_keeps_nobody_from_being_answered() {
    for (scenario, message, answer) in STREAMS {
        let sandbox = Sandbox::new();
        let (server, address) = Process::server(&sandbox, &[scenario], None);
        let silent: Vec<TcpStream> = (0..20).map(|_| connect(&address)).collect();
        for _ in 0..20 {
            assert_eq!(answer_to(connect(&address), message.as_bytes()), answer.as_bytes());
        }
        for stream in silent {
            assert_eq!(answer_to(stream, message.as_bytes()), answer.as_bytes(), "{scenario}");
        }
        let (status, screen) = server.stop(Signal::TERM);
        assert_eq!(status.code(), Some(0), "{scenario}");
        let lines = match scenario {
            "greeting" => 0,
            "tcp-hello" => 40,
            _ => 80,
        };
        assert_eq!(screen.lines().count(), lines, "{scenario}: {screen}");
    }
}

#[test]
fn a_client_that_resets_is_nobody_elses_matter() {
    for (scenario, message, answer) in STREAMS {
        let sandbox = Sandbox::new();
        let (server, address) = Process::server(&sandbox, &[scenario], None);
        for _ in 0..5 {
            reset(connect(&address));
        }
        assert_eq!(answer_to(connect(&address), message.as_bytes()), answer.as_bytes());
        assert_eq!(server.stop(Signal::TERM).0.code(), Some(0), "{scenario}");
    }
}

#[test]
fn a_client_that_closes_without_a_word_is_answered_all_the_same() {
    for (scenario, _, answer) in STREAMS {
        let server_sandbox = Sandbox::new();
        let server = server_sandbox.server(&[scenario]);
        let mut stream = connect(server.socket_address());
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answered = String::new();
        stream.read_to_string(&mut answered).unwrap();
        // An empty message in upper case is empty.
        let expected = if scenario.starts_with("line") { "" } else { answer };
        assert_eq!(answered, expected, "{scenario}");
        let screen = server.stop().1;
        let shown = match scenario {
            "tcp-hello" => "b''\n",
            "greeting" => "",
            "first-message" => "收到来自客户端的消息:\n",
            _ => " wrote:\nb''\n",
        };
        assert!(screen.ends_with(shown), "{scenario}: {screen}");
    }
}

#[test]
fn the_answer_to_more_than_is_read_arrives() {
    for (scenario, _, answer) in STREAMS {
        let sandbox = Sandbox::new();
        let server = sandbox.server(&[scenario]);
        let expected =
            if scenario.starts_with("line") { "X".repeat(1024) } else { answer.to_owned() };
        let answered = answer_to(connect(server.socket_address()), &[b'x'; 1 << 20]);
        assert_eq!(String::from_utf8(answered).unwrap(), expected, "{scenario}");
        let screen = server.stop().1;
        let received = screen.bytes().filter(|byte| *byte == b'x').count();
        assert_eq!(received, if scenario == "greeting" { 0 } else { 1024 }, "{scenario}");
    }
}

#[test]
fn a_first_message_that_is_no_text_ends_its_connection_and_nothing_else() {
    let sandbox = Sandbox::new();
    let mut server = sandbox.server(&["first-message"]);
    let cut = "汉".repeat(342);
    for message in [&b"\xff"[..], b"ok \xe4\xbd", b"\xed\xa0\x80", cut.as_bytes()] {
        assert_eq!(answer_to(connect(server.socket_address()), message), b"");
        server.wait_for_log("the message is not UTF-8");
    }
    let stream = connect(server.socket_address());
    let port = stream.local_addr().unwrap().port();
    assert_eq!(answer_to(stream, "你好".as_bytes()), "萨瓦迪卡客户端".as_bytes());
    let (status, screen) = server.stop();
    assert_eq!(status.code(), Some(0));
    let shown = format!("('127.0.0.1', {port})\n收到来自客户端的消息:你好\n");
    assert!(screen.ends_with(&shown), "{screen}");
    assert_eq!(screen.lines().count(), 6, "{screen}");
}

#[test]
fn a_client_that_never_takes_its_answer_keeps_nobody_waiting() {
    let sandbox = Sandbox::new();
    let long = "a".repeat(100_000);
    let (server, address) = Process::server(&sandbox, &["tcp-hello", "--answer", &long], None);
    let greedy: Vec<TcpStream> = (0..10).map(|_| connect(&address)).collect();
    for mut stream in &greedy {
        stream.write_all(b"hello!").unwrap();
    }
    assert_eq!(answer_to(connect(&address), b"hello!"), long.as_bytes());
    drop(greedy);
    assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
}

#[test]
fn every_datagram_is_answered_an_empty_one_too() {
    for (scenario, answer, shown) in
        [("udp-hello", "hi", "b'a b'\n"), ("line-upper-udp", "A B", "127.0.0.1 wrote:\nb'a b'\n")]
    {
        let sandbox = Sandbox::new();
        let server = sandbox.server(&[scenario]);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(server.socket_address()).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut buffer = [0; 64];
        for message in ["a b", "", "a b"] {
            socket.send(message.as_bytes()).unwrap();
            let len = socket.recv(&mut buffer).unwrap();
            let empty = message.is_empty() && scenario != "udp-hello";
            assert_eq!(&buffer[..len], if empty { b"" } else { answer.as_bytes() }, "{scenario}");
        }
        let screen = server.stop().1;
        assert_eq!(screen, [shown, &shown.replace("a b", ""), shown].concat());
    }
}

#[test]
fn tcp_connect_says_so_and_ends_and_frees_its_address() {
    let sandbox = Sandbox::new();
    for listen in ["127.0.0.1:0", "[::1]:0", "unix:socket"] {
        let run = run(&sandbox, &["tcp-connect", "--listen", listen]);
        assert_eq!((run.status(), run.stdout().as_str()), (Some(0), "123\n"), "{run}");
        assert_eq!(sandbox.names(), Vec::<String>::new());
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = run(&sandbox, &["tcp-connect", "--listen", &address]);
    run.failed_saying("Address already in use");
    assert_eq!(run.stdout(), "", "{run}");
}

#[test]
fn a_text_is_as_long_as_it_is_to_cpython_whatever_its_bytes_are() {
    let code = "import sys, struct; n = len(sys.argv[1]); print(n); \
                print(len(struct.pack('i', n))); print(struct.unpack('i', struct.pack('i', n)))";
    for text in [&b""[..], b"x", b"a\xff\xfeb", b"\xe4\xbd", b"\xed\xa0\x80", "汉😀".as_bytes()]
    {
        let text = std::ffi::OsStr::from_bytes(text);
        let mut command = std::process::Command::new(framecheck_tests::python());
        let expected = command.args(["-X", "utf8", "-c", code]).arg(text).output().unwrap().stdout;
        let sandbox = Sandbox::new();
        let mut command = sandbox.command("frame-server");
        let output = command.args(["struct-demo", "--text"]).arg(text).output().unwrap();
        let run = Run::new(output, format!("struct-demo --text {text:?}"));
        run.completed_with(std::str::from_utf8(&expected).unwrap());
    }
    assert_eq!(ask_python(code, &["qiubabimunieniu"], ""), b"15\n4\n(15,)\n");
    run(&Sandbox::new(), &["struct-demo"]).completed_with("15\n4\n(15,)\n");
}

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let output = sandbox.command("frame-server").args(arguments).output().unwrap();
    Run::new(output, format!("frame-server {arguments:?}"))
}
